#include "e2tad/associate/feature_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "e2tad/core/simd.hpp"

namespace e2tad::associate::kernel {
namespace {

typedef float Floats __attribute__((vector_size(kVectorBytes)));
constexpr std::size_t kHalf = kVectorBytes / sizeof(float);
static_assert(kLanes == 2 * kHalf);

/// Features worked on at once, each with two vectors of queries: as many sums under way as hide the latency
/// of an addition, in 16 registers.
constexpr std::size_t kRows = 5;

}  // namespace

// Lanes are queries, so a track's minimum needs no sum across lanes, and features are read as they lie. The
// two loops are alike but stay apart: see kVectorBytes for why vectors don't go into a shared helper.
E2TAD_HOT void best_product(const float *packed, std::size_t blocks, std::size_t width, const float *rows,
                            std::size_t count, const float *inverses, float *out) {
    for (std::size_t block = 0; block < blocks; ++block) {
        const float *queries = packed + block * width * kLanes;
        Floats left_best = Floats{} - std::numeric_limits<float>::infinity();
        Floats right_best = left_best;
        for (std::size_t first = 0; first < count; first += kRows) {
            // Beyond the last feature it is taken again, which changes no minimum.
            std::size_t index[kRows];
            const float *row[kRows];
            for (std::size_t r = 0; r < kRows; ++r) {
                index[r] = std::min(first + r, count - 1);
                row[r] = rows + index[r] * width;
            }
            Floats left_sum[kRows] = {};
            Floats right_sum[kRows] = {};
            for (std::size_t d = 0; d < width; ++d) {
                Floats left;
                Floats right;
                std::memcpy(&left, queries + d * kLanes, sizeof(left));
                std::memcpy(&right, queries + d * kLanes + kHalf, sizeof(right));
#pragma GCC unroll 5
                for (std::size_t r = 0; r < kRows; ++r) {
                    const float feature = row[r][d];
                    left_sum[r] += left * feature;
                    right_sum[r] += right * feature;
                }
            }
#pragma GCC unroll 5
            for (std::size_t r = 0; r < kRows; ++r) {
                const float scale = inverses ? inverses[index[r]] : 1.0f;
                const Floats left_product = left_sum[r] * scale;
                const Floats right_product = right_sum[r] * scale;
                left_best = left_product > left_best ? left_product : left_best;
                right_best = right_product > right_best ? right_product : right_best;
            }
        }
        std::memcpy(out + block * kLanes, &left_best, sizeof(left_best));
        std::memcpy(out + block * kLanes + kHalf, &right_best, sizeof(right_best));
    }
}

E2TAD_HOT void best_squared_distance(const float *packed, std::size_t blocks, std::size_t width,
                                     const float *rows, std::size_t count, float *out) {
    for (std::size_t block = 0; block < blocks; ++block) {
        const float *queries = packed + block * width * kLanes;
        Floats left_best = Floats{} + std::numeric_limits<float>::infinity();
        Floats right_best = left_best;
        for (std::size_t first = 0; first < count; first += kRows) {
            // Beyond the last feature it is taken again, which changes no minimum.
            std::size_t index[kRows];
            const float *row[kRows];
            for (std::size_t r = 0; r < kRows; ++r) {
                index[r] = std::min(first + r, count - 1);
                row[r] = rows + index[r] * width;
            }
            Floats left_sum[kRows] = {};
            Floats right_sum[kRows] = {};
            for (std::size_t d = 0; d < width; ++d) {
                Floats left;
                Floats right;
                std::memcpy(&left, queries + d * kLanes, sizeof(left));
                std::memcpy(&right, queries + d * kLanes + kHalf, sizeof(right));
#pragma GCC unroll 5
                for (std::size_t r = 0; r < kRows; ++r) {
                    const float feature = row[r][d];
                    const Floats left_difference = left - feature;
                    const Floats right_difference = right - feature;
                    left_sum[r] += left_difference * left_difference;
                    right_sum[r] += right_difference * right_difference;
                }
            }
#pragma GCC unroll 5
            for (std::size_t r = 0; r < kRows; ++r) {
                left_best = left_sum[r] < left_best ? left_sum[r] : left_best;
                right_best = right_sum[r] < right_best ? right_sum[r] : right_best;
            }
        }
        std::memcpy(out + block * kLanes, &left_best, sizeof(left_best));
        std::memcpy(out + block * kLanes + kHalf, &right_best, sizeof(right_best));
    }
}

E2TAD_HOT void inverse_lengths(const float *rows, std::size_t count, std::size_t width, float *out) {
    for (std::size_t i = 0; i < count; ++i) {
        const float *row = rows + i * width;
        Floats sums{};
        std::size_t d = 0;
        for (; d + kHalf <= width; d += kHalf) {
            Floats part;
            std::memcpy(&part, row + d, sizeof(part));
            sums += part * part;
        }
        float sum = 0.0f;
        for (std::size_t k = 0; k < kHalf; ++k) sum += sums[k];
        for (; d < width; ++d) sum += row[d] * row[d];
        out[i] = sum > 0.0f ? 1.0f / std::sqrt(sum) : 0.0f;
    }
}

E2TAD_HOT bool all_finite(const float *values, std::size_t count) {
    int bad = 0;
    // x - x is 0 for finite numbers and NaN for the others.
    for (std::size_t i = 0; i < count; ++i) bad |= static_cast<int>(!(values[i] - values[i] == 0.0f));
    return bad == 0;
}

}  // namespace e2tad::associate::kernel
