#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "e2tad/nn_torch/card.hpp"
#include "e2tad/nn_torch/network.hpp"
#include "e2tad/reid/embedder.hpp"
#include "e2tad/reid/reid_config.hpp"

namespace e2tad::nn_torch {

/// An embedder from a model file: crops in batches, features divided by their norm.
class TorchEmbedder final : public reid::Embedder {
  public:
    /// @throws InputError if model or card can't be used, or disagree with each other.
    /// @throws std::filesystem::filesystem_error if one can't be read.
    explicit TorchEmbedder(const reid::ReidConfig &config);

    [[nodiscard]] std::size_t width() const override { return width_; }
    /// @throws std::invalid_argument if the frame has no picture or a class is neither person nor ball.
    Matrix embed(const FrameView &frame, const detect::Detections &detections) override;
    /// @throws std::invalid_argument if a crop hasn't the size of its class.
    Matrix embed(std::span<const reid::CropView> crops) override;

    [[nodiscard]] const Card &card() const { return card_; }
    [[nodiscard]] const std::string &engine() const { return engine_; }

  private:
    void embed_class(std::span<const reid::CropView> crops, std::span<const std::size_t> rows, Matrix &out);
    /// Leaves the circle within a square crop, and the card's mean outside of it.
    static void mask_circle(std::int32_t side, float *pixels);

    reid::ReidConfig config_;
    Card card_;
    std::string engine_;
    Network network_;
    Normaliser normaliser_;
    std::size_t width_ = 0;
    std::mutex mutex_;          ///< Calls from several threads take turns with what follows.
    std::vector<float> input_;  ///< A batch, as the network takes it.
};

/// @throws ConfigError if the configuration names no model; else as TorchEmbedder.
std::unique_ptr<reid::Embedder> make_embedder(const reid::ReidConfig &config);

}  // namespace e2tad::nn_torch
