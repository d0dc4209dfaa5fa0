#include <gtest/gtest.h>

#include <limits>
#include <opencv2/imgproc.hpp>
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

TEST(Crop, IsTheRegionScaledAsOpenCvDoes) {
    cv::Mat picture(90, 300, CV_8UC3);
    cv::randu(picture, 0, 256);
    const ImageView view{picture.data, 300, 90, static_cast<std::ptrdiff_t>(picture.step)};
    for (const Box &box : {Box{10, 5, 40, 80}, Box{100, 0, 290, 90}}) {
        const Crop crop = crop_of(box, ObjectClass::kPerson, 300, 90);
        std::vector<std::uint8_t> out(std::size_t{64} * 128 * 3);
        cut_crop(view, crop, out.data());
        cv::Mat expected;
        const cv::Rect region(crop.region.left, crop.region.top, crop.region.width, crop.region.height);
        cv::resize(picture(region), expected, {64, 128}, 0, 0,
                   region.width > 64 ? cv::INTER_AREA : cv::INTER_LINEAR);
        EXPECT_EQ(0, cv::norm(expected, cv::Mat(128, 64, CV_8UC3, out.data()), cv::NORM_INF));
    }
    EXPECT_THROW(cut_crop({picture.data, 20, 20, 900}, crop_of({0, 0, 30, 30}, ObjectClass::kBall, 300, 90),
                          picture.data),
                 std::invalid_argument);
}

TEST(ReplayEmbedder, FindsFeaturesOfCropsFromSeveralFrames) {
    const std::vector<std::int32_t> frames{5, 6};
    const std::vector<std::int32_t> classes{0, 1};
    const std::vector<Box> boxes{{0, 0, 1, 1}, {0, 0, 1, 1}};
    const std::vector<float> features{1, 2};
    ReplayEmbedder replay(frames, classes, boxes, {features.data(), 2, 1});
    const std::vector<CropView> crops{{6, 1, boxes[1], {}}, {5, 0, boxes[0], {}}};
    EXPECT_EQ(replay.embed(crops).data, (std::vector<float>{2, 1}));
    const std::vector<CropView> other{{6, 0, boxes[1], {}}};
    EXPECT_THROW((void)replay.embed(other), InputError);
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
