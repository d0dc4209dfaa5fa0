#pragma once
#include <span>

#include "e2tad/core/image.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/detect/detections.hpp"

namespace e2tad::reid {

/// A detection that was cut out of its frame, borrowed.
struct CropView {
    std::int32_t frame = 0;  ///< Number of the frame it was cut from.
    std::int32_t object_class = 0;
    Box box;          ///< Pixels of the video's frame.
    ImageView image;  ///< BGR of crop_size().
};

/// Turns detections into features by which an identity is known again.
class Embedder {
  public:
    virtual ~Embedder() = default;
    /// Length of a feature.
    [[nodiscard]] virtual std::size_t width() const = 0;
    /// @return  (N, width) features, a row a detection.
    virtual Matrix embed(const FrameView &frame, const detect::Detections &detections) = 0;
    /// The same from crops, of any number of frames. A crop's feature doesn't depend on the others.
    /// @return  (N, width) features, a row a crop.
    virtual Matrix embed(std::span<const CropView> crops) = 0;
};

}  // namespace e2tad::reid
