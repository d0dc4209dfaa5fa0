#pragma once
#include <cstdint>
#include <opencv2/core.hpp>

struct AVFrame;
struct SwsContext;

namespace e2tad::video {

/// Decoded pictures to packed 8-bit images of one size.
///
/// The conversion is that of OpenCV's `VideoCapture` (swscale, bicubic flag, default matrix), the scaling
/// that of `cv::resize` with INTER_AREA. Where both sizes allow, it runs over strips that stay in the cache:
/// their rows become the same bytes.
class FrameConverter {
  public:
    /// @param width,height      of the images, after rotation.
    /// @param rotation_degrees  clockwise: 0, 90, 180 or 270.
    FrameConverter(std::int32_t width, std::int32_t height, std::int32_t rotation_degrees, bool rgb);
    ~FrameConverter();
    FrameConverter(const FrameConverter &) = delete;
    FrameConverter &operator=(const FrameConverter &) = delete;

    /// @param image  height x width x 3 bytes.
    /// @return false if swscale doesn't know the picture's format.
    bool convert(const AVFrame &picture, std::uint8_t *image);

  private:
    bool convert_upright(const AVFrame &picture, cv::Mat &upright);

    std::int32_t width_;
    std::int32_t height_;
    std::int32_t rotation_degrees_;
    bool rgb_;
    SwsContext *sws_ = nullptr;
    cv::Mat strip_;    ///< The picture, or a strip of it, at the video's own size.
    cv::Mat upright_;  ///< The scaled image before it is turned.
};

}  // namespace e2tad::video
