#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "e2tad/core/tracks.hpp"

namespace e2tad::files {

/// Reads one file a frame, NNNNNN.json, whose name is the frame number: a list of
/// {"class": "person" or "ball", "id", "bounding box (ltrb)": [left, top, right, bottom]}, or with
/// "bounding box (ltwh)": [left, top, width, height]; pixels. Other keys are ignored. An empty list is a
/// frame that was looked at and shows nothing. Hidden files and files that aren't .json are skipped.
///
/// @throws std::filesystem::filesystem_error if the folder can't be read; InputError naming file, entry and
///         field for whatever isn't usable, and for a folder without such files.
/// Source: LPCVC-2021 UAV-Video samples (gt_tracks, pseudo_tracks).
Tracks read_track_folder(const std::string &folder);

/// Adds the entries of one frame's file to `tracks` and the frame to its `observed`; normalise() is left to
/// the caller. @param name  stands for the file in errors.
void parse_track_frame(std::string_view text, const std::string &name, std::int32_t frame, Tracks &tracks);

enum class BoxForm { kLtrb, kLtwh };

/// Writes what read_track_folder() reads, one file an observed frame. The folder appears whole under its name
/// or not at all.
/// @throws InputError if the folder exists and isn't empty, filesystem_error if it can't be written.
void write_track_folder(const Tracks &tracks, const std::string &folder, BoxForm form = BoxForm::kLtrb);

}  // namespace e2tad::files
