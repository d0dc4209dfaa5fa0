#include <benchmark/benchmark.h>

#include <numeric>
#include <random>
#include <vector>

#include "e2tad/associate/assignment.hpp"
#include "e2tad/associate/associator.hpp"
#include "e2tad/associate/gallery.hpp"

namespace {

using namespace e2tad;

constexpr std::size_t kWidth = 64;
constexpr std::size_t kKept = 50;

Matrix normal_rows(std::size_t rows, std::size_t cols, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    Matrix made(rows, cols);
    for (float &value : made.data) value = normal(random);
    return made;
}

MatrixOf<double> costs(std::size_t rows, std::size_t cols) {
    std::mt19937 random(1);
    std::uniform_real_distribution<double> cost(0, 1);
    MatrixOf<double> made(rows, cols);
    for (double &value : made.data) value = cost(random);
    return made;
}

/// 30 % of the pairs are ruled out.
void assign(benchmark::State &state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const MatrixOf<double> cost = costs(count, count);
    for (auto _ : state) benchmark::DoNotOptimize(associate::assign(MatrixViewOf<double>(cost), 0.7));
}
BENCHMARK(assign)->Arg(5)->Arg(20)->Arg(100)->Arg(500)->Unit(benchmark::kMicrosecond);

void assign_batch(benchmark::State &state) {
    const MatrixOf<double> cost = costs(1000 * 8, 8);
    for (auto _ : state) benchmark::DoNotOptimize(associate::assign_batch(cost.data.data(), 1000, 8, 8, 0.7));
}
BENCHMARK(assign_batch)->Unit(benchmark::kMicrosecond);

void gallery_distance(benchmark::State &state) {
    const auto tracks = static_cast<std::size_t>(state.range(1));
    const Matrix features = normal_rows(tracks * kKept, kWidth, 2);
    associate::Gallery gallery(kWidth, kKept, associate::Metric::kCosine);
    for (std::size_t i = 0; i < features.rows; ++i) {
        gallery.push(static_cast<std::int32_t>(i / kKept), features.row(i));
    }
    const Matrix queries = normal_rows(static_cast<std::size_t>(state.range(0)), kWidth, 3);
    for (auto _ : state) benchmark::DoNotOptimize(gallery.distance(queries));
}
BENCHMARK(gallery_distance)->Args({10, 12})->Args({100, 120})->Unit(benchmark::kMicrosecond);

/// All of a frame: distances to full galleries, gate, assignment, and the new features taken up.
void associate_frame(benchmark::State &state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const Matrix features = normal_rows(count, kWidth, 4);
    const std::vector<std::int32_t> classes(count, 0);
    std::vector<std::int32_t> ids(count);
    std::iota(ids.begin(), ids.end(), 0);
    associate::Associator associator(associate::AssociationConfig{});
    for (std::size_t k = 0; k < kKept; ++k) associator.seed(0, classes, ids, features);
    std::int32_t frame = 0;
    for (auto _ : state) benchmark::DoNotOptimize(associator.step(++frame, classes, features));
}
BENCHMARK(associate_frame)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
