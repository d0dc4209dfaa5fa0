#include "e2tad/core/tracks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "e2tad/core/error.hpp"

namespace e2tad {
namespace {

std::string error_of(std::int32_t frame, std::int32_t id, const Box &box) {
    Tracks tracks;
    tracks.add(frame, ObjectClass::kBall, id, box);
    try {
        tracks.normalise("here");
    } catch (const InputError &error) {
        return error.what();
    }
    return "no error";
}

TEST(Tracks, SortsRowsAndKeepsFramesInWhichNothingWasSeen) {
    Tracks tracks;
    tracks.add(5, ObjectClass::kBall, 7, {0, 0, 1, 1});
    tracks.add(5, ObjectClass::kPerson, 9, {2, 2, 3, 3});
    tracks.add(1, ObjectClass::kPerson, 9, {4, 4, 5, 5});
    tracks.observed = {3};
    tracks.normalise("here");
    EXPECT_EQ(tracks.frame, (std::vector<std::int32_t>{1, 5, 5}));
    EXPECT_EQ(tracks.id, (std::vector<std::int32_t>{9, 9, 7}));
    EXPECT_EQ(tracks.box[0].left, 4.0f);
    EXPECT_EQ(tracks.observed, (std::vector<std::int32_t>{1, 3, 5}));
    EXPECT_EQ(tracks.ids(ObjectClass::kBall), std::vector<std::int32_t>{7});
}

TEST(Tracks, EveryKeepsFramesWhoseNumberTheStepDivides) {
    Tracks tracks;
    for (const std::int32_t frame : {0, 5, 10, 15}) tracks.add(frame, ObjectClass::kBall, 1, {0, 0, 1, 1});
    tracks.observed = {20, 21};
    tracks.normalise("here");
    const Tracks kept = tracks.every(10);
    EXPECT_EQ(kept.frame, (std::vector<std::int32_t>{0, 10}));
    EXPECT_EQ(kept.observed, (std::vector<std::int32_t>{0, 10, 20}));
    EXPECT_THROW((void)tracks.every(0), std::invalid_argument);
}

TEST(Tracks, ErrorsNameTheRow) {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInf = std::numeric_limits<float>::infinity();
    EXPECT_EQ(error_of(-1, 7, {0, 0, 1, 1}), "here: frame -1, ball 7: frame must be 0 or more");
    EXPECT_EQ(error_of(3, -7, {0, 0, 1, 1}), "here: frame 3, ball -7: id must be 0 or more");
    EXPECT_EQ(error_of(3, 7, {0, kNan, 1, 1}), "here: frame 3, ball 7: box must be finite numbers");
    EXPECT_EQ(error_of(3, 7, {0, 0, kInf, 1}), "here: frame 3, ball 7: box must be finite numbers");
    EXPECT_EQ(error_of(3, 7, {2, 0, 1, 1}),
              "here: frame 3, ball 7: box must have left <= right and top <= bottom");
}

TEST(Tracks, ARepeatedIdentityInAFrameIsAnError) {
    Tracks tracks;
    tracks.add(2, ObjectClass::kPerson, 4, {0, 0, 1, 1});
    tracks.add(2, ObjectClass::kPerson, 4, {0, 0, 2, 2});
    EXPECT_THROW(tracks.normalise("here"), InputError);
}

TEST(Tracks, NothingAtAllIsValid) {
    Tracks tracks;
    EXPECT_NO_THROW(tracks.normalise("here"));
    EXPECT_TRUE(tracks.ids(ObjectClass::kPerson).empty());
}

}  // namespace
}  // namespace e2tad
