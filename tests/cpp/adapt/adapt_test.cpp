#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "e2tad/adapt/collisions.hpp"
#include "e2tad/adapt/region.hpp"

namespace e2tad::adapt {
namespace {

constexpr auto kPerson = ObjectClass::kPerson;
constexpr auto kBall = ObjectClass::kBall;

TEST(ActivityRegion, AddsAShareOfItsOwnSizeOnEachSide) {
    const std::array<Box, 2> boxes = {Box{100, 50, 120, 90}, Box{180, 60, 200, 150}};
    EXPECT_EQ(activity_region(boxes, 0.25), (Box{75, 25, 225, 175}));
    EXPECT_EQ(activity_region(boxes, 0), (Box{100, 50, 200, 150}));
    EXPECT_THROW((void)activity_region({}, 0.1), std::invalid_argument);
}

TEST(FilledRegion, GrowsToTheNextMultipleAndStaysInTheFrame) {
    // At a scale of 1 a region of 40x40 is padded to 64x64 pixels.
    EXPECT_EQ(filled_region({100, 100, 40, 40}, 416, 416, 416), (geometry::PixelRect{88, 88, 64, 64}));
    EXPECT_EQ(filled_region({0, 400, 40, 16}, 416, 416, 416), (geometry::PixelRect{0, 384, 64, 32}));
    EXPECT_EQ(filled_region({0, 0, 400, 64}, 416, 416, 416), (geometry::PixelRect{0, 0, 416, 64}));
}

TEST(RegionCropper, GoesBackToTheWholeFrameAfterALoss) {
    RegionCropper cropper({}, 960, 540, 416);
    const std::array<Box, 2> two = {Box{100, 100, 140, 200}, Box{300, 100, 340, 200}};
    const std::array<ObjectClass, 2> classes = {kPerson, kBall};
    EXPECT_EQ(cropper.next().reason, RegionReason::kStart);
    cropper.update(two, classes);
    EXPECT_EQ(cropper.next().reason, RegionReason::kCropped);
    cropper.update({two.data(), 1}, {classes.data(), 1});
    const Region whole = cropper.next();
    EXPECT_EQ(whole.reason, RegionReason::kLost);
    EXPECT_EQ(whole.letterbox.region, (geometry::PixelRect{0, 0, 960, 540}));
    EXPECT_THROW(cropper.update(two, {classes.data(), 1}), std::invalid_argument);
}

TEST(Collisions, AreBallsWhoseCentreAPersonsBoxHolds) {
    const std::array<Box, 4> boxes = {Box{0, 0, 10, 30}, Box{8, 4, 12, 8}, Box{5, 0, 15, 30},
                                      Box{40, 0, 44, 4}};
    const std::array<ObjectClass, 4> classes = {kPerson, kBall, kPerson, kBall};
    const auto found = find_collisions(boxes, classes);
    EXPECT_EQ(found, (std::vector<Collision>{{1, 0}, {1, 2}}));  // on the border of the first counts
    EXPECT_EQ(rows_in_collision(found), (std::vector<std::int32_t>{0, 1, 2}));
    EXPECT_TRUE(rows_in_collision({}).empty());
    EXPECT_THROW((void)find_collisions(boxes, {classes.data(), 3}), std::invalid_argument);
}

TEST(Place, TellsWhoSomebodyIsOnlyWhereNobodyElseIsNear) {
    const std::vector<ObjectClass> persons(3, ObjectClass::kPerson);
    const FrameBoxes before{0, {{0, 0, 50, 100}, {60, 0, 110, 100}, {900, 0, 950, 100}}, persons};
    // The first two swapped or moved by less than they are apart; the third stands alone.
    const FrameBoxes now{10, {{35, 0, 85, 100}, {75, 0, 125, 100}, {890, 0, 940, 100}}, persons};
    EXPECT_EQ(rows_without_place(before, now, 0.5), (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(rows_without_place(before, now, 0.0), (std::vector<std::int32_t>{0, 1, 2}));
    const FrameBoxes stood{10, {{2, 0, 52, 100}, {61, 0, 111, 100}, {890, 0, 940, 100}}, persons};
    EXPECT_TRUE(rows_without_place(before, stood, 0.5).empty());
}

TEST(Place, TellsNothingBeyondWhatCanBeMovedOrWithoutAFrameBefore) {
    const std::vector<ObjectClass> one{ObjectClass::kPerson};
    const FrameBoxes before{0, {{0, 0, 50, 100}}, one};
    // 25 pixels of slack and 12.5 a frame, for a person of 100.
    EXPECT_TRUE(rows_without_place(before, {10, {{149, 0, 199, 100}}, one}, 0.5).empty());
    EXPECT_EQ(rows_without_place(before, {10, {{151, 0, 201, 100}}, one}, 0.5), std::vector<std::int32_t>{0});
    EXPECT_EQ(rows_without_place({}, {10, {{0, 0, 50, 100}}, one}, 0.5), std::vector<std::int32_t>{0});
    const FrameBoxes ball{0, {{0, 0, 50, 100}}, {ObjectClass::kBall}};
    EXPECT_EQ(rows_without_place(ball, {10, {{0, 0, 50, 100}}, one}, 0.5), std::vector<std::int32_t>{0});
    EXPECT_THROW((void)rows_without_place({0, {{0, 0, 1, 1}}, {}}, {}, 0.5), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::adapt
