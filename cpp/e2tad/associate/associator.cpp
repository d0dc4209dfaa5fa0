#include "e2tad/associate/associator.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "e2tad/associate/assignment.hpp"
#include "e2tad/core/error.hpp"

namespace e2tad::associate {

Associator::Associator(const AssociationConfig &config)
    : config_(config), metric_(config.distance == "cosine" ? Metric::kCosine : Metric::kEuclidean) {
    config_.validate();
}

Associator::ClassState &Associator::state_of(std::int32_t cls, std::size_t width) {
    const auto capacity = static_cast<std::size_t>(config_.gallery_size);
    return states_.try_emplace(cls, ClassState{Gallery(width, capacity, metric_), {}}).first->second;
}

void Associator::check(std::int32_t frame, std::size_t rows, MatrixView features) {
    if (frame < 0) throw std::invalid_argument("frame: must be 0 or more, got " + std::to_string(frame));
    if (features.rows != rows) {
        throw std::invalid_argument("features: expected a row for each of the " + std::to_string(rows) +
                                    " detections, got " + std::to_string(features.rows));
    }
    check_finite(features, "features");
    if (rows == 0) return;
    if (features.cols == 0) throw std::invalid_argument("features: width must be 1 or more, got 0");
    if (width_ == 0) width_ = features.cols;
    if (features.cols != width_) {
        throw std::invalid_argument("features: expected width " + std::to_string(width_) +
                                    " as before, got " + std::to_string(features.cols));
    }
}

void Associator::seed(std::int32_t frame, std::span<const std::int32_t> classes,
                      std::span<const std::int32_t> ids, MatrixView features) {
    if (classes.size() != ids.size())
        throw std::invalid_argument("seed: classes and ids must have one length");
    const std::int32_t last = std::max(last_step_, last_seed_);
    if (frame < last) {
        throw std::invalid_argument("frame: must not be before " + std::to_string(last) + ", got " +
                                    std::to_string(frame));
    }
    check(frame, ids.size(), features);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0) {
            throw std::invalid_argument("ids: row " + std::to_string(i) + ": must be 0 or more, got " +
                                        std::to_string(ids[i]));
        }
    }
    last_seed_ = frame;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ClassState &state = state_of(classes[i], width_);
        state.gallery.push(ids[i], features.row(i));
        state.last_seen.erase(ids[i]);  // a given identity never ends
        state.next_id = std::max(state.next_id, ids[i] + 1);
    }
}

void Associator::end_old_tracks(std::int32_t frame) {
    if (config_.max_gap == 0) return;
    for (auto &[cls, state] : states_) {
        for (auto seen = state.last_seen.begin(); seen != state.last_seen.end();) {
            if (frame - seen->second > config_.max_gap) {
                state.gallery.erase(seen->first);
                seen = state.last_seen.erase(seen);
            } else {
                ++seen;
            }
        }
    }
}

std::vector<std::int32_t> Associator::step(std::int32_t frame, std::span<const std::int32_t> classes,
                                           MatrixView features) {
    check(frame, classes.size(), features);
    if (frame <= last_step_ || frame < last_seed_) {
        throw std::invalid_argument("frame: must be after " +
                                    std::to_string(std::max(last_step_, last_seed_ - 1)) + ", got " +
                                    std::to_string(frame));
    }
    last_step_ = frame;
    end_old_tracks(frame);
    std::vector<std::int32_t> ids(classes.size(), kNoId);
    std::vector<std::int32_t> present(classes.begin(), classes.end());
    std::sort(present.begin(), present.end());
    present.erase(std::unique(present.begin(), present.end()), present.end());
    for (const std::int32_t cls : present) {
        ClassState &state = state_of(cls, width_);
        std::vector<std::int32_t> rows;
        Matrix queries(static_cast<std::size_t>(std::count(classes.begin(), classes.end(), cls)), width_);
        for (std::size_t i = 0; i < classes.size(); ++i) {
            if (classes[i] != cls) continue;
            std::copy_n(features.row(i), width_, queries.row(rows.size()));
            rows.push_back(static_cast<std::int32_t>(i));
        }
        const Assignment pairs = assign(state.gallery.distance(queries), config_.gate);
        const std::vector<std::int32_t> known = state.gallery.ids();
        for (std::size_t k = 0; k < pairs.rows.size(); ++k) {
            ids[rows[pairs.rows[k]]] = known[pairs.cols[k]];
        }
        for (const std::int32_t row : rows) {
            const bool opened = ids[row] == kNoId && config_.identities == "open";
            if (opened) ids[row] = state.next_id++;
            if (ids[row] == kNoId) continue;
            state.gallery.push(ids[row], features.row(static_cast<std::size_t>(row)));
            const auto seen = state.last_seen.find(ids[row]);
            if (opened || seen != state.last_seen.end()) state.last_seen[ids[row]] = frame;
        }
    }
    return ids;
}

Tracks track(std::span<const std::int32_t> frames, const Tracks &seeds, detect::Detector &detector,
             reid::Embedder &embedder, const AssociationConfig &config) {
    Associator associator(config);
    Tracks result;
    FrameView frame;
    const auto keep = [&](const detect::Detections &found, std::span<const std::int32_t> ids) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] == kNoId) continue;
            result.add(frame.number, static_cast<ObjectClass>(found.classes[i]), ids[i], found.boxes[i]);
        }
    };
    std::size_t row = 0;
    for (std::size_t k = 0; k < frames.size(); ++k) {
        if (k > 0 && frames[k] <= frames[k - 1]) {
            throw std::invalid_argument("frames: must ascend, got " + std::to_string(frames[k]) + " after " +
                                        std::to_string(frames[k - 1]));
        }
        bool seeded = false;
        while (row < seeds.size() && seeds.frame[row] <= frames[k]) {
            frame.number = seeds.frame[row];
            detect::Detections given;
            std::vector<std::int32_t> ids;
            for (; row < seeds.size() && seeds.frame[row] == frame.number; ++row) {
                given.add(seeds.box[row], 1.0f, static_cast<std::int32_t>(seeds.object_class[row]));
                ids.push_back(seeds.id[row]);
            }
            associator.seed(frame.number, given.classes, ids, embedder.embed(frame, given));
            seeded = frame.number == frames[k];
            if (seeded) keep(given, ids);
        }
        result.observed.push_back(frames[k]);
        if (seeded) continue;
        frame.number = frames[k];
        const detect::Detections found = detector.detect(frame);
        keep(found, associator.step(frame.number, found.classes, embedder.embed(frame, found)));
    }
    result.normalise("tracks");
    return result;
}

}  // namespace e2tad::associate
