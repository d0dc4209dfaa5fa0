#include "e2tad/pipeline/config.hpp"

#include <gtest/gtest.h>

namespace e2tad::pipeline {
namespace {

std::string error_of(const char *text) {
    try {
        (void)parse_config(text, "c.json");
    } catch (const ConfigError &error) {
        return error.what();
    }
    return "no error";
}

TEST(PipelineConfig, NothingGivenIsTheDefaults) {
    EXPECT_EQ(config::to_json(parse_config("{}", "c.json")), config::to_json(Config{}));
}

TEST(PipelineConfig, ADeltaIsAMergePatchAndNullResets) {
    EXPECT_EQ(parse_config(R"({"action": {"theta": 9, "every": 4}})", "c.json").action.theta, 9);
    EXPECT_EQ(parse_config(R"({"action": {"theta": null}})", "c.json").action.theta, Config{}.action.theta);
}

TEST(PipelineConfig, ErrorsNameTheFileAndThePath) {
    EXPECT_EQ(error_of(R"({"acton": {}})"), "c.json: /acton: unknown key, did you mean action?");
    EXPECT_EQ(error_of(R"({"action": {"thetta": 3}})"),
              "c.json: /action/thetta: unknown key, did you mean theta?");
    EXPECT_EQ(error_of("[1]"), "c.json: /: expected an object, got [1]");
    EXPECT_EQ(error_of(R"({"action": )"), "c.json: not JSON at byte 12, expected an object of settings");
    EXPECT_EQ(error_of(""), "c.json: not JSON at byte 1, expected an object of settings");
}

TEST(PipelineConfig, TheSchemaNamesEverySection) {
    const config::Json schema = config_schema();
    const config::Json document = config::to_json(Config{});
    for (const auto &section : document.items()) {
        EXPECT_TRUE(schema["properties"].contains(section.key())) << section.key();
    }
}

}  // namespace
}  // namespace e2tad::pipeline
