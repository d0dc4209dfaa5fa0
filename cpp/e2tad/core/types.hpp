#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace e2tad {

/// Axis-aligned box in pixels of the frame that it belongs to: left, top, right, bottom; y points down.
struct Box {
    float left = 0;
    float top = 0;
    float right = 0;
    float bottom = 0;

    [[nodiscard]] float width() const { return right - left; }
    [[nodiscard]] float height() const { return bottom - top; }
    [[nodiscard]] float center_x() const { return 0.5f * (left + right); }
    [[nodiscard]] float center_y() const { return 0.5f * (top + bottom); }
    [[nodiscard]] float area() const { return width() * height(); }
    /// True if the point lies inside or on the border.
    [[nodiscard]] bool contains(float x, float y) const {
        return left <= x && x <= right && top <= y && y <= bottom;
    }
    friend bool operator==(const Box &, const Box &) = default;
};
static_assert(sizeof(Box) == 4 * sizeof(float), "arrays of boxes are borrowed as (N, 4) float32");

/// Circle in pixels: the C-box of a ball. Source: the paper, Section 4.1 (geometry-aware anchor).
struct Circle {
    float cx = 0;
    float cy = 0;
    float radius = 0;
    friend bool operator==(const Circle &, const Circle &) = default;
};
static_assert(sizeof(Circle) == 3 * sizeof(float), "arrays of circles are borrowed as (N, 3) float32");

/// The two classes of the contest, with the numbers of its init.csv.
enum class ObjectClass : std::int32_t { kPerson = 0, kBall = 1 };

/// Identities are the labels' own numbers.
inline constexpr std::int32_t kNoId = -1;

/// A borrowed, row-major, contiguous matrix; rows or cols may be 0.
template <class T>
struct MatrixViewOf {
    const T *data = nullptr;
    std::size_t rows = 0;
    std::size_t cols = 0;

    [[nodiscard]] const T *row(std::size_t i) const { return data + i * cols; }
    [[nodiscard]] T operator()(std::size_t i, std::size_t j) const { return data[i * cols + j]; }
};

/// An owned, row-major, contiguous matrix.
template <class T>
struct MatrixOf {
    std::vector<T> data;
    std::size_t rows = 0;
    std::size_t cols = 0;

    MatrixOf() = default;
    MatrixOf(std::size_t rows_, std::size_t cols_, T value = T{})
        : data(rows_ * cols_, value), rows(rows_), cols(cols_) {}
    [[nodiscard]] T *row(std::size_t i) { return data.data() + i * cols; }
    [[nodiscard]] const T *row(std::size_t i) const { return data.data() + i * cols; }
    [[nodiscard]] T &operator()(std::size_t i, std::size_t j) { return data[i * cols + j]; }
    [[nodiscard]] T operator()(std::size_t i, std::size_t j) const { return data[i * cols + j]; }
    operator MatrixViewOf<T>() const { return {data.data(), rows, cols}; }  // NOLINT(google-explicit-*)
};

using MatrixView = MatrixViewOf<float>;
using Matrix = MatrixOf<float>;

}  // namespace e2tad
