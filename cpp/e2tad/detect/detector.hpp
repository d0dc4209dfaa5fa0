#pragma once
#include "e2tad/core/image.hpp"
#include "e2tad/detect/detections.hpp"

namespace e2tad::detect {

/// Finds persons and balls in a frame.
class Detector {
  public:
    virtual ~Detector() = default;
    /// @return  boxes in pixels of the frame, classes in the contest's numbers (ObjectClass).
    virtual Detections detect(const FrameView &frame) = 0;
};

}  // namespace e2tad::detect
