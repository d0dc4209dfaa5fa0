#include <pybind11/stl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>

#include "bindings.hpp"
#include "e2tad/associate/assignment.hpp"
#include "e2tad/associate/associator.hpp"
#include "e2tad/associate/features.hpp"
#include "e2tad/associate/gallery.hpp"
#include "numpy.hpp"
#include "shared.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

using IntArray = py::array_t<std::int32_t>;

associate::Metric metric_of(const std::string &distance) {
    if (distance == "cosine") return associate::Metric::kCosine;
    if (distance == "euclidean") return associate::Metric::kEuclidean;
    throw py::value_error("distance: expected one of cosine euclidean, got " + distance);
}

associate::AssociationConfig config_of(const std::string &json) {
    return config::from_json<associate::AssociationConfig>(config::Json::parse(json), {}, "/association");
}

/// An array of NumPy's own memory: for a few numbers that is cheaper than handing a vector over.
IntArray copied(const std::vector<std::int32_t> &values) {
    return IntArray(static_cast<py::ssize_t>(values.size()), values.data());
}

std::tuple<IntArray, IntArray> assign(const py::array &cost, double gate) {
    associate::Assignment pairs;
    if (cost.dtype().is(py::dtype::of<float>())) {
        const auto view = borrow_matrix<float>(cost, "cost");
        const py::gil_scoped_release nogil;
        pairs = associate::assign(view, gate);
    } else {
        const auto view = borrow_matrix<double>(cost, "cost");
        const py::gil_scoped_release nogil;
        pairs = associate::assign(view, gate);
    }
    return {copied(pairs.rows), copied(pairs.cols)};
}

template <class T>
IntArray assign_all(const py::array &costs, double gate) {
    const T *data = borrow<T>(costs, "costs", {kAny, kAny, kAny});
    const auto count = static_cast<std::size_t>(costs.shape(0));
    const auto rows = static_cast<std::size_t>(costs.shape(1));
    const auto cols = static_cast<std::size_t>(costs.shape(2));
    std::vector<std::int32_t> matched;
    {
        const py::gil_scoped_release nogil;
        matched = associate::assign_batch(data, count, rows, cols, gate);
    }
    return give(std::move(matched), {costs.shape(0), costs.shape(1)});
}

IntArray assign_batch(const py::array &costs, double gate) {
    if (costs.dtype().is(py::dtype::of<float>())) return assign_all<float>(costs, gate);
    return assign_all<double>(costs, gate);
}

py::array_t<float> gallery_distance(const py::array &queries, const py::array &features,
                                    const std::optional<py::array> &counts, const std::string &distance) {
    const associate::Metric metric = metric_of(distance);
    const MatrixView query = borrow_matrix(queries, "queries");
    const float *data = borrow<float>(features, "features", {kAny, kAny, kAny});
    const auto tracks = static_cast<std::size_t>(features.shape(0));
    const auto capacity = static_cast<std::size_t>(features.shape(1));
    const MatrixView rows{data, tracks * capacity, static_cast<std::size_t>(features.shape(2))};
    std::span<const std::int32_t> count;
    if (counts) count = {borrow<std::int32_t>(*counts, "counts", {features.shape(0)}), tracks};
    py::array_t<float> out({queries.shape(0), features.shape(0)});
    float *result = out.mutable_data();
    {
        const py::gil_scoped_release nogil;
        associate::gallery_distance(query, rows, count, capacity, metric, result);
    }
    return out;
}

template <Matrix (*distance)(MatrixView, MatrixView)>
py::array_t<float> pairwise(const py::array &queries, const py::array &gallery) {
    const MatrixView query = borrow_matrix(queries, "queries");
    const MatrixView rows = borrow_matrix(gallery, "gallery");
    Matrix result;
    {
        const py::gil_scoped_release nogil;
        result = distance(query, rows);
    }
    return give_matrix(std::move(result));
}

void bind_gallery(py::module_ &m) {
    using SharedGallery = Shared<associate::Gallery>;
    py::class_<SharedGallery>(m, "Gallery", "The latest features of each track; see e2tad.associate.Gallery.")
        .def(py::init([](std::size_t width, std::size_t capacity, const std::string &distance) {
                 return std::make_unique<SharedGallery>(width, capacity, metric_of(distance));
             }),
             "width"_a, "capacity"_a, "distance"_a)
        .def(
            "push",
            [](SharedGallery &self, std::int32_t id, const py::array &feature) {
                const float *row =
                    borrow<float>(feature, "feature", {static_cast<py::ssize_t>(self.width())});
                const py::gil_scoped_release nogil;
                const std::lock_guard guard(self.lock);
                self.push(id, row);
            },
            "id"_a, "feature"_a)
        .def(
            "distance",
            [](SharedGallery &self, const py::array &queries) {
                const MatrixView rows = borrow_matrix(queries, "queries");
                Matrix result;
                {
                    const py::gil_scoped_release nogil;
                    const std::lock_guard guard(self.lock);
                    result = self.distance(rows);
                }
                return give_matrix(std::move(result));
            },
            "queries"_a, "(N, tracks) smallest distance to each track, in the order of `ids`.")
        .def_property_readonly("ids", [](SharedGallery &self) {
            const std::lock_guard guard(self.lock);
            return copied(self.ids());
        });
}

std::span<const std::int32_t> rows_of(const py::array &column, const char *name, std::size_t count) {
    return {borrow<std::int32_t>(column, name, {static_cast<py::ssize_t>(count)}), count};
}

void bind_associator(py::module_ &m) {
    using SharedAssociator = Shared<associate::Associator>;
    py::class_<SharedAssociator>(m, "Associator",
                                 "Identities frame by frame; see e2tad.associate.Associator.")
        .def(py::init(
                 [](const std::string &json) { return std::make_unique<SharedAssociator>(config_of(json)); }),
             "config"_a)
        .def(
            "learn",
            [](SharedAssociator &self, const py::array &classes, const py::array &ids,
               const py::array &features) {
                const MatrixView rows = borrow_matrix(features, "features");
                const std::span cls = rows_of(classes, "classes", rows.rows);
                const std::span id = rows_of(ids, "ids", rows.rows);
                const py::gil_scoped_release nogil;
                const std::lock_guard guard(self.lock);
                self.learn(cls, id, rows);
            },
            "classes"_a, "ids"_a, "features"_a)
        .def(
            "locate",
            [](SharedAssociator &self, std::int32_t frame, const py::array &classes, const py::array &ids,
               const py::array &boxes) {
                const std::span at = borrow_boxes(boxes, "boxes");
                const std::span cls = rows_of(classes, "classes", at.size());
                const std::span id = rows_of(ids, "ids", at.size());
                const py::gil_scoped_release nogil;
                const std::lock_guard guard(self.lock);
                self.locate(frame, cls, id, at);
            },
            "frame"_a, "classes"_a, "ids"_a, "boxes"_a)
        .def(
            "step",
            [](SharedAssociator &self, std::int32_t frame, const py::array &classes,
               const py::array &features, const std::optional<py::array> &boxes, const py::array &embedded) {
                const MatrixView rows = borrow_matrix(features, "features");
                const std::span which = rows_of(embedded, "embedded", rows.rows);
                const auto *cls = borrow<std::int32_t>(classes, "classes", {kAny});
                const auto count = static_cast<std::size_t>(classes.shape(0));
                std::span<const Box> at;
                if (boxes) at = borrow_boxes(*boxes, "boxes");
                std::vector<std::int32_t> ids;
                {
                    const py::gil_scoped_release nogil;
                    const std::lock_guard guard(self.lock);
                    ids = self.step(frame, {{cls, count}, at, which}, rows);
                }
                return give(std::move(ids));
            },
            "frame"_a, "classes"_a, "features"_a, "boxes"_a, "embedded"_a,
            "(N,) identities of a frame's detections, -1 none.");
    m.def(
        "track",
        [](const py::array &frames, const Tracks &seeds, detect::Detector &detector, reid::Embedder &embedder,
           const std::string &json) {
            const associate::AssociationConfig config = config_of(json);
            const std::int32_t *number = borrow<std::int32_t>(frames, "frames", {kAny});
            const std::span numbers(number, static_cast<std::size_t>(frames.shape(0)));
            const py::gil_scoped_release nogil;
            return std::make_shared<Tracks>(associate::track(numbers, seeds, detector, embedder, config));
        },
        "frames"_a, "seeds"_a, "detector"_a, "embedder"_a, "config"_a, "See e2tad.associate.track.");
}

}  // namespace

void bind_associate(py::module_ &m) {
    m.def("assign", &assign, "cost"_a, "gate"_a, "See e2tad.associate.assign.");
    m.def("assign_batch", &assign_batch, "costs"_a, "gate"_a, "See e2tad.associate.assign_batch.");
    m.def("cosine_distance", &pairwise<associate::cosine_distance>, "queries"_a, "gallery"_a,
          "Cosine distances, (N, D) x (M, D) -> (N, M); see e2tad.associate.");
    m.def("euclidean_distance", &pairwise<associate::euclidean_distance>, "queries"_a, "gallery"_a,
          "Euclidean distances, (N, D) x (M, D) -> (N, M); see e2tad.associate.");
    m.def("gallery_distance", &gallery_distance, "queries"_a, "features"_a, "counts"_a, "distance"_a,
          "Smallest distances, (N, D) x (M, K, D) -> (N, M); see e2tad.associate.");
    bind_gallery(m);
    bind_associator(m);
}

}  // namespace e2tad::python
