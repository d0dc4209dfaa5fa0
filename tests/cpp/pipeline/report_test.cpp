#include "e2tad/pipeline/report.hpp"

#include <gtest/gtest.h>

namespace e2tad::pipeline {
namespace {

TEST(ToJson, NamesEveryStageAndTellsWhatEachCost) {
    Result result;
    result.stages[static_cast<std::size_t>(Stage::kEmbed)] = {.seconds = 1.5, .items = 7, .bytes = 1792};
    const config::Json found = to_json(result);
    std::vector<std::string> names;
    for (const auto &stage : found["stages"].items()) names.push_back(stage.key());
    EXPECT_EQ(names, (std::vector<std::string>{"decode", "detect", "crop", "embed", "associate", "action"}));
    EXPECT_EQ(found["stages"]["embed"].dump(), R"({"seconds":1.5,"items":7,"bytes":1792})");
    EXPECT_EQ(found["stages"]["crop"].dump(), R"({"seconds":0.0,"items":0,"bytes":0})");
}

TEST(ToJson, TellsAMissingFigureFromNoJoules) {
    Result result;
    result.energy.note = "the meter was unplugged";
    EXPECT_TRUE(to_json(result)["energy"]["joules"].is_null());
    EXPECT_EQ(to_json(result)["energy"]["note"], "the meter was unplugged");
    result.energy.joules = 0;
    EXPECT_EQ(to_json(result)["energy"]["joules"], 0.0);
}

TEST(ToJson, HoldsCountsMemoryPictureAndWarnings) {
    Result result;
    result.counts.sampled = 3;
    result.counts.regions[2] = 5;
    result.reader.packets = 40;
    result.peak_bytes = 123456789;
    result.picture_width = 960;
    result.picture_height = 540;
    result.warnings = {"odd"};
    const config::Json found = to_json(result);
    EXPECT_EQ(found["counts"]["sampled"], 3);
    EXPECT_EQ(found["counts"]["regions"].dump(), "[0,0,5,0,0,0]");
    EXPECT_EQ(found["counts"]["packets"], 40);
    EXPECT_EQ(found["memory"]["peak_bytes"], 123456789);
    EXPECT_EQ(found["picture"].dump(), "[960,540]");
    EXPECT_EQ(found["warnings"].dump(), R"(["odd"])");
}

}  // namespace
}  // namespace e2tad::pipeline
