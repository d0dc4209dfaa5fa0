#pragma once
#include <pybind11/pybind11.h>

namespace e2tad::python {

void bind_nn_torch(pybind11::module_ &m);

}  // namespace e2tad::python
