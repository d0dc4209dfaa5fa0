#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "e2tad/core/types.hpp"

namespace e2tad::associate {

/// Pairs of a minimum-cost assignment, by rising row.
struct Assignment {
    std::vector<std::int32_t> rows;
    std::vector<std::int32_t> cols;  ///< As many.
};

/// No pair is ruled out by its cost, only by an infinite one.
inline constexpr double kNoGate = std::numeric_limits<double>::infinity();

/// Exact minimum-cost assignment of rows to columns.
///
/// A pair whose cost is infinite or above the gate is never matched. Of all assignments of the other pairs,
/// one with the most pairs is chosen, and among those one with the smallest sum: what scipy's
/// linear_sum_assignment returns if every ruled-out cost is replaced by a number larger than all others
/// together and the pairs that got it are dropped. Each row and each column is matched at most once.
///
/// @param cost  (N, M), any finite numbers or +infinity; N or M may be 0.
/// @param gate  larger costs are ruled out.
/// @throws std::invalid_argument naming the entry if a cost is NaN or -infinity, or if the gate is NaN.
/// Source: the paper, Section 3.1 (deep association: distances above a threshold become infinite, then the
///         Hungarian algorithm); Jonker and Volgenant, Computing 38 (1987), augmenting row reduction and
///         shortest augmenting paths; Crouse, IEEE TAES 52 (2016), for rectangular costs.
Assignment assign(MatrixViewOf<double> cost, double gate = kNoGate);
Assignment assign(MatrixViewOf<float> cost, double gate = kNoGate);

/// Many problems of one size in one call; smaller ones are padded with infinity.
/// @param costs  `count` row-major (rows, cols) problems, one after the other.
/// @return       count x rows columns, -1 where a row is unmatched.
/// @throws std::invalid_argument as assign.
std::vector<std::int32_t> assign_batch(const double *costs, std::size_t count, std::size_t rows,
                                       std::size_t cols, double gate = kNoGate);
std::vector<std::int32_t> assign_batch(const float *costs, std::size_t count, std::size_t rows,
                                       std::size_t cols, double gate = kNoGate);

}  // namespace e2tad::associate
