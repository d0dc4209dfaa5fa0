#pragma once
#include <pybind11/numpy.h>

#include <vector>

#include "e2tad/core/files/init.hpp"

namespace e2tad::python {

/// Copies (N,) int32 frames, classes and ids and (N, 4) float64 shares; see e2tad.data.Init.
std::vector<files::InitRow> init_rows(const pybind11::array &frame, const pybind11::array &object_class,
                                      const pybind11::array &id, const pybind11::array &share);

}  // namespace e2tad::python
