#include "e2tad/synth/light.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace e2tad::synth {

namespace {

/// IEC 61966-2-1.
double decode(double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double encode(double light) {
    return light <= 0.0031308 ? light * 12.92 : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
}

// Near black one 8-bit step is 1/3,294 of full light: 16,384 entries keep every value distinct.
constexpr int kSteps = 16384;

struct Tables {
    std::array<float, 256> to_linear{};
    std::array<std::uint8_t, kSteps + 1> to_srgb{};
    Tables() {
        for (int i = 0; i < 256; ++i) {
            to_linear[static_cast<std::size_t>(i)] = static_cast<float>(decode(i / 255.0));
        }
        for (int i = 0; i <= kSteps; ++i) {
            to_srgb[static_cast<std::size_t>(i)] =
                static_cast<std::uint8_t>(std::lround(255 * encode(static_cast<double>(i) / kSteps)));
        }
    }
};

const Tables &tables() {
    static const Tables kTables;
    return kTables;
}

/// One of the contest's colours, in degrees of hue.
struct Tone {
    const char *name;
    double hue;
    double spread;     ///< Hue varies by up to this much to either side.
    double low_value;  ///< Darkest value of HSV that still reads as this colour.
};

// The contest's six. The ranges keep neighbours apart: orange ends where yellow begins.
constexpr std::array<Tone, 6> kTones{{{"red", 0, 8, 0.45},
                                      {"orange", 24, 6, 0.75},
                                      {"yellow", 51, 7, 0.75},
                                      {"green", 125, 25, 0.40},
                                      {"blue", 217, 15, 0.45},
                                      {"purple", 282, 10, 0.40}}};

std::array<std::uint8_t, 3> bgr_from_hsv(double hue, double saturation, double value) {
    const auto channel = [&](double n) {
        const double k = std::fmod(n + hue / 60, 6.0);
        const double v = value - value * saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
        return static_cast<std::uint8_t>(std::lround(255 * v));
    };
    return {channel(1), channel(3), channel(5)};
}

}  // namespace

float linear_from_srgb(std::uint8_t value) {
    return tables().to_linear[value];
}

std::uint8_t srgb_from_linear(float light) {
    const float clipped = std::clamp(light, 0.0f, 1.0f);
    return tables().to_srgb[static_cast<std::size_t>(clipped * kSteps + 0.5f)];
}

Light random_light(Random &random) {
    const double azimuth = random.uniform(0, 2 * std::numbers::pi);
    const double elevation = random.uniform(30, 80) * std::numbers::pi / 180;
    Light light;
    // Behind the object a light would leave it black; the depth is therefore turned to the viewer's side.
    const double depth = std::cos(elevation) * std::cos(azimuth);
    cv::Vec3d direction(std::cos(elevation) * std::sin(azimuth), -std::sin(elevation),
                        0.15 + 0.7 * std::abs(depth));
    direction /= cv::norm(direction);
    light.direction = direction;
    light.ambient = static_cast<float>(random.uniform(0.35, 0.75));
    light.gain = static_cast<float>(random.uniform(0.95, 1.25));
    return light;
}

Paint random_paint(Random &random) {
    const Tone &tone = kTones.at(static_cast<std::size_t>(random.below(static_cast<int>(kTones.size()))));
    const double hue = tone.hue + random.uniform(-tone.spread, tone.spread);
    const double saturation = random.uniform(0.55, 0.9);
    const double value = random.uniform(tone.low_value, 0.97);
    return {tone.name, bgr_from_hsv(hue < 0 ? hue + 360 : hue, saturation, value)};
}

Paint in_grey(const Paint &paint) {
    const auto luma = static_cast<std::uint8_t>(
        std::lround(0.114 * paint.bgr[0] + 0.587 * paint.bgr[1] + 0.299 * paint.bgr[2]));
    return {"grey", {luma, luma, luma}};
}

std::string colour_name(const std::array<std::uint8_t, 3> &bgr) {
    const double b = bgr[0];
    const double g = bgr[1];
    const double r = bgr[2];
    const double high = std::max({b, g, r});
    const double range = high - std::min({b, g, r});
    if (range < 0.12 * 255) return "";
    double hue = 0;
    if (high == r) {
        hue = 60 * (g - b) / range;
    } else if (high == g) {
        hue = 120 + 60 * (b - r) / range;
    } else {
        hue = 240 + 60 * (r - g) / range;
    }
    const auto distance = [&](const Tone &tone) { return std::abs(std::remainder(hue - tone.hue, 360.0)); };
    return std::min_element(kTones.begin(), kTones.end(),
                            [&](const Tone &x, const Tone &y) { return distance(x) < distance(y); })
        ->name;
}

}  // namespace e2tad::synth
