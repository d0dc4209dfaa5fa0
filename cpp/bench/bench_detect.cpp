#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "e2tad/detect/detector_config.hpp"
#include "e2tad/detect/head.hpp"

namespace {

using namespace e2tad;

/// The winners' head, (1, 3, 26, 26, 7): 40 objects over a quiet background.
void decode_heads(benchmark::State &state) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> logits(3 * 26 * 26 * 7);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = normal(random) - (i % 7 == 4 ? 6.0f : 0.0f);
    for (int object = 0; object < 40; ++object) {
        const std::size_t cell = random() % (26 * 26);
        logits[cell * 7 + 4] = 4.0f;
        logits[cell * 7 + 5 + static_cast<std::size_t>(object % 2)] = 5.0f;
    }
    const std::vector<detect::HeadOutput> heads{
        {logits.data(), 26, 26, 16.0f, {{14.3f, 14.4f}, {37.1f, 68.6f}, {94.4f, 158.8f}}}};
    const detect::DetectorConfig config;
    detect::DecodeOptions options;
    options.confidence = config.confidence;
    options.nms_iou = config.nms_iou;
    options.circle_class = state.range(0) != 0 ? 1 : detect::kNoClass;
    for (auto _ : state) benchmark::DoNotOptimize(detect::decode_heads(heads, 2, options));
}
BENCHMARK(decode_heads)->ArgName("circles")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
