#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "e2tad/detect/detector.hpp"
#include "e2tad/detect/detector_config.hpp"
#include "e2tad/nn_torch/card.hpp"
#include "e2tad/nn_torch/network.hpp"

namespace e2tad::nn_torch {

/// A detector that runs a raw YOLO head from a model file; its card says how the head is read.
class TorchDetector final : public detect::Detector {
  public:
    /// @throws InputError if model or card can't be used, or disagree with each other.
    /// @throws std::filesystem::filesystem_error if one can't be read.
    explicit TorchDetector(const detect::DetectorConfig &config);

    detect::Detections detect(const FrameView &frame) override;
    /// @throws std::invalid_argument if the view isn't one of this picture, or the frame has no picture.
    detect::Detections detect(const FrameView &frame, const geometry::Letterbox &view) override;

    /// The setting `input`; where it is 0, the card's, or kInputPx where the card leaves it open.
    [[nodiscard]] std::int32_t input_px() const override { return config_.input; }

    [[nodiscard]] const Card &card() const { return card_; }
    [[nodiscard]] const std::string &engine() const { return engine_; }
    /// Both sides of what is fed are multiples of it: 32, or a larger stride.
    [[nodiscard]] std::int32_t multiple() const { return multiple_; }

  private:
    /// @throws InputError if the network fails on the setting `input` where that isn't the card's.
    void check_other_input() const;
    [[nodiscard]] std::vector<detect::HeadOutput> heads(const std::vector<Output> &outputs,
                                                        std::int64_t height, std::int64_t width) const;

    detect::DetectorConfig config_;
    Card card_;
    std::vector<std::int32_t> object_classes_;
    std::string engine_;
    Network network_;
    Normaliser normaliser_;
    std::int32_t multiple_ = 32;
    std::mutex mutex_;                  ///< Calls from several threads take turns with what follows.
    std::vector<std::uint8_t> canvas_;  ///< The padded input, bytes.
    std::vector<float> input_;          ///< The same, as the network takes it.
};

/// @throws ConfigError if the configuration names no model; else as TorchDetector.
std::unique_ptr<detect::Detector> make_detector(const detect::DetectorConfig &config);

}  // namespace e2tad::nn_torch
