#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "e2tad/adapt/collisions.hpp"
#include "e2tad/adapt/linker.hpp"
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

TEST(Linker, PersonsGoToWhoWasNearestAndCanHaveComeThere) {
    Linker linker;
    const std::vector<ObjectClass> classes{kPerson, kPerson, kPerson};
    linker.see(0, std::vector<Box>{{0, 0, 50, 100}, {60, 0, 110, 100}, {900, 0, 950, 100}}, classes,
               std::vector<std::int32_t>{4, 5, 6});
    // At frame 10 a person is at most 145 pixels away: 4 and 5 have moved to the right, 6 is out of reach.
    const std::vector<Box> boxes{{70, 0, 120, 100}, {20, 0, 70, 100}, {500, 0, 550, 100}};
    std::vector<std::int32_t> ids{kNoId, kNoId, kNoId};
    EXPECT_EQ(linker.link(10, boxes, classes, std::vector<std::int32_t>{0, 1, 2}, ids), 2);
    EXPECT_EQ(ids, (std::vector<std::int32_t>{5, 4, kNoId}));
    // Rows that aren't open and identities that are taken stay out of it.
    ids = {kNoId, kNoId, 5};
    EXPECT_EQ(linker.link(10, boxes, classes, std::vector<std::int32_t>{1}, ids), 1);
    EXPECT_EQ(ids, (std::vector<std::int32_t>{kNoId, 4, 5}));
}

TEST(Linker, ABallIsKnownByEliminationOnly) {
    Linker linker;
    const std::vector<ObjectClass> classes{ObjectClass::kPerson, ObjectClass::kBall, ObjectClass::kBall};
    const std::vector<Box> boxes{{0, 0, 50, 100}, {200, 0, 210, 10}, {300, 0, 310, 10}};
    linker.see(0, boxes, classes, std::vector<std::int32_t>{1, 7, 8});
    std::vector<std::int32_t> ids{1, kNoId, kNoId};
    EXPECT_EQ(linker.link(1, boxes, classes, std::vector<std::int32_t>{1, 2}, ids), 0);
    ids = {1, kNoId, 8};
    EXPECT_EQ(linker.link(1, boxes, classes, std::vector<std::int32_t>{1}, ids), 1);
    EXPECT_EQ(ids, (std::vector<std::int32_t>{1, 7, 8}));
    ids = {1, 8, kNoId};  // the other one is too far away
    EXPECT_EQ(linker.link(1, boxes, classes, std::vector<std::int32_t>{2}, ids), 0);
    EXPECT_EQ(Linker().link(1, boxes, classes, std::vector<std::int32_t>{0, 1, 2}, ids), 0);
    EXPECT_THROW(linker.see(2, boxes, classes, std::vector<std::int32_t>{1}), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::adapt
