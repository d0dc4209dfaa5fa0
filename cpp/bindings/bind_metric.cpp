#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <memory>

#include "bindings.hpp"
#include "e2tad/metric/accuracy.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;
using Release = py::call_guard<py::gil_scoped_release>;  // the guarded functions touch no Python object

void bind_metric(py::module_ &m) {
    using files::ActionTable;
    using metric::Accuracy;
    py::class_<Accuracy>(m, "Accuracy", "What e2tad.metric.accuracy reports.")
        .def_readonly("accuracy", &Accuracy::accuracy)
        .def_readonly("frame_score", &Accuracy::frame_score)
        .def_readonly("tp", &Accuracy::tp)
        .def_readonly("fp", &Accuracy::fp)
        .def_readonly("fn", &Accuracy::fn)
        .def_readonly("reason", &Accuracy::reason)
        .def_property_readonly("label_row",
                               [](const Accuracy &a) { return give(std::vector<std::int64_t>(a.label_row)); })
        .def_property_readonly("row_score",
                               [](const Accuracy &a) { return give(std::vector<double>(a.row_score)); });
    m.def(
        "accuracy_of_file",
        [](const std::filesystem::path &answer, const ActionTable &labels, std::int64_t threshold,
           bool keep_matches) {
            files::ActionReader reader(answer.string());
            return metric::accuracy(reader, labels, {threshold, keep_matches});
        },
        "answer"_a, "labels"_a, "threshold"_a, "keep_matches"_a, Release(),
        "Reads the answer a row at a time; see e2tad.metric.accuracy.");
    m.def(
        "accuracy_of_table",
        [](const ActionTable &answer, const ActionTable &labels, std::int64_t threshold, bool keep_matches) {
            return metric::accuracy(answer, labels, {threshold, keep_matches});
        },
        "answer"_a, "labels"_a, "threshold"_a, "keep_matches"_a, Release(), "See e2tad.metric.accuracy.");
    m.def("contest_score", &metric::contest_score, "accuracy"_a, "energy_kj"_a, "Accuracy per kilojoule.");
    m.def(
        "missing_ids",
        [](const ActionTable &labels, const Tracks &tracks) {
            metric::MissingIds missing;
            {
                const py::gil_scoped_release nogil;
                missing = metric::missing_ids(labels, tracks);
            }
            return py::make_tuple(std::move(missing.persons), std::move(missing.balls));
        },
        "labels"_a, "tracks"_a, "-> persons, balls; see e2tad.metric.missing_ids.");
}

}  // namespace e2tad::python
