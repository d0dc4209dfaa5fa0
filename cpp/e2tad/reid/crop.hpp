#pragma once
#include <cstdint>

#include "e2tad/core/image.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/geometry/transform.hpp"

namespace e2tad::reid {

/// Size of the network's input, pixels.
struct CropSize {
    std::int32_t width = 0;
    std::int32_t height = 0;
    friend bool operator==(const CropSize &, const CropSize &) = default;
};

/// 64 x 128 (width x height) for a person, 64 x 64 for a ball: one network takes both.
CropSize crop_size(ObjectClass cls);

/// The pixels of a frame that a detection's crop is cut from, and the size that they are scaled to.
struct Crop {
    geometry::PixelRect region;  ///< Inside the frame, at least one pixel.
    CropSize size;
    geometry::AxisTransform crop_from_frame;
};

/// The crop of a box: outward to whole pixels, cut at the frame's border.
/// @throws std::invalid_argument if the frame's size isn't positive.
Crop crop_of(const Box &box, ObjectClass cls, std::int32_t frame_width, std::int32_t frame_height);

/// Cuts and scales a crop: by area where it gets narrower, else linearly.
/// @param out  size.height x size.width x 3 bytes of the caller.
/// @throws std::invalid_argument if the region isn't inside the image.
void cut_crop(const ImageView &image, const Crop &crop, std::uint8_t *out);

}  // namespace e2tad::reid
