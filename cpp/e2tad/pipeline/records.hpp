#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "e2tad/core/tracks.hpp"
#include "e2tad/detect/detections.hpp"
#include "e2tad/reid/embedder.hpp"

namespace e2tad::pipeline {

/// Crops of many frames, with the boxes that they were cut from, one after another in memory.
/// Source: the paper, Section 3.2, `crop_records`; a crop's box stands beside it, as in Figure 5.
class CropRecords {
  public:
    /// @param limit_bytes  of pixels; at least one frame's crops are always taken.
    explicit CropRecords(std::size_t limit_bytes) : limit_(limit_bytes) {}

    /// Whether so many bytes more stay within the limit; true while there is nothing.
    [[nodiscard]] bool fits(std::size_t bytes) const { return used_ == 0 || used_ + bytes <= limit_; }
    /// Cuts a detection out of a frame's picture and appends it.
    /// @throws std::invalid_argument if the frame has no pixels.
    void add(const FrameView &frame, const Box &box, ObjectClass cls);
    void clear();

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::size_t bytes() const { return used_; }
    /// Bytes that a detection's crop takes.
    static std::size_t bytes_of(ObjectClass cls);
    /// All crops, borrowed until the next call of add() or clear().
    [[nodiscard]] std::vector<reid::CropView> views() const;

  private:
    struct Entry {
        std::int32_t frame = 0;
        ObjectClass cls = ObjectClass::kPerson;
        Box box;
        std::size_t offset = 0;
    };
    std::size_t limit_;
    std::size_t used_ = 0;
    std::vector<std::uint8_t> pixels_;
    std::vector<Entry> entries_;
};

/// Boxes of the sampled frames: a row of P + B entries a frame, persons by id, then balls by id.
/// Identities that weren't known at the start (opened ones) follow in rows of their own.
/// Source: the paper, Section 3.2, `bbox_records`, and Figure 5: ordered by person and ball id.
class BoxRecords {
  public:
    /// @param persons,balls  the known identities, ascending.
    BoxRecords(std::vector<std::int32_t> persons, std::vector<std::int32_t> balls);

    /// Adds a frame after the last one. @param ids  a row a detection; those of kNoId are left out.
    void add(std::int32_t frame, const detect::Detections &detections, std::span<const std::int32_t> ids);
    /// Drops all frames but the last so many.
    void keep_last(std::size_t frames);

    [[nodiscard]] std::size_t size() const { return frames_.size(); }
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] Tracks tracks() const;

  private:
    [[nodiscard]] std::size_t columns() const { return persons_.size() + balls_.size(); }
    [[nodiscard]] std::size_t column(ObjectClass cls, std::int32_t id) const;

    std::vector<std::int32_t> persons_;
    std::vector<std::int32_t> balls_;
    std::vector<std::int32_t> frames_;
    std::vector<Box> boxes_;  ///< (frames, columns); right < left where nothing was seen.
    Tracks others_;           ///< Rows of identities without a column.
};

}  // namespace e2tad::pipeline
