#pragma once
#include <algorithm>
#include <span>

#include "e2tad/core/types.hpp"

namespace e2tad::geometry {

/// Intersection over union of two boxes, in [0, 1]; 0 where the union has no area.
/// Both boxes need left <= right and top <= bottom.
inline float iou(const Box &a, const Box &b) {
    const float width = std::max(std::min(a.right, b.right) - std::max(a.left, b.left), 0.0f);
    const float height = std::max(std::min(a.bottom, b.bottom) - std::max(a.top, b.top), 0.0f);
    const float intersection = width * height;
    const float both = a.area() + b.area() - intersection;
    return both > 0.0f ? intersection / both : 0.0f;
}

/// Pairwise IoU into a row-major (a.size(), b.size()) buffer of the caller; either may be empty.
void pairwise_iou(std::span<const Box> a, std::span<const Box> b, float *out);

/// Pairwise IoU, (N, 4) x (M, 4) -> (N, M).
Matrix pairwise_iou(std::span<const Box> a, std::span<const Box> b);

/// The box with its width and height multiplied by `factor` about its centre.
Box enlarged(const Box &box, float factor);

/// The part of the box inside a frame of `width` x `height` pixels; a box outside becomes one without area on
/// the frame's border.
Box clipped(const Box &box, float width, float height);

/// Throws std::invalid_argument, "NAME: row I: ...", for the first box that isn't finite or is inverted.
void check_boxes(std::span<const Box> boxes, const char *name);

}  // namespace e2tad::geometry
