#pragma once
#include <cstddef>
#include <cstdint>

namespace e2tad {

/// A borrowed picture: 8 bits a channel, blue, green and red interleaved (BGR, as OpenCV has it), rows
/// `stride` bytes apart.
struct ImageView {
    const std::uint8_t *data = nullptr;
    std::int32_t width = 0;   ///< Pixels.
    std::int32_t height = 0;  ///< Pixels.
    std::ptrdiff_t stride = 0;
};

/// A frame of a video, borrowed. Its boxes are always in pixels of the video; the picture may be a smaller
/// one, of the whole frame. Replays look at the number only, and work without pixels.
struct FrameView {
    std::int32_t number = 0;  ///< From 0.
    ImageView image;
    std::int32_t width = 0;   ///< Of the video's frame, pixels; 0: the picture's.
    std::int32_t height = 0;  ///< Of the video's frame, pixels; 0: the picture's.

    /// Pixels of the video for each pixel of the picture.
    [[nodiscard]] double scale_x() const {
        return width > 0 && image.width > 0 ? static_cast<double>(width) / image.width : 1.0;
    }
    [[nodiscard]] double scale_y() const {
        return height > 0 && image.height > 0 ? static_cast<double>(height) / image.height : 1.0;
    }
};

}  // namespace e2tad
