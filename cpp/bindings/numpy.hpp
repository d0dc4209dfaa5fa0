#pragma once
#include <pybind11/numpy.h>

#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "e2tad/core/types.hpp"

/// Borrowing arrays from Python and giving buffers back, both without a copy.
///
/// Everything here touches Python objects: call it while the GIL is held, and release the GIL only around
/// the C++ work in between.
namespace e2tad::python {

inline constexpr pybind11::ssize_t kAny = -1;  ///< In a shape: any length.

/// "(N, 4)" and the like, for messages.
std::string shape_text(std::initializer_list<pybind11::ssize_t> shape);

/// Checks an array's dtype, shape and C-contiguity.
/// @throws ValueError naming the argument, what was expected and what came.
void check_array(const pybind11::array &array, const char *name, const pybind11::dtype &dtype,
                 std::initializer_list<pybind11::ssize_t> shape);

/// Borrows a C-contiguous array of exactly T; nothing is converted or copied.
template <class T>
const T *borrow(const pybind11::array &array, const char *name,
                std::initializer_list<pybind11::ssize_t> shape) {
    check_array(array, name, pybind11::dtype::of<T>(), shape);
    return static_cast<const T *>(array.data());
}

/// Borrows an (N, M) matrix; `cols` fixes M where it isn't kAny.
template <class T = float>
MatrixViewOf<T> borrow_matrix(const pybind11::array &array, const char *name, pybind11::ssize_t cols = kAny) {
    const T *data = borrow<T>(array, name, {kAny, cols});
    return {data, static_cast<std::size_t>(array.shape(0)), static_cast<std::size_t>(array.shape(1))};
}

/// Gives a vector's buffer to a new array; the vector moves into the array's base object.
template <class T>
pybind11::array_t<T> give(std::vector<T> &&values, std::vector<pybind11::ssize_t> shape) {
    auto *owned = new std::vector<T>(std::move(values));
    pybind11::capsule base(owned, [](void *p) { delete static_cast<std::vector<T> *>(p); });
    return pybind11::array_t<T>(std::move(shape), owned->data(), base);
}

template <class T>
pybind11::array_t<T> give(std::vector<T> &&values) {
    const auto n = static_cast<pybind11::ssize_t>(values.size());
    return give(std::move(values), {n});
}

template <class T>
pybind11::array_t<T> give_matrix(MatrixOf<T> &&matrix) {
    const auto rows = static_cast<pybind11::ssize_t>(matrix.rows);
    const auto cols = static_cast<pybind11::ssize_t>(matrix.cols);
    return give(std::move(matrix.data), {rows, cols});
}

/// Gives N boxes as (N, 4) float32.
pybind11::array_t<float> give_boxes(std::vector<Box> &&boxes);

/// Borrows (N, 4) float32 as boxes.
std::span<const Box> borrow_boxes(const pybind11::array &array, const char *name);

}  // namespace e2tad::python
