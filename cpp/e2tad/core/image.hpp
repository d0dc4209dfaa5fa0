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

/// A frame of a video, borrowed. Replays look at the number only, and work without pixels.
struct FrameView {
    std::int32_t number = 0;  ///< From 0.
    ImageView image;
};

}  // namespace e2tad
