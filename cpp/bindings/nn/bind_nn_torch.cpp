#include "bind_nn_torch.hpp"

#include <pybind11/stl.h>

#include <memory>
#include <optional>

#include "detections.hpp"
#include "e2tad/core/config.hpp"
#include "e2tad/nn_torch/network.hpp"
#include "e2tad/nn_torch/torch_detector.hpp"
#include "e2tad/nn_torch/torch_embedder.hpp"
#include "e2tad/nn_torch/torch_harmonizer.hpp"
#include "e2tad/reid/crop.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;
using nn_torch::Network;
using nn_torch::TorchDetector;
using nn_torch::TorchEmbedder;
using nn_torch::TorchHarmonizer;

namespace {

/// (N, C, H, W) floats that lie in the order N, H, W, C without a gap: what a transposed picture is.
bool is_channels_last(const py::array &array) {
    if (array.ndim() != 4 || !array.dtype().equal(py::dtype::of<float>())) return false;
    py::ssize_t step = sizeof(float);
    for (const int axis : {1, 3, 2, 0}) {
        if (array.strides(axis) != step) return false;
        step *= array.shape(axis);
    }
    return true;
}

py::list run(const Network &network, const std::vector<py::array> &inputs) {
    std::vector<nn_torch::Input> borrowed;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::string name = "inputs[" + std::to_string(i) + "]";
        const bool channels_last = is_channels_last(inputs[i]);
        const float *data = channels_last ? static_cast<const float *>(inputs[i].data())
                                          : borrow<float>(inputs[i], name.c_str(), {kAny, kAny, kAny, kAny});
        borrowed.push_back({data, {inputs[i].shape(), inputs[i].shape() + 4}, channels_last});
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

ImageView borrow_picture(const py::array &image, const char *name) {
    const std::uint8_t *data = borrow<std::uint8_t>(image, name, {kAny, kAny, 3});
    const auto width = static_cast<std::int32_t>(image.shape(1));
    return {data, width, static_cast<std::int32_t>(image.shape(0)), std::ptrdiff_t{3} * width};
}

/// A section of the configuration from the JSON of a delta.
template <class C>
C section(const std::string &text, const char *path) {
    return config::from_json<C>(config::Json::parse(text), {}, path);
}

using FrameSize = std::optional<std::pair<std::int32_t, std::int32_t>>;

FrameView frame_of(const py::array &image, const FrameSize &size) {
    FrameView frame{0, borrow_picture(image, "image")};
    if (size) std::tie(frame.width, frame.height) = *size;
    return frame;
}

DetectionArrays detect(TorchDetector &self, const py::array &image,
                       const std::optional<geometry::Letterbox> &view, const FrameSize &frame_size) {
    const FrameView frame = frame_of(image, frame_size);
    detect::Detections found;
    {
        const py::gil_scoped_release nogil;
        found = view ? self.detect(frame, *view) : self.detect(frame);
    }
    return give_detections(std::move(found));
}

py::array_t<float> embed(TorchEmbedder &self, const py::array &image, const py::array &boxes,
                         const py::array &scores, const py::array &classes, const FrameSize &frame_size) {
    const FrameView frame = frame_of(image, frame_size);
    const detect::Detections given = borrow_detections(boxes, scores, classes);
    Matrix features;
    {
        const py::gil_scoped_release nogil;
        features = self.embed(frame, given);
    }
    return give_matrix(std::move(features));
}

py::array_t<float> embed_crops(TorchEmbedder &self, const py::array &crops, std::int32_t object_class) {
    const std::uint8_t *data = borrow<std::uint8_t>(crops, "crops", {kAny, kAny, kAny, 3});
    const auto height = static_cast<std::int32_t>(crops.shape(1));
    const auto width = static_cast<std::int32_t>(crops.shape(2));
    const std::ptrdiff_t stride = std::ptrdiff_t{3} * width;
    std::vector<reid::CropView> views;
    for (py::ssize_t i = 0; i < crops.shape(0); ++i) {
        views.push_back({0, object_class, {}, {data + i * height * stride, width, height, stride}});
    }
    Matrix features;
    {
        const py::gil_scoped_release nogil;
        features = self.embed(views);
    }
    return give_matrix(std::move(features));
}

void bind_network(py::module_ &m) {
    py::class_<Network>(m, "Network", "A model file that runs; see e2tad.nn.")
        .def(py::init([](const std::string &path, const std::string &engine, std::int32_t threads) {
                 const py::gil_scoped_release nogil;
                 return std::make_unique<Network>(
                     path,
                     nn_torch::RunOptions{engine == "auto" ? nn_torch::auto_engine("") : engine, threads});
             }),
             "path"_a, "engine"_a, "threads"_a)
        .def_property_readonly("path", &Network::path)
        .def("run", &run, "inputs"_a, "Float arrays of four axes in, all tensors of the network out.");
}

void bind_detector(py::module_ &m) {
    py::class_<TorchDetector, detect::Detector, std::shared_ptr<TorchDetector>>(
        m, "TorchDetector", "A detector from a model file; see e2tad.nn.")
        .def(py::init([](const std::string &settings) {
                 const auto config = section<detect::DetectorConfig>(settings, "/detector");
                 const py::gil_scoped_release nogil;
                 return std::make_shared<TorchDetector>(config);
             }),
             "settings"_a)
        .def_property_readonly("engine", &TorchDetector::engine)
        .def_property_readonly("multiple", &TorchDetector::multiple)
        .def_property_readonly("input_px", &TorchDetector::input_px)
        .def("detect", &detect, "image"_a, "view"_a, "frame_size"_a, "Boxes, scores and classes.");
}

void bind_embedder(py::module_ &m) {
    py::class_<TorchEmbedder, reid::Embedder, std::shared_ptr<TorchEmbedder>>(
        m, "TorchEmbedder", "An embedder from a model file; see e2tad.nn.")
        .def(py::init([](const std::string &settings) {
                 const auto config = section<reid::ReidConfig>(settings, "/reid");
                 const py::gil_scoped_release nogil;
                 return std::make_shared<TorchEmbedder>(config);
             }),
             "settings"_a)
        .def_property_readonly("engine", &TorchEmbedder::engine)
        .def("embed", &embed, "image"_a, "boxes"_a, "scores"_a, "classes"_a, "frame_size"_a,
             "(N, width) features of a frame's detections.")
        .def("embed_crops", &embed_crops, "crops"_a, "object_class"_a, "(N, width) features of crops.");
}

}  // namespace

void bind_nn_torch(py::module_ &m) {
    m.def("engines", &nn_torch::engines, "See e2tad.nn.engines.");
    m.def("auto_engine", &nn_torch::auto_engine, "made_for"_a, "The engine that `auto` means here.");
    bind_network(m);
    bind_detector(m);
    bind_embedder(m);
    py::class_<TorchHarmonizer, synth::Harmonizer, std::shared_ptr<TorchHarmonizer>>(
        m, "TorchHarmonizer", "A harmoniser from a model file; see e2tad.synth.harmonizer.")
        .def(py::init([](const std::string &model) {
                 const py::gil_scoped_release nogil;
                 return std::make_shared<TorchHarmonizer>(model);
             }),
             "model"_a);
}

}  // namespace e2tad::python
