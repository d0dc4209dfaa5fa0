#include "e2tad/associate/associator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "e2tad/associate/assignment.hpp"
#include "e2tad/core/error.hpp"
#include "e2tad/geometry/boxes.hpp"

namespace e2tad::associate {

std::vector<std::int32_t> all_rows(std::size_t count) {
    std::vector<std::int32_t> all(count);
    std::iota(all.begin(), all.end(), 0);
    return all;
}

Associator::Associator(const AssociationConfig &config)
    : config_(config), metric_(config.distance == "cosine" ? Metric::kCosine : Metric::kEuclidean) {
    config_.validate();
}

Associator::ClassState &Associator::state_of(std::int32_t cls, std::size_t width) {
    const auto capacity = static_cast<std::size_t>(config_.gallery_size);
    return states_.try_emplace(cls, ClassState{Gallery(width, capacity, metric_), {}}).first->second;
}

void Associator::check(std::size_t rows, MatrixView features) const {
    if (features.rows != rows) {
        throw std::invalid_argument("features: expected a row for each of the " + std::to_string(rows) +
                                    " detections, got " + std::to_string(features.rows));
    }
    check_finite(features, "features");
    if (rows == 0) return;
    if (features.cols == 0) throw std::invalid_argument("features: width must be 1 or more, got 0");
    if (width_ != 0 && features.cols != width_) {
        throw std::invalid_argument("features: expected width " + std::to_string(width_) +
                                    " as before, got " + std::to_string(features.cols));
    }
}

namespace {

/// So that there are numbers left for identities that open.
constexpr std::int32_t kMostId = std::numeric_limits<std::int32_t>::max() / 2;

void check_ids(std::span<const std::int32_t> ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] > kMostId) {
            throw std::invalid_argument("ids: row " + std::to_string(i) + ": must be 0 to " +
                                        std::to_string(kMostId) + ", got " + std::to_string(ids[i]));
        }
    }
}

}  // namespace

void Associator::check_given(std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
                             MatrixView features) const {
    if (classes.size() != ids.size())
        throw std::invalid_argument("seed: classes and ids must have one length");
    check(ids.size(), features);
    check_ids(ids);
}

void Associator::learn(std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
                       MatrixView features) {
    check_given(classes, ids, features);
    if (!ids.empty()) width_ = features.cols;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ClassState &state = state_of(classes[i], width_);
        state.gallery.push(ids[i], features.row(i));
        state.last_seen.erase(ids[i]);  // a given identity never ends
        state.next_id = std::max(state.next_id, ids[i] + 1);
    }
}

void Associator::locate(std::int32_t frame, std::span<const std::int32_t> classes,
                        std::span<const std::int32_t> ids, std::span<const Box> boxes) {
    if (frame < 0) throw std::invalid_argument("frame: must be 0 or more, got " + std::to_string(frame));
    const std::int32_t last = std::max(last_step_, last_seed_);
    if (frame < last) {
        throw std::invalid_argument("frame: must not be before " + std::to_string(last) + ", got " +
                                    std::to_string(frame));
    }
    check_ids(ids);
    geometry::check_boxes(boxes, "boxes");
    if (!boxes.empty()) places_.see(frame, classes, ids, boxes, all_rows(boxes.size()));
    last_seed_ = frame;
}

void Associator::seed(std::int32_t frame, std::span<const std::int32_t> classes,
                      std::span<const std::int32_t> ids, MatrixView features, std::span<const Box> boxes) {
    check_given(classes, ids, features);  // before anything of the frame is kept
    locate(frame, classes, ids, boxes);
    learn(classes, ids, features);
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

namespace {

/// Whether a row's distance to a track is less than to any other by the margin.
bool stands_out(const Matrix &distance, std::size_t row, std::size_t track, float margin) {
    for (std::size_t k = 0; k < distance.cols; ++k) {
        if (k != track && !(distance(row, k) >= distance(row, track) + margin)) return false;
    }
    return true;
}

}  // namespace

void Associator::match(std::int32_t frame, std::int32_t cls, const Sightings &seen, MatrixView features,
                       double unit, std::span<std::int32_t> ids) {
    ClassState &state = state_of(cls, width_);
    std::vector<std::int32_t> rows;     // of this class
    std::vector<std::int32_t> feature;  // of each of them, -1 none
    std::size_t next = 0;
    std::size_t count = 0;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(seen.classes.size()); ++i) {
        const bool embedded = next < seen.embedded.size() && seen.embedded[next] == i;
        if (seen.classes[i] == cls) {
            rows.push_back(i);
            feature.push_back(embedded ? static_cast<std::int32_t>(next) : -1);
            count += embedded ? 1 : 0;
        }
        next += embedded ? 1 : 0;
    }
    Matrix queries(count, width_);
    std::vector<std::int32_t> query(rows.size(), -1);
    for (std::size_t k = 0, q = 0; k < rows.size(); ++k) {
        if (feature[k] < 0) continue;
        std::copy_n(features.row(static_cast<std::size_t>(feature[k])), width_, queries.row(q));
        query[k] = static_cast<std::int32_t>(q++);
    }
    const Matrix looks = state.gallery.distance(queries);
    const std::vector<std::int32_t> known = state.gallery.ids();
    const double gate =
        cls == static_cast<std::int32_t>(ObjectClass::kPerson) ? config_.person_gate : config_.gate;
    const bool places = !seen.boxes.empty() && config_.place_weight > 0;
    MatrixOf<double> cost(rows.size(), known.size(), std::numeric_limits<double>::infinity());
    // What a place is worth beside looks.
    std::vector<double> trust(known.size());
    for (std::size_t t = 0; t < known.size(); ++t)
        trust[t] = config_.place_weight * std::pow(config_.place_fade, places_.by_place(cls, known[t]));
    for (std::size_t k = 0; k < rows.size(); ++k) {
        for (std::size_t t = 0; t < known.size(); ++t) {
            const double nats = places ? places_.nats(frame, cls, known[t], seen.boxes[rows[k]], unit) : 0.0;
            if (query[k] >= 0) {
                cost(k, t) = looks(static_cast<std::size_t>(query[k]), t) + trust[t] * nats;
            } else if (nats < 0) {
                cost(k, t) = config_.unembedded_share * gate + config_.place_weight * nats;
            }
        }
    }
    // To stay without an identity costs the gate: else a false detection that barely looks like somebody
    // would drive others to their second choice, for the sake of one more pair.
    MatrixOf<double> capped = cost;
    for (double &value : capped.data) value = std::min(value, gate);
    const Assignment pairs = assign(MatrixViewOf<double>(capped));
    std::vector<char> pushed(rows.size(), 0);
    for (std::size_t p = 0; p < pairs.rows.size(); ++p) {
        const auto k = static_cast<std::size_t>(pairs.rows[p]);
        const auto t = static_cast<std::size_t>(pairs.cols[p]);
        if (cost(k, t) > gate) continue;
        ids[rows[k]] = known[t];
        pushed[k] =
            query[k] >= 0 && stands_out(looks, static_cast<std::size_t>(query[k]), t, config_.learn_margin);
    }
    for (std::size_t k = 0; k < rows.size(); ++k) {
        std::int32_t &id = ids[rows[k]];
        const bool opened = id == kNoId && query[k] >= 0 && config_.identities == "open";
        if (opened) id = state.next_id++;
        if (id == kNoId) continue;
        if (opened || pushed[k] != 0) state.gallery.push(id, queries.row(static_cast<std::size_t>(query[k])));
        const auto last = state.last_seen.find(id);
        if (opened || last != state.last_seen.end()) state.last_seen[id] = frame;
    }
}

std::vector<std::int32_t> Associator::step(std::int32_t frame, const Sightings &seen, MatrixView features) {
    if (frame < 0) throw std::invalid_argument("frame: must be 0 or more, got " + std::to_string(frame));
    check(seen.embedded.size(), features);
    const std::size_t count = seen.classes.size();
    if (!seen.boxes.empty() && seen.boxes.size() != count)
        throw std::invalid_argument("boxes: expected " + std::to_string(count) +
                                    " as there are classes, got " + std::to_string(seen.boxes.size()));
    for (std::size_t k = 0; k < seen.embedded.size(); ++k) {
        const std::int32_t row = seen.embedded[k];
        if (row < 0 || static_cast<std::size_t>(row) >= count || (k > 0 && row <= seen.embedded[k - 1])) {
            throw std::invalid_argument("embedded: expected ascending rows below " + std::to_string(count) +
                                        ", got " + std::to_string(row));
        }
    }
    if (frame <= last_step_ || frame < last_seed_) {
        throw std::invalid_argument("frame: must be after " +
                                    std::to_string(std::max(last_step_, last_seed_ - 1)) + ", got " +
                                    std::to_string(frame));
    }
    geometry::check_boxes(seen.boxes, "boxes");
    if (!seen.embedded.empty()) width_ = features.cols;
    last_step_ = frame;
    end_old_tracks(frame);
    std::vector<std::int32_t> ids(count, kNoId);
    std::vector<std::int32_t> present(seen.classes.begin(), seen.classes.end());
    std::sort(present.begin(), present.end());
    present.erase(std::unique(present.begin(), present.end()), present.end());
    const double unit = seen.boxes.empty() ? 0 : detect::person_height(seen.classes, seen.boxes);
    for (const std::int32_t cls : present) {
        // Without any feature yet there is no gallery, so nobody to be.
        if (width_ > 0) match(frame, cls, seen, features, unit, ids);
    }
    if (!seen.boxes.empty()) places_.see(frame, seen.classes, ids, seen.boxes, seen.embedded);
    return ids;
}

std::vector<std::int32_t> Associator::step(std::int32_t frame, std::span<const std::int32_t> classes,
                                           MatrixView features) {
    const std::vector<std::int32_t> all = all_rows(classes.size());
    return step(frame, {classes, {}, all}, features);
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
            associator.seed(frame.number, given.classes, ids, embedder.embed(frame, given), given.boxes);
            seeded = frame.number == frames[k];
            if (seeded) keep(given, ids);
        }
        result.observed.push_back(frames[k]);
        if (seeded) continue;
        frame.number = frames[k];
        const detect::Detections found = detector.detect(frame);
        const std::vector<std::int32_t> all = all_rows(found.size());
        keep(found,
             associator.step(frame.number, {found.classes, found.boxes, all}, embedder.embed(frame, found)));
    }
    result.normalise("tracks");
    return result;
}

}  // namespace e2tad::associate
