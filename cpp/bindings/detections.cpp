#include "detections.hpp"

#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;

detect::Detections borrow_detections(const py::array &boxes, const py::array &scores,
                                     const py::array &classes) {
    const std::span box = borrow_boxes(boxes, "boxes");
    const py::ssize_t n = boxes.shape(0);
    const float *score = borrow<float>(scores, "scores", {n});
    const std::int32_t *cls = borrow<std::int32_t>(classes, "classes", {n});
    return {{box.begin(), box.end()}, {score, score + n}, {cls, cls + n}};
}

DetectionArrays give_detections(detect::Detections &&found) {
    return {give_boxes(std::move(found.boxes)), give(std::move(found.scores)),
            give(std::move(found.classes))};
}

}  // namespace e2tad::python
