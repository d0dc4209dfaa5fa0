#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "e2tad/core/tracks.hpp"

namespace e2tad::files {

/// A row of the contest's init.csv: where an object with a known identity stands in a frame.
struct InitRow {
    std::int32_t frame = 0;
    ObjectClass object_class = ObjectClass::kPerson;
    std::int32_t id = 0;
    double center_x = 0;  ///< Centre and size as shares of the frame's width and height.
    double center_y = 0;
    double width = 0;
    double height = 0;
};

/// Shares may lie this far outside of 0..1: a box that the frame's edge cuts may have its centre beyond it.
/// Far less than pixels taken for shares would need.
inline constexpr double kInitSlack = 0.1;

/// Reads `Frame,Class,ID,X,Y,Width,Height`, in file order; names in any case and order, further columns are
/// ignored. Class 0 is a person, 1 a ball.
/// @throws std::filesystem::filesystem_error if the file can't be opened; InputError naming line and column
///         for what isn't usable, for a (frame, class, id) that occurs twice, and for a file without rows.
/// Source: LPCVC-2021 UAV-Video, the input beside the video.
std::vector<InitRow> read_init_csv(const std::string &path);
std::vector<InitRow> parse_init_csv(const std::string &name, std::string_view text);

/// The rows as boxes in pixels of a frame of that size.
/// @throws std::invalid_argument if a size is below 1.
Tracks init_tracks(const std::vector<InitRow> &rows, std::int32_t frame_width, std::int32_t frame_height);

/// The boxes as rows: init_tracks() undone.
std::vector<InitRow> init_rows(const Tracks &tracks, std::int32_t frame_width, std::int32_t frame_height);

/// Writes what read_init_csv() reads, six decimals as in the contest's files.
/// @throws InputError, and writes nothing, for rows that read_init_csv() would refuse.
void write_init_csv(const std::vector<InitRow> &rows, const std::string &path);

}  // namespace e2tad::files
