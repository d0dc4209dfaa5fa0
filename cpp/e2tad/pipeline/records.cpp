#include "e2tad/pipeline/records.hpp"

#include <algorithm>
#include <stdexcept>

#include "e2tad/geometry/transform.hpp"
#include "e2tad/reid/crop.hpp"

namespace e2tad::pipeline {
namespace {

constexpr std::size_t kMostReserved = std::size_t{64} << 20U;
constexpr Box kUnseen{0, 0, -1, -1};

bool is_seen(const Box &box) {
    return box.right >= box.left;
}

std::size_t find_id(const std::vector<std::int32_t> &ids, std::int32_t id) {
    const auto found = std::lower_bound(ids.begin(), ids.end(), id);
    return found != ids.end() && *found == id ? static_cast<std::size_t>(found - ids.begin()) : ids.size();
}

}  // namespace

std::size_t CropRecords::bytes_of(ObjectClass cls) {
    const reid::CropSize size = reid::crop_size(cls);
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
}

void CropRecords::add(const FrameView &frame, const Box &box, ObjectClass cls) {
    if (frame.image.data == nullptr) throw std::invalid_argument("crop records: the frame has no pixels");
    const geometry::AxisTransform picture_from_video{1 / frame.scale_x(), 1 / frame.scale_y(), 0, 0};
    const reid::Crop crop =
        reid::crop_of(picture_from_video.apply(box), cls, frame.image.width, frame.image.height);
    const std::size_t bytes = bytes_of(cls);
    // Room is kept from window to window, and asked for at once: growing step by step would hold the old and
    // the new room for a moment, while pages that no crop has reached yet cost nothing.
    if (pixels_.capacity() == 0) pixels_.reserve(std::min(limit_, kMostReserved));
    if (pixels_.size() < used_ + bytes) pixels_.resize(used_ + bytes);
    reid::cut_crop(frame.image, crop, pixels_.data() + used_);
    entries_.push_back({frame.number, cls, box, used_});
    used_ += bytes;
}

void CropRecords::clear() {
    entries_.clear();
    used_ = 0;
}

std::vector<reid::CropView> CropRecords::views() const {
    std::vector<reid::CropView> views;
    views.reserve(entries_.size());
    for (const Entry &entry : entries_) {
        const reid::CropSize size = reid::crop_size(entry.cls);
        views.push_back({entry.frame, static_cast<std::int32_t>(entry.cls), entry.box,
                         ImageView{pixels_.data() + entry.offset, size.width, size.height,
                                   static_cast<std::ptrdiff_t>(3) * size.width}});
    }
    return views;
}

BoxRecords::BoxRecords(std::vector<std::int32_t> persons, std::vector<std::int32_t> balls)
    : persons_(std::move(persons)), balls_(std::move(balls)) {}

std::size_t BoxRecords::column(ObjectClass cls, std::int32_t id) const {
    if (cls == ObjectClass::kPerson) {
        const std::size_t i = find_id(persons_, id);
        return i < persons_.size() ? i : columns();
    }
    const std::size_t i = find_id(balls_, id);
    return i < balls_.size() ? persons_.size() + i : columns();
}

void BoxRecords::add(std::int32_t frame, const detect::Detections &detections,
                     std::span<const std::int32_t> ids) {
    if (ids.size() != detections.size() || (!frames_.empty() && frame <= frames_.back())) {
        throw std::invalid_argument("box records: an id for each detection, and frames in their order");
    }
    frames_.push_back(frame);
    boxes_.resize(frames_.size() * columns(), kUnseen);
    Box *row = boxes_.data() + (frames_.size() - 1) * columns();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] == kNoId) continue;
        const auto cls = static_cast<ObjectClass>(detections.classes[i]);
        const std::size_t at = column(cls, ids[i]);
        if (at < columns()) {
            row[at] = detections.boxes[i];
        } else {
            others_.add(frame, cls, ids[i], detections.boxes[i]);
        }
    }
}

void BoxRecords::keep_last(std::size_t frames) {
    if (frames_.size() <= frames) return;
    const auto dropped = static_cast<std::ptrdiff_t>(frames_.size() - frames);
    frames_.erase(frames_.begin(), frames_.begin() + dropped);
    boxes_.erase(boxes_.begin(), boxes_.begin() + dropped * static_cast<std::ptrdiff_t>(columns()));
    const std::int32_t first = frames_.empty() ? 0 : frames_.front();
    const auto old =
        std::lower_bound(others_.frame.begin(), others_.frame.end(), first) - others_.frame.begin();
    others_.frame.erase(others_.frame.begin(), others_.frame.begin() + old);
    others_.object_class.erase(others_.object_class.begin(), others_.object_class.begin() + old);
    others_.id.erase(others_.id.begin(), others_.id.begin() + old);
    others_.box.erase(others_.box.begin(), others_.box.begin() + old);
}

std::size_t BoxRecords::bytes() const {
    return boxes_.size() * sizeof(Box) + others_.size() * (sizeof(Box) + 3 * sizeof(std::int32_t)) +
           frames_.size() * sizeof(std::int32_t);
}

Tracks BoxRecords::tracks() const {
    Tracks tracks = others_;
    tracks.observed = frames_;
    for (std::size_t t = 0; t < frames_.size(); ++t) {
        const Box *row = boxes_.data() + t * columns();
        for (std::size_t c = 0; c < columns(); ++c) {
            if (!is_seen(row[c])) continue;
            const bool person = c < persons_.size();
            tracks.add(frames_[t], person ? ObjectClass::kPerson : ObjectClass::kBall,
                       person ? persons_[c] : balls_[c - persons_.size()], row[c]);
        }
    }
    tracks.normalise("tracks");
    return tracks;
}

}  // namespace e2tad::pipeline
