#pragma once
#include <cstdint>
#include <span>

#include "e2tad/core/types.hpp"

namespace e2tad::associate {

enum class Metric : std::int32_t { kCosine = 0, kEuclidean = 1 };

/// Cosine distances. Rows need not be normalised; a row of zeros is at distance 1 from every row.
///
/// @param queries  (N, D) features of the current frame; N may be 0.
/// @param gallery  (M, D) features to compare with; M may be 0.
/// @return         (N, M) distances in [0, 2]; 0 means same direction.
/// @throws std::invalid_argument if the widths D differ or a feature isn't finite.
/// Source: Wojke et al., arXiv:1703.07402, Section 2.2 (appearance distance).
Matrix cosine_distance(MatrixView queries, MatrixView gallery);

/// Euclidean distances, (N, D) x (M, D) -> (N, M), by differences, so that near features keep their digits.
/// @throws std::invalid_argument if the widths D differ or a feature isn't finite.
Matrix euclidean_distance(MatrixView queries, MatrixView gallery);

/// The smallest distance from each query to each track's features.
///
/// @param queries   (N, D).
/// @param features  (M * K, D): K rows a track, one track after the other, of which the first `counts[m]`
///                  are used.
/// @param counts    (M,) in [0, K], or empty: all K. A track without features is infinitely far.
/// @param capacity  K, at least 1.
/// @param out       (N, M) buffer of the caller.
/// @param unit      the features were normalised and checked before: neither is done again.
/// @throws std::invalid_argument if widths or lengths don't fit, a count is out of range, or a feature isn't
///         finite.
/// Source: the paper, Section 3.1: a tracklet is a queue of the features of its latest K observations.
void gallery_distance(MatrixView queries, MatrixView features, std::span<const std::int32_t> counts,
                      std::size_t capacity, Metric metric, float *out, bool unit = false);

/// Throws std::invalid_argument, "NAME: row I: must be finite numbers", for the first such row.
void check_finite(MatrixView rows, const char *name);

/// A row divided by its length; a row of zeros stays.
void normalise(float *row, std::size_t width);

}  // namespace e2tad::associate
