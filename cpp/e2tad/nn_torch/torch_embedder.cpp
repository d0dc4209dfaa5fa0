#include "e2tad/nn_torch/torch_embedder.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "e2tad/core/error.hpp"
#include "e2tad/reid/crop.hpp"

namespace e2tad::nn_torch {
namespace {

reid::CropSize size_of(std::int32_t cls) {
    if (cls != static_cast<std::int32_t>(ObjectClass::kPerson) &&
        cls != static_cast<std::int32_t>(ObjectClass::kBall)) {
        throw std::invalid_argument("embed: class must be 0 (person) or 1 (ball), got " +
                                    std::to_string(cls));
    }
    return reid::crop_size(static_cast<ObjectClass>(cls));
}

void give_unit_length(const float *feature, std::size_t width, float *out) {
    double squares = 0;
    for (std::size_t i = 0; i < width; ++i) squares += static_cast<double>(feature[i]) * feature[i];
    const double norm = std::max(std::sqrt(squares), 1e-12);
    for (std::size_t i = 0; i < width; ++i) out[i] = static_cast<float>(feature[i] / norm);
}

}  // namespace

TorchEmbedder::TorchEmbedder(const reid::ReidConfig &config)
    : config_(config),
      card_(read_card_of(config.model, "reid")),
      engine_(config.engine == "auto" ? auto_engine(card_.quantised) : config.engine),
      network_(config.model, {engine_, config.threads}),
      normaliser_(card_) {
    // A crop of nothing shows whether card and network agree, before a video is opened.
    const reid::CropSize size = reid::crop_size(ObjectClass::kPerson);
    const std::vector<float> nothing(static_cast<std::size_t>(size.width) *
                                     static_cast<std::size_t>(size.height) * 3);
    const Input input{nothing.data(), {1, 3, size.height, size.width}, true};
    const std::vector<Output> outputs = network_.run({&input, 1});
    const bool one_row = outputs.size() == 1 && outputs[0].shape.size() == 2 && outputs[0].shape[0] == 1;
    if (!one_row || outputs[0].shape[1] < 1 ||
        (card_.embedding > 0 && outputs[0].shape[1] != card_.embedding)) {
        const std::string length = card_.embedding > 0 ? std::to_string(card_.embedding) : "D";
        throw InputError(card_.path + ": the card disagrees with its network: expected a feature (1, " +
                         length + ") of a crop, but the network gives " +
                         (outputs.size() == 1 ? shape_text(outputs[0].shape)
                                              : std::to_string(outputs.size()) + " tensors"));
    }
    width_ = static_cast<std::size_t>(outputs[0].shape[1]);
}

Matrix TorchEmbedder::embed(const FrameView &frame, const detect::Detections &detections) {
    detections.check();
    const geometry::AxisTransform picture_from_video{1 / frame.scale_x(), 1 / frame.scale_y(), 0, 0};
    std::vector<std::vector<std::uint8_t>> pixels(detections.size());
    std::vector<reid::CropView> crops(detections.size());
    for (std::size_t i = 0; i < detections.size(); ++i) {
        const std::int32_t cls = detections.classes[i];
        const reid::CropSize size = size_of(cls);
        const reid::Crop crop =
            reid::crop_of(picture_from_video.apply(detections.boxes[i]), static_cast<ObjectClass>(cls),
                          frame.image.width, frame.image.height);
        pixels[i].resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3);
        reid::cut_crop(frame.image, crop, pixels[i].data());
        crops[i] = {frame.number,
                    cls,
                    detections.boxes[i],
                    {pixels[i].data(), size.width, size.height, std::ptrdiff_t{3} * size.width}};
    }
    return embed(crops);
}

Matrix TorchEmbedder::embed(std::span<const reid::CropView> crops) {
    std::vector<std::size_t> rows[2];
    for (std::size_t i = 0; i < crops.size(); ++i) {
        const reid::CropSize size = size_of(crops[i].object_class);
        if (crops[i].image.data == nullptr || crops[i].image.width != size.width ||
            crops[i].image.height != size.height) {
            throw std::invalid_argument("embed: crop " + std::to_string(i) + " must have " +
                                        std::to_string(size.width) + "x" + std::to_string(size.height) +
                                        " pixels");
        }
        rows[crops[i].object_class].push_back(i);
    }
    Matrix features(crops.size(), width_);
    const std::lock_guard turn(mutex_);
    const auto batch = static_cast<std::size_t>(config_.batch);
    for (const std::vector<std::size_t> &all : rows) {
        for (std::size_t first = 0; first < all.size(); first += batch) {
            const std::size_t count = std::min(batch, all.size() - first);
            embed_class(crops, std::span(all).subspan(first, count), features);
        }
    }
    return features;
}

void TorchEmbedder::embed_class(std::span<const reid::CropView> crops, std::span<const std::size_t> rows,
                                Matrix &out) {
    const ImageView &first = crops[rows[0]].image;
    const bool balls = crops[rows[0]].object_class == static_cast<std::int32_t>(ObjectClass::kBall);
    const std::size_t floats =
        static_cast<std::size_t>(first.width) * static_cast<std::size_t>(first.height) * 3;
    input_.resize(rows.size() * floats);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        float *pixels = input_.data() + i * floats;
        normaliser_.fill(crops[rows[i]].image, pixels);
        if (balls && config_.mask_balls) mask_circle(first.width, pixels);
    }
    const auto count = static_cast<std::int64_t>(rows.size());
    const Input input{input_.data(), {count, 3, first.height, first.width}, true};
    const std::vector<Output> outputs = network_.run({&input, 1});
    const std::vector<std::int64_t> expected{count, static_cast<std::int64_t>(width_)};
    if (outputs.size() != 1 || outputs[0].shape != expected) {
        throw InputError(network_.path() + ": expected features " + shape_text(expected) + " of " +
                         shape_text(input.shape) + ", but the network gives " +
                         (outputs.empty() ? "nothing" : shape_text(outputs[0].shape)));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        give_unit_length(outputs[0].data + i * width_, width_, out.row(rows[i]));
    }
    const auto finite = [&out, this](std::size_t row) {
        return std::all_of(out.row(row), out.row(row) + width_, [](float v) { return std::isfinite(v); });
    };
    if (!std::all_of(rows.begin(), rows.end(), finite)) {
        throw InputError(network_.path() + ": the network gives features that aren't numbers");
    }
}

void TorchEmbedder::mask_circle(std::int32_t side, float *pixels) {
    const float radius = 0.5f * static_cast<float>(side);
    for (std::int32_t y = 0; y < side; ++y) {
        for (std::int32_t x = 0; x < side; ++x, pixels += 3) {
            const float dx = static_cast<float>(x) + 0.5f - radius;
            const float dy = static_cast<float>(y) + 0.5f - radius;
            if (dx * dx + dy * dy > radius * radius) std::fill_n(pixels, 3, 0.0f);
        }
    }
}

std::unique_ptr<reid::Embedder> make_embedder(const reid::ReidConfig &config) {
    if (config.model.empty()) {
        throw ConfigError("/reid/model: expected a model file, .ptl or .torchscript");
    }
    return std::make_unique<TorchEmbedder>(config);
}

}  // namespace e2tad::nn_torch
