#pragma once
#include <cstdint>
#include <vector>

#include "e2tad/core/tracks.hpp"
#include "e2tad/sim/world.hpp"

namespace e2tad::sim {

/// Identities as the contest numbers them: persons from 1, then balls.
inline std::int32_t person_id(int person) {
    return person + 1;
}
inline std::int32_t ball_id(const Scenario &scenario, int ball) {
    return scenario.persons + ball + 1;
}

/// The contest's label table: who holds each ball from `frame` on.
struct LabelRow {
    std::int32_t frame = 0;
    std::vector<std::int32_t> holder;  ///< A person's id for each ball, ascending by ball; 0 in flight.
};

enum class LabelKind {
    kExact,    ///< A catch is the first frame of contact; a ball in flight keeps its last holder.
    kNoisy,    ///< As kExact, with a human's delays.
    kOfficial  ///< Another human's delays; a ball in flight is 0.
};

/// What an annotator of the contest would draw: the boxes of all objects in every frame, in whole pixels,
/// a little loose, moved only when the object has visibly left its box.
Tracks annotate(const World &world, int width, int height);

/// The boxes as they are: tight, in fractions of pixels. Balls: the square round the whole circle.
Tracks exact_tracks(const World &world, int width, int height);

/// One catch.
struct Catch {
    std::int32_t frame = 0;  ///< First of the frames in contact that lead to the catch.
    int ball = 0;            ///< Indices, from 0.
    int person = 0;
};

/// The catches of a clip by frame: where the ball's centre enters the catcher's box in `tracks`, to stay.
std::vector<Catch> catches(const World &world, const Tracks &tracks);

/// Label rows, the first at frame 0. @param tracks  as `catches`.
std::vector<LabelRow> labels(const World &world, const Tracks &tracks, LabelKind kind);

}  // namespace e2tad::sim
