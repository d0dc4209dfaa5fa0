#include "e2tad/synth/ball_size.hpp"

#include <algorithm>
#include <cmath>

namespace e2tad::synth {

namespace {
// The measured ratios lie within exp(+-2.5 deviations) of the median.
constexpr double kMaxDeviations = 2.5;
}  // namespace

double draw_radius(double median, double spread, double height_px, Random &random) {
    const double deviations = std::clamp(random.normal(0, 1), -kMaxDeviations, kMaxDeviations);
    return 0.5 * median * height_px * std::exp(spread * deviations);
}

BallSizer::BallSizer(const std::vector<Box> &persons, double picture_height_px, const BallSizeConfig &config)
    : persons_(persons), picture_height_px_(picture_height_px), config_(config) {
    const double smallest = 0.5 * config.median * std::exp(-kMaxDeviations * config.spread);
    std::int32_t tallest = -1;
    for (std::size_t i = 0; i < persons.size(); ++i) {
        const auto index = static_cast<std::int32_t>(i);
        if (smallest * persons[i].height() >= config.min_radius_px) eligible_.push_back(index);
        if (tallest < 0 || persons[i].height() > persons[static_cast<std::size_t>(tallest)].height()) {
            tallest = index;
        }
    }
    if (eligible_.empty() && tallest >= 0) eligible_.push_back(tallest);
}

BallSizer::Size BallSizer::draw(Random &random) const {
    Size size;
    double height = picture_height_px_;
    double median = config_.picture_median;
    if (!eligible_.empty()) {
        size.person = eligible_[static_cast<std::size_t>(random.below(static_cast<int>(eligible_.size())))];
        height = persons_[static_cast<std::size_t>(size.person)].height();
        median = config_.median;
    }
    size.radius_px =
        std::max<double>(draw_radius(median, config_.spread, height, random), config_.min_radius_px);
    return size;
}

}  // namespace e2tad::synth
