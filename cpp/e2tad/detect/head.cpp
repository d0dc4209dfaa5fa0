#include "e2tad/detect/head.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace e2tad::detect {
namespace {

float sigmoid(float logit) {
    return 1.0f / (1.0f + std::exp(-logit));
}

void check(std::span<const HeadOutput> heads, std::int32_t classes, const DecodeOptions &options) {
    if (classes < 1) {
        throw std::invalid_argument("classes: must be 1 or more, got " + std::to_string(classes));
    }
    if (!(options.confidence >= 0.0f && options.confidence <= 1.0f)) {
        throw std::invalid_argument("confidence: must be in [0, 1], got " +
                                    std::to_string(options.confidence));
    }
    for (std::size_t h = 0; h < heads.size(); ++h) {
        const std::string where = "head " + std::to_string(h);
        if (heads[h].rows < 1 || heads[h].cols < 1) {
            throw std::invalid_argument(where + ": must have at least one cell");
        }
        if (!(heads[h].stride > 0.0f) || !std::isfinite(heads[h].stride)) {
            throw std::invalid_argument(where + ": stride must be positive, got " +
                                        std::to_string(heads[h].stride));
        }
        for (const Anchor &anchor : heads[h].anchors) {
            if (!(anchor.width > 0.0f && anchor.height > 0.0f) || !std::isfinite(anchor.width) ||
                !std::isfinite(anchor.height)) {
                throw std::invalid_argument(where + ": anchors must be positive");
            }
        }
    }
}

/// Objectness logits at or below it can't lead to a score above the confidence. The margin covers the
/// rounding of sigmoid, so that the test on the score itself decides.
float lowest_logit(float confidence) {
    if (confidence <= 0.0f) return -std::numeric_limits<float>::infinity();
    if (confidence >= 1.0f) return std::numeric_limits<float>::infinity();
    const double exact = std::log(confidence / (1.0 - confidence));
    return static_cast<float>(exact - 1e-4 * (1.0 + std::abs(exact)));
}

Box decode_box(const float *cell, std::int32_t x, std::int32_t y, float stride, const Anchor &anchor,
               bool circle) {
    const auto center = [stride](float logit, std::int32_t index) {
        return (2.0f * sigmoid(logit) - 0.5f + static_cast<float>(index)) * stride;
    };
    const auto half_size = [](float logit, float side) {
        const float factor = 2.0f * sigmoid(logit);
        return 0.5f * factor * factor * side;
    };
    const float cx = center(cell[0], x);
    const float cy = center(cell[1], y);
    const float half_width = half_size(cell[2], anchor.width);
    const float half_height = circle ? half_width : half_size(cell[3], anchor.height);
    return {cx - half_width, cy - half_height, cx + half_width, cy + half_height};
}

void collect(const HeadOutput &head, std::int32_t classes, const DecodeOptions &options, Detections &found) {
    const auto width = static_cast<std::size_t>(5 + classes);
    const float lowest = lowest_logit(options.confidence);
    const float *cell = head.logits;
    for (const Anchor &anchor : head.anchors) {
        for (std::int32_t y = 0; y < head.rows; ++y) {
            for (std::int32_t x = 0; x < head.cols; ++x, cell += width) {
                // Written so that NaN goes on to the check below instead of being dropped in silence.
                if (cell[4] <= lowest) continue;
                const float *best = std::max_element(cell + 5, cell + width);
                const float score = sigmoid(cell[4]) * sigmoid(*best);
                if (score <= options.confidence) continue;
                const auto cls = static_cast<std::int32_t>(best - (cell + 5));
                const Box box = decode_box(cell, x, y, head.stride, anchor, cls == options.circle_class);
                if (!std::isfinite(score) || !std::isfinite(box.left + box.top + box.right + box.bottom)) {
                    throw std::invalid_argument("heads: cell (" + std::to_string(y) + ", " +
                                                std::to_string(x) + "): logits must be numbers");
                }
                found.add(box, score, cls);
            }
        }
    }
}

}  // namespace

Detections decode_heads(std::span<const HeadOutput> heads, std::int32_t classes,
                        const DecodeOptions &options) {
    check(heads, classes, options);
    Detections found;
    for (const HeadOutput &head : heads) collect(head, classes, options, found);
    return found.rows(nms(found.boxes, found.scores, found.classes, options.nms_iou, options.circle_class,
                          options.max_detections));
}

}  // namespace e2tad::detect
