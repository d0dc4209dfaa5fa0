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

/// Balls in collision and the persons they touch, ascending. Empty: nothing in the frame can begin or end a
/// hold.
std::vector<std::int32_t> rows_in_collision(std::span<const Collision> collisions);

/// A frame's detections, for rows_without_place.
struct FrameBoxes {
    std::int32_t number = 0;
    std::vector<Box> boxes;
    std::vector<ObjectClass> classes;
};

/// The rows, ascending, whose place doesn't tell who they are: they lie too far from every detection of their
/// class in the frame before, or somebody else is about as near. Measured by the distance d of the nearest
/// one before: d must be within what they can have moved, and less than `ratio` times both the distance of
/// the second nearest one before, and that of the nearest one's second nearest now.
///
/// @param ratio  0: all rows; 1: the nearest is good enough.
/// @throws std::invalid_argument if the columns differ in length.
std::vector<std::int32_t> rows_without_place(const FrameBoxes &before, const FrameBoxes &now, double ratio);

}  // namespace e2tad::adapt
