#include "e2tad/reid/crop.hpp"

#include <opencv2/imgproc.hpp>
#include <stdexcept>

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

void cut_crop(const ImageView &image, const Crop &crop, std::uint8_t *out) {
    const geometry::PixelRect &r = crop.region;
    if (image.data == nullptr || r.left < 0 || r.top < 0 || r.width < 1 || r.height < 1 ||
        r.left + r.width > image.width || r.top + r.height > image.height) {
        throw std::invalid_argument("crop: its region must lie inside the image");
    }
    const cv::Mat part(r.height, r.width, CV_8UC3,
                       const_cast<std::uint8_t *>(image.data) + r.top * image.stride + 3 * r.left,
                       static_cast<std::size_t>(image.stride));
    cv::Mat scaled(crop.size.height, crop.size.width, CV_8UC3, out);
    cv::resize(part, scaled, scaled.size(), 0, 0,
               crop.size.width < r.width ? cv::INTER_AREA : cv::INTER_LINEAR);
}

}  // namespace e2tad::reid
