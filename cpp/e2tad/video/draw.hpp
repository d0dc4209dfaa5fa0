#pragma once
#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>

#include "e2tad/core/types.hpp"

namespace e2tad::video {

/// What is drawn for one object.
struct Mark {
    Box box;  ///< Pixels of the picture; may reach out of it.
    std::array<std::uint8_t, 3> bgr{};
    bool round = false;  ///< The ellipse inside the box instead of the box: balls.
    std::string label;   ///< Above the box; empty: none. ASCII.
};

/// A colour for an identity: distinct for the first six, then by steps of the golden angle.
std::array<std::uint8_t, 3> identity_color(std::int32_t id);

/// Draws marks and a caption at the top left into a picture, in order.
///
/// @param image    BGR, 8 bits; drawn into.
/// @param caption  empty: none. ASCII.
/// @throws std::invalid_argument if the picture isn't BGR of 8 bits or a box isn't finite.
void draw(cv::Mat &image, std::span<const Mark> marks, const std::string &caption);

}  // namespace e2tad::video
