#include "e2tad/synth/debias.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "e2tad/synth/image_file.hpp"

namespace e2tad::synth {

namespace {

constexpr int kTries = 50;
constexpr int kSupersampling = 4;
// A patch of two pixels' height is a line, whatever its shape was meant to be.
constexpr int kMinThicknessPx = 4;

enum Stream : std::uint64_t { kLight = 1, kCount = 2, kPatch = 16, kNoise = 1024 };

using Outline = std::vector<cv::Point2f>;

Outline polygon(Random &random) {
    const int corners = 3 + random.below(4);
    std::vector<double> angles;
    for (int i = 0; i < corners; ++i) {
        angles.push_back((i + random.uniform(-0.3, 0.3)) * 2 * std::numbers::pi / corners);
    }
    Outline outline;
    for (const double angle : angles) {
        const double radius = random.uniform(0.55, 1);
        outline.emplace_back(static_cast<float>(radius * std::cos(angle)),
                             static_cast<float>(radius * std::sin(angle)));
    }
    return outline;
}

template <class Radius>
Outline curve(const Radius &radius) {
    constexpr int kPoints = 96;
    Outline outline;
    for (int i = 0; i < kPoints; ++i) {
        const double angle = i * 2 * std::numbers::pi / kPoints;
        const double r = radius(angle);
        outline.emplace_back(static_cast<float>(r * std::cos(angle)),
                             static_cast<float>(r * std::sin(angle)));
    }
    return outline;
}

Outline ellipse(Random &random) {
    const double minor = 1 / random.uniform(1.7, 3.5);
    return curve([&](double angle) {
        return minor / std::sqrt(std::pow(minor * std::cos(angle), 2) + std::pow(std::sin(angle), 2));
    });
}

Outline blob(Random &random) {
    std::array<double, 4> amplitude{};
    std::array<double, 4> phase{};
    for (std::size_t k = 0; k < amplitude.size(); ++k) {
        amplitude[k] = random.uniform(0.1, 0.45) / static_cast<double>(k + 1);
        phase[k] = random.uniform(0, 2 * std::numbers::pi);
    }
    return curve([&](double angle) {
        double r = 1;
        for (std::size_t k = 0; k < amplitude.size(); ++k) {
            r += amplitude[k] * std::cos(static_cast<double>(k + 2) * angle + phase[k]);
        }
        return std::max(r, 0.15);
    });
}

/// A disc cut straight; between a third and a bit more than half of it is left.
Outline half_disc(Random &random) {
    const double cut = random.uniform(-0.1, 0.3);
    const double from = std::acos(cut);
    constexpr int kPoints = 64;
    Outline outline;
    for (int i = 0; i <= kPoints; ++i) {
        const double angle = -from + 2 * from * i / kPoints;
        outline.emplace_back(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
    }
    return outline;
}

float roundness_of(const Outline &outline) {
    cv::Point2f centre;
    float radius = 0;
    cv::minEnclosingCircle(outline, centre, radius);
    return static_cast<float>(cv::contourArea(outline) / (std::numbers::pi * radius * radius));
}

/// Turns the outline and scales it so that its longest side is `side_px`; its box starts at (0, 0).
void fit(Outline &outline, double turn, double side_px) {
    for (cv::Point2f &p : outline) {
        p = {static_cast<float>(p.x * std::cos(turn) - p.y * std::sin(turn)),
             static_cast<float>(p.x * std::sin(turn) + p.y * std::cos(turn))};
    }
    const auto [left, right] = std::minmax_element(outline.begin(), outline.end(),
                                                   [](const auto &a, const auto &b) { return a.x < b.x; });
    const auto [top, bottom] = std::minmax_element(outline.begin(), outline.end(),
                                                   [](const auto &a, const auto &b) { return a.y < b.y; });
    const cv::Point2f corner(left->x, top->y);
    const float scale = static_cast<float>(side_px) / std::max(right->x - left->x, bottom->y - top->y);
    for (cv::Point2f &p : outline) p = (p - corner) * scale;
}

/// Coverage of the outline with a border of two pixels, soft-edged.
cv::Mat coverage(const Outline &outline, double blur_px) {
    float width = 0;
    float height = 0;
    for (const cv::Point2f &p : outline) {
        width = std::max(width, p.x);
        height = std::max(height, p.y);
    }
    constexpr int kBorder = 2;
    const cv::Size size(cvCeil(width) + 2 * kBorder, cvCeil(height) + 2 * kBorder);
    cv::Mat fine = cv::Mat::zeros(size * kSupersampling, CV_8UC1);
    std::vector<cv::Point> points;
    points.reserve(outline.size());
    for (const cv::Point2f &p : outline) {
        points.emplace_back(cvRound((p.x + kBorder) * kSupersampling),
                            cvRound((p.y + kBorder) * kSupersampling));
    }
    cv::fillPoly(fine, std::vector<std::vector<cv::Point>>{points}, 255);
    cv::Mat coarse;
    cv::resize(fine, coarse, size, 0, 0, cv::INTER_AREA);
    cv::Mat alpha;
    coarse.convertTo(alpha, CV_32F, 1.0 / 255);
    cv::GaussianBlur(alpha, alpha, {3, 3}, blur_px, blur_px, cv::BORDER_CONSTANT);
    return alpha;
}

float overlap(const Box &a, const Box &b) {
    const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
    const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
    return std::max(width, 0.0f) * std::max(height, 0.0f);
}

Box grown(const Box &box, float by) {
    return {box.left - by, box.top - by, box.right + by, box.bottom + by};
}

class Debiaser {
  public:
    Debiaser(const Scene &scene, const DebiasConfig &config, Random random)
        : scene_(scene),
          config_(config),
          random_(random),
          sizer_(scene.persons, scene.image.rows, config.size) {
        out_.image = scene.image.clone();
        out_.mask = cv::Mat::zeros(scene.image.size(), CV_8UC1);
        Random light = random_.fork(kLight);
        light_ = random_light(light);
    }

    Debiased run() {
        Random count = random_.fork(kCount);
        const int patches = config_.patches_min + count.below(config_.patches_max - config_.patches_min + 1);
        for (int i = 0; i < patches; ++i) {
            Random random = random_.fork(kPatch + static_cast<std::uint64_t>(i));
            for (int attempt = 0; attempt < kTries && !place(random); ++attempt) {
            }
        }
        return std::move(out_);
    }

  private:
    bool place(Random &random) {
        PlacedPatch patch;
        Outline outline;
        switch (random.below(4)) {
            case 0:
                patch.shape = "polygon", outline = polygon(random);
                break;
            case 1:
                patch.shape = "ellipse", outline = ellipse(random);
                break;
            case 2:
                patch.shape = "blob", outline = blob(random);
                break;
            default:
                patch.shape = "half disc", outline = half_disc(random);
        }
        patch.roundness = roundness_of(outline);
        const double diameter = 2 * sizer_.draw(random).radius_px;
        const double side = diameter * random.uniform(config_.scale_min, config_.scale_max);
        fit(outline, random.uniform(0, 2 * std::numbers::pi), std::max<double>(side, config_.min_side_px));
        patch.paint = random_paint(random);
        if (grey_) patch.paint = in_grey(patch.paint);
        patch.shaded = random.chance(config_.shaded_share);
        const cv::Mat alpha = coverage(outline, random.uniform(0.3, 0.8));
        const cv::Point corner(random.below(std::max(1, scene_.image.cols - alpha.cols)),
                               random.below(std::max(1, scene_.image.rows - alpha.rows)));
        const cv::Rect area(corner, alpha.size());
        patch.box = {static_cast<float>(area.x), static_cast<float>(area.y),
                     static_cast<float>(area.x + area.width), static_cast<float>(area.y + area.height)};
        if (patch.roundness > config_.max_roundness) return false;
        if (std::min(alpha.rows, alpha.cols) < kMinThicknessPx + 4) return false;
        if ((area & cv::Rect({}, scene_.image.size())) != area || !is_free(patch.box, cv::sum(alpha)[0])) {
            return false;
        }
        const Sprite sprite = paint_shape(alpha, corner, patch.paint, light_, patch.shaded);
        const float noise = config_.noise ? std::min(noise_deviation(scene_.image, area), picture_noise_) : 0;
        lay(sprite, {}, out_.image, out_.mask);
        add_noise(sprite, {}, noise, random_.fork(kNoise + out_.patches.size()), out_.image);
        out_.patches.push_back(std::move(patch));
        return true;
    }

    [[nodiscard]] bool is_free(const Box &box, double area) const {
        const Box near = grown(box, config_.gap_px);
        for (const Box &ball : scene_.balls) {
            if (overlap(near, ball) > 0) return false;
        }
        for (const PlacedPatch &other : out_.patches) {
            if (overlap(near, other.box) > 0) return false;
        }
        return std::none_of(scene_.persons.begin(), scene_.persons.end(), [&](const Box &person) {
            const double covered = std::min<double>(overlap(box, person), area);
            return covered > config_.max_person_share * person.area();
        });
    }

    const Scene &scene_;
    const DebiasConfig &config_;
    Random random_;
    BallSizer sizer_;
    bool grey_ = is_grey(scene_.image);
    float picture_noise_ = picture_noise_deviation(scene_.image);
    Light light_;
    Debiased out_;
};

}  // namespace

void DebiasConfig::validate() const {
    if (patches_max < patches_min) {
        throw ConfigError("/patches_max: expected at least patches_min (" + std::to_string(patches_min) +
                          "), got " + std::to_string(patches_max));
    }
    if (scale_max < scale_min) throw ConfigError("/scale_max: expected at least scale_min");
}

Debiased debias(const Scene &scene, const DebiasConfig &config, Random random) {
    scene.validate();
    config.validate();
    return Debiaser(scene, config, random).run();
}

}  // namespace e2tad::synth
