#include "e2tad/reid/replay.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>

#include "e2tad/core/error.hpp"

namespace e2tad::reid {

ReplayEmbedder::ReplayEmbedder(std::span<const std::int32_t> frames, std::span<const std::int32_t> classes,
                               std::span<const Box> boxes, MatrixView features)
    : features_(features.rows, features.cols) {
    if (classes.size() != frames.size() || boxes.size() != frames.size() || features.rows != frames.size()) {
        throw std::invalid_argument(
            "replay features: frames, classes, boxes and features must have one length, got " +
            std::to_string(frames.size()) + ", " + std::to_string(classes.size()) + ", " +
            std::to_string(boxes.size()) + " and " + std::to_string(features.rows));
    }
    std::copy_n(features.data, features.rows * features.cols, features_.data.begin());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const float *row = features_.row(i);
        if (!std::all_of(row, row + features_.cols, [](float value) { return std::isfinite(value); })) {
            throw std::invalid_argument("features: row " + std::to_string(i) + ": must be finite numbers");
        }
        entries_.push_back({frames[i], classes[i], boxes[i], i});
    }
    std::sort(entries_.begin(), entries_.end(), [](const Entry &a, const Entry &b) {
        return std::tie(a.frame, a.cls, a.row) < std::tie(b.frame, b.cls, b.row);
    });
}

const float *ReplayEmbedder::find(std::int32_t frame, std::int32_t cls, const Box &box) const {
    const auto key = std::tuple(frame, cls);
    const auto first = std::lower_bound(
        entries_.begin(), entries_.end(), key,
        [](const Entry &entry, const auto &wanted) { return std::tie(entry.frame, entry.cls) < wanted; });
    const auto match = std::find_if(first, entries_.end(), [&](const Entry &entry) {
        return std::tie(entry.frame, entry.cls) != key || entry.box == box;
    });
    if (match == entries_.end() || std::tie(match->frame, match->cls) != key) {
        std::ostringstream message;
        message << "replay features: frame " << frame << ": no feature of class " << cls << " at box ("
                << box.left << ", " << box.top << ", " << box.right << ", " << box.bottom << ")";
        throw InputError(message.str());
    }
    return features_.row(match->row);
}

Matrix ReplayEmbedder::embed(const FrameView &frame, const detect::Detections &detections) {
    Matrix found(detections.size(), features_.cols);
    for (std::size_t i = 0; i < detections.size(); ++i) {
        std::copy_n(find(frame.number, detections.classes[i], detections.boxes[i]), features_.cols,
                    found.row(i));
    }
    return found;
}

Matrix ReplayEmbedder::embed(std::span<const CropView> crops) {
    Matrix found(crops.size(), features_.cols);
    for (std::size_t i = 0; i < crops.size(); ++i) {
        std::copy_n(find(crops[i].frame, crops[i].object_class, crops[i].box), features_.cols, found.row(i));
    }
    return found;
}

}  // namespace e2tad::reid
