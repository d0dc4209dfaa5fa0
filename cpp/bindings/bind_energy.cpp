#include <pybind11/stl.h>

#include <array>
#include <string>
#include <tuple>

#include "bindings.hpp"
#include "e2tad/energy/meter.hpp"
#include "e2tad/energy/model.hpp"
#include "e2tad/energy/source.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

void bind_energy(py::module_ &m) {
    using energy::EnergyModel;
    using energy::Reading;
    using energy::Source;

    py::class_<Reading>(m, "EnergyReading", "Joules of an interval; see e2tad.energy.")
        .def_readonly("joules", &Reading::joules)
        .def_property_readonly("method",
                               [](const Reading &reading) { return energy::method_name(reading.method); })
        .def_readonly("seconds", &Reading::seconds)
        .def_readonly("note", &Reading::note);
    py::class_<Source>(m, "EnergySource", "See e2tad.energy.source.")
        .def("start", &Source::start, py::call_guard<py::gil_scoped_release>(), "Begins an interval.")
        .def("stop", &Source::stop, "frames"_a, py::call_guard<py::gil_scoped_release>(),
             "Ends it; `frames` is how many sampled frames were worked on.")
        .def("tick", &Source::tick, py::call_guard<py::gil_scoped_release>(),
             "To be called at least once a minute in long intervals.");
    m.def(
        "energy_source",
        [](const std::string &config_json) {
            const auto settings =
                config::from_json<energy::EnergyConfig>(config::Json::parse(config_json), {}, "/energy");
            const py::gil_scoped_release nogil;
            return energy::make_source(settings);
        },
        "config"_a, "See e2tad.energy.source.");

    py::class_<EnergyModel>(m, "EnergyModel", "Energy of the paper's workload: e0 + p t.")
        .def_readonly("e0_kj", &EnergyModel::e0_kj)
        .def_readonly("p_kj_per_s", &EnergyModel::p_kj_per_s)
        .def_readonly("rms_error_kj", &EnergyModel::rms_error_kj)
        .def("kilojoules", &EnergyModel::kilojoules, "seconds_per_frame"_a)
        .def("seconds_per_frame", &EnergyModel::seconds_per_frame, "kilojoules"_a,
             "Negative below e0: out of the model's reach.");
    m.def("energy_model", [] { return energy::fit_model(); }, "See e2tad.energy.model.");
    m.def("paper_table2", [] {
        std::vector<std::tuple<std::string, int, double, double>> rows;
        for (const auto &row : energy::kTable2)
            rows.emplace_back(row.model, row.input, row.fps, row.kilojoules);
        return rows;
    });
    m.def("paper_table5", [] {
        std::vector<std::tuple<std::string, double, double>> rows;
        for (const auto &row : energy::kTable5) rows.emplace_back(row.added, row.accuracy, row.kilojoules);
        return rows;
    });
    m.def(
        "predict_table5",
        [](const std::vector<double> &seconds) {
            std::vector<std::tuple<std::string, double, double, double>> rows;
            for (const auto &row : energy::predict_table5(energy::fit_model(), seconds)) {
                rows.emplace_back(row.added, row.paper_kj, row.predicted_kj, row.relative_error);
            }
            return rows;
        },
        "seconds"_a, "See e2tad.energy.predict_table5.");
    m.def(
        "parse_meter_frame",
        [](const py::bytes &bytes) -> std::optional<std::tuple<std::string, double, double, double, int>> {
            const std::string text = bytes;
            const auto sample =
                energy::parse_meter_frame({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()});
            if (!sample) return std::nullopt;
            return std::make_tuple(sample->model, sample->volts, sample->amperes, sample->watts,
                                   sample->celsius);
        },
        "bytes"_a, "(model, volts, amperes, watts, celsius) of a UM34C's answer, or None.");
    m.def(
        "meter_log_joules",
        [](const std::string &path, std::optional<double> from_s, std::optional<double> to_s,
           double longest_gap_s) {
            const py::gil_scoped_release nogil;
            const energy::MeterLog log = energy::read_log(path, longest_gap_s);
            return log.power.joules(from_s.value_or(log.first_s), to_s.value_or(log.last_s));
        },
        "path"_a, "from_s"_a, "to_s"_a, "longest_gap_s"_a, "See e2tad.energy.log_joules.");
}

}  // namespace e2tad::python
