#include "options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "e2tad/core/error.hpp"

namespace e2tad::apps {
namespace {

Options parse(const std::vector<const char *> &words) {
    std::vector<const char *> all{"e2tad-pi"};
    all.insert(all.end(), words.begin(), words.end());
    return parse_options(static_cast<int>(all.size()), all.data());
}

std::string error_of(const std::vector<const char *> &words) {
    try {
        parse(words);
    } catch (const InputError &error) {
        return error.what();
    }
    return "";
}

TEST(PiOptions, TheContestsCallHasTwoOrThreeNames) {
    const Options two = parse({"v.mp4", "v_init.csv"});
    EXPECT_EQ(two.video, "v.mp4");
    EXPECT_EQ(two.init, "v_init.csv");
    EXPECT_EQ(two.actions, "actions.csv");
    EXPECT_FALSE(two.threads || two.schedule || two.energy);
    EXPECT_EQ(parse({"v.mp4", "v_init.csv", "out.csv"}).actions, "out.csv");
}

TEST(PiOptions, OptionsStandAnywhereInEitherForm) {
    const Options options = parse({"--threads", "4", "v.mp4", "--schedule=frame", "i.csv", "--energy",
                                   "log:a=b.csv", "--tracks=t.txt", "--config", "c.json", "--summary", "s"});
    EXPECT_EQ(options.threads, 4);
    EXPECT_EQ(options.schedule, "frame");
    EXPECT_EQ(options.energy, "log:a=b.csv");
    EXPECT_EQ(options.tracks, "t.txt");
    EXPECT_EQ(options.config, "c.json");
    EXPECT_EQ(options.summary, "s");
    EXPECT_EQ(options.video, "v.mp4");
    EXPECT_EQ(options.init, "i.csv");
}

TEST(PiOptions, HelpAndVersionNeedNothingElse) {
    EXPECT_TRUE(parse({"--help"}).help);
    EXPECT_TRUE(parse({"--version"}).version);
}

TEST(PiOptions, NoOutputReplacesAnotherFile) {
    const auto refused = [](const char *actions, const char *tracks = "", const char *summary = "") {
        Options options;
        options.video = "v.mp4";
        options.init = "i.csv";
        options.actions = actions;
        options.tracks = tracks;
        options.summary = summary;
        try {
            check_outputs(options);
        } catch (const InputError &error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(refused("a.csv"), "");
    EXPECT_EQ(refused("new/folder/a.csv"), "");
    EXPECT_EQ(refused("/dev/null", "/dev/null"), "");
    const std::string twice = ": is named twice: give each file that is written its own name";
    EXPECT_EQ(refused("./i.csv"), "./i.csv" + twice);
    EXPECT_EQ(refused("a.csv", "x/../a.csv"), "x/../a.csv" + twice);
    EXPECT_EQ(refused("a.csv", "", "v.mp4"), "v.mp4" + twice);
    EXPECT_EQ(refused("/"), "/: is a folder, expected a file to write");
    EXPECT_EQ(refused("/dev/null/a.csv"), "/dev/null/a.csv: can't be written, /dev/null is no folder");
}

TEST(PiOptions, ErrorsNameTheOption) {
    EXPECT_EQ(error_of({"v.mp4"}), "expected VIDEO INIT.csv [OUT.csv], got 1 names; see e2tad-pi --help");
    EXPECT_EQ(error_of({"a", "b", "c", "d"}),
              "expected VIDEO INIT.csv [OUT.csv], got 4 names; see e2tad-pi --help");
    EXPECT_EQ(error_of({"--thread", "2"}), "--thread: unknown option; see e2tad-pi --help");
    EXPECT_EQ(error_of({"a", "b", "--threads"}), "--threads: expected a value");
    for (const char *bad : {"0", "-1", "two", "2.5", "", "99999999999"}) {
        EXPECT_EQ(error_of({"a", "b", "--threads", bad}),
                  "--threads: expected a whole number of at least 1, got \"" + std::string(bad) + "\"");
    }
}

}  // namespace
}  // namespace e2tad::apps
