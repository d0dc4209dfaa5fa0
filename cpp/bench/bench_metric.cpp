#include <benchmark/benchmark.h>

#include <string>

#include "e2tad/core/random.hpp"
#include "e2tad/metric/accuracy.hpp"

namespace {

using namespace e2tad;

/// Labels or an answer of that many rows, three balls, a catch every 30 frames or so; answers jitter.
std::string table(std::int64_t rows, std::uint64_t seed, int jitter) {
    Random random(seed);
    std::string text = "frame,5,6,7\n";
    for (std::int64_t row = 0; row < rows; ++row) {
        text += std::to_string(30 * row + random.below(jitter));
        for (int ball = 0; ball < 3; ++ball) {
            text += ',';
            text += std::to_string(random.below(5));
        }
        text += '\n';
    }
    return text;
}

void accuracy_of_parsed_rows(benchmark::State &state) {
    const auto labels = files::parse_actions("labels", table(state.range(0), 1, 1));
    const auto answer = files::parse_actions("answer", table(state.range(0), 2, 12));
    for (auto _ : state) benchmark::DoNotOptimize(metric::accuracy(answer, labels).accuracy);
    state.SetComplexityN(state.range(0));
}
BENCHMARK(accuracy_of_parsed_rows)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Complexity(benchmark::oN);

void accuracy_of_text(benchmark::State &state) {
    const auto labels = files::parse_actions("labels", table(state.range(0), 1, 1));
    const std::string answer = table(state.range(0), 2, 12);
    for (auto _ : state) {
        files::ActionReader reader("answer", answer);
        benchmark::DoNotOptimize(metric::accuracy(reader, labels).accuracy);
    }
    state.SetComplexityN(state.range(0));
    state.SetBytesProcessed(static_cast<std::int64_t>(answer.size()) * state.iterations());
}
BENCHMARK(accuracy_of_text)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Complexity(benchmark::oN);

void parse_labels(benchmark::State &state) {
    const std::string labels = table(state.range(0), 1, 1);
    for (auto _ : state) benchmark::DoNotOptimize(files::parse_actions("labels", labels).rows());
    state.SetBytesProcessed(static_cast<std::int64_t>(labels.size()) * state.iterations());
}
BENCHMARK(parse_labels)->Arg(100'000);

}  // namespace
