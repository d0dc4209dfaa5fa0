#pragma once
#include <cstddef>
#include <cstdint>

#include "e2tad/core/simd.hpp"

/// The inner loops of the distances between features; see features.hpp for what they mean.
namespace e2tad::associate::kernel {

/// Queries are packed by kLanes: block b, element d, lane l at packed[(b * width + d) * kLanes + l].
inline constexpr std::size_t kLanes = 2 * kVectorBytes / sizeof(float);

/// The track's best product (largest) or squared distance (smallest) for each lane of each block.
///
/// @param rows      features of one track, `count` >= 1 of them, row-major.
/// @param inverses  1 / length of each feature, or null where features have length 1; products only.
/// @param out       blocks * kLanes.
void best_product(const float *packed, std::size_t blocks, std::size_t width, const float *rows,
                  std::size_t count, const float *inverses, float *out);
void best_squared_distance(const float *packed, std::size_t blocks, std::size_t width, const float *rows,
                           std::size_t count, float *out);

/// False if a value is NaN or infinite.
bool all_finite(const float *values, std::size_t count);

/// 1 / length of each row, 0 for a row of zeros.
void inverse_lengths(const float *rows, std::size_t count, std::size_t width, float *out);

}  // namespace e2tad::associate::kernel
