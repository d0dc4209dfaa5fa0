#include "e2tad/adapt/collisions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace e2tad::adapt {

std::vector<Collision> find_collisions(std::span<const Box> boxes, std::span<const ObjectClass> classes) {
    if (boxes.size() != classes.size()) {
        throw std::invalid_argument("classes: expected " + std::to_string(boxes.size()) +
                                    " as there are boxes, got " + std::to_string(classes.size()));
    }
    std::vector<Collision> found;
    for (std::size_t ball = 0; ball < boxes.size(); ++ball) {
        if (classes[ball] != ObjectClass::kBall) continue;
        for (std::size_t person = 0; person < boxes.size(); ++person) {
            if (classes[person] != ObjectClass::kPerson) continue;
            if (boxes[person].contains(boxes[ball].center_x(), boxes[ball].center_y())) {
                found.push_back({static_cast<std::int32_t>(ball), static_cast<std::int32_t>(person)});
            }
        }
    }
    return found;
}

std::vector<std::int32_t> rows_in_collision(std::span<const Collision> collisions) {
    std::vector<std::int32_t> rows;
    rows.reserve(2 * collisions.size());
    for (const Collision &collision : collisions) {
        rows.push_back(collision.ball);
        rows.push_back(collision.person);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

namespace {

// In mean heights of the frame's persons. The speed is that at which the repair of tracks lets persons run
// and balls fly (action::ContinuityConfig).
constexpr double kSlack = 0.25;
constexpr double kSpeed = 0.125;
constexpr double kFarthestPan = 2;

std::vector<std::int32_t> rows_of(const FrameBoxes &frame, ObjectClass cls) {
    std::vector<std::int32_t> rows;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(frame.boxes.size()); ++i) {
        if (frame.classes[i] == cls) rows.push_back(i);
    }
    return rows;
}

struct Point {
    double x = 0;
    double y = 0;
};

std::vector<Point> centers_of(const FrameBoxes &frame) {
    std::vector<Point> centers;
    centers.reserve(frame.boxes.size());
    for (const Box &box : frame.boxes) {
        centers.push_back({0.5 * (double{box.left} + box.right), 0.5 * (double{box.top} + box.bottom)});
    }
    return centers;
}

double distance(const Point &a, const Point &b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

/// Distance of the nearest of the rows, but one; infinite without any.
double nearest(const Point &from, std::span<const Point> centers, std::span<const std::int32_t> rows,
               std::int32_t but) {
    double least = std::numeric_limits<double>::infinity();
    for (const std::int32_t row : rows) {
        if (row != but) least = std::min(least, distance(from, centers[row]));
    }
    return least;
}

/// The camera's motion: of all displacements, at most `farthest`, from a person before to one now the one
/// that brings the persons before nearest to persons now, by median. None where they are too few to tell.
Point common_motion(std::span<const Point> before, std::span<const std::int32_t> persons_before,
                    std::span<const Point> now, std::span<const std::int32_t> persons_now, double farthest) {
    constexpr std::size_t kFewest = 4;  // Of three, any two who walk alike would be most.
    constexpr std::size_t kMost = 8;    // Enough for a median; work grows with its square.
    if (persons_before.size() < kFewest || persons_now.size() < kFewest) return {};
    const auto some = persons_before.first(std::min(kMost, persons_before.size()));
    Point best;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> left(some.size());
    for (const std::int32_t from : some) {
        for (const std::int32_t to : persons_now) {
            const Point motion{now[to].x - before[from].x, now[to].y - before[from].y};
            if (std::hypot(motion.x, motion.y) > farthest) continue;
            for (std::size_t i = 0; i < some.size(); ++i) {
                const Point &was = before[some[i]];
                left[i] = nearest({was.x + motion.x, was.y + motion.y}, now, persons_now, -1);
            }
            const auto middle = left.begin() + static_cast<std::ptrdiff_t>(left.size() / 2);
            std::nth_element(left.begin(), middle, left.end());
            if (*middle >= least) continue;
            least = *middle;
            best = motion;
        }
    }
    return best;
}

}  // namespace

std::vector<std::int32_t> rows_without_place(const FrameBoxes &before, const FrameBoxes &now, double ratio) {
    if (before.boxes.size() != before.classes.size() || now.boxes.size() != now.classes.size()) {
        throw std::invalid_argument("rows_without_place: boxes and classes must have one length");
    }
    const std::vector<std::int32_t> persons = rows_of(now, ObjectClass::kPerson);
    double height = 0;
    for (const std::int32_t row : persons) height += now.boxes[row].height();
    if (!persons.empty()) height /= static_cast<double>(persons.size());
    const double reach = height * (kSlack + kSpeed * (now.number - before.number));
    const std::vector<Point> here = centers_of(now);
    std::vector<Point> there = centers_of(before);
    const Point camera =
        common_motion(there, rows_of(before, ObjectClass::kPerson), here, persons, kFarthestPan * height);
    for (Point &center : there) center = {center.x + camera.x, center.y + camera.y};
    std::vector<std::int32_t> found;
    for (const ObjectClass cls : {ObjectClass::kPerson, ObjectClass::kBall}) {
        const std::vector<std::int32_t> old_rows = rows_of(before, cls);
        const std::vector<std::int32_t> new_rows = rows_of(now, cls);
        for (const std::int32_t row : new_rows) {
            std::int32_t was = -1;
            double least = reach;
            for (const std::int32_t old : old_rows) {
                const double d = distance(here[row], there[old]);
                if (d > least) continue;
                least = d;
                was = old;
            }
            const bool told = was >= 0 && least < ratio * nearest(here[row], there, old_rows, was) &&
                              least < ratio * nearest(there[was], here, new_rows, row);
            if (!told) found.push_back(row);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace e2tad::adapt
