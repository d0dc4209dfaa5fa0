#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "e2tad/core/tracks.hpp"

namespace e2tad::files {

/// How a MOTChallenge file's class column maps to persons and balls. MOTChallenge knows no balls; 1 is its
/// pedestrian.
struct MotClasses {
    std::int32_t person = 1;
    std::int32_t ball = 2;
};

/// Reads MOTChallenge text, without a header: frame,id,left,top,width,height[,confidence[,class,...]]; frames
/// count from 1 there and from 0 here, boxes are pixels.
///
/// The class stands in column 8; where it is -1 or missing, as in files of results, the row is a person. In
/// files with a class, rows whose confidence is 0 are skipped, as MOTChallenge does (regions to ignore).
/// Observed are the frames with rows, and 0 .. frame_count - 1 where frame_count is given: the form has no
/// way to write an empty frame.
/// @throws std::filesystem::filesystem_error if the file can't be opened; InputError naming line and column,
///         and for a file without rows unless frame_count is given.
/// Source: motchallenge.net, instructions; TrackEval's MotChallenge2DBox.
Tracks read_mot(const std::string &path, MotClasses classes = {}, std::int32_t frame_count = 0);
Tracks parse_mot(const std::string &name, std::string_view text, MotClasses classes = {},
                 std::int32_t frame_count = 0);

/// Writes frame,id,left,top,width,height,1,class,1: MOTChallenge's form of ground truth, which trackers'
/// evaluators read as results too.
std::string mot_text(const Tracks &tracks, MotClasses classes = {});
void write_mot(const Tracks &tracks, const std::string &path, MotClasses classes = {});

}  // namespace e2tad::files
