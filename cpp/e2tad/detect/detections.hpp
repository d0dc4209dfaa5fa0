#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "e2tad/core/types.hpp"
#include "e2tad/geometry/nms.hpp"

namespace e2tad::detect {

/// No class is compared as circles.
inline constexpr std::int32_t kNoClass = -1;

/// What a detector saw in one frame, in columns of one length.
struct Detections {
    std::vector<Box> boxes;             ///< Pixels of the frame; of a C-box, the square around the circle.
    std::vector<float> scores;          ///< In [0, 1].
    std::vector<std::int32_t> classes;  ///< The detector's own numbers; of the contest's, ObjectClass.

    [[nodiscard]] std::size_t size() const { return boxes.size(); }
    void add(const Box &box, float score, std::int32_t cls);
    /// The rows, in the order given.
    [[nodiscard]] Detections rows(std::span<const std::int32_t> which) const;
    /// Throws std::invalid_argument if columns differ in length, a box is inverted, or a number isn't finite.
    void check() const;
};

/// Greedy suppression within each class, by box IoU; of `circle_class` by the IoU of the circles about the
/// boxes.
/// @return  rows of the kept detections by falling score (equal scores: the lower row first).
/// @throws std::invalid_argument as geometry::nms.
std::vector<std::int32_t> nms(std::span<const Box> boxes, std::span<const float> scores,
                              std::span<const std::int32_t> classes, float iou_threshold,
                              std::int32_t circle_class = kNoClass,
                              std::size_t max_keep = geometry::kKeepAll);

/// Mean height of the persons among a frame's boxes, which stands for how large people are there; 0 without
/// any.
double person_height(std::span<const std::int32_t> classes, std::span<const Box> boxes);

/// Without the balls that are taller than `share` of the mean height of the frame's persons; a frame without
/// persons keeps its balls.
/// Source: the winners' program of LPCVC-2021, whose share is 0.6.
Detections without_tall_balls(const Detections &detections, float share);

/// The best `persons` persons and `balls` balls by score (equal scores: the lower row), in their old order.
/// Other classes are dropped.
/// Source: the paper, Figure 5: its records have P + B entries a frame.
Detections best_of_each(const Detections &detections, std::size_t persons, std::size_t balls);

}  // namespace e2tad::detect
