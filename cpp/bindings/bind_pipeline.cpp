#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "detections.hpp"
#include "e2tad/pipeline/pipeline.hpp"
#include "init_rows.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

using PythonProgress = std::function<void(std::int32_t, std::int64_t)>;
/// Frame, class, id, and the box as shares, in columns; see e2tad.data.Init.
using InitColumns = std::tuple<py::array, py::array, py::array, py::array>;

/// A session that refuses a second call while one is under way: the calls run without the GIL, and their
/// progress is told to Python, which may call again.
struct Walk {
    std::unique_ptr<pipeline::Session> session;
    std::mutex mutex;

    /// Calls `work(session)` without the GIL.
    template <class Work>
    auto use(const Work &work) {
        const py::gil_scoped_release nogil;
        const std::unique_lock lock(mutex, std::try_to_lock);
        if (!lock) throw std::invalid_argument("session: another call is under way");
        return work(*session);
    }
};

/// Called without the GIL, once a frame; also where Ctrl-C is minded.
pipeline::Progress progress_of(const std::optional<PythonProgress> &call) {
    return [&call](std::int32_t frame, std::int64_t frames) {
        const py::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (call) (*call)(frame, frames);
    };
}

std::unique_ptr<Walk> open_walk(const std::string &source, const std::optional<InitColumns> &init,
                                const std::string &config_json, std::shared_ptr<detect::Detector> detector,
                                std::shared_ptr<reid::Embedder> embedder, std::string format,
                                double timeout_s) {
    const pipeline::Config config = pipeline::parse_config(config_json, "config");
    std::vector<files::InitRow> rows;
    if (init) rows = std::apply(init_rows, *init);
    video::ReaderOptions reader;
    reader.format = std::move(format);
    reader.timeout_s = timeout_s;
    auto walk = std::make_unique<Walk>();
    const py::gil_scoped_release nogil;
    walk->session = std::make_unique<pipeline::Session>(source, init ? &rows : nullptr, config,
                                                        std::move(detector), std::move(embedder), reader);
    return walk;
}

py::array_t<std::uint8_t> copied_picture(Walk &walk) {
    std::vector<std::uint8_t> pixels;
    const ImageView view = walk.use([&pixels](const pipeline::Session &session) {
        const ImageView picture = session.picture();
        if (picture.data == nullptr) throw std::invalid_argument("picture: no frame was worked on yet");
        pixels.assign(picture.data, picture.data + picture.stride * picture.height);
        return picture;
    });
    return give(std::move(pixels), {view.height, view.width, 3});
}

}  // namespace

void bind_pipeline(py::module_ &m) {
    using pipeline::FrameResult;
    using pipeline::Result;
    using pipeline::Session;

    m.def(
        "resolve_config",
        [](const std::string &text, const std::string &source) {
            return config::to_json(pipeline::parse_config(text, source)).dump();
        },
        "text"_a, "source"_a, "The defaults with a JSON merge patch applied, as JSON; see e2tad.Config.");
    m.def(
        "expand_switches",
        [](const std::string &text) { return pipeline::expand_switches(config::Json::parse(text)).dump(); },
        "text"_a, "A delta with the settings of the paper's switches written out, as JSON.");
    m.def(
        "config_schema", [] { return pipeline::config_schema().dump(); },
        "JSON schema of the configuration document.");

    py::class_<FrameResult>(m, "FrameResult", "A frame that is done; see e2tad.pipeline.Frame.")
        .def_readonly("number", &FrameResult::number)
        .def_readonly("time_s", &FrameResult::time_s)
        .def_readonly("sampled", &FrameResult::sampled)
        .def_readonly("seeded", &FrameResult::seeded)
        .def_property_readonly("region",
                               [](const FrameResult &frame) {
                                   const geometry::PixelRect &r = frame.region;
                                   return std::make_tuple(r.left, r.top, r.width, r.height);
                               })
        .def_property_readonly("reason",
                               [](const FrameResult &frame) { return static_cast<int>(frame.reason); })
        .def_property_readonly(
            "boxes",
            [](const FrameResult &frame) { return give_boxes(std::vector<Box>(frame.detections.boxes)); })
        .def_property_readonly(
            "scores", [](const FrameResult &frame) { return give(std::vector(frame.detections.scores)); })
        .def_property_readonly(
            "classes", [](const FrameResult &frame) { return give(std::vector(frame.detections.classes)); })
        .def_property_readonly("ids", [](const FrameResult &frame) { return give(std::vector(frame.ids)); });

    py::class_<Result, std::shared_ptr<Result>>(m, "RunResult", "What a run found; see e2tad.pipeline.Run.")
        .def_property_readonly("video", [](const Result &result) { return result.video; })
        .def_property_readonly("tracks",
                               [](const std::shared_ptr<Result> &result) {
                                   return std::shared_ptr<Tracks>(result, &result->tracks);
                               })
        .def_property_readonly("actions",
                               [](const std::shared_ptr<Result> &result) { return result->actions; })
        .def_property_readonly("summary", [](const Result &result) {
            return pipeline::to_json(result).dump(-1, ' ', false, config::Json::error_handler_t::replace);
        });

    py::class_<Walk>(m, "Session", "A walk through a video; see e2tad.pipeline.")
        .def(py::init(&open_walk), "source"_a, "init"_a, "config"_a, "detector"_a, "embedder"_a, "format"_a,
             "timeout_s"_a)
        .def(
            "next",
            [](Walk &walk, const std::optional<PythonProgress> &progress) {
                const pipeline::Progress call = progress_of(progress);
                return walk.use([&](Session &session) { return session.next(call); });
            },
            "progress"_a, "The frames that are done next, in order; none at the end.")
        .def(
            "run",
            [](Walk &walk, const std::optional<PythonProgress> &progress) {
                const pipeline::Progress call = progress_of(progress);
                return walk.use([&](Session &session) {
                    while (!session.next(call).empty()) {
                    }
                    return std::make_shared<Result>(session.finish());
                });
            },
            "progress"_a, "All that is left, then `finish`.")
        .def(
            "finish",
            [](Walk &walk) {
                return walk.use([](Session &s) { return std::make_shared<Result>(s.finish()); });
            },
            "Ends the walk and decodes the catches.")
        .def("picture", &copied_picture, "The picture of the last frame, (H, W, 3) BGR.")
        .def(
            "keep_last",
            [](Walk &walk, std::size_t frames) {
                walk.use([frames](Session &session) { session.keep_last(frames); });
            },
            "frames"_a, "Forgets all but the last so many frames.")
        .def("tracks",
             [](Walk &walk) {
                 return walk.use([](const Session &s) { return std::make_shared<Tracks>(s.tracks()); });
             })
        .def("actions", [](Walk &walk) { return walk.use([](const Session &s) { return s.actions(); }); })
        .def_property_readonly("info",
                               [](Walk &walk) { return walk.use([](const Session &s) { return s.info(); }); })
        .def_property_readonly("config", [](Walk &walk) {
            return walk.use([](const Session &s) { return config::to_json(s.config()).dump(); });
        });
}

}  // namespace e2tad::python
