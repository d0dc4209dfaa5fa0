#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

#include "e2tad/geometry/boxes.hpp"
#include "e2tad/geometry/circles.hpp"

namespace e2tad::geometry {
namespace {

TEST(BoxIou, KnownOverlapsAndUnionsWithoutArea) {
    EXPECT_FLOAT_EQ(iou(Box{0, 0, 2, 2}, Box{1, 0, 3, 2}), 1.0f / 3.0f);
    EXPECT_FLOAT_EQ(iou(Box{0, 0, 4, 4}, Box{1, 1, 2, 3}), 2.0f / 16.0f);
    EXPECT_EQ(iou(Box{0, 0, 1, 1}, Box{1, 0, 2, 1}), 0.0f);
    EXPECT_EQ(iou(Box{3, 3, 3, 3}, Box{3, 3, 3, 3}), 0.0f);
}

TEST(BoxIou, ThePairwiseKernelEqualsTheSinglePair) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> place(0, 50), size(0, 30);
    std::vector<Box> boxes;
    for (int i = 0; i < 67; ++i) {
        const float x = place(random), y = place(random);
        boxes.push_back({x, y, x + size(random), y + size(random)});
    }
    boxes.push_back({5, 5, 5, 5});
    const Matrix all = pairwise_iou(boxes, std::span<const Box>(boxes).first(40));
    for (std::size_t i = 0; i < all.rows; ++i) {
        for (std::size_t j = 0; j < all.cols; ++j) EXPECT_EQ(all(i, j), iou(boxes[i], boxes[j]));
    }
}

TEST(BoxIou, EitherSideMayBeEmpty) {
    const std::vector<Box> one{{0, 0, 1, 1}};
    EXPECT_EQ(pairwise_iou(one, {}).rows, 1u);
    EXPECT_EQ(pairwise_iou({}, one).cols, 1u);
    EXPECT_TRUE(pairwise_iou({}, one).data.empty());
}

TEST(Boxes, EnlargedAboutTheCentreAndClippedToTheFrame) {
    EXPECT_EQ(enlarged({10, 10, 20, 30}, 1.5f), (Box{7.5f, 5, 22.5f, 35}));
    EXPECT_EQ(clipped({-5, 2, 30, 8}, 20, 6), (Box{0, 2, 20, 6}));
    EXPECT_EQ(clipped({30, 2, 40, 8}, 20, 6), (Box{20, 2, 20, 6}));
}

TEST(Boxes, ErrorsNameTheRow) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto error_of = [](const std::vector<Box> &boxes) -> std::string {
        try {
            check_boxes(boxes, "boxes");
        } catch (const std::invalid_argument &error) {
            return error.what();
        }
        return "no error";
    };
    EXPECT_EQ(error_of({{0, 0, 1, 1}, {0, nan, 1, 1}}), "boxes: row 1: box must be finite numbers");
    EXPECT_EQ(error_of({{0, 0, 1, 1}, {0, 2, 1, 1}}),
              "boxes: row 1: box must have left <= right and top <= bottom");
    EXPECT_EQ(error_of({{0, 0, 0, 0}}), "no error");
}

TEST(CircleIou, ApartTouchingInsideAndEqual) {
    EXPECT_EQ(iou(Circle{0, 0, 1}, Circle{5, 0, 1}), 0.0f);
    EXPECT_EQ(iou(Circle{0, 0, 1}, Circle{2, 0, 1}), 0.0f);
    EXPECT_FLOAT_EQ(iou(Circle{0, 0, 4}, Circle{1, 1, 1}), 1.0f / 16.0f);
    EXPECT_FLOAT_EQ(iou(Circle{7, 7, 3}, Circle{7, 7, 3}), 1.0f);
}

TEST(CircleIou, ARadiusOfZeroOverlapsNothing) {
    EXPECT_EQ(iou(Circle{0, 0, 0}, Circle{0, 0, 0}), 0.0f);
    EXPECT_EQ(iou(Circle{0, 0, 0}, Circle{0, 0, 3}), 0.0f);
}

TEST(CircleIou, UnitCirclesOneRadiusApartShareTheKnownLens) {
    // 2 pi / 3 - sqrt(3) / 2, the textbook lens.
    const double lens = 2.0 * std::numbers::pi / 3.0 - std::sqrt(3.0) / 2.0;
    EXPECT_NEAR(intersection_area(Circle{0, 0, 1}, Circle{0, 1, 1}), lens, 1e-12);
    EXPECT_NEAR(iou(Circle{0, 0, 1}, Circle{1, 0, 1}), lens / (2 * std::numbers::pi - lens), 1e-7);
}

TEST(CircleIou, EqualsTheIntegralOfChords) {
    std::mt19937 random(5);
    std::uniform_real_distribution<float> place(-2, 2), size(0.2f, 2);
    for (int i = 0; i < 50; ++i) {
        const Circle a{place(random), place(random), size(random)},
            b{place(random), place(random), size(random)};
        constexpr int kSteps = 20000;
        double area = 0;
        for (int k = 0; k < kSteps; ++k) {
            const double y = a.cy - a.radius + (k + 0.5) * 2.0 * a.radius / kSteps;
            const double half_a =
                std::sqrt(std::max(0.0, double(a.radius) * a.radius - (y - a.cy) * (y - a.cy)));
            const double half_b =
                std::sqrt(std::max(0.0, double(b.radius) * b.radius - (y - b.cy) * (y - b.cy)));
            const double chord =
                std::min(a.cx + half_a, b.cx + half_b) - std::max(a.cx - half_a, b.cx - half_b);
            if (std::abs(y - b.cy) < b.radius) area += std::max(0.0, chord) * 2.0 * a.radius / kSteps;
        }
        EXPECT_NEAR(intersection_area(a, b), area, 2e-3);
    }
}

TEST(Circles, BecomeBoxesAndComeBack) {
    EXPECT_EQ(box_from_circle({5, 6, 2}), (Box{3, 4, 7, 8}));
    EXPECT_EQ(circle_from_box(box_from_circle({5, 6, 2})), (Circle{5, 6, 2}));
    EXPECT_EQ(circle_from_box({0, 0, 4, 10}), (Circle{2, 5, 5}));
    EXPECT_THROW(check_circles(std::vector<Circle>{{0, 0, -1}}, "circles"), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::geometry
