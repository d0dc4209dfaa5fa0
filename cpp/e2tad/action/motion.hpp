#pragma once
#include <cstdint>
#include <vector>

#include "e2tad/action/config.hpp"
#include "e2tad/action/timeline.hpp"

namespace e2tad::action {

struct Vector2 {
    double x = 0;
    double y = 0;
};

/// Median height of the persons' boxes, pixels; at least 1. The unit of the repair's distances.
double median_height(const Timeline &timeline);

/// Sum of the camera's moves up to each row, in pixels: the persons' common motion, by median, where most of
/// them agree on one.
/// @param height  median_height().
std::vector<Vector2> camera_path(const Timeline &timeline, double height);

/// How far an object gets in a gap, in persons' heights.
double reach(std::int32_t gap, const MotionConfig &motion);

}  // namespace e2tad::action
