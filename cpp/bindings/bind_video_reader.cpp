#include <pybind11/stl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <tuple>

#include "bindings.hpp"
#include "e2tad/video/image_queue.hpp"
#include "e2tad/video/reader.hpp"
#include "numpy.hpp"
#include "shared.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

using SharedReader = Shared<video::VideoReader>;
using SharedQueue = Shared<video::ImageQueue>;

std::unique_ptr<SharedReader> make_reader(const std::string &source, std::int32_t every,
                                          std::vector<std::int32_t> frames, std::optional<std::int32_t> end,
                                          std::int32_t width, std::int32_t height, bool rgb,
                                          std::int32_t threads, bool skip, std::string format,
                                          double timeout_s) {
    video::ReaderOptions options;
    options.width = width;
    options.height = height;
    options.channels = rgb ? video::ChannelOrder::kRgb : video::ChannelOrder::kBgr;
    options.threads = threads;
    options.skip = skip;
    options.format = std::move(format);
    options.timeout_s = timeout_s;
    const py::gil_scoped_release nogil;
    return std::make_unique<SharedReader>(source,
                                          end ? video::FrameSelection(every, std::move(frames), *end)
                                              : video::FrameSelection(every, std::move(frames)),
                                          options);
}

/// The next wanted frame as (number, time_s, image), or None at the end.
py::object next_frame(SharedReader &reader) {
    py::array_t<std::uint8_t> image({static_cast<py::ssize_t>(reader.image_height()),
                                     static_cast<py::ssize_t>(reader.image_width()), py::ssize_t{3}});
    std::uint8_t *pixels = image.mutable_data();
    std::optional<video::VideoFrame> frame;
    {
        const py::gil_scoped_release nogil;
        const std::lock_guard guard(reader.lock);
        frame = reader.next(pixels);
    }
    if (!frame) return py::none();
    return py::make_tuple(frame->number, frame->time_s, image);
}

/// What a walk tells of itself, copied between two of its steps.
template <class T>
T told(SharedReader &reader, const T &(video::VideoReader::*member)() const) {
    const py::gil_scoped_release nogil;
    const std::lock_guard guard(reader.lock);
    return (reader.*member)();
}

}  // namespace

void bind_video_reader(py::module_ &m) {
    using video::ReaderCounts;
    using video::VideoInfo;
    using video::VideoReader;

    py::class_<VideoInfo>(m, "VideoInfo", "What the container says of a video.")
        .def_readonly("source", &VideoInfo::source)
        .def_readonly("codec", &VideoInfo::codec)
        .def_readonly("width", &VideoInfo::width)
        .def_readonly("height", &VideoInfo::height)
        .def_readonly("rotation_degrees", &VideoInfo::rotation_degrees)
        .def_readonly("frames_per_second", &VideoInfo::frames_per_second)
        .def_readonly("frames", &VideoInfo::frames);
    py::class_<ReaderCounts>(m, "ReaderCounts", "What a walk through a video has done so far.")
        .def_readonly("packets", &ReaderCounts::packets)
        .def_readonly("decoded", &ReaderCounts::decoded)
        .def_readonly("converted", &ReaderCounts::converted);
    py::class_<SharedReader>(m, "VideoReader", "Walks a video forward; see e2tad.video.VideoReader.")
        .def(py::init(&make_reader), "source"_a, "every"_a, "frames"_a, "end"_a, "width"_a, "height"_a,
             "rgb"_a, "threads"_a, "skip"_a, "format"_a, "timeout_s"_a)
        .def_property_readonly("info", &VideoReader::info, py::return_value_policy::copy)
        .def_property_readonly("counts",
                               [](SharedReader &reader) { return told(reader, &VideoReader::counts); })
        .def_property_readonly("warnings",
                               [](SharedReader &reader) { return told(reader, &VideoReader::warnings); })
        .def_property_readonly("image_width", &VideoReader::image_width)
        .def_property_readonly("image_height", &VideoReader::image_height)
        .def("next", &next_frame, "The next wanted frame as (number, time_s, image), or None at the end.");
    py::class_<SharedQueue>(m, "ImageQueue", "Room for Q images; see e2tad.video.ImageQueue.")
        .def(py::init<std::size_t, std::int32_t, std::int32_t>(), "capacity"_a, "width"_a, "height"_a)
        .def(
            "fill",
            [](SharedQueue &queue, SharedReader &reader) {
                const py::gil_scoped_release nogil;
                const std::scoped_lock guard(queue.lock, reader.lock);
                return queue.fill(reader);
            },
            "reader"_a, "Replaces the images by the reader's next ones; how many came.")
        .def_property_readonly("capacity", &SharedQueue::capacity)
        .def("__len__", &SharedQueue::size)
        .def_property_readonly("numbers",
                               [](const SharedQueue &queue) {
                                   std::vector<std::int32_t> numbers;
                                   for (std::size_t i = 0; i < queue.size(); ++i) {
                                       numbers.push_back(queue.frame(i).number);
                                   }
                                   return give(std::move(numbers));
                               })
        .def_property_readonly("images", [](const py::object &self) {
            const auto &queue = self.cast<const SharedQueue &>();
            py::array view(py::dtype::of<std::uint8_t>(),
                           {static_cast<py::ssize_t>(queue.size()), static_cast<py::ssize_t>(queue.height()),
                            static_cast<py::ssize_t>(queue.width()), py::ssize_t{3}},
                           queue.image(0), self);
            view.attr("setflags")("write"_a = false);
            return view;
        });
}

}  // namespace e2tad::python
