#include "e2tad/nn_torch/torch_harmonizer.hpp"

#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "e2tad/core/error.hpp"

namespace e2tad::nn_torch {

TorchHarmonizer::TorchHarmonizer(const std::string &model, const RunOptions &options)
    : card_(read_card(card_path(model), "harmonizer")), network_(model, options), normaliser_(card_) {
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

cv::Mat TorchHarmonizer::harmonize(const cv::Mat &image, const cv::Mat &mask) const {
    if (image.type() != CV_8UC3 || mask.type() != CV_8UC1 || image.size() != mask.size() || image.empty()) {
        throw std::invalid_argument("harmonize: expected a BGR image and an 8-bit mask of the same size");
    }
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
