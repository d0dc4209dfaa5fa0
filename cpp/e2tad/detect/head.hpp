#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "e2tad/detect/detections.hpp"

namespace e2tad::detect {

/// Size of an anchor, in pixels of the network's input.
struct Anchor {
    float width = 0;
    float height = 0;
};

/// The raw output of one head: logits of shape (1, anchors, rows, cols, 5 + classes), row-major, borrowed.
/// The last axis is x, y, width, height, objectness, then the classes.
struct HeadOutput {
    const float *logits = nullptr;
    std::int32_t rows = 0;
    std::int32_t cols = 0;
    float stride = 0;  ///< Pixels of the input a cell.
    std::vector<Anchor> anchors;
};

struct DecodeOptions {
    float confidence = 0;  ///< Keep scores above it, in [0, 1].
    float nms_iou = 1;     ///< In [0, 1]; 1 keeps every overlap.
    std::size_t max_detections = geometry::kKeepAll;
    /// The class of the C-box head: its width carries twice the radius, its height is ignored, its boxes
    /// are the circles' squares and its suppression is by circle IoU. kNoClass: all are R-boxes.
    std::int32_t circle_class = kNoClass;
};

/// Boxes of the heads' cells above the confidence, suppressed, by falling score, in pixels of the input.
///
/// A cell's box has its centre at (2 sigmoid(xy) - 0.5 + cell) * stride and the size (2 sigmoid(wh))^2 *
/// anchor; its class is the likeliest (equal ones: the lowest number), its score sigmoid(objectness) *
/// sigmoid(class).
///
/// @param heads    any number of heads; they share `classes`.
/// @param classes  at least 1.
/// @throws std::invalid_argument if a size, stride or anchor isn't positive, an option is out of range, or a
///         logit of a kept cell isn't finite.
/// Source: YOLOv5 as published (release 5): models/yolo.py, class Detect; utils/general.py,
///         non_max_suppression with one label a box.
Detections decode_heads(std::span<const HeadOutput> heads, std::int32_t classes,
                        const DecodeOptions &options);

}  // namespace e2tad::detect
