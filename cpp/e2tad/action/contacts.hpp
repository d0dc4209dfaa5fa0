#pragma once
#include <cstdint>
#include <vector>

#include "e2tad/action/timeline.hpp"

namespace e2tad::action {

inline constexpr std::int32_t kNoContact = -1;

/// Who touches which ball: the gated signal before any smoothing.
///
/// A ball touches a person while its centre lies inside the person's box, the border included. Of several
/// candidates, balls and persons are paired one to one by least total cost among the pairings with the most
/// pairs; the cost of a pair is the distance of the centres by the diagonal of the person's box (ties: the
/// ball that comes first).
///
/// @param assign  false: each ball takes its cheapest person, whoever else has that person.
/// @return        (frames, balls): column of the person, or kNoContact.
/// Source: the paper, Section 3.2 (collision of a ball and a person).
std::vector<std::int32_t> find_contacts(const Timeline &timeline, bool assign);

}  // namespace e2tad::action
