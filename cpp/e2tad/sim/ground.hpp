#pragma once
#include <opencv2/core.hpp>

#include "e2tad/core/random.hpp"

namespace e2tad::sim {

inline constexpr int kGroundSize = 2048;             ///< Pixels a side of a ground texture.
inline constexpr double kGroundPixelsPerMetre = 72;  ///< So 28 m; what lies beyond mirrors it.

/// Paints a ground: BGR, 8 bits, seen from above with the players' centre in the middle. The training split
/// has meadow, asphalt and a clay court; the test split dry grass, paving stones and a hard court.
cv::Mat paint_ground(bool test_split, Random random);

}  // namespace e2tad::sim
