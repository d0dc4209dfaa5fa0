#include "e2tad/action/object_columns.hpp"

#include <algorithm>
#include <cmath>

namespace e2tad::action {

std::vector<std::size_t> ObjectColumns::sightings(std::size_t k) {
    std::vector<std::size_t> rows;
    for (std::size_t t = 0; t < frames_.size(); ++t) {
        if (is_seen(at(t, k))) rows.push_back(t);
    }
    return rows;
}

double ObjectColumns::distance(std::size_t before, std::size_t after, std::size_t k) {
    const Box &from = at(before, k);
    const Box &to = at(after, k);
    const double dx = 0.5 * ((double{to.left} + to.right) - (double{from.left} + from.right));
    const double dy = 0.5 * ((double{to.top} + to.bottom) - (double{from.top} + from.bottom));
    return std::hypot(dx - camera_[after].x + camera_[before].x, dy - camera_[after].y + camera_[before].y) /
           height_;
}

double ObjectColumns::speed_between(std::size_t before, std::size_t after, std::size_t k) {
    constexpr std::int32_t kFarApart = 20;  // Longer than the flights between people who stand near.
    const std::int32_t gap = frames_[after] - frames_[before];
    return gap > kFarApart ? 0 : distance(before, after, k) / gap;
}

template <class Function>
void ObjectColumns::for_each_gap(std::int32_t longest, const Function &f) {
    for (std::size_t k = 0; k < objects_; ++k) {
        const std::vector<std::size_t> rows = sightings(k);
        for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
            if (rows[i + 1] > rows[i] + 1 && frames_[rows[i + 1]] - frames_[rows[i]] <= longest)
                f(rows, i, k);
        }
    }
}

bool ObjectColumns::within_reach(std::size_t before, std::size_t after, std::size_t k,
                                 const MotionConfig &motion) {
    return distance(before, after, k) <= reach(frames_[after] - frames_[before], motion);
}

bool ObjectColumns::jumps(std::size_t before, std::size_t after, std::size_t k, const MotionConfig &motion) {
    return distance(before, after, k) > 2 * reach(frames_[after] - frames_[before], motion);
}

bool ObjectColumns::drop_before(std::vector<std::size_t> &rows, std::size_t t, std::size_t k,
                                const MotionConfig &motion, std::int32_t longest) {
    const std::size_t last = rows.back();
    if (!jumps(last, t, k, motion)) return false;
    for (std::size_t i = rows.size() - 1; i > 0 && frames_[last] - frames_[rows[i]] < longest; --i) {
        if (!jumps(rows[i - 1], rows[i], k, motion) || !within_reach(rows[i - 1], t, k, motion)) continue;
        for (std::size_t j = i; j < rows.size(); ++j) at(rows[j], k) = unseen_box();
        rows.resize(i);
        return true;
    }
    return false;
}

std::pair<std::size_t, std::size_t> ObjectColumns::greatest_detour(const std::vector<std::size_t> &rows,
                                                                   const std::vector<char> &away,
                                                                   std::size_t k, double detour,
                                                                   std::int32_t longest) {
    std::pair<std::size_t, std::size_t> found{0, 0};
    double greatest = 0;
    for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
        const double there = distance(rows[i - 1], rows[i], k);
        for (std::size_t j = i; j + 1 < rows.size(); ++j) {
            if (frames_[rows[j + 1]] - frames_[rows[i - 1]] > longest || away[rows[j]] == 0) break;
            const double way = there + distance(rows[j], rows[j + 1], k);
            if (way <= detour) continue;
            const double longer = way - distance(rows[i - 1], rows[j + 1], k);
            const double each = longer / static_cast<double>(j - i + 1);
            if (longer <= detour || each <= greatest) continue;
            greatest = each;
            found = {i, j + 1};
        }
    }
    return found;
}

void ObjectColumns::fill(std::size_t before, std::size_t after, std::size_t k, double rest, double moving) {
    const Box from = at(before, k);
    const Box to = at(after, k);
    for (std::size_t t = before + 1; t < after; ++t) {
        const double share = std::clamp((frames_[t] - frames_[before] - rest) / moving, 0.0, 1.0);
        const auto between = [&](float a, float b, double Vector2::*axis) {
            const double still =
                (1 - share) * (a - camera_[before].*axis) + share * (b - camera_[after].*axis);
            return static_cast<float>(still + camera_[t].*axis);
        };
        at(t, k) = {between(from.left, to.left, &Vector2::x), between(from.top, to.top, &Vector2::y),
                    between(from.right, to.right, &Vector2::x), between(from.bottom, to.bottom, &Vector2::y)};
    }
}

void ObjectColumns::drop_outliers(const MotionConfig &motion, std::int32_t longest) {
    std::vector<std::size_t> rows;
    for (std::size_t k = 0; k < objects_ && longest > 0; ++k) {
        rows.clear();
        for (std::size_t t = 0; t < frames_.size(); ++t) {
            if (!is_seen(at(t, k))) continue;
            while (rows.size() > 1 && drop_before(rows, t, k, motion, longest)) {
            }
            rows.push_back(t);
        }
    }
}

void ObjectColumns::drop_detours(double detour, std::int32_t longest,
                                 const std::function<bool(std::size_t, std::size_t)> &apart) {
    std::vector<char> away(frames_.size());
    for (std::size_t k = 0; k < objects_ && longest > 0; ++k) {
        std::vector<std::size_t> rows = sightings(k);
        for (const std::size_t t : rows) away[t] = apart(t, k);
        for (;;) {
            const auto [first, last] = greatest_detour(rows, away, k, detour, longest);
            if (first == last) break;
            for (std::size_t i = first; i < last; ++i) at(rows[i], k) = unseen_box();
            rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(first),
                       rows.begin() + static_cast<std::ptrdiff_t>(last));
        }
    }
}

void ObjectColumns::fill_gaps(std::int32_t longest) {
    for_each_gap(longest, [&](const std::vector<std::size_t> &rows, std::size_t i, std::size_t k) {
        fill(rows[i], rows[i + 1], k, 0, frames_[rows[i + 1]] - frames_[rows[i]]);
    });
}

void ObjectColumns::fill_gaps_of_balls(std::int32_t longest, double speed, double flying) {
    for_each_gap(longest, [&](const std::vector<std::size_t> &rows, std::size_t i, std::size_t k) {
        const std::size_t before = rows[i];
        const std::size_t after = rows[i + 1];
        const double gap = frames_[after] - frames_[before];
        const double speed_before = i > 0 ? speed_between(rows[i - 1], before, k) : 0;
        const double speed_after = i + 2 < rows.size() ? speed_between(after, rows[i + 2], k) : 0;
        const bool flew = speed_before > flying;
        const bool flies = speed_after > flying;
        const double faster = flew == flies ? speed : std::max({speed, speed_before, speed_after});
        const double moving =
            speed > 0 ? std::min(gap, std::max(1.0, distance(before, after, k) / faster)) : gap;
        const double first = flew == flies ? 0.5 : flew ? 0.0 : 1.0;
        fill(before, after, k, first * (gap - moving), moving);
    });
}

}  // namespace e2tad::action
