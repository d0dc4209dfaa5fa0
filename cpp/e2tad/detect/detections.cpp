#include "e2tad/detect/detections.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "e2tad/geometry/boxes.hpp"
#include "e2tad/geometry/circles.hpp"

namespace e2tad::detect {
namespace {

constexpr auto kPerson = static_cast<std::int32_t>(ObjectClass::kPerson);
constexpr auto kBall = static_cast<std::int32_t>(ObjectClass::kBall);

}  // namespace

void Detections::add(const Box &box, float score, std::int32_t cls) {
    boxes.push_back(box);
    scores.push_back(score);
    classes.push_back(cls);
}

Detections Detections::rows(std::span<const std::int32_t> which) const {
    Detections picked;
    picked.boxes.reserve(which.size());
    picked.scores.reserve(which.size());
    picked.classes.reserve(which.size());
    for (const std::int32_t row : which) picked.add(boxes[row], scores[row], classes[row]);
    return picked;
}

void Detections::check() const {
    if (scores.size() != size() || classes.size() != size()) {
        throw std::invalid_argument("detections: boxes, scores and classes must have one length, got " +
                                    std::to_string(size()) + ", " + std::to_string(scores.size()) + " and " +
                                    std::to_string(classes.size()));
    }
    geometry::check_boxes(boxes, "boxes");
    for (std::size_t i = 0; i < size(); ++i) {
        if (!std::isfinite(scores[i])) {
            throw std::invalid_argument("scores: row " + std::to_string(i) + ": must be a finite number");
        }
    }
}

std::vector<std::int32_t> nms(std::span<const Box> boxes, std::span<const float> scores,
                              std::span<const std::int32_t> classes, float iou_threshold,
                              std::int32_t circle_class, std::size_t max_keep) {
    const bool circles_wanted = circle_class != kNoClass && classes.size() == boxes.size() &&
                                scores.size() == boxes.size() &&
                                std::find(classes.begin(), classes.end(), circle_class) != classes.end();
    if (!circles_wanted) return geometry::nms(boxes, scores, classes, iou_threshold, max_keep);

    geometry::check_boxes(boxes, "boxes");
    std::vector<char> survives(boxes.size(), 0);
    std::vector<std::int32_t> square_rows;
    std::vector<Box> squares;
    std::vector<float> square_scores;
    std::vector<std::int32_t> square_classes;
    std::vector<std::int32_t> circle_rows;
    std::vector<Circle> circles;
    std::vector<float> circle_scores;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const auto row = static_cast<std::int32_t>(i);
        if (classes[i] == circle_class) {
            circle_rows.push_back(row);
            circles.push_back(geometry::circle_from_box(boxes[i]));
            circle_scores.push_back(scores[i]);
        } else {
            square_rows.push_back(row);
            squares.push_back(boxes[i]);
            square_scores.push_back(scores[i]);
            square_classes.push_back(classes[i]);
        }
    }
    for (const std::int32_t k : geometry::nms(squares, square_scores, square_classes, iou_threshold)) {
        survives[square_rows[k]] = 1;
    }
    for (const std::int32_t k : geometry::nms(circles, circle_scores, {}, iou_threshold)) {
        survives[circle_rows[k]] = 1;
    }
    std::vector<std::int32_t> keep = geometry::order_by_score(scores);
    std::erase_if(keep, [&](std::int32_t row) { return survives[row] == 0; });
    if (keep.size() > max_keep) keep.resize(max_keep);
    return keep;
}

double person_height(std::span<const std::int32_t> classes, std::span<const Box> boxes) {
    double sum = 0;
    std::size_t persons = 0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (classes[i] != kPerson) continue;
        sum += boxes[i].height();
        ++persons;
    }
    return persons > 0 ? sum / static_cast<double>(persons) : 0;
}

Detections without_tall_balls(const Detections &detections, float share) {
    const std::vector<std::int32_t> &classes = detections.classes;
    if (std::find(classes.begin(), classes.end(), kPerson) == classes.end()) return detections;
    const double tallest = share * person_height(classes, detections.boxes);
    Detections kept;
    for (std::size_t i = 0; i < detections.size(); ++i) {
        if (detections.classes[i] == kBall && detections.boxes[i].height() > tallest) continue;
        kept.add(detections.boxes[i], detections.scores[i], detections.classes[i]);
    }
    return kept;
}

Detections best_of_each(const Detections &detections, std::size_t persons, std::size_t balls) {
    std::vector<std::int32_t> kept;
    for (const std::int32_t row : geometry::order_by_score(detections.scores)) {
        const std::int32_t cls = detections.classes[row];
        if (cls != kPerson && cls != kBall) continue;
        std::size_t &left = cls == kPerson ? persons : balls;
        if (left == 0) continue;
        --left;
        kept.push_back(row);
    }
    std::sort(kept.begin(), kept.end());
    return detections.rows(kept);
}

}  // namespace e2tad::detect
