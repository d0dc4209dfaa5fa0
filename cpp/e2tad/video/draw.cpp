#include "e2tad/video/draw.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace e2tad::video {
namespace {

// Subpixel bits of OpenCV's drawing: coordinates are given in sixteenths of a pixel.
constexpr int kShift = 4;

cv::Scalar scalar(const std::array<std::uint8_t, 3> &bgr) {
    return {static_cast<double>(bgr[0]), static_cast<double>(bgr[1]), static_cast<double>(bgr[2])};
}

/// Far outside of the picture OpenCV's fixed-point coordinates would overflow.
cv::Point fixed_point(const cv::Mat &image, float x, float y) {
    const auto clamp = [](float value, int extent) {
        return std::clamp(value, -4.0f * static_cast<float>(extent), 5.0f * static_cast<float>(extent));
    };
    return {cvRound(clamp(x, image.cols) * (1 << kShift)), cvRound(clamp(y, image.rows) * (1 << kShift))};
}

void draw_text(cv::Mat &image, const std::string &text, cv::Point at, double scale,
               const std::array<std::uint8_t, 3> &background) {
    constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
    const int thickness = std::max(1, cvRound(scale * 2));
    int baseline = 0;
    const cv::Size size = cv::getTextSize(text, kFont, scale, thickness, &baseline);
    const int pad = std::max(2, size.height / 4);
    // Kept inside the picture, so that a person at its edge has a name too.
    at.x = std::clamp(at.x, 0, std::max(0, image.cols - size.width - 2 * pad));
    at.y = std::clamp(at.y, size.height + 2 * pad, std::max(size.height + 2 * pad, image.rows - 1));
    cv::rectangle(image, {at.x, at.y - size.height - 2 * pad}, {at.x + size.width + 2 * pad, at.y},
                  scalar(background), cv::FILLED);
    // Rec. 601 luma decides whether black or white can be read on the colour.
    const double luma = 0.114 * background[0] + 0.587 * background[1] + 0.299 * background[2];
    cv::putText(image, text, {at.x + pad, at.y - pad}, kFont, scale,
                luma > 140 ? cv::Scalar(0, 0, 0) : cv::Scalar(255, 255, 255), thickness, cv::LINE_AA);
}

}  // namespace

std::array<std::uint8_t, 3> identity_color(std::int32_t id) {
    // Okabe and Ito's palette without grey and yellow: distinct in the common forms of colour blindness. The
    // timeline page has the same.
    static constexpr std::array<std::array<std::uint8_t, 3>, 6> kPalette{{{0xB2, 0x72, 0x00},
                                                                          {0x00, 0x9F, 0xE6},
                                                                          {0x73, 0x9E, 0x00},
                                                                          {0x00, 0x5E, 0xD5},
                                                                          {0xA7, 0x79, 0xCC},
                                                                          {0xE9, 0xB4, 0x56}}};
    const auto index = static_cast<std::size_t>(std::max(id, 1) - 1);
    if (index < kPalette.size()) return kPalette[index];
    const double hue = std::fmod(static_cast<double>(index) * 137.508, 360.0) / 60.0;
    const double x = 1 - std::abs(std::fmod(hue, 2.0) - 1);
    const std::array<std::array<double, 3>, 6> rgb{
        {{1, x, 0}, {x, 1, 0}, {0, 1, x}, {0, x, 1}, {x, 0, 1}, {1, 0, x}}};
    const auto &[r, g, b] = rgb[static_cast<std::size_t>(hue) % rgb.size()];
    const auto byte = [](double value) { return static_cast<std::uint8_t>(40 + 170 * value); };
    return {byte(b), byte(g), byte(r)};
}

void draw(cv::Mat &image, std::span<const Mark> marks, const std::string &caption) {
    if (image.type() != CV_8UC3) throw std::invalid_argument("image: expected BGR of 8 bits a channel");
    const double scale = std::max(0.35, image.rows / 1200.0);
    const int thickness = std::max(1, image.rows / 360);
    for (const Mark &mark : marks) {
        const Box &box = mark.box;
        if (!std::isfinite(box.left + box.top + box.right + box.bottom)) {
            throw std::invalid_argument("box: expected finite numbers");
        }
        if (mark.round) {
            const cv::Point center = fixed_point(image, box.center_x(), box.center_y());
            const cv::Point corner = fixed_point(image, box.right, box.bottom);
            cv::ellipse(image, center, {std::max(0, corner.x - center.x), std::max(0, corner.y - center.y)},
                        0, 0, 360, scalar(mark.bgr), thickness, cv::LINE_AA, kShift);
        } else {
            cv::rectangle(image, fixed_point(image, box.left, box.top),
                          fixed_point(image, box.right, box.bottom), scalar(mark.bgr), thickness, cv::LINE_AA,
                          kShift);
        }
        if (!mark.label.empty()) {
            const cv::Point at = fixed_point(image, box.left, box.top);
            draw_text(image, mark.label, {at.x >> kShift, at.y >> kShift}, scale, mark.bgr);
        }
    }
    if (!caption.empty()) draw_text(image, caption, {0, 0}, 1.3 * scale, {32, 32, 32});
}

}  // namespace e2tad::video
