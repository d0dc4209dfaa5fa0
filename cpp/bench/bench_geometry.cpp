#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "e2tad/geometry/boxes.hpp"
#include "e2tad/geometry/circles.hpp"
#include "e2tad/geometry/nms.hpp"

namespace {

using namespace e2tad;

/// Boxes of 20 to 100 pixels anywhere in a 1000x1000 frame.
std::vector<Box> boxes(std::size_t count) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> place(0, 1000);
    std::uniform_real_distribution<float> size(20, 100);
    std::vector<Box> made(count);
    for (Box &box : made) {
        box.left = place(random);
        box.top = place(random);
        box.right = box.left + size(random);
        box.bottom = box.top + size(random);
    }
    return made;
}

std::vector<float> scores(std::size_t count) {
    std::mt19937 random(2);
    std::uniform_real_distribution<float> score(0, 1);
    std::vector<float> made(count);
    for (float &value : made) value = score(random);
    return made;
}

void nms(benchmark::State &state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const std::vector<Box> given = boxes(count);
    const std::vector<float> score = scores(count);
    for (auto _ : state) benchmark::DoNotOptimize(geometry::nms(given, score, {}, 0.5f));
}
BENCHMARK(nms)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);

void pairwise_iou(benchmark::State &state) {
    const std::vector<Box> given = boxes(static_cast<std::size_t>(state.range(0)));
    std::vector<float> out(given.size() * given.size());
    for (auto _ : state) {
        geometry::pairwise_iou(given, given, out.data());
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(pairwise_iou)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

void pairwise_circle_iou(benchmark::State &state) {
    std::vector<Circle> given;
    for (const Box &box : boxes(static_cast<std::size_t>(state.range(0)))) {
        given.push_back(geometry::circle_from_box(box));
    }
    std::vector<float> out(given.size() * given.size());
    for (auto _ : state) {
        geometry::pairwise_iou(given, given, out.data());
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(pairwise_circle_iou)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
