#include "e2tad/reid/crop.hpp"

namespace e2tad::reid {

CropSize crop_size(ObjectClass cls) {
    return cls == ObjectClass::kPerson ? CropSize{64, 128} : CropSize{64, 64};
}

Crop crop_of(const Box &box, ObjectClass cls, std::int32_t frame_width, std::int32_t frame_height) {
    Crop crop;
    crop.region = geometry::pixel_rect(box, frame_width, frame_height);
    crop.size = crop_size(cls);
    const Box whole{static_cast<float>(crop.region.left), static_cast<float>(crop.region.top),
                    static_cast<float>(crop.region.left + crop.region.width),
                    static_cast<float>(crop.region.top + crop.region.height)};
    crop.crop_from_frame = geometry::crop_from_frame(whole, crop.size.width, crop.size.height);
    return crop;
}

}  // namespace e2tad::reid
