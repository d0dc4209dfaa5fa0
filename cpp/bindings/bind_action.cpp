#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <memory>
#include <optional>
#include <string>

#include "bindings.hpp"
#include "e2tad/action/decoder.hpp"
#include "e2tad/action/repair.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

action::ActionConfig read_config(const std::string &text) {
    return config::from_json<action::ActionConfig>(config::Json::parse(text), {}, "/action");
}

/// (N, 4) int32 rows of (frame, ball, from, to).
py::array_t<std::int32_t> event_rows(const std::vector<action::Event> &events) {
    std::vector<std::int32_t> rows;
    rows.reserve(4 * events.size());
    for (const action::Event &e : events) rows.insert(rows.end(), {e.frame, e.ball, e.from, e.to});
    return give(std::move(rows), {static_cast<py::ssize_t>(events.size()), 4});
}

/// (N, 5) int32 rows of (ball, person, first, last, catch frame).
py::array_t<std::int32_t> hold_rows(const std::vector<action::Hold> &holds) {
    std::vector<std::int32_t> rows;
    rows.reserve(5 * holds.size());
    for (const action::Hold &h : holds) {
        rows.insert(rows.end(), {h.ball, h.person, h.first, h.last, h.catch_frame});
    }
    return give(std::move(rows), {static_cast<py::ssize_t>(holds.size()), 5});
}

/// (N, 4) int32 rows of (ball, person, first, last).
py::array_t<std::int32_t> segment_rows(const std::vector<action::Segment> &segments) {
    std::vector<std::int32_t> rows;
    rows.reserve(4 * segments.size());
    for (const action::Segment &s : segments) rows.insert(rows.end(), {s.ball, s.person, s.first, s.last});
    return give(std::move(rows), {static_cast<py::ssize_t>(segments.size()), 4});
}

/// Frames and holders.
using AnswerArrays = py::typing::Tuple<py::array_t<std::int32_t>, py::array_t<std::int32_t>>;

AnswerArrays answer_rows(const action::Decoded &decoded, const std::string &in_flight, std::int32_t merge) {
    action::Answer answer = decoded.answer(in_flight, merge);
    const auto rows = static_cast<py::ssize_t>(answer.frames.size());
    const auto balls = static_cast<py::ssize_t>(decoded.balls.size());
    return py::make_tuple(give(std::move(answer.frames)), give(std::move(answer.holders), {rows, balls}));
}

}  // namespace

void bind_action(py::module_ &m) {
    using action::Decoded;
    py::class_<Decoded>(m, "Decoded", "Catches and throws decoded from tracks; see e2tad.action.")
        .def_property_readonly("balls", [](const Decoded &d) { return d.balls; })
        .def_property_readonly("persons", [](const Decoded &d) { return d.persons; })
        .def_property_readonly("start", [](const Decoded &d) { return d.start; })
        .def_property_readonly("frames", [](const Decoded &d) { return give(std::vector(d.frames)); })
        .def_property_readonly("catches", [](const Decoded &d) { return event_rows(d.catches); })
        .def_property_readonly("throws", [](const Decoded &d) { return event_rows(d.throws); })
        .def_property_readonly("holds", [](const Decoded &d) { return hold_rows(d.signals.holds); })
        .def_property_readonly("raw", [](const Decoded &d) { return segment_rows(d.signals.raw); })
        .def_property_readonly("dilated", [](const Decoded &d) { return segment_rows(d.signals.dilated); })
        .def_property_readonly("voted", [](const Decoded &d) { return segment_rows(d.signals.voted); })
        .def_property_readonly("eroded", [](const Decoded &d) { return segment_rows(d.signals.eroded); })
        .def_property_readonly(
            "states",
            [](const Decoded &d) {
                const auto balls = static_cast<py::ssize_t>(d.signals.states.empty() ? 0 : d.balls.size());
                return give(std::vector(d.signals.states),
                            {balls, balls ? static_cast<py::ssize_t>(d.frames.size()) : 0});
            })
        .def("answer", &answer_rows, "in_flight"_a, "merge"_a,
             "(N,) frames and (N, balls) holders, 0 for nobody.");

    m.def(
        "decode_actions",
        [](const std::shared_ptr<Tracks> &tracks, const std::string &config_json,
           const std::optional<std::shared_ptr<Tracks>> &init) {
            const action::ActionConfig config = read_config(config_json);
            py::gil_scoped_release nogil;
            return action::decode(*tracks, config, init ? init->get() : nullptr);
        },
        py::arg("tracks").none(false), "config_json"_a, "init"_a,
        "Catches and throws; see e2tad.action.decode.");
    m.def(
        "repair_tracks",
        [](const std::shared_ptr<Tracks> &tracks, const std::string &config_json) {
            const action::ActionConfig config = read_config(config_json);
            py::gil_scoped_release nogil;
            return std::make_shared<Tracks>(action::repair_tracks(*tracks, config.continuity));
        },
        py::arg("tracks").none(false), "config_json"_a,
        "Tracks with identities and gaps mended; see e2tad.action.repair.");
    m.def(
        "action_config",
        [](const std::string &config_json) { return config::to_json(read_config(config_json)).dump(); },
        "config_json"_a, "The section `action` with every field, as JSON.");
}

}  // namespace e2tad::python
