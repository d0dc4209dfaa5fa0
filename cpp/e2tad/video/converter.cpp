#include "e2tad/video/converter.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

extern "C" {
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

namespace e2tad::video {
namespace {

/// Room for `rows` packed rows as swscale wants it: its vector code writes whole blocks of pixels, past the
/// end of a row, and leaves out a row's last block if the distance between rows has no place for it.
void create_for_swscale(cv::Mat &target, std::int32_t rows, std::int32_t width) {
    constexpr std::int32_t kBlock = 32;
    target.create(rows + 1, (width + kBlock - 1) / kBlock * kBlock, CV_8UC3);
}

}  // namespace

FrameConverter::FrameConverter(std::int32_t width, std::int32_t height, std::int32_t rotation_degrees,
                               bool rgb)
    : width_(width), height_(height), rotation_degrees_(rotation_degrees), rgb_(rgb) {}

FrameConverter::~FrameConverter() {
    sws_freeContext(sws_);
}

bool FrameConverter::convert(const AVFrame &picture, std::uint8_t *image) {
    cv::Mat out(height_, width_, CV_8UC3, image);
    if (rotation_degrees_ == 0) return convert_upright(picture, out);
    const bool sideways = rotation_degrees_ % 180 != 0;
    upright_.create(sideways ? width_ : height_, sideways ? height_ : width_, CV_8UC3);
    if (!convert_upright(picture, upright_)) return false;
    cv::rotate(upright_, out,
               rotation_degrees_ == 90    ? cv::ROTATE_90_CLOCKWISE
               : rotation_degrees_ == 180 ? cv::ROTATE_180
                                          : cv::ROTATE_90_COUNTERCLOCKWISE);
    return true;
}

bool FrameConverter::convert_upright(const AVFrame &picture, cv::Mat &upright) {
    const auto format = static_cast<AVPixelFormat>(picture.format);
    sws_ = sws_getCachedContext(sws_, picture.width, picture.height, format, picture.width, picture.height,
                                rgb_ ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_BGR24, SWS_BICUBIC, nullptr, nullptr,
                                nullptr);
    if (sws_ == nullptr) return false;
    // An untagged picture is taken for BT.601, as swscale and OpenCV do.
    const int full_range = picture.color_range == AVCOL_RANGE_JPEG || format == AV_PIX_FMT_YUVJ420P ||
                                   format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P
                               ? 1
                               : 0;
    const int *matrix = sws_getCoefficients(picture.colorspace);
    sws_setColorspaceDetails(sws_, matrix, full_range, matrix, 1, 0, 1 << 16, 1 << 16);

    const auto rows_of = [&](int top, int rows, cv::Mat &target) {
        std::uint8_t *planes[4] = {target.data, nullptr, nullptr, nullptr};
        const int strides[4] = {static_cast<int>(target.step), 0, 0, 0};
        // swscale writes row `top` of the picture at `top` strides from where the planes begin.
        planes[0] -= static_cast<std::ptrdiff_t>(top) * strides[0];
        const std::uint8_t *source[4] = {};
        for (int plane = 0; plane < 4 && picture.data[plane] != nullptr; ++plane) {
            const int chroma = plane == 1 || plane == 2 ? 1 : 0;
            source[plane] =
                picture.data[plane] + static_cast<std::ptrdiff_t>(top >> chroma) * picture.linesize[plane];
        }
        sws_scale(sws_, source, picture.linesize, top, rows, planes, strides);
    };

    const bool planar_420 = format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P;
    // Only this conversion treats every pair of rows by itself; swscale's general one looks at rows around,
    // and holds some back.
    if (planar_420 && picture.height % 2 == 0) {
        const int ratio = picture.height / upright.rows;
        if (picture.height == ratio * upright.rows && picture.width == ratio * upright.cols) {
            constexpr int kStripRows = 16;  // 1080p: 92 KB converted, half of a second-level cache
            const int step = std::max(kStripRows / ratio, 1) * ratio * (ratio % 2 == 0 ? 1 : 2);
            create_for_swscale(strip_, step, picture.width);
            for (int top = 0; top < picture.height; top += step) {
                const int rows = std::min(step, picture.height - top);
                cv::Mat strip = strip_(cv::Rect(0, 0, picture.width, rows));
                cv::Mat part = upright.rowRange(top / ratio, (top + rows) / ratio);
                rows_of(top, rows, strip);
                cv::resize(strip, part, part.size(), 0, 0, cv::INTER_AREA);
            }
            return true;
        }
    }
    create_for_swscale(strip_, picture.height, picture.width);
    cv::Mat whole = strip_(cv::Rect(0, 0, picture.width, picture.height));
    std::uint8_t *planes[4] = {whole.data, nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(whole.step), 0, 0, 0};
    sws_scale(sws_, picture.data, picture.linesize, 0, picture.height, planes, strides);
    cv::resize(whole, upright, upright.size(), 0, 0, cv::INTER_AREA);
    return true;
}

}  // namespace e2tad::video
