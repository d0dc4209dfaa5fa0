#include "bindings.hpp"
#include "e2tad/pipeline/config.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

void bind_pipeline(py::module_ &m) {
    m.def(
        "resolve_config",
        [](const std::string &text, const std::string &source) {
            return config::to_json(pipeline::parse_config(text, source)).dump();
        },
        "text"_a, "source"_a, "The defaults with a JSON merge patch applied, as JSON; see e2tad.Config.");
    m.def(
        "config_schema", [] { return pipeline::config_schema().dump(); },
        "JSON schema of the configuration document.");
}

}  // namespace e2tad::python
