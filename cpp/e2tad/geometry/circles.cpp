#include "e2tad/geometry/circles.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace e2tad::geometry {

double intersection_area(const Circle &a, const Circle &b) {
    const double dx = static_cast<double>(a.cx) - b.cx;
    const double dy = static_cast<double>(a.cy) - b.cy;
    const double r1 = a.radius;
    const double r2 = b.radius;
    const double squared = dx * dx + dy * dy;
    if (squared >= (r1 + r2) * (r1 + r2)) return 0.0;
    if (squared <= (r1 - r2) * (r1 - r2)) {
        const double small = std::min(r1, r2);
        return std::numbers::pi * small * small;
    }
    const double d = std::sqrt(squared);
    // Twice the area of the kite between the centres and the crossings, by Heron. Angles come from atan2 of
    // it, since acos loses half of its digits for thin lenses.
    const double kite =
        std::sqrt(std::max((-d + r1 + r2) * (d + r1 - r2) * (d - r1 + r2) * (d + r1 + r2), 0.0));
    const double angle1 = std::atan2(kite, squared + r1 * r1 - r2 * r2);
    const double angle2 = std::atan2(kite, squared + r2 * r2 - r1 * r1);
    return std::max(r1 * r1 * angle1 + r2 * r2 * angle2 - 0.5 * kite, 0.0);
}

float iou(const Circle &a, const Circle &b) {
    const double common = intersection_area(a, b);
    if (common == 0.0) return 0.0f;
    const double r1 = a.radius;
    const double r2 = b.radius;
    const double both = std::numbers::pi * (r1 * r1 + r2 * r2) - common;
    return static_cast<float>(std::min(common / both, 1.0));
}

void pairwise_iou(std::span<const Circle> a, std::span<const Circle> b, float *out) {
    for (const Circle &first : a) {
        for (const Circle &second : b) *out++ = iou(first, second);
    }
}

Box box_from_circle(const Circle &circle) {
    return {circle.cx - circle.radius, circle.cy - circle.radius, circle.cx + circle.radius,
            circle.cy + circle.radius};
}

Circle circle_from_box(const Box &box) {
    return {box.center_x(), box.center_y(), 0.5f * std::max(box.width(), box.height())};
}

void check_circles(std::span<const Circle> circles, const char *name) {
    for (std::size_t i = 0; i < circles.size(); ++i) {
        const Circle &c = circles[i];
        if (!std::isfinite(c.cx) || !std::isfinite(c.cy) || !std::isfinite(c.radius)) {
            throw std::invalid_argument(std::string(name) + ": row " + std::to_string(i) +
                                        ": circle must be finite numbers");
        }
        if (c.radius < 0.0f) {
            throw std::invalid_argument(std::string(name) + ": row " + std::to_string(i) +
                                        ": radius must be 0 or more");
        }
    }
}

}  // namespace e2tad::geometry
