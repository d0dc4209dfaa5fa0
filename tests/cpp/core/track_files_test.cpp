#include "e2tad/core/files/tracks.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "e2tad/core/files/json.hpp"
#include "e2tad/core/files/mot.hpp"
#include "e2tad/core/files/person_ids.hpp"
#include "scratch.hpp"

namespace e2tad::files {
namespace {

using testing::input_error;
using testing::Scratch;
using testing::system_error;

std::string frame_error(std::string_view text) {
    return input_error([text] {
        Tracks tracks;
        parse_track_frame(text, "1.json", 1, tracks);
        tracks.normalise("here");
    });
}

std::string entry(const std::string &box) {
    return R"j([{"class": "ball", "id": 5, )j" + box + "}]";
}

TEST(TrackFolder, ReadsBothFormsOfBoxesAndEmptyFrames) {
    const Scratch scratch;
    (void)scratch.write("000002.json",
                        R"j([{"class": "person", "id": 3, "bounding box (ltrb)": [1, 2.5, 11, 22]},
                            {"class": "ball", "occlusion": {"a": [0]}, "id": 5.0,
                             "bounding box (ltwh)": [1, 2, 10, 20]}])j");
    (void)scratch.write("10.json", "[]");
    (void)scratch.write(".hidden.json", "nothing");
    (void)scratch.write("notes.txt", "nothing");
    const Tracks tracks = read_track_folder(scratch.path("."));
    EXPECT_EQ(tracks.observed, (std::vector<std::int32_t>{2, 10}));
    EXPECT_EQ(tracks.id, (std::vector<std::int32_t>{3, 5}));
    EXPECT_EQ(tracks.box[0], (Box{1, 2.5f, 11, 22}));
    EXPECT_EQ(tracks.box[1], (Box{1, 2, 11, 22}));
    EXPECT_EQ(tracks.object_class[1], ObjectClass::kBall);
}

TEST(TrackFolder, ErrorsNameTheEntryAndTheField) {
    EXPECT_EQ(frame_error(R"j([{"class": "dog", "id": 1, "bounding box (ltrb)": [0, 0, 1, 1]}])j"),
              R"j(1.json: entry 0, class: expected "person" or "ball", got "dog")j");
    EXPECT_EQ(frame_error(R"j([{"id": 1, "bounding box (ltrb)": [0, 0, 1, 1]}])j"),
              R"j(1.json: entry 0, class: expected "person" or "ball", got none)j");
    EXPECT_EQ(frame_error(R"j([{"class": "ball", "id": -1, "bounding box (ltrb)": [0, 0, 1, 1]}])j"),
              "1.json: entry 0, id: expected a whole number, 0 or more, got -1");
    EXPECT_EQ(frame_error(R"j([{"class": "ball", "id": 1.5, "bounding box (ltrb)": [0, 0, 1, 1]}])j"),
              "1.json: entry 0, id: expected a whole number, 0 or more, got 1.5");
    EXPECT_EQ(frame_error(entry(R"j("box": [0, 0, 1, 1])j")),
              "1.json: entry 0, bounding box (ltrb): expected four numbers, got none");
    EXPECT_EQ(frame_error(entry(R"j("bounding box (ltrb)": [0, 0, 1])j")),
              "1.json: entry 0, bounding box (ltrb): expected four numbers, got [0,0,1]");
    EXPECT_EQ(frame_error(entry(R"j("bounding box (ltrb)": [0, 0, 1, null])j")),
              "1.json: entry 0, bounding box (ltrb): expected four numbers, got [0,0,1,null]");
    EXPECT_EQ(
        frame_error(entry(R"j("bounding box (ltrb)": [5, 0, 1, 1])j")),
        "1.json: entry 0, bounding box (ltrb): expected left <= right and top <= bottom, got [5,0,1,1]");
    EXPECT_EQ(
        frame_error(entry(R"j("bounding box (ltwh)": [5, 0, -1, 1])j")),
        "1.json: entry 0, bounding box (ltwh): expected a width and height of 0 or more, got [5,0,-1,1]");
    EXPECT_EQ(frame_error(entry(R"j("bounding box (ltrb)": [0, 0, 1e39, 1])j")),
              "1.json: entry 0, bounding box (ltrb): expected finite numbers of pixels, got [0,0,1e+39,1]");
    EXPECT_EQ(frame_error("[3]"), "1.json: entry 0: expected an object, got 3");
    EXPECT_EQ(frame_error(R"j({"class": "ball"})j"),
              R"j(1.json: expected a list of boxes, got {"class":"ball"})j");
}

TEST(TrackFolder, BrokenJsonIsToldApart) {
    EXPECT_EQ(frame_error(""), "1.json: is empty: expected JSON");
    EXPECT_EQ(frame_error(R"j([{"class": "ball", "id": 5)j"),
              "1.json: is truncated: the JSON goes on past its 26 bytes");
    EXPECT_EQ(frame_error("[1, x]"), "1.json: byte 5: not JSON, at \"x]\"");
    EXPECT_EQ(frame_error(entry(R"j("bounding box (ltrb)": [0, NaN, 1, 1])j")),
              "1.json: byte 56: expected a finite number: NaN and Infinity are no JSON");
    EXPECT_EQ(frame_error(entry(R"j("bounding box (ltrb)": [0, -Infinity, 1, 1])j")),
              "1.json: byte 57: expected a finite number: NaN and Infinity are no JSON");
    EXPECT_EQ(frame_error("[1e999]"), "1.json: expected finite numbers, got one that overflows");
    EXPECT_EQ(frame_error("\xFF\xFE[]"), "1.json: byte 1: not JSON, at \"\\xff\\xfe[]\"");
}

TEST(TrackFolder, DeepNestingIsAnErrorNotAStackOverflow) {
    const std::string expected = "1.json: is nested deeper than 64 levels";
    EXPECT_EQ(frame_error(std::string(1'000'000, '[')), expected);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += R"j([{"a":)j";
    EXPECT_EQ(frame_error(objects), expected);
    const std::string deep = std::string(60, '[') + std::string(60, ']');
    EXPECT_EQ(frame_error(entry(R"j("bounding box (ltrb)": [0, 0, 1, 1], "more": )j" + deep)), "no error");
}

TEST(TrackFolder, ErrorsOfTheFolderNameIt) {
    const Scratch scratch;
    const auto error = [&scratch](const char *name) {
        return input_error([&] { (void)read_track_folder(scratch.path(name)); });
    };
    std::filesystem::create_directories(scratch.path("video/gt_tracks"));
    EXPECT_EQ(error("video/gt_tracks"),
              scratch.path("video/gt_tracks") + ": no tracks: expected files NNNNNN.json, one a frame");
    EXPECT_EQ(error("video"),
              scratch.path("video") +
                  ": no tracks: expected files NNNNNN.json, one a frame, did you mean gt_tracks?");
    (void)scratch.write("negative/-1.json", "[]");
    EXPECT_EQ(error("negative"), scratch.path("negative/-1.json") +
                                     ": expected a frame number, 0 or more, as the file's name: NNNNNN.json");
    (void)scratch.write("other/tracks.json", "[]");
    EXPECT_NE(error("other").find("expected a frame number"), std::string::npos);
    (void)scratch.write("twice/1.json", "[]");
    (void)scratch.write("twice/000001.json", "[]");
    EXPECT_EQ(error("twice"), scratch.path("twice") + ": frame 1 occurs twice: 000001.json and 1.json");
    EXPECT_EQ(system_error([&] { (void)read_track_folder(scratch.path("none")); }), ENOENT);
    EXPECT_EQ(system_error([&] { (void)read_track_folder(scratch.path("twice/1.json")); }), ENOTDIR);
}

Tracks some_tracks() {
    Tracks tracks;
    tracks.add(0, ObjectClass::kBall, 5, {0.1f, 2, 30.7f, 4});
    tracks.add(0, ObjectClass::kPerson, 2, {-3, 2, 1000000, 4.25f});
    tracks.add(7, ObjectClass::kPerson, 1, {1, 1, 1, 1});
    tracks.observed = {3};
    tracks.normalise("here");
    return tracks;
}

void expect_equal(const Tracks &a, const Tracks &b) {
    EXPECT_EQ(a.observed, b.observed);
    EXPECT_EQ(a.frame, b.frame);
    EXPECT_EQ(a.object_class, b.object_class);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.box, b.box);
}

TEST(TrackFolder, WrittenTracksReadBackToTheLastBit) {
    const Scratch scratch;
    for (const BoxForm form : {BoxForm::kLtrb, BoxForm::kLtwh}) {
        const std::string folder = scratch.path(form == BoxForm::kLtrb ? "a/b" : "c/");
        write_track_folder(some_tracks(), folder, form);
        expect_equal(read_track_folder(folder), some_tracks());
    }
    EXPECT_EQ(scratch.names(), "a c ");
    EXPECT_EQ(scratch.read("a/b/000003.json"), "[]\n");
    EXPECT_EQ(scratch.read("a/b/000007.json"),
              "[{\"class\": \"person\", \"id\": 1, \"bounding box (ltrb)\": [1, 1, 1, 1]}]\n");
}

TEST(TrackFolder, IsNeverWrittenOverAnother) {
    const Scratch scratch;
    (void)scratch.write("a/notes.txt", "keep");
    EXPECT_EQ(input_error([&] { write_track_folder(some_tracks(), scratch.path("a")); }),
              scratch.path("a") + ": exists already: expected a new or an empty folder");
    std::filesystem::create_directories(scratch.path("b"));
    write_track_folder(some_tracks(), scratch.path("b"));
    expect_equal(read_track_folder(scratch.path("b")), some_tracks());
    EXPECT_EQ(scratch.names(), "a b ");
}

TEST(Mot, WrittenTracksReadBackButForEmptyFrames) {
    const Scratch scratch;
    write_mot(some_tracks(), scratch.path("a.txt"));
    EXPECT_EQ(scratch.read("a.txt").substr(0, 30), "1,2,-3,2,1000003,2.25,1,1,1\n1,");
    Tracks without = some_tracks();
    without.observed = {0, 7};
    expect_equal(read_mot(scratch.path("a.txt")), without);
    without.observed = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    expect_equal(read_mot(scratch.path("a.txt"), {}, 9), without);
}

TEST(Mot, ReadsResultsAndSkipsRegionsToIgnore) {
    const Tracks results = parse_mot("here", "1,3,10,20,5,6,0.5,-1,-1,-1\n2,3.0,10,20,5,6\n");
    EXPECT_EQ(results.frame, (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(results.box[0], (Box{10, 20, 15, 26}));
    EXPECT_EQ(results.ids(ObjectClass::kPerson), std::vector<std::int32_t>{3});
    const Tracks truth =
        parse_mot("here", "1,3,0,0,5,6,1,1,1\n1,4,0,0,5,6,0,7,1\n1,5,0,0,5,6,1,9,1\n", {1, 9});
    EXPECT_EQ(truth.ids(ObjectClass::kPerson), std::vector<std::int32_t>{3});
    EXPECT_EQ(truth.ids(ObjectClass::kBall), std::vector<std::int32_t>{5});
}

TEST(Mot, ErrorsNameLineAndColumn) {
    const auto error = [](std::string_view text) {
        return input_error([text] { (void)parse_mot("here", text); });
    };
    EXPECT_EQ(error("0,1,0,0,1,1\n"), "here: line 1: frame: expected a whole number, 1 or more, got \"0\"");
    EXPECT_EQ(error("1,-1,0,0,1,1\n"), "here: line 1: id: expected a whole number, 0 or more, got \"-1\"");
    EXPECT_EQ(error("1,1,0,0,1,1\n2,1,0,nan,1,1\n"),
              "here: line 2: top: expected a finite number, got \"nan\"");
    EXPECT_EQ(error("1,1,0,0,inf,1\n"), "here: line 1: width: expected a finite number, got \"inf\"");
    EXPECT_EQ(error("1,1,0,0,-1,1\n"), "here: line 1: width: expected 0 or more, got \"-1\"");
    EXPECT_EQ(error("1,1,0,0\n"), "here: line 1: width: expected a finite number, got \"\"");
    EXPECT_EQ(error("1,1,0,0,1,1,1,3\n"), "here: line 1: class: expected 1 (person) or 2 (ball), got \"3\"");
    EXPECT_EQ(error("1,1,0,0,1,1\n1,1,0,0,1,1\n"), "here: frame 0, person 1: occurs twice");
    EXPECT_EQ(error("1,1,3e38,0,3e38,1\n"), "here: frame 0, person 1: box must be finite numbers");
    EXPECT_EQ(error("\n"), "here: no tracks: expected rows frame,id,left,top,width,height,...");
}

TEST(PersonIds, AreRenamedAllAtOnceAndBallsKeepTheirs) {
    Tracks tracks = some_tracks();
    tracks.add(0, ObjectClass::kPerson, 5, {0, 0, 1, 1});
    tracks.normalise("here");
    const Tracks renamed = rename_persons(tracks, parse_person_ids(" 1=2, 2=5,5=1"));
    EXPECT_EQ(renamed.ids(ObjectClass::kPerson), (std::vector<std::int32_t>{1, 2, 5}));
    EXPECT_EQ(renamed.ids(ObjectClass::kBall), std::vector<std::int32_t>{5});
    EXPECT_EQ(renamed.box[1], (Box{-3, 2, 1000000, 4.25f}));  // 2 became 5, and sorts behind 1
    EXPECT_EQ(renamed.id[1], 5);
    EXPECT_EQ(input_error([&] { (void)rename_persons(tracks, {{2, 5}}); }),
              "person ids: frame 0, person 5: occurs twice");
}

TEST(PersonIds, ErrorsNameThePart) {
    const auto error = [](std::string_view text) {
        return input_error([text] { (void)parse_person_ids(text); });
    };
    EXPECT_EQ(error("1=2,3"), "person ids: expected FROM=TO,... with whole numbers, got \"3\"");
    EXPECT_EQ(error("1=2,"), "person ids: expected FROM=TO,... with whole numbers, got \"\"");
    EXPECT_EQ(error("1=x"), "person ids: expected FROM=TO,... with whole numbers, got \"1=x\"");
    EXPECT_EQ(error("1=-2"), "person ids: expected FROM=TO,... with whole numbers, got \"1=-2\"");
    EXPECT_EQ(error("1=2,1=3"), "person ids: 1 occurs twice before =");
    EXPECT_TRUE(parse_person_ids("").empty());
}

TEST(PersonIds, OneSampleNeedsThem) {
    EXPECT_EQ(lpcvc21_person_ids("4p1b_01A2"), (PersonIds{{2, 1}, {3, 2}, {1, 4}, {4, 3}}));
    EXPECT_TRUE(lpcvc21_person_ids("5p2b_01A1").empty());
}

}  // namespace
}  // namespace e2tad::files
