#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace e2tad {

/// A seeded stream of random numbers, equal on every platform: the standard library's distributions are not.
/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    /// The stream of one item of a set (a picture, by its name). It depends on nothing but the two arguments,
    /// so neither the order in which items are worked on nor the number of threads changes it.
    Random(std::uint64_t seed, std::string_view name) : state_(seed_for(seed, name)) {}

    /// FNV-1a over the name, started from the seed and mixed, so that neighbouring seeds and names are far
    /// apart.
    [[nodiscard]] static std::uint64_t seed_for(std::uint64_t seed, std::string_view name) {
        std::uint64_t hash = 0xCBF29CE484222325ULL ^ mix(seed + kStep);
        for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
        return mix(hash);
    }

    /// An independent stream for one purpose, so that drawing more numbers for one never moves another.
    [[nodiscard]] Random fork(std::uint64_t purpose) const {
        return Random(mix(mix(state_ ^ (kStep * (purpose + 1))) + kStep));
    }

    std::uint64_t bits() { return mix(state_ += kStep); }
    /// In [0, 1).
    double uniform() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
    /// In [low, high).
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// In [0, n); n > 0.
    int below(int n) { return static_cast<int>(uniform() * n); }
    double normal(double mean, double deviation) {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return mean + deviation * radius * std::cos(2 * std::numbers::pi * uniform());
    }
    bool chance(double probability) { return uniform() < probability; }

  private:
    static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;
    static constexpr std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    std::uint64_t state_;
};

}  // namespace e2tad
