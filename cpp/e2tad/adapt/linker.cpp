#include "e2tad/adapt/linker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "e2tad/associate/assignment.hpp"

namespace e2tad::adapt {
namespace {

// In mean heights of the frame's persons. The speeds are those at which the repair of tracks lets persons run
// and balls fly (action::ContinuityConfig).
constexpr double kSlack = 0.25;
constexpr double kPersonSpeed = 0.12;
constexpr double kBallSpeed = 0.15;

void check(std::size_t boxes, std::size_t classes, std::size_t ids) {
    if (boxes != classes || boxes != ids) {
        throw std::invalid_argument("linker: boxes, classes and ids must have one length");
    }
}

/// Mean height of the persons; 0 without any.
double person_height(std::span<const Box> boxes, std::span<const ObjectClass> classes) {
    double sum = 0;
    int persons = 0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (classes[i] != ObjectClass::kPerson) continue;
        sum += boxes[i].height();
        ++persons;
    }
    return persons > 0 ? sum / persons : 0;
}

}  // namespace

void Linker::see(std::int32_t frame, std::span<const Box> boxes, std::span<const ObjectClass> classes,
                 std::span<const std::int32_t> ids) {
    check(boxes.size(), classes.size(), ids.size());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (ids[i] != kNoId) last_[{classes[i], ids[i]}] = {frame, boxes[i]};
    }
}

std::int32_t Linker::link(std::int32_t frame, std::span<const Box> boxes,
                          std::span<const ObjectClass> classes, std::span<const std::int32_t> open,
                          std::span<std::int32_t> ids) const {
    check(boxes.size(), classes.size(), ids.size());
    const double height = person_height(boxes, classes);
    if (height <= 0) return 0;
    std::int32_t linked = 0;
    for (const ObjectClass cls : {ObjectClass::kPerson, ObjectClass::kBall}) {
        const bool person = cls == ObjectClass::kPerson;
        std::vector<std::int32_t> rows;
        for (const std::int32_t row : open) {
            if (classes[row] == cls && ids[row] == kNoId) rows.push_back(row);
        }
        std::vector<std::pair<std::int32_t, Sighting>> free;
        for (const auto &[key, sighting] : last_) {
            if (key.first != cls) continue;
            bool used = false;
            for (std::size_t i = 0; i < ids.size(); ++i) {
                used = used || (classes[i] == cls && ids[i] == key.second);
            }
            if (!used) free.emplace_back(key.second, sighting);
        }
        if (rows.empty() || free.empty() || (!person && (rows.size() > 1 || free.size() > 1))) continue;
        MatrixOf<double> cost(rows.size(), free.size(), std::numeric_limits<double>::infinity());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Box &box = boxes[rows[i]];
            for (std::size_t k = 0; k < free.size(); ++k) {
                const Sighting &was = free[k].second;
                const double distance = std::hypot(double{box.center_x()} - was.box.center_x(),
                                                   double{box.center_y()} - was.box.center_y()) /
                                        height;
                const double reach = kSlack + (person ? kPersonSpeed : kBallSpeed) * (frame - was.frame);
                if (distance <= reach) cost(i, k) = distance;
            }
        }
        const associate::Assignment pairs = associate::assign(MatrixViewOf<double>(cost));
        for (std::size_t k = 0; k < pairs.rows.size(); ++k) {
            ids[rows[pairs.rows[k]]] = free[pairs.cols[k]].first;
        }
        linked += static_cast<std::int32_t>(pairs.rows.size());
    }
    return linked;
}

}  // namespace e2tad::adapt
