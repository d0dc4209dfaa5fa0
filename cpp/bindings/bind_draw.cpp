#include <pybind11/stl.h>

#include "bindings.hpp"
#include "e2tad/video/draw.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

void bind_draw(py::module_ &m) {
    m.def(
        "draw",
        [](const py::array &image, const py::array &boxes, const py::array &ids,
           const std::vector<bool> &round, const std::vector<std::string> &labels,
           const std::string &caption) {
            const auto *pixels = borrow<std::uint8_t>(image, "image", {kAny, kAny, 3});
            const std::span box = borrow_boxes(boxes, "boxes");
            const py::ssize_t n = boxes.shape(0);
            const auto *id = borrow<std::int32_t>(ids, "ids", {n});
            if (static_cast<py::ssize_t>(round.size()) != n || static_cast<py::ssize_t>(labels.size()) != n) {
                throw py::value_error("round, labels: expected as many as boxes, " + std::to_string(n));
            }
            std::vector<video::Mark> marks;
            for (py::ssize_t i = 0; i < n; ++i) {
                marks.push_back({box[i], video::identity_color(id[i]), round[static_cast<std::size_t>(i)],
                                 labels[static_cast<std::size_t>(i)]});
            }
            const std::vector<py::ssize_t> shape(image.shape(), image.shape() + 3);
            std::vector<std::uint8_t> drawn(pixels, pixels + image.size());
            {
                py::gil_scoped_release nogil;
                cv::Mat view(static_cast<int>(shape[0]), static_cast<int>(shape[1]), CV_8UC3, drawn.data());
                video::draw(view, marks, caption);
            }
            return give(std::move(drawn), shape);
        },
        "image"_a, "boxes"_a, "ids"_a, "round"_a, "labels"_a, "caption"_a,
        "A copy of the picture with marks; see e2tad.draw.");
}

}  // namespace e2tad::python
