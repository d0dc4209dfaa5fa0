#include "e2tad/core/files/init.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <vector>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/write.hpp"
#include "scratch.hpp"

namespace e2tad::files {
namespace {

using testing::input_error;
using testing::Scratch;
using testing::system_error;

constexpr const char *kHead = "Frame,Class,ID,X,Y,Width,Height\n";

std::string init_error(const std::string &rows) {
    return input_error([&rows] { (void)parse_init_csv("here", kHead + rows); });
}

TEST(Init, ReadsColumnsByNameAndGivesPixels) {
    const auto rows = parse_init_csv(
        "here", "id,CLASS,frame,note,x,y,width,height\r\n5,1,10,-,.5,.25,.1,.1\r\n2,0.0,3,-,0,0,.2,.4");
    ASSERT_EQ(rows.size(), 2u);
    const Tracks tracks = init_tracks(rows, 1000, 100);
    EXPECT_EQ(tracks.frame, (std::vector<std::int32_t>{3, 10}));
    EXPECT_EQ(tracks.box[0], (Box{-100, -20, 100, 20}));
    EXPECT_EQ(tracks.box[1], (Box{450, 20, 550, 30}));
    EXPECT_EQ(tracks.object_class[1], ObjectClass::kBall);
    EXPECT_THROW((void)init_tracks(rows, 0, 100), std::invalid_argument);
}

TEST(Init, ErrorsNameLineAndColumn) {
    EXPECT_EQ(init_error("0,2,1,.5,.5,.1,.1\n"),
              "here: line 2: class: expected 0 (person) or 1 (ball), got \"2\"");
    EXPECT_EQ(init_error("-1,0,1,.5,.5,.1,.1\n"),
              "here: line 2: frame: expected a whole number, 0 or more, got \"-1\"");
    EXPECT_EQ(init_error("0,0,a,.5,.5,.1,.1\n"),
              "here: line 2: id: expected a whole number, 0 or more, got \"a\"");
    EXPECT_EQ(init_error("0,0,0,.5,.5,.1,.1\n"),
              "here: line 2: id: expected a person's number, 1 or more: 0 is nobody in labels and answers, "
              "got \"0\"");
    EXPECT_EQ(init_error("0,1,0,.5,.5,.1,.1\n"), "no error") << "a ball";
    EXPECT_EQ(init_error("0,0,1,nan,.5,.1,.1\n"),
              "here: line 2: x: expected a share of the frame's size, in [0, 1], got \"nan\"");
    EXPECT_EQ(init_error("0,0,1,.5,1620,.1,.1\n"),
              "here: line 2: y: expected a share of the frame's size, in [0, 1], got \"1620\"");
    EXPECT_EQ(init_error("0,0,1,.5,.5,-.1,.1\n"),
              "here: line 2: width: expected a share of the frame's size, in [0, 1], got \"-.1\"");
    EXPECT_EQ(init_error("0,0,1,.5,.5,.1\n"),
              "here: line 2: height: expected a share of the frame's size, in [0, 1], got \"\"");
    EXPECT_EQ(init_error("0,0,1,.5,.5,.1,.1\n0,1,1,.5,.5,.1,.1\n0,0,1,.5,.5,.1,.1\n"),
              "here: line 4: frame 0, person 1 occurs twice");
    EXPECT_EQ(init_error(""), "here: has a header and no rows: expected persons and balls");
    EXPECT_EQ(input_error([] { (void)parse_init_csv("here", "frame,class,id,x,y,width\n"); }),
              "here: no column height, the header is \"frame,class,id,x,y,width\"");
    EXPECT_EQ(init_error("0,0,1,1.05,-.05,.1,.1\n"), "no error") << "cut by the frame's edge";
}

TEST(Init, WrittenRowsReadBackToSixDecimals) {
    const Scratch scratch;
    const std::string text = std::string(kHead) + "0,1,5,0.644703,0.318819,0.023547,0.041861\n";
    const auto rows = parse_init_csv("here", text);
    write_init_csv(rows, scratch.path("a.csv"));
    EXPECT_EQ(scratch.read("a.csv"), text);
    write_init_csv(init_rows(init_tracks(rows, 3840, 2160), 3840, 2160), scratch.path("b.csv"));
    EXPECT_EQ(scratch.read("b.csv"), text);
}

TEST(Init, NothingIsWrittenThatCouldNotBeRead) {
    const Scratch scratch;
    const InitRow good{0, ObjectClass::kBall, 5, .5, .5, .1, .1};
    InitRow nobody = good;
    nobody.object_class = ObjectClass::kPerson;
    nobody.id = 0;
    InitRow nowhere = good;
    nowhere.center_x = std::numeric_limits<double>::quiet_NaN();
    for (const auto &rows : {std::vector{nobody}, {good, nowhere}, {good, good}, {}}) {
        EXPECT_THROW(write_init_csv(rows, scratch.path("a.csv")), InputError);
    }
    EXPECT_EQ(scratch.names(), "");
}

TEST(AtomicFile, LeavesTheOldFileUntilCommitted) {
    const Scratch scratch;
    (void)scratch.write("a", "old");
    {
        AtomicFile file(scratch.path("a"));
        file.write("new");
        EXPECT_EQ(scratch.read("a"), "old");
    }
    EXPECT_EQ(scratch.names(), "a ");
    write_file(scratch.path("a"), "new");
    EXPECT_EQ(scratch.read("a"), "new");
    EXPECT_EQ(scratch.names(), "a ");
}

TEST(AtomicFile, FollowsLinksAndWritesPipesDirectly) {
    const Scratch scratch;
    (void)scratch.write("target", "old");
    std::filesystem::create_symlink(scratch.path("target"), scratch.path("link"));
    write_file(scratch.path("link"), "new");
    EXPECT_EQ(scratch.read("target"), "new");
    EXPECT_TRUE(std::filesystem::is_symlink(scratch.path("link")));
    write_file("/dev/null", "gone");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
    EXPECT_EQ(system_error([&] { write_file(scratch.path("."), "x"); }), EISDIR);
}

TEST(AtomicFile, AFullDiskIsAnErrorAndNotAShortFile) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    EXPECT_EQ(system_error([] { write_file("/dev/full", "x"); }), ENOSPC);
}

}  // namespace
}  // namespace e2tad::files
