#include "bindings.hpp"

PYBIND11_MODULE(_core, m) {
    m.doc() = "The C++ core of e2tad. Strict about dtypes and layouts; use the wrappers of the package.";
    e2tad::python::bind_core(m);
    e2tad::python::bind_files(m);
    e2tad::python::bind_geometry(m);
    e2tad::python::bind_metric(m);
    e2tad::python::bind_detect(m);
    e2tad::python::bind_reid(m);
    e2tad::python::bind_draw(m);
    e2tad::python::bind_synth(m);
    e2tad::python::bind_sim(m);
    e2tad::python::bind_associate(m);
    e2tad::python::bind_action(m);
    e2tad::python::bind_video_reader(m);
    e2tad::python::bind_video_writer(m);
    e2tad::python::bind_adapt(m);
    e2tad::python::bind_energy(m);
    e2tad::python::bind_pipeline(m);
}
