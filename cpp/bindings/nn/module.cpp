#include <pybind11/stl.h>

#include "bind_nn_torch.hpp"

PYBIND11_MODULE(_nn, m) {
    m.doc() =
        "The networks of e2tad, by LibTorch. Importing it loads LibTorch; use the wrappers of the package.";
    // The abstract detector, embedder and errors are bound there.
    pybind11::module_::import("e2tad._core");
    e2tad::python::bind_nn_torch(m);
}
