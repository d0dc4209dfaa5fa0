#pragma once
#include <cstdint>

#include "e2tad/core/types.hpp"

namespace e2tad::geometry {

/// A region of whole pixels: columns left..left+width-1, rows top..top+height-1.
struct PixelRect {
    std::int32_t left = 0;
    std::int32_t top = 0;
    std::int32_t width = 0;
    std::int32_t height = 0;
    friend bool operator==(const PixelRect &, const PixelRect &) = default;
};

/// Scaling and shifting along each axis: x' = scale_x * x + shift_x, and the same for y. Kept in double, so
/// that there and back again returns a float pixel to within its rounding.
struct AxisTransform {
    double scale_x = 1;
    double scale_y = 1;
    double shift_x = 0;
    double shift_y = 0;

    [[nodiscard]] Box apply(const Box &box) const;
    /// The radius grows by the geometric mean of the two scales, which differ by rounding only.
    [[nodiscard]] Circle apply(const Circle &circle) const;
    [[nodiscard]] AxisTransform inverse() const;
};

/// How a region of a frame is laid into a network's input: scaled, centred, and padded.
struct Letterbox {
    PixelRect region;         ///< Part of the frame that is fed, pixels of the frame.
    PixelRect content;        ///< Where its scaled pixels lie in the input.
    std::int32_t width = 0;   ///< Of the input, padding included.
    std::int32_t height = 0;  ///< Of the input, padding included.
    AxisTransform input_from_frame;
    AxisTransform frame_from_input;
};

/// The largest region of whole pixels that a frame of `width` x `height` has of `box`, at least one pixel:
/// outward to whole pixels, then cut at the frame's border.
PixelRect pixel_rect(const Box &box, std::int32_t width, std::int32_t height);

/// A whole frame scaled so that its longer side is `input` pixels, then padded on both sides to multiples of
/// `multiple`.
/// @throws std::invalid_argument if a size isn't positive.
Letterbox letterbox(std::int32_t frame_width, std::int32_t frame_height, std::int32_t input,
                    std::int32_t multiple = 32);

/// A region of the frame at the scale that the whole frame would have, so that objects keep the size the
/// network was trained for; with `zoom` the region itself is scaled to `input`.
/// @throws std::invalid_argument if a size isn't positive or the region isn't inside the frame.
/// Source: the paper, Section 3.2 (activity region cropper).
Letterbox letterbox_region(const PixelRect &region, std::int32_t frame_width, std::int32_t frame_height,
                           std::int32_t input, std::int32_t multiple = 32, bool zoom = false);

/// From frame pixels to the pixels of a crop that shows `box` at `width` x `height`; its inverse leads back.
/// @throws std::invalid_argument if the box has no area or a size isn't positive.
AxisTransform crop_from_frame(const Box &box, std::int32_t width, std::int32_t height);

}  // namespace e2tad::geometry
