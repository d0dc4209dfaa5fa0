#include "e2tad/associate/gallery.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace e2tad::associate {

Gallery::Gallery(std::size_t width, std::size_t capacity, Metric metric)
    : width_(width), capacity_(capacity), metric_(metric) {
    constexpr std::size_t kMost = 1 << 20;
    if (capacity == 0 || capacity > kMost) {
        throw std::invalid_argument("capacity: must be 1 to " + std::to_string(kMost) + ", got " +
                                    std::to_string(capacity));
    }
    if (width == 0) throw std::invalid_argument("width: must be 1 or more, got 0");
}

void Gallery::push(std::int32_t id, const float *feature) {
    check_finite({feature, 1, width_}, "feature");
    auto track = static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), id) - ids_.begin());
    if (track == ids_.size()) {
        ids_.push_back(id);
        counts_.push_back(0);
        next_.push_back(0);
        features_.resize(features_.size() + capacity_ * width_);
    }
    float *slot = features_.data() + (track * capacity_ + static_cast<std::size_t>(next_[track])) * width_;
    std::copy_n(feature, width_, slot);
    if (metric_ == Metric::kCosine) normalise(slot, width_);
    const auto capacity = static_cast<std::int32_t>(capacity_);
    next_[track] = (next_[track] + 1) % capacity;
    counts_[track] = std::min(counts_[track] + 1, capacity);
}

void Gallery::erase(std::int32_t id) {
    const auto track = std::find(ids_.begin(), ids_.end(), id) - ids_.begin();
    if (track == static_cast<std::ptrdiff_t>(ids_.size())) return;
    const auto block = static_cast<std::ptrdiff_t>(capacity_ * width_);
    features_.erase(features_.begin() + track * block, features_.begin() + (track + 1) * block);
    ids_.erase(ids_.begin() + track);
    counts_.erase(counts_.begin() + track);
    next_.erase(next_.begin() + track);
}

Matrix Gallery::distance(MatrixView queries) const {
    Matrix result(queries.rows, size());
    gallery_distance(queries, {features_.data(), size() * capacity_, width_}, counts_, capacity_, metric_,
                     result.data.data(), true);
    return result;
}

}  // namespace e2tad::associate
