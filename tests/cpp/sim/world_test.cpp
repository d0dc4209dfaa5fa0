#include "e2tad/sim/world.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "e2tad/core/error.hpp"

namespace e2tad::sim {
namespace {

Scenario short_clip(const char *name, int frames) {
    Scenario s = scenario(name);
    s.frames = frames;
    return s;
}

TEST(Scenario, PresetsHaveThePersonsAndBallsOfTheirNames) {
    std::set<std::string> names;
    for (const Scenario &s : scenarios()) {
        names.insert(s.name);
        EXPECT_EQ(s.name, std::to_string(s.persons) + "p" + std::to_string(s.balls) + "b");
        EXPECT_NO_THROW(s.validate());
    }
    EXPECT_EQ(names, (std::set<std::string>{"4p1b", "5p2b", "5p4b", "5p5b", "7p3b"}));
}

TEST(Scenario, AnUnknownPresetNamesThoseThatExist) {
    try {
        (void)scenario("9p9b");
        FAIL() << "expected an InputError";
    } catch (const InputError &error) {
        EXPECT_STREQ(error.what(), "preset '9p9b': expected one of 4p1b 5p2b 5p4b 5p5b 7p3b");
    }
}

TEST(Scenario, AFieldOutOfRangeIsNamed) {
    Scenario s = scenario("4p1b");
    s.balls = 5;
    try {
        s.validate();
        FAIL() << "expected a ConfigError";
    } catch (const ConfigError &error) {
        EXPECT_STREQ(error.what(), "/scenario/balls: expected 1 to the number of persons");
    }
}

class EveryPreset : public testing::TestWithParam<const char *> {};

TEST_P(EveryPreset, ABallIsInOnePairOfHandsOrFliesByGravity) {
    const World world(short_clip(GetParam(), 600), 5);
    const Scenario &s = world.scenario();
    int flying = 0;
    for (int b = 0; b < s.balls; ++b) {
        for (int frame = 1; frame + 1 < s.frames; ++frame) {
            const int holder = world.holder(frame, b);
            if (holder >= 0) {
                EXPECT_LT((world.ball(frame, b) - world.pose(frame, holder).hands).norm(), 1e-9);
                continue;
            }
            if (world.holder(frame - 1, b) >= 0 || world.holder(frame + 1, b) >= 0) continue;
            // The second difference of a parabola at 30 frames a second.
            const Vec3 bend = world.ball(frame + 1, b) - 2 * world.ball(frame, b) + world.ball(frame - 1, b);
            EXPECT_NEAR(bend.z(), -9.81 / 900, 1e-9);
            EXPECT_NEAR(bend.x(), 0, 1e-9);
            EXPECT_NEAR(bend.y(), 0, 1e-9);
            ++flying;
        }
    }
    EXPECT_GT(flying, 50);
}

TEST_P(EveryPreset, ThrowsOfABallFollowEachOtherFromHolderToHolder) {
    const World world(scenario(GetParam()), 2);
    const Scenario &s = world.scenario();
    for (int b = 0; b < s.balls; ++b) {
        int owner = world.first_holder(b);
        int free_from = 0;
        for (const Throw &t : world.throws()) {
            if (t.ball != b) continue;
            EXPECT_EQ(t.from, owner);
            EXPECT_NE(t.to, t.from);
            EXPECT_GE(t.release, free_from);
            EXPECT_GE(t.caught - t.release, 9);
            owner = t.to;
            free_from = t.caught;
        }
    }
}

TEST_P(EveryPreset, NobodyHoldsTwoBalls) {
    const World world(scenario(GetParam()), 3);
    const Scenario &s = world.scenario();
    for (int frame = 0; frame < s.frames; ++frame) {
        std::set<int> holders;
        for (int b = 0; b < s.balls; ++b) {
            const int holder = world.holder(frame, b);
            EXPECT_TRUE(holder < 0 || holders.insert(holder).second) << "frame " << frame;
        }
    }
}

TEST_P(EveryPreset, EqualSeedsGiveEqualWorldsAndOthersDoNot) {
    const World a(short_clip(GetParam(), 200), 7);
    const World b(short_clip(GetParam(), 200), 7);
    const World c(short_clip(GetParam(), 200), 8);
    bool differs = false;
    for (int frame = 0; frame < 200; frame += 17) {
        EXPECT_EQ(a.ball(frame, 0), b.ball(frame, 0));
        EXPECT_EQ(a.truth(frame, 0, 960, 540).persons[0].box, b.truth(frame, 0, 960, 540).persons[0].box);
        differs = differs || a.ball(frame, 0) != c.ball(frame, 0);
    }
    EXPECT_TRUE(differs);
}

TEST_P(EveryPreset, TruthScalesWithThePicture) {
    const World world(short_clip(GetParam(), 60), 4);
    const FrameTruth small = world.truth(30, 0, 960, 540);
    const FrameTruth large = world.truth(30, 0, 1920, 1080);
    for (std::size_t b = 0; b < small.balls.size(); ++b) {
        EXPECT_NEAR(2 * small.balls[b].circle.cx, large.balls[b].circle.cx, 0.01);
        EXPECT_NEAR(2 * small.balls[b].circle.radius, large.balls[b].circle.radius, 0.01);
    }
    for (std::size_t p = 0; p < small.persons.size(); ++p) {
        ASSERT_TRUE(small.persons[p].present);
        EXPECT_NEAR(2 * small.persons[p].box.left, large.persons[p].box.left, 0.01);
        EXPECT_NEAR(2 * small.persons[p].box.bottom, large.persons[p].box.bottom, 0.01);
        EXPECT_GE(small.persons[p].visible, 0);
        EXPECT_LE(small.persons[p].visible, 1);
    }
}

INSTANTIATE_TEST_SUITE_P(World, EveryPreset, testing::Values("4p1b", "5p2b", "5p4b", "5p5b", "7p3b"),
                         [](const auto &param_info) { return std::string("P") + param_info.param; });

TEST(Camera, ProjectsByThePinholeEquation) {
    const Camera camera = Camera::look_at({0, -10, 0}, {0, 0, 0}, 0, 1000, 640, 480);
    const Vec3 middle = camera.project({0, 0, 0});
    EXPECT_NEAR(middle.x(), 320, 1e-9);
    EXPECT_NEAR(middle.y(), 240, 1e-9);
    EXPECT_NEAR(middle.z(), 10, 1e-9);
    // 1 m to the right and 2 m up at 20 m: 50 and 100 pixels.
    const Vec3 aside = camera.project({1, 10, 2});
    EXPECT_NEAR(aside.x(), 370, 1e-9);
    EXPECT_NEAR(aside.y(), 140, 1e-9);
}

}  // namespace
}  // namespace e2tad::sim
