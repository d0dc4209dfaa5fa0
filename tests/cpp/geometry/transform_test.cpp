#include "e2tad/geometry/transform.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace e2tad::geometry {
namespace {

void expect_near(const Box &a, const Box &b, float tolerance) {
    EXPECT_NEAR(a.left, b.left, tolerance);
    EXPECT_NEAR(a.top, b.top, tolerance);
    EXPECT_NEAR(a.right, b.right, tolerance);
    EXPECT_NEAR(a.bottom, b.bottom, tolerance);
}

TEST(Letterbox, AWholeFrameIsAPaddedRectangle) {
    const Letterbox fed = letterbox(1920, 1080, 416);
    EXPECT_EQ(fed.width, 416);
    EXPECT_EQ(fed.height, 256);
    EXPECT_EQ(fed.content, (PixelRect{0, 11, 416, 234}));
    expect_near(fed.input_from_frame.apply(Box{0, 0, 1920, 1080}), {0, 11, 416, 245}, 1e-4f);
}

TEST(Letterbox, ARegionKeepsTheWholeFramesScaleUnlessZoomed) {
    const PixelRect region{480, 270, 960, 540};
    const Letterbox same = letterbox_region(region, 1920, 1080, 416);
    EXPECT_EQ(same.content, (PixelRect{8, 5, 208, 117}));
    EXPECT_EQ(same.width, 224);
    EXPECT_EQ(same.height, 128);
    EXPECT_NEAR(same.input_from_frame.scale_x, letterbox(1920, 1080, 416).input_from_frame.scale_x, 1e-12);
    const Letterbox zoomed = letterbox_region(region, 1920, 1080, 416, 32, true);
    EXPECT_EQ(zoomed.content, (PixelRect{0, 11, 416, 234}));
}

TEST(Letterbox, ThereAndBackAgainReturnsThePixel) {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> size(1, 4000), input(32, 1300);
    std::uniform_real_distribution<float> share(0, 1);
    for (int i = 0; i < 2000; ++i) {
        const int width = size(random), height = size(random);
        const int left = static_cast<int>(share(random) * static_cast<float>(width - 1));
        const int top = static_cast<int>(share(random) * static_cast<float>(height - 1));
        const Letterbox fed = letterbox_region({left, top, width - left, height - top}, width, height,
                                               input(random), 32, i % 2 == 0);
        EXPECT_EQ(fed.width % 32, 0);
        EXPECT_EQ(fed.height % 32, 0);
        const Box box{static_cast<float>(left), static_cast<float>(top), share(random) * 4000,
                      share(random) * 4000};
        // A pixel of the input is up to 1/scale pixels of the frame, and a float keeps 24 bits of it.
        const double coarse =
            std::max(1.0 / fed.input_from_frame.scale_x, 1.0 / fed.input_from_frame.scale_y);
        expect_near(fed.frame_from_input.apply(fed.input_from_frame.apply(box)), box,
                    static_cast<float>(1e-3 + 2e-4 * coarse));
    }
}

TEST(Letterbox, CirclesKeepTheirShape) {
    const Circle circle = letterbox(1920, 1080, 960).input_from_frame.apply(Circle{100, 200, 30});
    EXPECT_NEAR(circle.radius, 15.0f, 1e-4f);
    EXPECT_NEAR(circle.cx, 50.0f, 1e-4f);
}

TEST(Letterbox, RegionsOutsideTheFrameAndEmptySizesAreErrors) {
    EXPECT_THROW((void)letterbox(0, 10, 416), std::invalid_argument);
    EXPECT_THROW((void)letterbox(10, 10, 416, 0), std::invalid_argument);
    EXPECT_THROW((void)letterbox_region({5, 0, 6, 5}, 10, 10, 416), std::invalid_argument);
    EXPECT_THROW((void)letterbox_region({-1, 0, 6, 5}, 10, 10, 416), std::invalid_argument);
}

TEST(PixelRect, GrowsToWholePixelsAndStaysInsideTheFrame) {
    EXPECT_EQ(pixel_rect({1.2f, 2.7f, 5.1f, 6.0f}, 100, 100), (PixelRect{1, 2, 5, 4}));
    EXPECT_EQ(pixel_rect({-9, -9, 500, 500}, 100, 80), (PixelRect{0, 0, 100, 80}));
    EXPECT_EQ(pixel_rect({300, 300, 400, 400}, 100, 80), (PixelRect{99, 79, 1, 1}));
}

TEST(Crop, ShowsTheBoxAndLeadsBack) {
    const AxisTransform crop = crop_from_frame({10, 20, 30, 100}, 64, 128);
    expect_near(crop.apply(Box{10, 20, 30, 100}), {0, 0, 64, 128}, 1e-4f);
    expect_near(crop.inverse().apply(Box{0, 0, 64, 128}), {10, 20, 30, 100}, 1e-4f);
    EXPECT_THROW((void)crop_from_frame({10, 20, 10, 100}, 64, 128), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::geometry
