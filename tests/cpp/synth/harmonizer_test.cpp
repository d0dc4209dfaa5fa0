#include "e2tad/synth/harmonizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "e2tad/core/random.hpp"

namespace e2tad::synth {
namespace {

struct Pasted {
    cv::Mat image;
    cv::Mat mask;
};

/// A disc of one colour with a little noise on uneven ground of another.
Pasted pasted(const cv::Scalar &object, const cv::Scalar &ground) {
    Pasted p{cv::Mat(120, 120, CV_8UC3), cv::Mat::zeros(120, 120, CV_8UC1)};
    cv::circle(p.mask, {60, 60}, 20, 255, cv::FILLED);
    Random random(1);
    for (int y = 0; y < 120; ++y) {
        for (int x = 0; x < 120; ++x) {
            const cv::Scalar &colour = p.mask.at<std::uint8_t>(y, x) > 0 ? object : ground;
            for (int c = 0; c < 3; ++c) {
                p.image.at<cv::Vec3b>(y, x)[c] =
                    cv::saturate_cast<std::uint8_t>(colour[c] + random.normal(0, 6));
            }
        }
    }
    return p;
}

cv::Vec3f lab_mean(const cv::Mat &image, const cv::Mat &where) {
    cv::Mat scaled;
    cv::Mat lab;
    image.convertTo(scaled, CV_32F, 1.0 / 255);
    cv::cvtColor(scaled, lab, cv::COLOR_BGR2Lab);
    const cv::Scalar mean = cv::mean(lab, where);
    return {static_cast<float>(mean[0]), static_cast<float>(mean[1]), static_cast<float>(mean[2])};
}

TEST(NoHarmonizer, LeavesThePictureAsItIs) {
    const Pasted p = pasted({40, 40, 200}, {60, 120, 60});
    EXPECT_EQ(cv::norm(NoHarmonizer().harmonize(p.image, p.mask), p.image, cv::NORM_INF), 0);
}

TEST(StatisticsHarmonizer, BringsTheObjectNearerToItsSurroundings) {
    const Pasted p = pasted({40, 40, 200}, {60, 120, 60});
    const cv::Mat out = StatisticsHarmonizer().harmonize(p.image, p.mask);
    const auto before = foreground_distances(p.image, p.mask);
    const auto after = foreground_distances(out, p.mask);
    ASSERT_EQ(before.size(), 1U);
    ASSERT_EQ(after.size(), 1U);
    EXPECT_LT(after[0], 0.9f * before[0]);
}

TEST(StatisticsHarmonizer, KeepsTheHueWithinItsLimit) {
    for (const cv::Scalar &colour :
         {cv::Scalar(40, 40, 200), cv::Scalar(200, 90, 40), cv::Scalar(170, 50, 120)}) {
        for (const cv::Scalar &ground :
             {cv::Scalar(60, 120, 60), cv::Scalar(230, 230, 230), cv::Scalar(20, 25, 30)}) {
            const Pasted p = pasted(colour, ground);
            const cv::Mat out = StatisticsHarmonizer().harmonize(p.image, p.mask);
            const cv::Vec3f before = lab_mean(p.image, p.mask);
            const cv::Vec3f after = lab_mean(out, p.mask);
            const double turn =
                std::remainder(std::atan2(after[2], after[1]) - std::atan2(before[2], before[1]), 2 * CV_PI);
            EXPECT_LT(std::abs(turn) * 180 / CV_PI, StatisticsHarmonizer::Limits{}.max_turn_deg + 4);
        }
    }
}

TEST(StatisticsHarmonizer, ChangesNothingOutsideTheMask) {
    const Pasted p = pasted({40, 40, 200}, {60, 120, 60});
    const cv::Mat copy = p.image.clone();
    cv::Mat changed;
    cv::absdiff(StatisticsHarmonizer().harmonize(p.image, p.mask), p.image, changed);
    changed.setTo(cv::Scalar::all(0), p.mask);
    EXPECT_EQ(cv::norm(changed, cv::NORM_INF), 0);
    EXPECT_EQ(cv::norm(copy, p.image, cv::NORM_INF), 0) << "the input was changed in place";
}

TEST(StatisticsHarmonizer, LeavesAnEmptyMaskAlone) {
    const Pasted p = pasted({40, 40, 200}, {60, 120, 60});
    const cv::Mat none = cv::Mat::zeros(p.mask.size(), CV_8UC1);
    EXPECT_EQ(cv::norm(StatisticsHarmonizer().harmonize(p.image, none), p.image, cv::NORM_INF), 0);
}

TEST(ForegroundDistances, EqualTheFormulaOnWholeRegions) {
    const Pasted p = pasted({40, 40, 200}, {60, 120, 60});
    cv::Mat scaled;
    cv::Mat lab;
    p.image.convertTo(scaled, CV_32F, 1.0 / 255);
    cv::cvtColor(scaled, lab, cv::COLOR_BGR2Lab);
    // The disc is 41 pixels wide: its window reaches 41 pixels further, over the whole picture.
    cv::Scalar m1, d1, m2, d2;
    cv::meanStdDev(lab, m1, d1, p.mask);
    cv::meanStdDev(lab, m2, d2, p.mask == 0);
    EXPECT_NEAR(foreground_distances(p.image, p.mask)[0], std::hypot(cv::norm(m1 - m2), cv::norm(d1 - d2)),
                0.01);
}

TEST(Harmonizer, RefusesAMaskOfAnotherSize) {
    const Pasted p = pasted({40, 40, 200}, {60, 120, 60});
    const cv::Mat small = cv::Mat::zeros(10, 10, CV_8UC1);
    EXPECT_THROW((void)StatisticsHarmonizer().harmonize(p.image, small), std::invalid_argument);
    EXPECT_THROW((void)NoHarmonizer().harmonize(p.image, small), std::invalid_argument);
    EXPECT_THROW((void)make_harmonizer("magic"), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::synth
