#include "e2tad/video/draw.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace e2tad::video {
namespace {

int painted(const cv::Mat &image) {
    return cv::countNonZero(image.reshape(1) != 0);
}

/// Lines are smoothed, so a pixel on one has most of its colour, not all.
bool is_mostly(const cv::Vec3b &pixel, const cv::Vec3b &color) {
    return cv::norm(pixel, color) < 0.3 * cv::norm(color);
}

TEST(Draw, ABoxIsPaintedOnItsBorderAndABallOnItsCircle) {
    cv::Mat image(200, 300, CV_8UC3, cv::Scalar(0, 0, 0));
    const Mark marks[] = {{{50, 40, 150, 160}, {10, 20, 200}, false, ""},
                          {{200, 60, 260, 120}, {200, 20, 10}, true, ""}};
    draw(image, marks, "");
    EXPECT_TRUE(is_mostly(image.at<cv::Vec3b>(100, 50), {10, 20, 200}));
    EXPECT_TRUE(is_mostly(image.at<cv::Vec3b>(40, 100), {10, 20, 200}));
    EXPECT_EQ(image.at<cv::Vec3b>(100, 100), cv::Vec3b(0, 0, 0));
    EXPECT_TRUE(is_mostly(image.at<cv::Vec3b>(90, 200), {200, 20, 10}));
    EXPECT_EQ(image.at<cv::Vec3b>(62, 202), cv::Vec3b(0, 0, 0)) << "the corner of a ball's box is free";
}

TEST(Draw, BoxesFarOutsideAreHarmlessAndNamesStayInside) {
    cv::Mat image(100, 100, CV_8UC3, cv::Scalar(0, 0, 0));
    const Mark outside[] = {{{-1e9f, -1e9f, -1e8f, -1e8f}, {255, 255, 255}, true, ""}};
    draw(image, outside, "");
    EXPECT_EQ(painted(image), 0);
    const Mark named[] = {{{-50, -50, -10, -10}, {255, 255, 255}, false, "7"}};
    draw(image, named, "");
    EXPECT_GT(painted(image), 0);
}

TEST(Draw, WhatIsNoPictureOrNoBoxIsRefused) {
    cv::Mat grey(10, 10, CV_8UC1);
    EXPECT_THROW(draw(grey, {}, ""), std::invalid_argument);
    cv::Mat image(10, 10, CV_8UC3);
    const Mark bad[] = {{{0, 0, std::numeric_limits<float>::quiet_NaN(), 1}, {}, false, ""}};
    EXPECT_THROW(draw(image, bad, ""), std::invalid_argument);
}

TEST(Draw, IdentitiesOfAGameHaveDistinctColors) {
    std::set<std::array<std::uint8_t, 3>> colors;
    for (std::int32_t id = 1; id <= 12; ++id) colors.insert(identity_color(id));
    EXPECT_EQ(colors.size(), 12u);
    EXPECT_EQ(identity_color(-1), identity_color(1)) << "an unknown identity has a colour too";
}

}  // namespace
}  // namespace e2tad::video
