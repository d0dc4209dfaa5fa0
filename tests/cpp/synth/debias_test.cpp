#include "e2tad/synth/debias.hpp"

#include <gtest/gtest.h>

#include <numbers>
#include <opencv2/imgproc.hpp>
#include <set>

namespace e2tad::synth {
namespace {

Scene scene() {
    Scene scene;
    scene.image = cv::Mat(300, 400, CV_8UC3, cv::Scalar(90, 100, 95));
    scene.persons = {{40, 40, 100, 200}, {250, 60, 320, 260}};
    for (int i = 0; i < 6; ++i) {
        const auto x = static_cast<float>(20 + 60 * i);
        scene.balls.push_back({x, 120, x + 34, 154});
    }
    return scene;
}

TEST(Debias, NoPatchTouchesABall) {
    const Scene s = scene();
    DebiasConfig config;
    config.patches_min = config.patches_max = 20;
    int patches = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Debiased out = debias(s, config, Random(seed));
        patches += static_cast<int>(out.patches.size());
        for (const Box &ball : s.balls) {
            const cv::Rect area(cv::Point(cvFloor(ball.left), cvFloor(ball.top)),
                                cv::Point(cvCeil(ball.right), cvCeil(ball.bottom)));
            EXPECT_EQ(cv::countNonZero(out.mask(area)), 0) << "seed " << seed;
        }
    }
    EXPECT_GT(patches, 200);
}

TEST(Debias, NoPatchLooksLikeADisc) {
    Scene s = scene();
    s.balls.clear();
    DebiasConfig config;
    config.scale_min = config.scale_max = 2;
    config.patches_min = config.patches_max = 4;
    std::set<std::string> shapes;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Debiased out = debias(s, config, Random(seed));
        // Measured on the pixels, apart from the roundness that the patch reports.
        std::vector<std::vector<cv::Point>> outlines;
        cv::findContours(out.mask > 127, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
        ASSERT_EQ(outlines.size(), out.patches.size());
        for (const auto &outline : outlines) {
            cv::Point2f centre;
            float radius = 0;
            cv::minEnclosingCircle(outline, centre, radius);
            const double area = cv::contourArea(outline);
            EXPECT_LT(area / (std::numbers::pi * radius * radius), config.max_roundness + 0.03);
        }
        for (const PlacedPatch &patch : out.patches) shapes.insert(patch.shape);
    }
    EXPECT_EQ(shapes, (std::set<std::string>{"polygon", "ellipse", "blob", "half disc"}));
}

TEST(Debias, PatchesAreWholeApartAndInTheirBoxes) {
    const Scene s = scene();
    DebiasConfig config;
    config.patches_min = config.patches_max = 8;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Debiased out = debias(s, config, Random(seed));
        cv::Mat rest = out.mask.clone();
        for (std::size_t i = 0; i < out.patches.size(); ++i) {
            const Box &a = out.patches[i].box;
            const cv::Rect area(cv::Point(cvRound(a.left), cvRound(a.top)),
                                cv::Point(cvRound(a.right), cvRound(a.bottom)));
            ASSERT_EQ(area & cv::Rect({}, s.image.size()), area);
            rest(area).setTo(0);
            for (std::size_t j = 0; j < i; ++j) {
                const Box &b = out.patches[j].box;
                EXPECT_TRUE(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
            }
        }
        EXPECT_EQ(cv::countNonZero(rest), 0);
    }
}

TEST(Debias, LeavesMostOfEveryPerson) {
    Scene s = scene();
    s.balls.clear();
    DebiasConfig config;
    config.patches_min = config.patches_max = 1;
    config.scale_max = 6;
    int over_persons = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const Debiased out = debias(s, config, Random(seed));
        for (const Box &person : s.persons) {
            const cv::Rect area(cvRound(person.left), cvRound(person.top), cvRound(person.width()),
                                cvRound(person.height()));
            const double covered = cv::sum(out.mask(area))[0] / 255 / person.area();
            EXPECT_LE(covered, config.max_person_share + 0.01);
            over_persons += covered > 0 ? 1 : 0;
        }
    }
    EXPECT_GT(over_persons, 5);
}

TEST(Debias, OneSeedGivesOnePicture) {
    const Scene s = scene();
    EXPECT_EQ(
        cv::norm(debias(s, {}, Random(3, "a")).image, debias(s, {}, Random(3, "a")).image, cv::NORM_INF), 0);
    EXPECT_NE(
        cv::norm(debias(s, {}, Random(3, "a")).image, debias(s, {}, Random(3, "b")).image, cv::NORM_INF), 0);
}

TEST(Debias, APictureWithoutRoomStaysAsItIs) {
    Scene s = scene();
    s.balls = {{0, 0, 400, 300}};
    const Debiased out = debias(s, {}, Random(1));
    EXPECT_TRUE(out.patches.empty());
    EXPECT_EQ(cv::norm(out.image, s.image, cv::NORM_INF), 0);
}

}  // namespace
}  // namespace e2tad::synth
