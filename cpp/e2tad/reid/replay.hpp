#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "e2tad/reid/embedder.hpp"

namespace e2tad::reid {

/// Features recorded earlier, found again by frame, class and box, so that detections may have been filtered
/// and reordered in between.
class ReplayEmbedder : public Embedder {
  public:
    /// @param frames    frame of each row, in any order.
    /// @param classes   as many.
    /// @param boxes     as many; exactly those that the detector returns. Of equal rows the first counts.
    /// @param features  (N, D), a row for each.
    /// @throws std::invalid_argument if columns differ in length or a feature isn't finite.
    ReplayEmbedder(std::span<const std::int32_t> frames, std::span<const std::int32_t> classes,
                   std::span<const Box> boxes, MatrixView features);

    [[nodiscard]] std::size_t width() const override { return features_.cols; }
    /// @throws InputError naming frame, class and box of a detection that has no recorded feature.
    Matrix embed(const FrameView &frame, const detect::Detections &detections) override;
    Matrix embed(std::span<const CropView> crops) override;

  private:
    struct Entry {
        std::int32_t frame;
        std::int32_t cls;
        Box box;
        std::size_t row;
    };
    [[nodiscard]] const float *find(std::int32_t frame, std::int32_t cls, const Box &box) const;

    std::vector<Entry> entries_;  ///< Sorted by frame, class and row.
    Matrix features_;
};

}  // namespace e2tad::reid
