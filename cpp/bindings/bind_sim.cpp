#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <opencv2/imgproc.hpp>

#include "bindings.hpp"
#include "e2tad/sim/labels.hpp"
#include "e2tad/sim/renderer.hpp"
#include "e2tad/sim/world.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

py::dict truth_columns(const sim::World &world, int frame, int view, int width, int height) {
    sim::FrameTruth truth;
    {
        py::gil_scoped_release nogil;
        truth = world.truth(frame, view, width, height);
    }
    std::vector<std::int32_t> person_ids, ball_ids, holders;
    std::vector<Box> boxes;
    std::vector<float> person_visible, circles, ball_visible;
    for (std::size_t p = 0; p < truth.persons.size(); ++p) {
        if (!truth.persons[p].present) continue;
        person_ids.push_back(sim::person_id(static_cast<int>(p)));
        boxes.push_back(truth.persons[p].box);
        person_visible.push_back(truth.persons[p].visible);
    }
    for (std::size_t b = 0; b < truth.balls.size(); ++b) {
        if (!truth.balls[b].present) continue;
        const sim::BallTruth &ball = truth.balls[b];
        ball_ids.push_back(sim::ball_id(world.scenario(), static_cast<int>(b)));
        circles.insert(circles.end(), {ball.circle.cx, ball.circle.cy, ball.circle.radius});
        ball_visible.push_back(ball.visible);
        holders.push_back(ball.holder < 0 ? kNoId : sim::person_id(ball.holder));
    }
    const auto balls = static_cast<py::ssize_t>(ball_ids.size());
    py::dict out;
    out["person_id"] = give(std::move(person_ids));
    out["person_box"] = give_boxes(std::move(boxes));
    out["person_visible"] = give(std::move(person_visible));
    out["ball_id"] = give(std::move(ball_ids));
    out["ball_circle"] = give(std::move(circles), {balls, 3});
    out["ball_visible"] = give(std::move(ball_visible));
    out["ball_holder"] = give(std::move(holders));
    return out;
}

void check_frame(const sim::World &world, int frame, int view) {
    if (frame < 0 || frame >= world.scenario().frames) {
        throw py::index_error("frame " + std::to_string(frame) + ": expected 0 to " +
                              std::to_string(world.scenario().frames - 1));
    }
    if (view < 0 || view >= sim::World::kViews) {
        throw py::index_error("view " + std::to_string(view) + ": expected 0 to " +
                              std::to_string(sim::World::kViews - 1));
    }
}

sim::LabelKind label_kind(const std::string &kind) {
    if (kind == "exact") return sim::LabelKind::kExact;
    if (kind == "noisy") return sim::LabelKind::kNoisy;
    if (kind == "official") return sim::LabelKind::kOfficial;
    throw py::value_error("kind: expected exact, noisy or official, got " + kind);
}

}  // namespace

void bind_sim(py::module_ &m) {
    py::class_<sim::World, std::shared_ptr<sim::World>>(m, "SimWorld",
                                                        "Players, balls and a drone; see e2tad.sim.World.")
        .def(py::init([](const std::string &preset, std::uint64_t seed, int frames) {
                 sim::Scenario scenario = sim::scenario(preset);
                 if (frames > 0) scenario.frames = frames;
                 py::gil_scoped_release nogil;
                 return std::make_shared<sim::World>(scenario, seed);
             }),
             "preset"_a, "seed"_a, "frames"_a)
        .def_property_readonly("persons", [](const sim::World &world) { return world.scenario().persons; })
        .def_property_readonly("balls", [](const sim::World &world) { return world.scenario().balls; })
        .def_property_readonly("frames", [](const sim::World &world) { return world.scenario().frames; })
        .def_property_readonly(
            "split", [](const sim::World &world) { return world.scenario().test_split ? "test" : "train"; })
        .def_property_readonly("ball_colors",
                               [](const sim::World &world) {
                                   std::vector<std::string> names;
                                   for (int b = 0; b < world.scenario().balls; ++b) {
                                       names.emplace_back(sim::kBallColorNames[world.ball_color(b)]);
                                   }
                                   return names;
                               })
        .def(
            "tracks",
            [](const sim::World &world, int width, int height, bool exact) {
                return std::make_shared<Tracks>(exact ? sim::exact_tracks(world, width, height)
                                                      : sim::annotate(world, width, height));
            },
            "width"_a, "height"_a, "exact"_a, py::call_guard<py::gil_scoped_release>())
        .def(
            "labels",
            [](const sim::World &world, const Tracks &tracks, const std::string &kind) {
                std::vector<sim::LabelRow> rows;
                const sim::LabelKind wanted = label_kind(kind);
                {
                    py::gil_scoped_release nogil;
                    rows = sim::labels(world, tracks, wanted);
                }
                std::vector<std::int32_t> frames, cells;
                for (const sim::LabelRow &row : rows) {
                    frames.push_back(row.frame);
                    cells.insert(cells.end(), row.holder.begin(), row.holder.end());
                }
                const auto n = static_cast<py::ssize_t>(frames.size());
                return py::make_tuple(give(std::move(frames)),
                                      give(std::move(cells), {n, py::ssize_t{world.scenario().balls}}));
            },
            "tracks"_a, "kind"_a, "-> frame (N,), holder (N, balls); see e2tad.sim.World.labels.")
        .def(
            "throws",
            [](const sim::World &world) {
                std::vector<std::int32_t> rows;
                for (const sim::Throw &t : world.throws()) {
                    rows.insert(rows.end(), {sim::ball_id(world.scenario(), t.ball), sim::person_id(t.from),
                                             sim::person_id(t.to), t.release, t.caught});
                }
                const auto n = static_cast<py::ssize_t>(world.throws().size());
                return give(std::move(rows), {n, 5});
            },
            "-> (N, 5): ball, from, to, release, caught; see e2tad.sim.World.throws.")
        .def(
            "truth",
            [](const sim::World &world, int frame, int view, int width, int height) {
                check_frame(world, frame, view);
                return truth_columns(world, frame, view, width, height);
            },
            "frame"_a, "view"_a, "width"_a, "height"_a);
    py::class_<sim::Renderer>(m, "SimRenderer", "Pixels of a SimWorld; see e2tad.sim.World.render.")
        .def(py::init<std::shared_ptr<const sim::World>, int, int>(), "world"_a, "width"_a, "height"_a,
             py::call_guard<py::gil_scoped_release>())
        .def(
            "render",
            [](const sim::Renderer &renderer, int frame, int view) {
                check_frame(renderer.world(), frame, view);
                auto *image = new cv::Mat;
                py::capsule owner(image, [](void *p) { delete static_cast<cv::Mat *>(p); });
                {
                    py::gil_scoped_release nogil;
                    renderer.render(frame, view, *image);
                }
                return py::array_t<std::uint8_t>({image->rows, image->cols, 3}, image->data, owner);
            },
            "frame"_a, "view"_a, "-> (height, width, 3) BGR")
        .def(
            "persons",
            [](const sim::Renderer &renderer, int frame, int view) {
                check_frame(renderer.world(), frame, view);
                auto *labels = new cv::Mat;
                py::capsule owner(labels, [](void *p) { delete static_cast<cv::Mat *>(p); });
                {
                    py::gil_scoped_release nogil;
                    renderer.persons(frame, view, *labels);
                }
                return py::array_t<std::int32_t>({labels->rows, labels->cols}, labels->ptr<std::int32_t>(),
                                                 owner);
            },
            "frame"_a, "view"_a, "-> (height, width) int32, ids of persons, 0 elsewhere");
    m.def(
        "sim_crop",
        [](const py::array &image, const std::array<int, 4> &ltrb, int width, int height) {
            const auto *pixels = borrow<std::uint8_t>(image, "image", {kAny, kAny, 3});
            const cv::Mat whole(static_cast<int>(image.shape(0)), static_cast<int>(image.shape(1)), CV_8UC3,
                                const_cast<std::uint8_t *>(pixels));
            const cv::Rect box(ltrb[0], ltrb[1], ltrb[2] - ltrb[0], ltrb[3] - ltrb[1]);
            if (box.area() <= 0 || (box & cv::Rect({0, 0}, whole.size())) != box || width < 1 || height < 1) {
                throw py::value_error("ltrb: expected a box inside the image, and a size of at least 1x1");
            }
            py::array_t<std::uint8_t> out({height, width, 3});
            cv::Mat crop(height, width, CV_8UC3, out.mutable_data());
            {
                py::gil_scoped_release nogil;
                const bool shrinks = width < box.width;
                cv::resize(whole(box), crop, crop.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
            }
            return out;
        },
        "image"_a, "ltrb"_a, "width"_a, "height"_a, "A box of a picture, scaled to a size.");
    m.attr("SIM_VIEWS") = sim::World::kViews;
    std::vector<std::string> presets;
    for (const sim::Scenario &scenario : sim::scenarios()) presets.push_back(scenario.name);
    m.attr("SIM_PRESETS") = py::tuple(py::cast(presets));
}

}  // namespace e2tad::python
