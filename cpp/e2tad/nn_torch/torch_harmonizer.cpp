#include "e2tad/nn_torch/torch_harmonizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "e2tad/core/error.hpp"

namespace e2tad::nn_torch {

TorchHarmonizer::TorchHarmonizer(const std::string &model, const RunOptions &options)
    : card_(read_card_of(model, "harmonizer")), network_(model, options), normaliser_(card_) {
    const auto side = static_cast<std::size_t>(card_.multiple);
    const std::vector<float> nothing(side * side * 3);
    (void)run(nothing.data(), nothing.data(), card_.multiple, card_.multiple);
}

Output TorchHarmonizer::run(const float *pixels, const float *mask, int height, int width) const {
    const std::array<Input, 2> inputs{{{pixels, {1, 3, height, width}, true}, {mask, {1, 1, height, width}}}};
    std::vector<Output> outputs = network_.run(inputs);
    if (outputs.size() != 1 || outputs[0].shape != inputs[0].shape) {
        throw InputError(card_.path + ": the card disagrees with its network: expected a picture " +
                         shape_text(inputs[0].shape) + ", but the network gives " +
                         (outputs.size() == 1 ? shape_text(outputs[0].shape)
                                              : std::to_string(outputs.size()) + " tensors"));
    }
    return std::move(outputs[0]);
}

namespace {

/// Side of a window in sides of the foreground in it: the middle of what trainings draw for persons and
/// balls.
constexpr double kWindow = 3.0;

/// The square around a foreground, moved into the picture; smaller where the picture is.
cv::Rect window_around(const cv::Rect &part, const cv::Size &picture) {
    const int wanted = static_cast<int>(std::lround(kWindow * std::max(part.width, part.height)));
    const int side = std::min({wanted, picture.width, picture.height});
    const auto from = [side](int begin, int length, int extent) {
        return std::clamp(begin + (length - side) / 2, 0, extent - side);
    };
    return {from(part.x, part.width, picture.width), from(part.y, part.height, picture.height), side, side};
}

cv::Mat resized(const cv::Mat &from, const cv::Size &size) {
    cv::Mat to;
    cv::resize(from, to, size, 0, 0, size.area() < from.size().area() ? cv::INTER_AREA : cv::INTER_LINEAR);
    return to;
}

}  // namespace

cv::Mat TorchHarmonizer::harmonize(const cv::Mat &image, const cv::Mat &mask) const {
    if (image.type() != CV_8UC3 || mask.type() != CV_8UC1 || image.size() != mask.size() || image.empty()) {
        throw std::invalid_argument("harmonize: expected a BGR image and an 8-bit mask of the same size");
    }
    if (card_.input_height == 0) return harmonize_whole(image, mask);
    const cv::Size input(card_.input_width, card_.input_height);
    cv::Mat parts;
    cv::Mat boxes;
    cv::Mat centres;
    const int count = cv::connectedComponentsWithStats(mask, parts, boxes, centres);
    cv::Mat result = image.clone();
    for (int part = 1; part < count; ++part) {
        const auto stat = [&](int what) { return boxes.at<int>(part, what); };
        const cv::Rect box(stat(cv::CC_STAT_LEFT), stat(cv::CC_STAT_TOP), stat(cv::CC_STAT_WIDTH),
                           stat(cv::CC_STAT_HEIGHT));
        const cv::Rect window = window_around(box, image.size());
        cv::Mat own = cv::Mat::zeros(window.size(), CV_8U);
        mask(window).copyTo(own, parts(window) == part);
        const cv::Mat small = resized(image(window), input);
        const cv::Mat fitted = harmonize_whole(small, resized(own, input));
        // The change is brought to the picture, not the picture: its detail stays.
        cv::Mat change;
        cv::subtract(fitted, small, change, cv::noArray(), CV_32F);
        cv::Mat changed;
        cv::add(image(window), resized(change, window.size()), changed, cv::noArray(), CV_8U);
        changed.copyTo(result(window), own);
    }
    return result;
}

cv::Mat TorchHarmonizer::harmonize_whole(const cv::Mat &image, const cv::Mat &mask) const {
    const auto padded = [this](int length) {
        return (length + card_.multiple - 1) / card_.multiple * card_.multiple;
    };
    const int height = padded(image.rows);
    const int width = padded(image.cols);
    const auto enlarged = [&](const cv::Mat &from) {
        cv::Mat to;
        // Mirrored as often as it takes, so that a picture smaller than the padding works too.
        cv::copyMakeBorder(from, to, 0, height - from.rows, 0, width - from.cols,
                           from.rows > 1 && from.cols > 1 ? cv::BORDER_REFLECT_101 : cv::BORDER_REPLICATE);
        return to;
    };
    const cv::Mat composite = enlarged(image);
    cv::Mat share;
    enlarged(mask).convertTo(share, CV_32F, 1.0 / 255.0);
    std::vector<float> pixels(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    normaliser_.fill({composite.data, width, height, static_cast<std::ptrdiff_t>(composite.step)},
                     pixels.data());
    const Output output = run(pixels.data(), share.ptr<float>(), height, width);

    cv::Mat result = image.clone();
    const std::size_t plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    for (int y = 0; y < image.rows; ++y) {
        for (int x = 0; x < image.cols; ++x) {
            if (mask.at<std::uint8_t>(y, x) == 0) continue;
            const float *value = output.data + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                 static_cast<std::size_t>(x);
            cv::Vec3b &pixel = result.at<cv::Vec3b>(y, x);
            for (int c = 0; c < 3; ++c) {
                const float level = 255.0f * value[static_cast<std::size_t>(c) * plane];
                pixel[card_.is_rgb ? 2 - c : c] = cv::saturate_cast<std::uint8_t>(level);
            }
        }
    }
    return result;
}

std::unique_ptr<synth::Harmonizer> make_harmonizer(const std::string &model) {
    return std::make_unique<TorchHarmonizer>(model);
}

}  // namespace e2tad::nn_torch
