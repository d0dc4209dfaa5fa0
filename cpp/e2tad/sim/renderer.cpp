#include "e2tad/sim/renderer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "e2tad/core/simd.hpp"
#include "e2tad/sim/ground.hpp"
#include "e2tad/sim/labels.hpp"

namespace e2tad::sim {
namespace {

constexpr int kGrainSide = 512;
constexpr int kClothSide = 64;
constexpr double kNear = 0.3;
constexpr double kShutter = 0.45;  // of a frame's time

// RGB; the contest's six balls.
constexpr std::array<std::array<float, 3>, 6> kBallColors = {{{0.80F, 0.09F, 0.10F},
                                                              {0.08F, 0.22F, 0.68F},
                                                              {0.90F, 0.78F, 0.12F},
                                                              {0.10F, 0.52F, 0.20F},
                                                              {0.95F, 0.45F, 0.08F},
                                                              {0.42F, 0.15F, 0.58F}}};

// A rounded cone as the picture shows it, ready to be filled.
struct Stroke {
    float ax = 0;
    float ay = 0;
    float bx = 0;
    float by = 0;
    float ra = 0;
    float rb = 0;
    float depth = 0;
    std::array<float, 3> color{};   // BGR, 0 to 255
    std::array<float, 3> second{};  // BGR, of a pattern
    int pattern = 0;
    float gloss = 0;
    float folds = 0;
    float blur_x = 0;  // pixels that it moves while the shutter is open
    float blur_y = 0;
    int person = -1;  // index of the player it belongs to, -1: a thing
};

struct Shade {
    float x, y, z;           // to the sun, in the picture's axes (right, down, towards the viewer)
    float up_x, up_y, up_z;  // to the zenith
    float sun, sky;
};

Stroke project(const Camera &camera, const Capsule &capsule) {
    const Vec3 a = camera.project(capsule.a);
    const Vec3 b = camera.project(capsule.b);
    Stroke stroke;
    stroke.depth = static_cast<float>(0.5 * (a.z() + b.z()));
    if (a.z() < kNear || b.z() < kNear) {
        stroke.depth = -1;
        return stroke;
    }
    stroke.ax = static_cast<float>(a.x());
    stroke.ay = static_cast<float>(a.y());
    stroke.bx = static_cast<float>(b.x());
    stroke.by = static_cast<float>(b.y());
    stroke.ra = static_cast<float>(capsule.radius_a * camera.pixels_per_metre(a.z()));
    stroke.rb = static_cast<float>(capsule.radius_b * camera.pixels_per_metre(b.z()));
    return stroke;
}

cv::Rect bounds(const Stroke &s, float margin, int width, int height) {
    const float blur_x = 0.5F * std::abs(s.blur_x) + margin;
    const float blur_y = 0.5F * std::abs(s.blur_y) + margin;
    const int left = std::max(0, static_cast<int>(std::floor(std::min(s.ax - s.ra, s.bx - s.rb) - blur_x)));
    const int top = std::max(0, static_cast<int>(std::floor(std::min(s.ay - s.ra, s.by - s.rb) - blur_y)));
    const int right =
        std::min(width, static_cast<int>(std::ceil(std::max(s.ax + s.ra, s.bx + s.rb) + blur_x)) + 1);
    const int bottom =
        std::min(height, static_cast<int>(std::ceil(std::max(s.ay + s.ra, s.by + s.rb) + blur_y)) + 1);
    return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

// A stroke's axis, and the pixels of a row that can be near it.
struct Axis {
    float dx;
    float dy;
    float inverse;  // of the squared length
    float length;
    float slope;   // of the radius along the axis
    float widest;  // radius plus margin

    Axis(const Stroke &s, float margin)
        : dx(s.bx - s.ax),
          dy(s.by - s.ay),
          inverse(1 / std::max(1e-6F, dx * dx + dy * dy)),
          length(std::sqrt(dx * dx + dy * dy)),
          slope(s.rb - s.ra),
          widest(std::max(s.ra, s.rb) + margin) {}

    // First and one past the last column of the box's row that lies `py` below the axis' start.
    [[nodiscard]] std::pair<int, int> span(const Stroke &s, const cv::Rect &box, float py) const {
        int first = box.x;
        int last = box.x + box.width;
        if (std::abs(dy) > 1e-3F && length > widest) {
            // The band of pixels near the axis: |cross| <= widest * length.
            const float middle = py * dx / dy;
            const float half = widest * length / std::abs(dy);
            first = std::max(first, static_cast<int>(s.ax + middle - half) - 1);
            last = std::min(last, static_cast<int>(s.ax + middle + half) + 2);
        }
        return {first, last};
    }
};

// The second colour of a shirt at a place on the stroke: t along it, across in [-1, 1].
bool second_color(int pattern, float t, float across) {
    switch (pattern) {
        case 1:
            return static_cast<int>(t * 6 + 60) % 2 == 0;
        case 2:
            return t > 0.62F;
        case 3:
            return t > 0.35F && t < 0.8F && std::abs(across) < 0.45F;
        case 4:
            return std::abs(across - (1.6F * t - 0.8F)) < 0.35F;
        default:
            return false;
    }
}

// Fills a stroke: coverage by its signed distance, light by the normal of the round solid.
void fill(cv::Mat &image, const Stroke &s, const Shade &shade, const std::vector<float> &cloth) {
    const cv::Rect box = bounds(s, 1, image.cols, image.rows);
    const Axis axis(s, 1);
    const float cross_scale = 1 / std::max(1e-6F, axis.length);
    for (int y = box.y; y < box.y + box.height; ++y) {
        auto *row = image.ptr<cv::Vec3b>(y);
        const float py = static_cast<float>(y) + 0.5F - s.ay;
        const auto [first, last] = axis.span(s, box, py);
        for (int x = first; x < last; ++x) {
            const float px = static_cast<float>(x) + 0.5F - s.ax;
            const float t = std::clamp((px * axis.dx + py * axis.dy) * axis.inverse, 0.0F, 1.0F);
            const float radius = s.ra + t * axis.slope;
            const float ox = px - t * axis.dx;
            const float oy = py - t * axis.dy;
            const float d2 = ox * ox + oy * oy;
            const float outer = radius + 0.5F;
            if (d2 >= outer * outer) continue;
            const float d = std::sqrt(d2);
            const float cover = std::min(1.0F, outer - d);
            const float scale = 1 / std::max(0.5F, radius);
            float nx = ox * scale;
            float ny = oy * scale;
            const float n2 = std::min(1.0F, nx * nx + ny * ny);
            const float nz = std::sqrt(1 - n2);
            const float lambert = std::max(0.0F, nx * shade.x + ny * shade.y + nz * shade.z);
            const float open = 0.5F + 0.5F * (nx * shade.up_x + ny * shade.up_y + nz * shade.up_z);
            float light = shade.sun * lambert + shade.sky * (0.45F + 0.55F * open);
            if (s.folds > 0) {
                const int u = static_cast<int>(px * 0.7F + 640) & (kClothSide - 1);
                const int v = static_cast<int>(py * 0.7F + 640) & (kClothSide - 1);
                light *= 1 + s.folds * cloth[static_cast<std::size_t>(v) * kClothSide + u];
            }
            float shine = 0;
            if (s.gloss > 0) {
                // The mirror direction's third component is enough for a small highlight.
                const float mirror = 2 * lambert * nz - shade.z;
                const float m2 = mirror > 0 ? mirror * mirror : 0;
                shine = 255 * s.gloss * m2 * m2 * m2 * m2 * m2 * m2;
            }
            const float across = (px * axis.dy - py * axis.dx) * cross_scale * scale;
            const auto &color = s.pattern != 0 && second_color(s.pattern, t, across) ? s.second : s.color;
            for (int c = 0; c < 3; ++c) {
                const float old = row[x][c];
                const float value = std::min(255.0F, color[c] * light + shine);
                row[x][c] = static_cast<std::uint8_t>(old + cover * (value - old) + 0.5F);
            }
        }
    }
}

// A stroke that moves while the shutter is open: the mean of its places.
void fill_blurred(cv::Mat &image, const Stroke &s, const Shade &shade, const std::vector<float> &cloth) {
    const float far = std::max(std::abs(s.blur_x), std::abs(s.blur_y));
    const cv::Rect box = bounds(s, 2, image.cols, image.rows);
    if (far < 1 || box.width <= 0 || box.height <= 0) {
        fill(image, s, shade, cloth);
        return;
    }
    const int steps = std::clamp(static_cast<int>(far) + 1, 2, 12);
    cv::Mat sum = cv::Mat::zeros(box.size(), CV_16UC3);
    cv::Mat one;
    for (int k = 0; k < steps; ++k) {
        image(box).copyTo(one);
        const float by = (static_cast<float>(k) + 0.5F) / static_cast<float>(steps) - 0.5F;
        Stroke moved = s;
        moved.blur_x = moved.blur_y = 0;
        moved.ax += by * s.blur_x - static_cast<float>(box.x);
        moved.bx += by * s.blur_x - static_cast<float>(box.x);
        moved.ay += by * s.blur_y - static_cast<float>(box.y);
        moved.by += by * s.blur_y - static_cast<float>(box.y);
        fill(one, moved, shade, cloth);
        cv::add(sum, one, sum, cv::noArray(), CV_16UC3);
    }
    sum.convertTo(image(box), CV_8UC3, 1.0 / steps);
}

// Marks a stroke in the shadow mask, with a soft edge.
void darken(cv::Mat &mask, const Stroke &s, float soft) {
    const cv::Rect box = bounds(s, soft, mask.cols, mask.rows);
    const Axis axis(s, soft);
    const float ramp = 255 / (2 * soft);
    for (int y = box.y; y < box.y + box.height; ++y) {
        auto *row = mask.ptr<std::uint8_t>(y);
        const float py = static_cast<float>(y) + 0.5F - s.ay;
        const auto [first, last] = axis.span(s, box, py);
        for (int x = first; x < last; ++x) {
            const float px = static_cast<float>(x) + 0.5F - s.ax;
            const float t = std::clamp((px * axis.dx + py * axis.dy) * axis.inverse, 0.0F, 1.0F);
            const float ox = px - t * axis.dx;
            const float oy = py - t * axis.dy;
            const float outer = s.ra + t * axis.slope + soft;
            const float d2 = ox * ox + oy * oy;
            if (d2 >= outer * outer) continue;
            const float value = std::min(255.0F, ramp * (outer - std::sqrt(d2)));
            row[x] = std::max(row[x], static_cast<std::uint8_t>(value));
        }
    }
}

std::array<float, 3> bgr(const float (&rgb)[3]) {
    return {255 * rgb[2], 255 * rgb[1], 255 * rgb[0]};
}

// All solids of a frame; the far ones first.
struct Drawing {
    std::vector<Stroke> strokes;
    std::vector<Capsule> solids;  // for the shadows: also what lies behind the camera
};

Drawing draw(const World &world, const Camera &camera, int frame) {
    const Scenario &scenario = world.scenario();
    Drawing drawing;
    drawing.strokes.reserve(512);
    const auto add = [&](const Capsule &capsule, const std::array<float, 3> &color) -> Stroke * {
        drawing.solids.push_back(capsule);
        Stroke stroke = project(camera, capsule);
        if (stroke.depth < 0) return nullptr;
        stroke.color = color;
        drawing.strokes.push_back(stroke);
        return &drawing.strokes.back();
    };
    for (int person = 0; person < scenario.persons; ++person) {
        const Look &look = world.looks()[person];
        for (const Capsule &capsule : body(look, world.pose(frame, person))) {
            Stroke *stroke = add(capsule, bgr(look.color[capsule.part]));
            if (!stroke) continue;
            stroke->person = person;
            if (capsule.part == kShirt) {
                stroke->pattern = look.pattern;
                stroke->second = bgr(look.second_color);
            }
            stroke->folds = capsule.part == kShirt || capsule.part == kTrousers || capsule.part == kSleeve
                                ? 0.09F
                            : capsule.part == kHair ? 0.1F
                                                    : 0.02F;
        }
    }
    for (const Prop &prop : world.props()) {
        for (std::size_t k = 0; k < prop.solids.size(); ++k) {
            const Capsule &capsule = prop.solids[k];
            Stroke *stroke = add(capsule, bgr(capsule.part == kConeBand ? prop.band : prop.color));
            if (!stroke || capsule.part != kLeaves) continue;
            // Leaves are darker and lighter by turns, or a tree is one lump.
            const float tone = 0.62F + 0.07F * static_cast<float>(k * 5 % 8);
            for (float &channel : stroke->color) channel *= tone;
            stroke->folds = 0.08F;
        }
    }
    for (int b = 0; b < scenario.balls; ++b) {
        const auto &rgb = kBallColors[world.ball_color(b)];
        const Vec3 &center = world.ball(frame, b);
        const double r = world.ball_radius_m(b);
        Stroke *stroke = add({center, center, r, r, kBall}, {255 * rgb[2], 255 * rgb[1], 255 * rgb[0]});
        if (!stroke) continue;
        stroke->gloss = 0.35F;
        // What the ball moves in the picture from the frame before to the one after, halved.
        const int before = std::max(0, frame - 1);
        const int after = std::min(scenario.frames - 1, frame + 1);
        const Vec3 here = camera.project(world.ball(before, b));
        const Vec3 there = camera.project(world.ball(after, b));
        if (here.z() > kNear && there.z() > kNear) {
            stroke->blur_x = static_cast<float>(kShutter * 0.5 * (there.x() - here.x()));
            stroke->blur_y = static_cast<float>(kShutter * 0.5 * (there.y() - here.y()));
        }
    }
    std::stable_sort(drawing.strokes.begin(), drawing.strokes.end(),
                     [](const Stroke &a, const Stroke &b) { return a.depth > b.depth; });
    return drawing;
}

E2TAD_HOT void grade_row(std::uint8_t *row, const std::uint8_t *vignette, const std::int8_t *grain,
                         int width) {
    for (int x = 0; x < width; ++x) {
        for (int c = 0; c < 3; ++c) {
            const int value = ((row[3 * x + c] * vignette[x] + 127) >> 8) + grain[3 * x + c];
            row[3 * x + c] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
        }
    }
}

}  // namespace

Renderer::Renderer(std::shared_ptr<const World> world, int width, int height)
    : world_(std::move(world)), width_(width), height_(height) {
    if (width < 64 || height < 64 || width > 8192 || height > 8192 || width % 2 != 0 || height % 2 != 0) {
        throw std::invalid_argument("size: expected even numbers from 64 to 8192, got " +
                                    std::to_string(width) + "x" + std::to_string(height));
    }
    const Random root = Random(world_->seed(), world_->scenario().name).fork(40);
    ground_ = paint_ground(world_->scenario().test_split, root.fork(1));

    Random sky = root.fork(2);
    const double azimuth = sky.uniform(0, 2 * std::numbers::pi);
    const double elevation = sky.uniform(0.6, 1.2);
    const bool overcast = sky.chance(0.3);
    light_.to_sun = {std::cos(azimuth) * std::cos(elevation), std::sin(azimuth) * std::cos(elevation),
                     std::sin(elevation)};
    light_.sun = overcast ? sky.uniform(0.15, 0.3) : sky.uniform(0.55, 0.8);
    light_.shadow = overcast ? 0.2 : sky.uniform(0.45, 0.62);
    light_.softness = overcast ? 5 : 1.2;

    Random lens = root.fork(3);
    for (int view = 0; view < World::kViews; ++view) {
        const double exposure = lens.uniform(0.95, 1.4);
        const double warm = lens.normal(0, 0.06);
        const double green = lens.normal(0, 0.025);
        const double gamma = lens.uniform(0.85, 1.15);
        const std::array<double, 3> gain = {exposure * (1 - warm), exposure * (1 + green),
                                            exposure * (1 + warm)};
        for (int value = 0; value < 256; ++value) {
            for (int c = 0; c < 3; ++c) {
                const double curved = std::pow(std::min(1.0, value / 255.0 * gain[c]), gamma);
                grade_[view][value][c] = static_cast<std::uint8_t>(std::lround(8 + 240 * curved));
            }
        }
    }
    const double iso = lens.uniform(1.2, 3.5);
    grain_.resize(static_cast<std::size_t>(3) * kGrainSide * kGrainSide);
    for (std::int8_t &g : grain_) {
        g = static_cast<std::int8_t>(
            std::lround(iso * (2 * (lens.uniform() + lens.uniform() + lens.uniform()) - 3)));
    }
    vignette_.resize(static_cast<std::size_t>(width_) * height_);
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x) {
            const double u = 2.0 * x / width_ - 1;
            const double v = 2.0 * y / height_ - 1;
            vignette_[static_cast<std::size_t>(y) * width_ + x] =
                static_cast<std::uint8_t>(255 - 22 * (u * u + v * v));
        }
    }
    cv::Mat folds(kClothSide / 4, kClothSide / 4, CV_32F);
    for (int y = 0; y < folds.rows; ++y) {
        for (int x = 0; x < folds.cols; ++x) folds.at<float>(y, x) = static_cast<float>(lens.normal(0, 1));
    }
    cv::resize(folds, folds, {kClothSide, kClothSide}, 0, 0, cv::INTER_CUBIC);
    cloth_.assign(folds.ptr<float>(), folds.ptr<float>() + static_cast<std::size_t>(kClothSide) * kClothSide);
}

void Renderer::render(int frame, int view, cv::Mat &image) const {
    const Camera camera = world_->camera(frame, view, width_, height_);

    // The ground, warped: texture pixel (u, v) stands at ((u - c) / p, (v - c) / p, 0) metres.
    const double c = 0.5 * kGroundSize;
    const double p = kGroundPixelsPerMetre;
    cv::Matx33d from_texture;
    const Vec3 origin = Vec3(-c / p, -c / p, 0) - camera.position;
    const std::array<Vec3, 3> rows = {camera.focal_px * camera.right + camera.center_x_px * camera.forward,
                                      camera.focal_px * camera.down + camera.center_y_px * camera.forward,
                                      camera.forward};
    for (int r = 0; r < 3; ++r) {
        from_texture(r, 0) = rows[r].x() / p;
        from_texture(r, 1) = rows[r].y() / p;
        from_texture(r, 2) = rows[r].dot(origin);
    }
    cv::warpPerspective(ground_, image, from_texture, {width_, height_}, cv::INTER_LINEAR,
                        cv::BORDER_REFLECT);

    const auto [strokes, solids] = draw(*world_, camera, frame);

    // Shadows: every solid slid along the sun's rays to the ground.
    cv::Mat mask = cv::Mat::zeros(height_, width_, CV_8U);
    cv::Rect dark;
    const auto soft = static_cast<float>(std::max(0.7, light_.softness * height_ / 540));
    for (const Capsule &solid : solids) {
        Capsule flat = solid;
        flat.a -= light_.to_sun * (flat.a.z() / light_.to_sun.z());
        flat.b -= light_.to_sun * (flat.b.z() / light_.to_sun.z());
        Stroke stroke = project(camera, flat);
        if (stroke.depth < 0) continue;
        stroke.ra *= 0.8F;  // the ground is seen at a slant
        stroke.rb *= 0.8F;
        const cv::Rect box = bounds(stroke, soft, width_, height_);
        if (box.width <= 0 || box.height <= 0) continue;
        darken(mask, stroke, soft);
        dark |= box;
    }
    if (dark.area() > 0) {
        std::array<std::array<int, 3>, 256> keep{};  // light left, 256 is all; shadows are bluish
        for (int m = 0; m < 256; ++m) {
            const double shade = light_.shadow * m / 255;
            keep[m] = {static_cast<int>(256 * (1 - 0.88 * shade)), static_cast<int>(256 * (1 - 0.97 * shade)),
                       static_cast<int>(256 * (1 - shade))};
        }
        for (int y = dark.y; y < dark.y + dark.height; ++y) {
            const auto *m = mask.ptr<std::uint8_t>(y);
            auto *row = image.ptr<cv::Vec3b>(y);
            for (int x = dark.x; x < dark.x + dark.width; ++x) {
                if (m[x] == 0) continue;
                for (int channel = 0; channel < 3; ++channel) {
                    row[x][channel] = static_cast<std::uint8_t>((row[x][channel] * keep[m[x]][channel]) >> 8);
                }
            }
        }
    }

    const Vec3 up = Vec3::UnitZ();
    const Shade shade{static_cast<float>(camera.right.dot(light_.to_sun)),
                      static_cast<float>(camera.down.dot(light_.to_sun)),
                      static_cast<float>(-camera.forward.dot(light_.to_sun)),
                      static_cast<float>(camera.right.dot(up)),
                      static_cast<float>(camera.down.dot(up)),
                      static_cast<float>(-camera.forward.dot(up)),
                      static_cast<float>(1.5 * light_.sun),
                      static_cast<float>(1.15 - 0.5 * light_.sun)};
    for (const Stroke &stroke : strokes) fill_blurred(image, stroke, shade, cloth_);
    post(frame, view, image);
}

void Renderer::persons(int frame, int view, cv::Mat &labels) const {
    labels = cv::Mat::zeros(height_, width_, CV_32SC1);
    for (const Stroke &s : draw(*world_, world_->camera(frame, view, width_, height_), frame).strokes) {
        const cv::Rect box = bounds(s, 0, width_, height_);
        const Axis axis(s, 0);
        const std::int32_t label = s.person < 0 ? 0 : person_id(s.person);
        for (int y = box.y; y < box.y + box.height; ++y) {
            auto *row = labels.ptr<std::int32_t>(y);
            const float py = static_cast<float>(y) + 0.5F - s.ay;
            const auto [first, last] = axis.span(s, box, py);
            for (int x = first; x < last; ++x) {
                const float px = static_cast<float>(x) + 0.5F - s.ax;
                const float t = std::clamp((px * axis.dx + py * axis.dy) * axis.inverse, 0.0F, 1.0F);
                const float radius = s.ra + t * axis.slope;
                const float ox = px - t * axis.dx;
                const float oy = py - t * axis.dy;
                if (ox * ox + oy * oy < radius * radius) row[x] = label;
            }
        }
    }
}

void Renderer::post(int frame, int view, cv::Mat &image) const {
    cv::Mat curve(1, 256, CV_8UC3, const_cast<std::uint8_t *>(&grade_[view][0][0]));
    cv::LUT(image, curve, image);
    Random random = Random(world_->seed(), world_->scenario().name)
                        .fork(41)
                        .fork(static_cast<std::uint64_t>(frame) * World::kViews + view);
    std::vector<std::int8_t> grain(static_cast<std::size_t>(3) * width_);
    for (int y = 0; y < height_; ++y) {
        // A fresh piece of the tile for every row: no pattern repeats down the picture.
        const int from_row = random.below(kGrainSide);
        const int shift = random.below(kGrainSide);
        const std::int8_t *tile = grain_.data() + static_cast<std::size_t>(3) * kGrainSide * from_row;
        for (int x = 0; x < width_;) {
            const int start = (x + shift) % kGrainSide;
            const int count = std::min(kGrainSide - start, width_ - x);
            std::copy_n(tile + 3 * start, 3 * count, grain.begin() + static_cast<std::ptrdiff_t>(3) * x);
            x += count;
        }
        grade_row(image.ptr<std::uint8_t>(y), vignette_.data() + static_cast<std::size_t>(y) * width_,
                  grain.data(), width_);
    }
}

}  // namespace e2tad::sim
