#include "e2tad/detect/replay.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace e2tad::detect {

ReplayDetector::ReplayDetector(std::vector<std::int32_t> frames, const Detections &detections)
    : frames_(std::move(frames)) {
    detections.check();
    if (frames_.size() != detections.size()) {
        throw std::invalid_argument("frames: expected one a detection, " + std::to_string(detections.size()) +
                                    ", got " + std::to_string(frames_.size()));
    }
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        if (frames_[i] < 0) {
            throw std::invalid_argument("frames: row " + std::to_string(i) + ": must be 0 or more, got " +
                                        std::to_string(frames_[i]));
        }
    }
    std::vector<std::int32_t> order(frames_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [this](auto a, auto b) { return frames_[a] < frames_[b]; });
    detections_ = detections.rows(order);
    std::sort(frames_.begin(), frames_.end());
}

ReplayDetector::ReplayDetector(const Tracks &tracks) : frames_(tracks.frame) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        detections_.add(tracks.box[i], 1.0f, static_cast<std::int32_t>(tracks.object_class[i]));
    }
}

Detections ReplayDetector::detect(const FrameView &frame) {
    const auto [first, last] = std::equal_range(frames_.begin(), frames_.end(), frame.number);
    std::vector<std::int32_t> rows(static_cast<std::size_t>(last - first));
    std::iota(rows.begin(), rows.end(), static_cast<std::int32_t>(first - frames_.begin()));
    return detections_.rows(rows);
}

Detections ReplayDetector::detect(const FrameView &frame, const geometry::Letterbox &view) {
    const Detections all = detect(frame);
    const geometry::PixelRect &r = view.region;
    std::vector<std::int32_t> inside;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double x = all.boxes[i].center_x() / frame.scale_x();
        const double y = all.boxes[i].center_y() / frame.scale_y();
        // A centre beyond the frame's edge belongs to the region that reaches that edge.
        const bool from_left = x >= r.left || r.left == 0;
        const bool from_top = y >= r.top || r.top == 0;
        const bool to_right = x < r.left + r.width || r.left + r.width >= frame.image.width;
        const bool to_bottom = y < r.top + r.height || r.top + r.height >= frame.image.height;
        if (from_left && from_top && to_right && to_bottom) inside.push_back(static_cast<std::int32_t>(i));
    }
    return all.rows(inside);
}

}  // namespace e2tad::detect
