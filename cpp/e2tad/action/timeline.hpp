#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "e2tad/core/tracks.hpp"

namespace e2tad::action {

/// Tracks as a table: a row an observed frame, a column a person or ball.
struct Timeline {
    std::vector<std::int32_t> frames;      ///< Observed frame numbers, ascending.
    std::vector<std::int32_t> person_ids;  ///< Ascending.
    std::vector<std::int32_t> ball_ids;    ///< In the order of the answer's columns.
    std::vector<Box> person_boxes;         ///< (frames, persons); see is_seen().
    std::vector<Box> ball_boxes;           ///< (frames, balls).

    [[nodiscard]] std::size_t size() const { return frames.size(); }
    [[nodiscard]] std::size_t persons() const { return person_ids.size(); }
    [[nodiscard]] std::size_t balls() const { return ball_ids.size(); }
    [[nodiscard]] const Box &person(std::size_t t, std::size_t p) const {
        return person_boxes[t * persons() + p];
    }
    [[nodiscard]] const Box &ball(std::size_t t, std::size_t b) const { return ball_boxes[t * balls() + b]; }
};

/// The box of an object that isn't seen: all NaN.
Box unseen_box();

/// Whether a table's box is a sighting.
inline bool is_seen(const Box &box) {
    return box.left == box.left;
}

/// The table of all persons of the tracks and the given balls; other balls of the tracks are left out.
/// @param ball_ids  ascending; a ball that the tracks lack is a column in which nothing is seen.
/// @throws InputError if frames times identities come to more than 2^26 (tracks whose identities don't last).
Timeline make_timeline(const Tracks &tracks, std::vector<std::int32_t> ball_ids);

/// Who holds each ball at the start: over the frames 0-10, the nearest person whose box, enlarged by 1.05,
/// holds the ball's centre, most frequent over the frames (ties: the lowest id); kNoId where there is none.
///
/// @param init  sightings in any unit of length, the rows of init.csv usually; later frames are ignored.
/// @return      one person id for each ball.
/// Source: LPCVC-2021 UAV-Video, the starting row of the labels.
std::vector<std::int32_t> starting_holders(const Tracks &init, const std::vector<std::int32_t> &ball_ids);

}  // namespace e2tad::action
