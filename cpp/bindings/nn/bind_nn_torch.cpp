#include "bind_nn_torch.hpp"

#include <pybind11/stl.h>

#include <memory>

#include "e2tad/nn_torch/network.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

py::list run(const nn_torch::Network &network, const std::vector<py::array> &inputs) {
    std::vector<nn_torch::Input> borrowed;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::string name = "inputs[" + std::to_string(i) + "]";
        const float *data = borrow<float>(inputs[i], name.c_str(), {kAny, kAny, kAny, kAny});
        borrowed.push_back({data, {inputs[i].shape(), inputs[i].shape() + 4}});
    }
    std::vector<nn_torch::Output> outputs;
    {
        const py::gil_scoped_release nogil;
        outputs = network.run(borrowed);
    }
    py::list given;
    for (nn_torch::Output &output : outputs) {
        auto *owner = new std::shared_ptr<const void>(std::move(output.owner));
        const py::capsule base(owner, [](void *p) { delete static_cast<std::shared_ptr<const void> *>(p); });
        given.append(py::array_t<float>(std::vector<py::ssize_t>(output.shape.begin(), output.shape.end()),
                                        output.data, base));
    }
    return given;
}

}  // namespace

void bind_nn_torch(py::module_ &m) {
    m.def("engines", &nn_torch::engines, "See e2tad.nn.engines.");
    m.def("auto_engine", &nn_torch::auto_engine, "made_for"_a, "The engine that `auto` means here.");
    py::class_<nn_torch::Network>(m, "Network", "A model file that runs; see e2tad.nn.")
        .def(py::init([](const std::string &path, const std::string &engine, std::int32_t threads) {
                 const py::gil_scoped_release nogil;
                 return std::make_unique<nn_torch::Network>(path, nn_torch::RunOptions{engine, threads});
             }),
             "path"_a, "engine"_a, "threads"_a)
        .def_property_readonly("path", &nn_torch::Network::path)
        .def("run", &run, "inputs"_a, "Float arrays of four axes in, all tensors of the network out.");
}

}  // namespace e2tad::python
