#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "e2tad/core/types.hpp"

namespace e2tad {

/// Boxes with identities over a video, one row an observation, in columns of one length.
///
/// Rows are sorted by (frame, class, id); a (frame, class, id) occurs once. `observed` holds every frame
/// that was looked at, ascending: a frame in which nothing was seen is observed and has no rows.
struct Tracks {
    std::vector<std::int32_t> observed;  ///< Frame numbers, from 0.
    std::vector<std::int32_t> frame;
    std::vector<ObjectClass> object_class;
    std::vector<std::int32_t> id;
    std::vector<Box> box;

    [[nodiscard]] std::size_t size() const { return frame.size(); }

    /// Appends a row; the caller sorts with `normalise` when done.
    void add(std::int32_t frame_number, ObjectClass cls, std::int32_t identity, const Box &ltrb);

    /// Sorts the rows, adds their frames to `observed`, and checks what the struct promises.
    /// @param source  named in the errors: a file or folder.
    /// @throws InputError for negative frames or ids, a repeated (frame, class, id), a box that is not
    ///         finite or has right < left or bottom < top, or columns of differing length.
    void normalise(const std::string &source);

    /// The identities of a class that occur, ascending.
    [[nodiscard]] std::vector<std::int32_t> ids(ObjectClass cls) const;

    /// The frames whose number `step` divides (step 1: all).
    /// @throws std::invalid_argument if step < 1.
    [[nodiscard]] Tracks every(std::int32_t step) const;
};

}  // namespace e2tad
