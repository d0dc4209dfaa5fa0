#include <pybind11/stl.h>

#include <memory>

#include "bindings.hpp"
#include "detections.hpp"
#include "e2tad/reid/crop.hpp"
#include "e2tad/reid/replay.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

void bind_reid(py::module_ &m) {
    m.def(
        "crop_of",
        [](const std::array<float, 4> &box, std::int32_t cls, std::int32_t frame_width,
           std::int32_t frame_height) {
            if (cls != 0 && cls != 1) {
                throw py::value_error("object_class: must be 0 (person) or 1 (ball), got " +
                                      std::to_string(cls));
            }
            const reid::Crop crop = reid::crop_of({box[0], box[1], box[2], box[3]},
                                                  static_cast<ObjectClass>(cls), frame_width, frame_height);
            const geometry::PixelRect &region = crop.region;
            return std::tuple(std::tuple(region.left, region.top, region.width, region.height),
                              std::tuple(crop.size.width, crop.size.height));
        },
        "box"_a, "object_class"_a, "frame_width"_a, "frame_height"_a, "See e2tad.reid.crop.");

    py::class_<reid::Embedder, std::shared_ptr<reid::Embedder>>(m, "Embedder", "Features of detections.")
        .def_property_readonly("width", &reid::Embedder::width);
    py::class_<reid::ReplayEmbedder, reid::Embedder, std::shared_ptr<reid::ReplayEmbedder>>(
        m, "ReplayEmbedder", "Recorded features by frame, class and box; see e2tad.reid.")
        .def(py::init([](const py::array &frames, const py::array &classes, const py::array &boxes,
                         const py::array &features) {
                 const MatrixView rows = borrow_matrix(features, "features");
                 const auto n = static_cast<py::ssize_t>(rows.rows);
                 check_array(boxes, "boxes", py::dtype::of<float>(), {n, 4});
                 return std::make_shared<reid::ReplayEmbedder>(
                     std::span(borrow<std::int32_t>(frames, "frames", {n}), rows.rows),
                     std::span(borrow<std::int32_t>(classes, "classes", {n}), rows.rows),
                     borrow_boxes(boxes, "boxes"), rows);
             }),
             "frames"_a, "classes"_a, "boxes"_a, "features"_a)
        .def(
            "embed",
            [](reid::ReplayEmbedder &self, std::int32_t frame, const py::array &boxes,
               const py::array &scores, const py::array &classes) {
                const detect::Detections given = borrow_detections(boxes, scores, classes);
                return give_matrix(self.embed(FrameView{frame, {}}, given));
            },
            "frame"_a, "boxes"_a, "scores"_a, "classes"_a,
            "The features of a frame's detections, (N, width).");
}

}  // namespace e2tad::python
