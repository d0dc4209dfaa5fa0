#include "e2tad/geometry/nms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

#include "e2tad/geometry/boxes.hpp"
#include "e2tad/geometry/circles.hpp"

namespace e2tad::geometry {
namespace {

using Rows = std::vector<std::int32_t>;

/// The definition, word for word: no grid, no lanes, no early end.
template <class Shape, class Overlaps>
Rows plain(const std::vector<Shape> &shapes, const std::vector<float> &scores, const Rows &classes,
           Overlaps overlaps) {
    Rows order(shapes.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
    Rows keep;
    for (const std::int32_t i : order) {
        bool survives = true;
        for (const std::int32_t k : keep) {
            survives = survives && !(classes[i] == classes[k] && overlaps(shapes[i], shapes[k]));
        }
        if (survives) keep.push_back(i);
    }
    return keep;
}

struct Case {
    std::vector<Box> boxes;
    std::vector<float> scores;
    Rows classes;
};

Case random_case(std::mt19937 &random, int count, int class_count, float extent, float spread) {
    std::uniform_real_distribution<float> place(0, extent), exponent(0, spread);
    std::uniform_int_distribution<int> score(0, 200), cls(0, class_count - 1);
    Case made;
    for (int i = 0; i < count; ++i) {
        const float x = place(random), y = place(random);
        made.boxes.push_back(
            {x, y, x + 4 * std::exp2(exponent(random)), y + 4 * std::exp2(exponent(random))});
        made.scores.push_back(static_cast<float>(score(random)) / 200.0f - 0.5f);  // many ties, two signs
        made.classes.push_back(cls(random));
    }
    return made;
}

class NmsEqualsTheDefinition : public testing::TestWithParam<float> {};

TEST_P(NmsEqualsTheDefinition, ForFewAndManyBoxesOfAllSizes) {
    std::mt19937 random(11);
    const float threshold = GetParam();
    for (const int count : {0, 1, 15, 16, 17, 31, 32, 120, 399, 400, 900}) {
        for (const float spread : {1.0f, 6.0f}) {
            const Case c = random_case(random, count, 3, 120, spread);
            const auto overlaps = [&](const Box &a, const Box &b) {
                const float width = std::max(std::min(a.right, b.right) - std::max(a.left, b.left), 0.0f);
                const float height = std::max(std::min(a.bottom, b.bottom) - std::max(a.top, b.top), 0.0f);
                return width * height > threshold * (a.area() + b.area() - width * height);
            };
            EXPECT_EQ(nms(c.boxes, c.scores, c.classes, threshold),
                      plain(c.boxes, c.scores, c.classes, overlaps));
            EXPECT_EQ(nms(c.boxes, c.scores, {}, threshold),
                      plain(c.boxes, c.scores, Rows(c.boxes.size(), 0), overlaps));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Thresholds, NmsEqualsTheDefinition,
                         testing::Values(0.0f, 0.04f, 0.06f, 0.3f, 0.5f, 0.7f, 0.95f, 1.0f));

TEST(Nms, CirclesEqualTheDefinition) {
    std::mt19937 random(12);
    const Case c = random_case(random, 200, 2, 60, 3);
    std::vector<Circle> circles;
    for (const Box &box : c.boxes) circles.push_back(circle_from_box(box));
    const auto overlaps = [](const Circle &a, const Circle &b) { return iou(a, b) > 0.4f; };
    EXPECT_EQ(nms(circles, c.scores, c.classes, 0.4f), plain(circles, c.scores, c.classes, overlaps));
}

TEST(Nms, CirclesThatOnlyOverlapAsSquaresBothStay) {
    // The squares' corners overlap by 1/7.7, the circles don't touch.
    const std::vector<Circle> circles{{0, 0, 10}, {15, 15, 10}};
    const std::vector<Box> squares{box_from_circle(circles[0]), box_from_circle(circles[1])};
    const std::vector<float> scores{1, 0.5f};
    EXPECT_EQ(nms(circles, scores, {}, 0.0f), (Rows{0, 1}));
    EXPECT_EQ(nms(squares, scores, {}, 0.0f), Rows{0});
}

TEST(Nms, EqualScoresKeepTheLowerRow) {
    const std::vector<Box> boxes(400, Box{0, 0, 1, 1});
    EXPECT_EQ(nms(boxes, std::vector<float>(400, 0.5f), {}, 0.5f), Rows{0});
    const std::vector<Box> two{{0, 0, 1, 1}, {0, 0, 1, 1}};
    EXPECT_EQ(nms(two, std::vector<float>{-0.0f, 0.0f}, {}, 0.5f), Rows{0});
}

TEST(Nms, StopsAtMaxKeepByScoreAcrossClasses) {
    const std::vector<Box> boxes{{0, 0, 1, 1}, {5, 0, 6, 1}, {9, 0, 10, 1}};
    const std::vector<float> scores{0.1f, 0.9f, 0.5f};
    EXPECT_EQ(nms(boxes, scores, {}, 0.5f, 2), (Rows{1, 2}));
    EXPECT_EQ(nms(boxes, scores, Rows{7, 3, 3}, 0.5f, 2), (Rows{1, 2}));
    EXPECT_EQ(nms(boxes, scores, Rows{7, 3, 3}, 0.5f, 0), Rows{});
}

TEST(Nms, HugeAndFarAwayBoxesAreNoTrouble) {
    std::vector<Box> boxes(500, Box{0, 0, 2, 2});
    boxes[3] = {-3e38f, -3e38f, 3e38f, 3e38f};
    boxes[4] = {1e30f, 1e30f, 1e31f, 1e31f};
    const Rows kept = nms(boxes, std::vector<float>(500, 1.0f), {}, 0.5f);
    EXPECT_EQ(kept, (Rows{0, 3, 4}));
}

TEST(Nms, BadInputIsNamed) {
    const std::vector<Box> boxes{{0, 0, 1, 1}};
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW((void)nms(boxes, std::vector<float>{nan}, {}, 0.5f), std::invalid_argument);
    EXPECT_THROW((void)nms(boxes, std::vector<float>{}, {}, 0.5f), std::invalid_argument);
    EXPECT_THROW((void)nms(boxes, std::vector<float>{1}, Rows{1, 2}, 0.5f), std::invalid_argument);
    EXPECT_THROW((void)nms(boxes, std::vector<float>{1}, {}, 1.5f), std::invalid_argument);
    EXPECT_THROW((void)nms(boxes, std::vector<float>{1}, {}, nan), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::geometry
