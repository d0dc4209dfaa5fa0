#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "e2tad/core/types.hpp"

namespace e2tad::geometry {

/// For `max_keep`: keep all that survive.
inline constexpr std::size_t kKeepAll = std::numeric_limits<std::size_t>::max();

/// Greedy non-maximum suppression: in order of falling score (equal scores: the lower row first), a box is
/// kept unless a kept one of its class overlaps it by more than the threshold (intersection > threshold *
/// union).
///
/// Few boxes are compared with all kept ones; many go through a grid of the kept boxes' centres, with the
/// same answer: an IoU above t bounds how far apart two centres may lie.
///
/// @param boxes          (N, 4) ltrb; N may be 0.
/// @param scores         (N,) any finite numbers.
/// @param classes        (N,) or empty: all of one class.
/// @param iou_threshold  in [0, 1].
/// @param max_keep       stop after so many.
/// @return               rows of the kept boxes, by falling score.
/// @throws std::invalid_argument naming the row if a box or score isn't finite or a box is inverted; if
///         columns differ in length; if the threshold is outside [0, 1].
/// Source: Girshick et al., arXiv:1311.2524, Section 2.2 (per class, greedy); order of ties as numpy's stable
///         argsort of -scores.
std::vector<std::int32_t> nms(std::span<const Box> boxes, std::span<const float> scores,
                              std::span<const std::int32_t> classes, float iou_threshold,
                              std::size_t max_keep = kKeepAll);

/// The same for circles, by exact circle IoU. Every candidate is compared with all kept circles.
std::vector<std::int32_t> nms(std::span<const Circle> circles, std::span<const float> scores,
                              std::span<const std::int32_t> classes, float iou_threshold,
                              std::size_t max_keep = kKeepAll);

/// Rows in order of falling score, equal scores in order of the rows.
/// @throws std::invalid_argument naming the row of a score that isn't finite.
std::vector<std::int32_t> order_by_score(std::span<const float> scores);

}  // namespace e2tad::geometry
