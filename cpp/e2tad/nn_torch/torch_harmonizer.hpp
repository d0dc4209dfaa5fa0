#pragma once
#include <memory>
#include <string>

#include "e2tad/nn_torch/card.hpp"
#include "e2tad/nn_torch/network.hpp"
#include "e2tad/synth/harmonizer.hpp"

namespace e2tad::nn_torch {

/// A harmoniser from a model file: a composite (1, 3, H, W) and a mask (1, 1, H, W) in, the harmonised
/// composite with values from 0 to 1 out.
///
/// Where the card tells the input's size, each connected part of the mask is harmonised by itself, in a
/// square window around it that is scaled to that size, as in training; else the picture as a whole,
/// mirrored outward to multiples of what the card says.
class TorchHarmonizer final : public synth::Harmonizer {
  public:
    /// @throws InputError if model or card can't be used, or disagree with each other.
    /// @throws std::filesystem::filesystem_error if one can't be read.
    explicit TorchHarmonizer(const std::string &model, const RunOptions &options = {});
    [[nodiscard]] cv::Mat harmonize(const cv::Mat &image, const cv::Mat &mask) const override;

  private:
    [[nodiscard]] cv::Mat harmonize_whole(const cv::Mat &image, const cv::Mat &mask) const;
    [[nodiscard]] Output run(const float *pixels, const float *mask, int height, int width) const;

    Card card_;
    Network network_;
    Normaliser normaliser_;
};

std::unique_ptr<synth::Harmonizer> make_harmonizer(const std::string &model);

}  // namespace e2tad::nn_torch
