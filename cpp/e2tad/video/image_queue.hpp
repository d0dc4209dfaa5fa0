#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "e2tad/video/reader.hpp"

namespace e2tad::video {

/// Room for Q images of one size, allocated once and filled again and again: the paper's image queue.
/// Source: the paper, Section 3.2 (cache-friendly pipeline), `image_queue=zeros((Q,H,W,3),uint8)`.
class ImageQueue {
  public:
    /// @throws std::invalid_argument if a number isn't positive.
    ImageQueue(std::size_t capacity, std::int32_t width, std::int32_t height);

    /// Replaces what the queue holds by the reader's next frames, as many as there is room for.
    /// @return how many came; fewer than `capacity()` only at the video's end, 0 past it.
    /// @throws std::invalid_argument if the reader's images have another size; and what `VideoReader::next`
    ///         throws.
    std::size_t fill(VideoReader &reader);

    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::size_t size() const { return frames_.size(); }
    [[nodiscard]] std::int32_t width() const { return width_; }
    [[nodiscard]] std::int32_t height() const { return height_; }
    /// height() x width() x 3 bytes; i < size(). Images lie one after another.
    [[nodiscard]] const std::uint8_t *image(std::size_t i) const {
        return pixels_.data() + i * image_bytes();
    }
    [[nodiscard]] const VideoFrame &frame(std::size_t i) const { return frames_[i]; }
    [[nodiscard]] std::size_t image_bytes() const {
        return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 3;
    }

  private:
    std::size_t capacity_;
    std::int32_t width_;
    std::int32_t height_;
    std::vector<std::uint8_t> pixels_;
    std::vector<VideoFrame> frames_;
};

}  // namespace e2tad::video
