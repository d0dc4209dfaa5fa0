#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "bindings.hpp"
#include "e2tad/core/config.hpp"
#include "e2tad/core/error.hpp"
#include "e2tad/core/tracks.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

void bind_errors(py::module_ &m) {
    static py::exception<InputError> input_error(m, "InputError", PyExc_ValueError);
    static py::exception<ConfigError> config_error(m, "ConfigError", input_error);
    // Translators run newest first, so the general one is registered before the derived one.
    py::register_exception_translator([](std::exception_ptr p) {
        try {
            if (p) std::rethrow_exception(p);
        } catch (const ConfigError &error) {
            py::set_error(config_error, error.what());
        } catch (const InputError &error) {
            py::set_error(input_error, error.what());
        } catch (const std::filesystem::filesystem_error &error) {
            // OSError(errno, text, path) becomes FileNotFoundError and so on by its errno.
            const int code = error.code().value();
            const std::string path = error.path1().string();
            const auto name = py::reinterpret_steal<py::object>(
                PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<py::ssize_t>(path.size())));
            PyErr_SetObject(PyExc_OSError,
                            py::make_tuple(code, std::string(std::strerror(code)), name).ptr());
        }
    });
}

std::shared_ptr<Tracks> make_tracks(const py::array &frame, const py::array &object_class,
                                    const py::array &id, const py::array &box, const py::array &observed) {
    const std::int32_t *frames = borrow<std::int32_t>(frame, "frame", {kAny});
    const py::ssize_t n = frame.shape(0);
    const std::int32_t *classes = borrow<std::int32_t>(object_class, "object_class", {n});
    const std::int32_t *ids = borrow<std::int32_t>(id, "id", {n});
    check_array(box, "box", py::dtype::of<float>(), {n, 4});
    const std::span boxes = borrow_boxes(box, "box");
    const std::int32_t *seen = borrow<std::int32_t>(observed, "observed", {kAny});
    auto tracks = std::make_shared<Tracks>();
    tracks->observed.assign(seen, seen + observed.shape(0));
    for (py::ssize_t i = 0; i < n; ++i) {
        tracks->add(frames[i], static_cast<ObjectClass>(classes[i]), ids[i], boxes[i]);
    }
    tracks->normalise("tracks");
    return tracks;
}

/// A read-only view of a column; `owner` keeps the tracks alive.
template <class T>
py::array column(const std::vector<T> &values, std::vector<py::ssize_t> shape, const py::object &owner) {
    static_assert(sizeof(T) % 4 == 0);
    py::array view(py::dtype::of<std::conditional_t<std::is_same_v<T, Box>, float, std::int32_t>>(),
                   std::move(shape), values.data(), owner);
    view.attr("setflags")("write"_a = false);
    return view;
}

void bind_tracks(py::module_ &m) {
    const auto rows = [](const Tracks &t) { return static_cast<py::ssize_t>(t.size()); };
    py::class_<Tracks, std::shared_ptr<Tracks>>(m, "Tracks",
                                                "Boxes with identities over a video; see e2tad.Tracks.")
        .def(py::init(&make_tracks), "frame"_a, "object_class"_a, "id"_a, "box"_a, "observed"_a)
        .def_property_readonly("frame",
                               [rows](const py::object &self) {
                                   const auto &t = self.cast<const Tracks &>();
                                   return column(t.frame, {rows(t)}, self);
                               })
        .def_property_readonly("object_class",
                               [rows](const py::object &self) {
                                   const auto &t = self.cast<const Tracks &>();
                                   return column(t.object_class, {rows(t)}, self);
                               })
        .def_property_readonly("id",
                               [rows](const py::object &self) {
                                   const auto &t = self.cast<const Tracks &>();
                                   return column(t.id, {rows(t)}, self);
                               })
        .def_property_readonly("box",
                               [rows](const py::object &self) {
                                   const auto &t = self.cast<const Tracks &>();
                                   return column(t.box, {rows(t), 4}, self);
                               })
        .def_property_readonly("observed",
                               [](const py::object &self) {
                                   const auto &t = self.cast<const Tracks &>();
                                   return column(t.observed, {static_cast<py::ssize_t>(t.observed.size())},
                                                 self);
                               })
        .def("__len__", &Tracks::size)
        .def("person_ids", [](const Tracks &t) { return t.ids(ObjectClass::kPerson); })
        .def("ball_ids", [](const Tracks &t) { return t.ids(ObjectClass::kBall); })
        .def("every", &Tracks::every, "step"_a, py::call_guard<py::gil_scoped_release>(),
             "The frames whose number `step` divides.")
        // So that tracks travel between processes: sweeps, Ray, multiprocessing.
        .def(py::pickle(
            [](const py::object &self) -> py::tuple {
                return py::make_tuple(self.attr("frame"), self.attr("object_class"), self.attr("id"),
                                      self.attr("box"), self.attr("observed"));
            },
            [](const py::tuple &columns) {
                if (columns.size() != 5) throw py::value_error("Tracks: expected five columns");
                return make_tracks(columns[0], columns[1], columns[2], columns[3], columns[4]);
            }));
}

}  // namespace

void bind_core(py::module_ &m) {
    m.attr("__version__") = E2TAD_VERSION;
    m.attr("build_type") = E2TAD_BUILD_TYPE;
    bind_errors(m);
    bind_tracks(m);
    m.def(
        "source_versions",
        [] {
            return std::map<std::string, std::string>{
#include "source_versions.inc"
            };
        },
        "Hashes of the modules' sources that this was built from, by module.");
    m.def("nearest_name", &config::nearest_name, "name"_a, "names"_a,
          "The nearest of `names` by edit distance, or \"\" if none is within half of its length.");
}

}  // namespace e2tad::python
