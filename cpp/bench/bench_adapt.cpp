#include <benchmark/benchmark.h>

#include "e2tad/adapt/collisions.hpp"
#include "e2tad/adapt/region.hpp"
#include "e2tad/core/random.hpp"

namespace {

using e2tad::Box;
using e2tad::ObjectClass;

struct Scene {
    std::vector<Box> boxes;
    std::vector<ObjectClass> classes;
};

Scene scene(std::int64_t persons, std::int64_t balls) {
    e2tad::Random random(1);
    Scene out;
    for (std::int64_t i = 0; i < persons + balls; ++i) {
        const float size = i < persons ? 60.0f : 12.0f;
        const auto x = static_cast<float>(random.uniform(0, 900));
        const auto y = static_cast<float>(random.uniform(0, 480));
        out.boxes.push_back({x, y, x + size / 2, y + size});
        out.classes.push_back(i < persons ? ObjectClass::kPerson : ObjectClass::kBall);
    }
    return out;
}

void region_of_a_frame(benchmark::State &state) {
    const Scene s = scene(7, 3);
    e2tad::adapt::RegionCropper cropper({}, 960, 540, 416, 7, 3);
    for (auto _ : state) {
        benchmark::DoNotOptimize(cropper.next());
        cropper.update(s.boxes, s.classes);
    }
}
BENCHMARK(region_of_a_frame);

void collisions_of_a_frame(benchmark::State &state) {
    const Scene s = scene(state.range(0), state.range(1));
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            e2tad::adapt::rows_in_collision(e2tad::adapt::find_collisions(s.boxes, s.classes)));
    }
}
BENCHMARK(collisions_of_a_frame)->Args({7, 3})->Args({100, 100});

}  // namespace
