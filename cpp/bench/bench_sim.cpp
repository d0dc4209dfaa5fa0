#include <benchmark/benchmark.h>

#include <memory>
#include <opencv2/core.hpp>

#include "e2tad/sim/labels.hpp"
#include "e2tad/sim/renderer.hpp"

namespace {

using namespace e2tad;
using namespace e2tad::sim;

/// Goal on one core: 30 frames a second at 960x540, 15 at 1920x1080.
void render(benchmark::State &state, const char *preset) {
    cv::setNumThreads(1);
    const auto world = std::make_shared<const World>(scenario(preset), 1);
    const Renderer renderer(world, static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
    cv::Mat image;
    int frame = 0;
    for (auto _ : state) {
        renderer.render(frame, 0, image);
        frame = (frame + 37) % world->scenario().frames;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(render, 5p5b, "5p5b")->Args({960, 540})->Args({1920, 1080})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(render, 7p3b, "7p3b")->Args({960, 540})->Args({1920, 1080})->Unit(benchmark::kMillisecond);

/// A clip without pixels: 7,347 frames of dynamics, boxes, visibility and labels.
void truth(benchmark::State &state) {
    for (auto _ : state) {
        const World world(scenario("7p3b"), 1);
        const Tracks tracks = annotate(world, 1920, 1080);
        benchmark::DoNotOptimize(labels(world, tracks, LabelKind::kNoisy));
    }
}
BENCHMARK(truth)->Unit(benchmark::kMillisecond);

}  // namespace
