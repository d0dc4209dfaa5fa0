#pragma once
#include <cstdint>

#include "e2tad/core/image.hpp"
#include "e2tad/detect/detections.hpp"
#include "e2tad/geometry/transform.hpp"

namespace e2tad::detect {

/// Finds persons and balls in a frame.
class Detector {
  public:
    virtual ~Detector() = default;
    /// Looks at the whole frame.
    /// @return  boxes in pixels of the video's frame, classes in the contest's numbers (ObjectClass).
    virtual Detections detect(const FrameView &frame) = 0;
    /// Looks at a region of the frame.
    /// @param view  the region, in pixels of `frame.image`, and how it is laid into the network's input.
    /// @return      as above: boxes are in pixels of the video's whole frame.
    virtual Detections detect(const FrameView &frame, const geometry::Letterbox &view) = 0;
    /// Longer side, in pixels, of what should be fed where the user names none.
    [[nodiscard]] virtual std::int32_t input_px() const { return kInputPx; }

    /// Of the deployed winners' program.
    static constexpr std::int32_t kInputPx = 416;
};

}  // namespace e2tad::detect
