#include "e2tad/action/motion.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace e2tad::action {
namespace {

/// Median, the mean of the middle two for an even count; 0 of nothing. Reorders its argument.
double median(std::vector<double> &values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2) return *middle;
    return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

}  // namespace

double median_height(const Timeline &timeline) {
    std::vector<double> heights;
    for (const Box &box : timeline.person_boxes) {
        if (is_seen(box)) heights.push_back(double{box.bottom} - box.top);
    }
    return std::max(1.0, median(heights));
}

std::vector<Vector2> camera_path(const Timeline &timeline, double height) {
    constexpr std::size_t kFewest = 3;   // A median of fewer follows one person.
    constexpr double kAgreement = 0.25;  // In heights; exchanged persons are farther apart than that.
    std::vector<Vector2> camera(timeline.size());
    std::vector<Vector2> moves;
    std::vector<double> dx;
    std::vector<double> dy;
    for (std::size_t t = 1; t < timeline.size(); ++t) {
        moves.clear();
        dx.clear();
        dy.clear();
        for (std::size_t p = 0; p < timeline.persons(); ++p) {
            const Box &before = timeline.person(t - 1, p);
            const Box &now = timeline.person(t, p);
            if (!is_seen(before) || !is_seen(now)) continue;
            moves.push_back({0.5 * ((double{now.left} + now.right) - (double{before.left} + before.right)),
                             0.5 * ((double{now.top} + now.bottom) - (double{before.top} + before.bottom))});
            dx.push_back(moves.back().x);
            dy.push_back(moves.back().y);
        }
        camera[t] = camera[t - 1];
        if (moves.size() < kFewest) continue;
        const Vector2 common{median(dx), median(dy)};
        const auto agrees = [&](const Vector2 &move) {
            return std::hypot(move.x - common.x, move.y - common.y) < kAgreement * height;
        };
        if (2 * std::count_if(moves.begin(), moves.end(), agrees) <=
            static_cast<std::ptrdiff_t>(moves.size())) {
            continue;
        }
        camera[t].x += common.x;
        camera[t].y += common.y;
    }
    return camera;
}

double reach(std::int32_t gap, const MotionConfig &motion) {
    constexpr double kJitter = 0.1;  // Boxes jump by so much from one frame to the next.
    return kJitter + motion.top_speed * gap;
}

}  // namespace e2tad::action
