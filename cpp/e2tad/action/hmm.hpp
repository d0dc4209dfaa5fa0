#pragma once
#include "e2tad/action/decoder.hpp"

namespace e2tad::action {

/// A hidden Markov model of each ball, beyond the paper: held by person p, just thrown, about to be caught.
/// Observations are the distance of ball and box and the ball's motion, alone and along with the person;
/// transitions follow the true gaps between frames, so that one model serves any sampling step.
class HmmDecoder : public Decoder {
  public:
    explicit HmmDecoder(const HmmConfig &config) : config_(config) {}
    [[nodiscard]] Signals decode(const Timeline &timeline) const override;

  private:
    HmmConfig config_;
};

}  // namespace e2tad::action
