#include "e2tad/geometry/boxes.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "e2tad/core/simd.hpp"

namespace e2tad::geometry {
namespace {

/// The boxes of the second set by column, so that one row of the result is a loop over plain arrays.
struct Columns {
    explicit Columns(std::span<const Box> boxes) : values(5 * boxes.size()), count(boxes.size()) {
        for (std::size_t j = 0; j < count; ++j) {
            values[j] = boxes[j].left;
            values[count + j] = boxes[j].top;
            values[2 * count + j] = boxes[j].right;
            values[3 * count + j] = boxes[j].bottom;
            values[4 * count + j] = boxes[j].area();
        }
    }
    [[nodiscard]] const float *column(std::size_t which) const { return values.data() + which * count; }
    std::vector<float> values;
    std::size_t count;
};

E2TAD_HOT void iou_rows(const Box *a, std::size_t rows, const float *left, const float *top,
                        const float *right, const float *bottom, const float *area, std::size_t cols,
                        float *out) {
    for (std::size_t i = 0; i < rows; ++i) {
        const Box box = a[i];
        const float box_area = (box.right - box.left) * (box.bottom - box.top);
        float *__restrict row = out + i * cols;
        for (std::size_t j = 0; j < cols; ++j) {
            const float x1 = left[j] > box.left ? left[j] : box.left;
            const float y1 = top[j] > box.top ? top[j] : box.top;
            const float x2 = right[j] < box.right ? right[j] : box.right;
            const float y2 = bottom[j] < box.bottom ? bottom[j] : box.bottom;
            const float width = x2 - x1 > 0.0f ? x2 - x1 : 0.0f;
            const float height = y2 - y1 > 0.0f ? y2 - y1 : 0.0f;
            const float intersection = width * height;
            const float both = box_area + area[j] - intersection;
            // Dividing by 1 instead of by a union without area keeps the loop free of branches.
            row[j] = intersection / (both > 0.0f ? both : 1.0f);
        }
    }
}

/// True if all boxes are finite and upright. x - x is 0 exactly for finite x, and comparisons with NaN fail.
E2TAD_HOT bool all_upright(const Box *boxes, std::size_t count) {
    unsigned bad = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Box &b = boxes[i];
        const float zero = (b.left - b.left) + (b.top - b.top) + (b.right - b.right) + (b.bottom - b.bottom);
        bad |= static_cast<unsigned>(!(zero == 0.0f)) | static_cast<unsigned>(!(b.left <= b.right)) |
               static_cast<unsigned>(!(b.top <= b.bottom));
    }
    return bad == 0;
}

}  // namespace

void pairwise_iou(std::span<const Box> a, std::span<const Box> b, float *out) {
    if (a.empty() || b.empty()) return;
    const Columns columns(b);
    iou_rows(a.data(), a.size(), columns.column(0), columns.column(1), columns.column(2), columns.column(3),
             columns.column(4), b.size(), out);
}

Matrix pairwise_iou(std::span<const Box> a, std::span<const Box> b) {
    Matrix result(a.size(), b.size());
    pairwise_iou(a, b, result.data.data());
    return result;
}

Box enlarged(const Box &box, float factor) {
    const float half_width = 0.5f * factor * box.width();
    const float half_height = 0.5f * factor * box.height();
    return {box.center_x() - half_width, box.center_y() - half_height, box.center_x() + half_width,
            box.center_y() + half_height};
}

Box clipped(const Box &box, float width, float height) {
    return {std::clamp(box.left, 0.0f, width), std::clamp(box.top, 0.0f, height),
            std::clamp(box.right, 0.0f, width), std::clamp(box.bottom, 0.0f, height)};
}

void check_boxes(std::span<const Box> boxes, const char *name) {
    if (all_upright(boxes.data(), boxes.size())) return;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const Box &b = boxes[i];
        const std::string where = std::string(name) + ": row " + std::to_string(i);
        if (!std::isfinite(b.left) || !std::isfinite(b.top) || !std::isfinite(b.right) ||
            !std::isfinite(b.bottom)) {
            throw std::invalid_argument(where + ": box must be finite numbers");
        }
        if (b.right < b.left || b.bottom < b.top) {
            throw std::invalid_argument(where + ": box must have left <= right and top <= bottom");
        }
    }
}

}  // namespace e2tad::geometry
