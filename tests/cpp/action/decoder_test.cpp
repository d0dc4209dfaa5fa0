#include "e2tad/action/decoder.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "e2tad/core/error.hpp"

namespace e2tad::action {
namespace {

Box around(float x, float y, float half_width, float half_height) {
    return {x - half_width, y - half_height, x + half_width, y + half_height};
}

/// Persons 1 and 2 stand 600 pixels apart; ball 5 flies from 1 to 2 in frames 20-40.
Tracks thrown_once(std::int32_t frames = 60) {
    Tracks tracks;
    for (std::int32_t f = 0; f < frames; ++f) {
        tracks.add(f, ObjectClass::kPerson, 1, around(40, 100, 40, 100));
        tracks.add(f, ObjectClass::kPerson, 2, around(640, 100, 40, 100));
        const float x = 40.f + 30.f * static_cast<float>(std::clamp(f - 20, 0, 20));
        tracks.add(f, ObjectClass::kBall, 5, around(x, 100, 10, 10));
    }
    tracks.normalise("made");
    return tracks;
}

ActionConfig config_of(const char *decoder) {
    ActionConfig config;
    config.decoder = decoder;
    return config;
}

TEST(Decoder, BothDecodersFindTheCatchAndTheThrow) {
    for (const char *decoder : {"morphological", "hmm"}) {
        const Decoded decoded = decode(thrown_once(), config_of(decoder));
        ASSERT_EQ(decoded.catches.size(), 1u) << decoder;
        EXPECT_EQ(decoded.catches[0].ball, 5);
        EXPECT_EQ(decoded.catches[0].from, 1);
        EXPECT_EQ(decoded.catches[0].to, 2);
        EXPECT_NEAR(decoded.catches[0].frame, 39, 2);
        ASSERT_EQ(decoded.throws.size(), 1u) << decoder;
        EXPECT_NEAR(decoded.throws[0].frame, 20, 2);
    }
}

TEST(Decoder, AThrowThatNobodyCatchesHasNoNextHolder) {
    const Decoded decoded = decode(thrown_once(35), config_of("morphological"));
    EXPECT_TRUE(decoded.catches.empty());
    ASSERT_EQ(decoded.throws.size(), 1u);
    EXPECT_EQ(decoded.throws[0].frame, 21);
    EXPECT_EQ(decoded.throws[0].from, 1);
    EXPECT_EQ(decoded.throws[0].to, kNoId);
}

TEST(Decoder, NothingToDecodeIsTheStartingRow) {
    for (const char *decoder : {"morphological", "hmm"}) {
        const Answer answer = decode(Tracks{}, config_of(decoder)).answer("zero", 3);
        EXPECT_EQ(answer.frames, std::vector<std::int32_t>{0});
        EXPECT_TRUE(answer.holders.empty());
    }
}

TEST(Decoder, AnUnknownConventionIsRefused) {
    const Decoded decoded = decode(thrown_once(), ActionConfig{});
    EXPECT_THROW((void)decoded.answer("nil", 0), std::invalid_argument);
}

TEST(Decoder, AFieldOutOfRangeIsNamed) {
    ActionConfig config;
    config.theta = -1;
    try {
        (void)decode(Tracks{}, config);
        FAIL();
    } catch (const ConfigError &error) {
        EXPECT_STREQ(error.what(), "/action/theta: expected in [0, 1000000], got -1");
    }
}

TEST(Decoder, TheStartComesFromTheFirstFramesMajority) {
    Tracks init;
    for (std::int32_t f = 0; f < 12; ++f) {
        init.add(f, ObjectClass::kPerson, 3, {0, 0, 2, 2});
        init.add(f, ObjectClass::kPerson, 4, {10, 0, 12, 2});
        // 4.9 per cent outside of person 3's box counts, 5.1 per cent doesn't; later frames don't either.
        const float x = f < 4 ? 11.f : f < 9 ? 2.049f : f < 11 ? 2.051f : 11.f;
        init.add(f, ObjectClass::kBall, 8, {x, 1, x, 1});
    }
    EXPECT_EQ(starting_holders(init, {8, 9}), (std::vector<std::int32_t>{3, kNoId}));
}

TEST(Timeline, HoldsEveryBoxInItsPlace) {
    Tracks tracks;
    tracks.add(4, ObjectClass::kBall, 9, {1, 2, 3, 4});
    tracks.add(4, ObjectClass::kPerson, 2, {5, 6, 7, 8});
    tracks.add(9, ObjectClass::kPerson, 7, {9, 9, 9, 9});
    tracks.add(9, ObjectClass::kBall, 8, {0, 0, 1, 1});
    tracks.observed = {6};
    tracks.normalise("made");
    const Timeline table = make_timeline(tracks, {9, 11});
    EXPECT_EQ(table.frames, (std::vector<std::int32_t>{4, 6, 9}));
    EXPECT_EQ(table.person_ids, (std::vector<std::int32_t>{2, 7}));
    EXPECT_EQ(table.person(0, 0), (Box{5, 6, 7, 8}));
    EXPECT_EQ(table.person(2, 1), (Box{9, 9, 9, 9}));
    EXPECT_FALSE(is_seen(table.person(0, 1)));
    EXPECT_EQ(table.ball(0, 0), (Box{1, 2, 3, 4}));
    for (std::size_t t = 0; t < 3; ++t) EXPECT_FALSE(is_seen(table.ball(t, 1)));
    EXPECT_FALSE(is_seen(table.ball(2, 0))) << "ball 8 isn't asked for";
}

}  // namespace
}  // namespace e2tad::action
