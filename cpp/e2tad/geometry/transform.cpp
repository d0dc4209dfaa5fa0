#include "e2tad/geometry/transform.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace e2tad::geometry {
namespace {

void check_positive(std::int32_t value, const char *name) {
    if (value < 1) {
        throw std::invalid_argument(std::string(name) + ": must be 1 or more, got " + std::to_string(value));
    }
}

std::int32_t round_up(std::int32_t value, std::int32_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

std::int32_t scaled(std::int32_t length, double scale) {
    return std::max(static_cast<std::int32_t>(std::lround(length * scale)), 1);
}

}  // namespace

Box AxisTransform::apply(const Box &box) const {
    return {static_cast<float>(scale_x * box.left + shift_x), static_cast<float>(scale_y * box.top + shift_y),
            static_cast<float>(scale_x * box.right + shift_x),
            static_cast<float>(scale_y * box.bottom + shift_y)};
}

Circle AxisTransform::apply(const Circle &circle) const {
    return {static_cast<float>(scale_x * circle.cx + shift_x),
            static_cast<float>(scale_y * circle.cy + shift_y),
            static_cast<float>(std::sqrt(scale_x * scale_y) * circle.radius)};
}

AxisTransform AxisTransform::inverse() const {
    return {1.0 / scale_x, 1.0 / scale_y, -shift_x / scale_x, -shift_y / scale_y};
}

PixelRect pixel_rect(const Box &box, std::int32_t width, std::int32_t height) {
    check_positive(width, "width");
    check_positive(height, "height");
    const auto low = [](float value, std::int32_t size) {
        return static_cast<std::int32_t>(std::clamp(std::floor(value), 0.0f, static_cast<float>(size - 1)));
    };
    const auto high = [](float value, std::int32_t from, std::int32_t size) {
        return static_cast<std::int32_t>(
            std::clamp(std::ceil(value), static_cast<float>(from + 1), static_cast<float>(size)));
    };
    const std::int32_t left = low(box.left, width);
    const std::int32_t top = low(box.top, height);
    return {left, top, high(box.right, left, width) - left, high(box.bottom, top, height) - top};
}

Letterbox letterbox(std::int32_t frame_width, std::int32_t frame_height, std::int32_t input,
                    std::int32_t multiple) {
    return letterbox_region({0, 0, frame_width, frame_height}, frame_width, frame_height, input, multiple);
}

Letterbox letterbox_region(const PixelRect &region, std::int32_t frame_width, std::int32_t frame_height,
                           std::int32_t input, std::int32_t multiple, bool zoom) {
    check_positive(frame_width, "frame_width");
    check_positive(frame_height, "frame_height");
    check_positive(input, "input");
    check_positive(multiple, "multiple");
    check_positive(region.width, "region width");
    check_positive(region.height, "region height");
    if (region.left < 0 || region.top < 0 || region.width > frame_width - region.left ||
        region.height > frame_height - region.top) {
        throw std::invalid_argument("region: must lie inside the frame of " + std::to_string(frame_width) +
                                    "x" + std::to_string(frame_height));
    }
    const std::int32_t longer =
        zoom ? std::max(region.width, region.height) : std::max(frame_width, frame_height);
    const double scale = static_cast<double>(input) / longer;
    Letterbox result;
    result.region = region;
    result.content.width = scaled(region.width, scale);
    result.content.height = scaled(region.height, scale);
    result.width = round_up(result.content.width, multiple);
    result.height = round_up(result.content.height, multiple);
    result.content.left = (result.width - result.content.width) / 2;
    result.content.top = (result.height - result.content.height) / 2;
    // The scale that the resized pixels really have: whole sizes make it differ from `scale` a little, and
    // differently along the two axes.
    AxisTransform &to = result.input_from_frame;
    to.scale_x = static_cast<double>(result.content.width) / region.width;
    to.scale_y = static_cast<double>(result.content.height) / region.height;
    to.shift_x = result.content.left - to.scale_x * region.left;
    to.shift_y = result.content.top - to.scale_y * region.top;
    result.frame_from_input = to.inverse();
    return result;
}

AxisTransform crop_from_frame(const Box &box, std::int32_t width, std::int32_t height) {
    check_positive(width, "width");
    check_positive(height, "height");
    const double box_width = static_cast<double>(box.right) - box.left;
    const double box_height = static_cast<double>(box.bottom) - box.top;
    if (!(box_width > 0.0) || !(box_height > 0.0)) throw std::invalid_argument("box: must have an area");
    const double scale_x = width / box_width;
    const double scale_y = height / box_height;
    return {scale_x, scale_y, -scale_x * box.left, -scale_y * box.top};
}

}  // namespace e2tad::geometry
