#include "e2tad/adapt/collisions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace e2tad::adapt {

std::vector<Collision> find_collisions(std::span<const Box> boxes, std::span<const ObjectClass> classes) {
    if (boxes.size() != classes.size()) {
        throw std::invalid_argument("classes: expected " + std::to_string(boxes.size()) +
                                    " as there are boxes, got " + std::to_string(classes.size()));
    }
    std::vector<Collision> found;
    for (std::size_t ball = 0; ball < boxes.size(); ++ball) {
        if (classes[ball] != ObjectClass::kBall) continue;
        for (std::size_t person = 0; person < boxes.size(); ++person) {
            if (classes[person] != ObjectClass::kPerson) continue;
            if (boxes[person].contains(boxes[ball].center_x(), boxes[ball].center_y())) {
                found.push_back({static_cast<std::int32_t>(ball), static_cast<std::int32_t>(person)});
            }
        }
    }
    return found;
}

std::vector<std::int32_t> rows_in_collision(std::span<const Collision> collisions) {
    std::vector<std::int32_t> rows;
    rows.reserve(2 * collisions.size());
    for (const Collision &collision : collisions) {
        rows.push_back(collision.ball);
        rows.push_back(collision.person);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

namespace {

// In mean heights of the frame's persons. The speed is that at which the repair of tracks lets persons run
// and balls fly (action::ContinuityConfig).
constexpr double kSlack = 0.25;
constexpr double kSpeed = 0.125;

std::vector<std::int32_t> rows_of(const FrameBoxes &frame, ObjectClass cls) {
    std::vector<std::int32_t> rows;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(frame.boxes.size()); ++i) {
        if (frame.classes[i] == cls) rows.push_back(i);
    }
    return rows;
}

double distance(const Box &a, const Box &b) {
    return std::hypot(double{a.center_x()} - b.center_x(), double{a.center_y()} - b.center_y());
}

/// Distance of the nearest of the rows, but one; infinite without any.
double nearest(const Box &box, const FrameBoxes &frame, std::span<const std::int32_t> rows,
               std::int32_t but) {
    double least = std::numeric_limits<double>::infinity();
    for (const std::int32_t row : rows) {
        if (row != but) least = std::min(least, distance(box, frame.boxes[row]));
    }
    return least;
}

}  // namespace

std::vector<std::int32_t> rows_without_place(const FrameBoxes &before, const FrameBoxes &now, double ratio) {
    if (before.boxes.size() != before.classes.size() || now.boxes.size() != now.classes.size()) {
        throw std::invalid_argument("rows_without_place: boxes and classes must have one length");
    }
    const std::vector<std::int32_t> persons = rows_of(now, ObjectClass::kPerson);
    double height = 0;
    for (const std::int32_t row : persons) height += now.boxes[row].height();
    if (!persons.empty()) height /= static_cast<double>(persons.size());
    const double reach = height * (kSlack + kSpeed * (now.number - before.number));
    std::vector<std::int32_t> found;
    for (const ObjectClass cls : {ObjectClass::kPerson, ObjectClass::kBall}) {
        const std::vector<std::int32_t> old_rows = rows_of(before, cls);
        const std::vector<std::int32_t> new_rows = rows_of(now, cls);
        for (const std::int32_t row : new_rows) {
            const Box &box = now.boxes[row];
            std::int32_t was = -1;
            double least = reach;
            for (const std::int32_t old : old_rows) {
                const double d = distance(box, before.boxes[old]);
                if (d > least) continue;
                least = d;
                was = old;
            }
            const bool told = was >= 0 && least < ratio * nearest(box, before, old_rows, was) &&
                              least < ratio * nearest(before.boxes[was], now, new_rows, row);
            if (!told) found.push_back(row);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace e2tad::adapt
