#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "e2tad/action/motion.hpp"

namespace e2tad::action {

/// Gives objects of one class that bear each other's identities for a while their own back: the beam search
/// of repair().
///
/// @param frames  numbers of the rows.
/// @param camera  camera_path().
/// @param height  median_height().
/// @param motion  how objects of this class move.
/// @param boxes   (frames, objects); each row is reordered, so that a column is one object.
void mend_identities(const std::vector<std::int32_t> &frames, const std::vector<Vector2> &camera,
                     double height, const MotionConfig &motion, const ContinuityConfig &config,
                     std::vector<Box> &boxes, std::size_t objects);

}  // namespace e2tad::action
