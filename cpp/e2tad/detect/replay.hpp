#pragma once
#include <cstdint>
#include <vector>

#include "e2tad/core/tracks.hpp"
#include "e2tad/detect/detector.hpp"

namespace e2tad::detect {

/// Detections recorded earlier, given back by frame number. A frame that isn't recorded has none.
class ReplayDetector : public Detector {
  public:
    /// @param frames      frame of each row, 0 or more, in any order; rows of a frame keep their order.
    /// @param detections  as many rows.
    /// @throws std::invalid_argument naming the row that isn't usable.
    ReplayDetector(std::vector<std::int32_t> frames, const Detections &detections);

    /// The boxes of tracks without their identities, each with a score of 1.
    explicit ReplayDetector(const Tracks &tracks);

    Detections detect(const FrameView &frame) override;
    /// Those of the frame whose centre lies in the region: what isn't fed can't be seen.
    Detections detect(const FrameView &frame, const geometry::Letterbox &view) override;

  private:
    std::vector<std::int32_t> frames_;  ///< Ascending.
    Detections detections_;             ///< In the order of `frames_`.
};

}  // namespace e2tad::detect
