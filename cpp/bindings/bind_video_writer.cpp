#include <pybind11/numpy.h>

#include <memory>
#include <mutex>

#include "bindings.hpp"
#include "e2tad/video/h264_writer.hpp"
#include "numpy.hpp"
#include "shared.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

void bind_video_writer(py::module_ &m) {
    using SharedWriter = Shared<video::H264Writer>;
    py::class_<SharedWriter>(m, "H264Writer", "Writes an MP4; see e2tad.video.H264Writer.")
        .def(py::init([](const std::string &path, int width, int height, int fps, int crf, int b_frames,
                         int keyframe_every, const std::string &preset) {
                 return std::make_unique<SharedWriter>(
                     path, width, height, video::H264Options{fps, crf, b_frames, keyframe_every, preset});
             }),
             "path"_a, "width"_a, "height"_a, "fps"_a, "crf"_a, "b_frames"_a, "keyframe_every"_a, "preset"_a)
        .def(
            "write",
            [](SharedWriter &writer, const py::array &image) {
                const auto *pixels = borrow<std::uint8_t>(image, "image", {kAny, kAny, 3});
                const cv::Mat view(static_cast<int>(image.shape(0)), static_cast<int>(image.shape(1)),
                                   CV_8UC3, const_cast<std::uint8_t *>(pixels));
                const py::gil_scoped_release nogil;
                const std::lock_guard guard(writer.lock);
                writer.write(view);
            },
            "image"_a)
        .def("close", [](SharedWriter &writer) {
            const py::gil_scoped_release nogil;
            const std::lock_guard guard(writer.lock);
            writer.close();
        });
}

}  // namespace e2tad::python
