#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "e2tad/core/tracks.hpp"

namespace e2tad::files {

/// Person ids of a track set -> those of the labels; persons that aren't named keep theirs.
using PersonIds = std::map<std::int32_t, std::int32_t>;

/// Reads "FROM=TO,FROM=TO" ("2=1,3=2"); "" is no change.
/// @throws InputError naming the part that isn't two whole numbers, or a FROM that occurs twice.
PersonIds parse_person_ids(std::string_view text);

/// The tracks with their persons renamed, all at once: 1=2,2=1 exchanges two. Balls keep their ids.
/// @throws InputError if two persons of one frame end up with one id.
Tracks rename_persons(Tracks tracks, const PersonIds &ids);

/// What the LPCVC-2021 samples need: in 4p1b_01A2 the persons of gt_tracks are numbered otherwise than in
/// init.csv and the labels. Other videos: no change.
PersonIds lpcvc21_person_ids(std::string_view video);

}  // namespace e2tad::files
