#include "e2tad/core/config.hpp"

#include <gtest/gtest.h>

namespace e2tad::config {
namespace {

struct Inner {
    std::int32_t every = 10;
    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("every", self.every, 1, 1000, "Frames.");
    }
};

struct Outer {
    float gate = 0.25f;
    bool on = true;
    std::string mode = "fast";
    Inner inner;
    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("gate", self.gate, 0, 2, "Distance.");
        v.flag("on", self.on, "Switch.");
        v.choice("mode", self.mode, {"fast", "exact"}, "Mode.");
        v.section("inner", self.inner, "Sampling.");
    }
};

std::string error_of(const char *text) {
    try {
        (void)from_json<Outer>(Json::parse(text));
    } catch (const ConfigError &error) {
        return error.what();
    }
    return "no error";
}

TEST(Config, WritesEveryDefaultAndReadsItBack) {
    const Json written = to_json(Outer{});
    EXPECT_EQ(written.dump(), R"({"gate":0.25,"on":true,"mode":"fast","inner":{"every":10}})");
    EXPECT_EQ(to_json(from_json<Outer>(written)), written);
}

TEST(Config, FloatsPrintAsTheirShortestDecimal) {
    Outer outer;
    outer.gate = 0.1f;
    EXPECT_EQ(to_json(outer)["gate"].dump(), "0.1");
}

TEST(Config, ADeltaChangesOnlyWhatItNames) {
    const Outer changed = from_json<Outer>(Json::parse(R"({"inner": {"every": 5}})"));
    EXPECT_EQ(changed.inner.every, 5);
    EXPECT_EQ(changed.gate, 0.25f);
}

TEST(Config, ErrorsNameThePathAndTheNearestKey) {
    EXPECT_EQ(error_of(R"({"gait": 1})"), "/gait: unknown key, did you mean gate?");
    EXPECT_EQ(error_of(R"({"inner": {"evry": 1}})"), "/inner/evry: unknown key, did you mean every?");
    EXPECT_EQ(error_of(R"({"zzzzzzz": 1})"), "/zzzzzzz: unknown key, expected one of: gate on mode inner");
}

TEST(ReadConfig, RepeatsNoMoreOfAHugeValueThanALineHolds) {
    const std::string huge(1 << 20, 'x');
    for (const std::string &text :
         {R"({")" + huge + R"(": 1})", R"({"gate": ")" + huge + R"("})", R"({"mode": ")" + huge + R"("})"}) {
        const std::string error = error_of(text.c_str());
        EXPECT_NE(error.find("xxx..."), std::string::npos) << error.substr(0, 300);
        EXPECT_LT(error.size(), 300u);
    }
}

TEST(Config, ErrorsNameTheRangeAndTheType) {
    EXPECT_EQ(error_of(R"({"gate": 3})"), "/gate: expected in [0, 2], got 3");
    EXPECT_EQ(error_of(R"({"gate": "x"})"), "/gate: expected a number, got \"x\"");
    EXPECT_EQ(error_of(R"({"inner": {"every": 1.5}})"), "/inner/every: expected an integer, got 1.5");
    EXPECT_EQ(error_of(R"({"inner": {"every": 99999999999}})"),
              "/inner/every: expected in [1, 1000], got 99999999999");
    EXPECT_EQ(error_of(R"({"gate": 3000000})"), "/gate: expected in [0, 2], got 3000000");
    EXPECT_EQ(error_of(R"({"on": 1})"), "/on: expected true or false, got 1");
    EXPECT_EQ(error_of(R"({"mode": "exakt"})"),
              "/mode: expected one of fast exact, got exakt, did you mean exact?");
    EXPECT_EQ(error_of(R"({"inner": 3})"), "/inner: expected an object, got 3");
    EXPECT_EQ(error_of("[]"), "/: expected an object, got []");
}

TEST(Config, TheSchemaCarriesDefaultsRangesAndDescriptions) {
    const Json gate = schema<Outer>()["properties"]["gate"];
    EXPECT_EQ(gate["default"].dump(), "0.25");
    EXPECT_EQ(gate["minimum"], 0);
    EXPECT_EQ(gate["maximum"], 2);
    EXPECT_EQ(gate["description"], "Distance.");
    EXPECT_EQ(schema<Outer>()["properties"]["inner"]["properties"]["every"]["type"], "integer");
}

}  // namespace
}  // namespace e2tad::config
