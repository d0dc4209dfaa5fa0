#pragma once
#include <span>

#include "e2tad/core/types.hpp"

namespace e2tad::geometry {

/// Area common to two circles, square pixels; radii >= 0. A circle inside the other counts whole, circles
/// that touch or lie apart have none.
double intersection_area(const Circle &a, const Circle &b);

/// Intersection over union of two circles, in [0, 1]; 0 where a radius is 0.
///
/// Exact: the lens between the circles over the area that they cover together; a circle inside the other
/// gives (r_small / r_large)^2.
/// Source: the paper, Section 4.1 (geometry-aware anchor): balls are compared as circles.
float iou(const Circle &a, const Circle &b);

/// Pairwise circle IoU into a row-major (a.size(), b.size()) buffer of the caller; either may be empty.
void pairwise_iou(std::span<const Circle> a, std::span<const Circle> b, float *out);

/// The square around a circle.
Box box_from_circle(const Circle &circle);

/// The circle about a ball's box: its centre, and half of its longer side as radius, since what hides a
/// part of a ball only shortens its box.
Circle circle_from_box(const Box &box);

/// Throws std::invalid_argument, "NAME: row I: ...", for the first circle that isn't finite or has a
/// negative radius.
void check_circles(std::span<const Circle> circles, const char *name);

}  // namespace e2tad::geometry
