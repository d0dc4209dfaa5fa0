#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <tuple>

#include "bindings.hpp"
#include "e2tad/geometry/boxes.hpp"
#include "e2tad/geometry/circles.hpp"
#include "e2tad/geometry/nms.hpp"
#include "e2tad/geometry/transform.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

/// Shape is Box or Circle, both borrowed as rows of floats.
template <class Shape>
std::span<const Shape> borrow_shapes(const py::array &array, const char *name) {
    constexpr py::ssize_t kWidth = sizeof(Shape) / sizeof(float);
    const float *data = borrow<float>(array, name, {kAny, kWidth});
    return {reinterpret_cast<const Shape *>(data), static_cast<std::size_t>(array.shape(0))};
}

template <class Shape, class Check>
py::array_t<float> pairwise(const py::array &a, const py::array &b, Check check) {
    const auto first = borrow_shapes<Shape>(a, "a");
    const auto second = borrow_shapes<Shape>(b, "b");
    // Written into NumPy's own memory: a vector would be filled with zeros first.
    py::array_t<float> out({a.shape(0), b.shape(0)});
    float *data = out.mutable_data();
    {
        const py::gil_scoped_release nogil;
        check(first, "a");
        check(second, "b");
        geometry::pairwise_iou(first, second, data);
    }
    return out;
}

template <class Shape>
py::array_t<std::int32_t> suppress(const py::array &shapes, const char *name, const py::array &scores,
                                   const std::optional<py::array> &classes, float iou,
                                   std::optional<std::size_t> max_keep) {
    const auto rows = borrow_shapes<Shape>(shapes, name);
    const auto n = static_cast<py::ssize_t>(rows.size());
    const std::span<const float> score(borrow<float>(scores, "scores", {n}), rows.size());
    std::span<const std::int32_t> number;
    if (classes) number = {borrow<std::int32_t>(*classes, "classes", {n}), rows.size()};
    std::vector<std::int32_t> keep;
    {
        const py::gil_scoped_release nogil;
        keep = geometry::nms(rows, score, number, iou, max_keep.value_or(geometry::kKeepAll));
    }
    return give(std::move(keep));
}

py::array_t<float> transformed(const geometry::AxisTransform &transform, const py::array &boxes) {
    const auto rows = borrow_shapes<Box>(boxes, "boxes");
    std::vector<Box> out(rows.size());
    {
        const py::gil_scoped_release nogil;
        for (std::size_t i = 0; i < rows.size(); ++i) out[i] = transform.apply(rows[i]);
    }
    return give_boxes(std::move(out));
}

std::tuple<int, int, int, int> rect_tuple(const geometry::PixelRect &rect) {
    return {rect.left, rect.top, rect.width, rect.height};
}

}  // namespace

void bind_geometry(py::module_ &m) {
    using geometry::AxisTransform;
    using geometry::Letterbox;

    m.def(
        "box_iou",
        [](const py::array &a, const py::array &b) {
            return pairwise<Box>(a, b,
                                 [](auto rows, const char *name) { geometry::check_boxes(rows, name); });
        },
        "a"_a, "b"_a, "Pairwise IoU, (N, 4) x (M, 4) -> (N, M); see e2tad.geometry.iou.");
    m.def(
        "circle_iou",
        [](const py::array &a, const py::array &b) {
            return pairwise<Circle>(a, b,
                                    [](auto rows, const char *name) { geometry::check_circles(rows, name); });
        },
        "a"_a, "b"_a, "Pairwise circle IoU, (N, 3) x (M, 3) -> (N, M); see e2tad.geometry.circle_iou.");
    m.def(
        "box_nms",
        [](const py::array &boxes, const py::array &scores, const std::optional<py::array> &classes,
           float iou, std::optional<std::size_t> max_keep) {
            return suppress<Box>(boxes, "boxes", scores, classes, iou, max_keep);
        },
        "boxes"_a, "scores"_a, "classes"_a, "iou"_a, "max_keep"_a, "See e2tad.geometry.nms.");
    m.def(
        "circle_nms",
        [](const py::array &circles, const py::array &scores, const std::optional<py::array> &classes,
           float iou, std::optional<std::size_t> max_keep) {
            return suppress<Circle>(circles, "circles", scores, classes, iou, max_keep);
        },
        "circles"_a, "scores"_a, "classes"_a, "iou"_a, "max_keep"_a, "See e2tad.geometry.circle_nms.");

    py::class_<AxisTransform>(m, "AxisTransform", "Scaling and shifting along each axis.")
        .def_readonly("scale_x", &AxisTransform::scale_x)
        .def_readonly("scale_y", &AxisTransform::scale_y)
        .def_readonly("shift_x", &AxisTransform::shift_x)
        .def_readonly("shift_y", &AxisTransform::shift_y)
        .def("inverse", &AxisTransform::inverse, "The transform that leads back.")
        .def("apply", &transformed, "boxes"_a, "(N, 4) ltrb -> (N, 4).");
    py::class_<Letterbox>(m, "Letterbox", "How a region of a frame is laid into a network's input.")
        .def_readonly("width", &Letterbox::width)
        .def_readonly("height", &Letterbox::height)
        .def_property_readonly("region", [](const Letterbox &l) { return rect_tuple(l.region); })
        .def_property_readonly("content", [](const Letterbox &l) { return rect_tuple(l.content); })
        .def_readonly("input_from_frame", &Letterbox::input_from_frame)
        .def_readonly("frame_from_input", &Letterbox::frame_from_input);
    m.def(
        "box_from_circle",
        [](const py::array &circles) {
            const auto rows = borrow_shapes<Circle>(circles, "circles");
            std::vector<Box> boxes(rows.size());
            {
                const py::gil_scoped_release nogil;
                geometry::check_circles(rows, "circles");
                std::transform(rows.begin(), rows.end(), boxes.begin(), geometry::box_from_circle);
            }
            return give_boxes(std::move(boxes));
        },
        "circles"_a, "See e2tad.geometry.box_from_circle.");
    m.def(
        "circle_from_box",
        [](const py::array &boxes) {
            const auto rows = borrow_shapes<Box>(boxes, "boxes");
            py::array_t<float> out({boxes.shape(0), py::ssize_t{3}});
            auto *circles = reinterpret_cast<Circle *>(out.mutable_data());
            {
                const py::gil_scoped_release nogil;
                geometry::check_boxes(rows, "boxes");
                std::transform(rows.begin(), rows.end(), circles, geometry::circle_from_box);
            }
            return out;
        },
        "boxes"_a, "See e2tad.geometry.circle_from_box.");
    m.def(
        "letterbox_region",
        [](const std::array<std::int32_t, 4> &region, std::int32_t frame_width, std::int32_t frame_height,
           std::int32_t input, std::int32_t multiple, bool zoom) {
            return geometry::letterbox_region({region[0], region[1], region[2], region[3]}, frame_width,
                                              frame_height, input, multiple, zoom);
        },
        "region"_a, "frame_width"_a, "frame_height"_a, "input"_a, "multiple"_a, "zoom"_a,
        "See e2tad.geometry.letterbox.");
    m.def(
        "crop_from_frame",
        [](const std::array<float, 4> &box, std::int32_t width, std::int32_t height) {
            return geometry::crop_from_frame({box[0], box[1], box[2], box[3]}, width, height);
        },
        "box"_a, "width"_a, "height"_a, "See e2tad.geometry.crop_from_frame.");
}

}  // namespace e2tad::python
