#pragma once
#include <pybind11/numpy.h>

#include <tuple>

#include "e2tad/detect/detections.hpp"

namespace e2tad::python {

/// Boxes, scores and classes of N detections.
using DetectionArrays =
    std::tuple<pybind11::array_t<float>, pybind11::array_t<float>, pybind11::array_t<std::int32_t>>;

/// Copies (N, 4) float32, (N,) float32 and (N,) int32 columns.
detect::Detections borrow_detections(const pybind11::array &boxes, const pybind11::array &scores,
                                     const pybind11::array &classes);

/// The columns' buffers move into the arrays.
DetectionArrays give_detections(detect::Detections &&found);

}  // namespace e2tad::python
