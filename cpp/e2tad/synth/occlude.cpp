#include "e2tad/synth/occlude.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "e2tad/synth/ball_size.hpp"
#include "e2tad/synth/sprite.hpp"

namespace e2tad::synth {

namespace {

enum Stream : std::uint64_t { kKinds = 1, kBall = 2, kPerson = 3 };

/// Column at which the donor must start so that it hides `share` of the crop, entering from one side.
/// @param covered  per column of the donor, the pixels it hides (rows inside the crop only).
int entry_column(const std::vector<double> &covered, cv::Size crop, double share, bool from_left) {
    const int width = static_cast<int>(covered.size());
    const double wanted = share * crop.area();
    // Slide in column by column: the sum over the columns inside grows until the far side leaves the crop.
    double best = -1;
    int best_column = 0;
    for (int step = 1; step < width + crop.width; ++step) {
        const int left = from_left ? step - width : crop.width - step;
        double sum = 0;
        for (int x = std::max(0, -left); x < std::min(width, crop.width - left); ++x) {
            sum += covered[static_cast<std::size_t>(x)];
        }
        if (sum > best) {
            best = sum;
            best_column = left;
        }
        if (sum >= wanted) break;
    }
    return best_column;
}

void put_person(const cv::Mat &crop, const std::vector<Foreground> &donors, const OccludeConfig &config,
                Random random, Occluded &out) {
    out.donor = random.below(static_cast<int>(donors.size()));
    const Foreground &donor = donors[static_cast<std::size_t>(out.donor)];
    const double scale = crop.rows *
                         random.uniform(1 - config.donor_scale_spread, 1 + config.donor_scale_spread) /
                         donor.mask.rows;
    const cv::Size size(std::max(1, cvRound(donor.mask.cols * scale)),
                        std::max(1, cvRound(donor.mask.rows * scale)));
    const int filter = scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR;
    // Colour outside the mask must not bleed into the edge: it is weighted by the mask before scaling.
    Sprite sprite;
    sprite.alpha = cv::Mat(donor.mask.size(), CV_32FC1);
    sprite.light = cv::Mat(donor.mask.size(), CV_32FC3);
    const bool flip = random.chance(0.5);
    for (int y = 0; y < donor.mask.rows; ++y) {
        for (int x = 0; x < donor.mask.cols; ++x) {
            const int from = flip ? donor.mask.cols - 1 - x : x;
            const float cover = donor.mask.at<std::uint8_t>(y, from) > 127 ? 1.0f : 0.0f;
            const auto &bgr = donor.image.at<cv::Vec3b>(y, from);
            sprite.alpha.at<float>(y, x) = cover;
            sprite.light.at<cv::Vec3f>(y, x) =
                cv::Vec3f(linear_from_srgb(bgr[0]), linear_from_srgb(bgr[1]), linear_from_srgb(bgr[2])) *
                cover;
        }
    }
    cv::resize(sprite.alpha, sprite.alpha, size, 0, 0, filter);
    cv::resize(sprite.light, sprite.light, size, 0, 0, filter);
    // Who stands in front has the feet lower: the donor hangs out below rather than above.
    const int top = crop.rows - size.height + cvRound(crop.rows * random.uniform(-0.02, 0.2));
    std::vector<double> covered(static_cast<std::size_t>(size.width), 0.0);
    for (int y = std::max(0, -top); y < std::min(size.height, crop.rows - top); ++y) {
        for (int x = 0; x < size.width; ++x)
            covered[static_cast<std::size_t>(x)] += sprite.alpha.at<float>(y, x);
    }
    const double share = random.uniform(config.min_hidden, config.max_hidden);
    const int left = entry_column(covered, crop.size(), share, random.chance(0.5));
    sprite.area = cv::Rect(cv::Point(left, top), size);
    out.donor_area = sprite.area;
    lay(sprite, {}, out.image, out.mask);
}

void put_ball(const cv::Mat &crop, const OccludeConfig &config, Random random, Occluded &out) {
    out.has_ball = true;
    const double radius =
        std::max(1.0, draw_radius(config.size_median, config.size_spread, crop.rows, random));
    out.ball = {static_cast<float>(crop.cols * random.uniform(0.05, 0.95)),
                static_cast<float>(crop.rows * std::clamp(random.normal(0.4, 0.17), 0.05, 0.95)),
                static_cast<float>(radius)};
    out.paint = random_paint(random);
    const Light light = random_light(random);
    Surface surface;
    surface.gloss = static_cast<float>(random.uniform(0, 0.35));
    Sprite sprite = render_ball(out.ball, out.paint, light, surface, {});
    if (config.fill == "black") {
        out.paint = {};
        sprite.light.setTo(cv::Scalar::all(0));
    }
    lay(sprite, {}, out.image, out.mask);
}

}  // namespace

void OccludeConfig::validate() const {
    if (max_hidden < min_hidden) throw ConfigError("/max_hidden: expected at least min_hidden");
}

Occluded occlude(const cv::Mat &crop, const std::vector<Foreground> &donors, const OccludeConfig &config,
                 Random random) {
    config.validate();
    if (crop.type() != CV_8UC3 || crop.empty()) {
        throw std::invalid_argument("crop: expected 8-bit BGR pixels");
    }
    for (const Foreground &donor : donors) {
        if (donor.image.type() != CV_8UC3 || donor.mask.type() != CV_8UC1 || donor.image.empty() ||
            donor.image.size() != donor.mask.size()) {
            throw std::invalid_argument("donors: expected 8-bit BGR pixels and an 8-bit mask of their size");
        }
    }
    Occluded out;
    out.image = crop.clone();
    out.mask = cv::Mat::zeros(crop.size(), CV_8UC1);
    Random kinds = random.fork(kKinds);
    const bool with_ball = kinds.chance(config.ball_share);
    const bool with_person = kinds.chance(config.person_share);
    if (with_person && !donors.empty()) put_person(crop, donors, config, random.fork(kPerson), out);
    if (with_ball) put_ball(crop, config, random.fork(kBall), out);
    out.visible = static_cast<float>(1 - cv::mean(out.mask)[0] / 255);
    return out;
}

}  // namespace e2tad::synth
