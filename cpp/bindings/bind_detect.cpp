#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <span>
#include <tuple>

#include "bindings.hpp"
#include "detections.hpp"
#include "e2tad/detect/detector_config.hpp"
#include "e2tad/detect/head.hpp"
#include "e2tad/detect/replay.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

py::array_t<std::int32_t> suppress(const py::array &boxes, const py::array &scores, const py::array &classes,
                                   std::optional<float> iou, std::optional<std::size_t> max_keep,
                                   std::int32_t circle_class) {
    const std::span box = borrow_boxes(boxes, "boxes");
    const py::ssize_t n = boxes.shape(0);
    const auto size = static_cast<std::size_t>(n);
    const float *score = borrow<float>(scores, "scores", {n});
    const std::int32_t *cls = borrow<std::int32_t>(classes, "classes", {n});
    std::vector<std::int32_t> keep;
    {
        const py::gil_scoped_release nogil;
        keep = detect::nms(box, {score, size}, {cls, size}, iou.value_or(detect::DetectorConfig{}.nms_iou),
                           circle_class, max_keep.value_or(geometry::kKeepAll));
    }
    return give(std::move(keep));
}

DetectionArrays decode(const std::vector<py::array> &logits, const std::vector<float> &strides,
                       const std::vector<std::vector<std::pair<float, float>>> &anchors,
                       std::optional<float> confidence, std::optional<float> iou,
                       std::optional<std::size_t> max_detections, std::int32_t circle_class) {
    if (strides.size() != logits.size() || anchors.size() != logits.size()) {
        throw py::value_error("strides and anchors: expected one a head, " + std::to_string(logits.size()) +
                              ", got " + std::to_string(strides.size()) + " and " +
                              std::to_string(anchors.size()));
    }
    std::vector<detect::HeadOutput> heads;
    py::ssize_t width = kAny;
    for (std::size_t h = 0; h < logits.size(); ++h) {
        const std::string name = "heads[" + std::to_string(h) + "]";
        const auto count = static_cast<py::ssize_t>(anchors[h].size());
        detect::HeadOutput head;
        head.logits = borrow<float>(logits[h], name.c_str(), {1, count, kAny, kAny, width});
        width = logits[h].shape(4);
        if (width < 6)
            throw py::value_error(name + ": last axis must be 5 + classes, got " + std::to_string(width));
        head.rows = static_cast<std::int32_t>(logits[h].shape(2));
        head.cols = static_cast<std::int32_t>(logits[h].shape(3));
        head.stride = strides[h];
        for (const auto &[anchor_width, anchor_height] : anchors[h]) {
            head.anchors.push_back({anchor_width, anchor_height});
        }
        heads.push_back(std::move(head));
    }
    const detect::DetectorConfig defaults;
    detect::DecodeOptions options;
    options.confidence = confidence.value_or(defaults.confidence);
    options.nms_iou = iou.value_or(defaults.nms_iou);
    options.max_detections = max_detections.value_or(static_cast<std::size_t>(defaults.max_detections));
    options.circle_class = circle_class;
    detect::Detections found;
    if (!heads.empty()) {
        const py::gil_scoped_release nogil;
        found = detect::decode_heads(heads, static_cast<std::int32_t>(width - 5), options);
    }
    return give_detections(std::move(found));
}

}  // namespace

void bind_detect(py::module_ &m) {
    m.attr("NO_CLASS") = detect::kNoClass;
    m.def("detection_nms", &suppress, "boxes"_a, "scores"_a, "classes"_a, "iou"_a, "max_keep"_a,
          "circle_class"_a, "See e2tad.detect.nms.");
    m.def("decode_heads", &decode, "heads"_a, "strides"_a, "anchors"_a, "confidence"_a, "iou"_a,
          "max_detections"_a, "circle_class"_a, "See e2tad.detect.decode.");
    m.def(
        "without_tall_balls",
        [](const py::array &boxes, const py::array &scores, const py::array &classes,
           std::optional<float> share) {
            const detect::Detections given = borrow_detections(boxes, scores, classes);
            given.check();
            return give_detections(
                detect::without_tall_balls(given, share.value_or(detect::DetectorConfig{}.max_ball_height)));
        },
        "boxes"_a, "scores"_a, "classes"_a, "share"_a, "See e2tad.detect.without_tall_balls.");
    m.def(
        "best_of_each",
        [](const py::array &boxes, const py::array &scores, const py::array &classes, std::size_t persons,
           std::size_t balls) {
            const detect::Detections given = borrow_detections(boxes, scores, classes);
            given.check();
            return give_detections(detect::best_of_each(given, persons, balls));
        },
        "boxes"_a, "scores"_a, "classes"_a, "persons"_a, "balls"_a, "See e2tad.detect.best_of_each.");

    py::class_<detect::Detector, std::shared_ptr<detect::Detector>>(m, "Detector",
                                                                    "Finds persons and balls in a frame.");
    py::class_<detect::ReplayDetector, detect::Detector, std::shared_ptr<detect::ReplayDetector>>(
        m, "ReplayDetector", "Recorded detections by frame; see e2tad.detect.")
        .def(py::init([](const Tracks &tracks) { return std::make_shared<detect::ReplayDetector>(tracks); }),
             "tracks"_a)
        .def(py::init([](const py::array &frames, const py::array &boxes, const py::array &scores,
                         const py::array &classes) {
                 const detect::Detections given = borrow_detections(boxes, scores, classes);
                 const std::int32_t *frame = borrow<std::int32_t>(frames, "frames", {boxes.shape(0)});
                 return std::make_shared<detect::ReplayDetector>(
                     std::vector<std::int32_t>(frame, frame + given.size()), given);
             }),
             "frames"_a, "boxes"_a, "scores"_a, "classes"_a)
        .def(
            "detect",
            [](detect::ReplayDetector &self, std::int32_t frame) {
                return give_detections(self.detect(FrameView{frame, {}}));
            },
            "frame"_a, "The detections of a frame, by number: boxes, scores, classes.");
}

}  // namespace e2tad::python
