#include "e2tad/adapt/collisions.hpp"

#include <algorithm>
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

}  // namespace e2tad::adapt
