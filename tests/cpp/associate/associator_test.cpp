#include "e2tad/associate/associator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "e2tad/detect/replay.hpp"
#include "e2tad/reid/replay.hpp"

namespace e2tad::associate {
namespace {

using Ids = std::vector<std::int32_t>;

Matrix rows(std::initializer_list<std::initializer_list<float>> values) {
    Matrix made(values.size(), values.size() ? values.begin()->size() : 0);
    std::size_t i = 0;
    for (const auto &row : values) std::copy(row.begin(), row.end(), made.row(i++));
    return made;
}

TEST(CosineDistance, AcceptsNoTracks) {
    const float q[] = {1, 0};
    EXPECT_EQ(cosine_distance({q, 1, 2}, {nullptr, 0, 2}).cols, 0u);
}

TEST(GalleryDistance, EqualsThePlainMinimumForAnyWidthAndCount) {
    std::mt19937 random(9);
    std::normal_distribution<float> normal;
    for (const std::size_t width : {1u, 3u, 16u, 64u, 65u}) {
        for (const std::size_t queries : {1u, 8u, 17u, 33u}) {
            constexpr std::size_t kTracks = 4, kCapacity = 11;
            Matrix q(queries, width), f(kTracks * kCapacity, width);
            for (float &x : q.data) x = normal(random);
            for (float &x : f.data) x = normal(random);
            const Ids counts{11, 1, 0, 6};
            for (const Metric metric : {Metric::kCosine, Metric::kEuclidean}) {
                Matrix got(queries, kTracks);
                gallery_distance(q, f, counts, kCapacity, metric, got.data.data());
                for (std::size_t i = 0; i < queries; ++i) {
                    for (std::size_t t = 0; t < kTracks; ++t) {
                        double best = std::numeric_limits<double>::infinity();
                        for (std::size_t k = 0; k < static_cast<std::size_t>(counts[t]); ++k) {
                            double dot = 0, qq = 0, ff = 0, dd = 0;
                            for (std::size_t d = 0; d < width; ++d) {
                                const double a = q(i, d), b = f(t * kCapacity + k, d);
                                dot += a * b, qq += a * a, ff += b * b, dd += (a - b) * (a - b);
                            }
                            const double distance =
                                metric == Metric::kCosine ? 1 - dot / std::sqrt(qq * ff) : std::sqrt(dd);
                            best = std::min(best, distance);
                        }
                        if (counts[t] == 0) {
                            EXPECT_EQ(got(i, t), std::numeric_limits<float>::infinity());
                        } else {
                            EXPECT_NEAR(got(i, t), best, 1e-5);
                        }
                    }
                }
            }
        }
    }
}

TEST(GalleryDistance, AZeroFeatureIsAtDistanceOne) {
    const Matrix d = cosine_distance(rows({{0, 0}, {2, 0}}), rows({{0, 0}, {-3, 0}, {1, 0}}));
    EXPECT_EQ(d.data, (std::vector<float>{1, 1, 1, 1, 2, 0}));
}

TEST(GalleryDistance, NumbersThatArentFiniteAreNamed) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    EXPECT_THROW((void)cosine_distance(rows({{nan, 0}}), rows({{1, 0}})), std::invalid_argument);
    EXPECT_THROW((void)cosine_distance(rows({{1, 0}}), rows({{1, 0}, {1, inf}})), std::invalid_argument);
    EXPECT_THROW((void)cosine_distance(rows({{1, 0}}), rows({{1, 0, 0}})), std::invalid_argument);
    Gallery gallery(2, 3, Metric::kCosine);
    EXPECT_THROW(gallery.push(1, rows({{nan, 0}}).row(0)), std::invalid_argument);
}

TEST(Gallery, KeepsTheLatestFeaturesOnly) {
    Gallery gallery(2, 2, Metric::kEuclidean);
    for (const float x : {0.0f, 10.0f, 20.0f}) gallery.push(7, rows({{x, 0}}).row(0));
    EXPECT_EQ(gallery.counts(), Ids{2});
    EXPECT_EQ(gallery.distance(rows({{0, 0}}))(0, 0), 10.0f);  // the feature at 0 has left
    gallery.push(3, rows({{1, 0}}).row(0));
    EXPECT_EQ(gallery.ids(), (Ids{7, 3}));
    gallery.erase(7);
    gallery.erase(99);
    EXPECT_EQ(gallery.distance(rows({{0, 0}})).data, std::vector<float>{1});
    EXPECT_THROW(Gallery(2, 0, Metric::kCosine), std::invalid_argument);
}

TEST(Associator, SeededIdentitiesAreFoundAgainAndStrangersGetNone) {
    Associator associator(AssociationConfig{});
    associator.seed(0, Ids{0, 0, 1}, Ids{4, 9, 4}, rows({{1, 0, 0}, {0, 1, 0}, {1, 0, 0}}));
    const Matrix seen = rows({{0, 1, 0.1f}, {0, 0, 1}, {1, 0.1f, 0}, {1, 0, 0}});
    EXPECT_EQ(associator.step(0, Ids{0, 0, 0, 1}, seen), (Ids{9, -1, 4, 4}));
    EXPECT_TRUE(associator.step(1, Ids{}, {}).empty());
}

TEST(Associator, ClassesDoNotMix) {
    Associator associator(AssociationConfig{});
    associator.seed(0, Ids{0}, Ids{4}, rows({{1, 0}}));
    EXPECT_EQ(associator.step(1, Ids{1}, rows({{1, 0}})), Ids{-1});
}

TEST(Associator, MatchedFeaturesMoveTheTrackAlong) {
    Associator associator(AssociationConfig{});
    associator.seed(0, Ids{0}, Ids{4}, rows({{1, 0}}));
    for (int k = 1; k <= 6; ++k) {  // turns by a quarter circle, each step well inside the gate
        const float angle = 0.2618f * static_cast<float>(k);
        EXPECT_EQ(associator.step(k, Ids{0}, rows({{std::cos(angle), std::sin(angle)}})), Ids{4});
    }
}

TEST(Associator, OpensAndEndsIdentitiesOnItsOwn) {
    AssociationConfig config;
    config.identities = "open";
    config.max_gap = 5;
    Associator associator(config);
    EXPECT_EQ(associator.step(0, Ids{0, 0}, rows({{1, 0}, {0, 1}})), (Ids{1, 2}));
    EXPECT_EQ(associator.step(5, Ids{0}, rows({{0, 1}})), Ids{2});
    EXPECT_EQ(associator.step(6, Ids{0, 0}, rows({{1, 0}, {0, 1}})), (Ids{3, 2}));  // 0 was away for too long
}

TEST(Associator, GivenIdentitiesNeverEndAndOpenedOnesStayClearOfThem) {
    AssociationConfig config;
    config.identities = "open";
    config.max_gap = 1;
    Associator associator(config);
    associator.seed(0, Ids{0}, Ids{4}, rows({{1, 0}}));
    EXPECT_EQ(associator.step(90, Ids{0, 0}, rows({{0, 1}, {1, 0}})), (Ids{5, 4}));
}

TEST(Associator, PlacesDecideBetweenLikeLooks) {
    Associator associator(AssociationConfig{});
    const std::vector<Box> at = {{0, 0, 50, 100}, {400, 0, 450, 100}};
    // Both look nearly the same, and slightly more like each other's gallery afterwards.
    associator.seed(0, Ids{0, 0}, Ids{4, 9}, rows({{1, 0.1f}, {1, -0.1f}}), at);
    const Matrix look = rows({{1, -0.09f}, {1, 0.09f}});
    EXPECT_EQ(associator.step(1, {Ids{0, 0}, at, Ids{0, 1}}, look), (Ids{4, 9}));
    AssociationConfig looks;
    looks.place_weight = 0;
    Associator without(looks);
    without.seed(0, Ids{0, 0}, Ids{4, 9}, rows({{1, 0.1f}, {1, -0.1f}}), at);
    EXPECT_EQ(without.step(1, {Ids{0, 0}, at, Ids{0, 1}}, look), (Ids{9, 4}));
}

TEST(Associator, WhoIsNotEmbeddedIsKnownByPlaceIfNear) {
    Associator associator(AssociationConfig{});
    const std::vector<Box> at = {{0, 0, 50, 100}, {400, 0, 450, 100}, {20, 20, 30, 30}};
    associator.seed(0, Ids{0, 0, 1}, Ids{4, 9, 4}, rows({{1, 0}, {0, 1}, {1, 0}}), at);
    const std::vector<Box> moved = {{410, 0, 460, 100}, {8, 0, 58, 100}, {900, 20, 910, 30}};
    EXPECT_EQ(associator.step(10, {Ids{0, 0, 1}, moved, Ids{1}}, rows({{1, 0}})), (Ids{9, 4, -1}));
    EXPECT_EQ(associator.step(20, {Ids{0}, {}, {}}, {}), Ids{-1});
}

TEST(Associator, AMistakeByPlaceAloneEndsWhenLooksSpeakAgainstIt) {
    const auto last = [](double place_fade) {
        AssociationConfig config;
        config.place_fade = place_fade;
        Associator associator(config);
        const Matrix looks = rows({{1, 0}, {0.85f, 0.5268f}});
        const std::vector<Box> at = {{0, 0, 50, 100}, {400, 0, 450, 100}};
        associator.seed(0, Ids{0, 0}, Ids{4, 9}, looks, at);
        // They have exchanged places unseen, and nobody looks for a while.
        for (std::int32_t frame = 10; frame <= 50; frame += 10)
            EXPECT_EQ(associator.step(frame, {Ids{0, 0}, at, {}}, Matrix(0, 2)), (Ids{4, 9}));
        return associator.step(60, {Ids{0, 0}, at, Ids{0, 1}}, rows({{0.85f, 0.5268f}, {1, 0}}));
    };
    EXPECT_EQ(last(AssociationConfig{}.place_fade), (Ids{9, 4}));
    EXPECT_EQ(last(1), (Ids{4, 9}));
}

TEST(Associator, LearnsOnlyWhatStandsOut) {
    AssociationConfig config;
    config.learn_margin = 0.2f;
    Associator associator(config);
    associator.learn(Ids{0, 0}, Ids{4, 9}, rows({{1, 0}, {0, 1}}));
    const float half = std::sqrt(0.5f);
    EXPECT_EQ(associator.step(1, Ids{0}, rows({{half + 0.01f, half}})), Ids{4});
    // It lies between both, so it isn't taken for an example of 4, as which the next one would be known.
    EXPECT_EQ(associator.step(2, Ids{0}, rows({{half - 0.01f, half}})), Ids{9});
}

TEST(LastPlaces, NatsOfANormalDistributionThatWidens) {
    LastPlaces places;
    EXPECT_EQ(places.nats(5, 0, 4, {0, 0, 50, 100}, 100), 0);
    places.see(0, Ids{0, 1}, Ids{4, kNoId}, std::vector<Box>{{0, 0, 50, 100}, {0, 0, 5, 5}}, Ids{});
    EXPECT_EQ(places.nats(5, 1, kNoId, {0, 0, 5, 5}, 100), 0);
    EXPECT_EQ(places.nats(5, 0, 4, {0, 0, 50, 100}, 0), 0);
    // After 10 frames: 0.15 + 10 x 0.05 heights.
    const double deviation = 0.65;
    const double expected = 0.3 * 0.3 / (2 * deviation * deviation) + 2 * std::log(deviation / 3.0);
    EXPECT_NEAR(places.nats(10, 0, 4, {30, 0, 80, 100}, 100), expected, 1e-9);
    EXPECT_EQ(places.nats(1, 0, 4, {900, 0, 950, 100}, 100), LastPlaces::kMostNats);
    EXPECT_NEAR(places.nats(1000, 0, 4, {0, 0, 50, 100}, 100), 0, 1e-9);
}

TEST(Associator, MisuseIsNamed) {
    Associator associator(AssociationConfig{});
    associator.seed(3, Ids{0}, Ids{4}, rows({{1, 0}}));
    EXPECT_THROW((void)associator.step(2, Ids{}, {}), std::invalid_argument);
    EXPECT_THROW((void)associator.step(3, Ids{0}, rows({{1, 0, 0}})), std::invalid_argument);
    EXPECT_THROW((void)associator.step(3, Ids{0, 0}, rows({{1, 0}})), std::invalid_argument);
    EXPECT_THROW(associator.seed(3, Ids{0}, Ids{-1}, rows({{1, 0}})), std::invalid_argument);
    const std::vector<Box> where = {{0, 0, 1, 1}};
    EXPECT_THROW(associator.seed(9, Ids{0}, Ids{4}, rows({{1, 0, 0}}), where), std::invalid_argument);
    associator.seed(4, Ids{0}, Ids{4}, rows({{1, 0}}), where);  // a seed that fails leaves no frame behind
    (void)associator.step(4, Ids{}, {});
    EXPECT_THROW((void)associator.step(4, Ids{}, {}), std::invalid_argument);
    EXPECT_THROW((void)associator.step(5, {Ids{0, 0}, where, {}}, {}), std::invalid_argument);
    EXPECT_THROW((void)associator.step(5, {Ids{0}, where, Ids{1}}, rows({{1, 0}})), std::invalid_argument);
    EXPECT_THROW(associator.locate(2, Ids{0}, Ids{4}, where), std::invalid_argument);
    AssociationConfig config;
    config.gate = -1;
    EXPECT_THROW(Associator{config}, ConfigError);
}

TEST(Track, RecoversIdentitiesFromReplayedBoxesAndMadeFeatures) {
    std::mt19937 random(6);
    std::normal_distribution<float> normal;
    constexpr std::size_t kWidth = 16;
    Matrix look(5, kWidth);
    for (float &x : look.data) x = normal(random);
    Tracks truth, seeds;
    for (std::int32_t frame = 0; frame < 60; ++frame) {
        for (std::int32_t id = 0; id < 5; ++id) {
            if (frame > 3 && random() % 5 == 0) continue;  // misses
            const float x = normal(random) * 100;
            const auto cls = id < 3 ? ObjectClass::kPerson : ObjectClass::kBall;
            truth.add(frame, cls, id + 1, {x, 0, x + 10, 20});
            if (frame < 4) seeds.add(frame, cls, id + 1, {x, 0, x + 10, 20});
        }
    }
    truth.normalise("truth");
    seeds.normalise("seeds");
    Matrix features(truth.size(), kWidth);
    Ids classes;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        classes.push_back(static_cast<std::int32_t>(truth.object_class[i]));
        for (std::size_t d = 0; d < kWidth; ++d) {
            features(i, d) = look(static_cast<std::size_t>(truth.id[i] - 1), d) + 0.2f * normal(random);
        }
    }
    detect::ReplayDetector detector(truth);
    reid::ReplayEmbedder embedder(truth.frame, classes, truth.box, features);
    // Every second frame: the seeds of frames 1 and 3 still teach the gallery.
    Ids frames;
    for (std::int32_t frame = 0; frame < 60; frame += 2) frames.push_back(frame);
    const Tracks found = track(frames, seeds, detector, embedder, {});
    const Tracks wanted = truth.every(2);
    EXPECT_EQ(found.id, wanted.id);
    EXPECT_EQ(found.box, wanted.box);
    EXPECT_EQ(found.observed, frames);
    EXPECT_THROW((void)track(Ids{2, 2}, seeds, detector, embedder, {}), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::associate
