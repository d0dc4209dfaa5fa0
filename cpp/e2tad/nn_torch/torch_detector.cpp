#include "e2tad/nn_torch/torch_detector.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "e2tad/core/error.hpp"

namespace e2tad::nn_torch {
namespace {

/// Between the mean of natural pictures and black, as YOLO networks are trained.
/// Source: YOLOv5, release 5, utils/datasets.py, letterbox.
constexpr double kPadding = 114;

void check(const FrameView &frame, const geometry::Letterbox &view) {
    const ImageView &image = frame.image;
    if (image.data == nullptr || image.width < 1 || image.height < 1) {
        throw std::invalid_argument("detect: the frame has no picture");
    }
    const geometry::PixelRect &r = view.region;
    const geometry::PixelRect &c = view.content;
    const bool region_fits = r.left >= 0 && r.top >= 0 && r.width > 0 && r.height > 0 &&
                             r.width <= image.width - r.left && r.height <= image.height - r.top;
    const bool content_fits = c.left >= 0 && c.top >= 0 && c.width > 0 && c.height > 0 &&
                              c.width <= view.width - c.left && c.height <= view.height - c.top;
    if (!region_fits || !content_fits) {
        throw std::invalid_argument("detect: the view must lie inside the frame's picture");
    }
}

/// The region scaled into the padded canvas: by area where it shrinks, so that small balls don't fall between
/// the samples.
void lay(const ImageView &image, const geometry::Letterbox &view, std::vector<std::uint8_t> &canvas) {
    const geometry::PixelRect &r = view.region;
    const geometry::PixelRect &c = view.content;
    canvas.resize(static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.height) * 3);
    cv::Mat whole(view.height, view.width, CV_8UC3, canvas.data());
    if (c.width != view.width || c.height != view.height) whole.setTo(cv::Scalar::all(kPadding));
    const cv::Mat part(r.height, r.width, CV_8UC3,
                       const_cast<std::uint8_t *>(image.data) + r.top * image.stride + 3 * r.left,
                       static_cast<std::size_t>(image.stride));
    cv::Mat inner = whole(cv::Rect(c.left, c.top, c.width, c.height));
    cv::resize(part, inner, inner.size(), 0, 0, c.width < r.width ? cv::INTER_AREA : cv::INTER_LINEAR);
}

}  // namespace

TorchDetector::TorchDetector(const detect::DetectorConfig &config)
    : config_(config),
      card_(read_card_of(config.model, "detector")),
      object_classes_(card_.object_classes()),
      engine_(config.engine == "auto" ? auto_engine(card_.quantised) : config.engine),
      network_(config.model, {engine_, config.threads}),
      normaliser_(card_) {
    for (const float stride : card_.strides)
        multiple_ = std::max(multiple_, static_cast<std::int32_t>(stride));
    const std::int32_t own = std::max(card_.input_width, card_.input_height);
    if (config_.input == 0) config_.input = own > 0 ? own : kInputPx;
    // A picture of nothing shows whether card and network agree, before a video is opened.
    const std::int32_t height = card_.input_height > 0 ? card_.input_height : 2 * multiple_;
    const std::int32_t width = card_.input_width > 0 ? card_.input_width : 2 * multiple_;
    const std::vector<float> nothing(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    const Input input{nothing.data(), {1, 3, height, width}, true};
    (void)heads(network_.run({&input, 1}), height, width);
    if (own > 0 && config_.input != own) check_other_input();
}

void TorchDetector::check_other_input() const {
    const geometry::Letterbox fed = geometry::letterbox(16, 9, config_.input, multiple_);
    const std::vector<float> nothing(static_cast<std::size_t>(fed.height) *
                                     static_cast<std::size_t>(fed.width) * 3);
    const Input input{nothing.data(), {1, 3, fed.height, fed.width}, true};
    try {
        (void)heads(network_.run({&input, 1}), fed.height, fed.width);
    } catch (const InputError &) {
        throw InputError(config_.model + ": takes only its card's input of " +
                         std::to_string(card_.input_width) + "x" + std::to_string(card_.input_height) +
                         ", but /detector/input is " + std::to_string(config_.input) +
                         "; 0 takes the card's");
    }
}

std::vector<detect::HeadOutput> TorchDetector::heads(const std::vector<Output> &outputs, std::int64_t height,
                                                     std::int64_t width) const {
    const std::string where = card_.path + ": the card disagrees with its network: ";
    if (outputs.size() != card_.strides.size()) {
        throw InputError(where + std::to_string(card_.strides.size()) + " strides, but the network has " +
                         std::to_string(outputs.size()) + " heads");
    }
    std::vector<detect::HeadOutput> heads;
    for (std::size_t h = 0; h < outputs.size(); ++h) {
        const auto stride = static_cast<std::int64_t>(card_.strides[h]);
        const std::vector<std::int64_t> expected{1, static_cast<std::int64_t>(card_.anchors[h].size()),
                                                 height / stride, width / stride,
                                                 5 + static_cast<std::int64_t>(card_.classes.size())};
        if (outputs[h].shape != expected) {
            throw InputError(where + "its anchors, strides and classes make head " + std::to_string(h) + " " +
                             shape_text(expected) + " on an input of " + std::to_string(width) + "x" +
                             std::to_string(height) + ", but the network gives " +
                             shape_text(outputs[h].shape));
        }
        heads.push_back({outputs[h].data, static_cast<std::int32_t>(expected[2]),
                         static_cast<std::int32_t>(expected[3]), card_.strides[h], card_.anchors[h]});
    }
    return heads;
}

detect::Detections TorchDetector::detect(const FrameView &frame) {
    if (frame.image.width < 1 || frame.image.height < 1) {
        throw std::invalid_argument("detect: the frame has no picture");
    }
    return detect(frame,
                  geometry::letterbox(frame.image.width, frame.image.height, config_.input, multiple_));
}

detect::Detections TorchDetector::detect(const FrameView &frame, const geometry::Letterbox &view) {
    check(frame, view);
    const std::lock_guard turn(mutex_);
    lay(frame.image, view, canvas_);
    input_.resize(canvas_.size());
    normaliser_.fill({canvas_.data(), view.width, view.height, std::ptrdiff_t{3} * view.width},
                     input_.data());
    const Input input{input_.data(), {1, 3, view.height, view.width}, true};
    const std::vector<Output> outputs = network_.run({&input, 1});
    detect::DecodeOptions options;
    options.confidence = config_.confidence;
    options.nms_iou = config_.nms_iou;
    options.circle_class = card_.circle_class();
    detect::Detections found;
    try {
        found = detect::decode_heads(heads(outputs, view.height, view.width),
                                     static_cast<std::int32_t>(card_.classes.size()), options);
    } catch (const std::invalid_argument &error) {
        throw InputError(network_.path() + ": " + error.what());
    }
    const geometry::AxisTransform video_from_picture{frame.scale_x(), frame.scale_y(), 0, 0};
    detect::Detections kept;
    const auto most = static_cast<std::size_t>(config_.max_detections);
    for (std::size_t i = 0; i < found.size() && kept.size() < most; ++i) {
        const std::int32_t cls = object_classes_[static_cast<std::size_t>(found.classes[i])];
        if (cls == detect::kNoClass) continue;
        const Box box = video_from_picture.apply(view.frame_from_input.apply(found.boxes[i]));
        kept.add(box, found.scores[i], cls);
    }
    return kept;
}

std::unique_ptr<detect::Detector> make_detector(const detect::DetectorConfig &config) {
    if (config.model.empty()) {
        throw ConfigError("/detector/model: expected a model file, .ptl or .torchscript");
    }
    return std::make_unique<TorchDetector>(config);
}

}  // namespace e2tad::nn_torch
