#pragma once
#include "e2tad/action/decoder.hpp"

namespace e2tad::action {

/// The paper's decoder: each ball's contacts are dilated by half of the minimum flying time, the majority of
/// a connected part owns it, and the part is eroded again. Its first contact is a catch, its last a throw.
/// Source: the paper, Figure 3 and Section 3.3 (action).
class MorphologicalDecoder : public Decoder {
  public:
    /// @param theta   minimum flying time in frames: contacts at most theta + 1 frames apart are connected.
    /// @param vote    false: a part ends where its person changes (with theta 0: raw contacts).
    /// @param assign  see find_contacts().
    MorphologicalDecoder(std::int32_t theta, bool vote, bool assign)
        : theta_(theta), vote_(vote), assign_(assign) {}
    [[nodiscard]] Signals decode(const Timeline &timeline) const override;

  private:
    std::int32_t theta_;
    bool vote_;
    bool assign_;
};

}  // namespace e2tad::action
