#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <opencv2/core.hpp>

#include "bindings.hpp"
#include "e2tad/core/config.hpp"
#include "e2tad/core/random.hpp"
#include "e2tad/synth/compose.hpp"
#include "e2tad/synth/debias.hpp"
#include "e2tad/synth/harmonizer.hpp"
#include "e2tad/synth/image_file.hpp"
#include "e2tad/synth/occlude.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
using namespace pybind11::literals;
using config::Json;

namespace {

/// Borrows (H, W, 3) uint8 as a picture; the array outlives the call.
cv::Mat borrow_image(const py::array &array, const char *name) {
    const auto *data = borrow<std::uint8_t>(array, name, {kAny, kAny, 3});
    return {static_cast<int>(array.shape(0)), static_cast<int>(array.shape(1)), CV_8UC3,
            const_cast<std::uint8_t *>(data)};
}

cv::Mat borrow_mask(const py::array &array, const char *name) {
    const auto *data = borrow<std::uint8_t>(array, name, {kAny, kAny});
    return {static_cast<int>(array.shape(0)), static_cast<int>(array.shape(1)), CV_8UC1,
            const_cast<std::uint8_t *>(data)};
}

/// Gives a contiguous 8-bit picture of one or three channels; its buffer moves into a capsule.
py::array_t<std::uint8_t> give_image(cv::Mat &&image) {
    auto *owned = new cv::Mat(image.isContinuous() ? std::move(image) : image.clone());
    py::capsule base(owned, [](void *p) { delete static_cast<cv::Mat *>(p); });
    std::vector<py::ssize_t> shape{owned->rows, owned->cols};
    if (owned->channels() > 1) shape.push_back(owned->channels());
    return py::array_t<std::uint8_t>(std::move(shape), owned->data, base);
}

std::vector<Box> copy_boxes(const py::array &array, const char *name) {
    const std::span boxes = borrow_boxes(array, name);
    return {boxes.begin(), boxes.end()};
}

synth::Scene borrow_scene(const py::array &image, const py::array &persons, const py::object &instances,
                          const py::array &balls) {
    synth::Scene scene;
    scene.image = borrow_image(image, "image");
    scene.persons = copy_boxes(persons, "persons");
    scene.balls = copy_boxes(balls, "balls");
    if (!instances.is_none()) {
        const auto array = instances.cast<py::array>();
        const auto *data = borrow<std::int32_t>(array, "instances", {image.shape(0), image.shape(1)});
        scene.instances =
            cv::Mat(scene.image.rows, scene.image.cols, CV_32SC1, const_cast<std::int32_t *>(data));
    }
    return scene;
}

template <class Config>
Config parse_config(const std::string &text) {
    Config config = config::from_json<Config>(Json::parse(text));
    config.validate();
    return config;
}

/// Floats as their shortest decimals.
Json number(float value) {
    return std::stod(config::detail::Writer::shortest(value));
}

Json to_json(const synth::Paint &paint) {
    return {{"name", paint.name}, {"bgr", {paint.bgr[0], paint.bgr[1], paint.bgr[2]}}};
}

Json to_json(const synth::Light &light) {
    return {
        {"direction", {number(light.direction[0]), number(light.direction[1]), number(light.direction[2])}},
        {"ambient", number(light.ambient)},
        {"gain", number(light.gain)}};
}

Json to_json(const Circle &circle) {
    return {number(circle.cx), number(circle.cy), number(circle.radius)};
}

Json to_json(const synth::PlacedBall &ball) {
    return {{"circle", to_json(ball.circle)},
            {"visible", number(ball.visible)},
            {"paint", to_json(ball.paint)},
            {"place", ball.place},
            {"behind", ball.behind},
            {"person", ball.person},
            {"motion_px", {number(ball.motion.dx), number(ball.motion.dy)}},
            {"gloss", number(ball.gloss)},
            {"edge_px", number(ball.edge_px)},
            {"noise", number(ball.noise)},
            {"shadow", ball.shadow}};
}

Json to_json(const synth::PlacedPatch &patch) {
    return {
        {"box",
         {number(patch.box.left), number(patch.box.top), number(patch.box.right), number(patch.box.bottom)}},
        {"shape", patch.shape},
        {"paint", to_json(patch.paint)},
        {"roundness", number(patch.roundness)},
        {"shaded", patch.shaded}};
}

void bind_images(py::module_ &m) {
    m.def(
        "read_image_info",
        [](const std::filesystem::path &path) {
            const synth::ImageInfo info = synth::read_image_info(path);
            synth::check_image_info(info, path);
            return py::make_tuple(info.width, info.height);
        },
        "path"_a, "(width, height) as stored, from the header; see e2tad.data.images.");
    m.def(
        "read_image",
        [](const std::filesystem::path &path, bool upright) {
            cv::Mat image;
            {
                py::gil_scoped_release nogil;
                image = synth::read_image(path, upright);
            }
            return give_image(std::move(image));
        },
        "path"_a, "upright"_a, "(H, W, 3) uint8 BGR; see e2tad.data.images.");
    m.def(
        "read_mask",
        [](const std::filesystem::path &path) {
            cv::Mat mask;
            {
                py::gil_scoped_release nogil;
                mask = synth::read_mask(path);
            }
            return give_image(std::move(mask));
        },
        "path"_a, "(H, W) uint8 instance numbers; see e2tad.data.images.");
    m.def(
        "encode_image",
        [](const py::array &image, const std::string &format) {
            const cv::Mat pixels =
                image.ndim() == 2 ? borrow_mask(image, "image") : borrow_image(image, "image");
            std::vector<std::uint8_t> bytes;
            {
                py::gil_scoped_release nogil;
                bytes = synth::encode_image(pixels, format);
            }
            return py::bytes(reinterpret_cast<const char *>(bytes.data()), bytes.size());
        },
        "image"_a, "format"_a, "The file's bytes, \"jpg\" or \"png\"; see e2tad.data.images.");
    m.def(
        "is_grey", [](const py::array &image) { return synth::is_grey(borrow_image(image, "image")); },
        "image"_a, "True if the three channels are equal everywhere.");
}

void bind_harmonizers(py::module_ &m) {
    using synth::Harmonizer;
    py::class_<Harmonizer, std::shared_ptr<Harmonizer>>(m, "Harmonizer",
                                                        "Fits a composite's foreground to its background.")
        .def(
            "harmonize",
            [](const Harmonizer &self, const py::array &image, const py::array &mask) {
                const cv::Mat pixels = borrow_image(image, "image");
                const cv::Mat cover = borrow_mask(mask, "mask");
                cv::Mat out;
                {
                    py::gil_scoped_release nogil;
                    out = self.harmonize(pixels, cover);
                }
                return give_image(std::move(out));
            },
            "image"_a, "mask"_a, "(H, W, 3) uint8 BGR, (H, W) uint8 -> (H, W, 3); see e2tad.synth.");
    m.def(
        "make_harmonizer",
        [](const std::string &name) { return std::shared_ptr<Harmonizer>(synth::make_harmonizer(name)); },
        "name"_a, "\"none\" or \"statistics\".");
    m.def(
        "foreground_distances",
        [](const py::array &image, const py::array &mask) {
            const cv::Mat pixels = borrow_image(image, "image");
            const cv::Mat cover = borrow_mask(mask, "mask");
            std::vector<float> distances;
            {
                py::gil_scoped_release nogil;
                distances = synth::foreground_distances(pixels, cover);
            }
            return give(std::move(distances));
        },
        "image"_a, "mask"_a, "(N,) distances in Lab; see e2tad.synth.");
}

}  // namespace

void bind_synth(py::module_ &m) {
    bind_images(m);
    bind_harmonizers(m);
    m.def(
        "synth_resolve",
        [](const std::string &what, const std::string &delta) {
            if (what == "compose") return config::to_json(parse_config<synth::ComposeConfig>(delta)).dump();
            if (what == "debias") return config::to_json(parse_config<synth::DebiasConfig>(delta)).dump();
            if (what == "occlude") return config::to_json(parse_config<synth::OccludeConfig>(delta)).dump();
            throw std::invalid_argument("what: expected compose, debias or occlude, got " + what);
        },
        "what"_a, "delta"_a, "The defaults with the fields of `delta` replaced, as JSON text.");
    m.def("stream_seed", &Random::seed_for, "seed"_a, "name"_a,
          "The seed of the stream that belongs to a name; see cpp/e2tad/core/random.hpp.");
    m.def(
        "colour_name",
        [](std::uint8_t blue, std::uint8_t green, std::uint8_t red) {
            return synth::colour_name({blue, green, red});
        },
        "blue"_a, "green"_a, "red"_a, "The palette's name nearest in hue, \"\" for greys.");
    m.def(
        "compose",
        [](const py::array &image, const py::array &persons, const py::object &instances,
           const py::array &balls, std::uint64_t seed, const std::string &name,
           const synth::Harmonizer &harmonizer, const std::string &config) {
            const synth::Scene scene = borrow_scene(image, persons, instances, balls);
            const auto settings = parse_config<synth::ComposeConfig>(config);
            synth::Composite out;
            std::vector<float> circles;
            std::vector<float> visible;
            Json details = {{"balls", Json::array()}};
            {
                py::gil_scoped_release nogil;
                out = synth::compose(scene, settings, harmonizer, Random(seed, name));
                for (const synth::PlacedBall &ball : out.balls) {
                    circles.insert(circles.end(), {ball.circle.cx, ball.circle.cy, ball.circle.radius});
                    visible.push_back(ball.visible);
                    details["balls"].push_back(to_json(ball));
                }
                details["light"] = to_json(out.light);
            }
            const auto n = static_cast<py::ssize_t>(visible.size());
            return py::make_tuple(give_image(std::move(out.image)), give_image(std::move(out.mask)),
                                  give(std::move(circles), {n, 3}), give(std::move(visible)), details.dump());
        },
        "image"_a, "persons"_a, "instances"_a, "balls"_a, "seed"_a, "name"_a, "harmonizer"_a, "config"_a,
        "-> (image, mask, circles (N, 3), visible (N,), details as JSON); see e2tad.synth.");
    m.def(
        "debias",
        [](const py::array &image, const py::array &persons, const py::array &balls, std::uint64_t seed,
           const std::string &name, const std::string &config) {
            const synth::Scene scene = borrow_scene(image, persons, py::none(), balls);
            const auto settings = parse_config<synth::DebiasConfig>(config);
            synth::Debiased out;
            std::vector<Box> boxes;
            Json details = {{"patches", Json::array()}};
            {
                py::gil_scoped_release nogil;
                out = synth::debias(scene, settings, Random(seed, name));
                for (const synth::PlacedPatch &patch : out.patches) {
                    boxes.push_back(patch.box);
                    details["patches"].push_back(to_json(patch));
                }
            }
            return py::make_tuple(give_image(std::move(out.image)), give_image(std::move(out.mask)),
                                  give_boxes(std::move(boxes)), details.dump());
        },
        "image"_a, "persons"_a, "balls"_a, "seed"_a, "name"_a, "config"_a,
        "-> (image, mask, boxes (N, 4), details as JSON); see e2tad.synth.");
    m.def(
        "occlude",
        [](const py::array &crop, const std::vector<std::pair<py::array, py::array>> &donors,
           std::uint64_t seed, const std::string &name, const std::string &config) {
            const cv::Mat pixels = borrow_image(crop, "crop");
            std::vector<synth::Foreground> foregrounds;
            foregrounds.reserve(donors.size());
            for (const auto &[image, mask] : donors) {
                foregrounds.push_back({borrow_image(image, "donors"), borrow_mask(mask, "donors")});
            }
            const auto settings = parse_config<synth::OccludeConfig>(config);
            synth::Occluded out;
            Json details = Json::object();
            {
                py::gil_scoped_release nogil;
                out = synth::occlude(pixels, foregrounds, settings, Random(seed, name));
                details["visible"] = number(out.visible);
                if (out.has_ball) {
                    details["ball"] = to_json(out.ball);
                    if (settings.fill == "ball") details["paint"] = to_json(out.paint);
                }
                if (out.donor >= 0) {
                    details["donor"] = out.donor;
                    details["donor_area"] = {out.donor_area.x, out.donor_area.y, out.donor_area.width,
                                             out.donor_area.height};
                }
            }
            return py::make_tuple(give_image(std::move(out.image)), give_image(std::move(out.mask)),
                                  details.dump());
        },
        "crop"_a, "donors"_a, "seed"_a, "name"_a, "config"_a,
        "-> (image, mask, details as JSON); see e2tad.synth.");
}

}  // namespace e2tad::python
