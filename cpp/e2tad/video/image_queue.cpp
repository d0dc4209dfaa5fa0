#include "e2tad/video/image_queue.hpp"

#include <stdexcept>
#include <string>

namespace e2tad::video {

ImageQueue::ImageQueue(std::size_t capacity, std::int32_t width, std::int32_t height)
    : capacity_(capacity), width_(width), height_(height) {
    if (capacity < 1 || width < 1 || height < 1) {
        throw std::invalid_argument("image queue: capacity, width and height must be 1 or more");
    }
    pixels_.resize(capacity * image_bytes());
    frames_.reserve(capacity);
}

std::size_t ImageQueue::fill(VideoReader &reader) {
    frames_.clear();
    if (reader.image_width() != width_ || reader.image_height() != height_) {
        const auto text = [](std::int32_t w, std::int32_t h) {
            return std::to_string(w) + "x" + std::to_string(h);
        };
        throw std::invalid_argument("image queue: holds images of " + text(width_, height_) +
                                    ", the reader's have " +
                                    text(reader.image_width(), reader.image_height()));
    }
    while (frames_.size() < capacity_) {
        const auto frame = reader.next(pixels_.data() + frames_.size() * image_bytes());
        if (!frame) break;
        frames_.push_back(*frame);
    }
    return frames_.size();
}

}  // namespace e2tad::video
