#pragma once
#include "e2tad/core/image.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/detect/detections.hpp"

namespace e2tad::reid {

/// Turns detections into features by which an identity is known again.
class Embedder {
  public:
    virtual ~Embedder() = default;
    /// Length of a feature.
    [[nodiscard]] virtual std::size_t width() const = 0;
    /// @return  (N, width) features, a row a detection.
    virtual Matrix embed(const FrameView &frame, const detect::Detections &detections) = 0;
};

}  // namespace e2tad::reid
