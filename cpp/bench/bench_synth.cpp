#include <benchmark/benchmark.h>

#include "e2tad/core/random.hpp"
#include "e2tad/synth/compose.hpp"
#include "e2tad/synth/debias.hpp"
#include "e2tad/synth/image_file.hpp"
#include "e2tad/synth/occlude.hpp"

namespace {

using namespace e2tad;
using namespace e2tad::synth;

/// Uneven ground of VisDrone's size, 1360x765, with twelve persons and their masks.
const Scene &scene() {
    static const Scene kScene = [] {
        Scene scene;
        scene.image = cv::Mat(765, 1360, CV_8UC3);
        Random random(1);
        for (int y = 0; y < scene.image.rows; ++y) {
            auto *row = scene.image.ptr<cv::Vec3b>(y);
            for (int x = 0; x < scene.image.cols; ++x) {
                const auto grey = static_cast<std::uint8_t>(80 + (x / 16 + y / 16) % 3 * 8 + random.below(9));
                row[x] = {grey, static_cast<std::uint8_t>(grey + 20), grey};
            }
        }
        scene.instances = cv::Mat::zeros(scene.image.size(), CV_32SC1);
        for (int i = 0; i < 12; ++i) {
            const cv::Rect area(60 + 105 * i, 150 + 25 * i, 50, 140);
            scene.persons.push_back({static_cast<float>(area.x), static_cast<float>(area.y),
                                     static_cast<float>(area.br().x), static_cast<float>(area.br().y)});
            scene.instances(area).setTo(i + 1);
        }
        return scene;
    }();
    return kScene;
}

/// Goal: 20 pictures a second on one core.
void compose_picture(benchmark::State &state, const char *name) {
    cv::setNumThreads(1);
    const auto harmonizer = make_harmonizer(name);
    std::uint64_t seed = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(compose(scene(), {}, *harmonizer, Random(seed++ % 100)));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(compose_picture, none, "none")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compose_picture, statistics, "statistics")->Unit(benchmark::kMillisecond);

/// As a training set is made: composed, harmonised and compressed.
void compose_and_encode(benchmark::State &state) {
    cv::setNumThreads(1);
    const StatisticsHarmonizer harmonizer;
    std::uint64_t seed = 0;
    for (auto _ : state) {
        const Composite out = compose(scene(), {}, harmonizer, Random(seed++ % 100));
        benchmark::DoNotOptimize(encode_image(out.image, "jpg"));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(compose_and_encode)->Unit(benchmark::kMillisecond);

void debias_picture(benchmark::State &state) {
    cv::setNumThreads(1);
    std::uint64_t seed = 0;
    for (auto _ : state) benchmark::DoNotOptimize(debias(scene(), {}, Random(seed++ % 100)));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(debias_picture)->Unit(benchmark::kMillisecond);

void occlude_crop(benchmark::State &state) {
    cv::setNumThreads(1);
    const cv::Mat crop = scene().image(cv::Rect(100, 100, 64, 128)).clone();
    const cv::Mat donor = scene().image(cv::Rect(300, 100, 100, 250)).clone();
    const std::vector<Foreground> donors{{donor, cv::Mat(donor.size(), CV_8UC1, 255)}};
    std::uint64_t seed = 0;
    for (auto _ : state) benchmark::DoNotOptimize(occlude(crop, donors, {}, Random(seed++ % 100)));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(occlude_crop)->Unit(benchmark::kMillisecond);

}  // namespace
