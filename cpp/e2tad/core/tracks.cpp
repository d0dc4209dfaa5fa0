#include "e2tad/core/tracks.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>
#include <tuple>

#include "e2tad/core/error.hpp"

namespace e2tad {

void Tracks::add(std::int32_t frame_number, ObjectClass cls, std::int32_t identity, const Box &ltrb) {
    frame.push_back(frame_number);
    object_class.push_back(cls);
    id.push_back(identity);
    box.push_back(ltrb);
}

void Tracks::normalise(const std::string &source) {
    const std::size_t n = frame.size();
    if (object_class.size() != n || id.size() != n || box.size() != n) {
        throw InputError(source + ": columns frame, class, id and box must have one length, got " +
                         std::to_string(n) + ", " + std::to_string(object_class.size()) + ", " +
                         std::to_string(id.size()) + ", " + std::to_string(box.size()));
    }
    const auto key = [this](std::size_t i) { return std::tuple(frame[i], object_class[i], id[i]); };
    const auto name = [this, &source](std::size_t i) {
        return source + ": frame " + std::to_string(frame[i]) + ", " +
               (object_class[i] == ObjectClass::kPerson ? "person " : "ball ") + std::to_string(id[i]);
    };
    for (std::size_t i = 0; i < n; ++i) {
        if (object_class[i] != ObjectClass::kPerson && object_class[i] != ObjectClass::kBall) {
            throw InputError(source + ": class must be 0 (person) or 1 (ball), got " +
                             std::to_string(static_cast<std::int32_t>(object_class[i])));
        }
        if (frame[i] < 0) throw InputError(name(i) + ": frame must be 0 or more");
        if (id[i] < 0) throw InputError(name(i) + ": id must be 0 or more");
        const Box &b = box[i];
        if (!std::isfinite(b.left) || !std::isfinite(b.top) || !std::isfinite(b.right) ||
            !std::isfinite(b.bottom)) {
            throw InputError(name(i) + ": box must be finite numbers");
        }
        if (b.right < b.left || b.bottom < b.top) {
            throw InputError(name(i) + ": box must have left <= right and top <= bottom");
        }
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&key](std::size_t a, std::size_t b) { return key(a) < key(b); });
    for (std::size_t k = 1; k < n; ++k) {
        if (key(order[k - 1]) == key(order[k])) throw InputError(name(order[k]) + ": occurs twice");
    }
    const auto reorder = [&order](auto &column) {
        auto sorted = column;
        for (std::size_t k = 0; k < order.size(); ++k) sorted[k] = column[order[k]];
        column = std::move(sorted);
    };
    reorder(frame);
    reorder(object_class);
    reorder(id);
    reorder(box);
    for (const std::int32_t f : observed) {
        if (f < 0) throw InputError(source + ": observed frame " + std::to_string(f) + ": must be 0 or more");
    }
    observed.insert(observed.end(), frame.begin(), frame.end());
    std::sort(observed.begin(), observed.end());
    observed.erase(std::unique(observed.begin(), observed.end()), observed.end());
}

std::vector<std::int32_t> Tracks::ids(ObjectClass cls) const {
    std::set<std::int32_t> found;
    for (std::size_t i = 0; i < size(); ++i) {
        if (object_class[i] == cls) found.insert(id[i]);
    }
    return {found.begin(), found.end()};
}

Tracks Tracks::every(std::int32_t step) const {
    if (step < 1) throw std::invalid_argument("every: step must be 1 or more, got " + std::to_string(step));
    Tracks kept;
    for (const std::int32_t f : observed) {
        if (f % step == 0) kept.observed.push_back(f);
    }
    for (std::size_t i = 0; i < size(); ++i) {
        if (frame[i] % step == 0) kept.add(frame[i], object_class[i], id[i], box[i]);
    }
    return kept;
}

}  // namespace e2tad
