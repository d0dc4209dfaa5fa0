#include "e2tad/synth/compose.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <set>

#include "e2tad/synth/image_file.hpp"

namespace e2tad::synth {
namespace {

/// Uneven ground with two persons; the second stands nearer to the camera.
Scene scene(bool with_masks) {
    Scene scene;
    scene.image = cv::Mat(360, 480, CV_8UC3);
    Random random(1);
    for (int y = 0; y < scene.image.rows; ++y) {
        for (int x = 0; x < scene.image.cols; ++x) {
            const auto grey = static_cast<std::uint8_t>(90 + random.below(20));
            scene.image.at<cv::Vec3b>(y, x) = {grey, static_cast<std::uint8_t>(grey + 20), grey};
        }
    }
    scene.persons = {{100, 60, 160, 210}, {250, 80, 330, 300}};
    if (with_masks) {
        scene.instances = cv::Mat::zeros(scene.image.size(), CV_32SC1);
        for (std::size_t i = 0; i < scene.persons.size(); ++i) {
            const Box &box = scene.persons[i];
            const cv::Rect area(cv::Point(static_cast<int>(box.left), static_cast<int>(box.top)),
                                cv::Point(static_cast<int>(box.right), static_cast<int>(box.bottom)));
            scene.instances(area).setTo(static_cast<int>(i) + 1);
        }
    }
    return scene;
}

bool same(const cv::Mat &a, const cv::Mat &b) {
    return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

/// The share of the circle's disc that nothing hides, counted on a grid of 16 points a pixel: a second way to
/// the label, which knows nothing of sprites.
double visible_by_counting(const Scene &s, const PlacedBall &ball) {
    int all = 0;
    int seen = 0;
    const Circle &c = ball.circle;
    for (float y = c.cy - c.radius; y < c.cy + c.radius; y += 0.25f) {
        for (float x = c.cx - c.radius; x < c.cx + c.radius; x += 0.25f) {
            if (std::hypot(x - c.cx, y - c.cy) > c.radius) continue;
            ++all;
            const cv::Point at(cvFloor(x), cvFloor(y));
            if (!cv::Rect({}, s.image.size()).contains(at)) continue;
            const int k = s.instances.empty() ? 0 : s.instances.at<int>(at);
            const float feet = s.persons[static_cast<std::size_t>(ball.person)].bottom;
            const bool hidden =
                k > 0 && (k - 1 == ball.person ? ball.behind
                                               : s.persons[static_cast<std::size_t>(k - 1)].bottom > feet);
            seen += hidden ? 0 : 1;
        }
    }
    return static_cast<double>(seen) / all;
}

TEST(Compose, TheVisibleFractionIsWhatCountingTheMaskGives) {
    const Scene s = scene(true);
    ComposeConfig config;
    config.moving_share = 0;
    int hidden = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        for (const PlacedBall &ball : compose(s, config, NoHarmonizer(), Random(seed)).balls) {
            EXPECT_NEAR(ball.visible, visible_by_counting(s, ball), 0.03) << "seed " << seed;
            hidden += ball.visible < 0.95f ? 1 : 0;
        }
    }
    EXPECT_GT(hidden, 10);
}

TEST(Compose, OnlyPixelsOfBallsAndShadowsChange) {
    const Scene s = scene(true);
    ComposeConfig config;
    config.shadow_share = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Composite out = compose(s, config, StatisticsHarmonizer(), Random(seed));
        cv::Mat changed;
        cv::absdiff(out.image, s.image, changed);
        changed.setTo(cv::Scalar::all(0), out.mask);
        EXPECT_EQ(cv::norm(changed, cv::NORM_INF), 0);
    }
}

TEST(Compose, TheMaskHasTheVisibleAreaOfTheCircles) {
    const Scene s = scene(true);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Composite out = compose(s, {}, NoHarmonizer(), Random(seed));
        double expected = 0;
        for (const PlacedBall &ball : out.balls) {
            expected += ball.visible * std::numbers::pi * ball.circle.radius * ball.circle.radius;
        }
        EXPECT_NEAR(cv::sum(out.mask)[0] / 255, expected, 0.01 * expected + 1);
    }
}

TEST(Compose, TheBallIsDrawnWhereTheLabelSays) {
    Scene s = scene(false);
    ComposeConfig config;
    config.balls_max = 1;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Composite out = compose(s, config, NoHarmonizer(), Random(seed));
        ASSERT_EQ(out.balls.size(), 1U);
        if (out.balls[0].visible < 0.999f) continue;
        const cv::Moments m = cv::moments(out.mask);
        // Moments count from the middle of the first pixel, labels from its corner.
        EXPECT_NEAR(m.m10 / m.m00 + 0.5, out.balls[0].circle.cx, 0.1);
        EXPECT_NEAR(m.m01 / m.m00 + 0.5, out.balls[0].circle.cy, 0.1);
    }
}

TEST(Compose, SizesFollowThePersonsHeight) {
    const Scene s = scene(false);
    ComposeConfig config;
    config.balls_min = 1;
    std::vector<double> logs;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        for (const PlacedBall &ball : compose(s, config, NoHarmonizer(), Random(seed)).balls) {
            const float height = s.persons[static_cast<std::size_t>(ball.person)].height();
            logs.push_back(std::log(2 * ball.circle.radius / height));
        }
    }
    std::sort(logs.begin(), logs.end());
    EXPECT_NEAR(std::exp(logs[logs.size() / 2]), config.size.median, 0.01);
    EXPECT_NEAR(logs[logs.size() * 84 / 100] - logs[logs.size() / 2], config.size.spread, 0.04);
}

TEST(Compose, WithoutPersonsThePictureGivesTheSize) {
    Scene s = scene(false);
    s.persons.clear();
    std::vector<float> radii;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        for (const PlacedBall &ball : compose(s, {}, NoHarmonizer(), Random(seed)).balls) {
            EXPECT_EQ(ball.person, -1);
            EXPECT_EQ(ball.place, "air");
            radii.push_back(ball.circle.radius);
        }
    }
    std::nth_element(radii.begin(), radii.begin() + 50, radii.end());
    EXPECT_NEAR(2 * radii[50] / 360, ComposeConfig{}.size.picture_median, 0.008);
}

TEST(Compose, BallsOverlapNeitherEachOtherNorBallsThatAreThere) {
    Scene s = scene(false);
    s.balls = {{200, 100, 280, 180}};
    ComposeConfig config;
    config.balls_min = config.balls_max = 12;
    const Composite out = compose(s, config, NoHarmonizer(), Random(4));
    ASSERT_GT(out.balls.size(), 4U);
    for (std::size_t i = 0; i < out.balls.size(); ++i) {
        const Circle &a = out.balls[i].circle;
        for (std::size_t j = 0; j < i; ++j) {
            const Circle &b = out.balls[j].circle;
            EXPECT_GE(std::hypot(a.cx - b.cx, a.cy - b.cy), a.radius + b.radius);
        }
    }
    cv::Mat changed;
    cv::absdiff(out.image, s.image, changed);
    // A shadow may fall on a ball that is there; no ball covers it.
    EXPECT_LT(cv::countNonZero(out.mask(cv::Rect(201, 101, 78, 78))), 1);
}

TEST(Compose, OneSeedGivesOnePictureAndAnotherAnother) {
    const Scene s = scene(true);
    const Composite a = compose(s, {}, StatisticsHarmonizer(), Random(5, "x.jpg"));
    const Composite b = compose(s, {}, StatisticsHarmonizer(), Random(5, "x.jpg"));
    const Composite c = compose(s, {}, StatisticsHarmonizer(), Random(5, "y.jpg"));
    EXPECT_TRUE(same(a.image, b.image));
    EXPECT_FALSE(same(a.image, c.image));
}

TEST(Compose, AGreyPictureStaysGrey) {
    Scene s = scene(false);
    cv::Mat channels[3];
    cv::split(s.image, channels);
    cv::merge(std::vector<cv::Mat>{channels[0], channels[0], channels[0]}, s.image);
    const Composite out = compose(s, {}, StatisticsHarmonizer(), Random(6));
    ASSERT_FALSE(out.balls.empty());
    EXPECT_TRUE(is_grey(out.image));
    EXPECT_EQ(out.balls[0].paint.name, "grey");
}

TEST(Compose, APersonBehindTheBallDoesNotHideIt) {
    Scene s = scene(true);
    ComposeConfig config;
    config.behind_share = 0;
    config.ground_share = 0;
    config.near_share = 1;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        for (const PlacedBall &ball : compose(s, config, NoHarmonizer(), Random(seed)).balls) {
            // The nearer person of the two can be hidden by nobody else.
            if (ball.person == 1) {
                EXPECT_NEAR(ball.visible, visible_by_counting({s.image, s.persons, {}, {}}, ball), 0.02);
            }
            EXPECT_FALSE(ball.behind);
        }
    }
}

TEST(Compose, RefusesWhatDoesNotFitTogether) {
    Scene s = scene(true);
    s.instances = cv::Mat::zeros(10, 10, CV_32SC1);
    EXPECT_THROW((void)compose(s, {}, NoHarmonizer(), Random(1)), std::invalid_argument);
    s = scene(true);
    s.persons.pop_back();
    EXPECT_THROW((void)compose(s, {}, NoHarmonizer(), Random(1)), std::invalid_argument);
    ComposeConfig config;
    config.balls_min = 5;
    try {
        config.validate();
        FAIL() << "no error";
    } catch (const ConfigError &error) {
        EXPECT_STREQ(error.what(), "/balls_max: expected at least balls_min (5), got 4");
    }
}

TEST(RenderBall, IsBrightestTowardsTheLight) {
    Light light;
    light.direction = cv::Vec3f(-0.6f, -0.6f, 0.53f);
    light.ambient = 0.3f;
    const Sprite sprite = render_ball({50, 50, 20}, {"red", {40, 40, 200}}, light, {}, {});
    const auto at = [&](int x, int y) {
        return sprite.light.at<cv::Vec3f>(y - sprite.area.y, x - sprite.area.x)[2];
    };
    EXPECT_GT(at(40, 40), 1.5f * at(60, 60));
    EXPECT_GT(at(40, 40), at(50, 50));
}

TEST(RenderBall, MotionSpreadsTheBallWithoutAddingToIt) {
    const Light light;
    const Sprite still = render_ball({50, 50, 10}, {"red", {40, 40, 200}}, light, {}, {});
    const Sprite moved = render_ball({50, 50, 10}, {"red", {40, 40, 200}}, light, {}, {16, 0});
    EXPECT_NEAR(cv::sum(moved.alpha)[0], cv::sum(still.alpha)[0], 0.5);
    EXPECT_NEAR(cv::sum(still.alpha)[0], std::numbers::pi * 100, 3);
    EXPECT_GT(moved.area.width, still.area.width + 14);
    EXPECT_EQ(moved.area.height, still.area.height);
}

TEST(RenderBall, RefusesARadiusOfNothing) {
    EXPECT_THROW((void)render_ball({5, 5, 0}, {}, {}, {}, {}), std::invalid_argument);
}

TEST(Noise, TheEstimateFindsTheNoiseThatIsThere) {
    for (const double deviation : {2.0, 5.0, 10.0}) {
        cv::Mat image(200, 200, CV_8UC3);
        Random random(3);
        for (int y = 0; y < image.rows; ++y) {
            for (int x = 0; x < image.cols; ++x) {
                const auto v = cv::saturate_cast<std::uint8_t>(100 + 0.2 * x + random.normal(0, deviation));
                image.at<cv::Vec3b>(y, x) = {v, v, v};
            }
        }
        EXPECT_NEAR(noise_deviation(image, {0, 0, 200, 200}), deviation, 0.2 * deviation);
        EXPECT_NEAR(picture_noise_deviation(image), deviation, 0.25 * deviation);
    }
}

TEST(Light, SrgbAndLinearLightAreInverse) {
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(srgb_from_linear(linear_from_srgb(static_cast<std::uint8_t>(i))), i);
    }
}

TEST(Light, EveryPaintIsCalledByItsName) {
    std::set<std::string> names;
    Random random(2);
    for (int i = 0; i < 2000; ++i) {
        const Paint paint = random_paint(random);
        EXPECT_EQ(colour_name(paint.bgr), paint.name);
        names.insert(paint.name);
    }
    EXPECT_EQ(names, (std::set<std::string>{"red", "orange", "yellow", "green", "blue", "purple"}));
    EXPECT_EQ(colour_name({90, 95, 90}), "");
}

}  // namespace
}  // namespace e2tad::synth
