#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "e2tad/core/types.hpp"

namespace e2tad::adapt {

struct Collision {
    std::int32_t ball = 0;    ///< Row of the ball.
    std::int32_t person = 0;  ///< Row of the person whose box holds the ball's centre, border included.
    friend bool operator==(const Collision &, const Collision &) = default;
};

/// Every pair of a ball and a person that it touches, by ball, then by person.
///
/// @param boxes    (N) ltrb pixels of one frame; N may be 0.
/// @param classes  (N).
/// @throws std::invalid_argument if the columns differ in length.
/// Source: the paper, Section 3.1 (video action detection) and 3.2 (collision inspection).
std::vector<Collision> find_collisions(std::span<const Box> boxes, std::span<const ObjectClass> classes);

/// The rows worth an embedding, ascending: balls in collision and the persons they touch. Empty: the frame
/// can be skipped whole, for nothing in it can begin or end a hold.
std::vector<std::int32_t> rows_in_collision(std::span<const Collision> collisions);

}  // namespace e2tad::adapt
