#include "e2tad/sim/renderer.hpp"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <thread>

namespace e2tad::sim {
namespace {

std::shared_ptr<const World> clip(const char *preset, std::uint64_t seed) {
    Scenario s = scenario(preset);
    s.frames = 120;
    return std::make_shared<const World>(s, seed);
}

TEST(Renderer, FramesDependNeitherOnOrderNorOnThreads) {
    const auto world = clip("5p4b", 1);
    const Renderer renderer(world, 320, 180);
    const Renderer again(clip("5p4b", 1), 320, 180);
    std::vector<cv::Mat> forward(4), backward(4);
    for (int k = 0; k < 4; ++k) renderer.render(20 * k, 0, forward[k]);
    std::vector<std::thread> threads;
    for (int k = 3; k >= 0; --k) threads.emplace_back([&, k] { again.render(20 * k, 0, backward[k]); });
    for (std::thread &thread : threads) thread.join();
    for (int k = 0; k < 4; ++k) EXPECT_EQ(cv::norm(forward[k], backward[k], cv::NORM_INF), 0) << k;
    EXPECT_GT(cv::norm(forward[0], forward[3], cv::NORM_INF), 20);
}

TEST(Renderer, AFullyVisibleBallIsPaintedWhereTheTruthSays) {
    const auto world = std::make_shared<const World>(scenario("4p1b"), 2);
    ASSERT_EQ(world->scenario().balls, 1);
    const Renderer renderer(world, 960, 540);
    cv::Mat image;
    int checked = 0;
    for (int frame = 0; frame < world->scenario().frames && checked < 5; frame += 10) {
        const BallTruth ball = world->truth(frame, 0, 960, 540).balls[0];
        if (ball.visible < 0.95F) continue;
        renderer.render(frame, 0, image);
        // Inside of the circle it is one colour, unlike the ring round it: compare the spread.
        const auto spread = [&](double from, double to) {
            cv::Mat mask = cv::Mat::zeros(image.size(), CV_8U);
            for (int y = 0; y < image.rows; ++y) {
                for (int x = 0; x < image.cols; ++x) {
                    const double d = std::hypot(x + 0.5 - ball.circle.cx, y + 0.5 - ball.circle.cy);
                    if (d >= from * ball.circle.radius && d < to * ball.circle.radius)
                        mask.at<std::uint8_t>(y, x) = 1;
                }
            }
            return cv::mean(image, mask);
        };
        EXPECT_GT(cv::norm(spread(0, 0.8) - spread(1.3, 1.8)), 25) << "frame " << frame;
        ++checked;
    }
    EXPECT_EQ(checked, 5);
}

TEST(Renderer, TheMaskOfAVisiblePersonFillsTheBoxOfTheTruth) {
    const auto world = clip("5p2b", 3);
    const Renderer renderer(world, 640, 360);
    cv::Mat labels;
    int checked = 0;
    for (int frame = 0; frame < 120; frame += 20) {
        renderer.persons(frame, 0, labels);
        ASSERT_EQ(labels.type(), CV_32SC1);
        const FrameTruth truth = world->truth(frame, 0, 640, 360);
        for (int p = 0; p < world->scenario().persons; ++p) {
            if (truth.persons[p].visible < 0.999F) continue;
            const cv::Rect found = cv::boundingRect(labels == p + 1);
            const Box &box = truth.persons[p].box;
            EXPECT_NEAR(found.x, box.left, 1.5);
            EXPECT_NEAR(found.y, box.top, 1.5);
            EXPECT_NEAR(found.br().x, box.right, 1.5);
            EXPECT_NEAR(found.br().y, box.bottom, 1.5);
            ++checked;
        }
    }
    EXPECT_GE(checked, 5);
}

TEST(Renderer, RefusesOddAndTinySizes) {
    EXPECT_THROW(Renderer(clip("4p1b", 1), 321, 180), std::invalid_argument);
    EXPECT_THROW(Renderer(clip("4p1b", 1), 32, 32), std::invalid_argument);
    EXPECT_THROW(Renderer(clip("4p1b", 1), 9000, 540), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::sim
