#pragma once
#include <pybind11/pybind11.h>

/// One function a module, each in its own bind_<module>.cpp; module.cpp calls them in the modules' order, so
/// that a type is bound before the functions that use it.
namespace e2tad::python {

void bind_core(pybind11::module_ &m);
void bind_files(pybind11::module_ &m);
void bind_geometry(pybind11::module_ &m);
void bind_metric(pybind11::module_ &m);
void bind_detect(pybind11::module_ &m);
void bind_reid(pybind11::module_ &m);
void bind_draw(pybind11::module_ &m);
void bind_synth(pybind11::module_ &m);
void bind_sim(pybind11::module_ &m);
void bind_associate(pybind11::module_ &m);
void bind_action(pybind11::module_ &m);
void bind_video_reader(pybind11::module_ &m);
void bind_video_writer(pybind11::module_ &m);
void bind_adapt(pybind11::module_ &m);
void bind_energy(pybind11::module_ &m);
void bind_pipeline(pybind11::module_ &m);

}  // namespace e2tad::python
