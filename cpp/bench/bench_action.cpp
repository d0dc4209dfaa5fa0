#include <benchmark/benchmark.h>

#include "e2tad/action/decoder.hpp"
#include "e2tad/action/repair.hpp"
#include "e2tad/core/random.hpp"

namespace {

using namespace e2tad;

/// A game of 5,296 frames, 3 balls and 7 persons, the size that the peers were timed at.
Tracks game() {
    constexpr std::int32_t kFrames = 5296;
    constexpr int kPersons = 7;
    constexpr int kBalls = 3;
    Random random(1);
    std::vector<double> x(kPersons);
    std::vector<double> y(kPersons);
    for (int p = 0; p < kPersons; ++p) {
        x[p] = random.uniform(200, 1700);
        y[p] = random.uniform(200, 900);
    }
    std::vector<int> from{0, 1, 2};
    std::vector<int> to{0, 1, 2};
    std::vector<int> left(kBalls, 0);  // frames of flight
    Tracks tracks;
    for (std::int32_t frame = 0; frame < kFrames; ++frame) {
        for (int p = 0; p < kPersons; ++p) {
            x[p] += random.normal(0, 1);
            y[p] += random.normal(0, 1);
            const auto left_edge = static_cast<float>(x[p] - 35);
            const auto top = static_cast<float>(y[p] - 90);
            tracks.add(frame, ObjectClass::kPerson, p + 1, {left_edge, top, left_edge + 70, top + 180});
        }
        for (int b = 0; b < kBalls; ++b) {
            constexpr int kFlight = 20;
            if (left[b] == 0 && random.chance(1.0 / 65)) {
                from[b] = to[b];
                to[b] = random.below(kPersons);
                left[b] = kFlight;
            }
            const double share = static_cast<double>(left[b]) / kFlight;
            if (left[b] > 0) --left[b];
            const auto cx =
                static_cast<float>(share * x[from[b]] + (1 - share) * x[to[b]] + random.normal(0, 5));
            const auto cy =
                static_cast<float>(share * y[from[b]] + (1 - share) * y[to[b]] + random.normal(0, 5));
            tracks.add(frame, ObjectClass::kBall, b + 11, {cx - 15, cy - 15, cx + 15, cy + 15});
        }
    }
    tracks.normalise("made");
    return tracks;
}

void decode_with(benchmark::State &state, const char *decoder, bool repair) {
    const Tracks tracks = game();
    action::ActionConfig config;
    config.decoder = decoder;
    config.repair = repair;
    for (auto _ : state) benchmark::DoNotOptimize(action::decode(tracks, config));
}

BENCHMARK_CAPTURE(decode_with, morphological, "morphological", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode_with, hmm, "hmm", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode_with, morphological_repaired, "morphological", true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode_with, hmm_repaired, "hmm", true)->Unit(benchmark::kMillisecond);

}  // namespace
