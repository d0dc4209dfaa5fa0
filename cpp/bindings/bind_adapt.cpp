#include <pybind11/stl.h>

#include <span>
#include <string>
#include <tuple>

#include "bindings.hpp"
#include "e2tad/adapt/collisions.hpp"
#include "e2tad/adapt/region.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

std::span<const ObjectClass> class_rows(const py::array &classes, const py::array &boxes) {
    const auto *rows = borrow<std::int32_t>(classes, "classes", {boxes.shape(0)});
    return {reinterpret_cast<const ObjectClass *>(rows), static_cast<std::size_t>(boxes.shape(0))};
}

}  // namespace

void bind_adapt(py::module_ &m) {
    using adapt::RegionCropper;

    m.def(
        "default_adaptive_config", [] { return config::to_json(adapt::AdaptiveConfig{}).dump(); },
        "The defaults as JSON.");
    py::class_<RegionCropper>(m, "RegionCropper", "See e2tad.adapt.RegionCropper.")
        .def(py::init([](const std::string &config_json, std::int32_t frame_width, std::int32_t frame_height,
                         std::int32_t input, std::int32_t persons, std::int32_t balls) {
                 return RegionCropper(config::from_json<adapt::AdaptiveConfig>(
                                          config::Json::parse(config_json), {}, "/adaptive"),
                                      frame_width, frame_height, input, persons, balls);
             }),
             "config"_a, "frame_width"_a, "frame_height"_a, "input"_a, "persons"_a, "balls"_a)
        .def(
            "seed",
            [](RegionCropper &cropper, const py::array &boxes) {
                cropper.seed(borrow_boxes(boxes, "boxes"));
            },
            "boxes"_a)
        .def("next",
             [](const RegionCropper &cropper) {
                 adapt::Region region = cropper.next();
                 return std::make_tuple(region.letterbox, static_cast<std::int32_t>(region.reason));
             })
        .def(
            "update",
            [](RegionCropper &cropper, const py::array &boxes, const py::array &classes) {
                cropper.update(borrow_boxes(boxes, "boxes"), class_rows(classes, boxes));
            },
            "boxes"_a, "classes"_a);
    m.def(
        "find_collisions",
        [](const py::array &boxes, const py::array &classes) {
            const auto found =
                adapt::find_collisions(borrow_boxes(boxes, "boxes"), class_rows(classes, boxes));
            std::vector<std::int32_t> pairs;
            for (const adapt::Collision &c : found) pairs.insert(pairs.end(), {c.ball, c.person});
            return std::make_tuple(give(std::move(pairs), {static_cast<py::ssize_t>(found.size()), 2}),
                                   give(adapt::rows_in_collision(found)));
        },
        "boxes"_a, "classes"_a, "Pairs (ball, person) and the rows in them; see e2tad.adapt.");
}

}  // namespace e2tad::python
