#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "e2tad/sim/world.hpp"

namespace e2tad::sim {
namespace {

using Rgb = std::array<float, 3>;

constexpr std::array<Rgb, 6> kSkins = {{{0.93f, 0.76f, 0.65f},
                                        {0.86f, 0.66f, 0.52f},
                                        {0.75f, 0.55f, 0.41f},
                                        {0.58f, 0.41f, 0.3f},
                                        {0.42f, 0.29f, 0.21f},
                                        {0.3f, 0.21f, 0.16f}}};
constexpr std::array<Rgb, 6> kHairs = {{{0.08f, 0.07f, 0.06f},
                                        {0.16f, 0.11f, 0.08f},
                                        {0.3f, 0.2f, 0.12f},
                                        {0.6f, 0.48f, 0.28f},
                                        {0.45f, 0.43f, 0.41f},
                                        {0.38f, 0.16f, 0.08f}}};
// The two splits dress from different wardrobes.
constexpr std::array<Rgb, 10> kTrainShirts = {{{0.85f, 0.85f, 0.83f},
                                               {0.12f, 0.12f, 0.13f},
                                               {0.16f, 0.22f, 0.42f},
                                               {0.55f, 0.1f, 0.12f},
                                               {0.45f, 0.46f, 0.48f},
                                               {0.15f, 0.36f, 0.24f},
                                               {0.72f, 0.62f, 0.42f},
                                               {0.36f, 0.55f, 0.75f},
                                               {0.82f, 0.48f, 0.12f},
                                               {0.42f, 0.2f, 0.45f}}};
constexpr std::array<Rgb, 10> kTestShirts = {{{0.78f, 0.8f, 0.84f},
                                              {0.2f, 0.19f, 0.18f},
                                              {0.2f, 0.32f, 0.36f},
                                              {0.62f, 0.22f, 0.18f},
                                              {0.34f, 0.35f, 0.38f},
                                              {0.35f, 0.38f, 0.2f},
                                              {0.82f, 0.74f, 0.58f},
                                              {0.24f, 0.4f, 0.68f},
                                              {0.78f, 0.66f, 0.16f},
                                              {0.64f, 0.4f, 0.5f}}};
constexpr std::array<Rgb, 6> kTrousers_ = {{{0.13f, 0.16f, 0.25f},
                                            {0.1f, 0.1f, 0.11f},
                                            {0.33f, 0.34f, 0.36f},
                                            {0.5f, 0.45f, 0.34f},
                                            {0.24f, 0.3f, 0.42f},
                                            {0.3f, 0.25f, 0.2f}}};
constexpr std::array<Rgb, 5> kShoes = {{{0.85f, 0.85f, 0.84f},
                                        {0.1f, 0.1f, 0.1f},
                                        {0.4f, 0.38f, 0.36f},
                                        {0.3f, 0.2f, 0.14f},
                                        {0.6f, 0.15f, 0.15f}}};

void paint(float (&target)[3], const Rgb &color, Random &random, double vary) {
    const double light = 1 + vary * random.normal(0, 1);
    for (int c = 0; c < 3; ++c) {
        target[c] = static_cast<float>(
            std::clamp(color[c] * light * (1 + 0.5 * vary * random.normal(0, 1)), 0.02, 0.97));
    }
}

}  // namespace

void World::dress(Random random) {
    const auto &shirts = scenario_.test_split ? kTestShirts : kTrainShirts;
    // A few colours are worn by many of one clip, as friends or a team would be.
    std::array<int, 4> worn{};
    for (int &color : worn) color = random.below(static_cast<int>(shirts.size()));
    const int usual_trousers = random.below(static_cast<int>(kTrousers_.size()));
    for (int p = 0; p < scenario_.persons; ++p) {
        Look look;
        look.height_m = std::clamp(random.normal(1.72, 0.08), 1.55, 1.92);
        look.build = std::clamp(random.normal(1, 0.09), 0.82, 1.25);
        look.long_hair = random.chance(0.35);
        look.hat = random.chance(0.2);
        look.bag = random.chance(0.22) ? 1 + random.below(2) : 0;
        look.short_sleeves = random.chance(0.6);
        look.shorts = random.chance(0.35);
        look.pattern = random.chance(0.45) ? 0 : 1 + random.below(4);
        const int skin = random.below(static_cast<int>(kSkins.size()));
        const int shirt =
            random.chance(0.75) ? worn[random.below(4)] : random.below(static_cast<int>(shirts.size()));
        const int trousers =
            random.chance(0.6) ? usual_trousers : random.below(static_cast<int>(kTrousers_.size()));
        paint(look.color[kSkin], kSkins[skin], random, 0.05);
        paint(look.color[kHair], kHairs[random.below(static_cast<int>(kHairs.size()))], random, 0.1);
        paint(look.color[kHat], shirts[random.below(static_cast<int>(shirts.size()))], random, 0.1);
        paint(look.color[kShirt], shirts[shirt], random, 0.08);
        paint(look.color[kTrousers], kTrousers_[trousers], random, 0.1);
        paint(look.color[kShoe], kShoes[random.below(static_cast<int>(kShoes.size()))], random, 0.08);
        paint(look.color[kBag], shirts[random.below(static_cast<int>(shirts.size()))], random, 0.15);
        paint(look.second_color, shirts[random.below(static_cast<int>(shirts.size()))], random, 0.1);
        for (int c = 0; c < 3; ++c) {
            look.color[kSleeve][c] = look.pattern == 2 ? look.second_color[c] : look.color[kShirt][c];
            look.color[kShin][c] = look.shorts ? look.color[kSkin][c] : look.color[kTrousers][c];
        }
        looks_.push_back(look);
    }
    std::array<int, 6> colors = {0, 1, 2, 3, 4, 5};
    for (int k = 5; k > 0; --k) std::swap(colors[k], colors[random.below(k + 1)]);
    for (int b = 0; b < scenario_.balls; ++b) {
        ball_color_.push_back(colors[b % 6]);
        ball_radius_.push_back(0.122 * random.uniform(0.97, 1.03));
    }
}

void World::place_props(Random random) {
    // Vivid single colours, the balls' own among them: what a detector that goes by colour takes for a ball.
    constexpr std::array<Rgb, 8> kVivid = {{{0.85f, 0.12f, 0.1f},
                                            {0.1f, 0.25f, 0.75f},
                                            {0.95f, 0.8f, 0.1f},
                                            {0.1f, 0.6f, 0.2f},
                                            {0.98f, 0.45f, 0.05f},
                                            {0.45f, 0.15f, 0.6f},
                                            {0.9f, 0.9f, 0.88f},
                                            {0.1f, 0.1f, 0.12f}}};
    const int count = 9 + random.below(6);
    const double room = scenario_.radius_m;
    for (int k = 0; k < count; ++k) {
        Prop prop;
        // Most stand outside the players' ring, some within where nobody walks.
        const double r = !scenario_.walking && random.chance(0.3) ? room * random.uniform(0.15, 0.75)
                                                                  : room * random.uniform(1.2, 2.1);
        const double angle = random.uniform(0, 2 * std::numbers::pi);
        const Vec3 at(r * std::cos(angle), r * std::sin(angle), 0);
        paint(prop.color, kVivid[random.below(6)], random, 0.08);
        paint(prop.band, kVivid[6 + random.below(2)], random, 0.05);
        switch (random.below(5)) {
            case 0:  // a training cone
                prop.solids.push_back({at + Vec3(0, 0, 0.02), at + Vec3(0, 0, 0.05), 0.17, 0.15, kThing});
                prop.solids.push_back({at + Vec3(0, 0, 0.05), at + Vec3(0, 0, 0.22), 0.12, 0.07, kCone});
                prop.solids.push_back({at + Vec3(0, 0, 0.22), at + Vec3(0, 0, 0.3), 0.07, 0.055, kConeBand});
                prop.solids.push_back({at + Vec3(0, 0, 0.3), at + Vec3(0, 0, 0.42), 0.055, 0.02, kCone});
                break;
            case 1: {  // a bag on the ground
                const double turn = random.uniform(0, std::numbers::pi);
                const Vec3 along(std::cos(turn), std::sin(turn), 0);
                prop.solids.push_back({at - 0.16 * along + Vec3(0, 0, 0.12),
                                       at + 0.16 * along + Vec3(0, 0, 0.12), 0.13, 0.13, kThing});
                prop.solids.push_back({at - 0.1 * along + Vec3(0, 0, 0.25),
                                       at + 0.1 * along + Vec3(0, 0, 0.25), 0.02, 0.02, kConeBand});
                break;
            }
            case 2:  // a bucket
                prop.solids.push_back({at + Vec3(0, 0, 0.12), at + Vec3(0, 0, 0.24), 0.11, 0.14, kThing});
                break;
            case 3: {  // a round sign on a post
                const double tall = random.uniform(0.5, 1.3);
                prop.solids.push_back({at, at + Vec3(0, 0, tall), 0.02, 0.02, kPost});
                prop.solids.push_back(
                    {at + Vec3(0, 0, tall), at + Vec3(0, 0, tall + 0.02), 0.14, 0.14, kSign});
                break;
            }
            default: {  // a shirt dropped in a heap
                for (int lump = 0; lump < 4; ++lump) {
                    const Vec3 by(random.normal(0, 0.09), random.normal(0, 0.09), 0.03);
                    prop.solids.push_back({at + by,
                                           at + by + Vec3(random.normal(0, 0.1), random.normal(0, 0.1), 0.01),
                                           0.07, 0.05, kThing});
                }
                break;
            }
        }
        props_.push_back(prop);
    }
    // Occluders: lamp posts and small trees, near the edge of the play where they sometimes hide a player.
    const int occluders = 1 + random.below(3);
    for (int k = 0; k < occluders; ++k) {
        Prop prop;
        prop.occluder = true;
        const double angle = random.uniform(0, 2 * std::numbers::pi);
        const double r = scenario_.radius_m * random.uniform(1.25, 1.9);
        const Vec3 at(r * std::cos(angle), r * std::sin(angle), 0);
        if (random.chance(0.5)) {
            paint(prop.color, {0.4f, 0.41f, 0.42f}, random, 0.2);
            prop.solids.push_back({at, at + Vec3(0, 0, 2.6), 0.05, 0.04, kPost});
        } else {
            paint(prop.color, {0.26f, 0.46f, 0.18f}, random, 0.15);
            prop.solids.push_back({at, at + Vec3(0, 0, 0.7), 0.06, 0.05, kPost});
            // A bush of many small tufts, denser within.
            for (int leaf = 0; leaf < 70; ++leaf) {
                const double turn = random.uniform(0, 2 * std::numbers::pi);
                const double out = 0.42 * std::sqrt(random.uniform());
                const double rise = random.uniform(-1, 1) * std::sqrt(1 - out * out / 0.18);
                const Vec3 by(out * std::cos(turn), out * std::sin(turn), 0.95 + 0.5 * rise);
                const Vec3 blade(random.normal(0, 0.05), random.normal(0, 0.05), random.uniform(0, 0.08));
                prop.solids.push_back({at + by, at + by + blade, random.uniform(0.05, 0.11),
                                       random.uniform(0.02, 0.05), kLeaves});
            }
        }
        props_.push_back(prop);
    }
}

}  // namespace e2tad::sim
