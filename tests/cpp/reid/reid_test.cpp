#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "e2tad/core/error.hpp"
#include "e2tad/reid/crop.hpp"
#include "e2tad/reid/replay.hpp"

namespace e2tad::reid {
namespace {

TEST(Crop, PersonsAreTallAndBallsSquare) {
    const Crop person = crop_of({10.5f, 20, 30, 90}, ObjectClass::kPerson, 100, 80);
    EXPECT_EQ(person.region, (geometry::PixelRect{10, 20, 20, 60}));
    EXPECT_EQ(person.size, (CropSize{64, 128}));
    const Box inside = person.crop_from_frame.apply(Box{10, 20, 30, 80});
    EXPECT_NEAR(inside.right, 64, 1e-4);
    EXPECT_NEAR(inside.bottom, 128, 1e-4);
    EXPECT_EQ(crop_of({0, 0, 5, 5}, ObjectClass::kBall, 100, 80).size, (CropSize{64, 64}));
}

TEST(Crop, ABoxOutsideTheFrameStillHasAPixel) {
    EXPECT_EQ(crop_of({-50, -50, -40, -40}, ObjectClass::kBall, 100, 80).region,
              (geometry::PixelRect{0, 0, 1, 1}));
}

TEST(ReplayEmbedder, FindsFeaturesByFrameClassAndBoxInAnyOrder) {
    const std::vector<std::int32_t> frames{5, 5, 5, 2};
    const std::vector<std::int32_t> classes{0, 1, 0, 0};
    const std::vector<Box> boxes{{0, 0, 1, 1}, {0, 0, 1, 1}, {0, 0, 2, 2}, {0, 0, 1, 1}};
    const std::vector<float> features{1, 10, 2, 20, 3, 30, 4, 40};
    ReplayEmbedder replay(frames, classes, boxes, {features.data(), 4, 2});
    detect::Detections asked;
    asked.add({0, 0, 2, 2}, 0.3f, 0);
    asked.add({0, 0, 1, 1}, 0.3f, 1);
    asked.add({0, 0, 1, 1}, 0.3f, 0);
    const Matrix found = replay.embed({5, {}}, asked);
    EXPECT_EQ(found.data, (std::vector<float>{3, 30, 2, 20, 1, 10}));
    EXPECT_EQ(replay.embed({9, {}}, {}).rows, 0u);
    try {
        (void)replay.embed({2, {}}, asked);
        FAIL();
    } catch (const InputError &error) {
        EXPECT_STREQ(error.what(), "replay features: frame 2: no feature of class 0 at box (0, 0, 2, 2)");
    }
}

TEST(ReplayEmbedder, LengthsAndNumbersAreChecked) {
    const std::vector<std::int32_t> one{0};
    const std::vector<Box> box{{0, 0, 1, 1}};
    const std::vector<float> nan{std::numeric_limits<float>::quiet_NaN()};
    EXPECT_THROW(ReplayEmbedder(one, one, box, {nan.data(), 1, 1}), std::invalid_argument);
    EXPECT_THROW(ReplayEmbedder(one, one, {}, {nan.data(), 1, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::reid
