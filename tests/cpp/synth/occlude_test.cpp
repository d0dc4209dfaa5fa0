#include "e2tad/synth/occlude.hpp"

#include <gtest/gtest.h>

#include <numbers>
#include <opencv2/imgproc.hpp>

namespace e2tad::synth {
namespace {

const cv::Mat &crop() {
    static const cv::Mat kCrop(128, 64, CV_8UC3, cv::Scalar(80, 90, 100));
    return kCrop;
}

/// A person in pure green: an ellipse that fills its box.
std::vector<Foreground> donors() {
    Foreground donor{cv::Mat(200, 80, CV_8UC3, cv::Scalar(0, 0, 255)), cv::Mat::zeros(200, 80, CV_8UC1)};
    cv::ellipse(donor.mask, {40, 100}, {39, 99}, 0, 0, 360, 255, cv::FILLED);
    donor.image.setTo(cv::Scalar(0, 255, 0), donor.mask);
    return {donor};
}

OccludeConfig only(float ball, float person) {
    OccludeConfig config;
    config.ball_share = ball;
    config.person_share = person;
    return config;
}

TEST(Occlude, ABallCoversItsCircle) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const Occluded out = occlude(crop(), {}, only(1, 0), Random(seed));
        ASSERT_TRUE(out.has_ball);
        EXPECT_NEAR(2 * out.ball.radius / 128, 0.2, 0.1);
        for (int y = 0; y < 128; ++y) {
            for (int x = 0; x < 64; ++x) {
                const float d = std::hypot(static_cast<float>(x) + 0.5f - out.ball.cx,
                                           static_cast<float>(y) + 0.5f - out.ball.cy);
                if (d < out.ball.radius - 1) {
                    EXPECT_EQ(out.mask.at<std::uint8_t>(y, x), 255);
                }
                if (d > out.ball.radius + 1) {
                    EXPECT_EQ(out.mask.at<std::uint8_t>(y, x), 0);
                    EXPECT_EQ(out.image.at<cv::Vec3b>(y, x), crop().at<cv::Vec3b>(y, x));
                }
            }
        }
    }
}

TEST(Occlude, FilledBlackTheCircleIsCutOut) {
    OccludeConfig config = only(1, 0);
    config.fill = "black";
    const Occluded out = occlude(crop(), {}, config, Random(2));
    cv::Mat luma;
    cv::cvtColor(out.image, luma, cv::COLOR_BGR2GRAY);
    EXPECT_EQ(cv::countNonZero((luma == 0) != (out.mask == 255)), 0);
}

TEST(Occlude, APersonHidesTheShareAskedForAndBringsNoBackground) {
    OccludeConfig config = only(0, 1);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Occluded out = occlude(crop(), donors(), config, Random(seed));
        ASSERT_EQ(out.donor, 0);
        const double hidden = 1 - out.visible;
        // The last column slid in may go over by what it covers: a 64th of the crop.
        EXPECT_GE(hidden, config.min_hidden - 0.01);
        EXPECT_LE(hidden, config.max_hidden + 1.0 / 64 + 0.01);
        for (int y = 0; y < 128; ++y) {
            for (int x = 0; x < 64; ++x) {
                // The donor's red background: no pixel may lean to it further than the crop does.
                EXPECT_LE(out.image.at<cv::Vec3b>(y, x)[2], 101) << "seed " << seed;
            }
        }
    }
}

TEST(Occlude, TheVisibleShareIsThatOfTheMask) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Occluded out = occlude(crop(), donors(), only(1, 1), Random(seed));
        cv::Mat same;
        cv::compare(out.mask, 0, same, cv::CMP_EQ);
        cv::Mat difference;
        cv::absdiff(out.image, crop(), difference);
        difference.setTo(cv::Scalar::all(0), out.mask);
        EXPECT_EQ(cv::norm(difference, cv::NORM_INF), 0);
        EXPECT_NEAR(out.visible, 1 - cv::mean(out.mask)[0] / 255, 1e-6);
        EXPECT_LT(out.visible, 0.95);
    }
}

TEST(Occlude, WithoutDonorsOrLuckTheCropStaysAsItIs) {
    const Occluded out = occlude(crop(), {}, only(0, 1), Random(1));
    EXPECT_EQ(out.donor, -1);
    EXPECT_EQ(out.visible, 1);
    EXPECT_EQ(cv::norm(out.image, crop(), cv::NORM_INF), 0);
}

TEST(Occlude, RefusesADonorWhoseMaskHasAnotherSize) {
    auto wrong = donors();
    wrong[0].mask = cv::Mat::zeros(3, 3, CV_8UC1);
    EXPECT_THROW((void)occlude(crop(), wrong, only(0, 1), Random(1)), std::invalid_argument);
    EXPECT_THROW((void)occlude(cv::Mat(), {}, {}, Random(1)), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::synth
