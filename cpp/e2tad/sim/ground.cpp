#include "e2tad/sim/ground.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace e2tad::sim {
namespace {

constexpr double kPixels = kGroundPixelsPerMetre;

// Smooth noise with deviation near 1: grains of `grain` pixels.
cv::Mat noise(Random &random, int grain) {
    const int side = std::max(2, kGroundSize / grain);
    cv::Mat small(side, side, CV_32F);
    for (int y = 0; y < side; ++y) {
        auto *row = small.ptr<float>(y);
        // The sum of three uniform numbers is near enough to normal, and ten times as fast.
        for (int x = 0; x < side; ++x) {
            row[x] = static_cast<float>(2 * (random.uniform() + random.uniform() + random.uniform()) - 3);
        }
    }
    if (side == kGroundSize) return small;
    cv::Mat large;
    cv::resize(small, large, {kGroundSize, kGroundSize}, 0, 0, cv::INTER_CUBIC);
    return large;
}

// Grains of all sizes from `largest` pixels down.
cv::Mat clouds(Random &random, int largest) {
    cv::Mat sum = cv::Mat::zeros(kGroundSize, kGroundSize, CV_32F);
    float weight = 1;
    float total = 0;
    for (int grain = largest; grain >= 2; grain /= 3) {
        sum += weight * noise(random, grain);
        total += weight * weight;
        weight *= 0.7F;
    }
    return sum / std::sqrt(total);
}

// base * (1 + amount * field), per channel; colours are BGR in [0, 255].
void tint(cv::Mat &image, const cv::Mat &field, const cv::Vec3f &amount) {
    for (int y = 0; y < image.rows; ++y) {
        auto *row = image.ptr<cv::Vec3f>(y);
        const auto *f = field.ptr<float>(y);
        for (int x = 0; x < image.cols; ++x) {
            for (int c = 0; c < 3; ++c) row[x][c] *= 1 + amount[c] * f[x];
        }
    }
}

// Mixes in a colour where the field is above `level`, softly.
void patches(cv::Mat &image, const cv::Mat &field, float level, const cv::Vec3f &color, float strength) {
    for (int y = 0; y < image.rows; ++y) {
        auto *row = image.ptr<cv::Vec3f>(y);
        const auto *f = field.ptr<float>(y);
        for (int x = 0; x < image.cols; ++x) {
            const float share = strength * std::clamp(2 * (f[x] - level), 0.0F, 1.0F);
            row[x] += share * (color - row[x]);
        }
    }
}

cv::Point at(double x_m, double y_m) {
    return {static_cast<int>(0.5 * kGroundSize + x_m * kPixels),
            static_cast<int>(0.5 * kGroundSize + y_m * kPixels)};
}

int px(double metres) {
    return std::max(1, static_cast<int>(metres * kPixels));
}

void lines(cv::Mat &image, const cv::Scalar &color, Random &random) {
    const double shift_x = random.uniform(-2, 2);
    const double shift_y = random.uniform(-2, 2);
    const int thick = px(0.06);
    cv::rectangle(image, at(shift_x - 5.5, shift_y - 4), at(shift_x + 5.5, shift_y + 4), color, thick,
                  cv::LINE_AA);
    cv::line(image, at(shift_x, shift_y - 4), at(shift_x, shift_y + 4), color, thick, cv::LINE_AA);
    cv::circle(image, at(shift_x, shift_y), px(1.8), color, thick, cv::LINE_AA);
    for (const double side : {-1.0, 1.0}) {
        cv::ellipse(image, at(shift_x + side * 5.5, shift_y), {px(3), px(3)}, 0, side < 0 ? -90 : 90,
                    side < 0 ? 90 : 270, color, thick, cv::LINE_AA);
        cv::rectangle(image, at(shift_x + side * 5.5, shift_y - 1.2), at(shift_x + side * 3.6, shift_y + 1.2),
                      color, thick, cv::LINE_AA);
    }
}

cv::Mat plain(const cv::Vec3f &color) {
    return cv::Mat(kGroundSize, kGroundSize, CV_32FC3, cv::Scalar(color[0], color[1], color[2]));
}

cv::Mat grass(bool dry, Random &random) {
    cv::Mat image = plain(dry ? cv::Vec3f(72, 132, 140) : cv::Vec3f(45, 104, 78));
    const cv::Vec3f other = dry ? cv::Vec3f(92, 150, 178) : cv::Vec3f(62, 112, 112);
    patches(image, clouds(random, 500), 0.3F, other, 0.6F);
    patches(image, clouds(random, 160), 1.1F, cv::Vec3f(74, 96, 120), 0.7F);
    tint(image, clouds(random, 60), {0.10F, 0.13F, 0.12F});
    tint(image, noise(random, 1), {0.20F, 0.20F, 0.20F});
    if (!dry) {
        // Mown in lanes.
        const double lane = random.uniform(0.8, 1.5) * kPixels;
        for (int y = 0; y < image.rows; ++y) {
            const float shade = std::sin(y * std::numbers::pi / lane) > 0 ? 1.05F : 0.95F;
            image.row(y) *= shade;
        }
    }
    for (int k = 0; k < 700; ++k) {
        const cv::Point where(random.below(kGroundSize), random.below(kGroundSize));
        const double light = random.uniform(120, 230);
        cv::circle(image, where, 1 + random.below(2), cv::Scalar(0.5 * light, light, light), -1);
    }
    return image;
}

cv::Mat asphalt(Random &random) {
    const auto grey = static_cast<float>(random.uniform(78, 112));
    cv::Mat image = plain({grey, grey, grey * 0.98F});
    for (int k = 0; k < 4; ++k) {
        const double x = random.uniform(-11, 11);
        const double y = random.uniform(-11, 11);
        cv::rectangle(image, at(x, y), at(x + random.uniform(1, 5), y + random.uniform(0.6, 2)),
                      cv::Scalar::all(grey * random.uniform(0.68, 0.85)), -1);
    }
    for (double x = -12; x < 12; x += 2.6) {
        cv::line(image, at(x, 4), at(x, 9), cv::Scalar(215, 222, 222), px(0.1), cv::LINE_AA);
    }
    cv::line(image, at(-13, 4), at(13, 4), cv::Scalar(215, 222, 222), px(0.1), cv::LINE_AA);
    if (random.chance(0.5)) lines(image, cv::Scalar(40, 190, 225), random);
    for (int crack = 0; crack < 14; ++crack) {
        double x = random.uniform(-13, 13);
        double y = random.uniform(-13, 13);
        double way = random.uniform(0, 2 * std::numbers::pi);
        for (int step = 0; step < 60; ++step) {
            way += random.normal(0, 0.4);
            const double next_x = x + 0.08 * std::cos(way);
            const double next_y = y + 0.08 * std::sin(way);
            cv::line(image, at(x, y), at(next_x, next_y), cv::Scalar::all(0.55 * grey), 1, cv::LINE_AA);
            x = next_x;
            y = next_y;
        }
    }
    patches(image, clouds(random, 250), 1.2F, cv::Vec3f(52, 54, 56), 0.6F);
    tint(image, clouds(random, 600), {0.08F, 0.08F, 0.07F});
    tint(image, noise(random, 1), {0.15F, 0.15F, 0.15F});
    tint(image, noise(random, 2), {0.10F, 0.10F, 0.10F});
    return image;
}

cv::Mat court(bool hard, Random &random) {
    constexpr std::array<std::array<float, 6>, 4> kPaints = {{{60, 92, 168, 70, 104, 60},
                                                              {74, 104, 178, 66, 86, 140},
                                                              {140, 92, 40, 62, 112, 62},
                                                              {86, 112, 44, 48, 60, 150}}};
    const auto &paint = kPaints[(hard ? 2 : 0) + random.below(2)];
    cv::Mat image = plain({paint[3], paint[4], paint[5]});
    const double shift = random.uniform(-1.5, 1.5);
    cv::rectangle(image, at(shift - 7, shift - 5.5), at(shift + 7, shift + 5.5),
                  cv::Scalar(paint[0], paint[1], paint[2]), -1);
    lines(image, cv::Scalar(225, 230, 230), random);
    if (random.chance(0.5)) lines(image, cv::Scalar(60, 200, 235), random);
    tint(image, clouds(random, 400), {0.06F, 0.06F, 0.06F});
    patches(image, clouds(random, 120), 1.5F, cv::Vec3f(90, 95, 100), 0.35F);
    tint(image, noise(random, 1), {0.09F, 0.09F, 0.09F});
    tint(image, noise(random, 3), {0.05F, 0.05F, 0.05F});
    return image;
}

cv::Mat paving(Random &random) {
    const auto tone = static_cast<float>(random.uniform(120, 158));
    cv::Mat image = plain({tone * 0.94F, tone, tone * 1.03F});
    const double long_side = random.uniform(0.4, 0.8);
    const double short_side = long_side * (random.chance(0.5) ? 1 : 0.5);
    int row = 0;
    for (double y = -14.5; y < 14.5; y += short_side, ++row) {
        for (double x = -15 + (row % 2) * 0.5 * long_side; x < 14.5; x += long_side) {
            const double light = random.uniform(0.84, 1.1);
            cv::rectangle(image, at(x, y), at(x + long_side, y + short_side),
                          cv::Scalar(tone * 0.93 * light, tone * light, tone * 1.04 * light), -1);
            cv::rectangle(image, at(x, y), at(x + long_side, y + short_side), cv::Scalar::all(0.55 * tone),
                          1);
        }
    }
    patches(image, clouds(random, 300), 1.0F, cv::Vec3f(70, 92, 92), 0.5F);
    tint(image, clouds(random, 90), {0.07F, 0.07F, 0.07F});
    tint(image, noise(random, 1), {0.12F, 0.12F, 0.12F});
    return image;
}

}  // namespace

cv::Mat paint_ground(bool test_split, Random random) {
    const int kind = random.below(3);
    cv::Mat image;
    if (kind == 0) {
        image = grass(test_split, random);
    } else if (kind == 1) {
        image = test_split ? paving(random) : asphalt(random);
    } else {
        image = court(test_split, random);
    }
    // One-coloured spots: dropped caps, markers, stickers, puddles of paint.
    constexpr std::array<std::array<int, 3>, 7> kSpots = {{{30, 30, 200},
                                                           {190, 70, 30},
                                                           {30, 200, 230},
                                                           {50, 150, 40},
                                                           {20, 120, 240},
                                                           {150, 40, 110},
                                                           {215, 220, 220}}};
    const int spots = 7 + random.below(6);
    for (int k = 0; k < spots; ++k) {
        const auto &c = kSpots[random.below(static_cast<int>(kSpots.size()))];
        const double light = random.uniform(0.7, 1.1);
        const cv::Scalar color(c[0] * light, c[1] * light, c[2] * light);
        const double x = random.normal(0, 3.2);
        const double y = random.normal(0, 3.2);
        const double size = random.uniform(0.09, 0.2);
        if (random.chance(0.55)) {
            cv::circle(image, at(x, y), px(size), color, random.chance(0.3) ? px(0.03) : -1, cv::LINE_AA);
        } else {
            std::vector<cv::Point> corners;
            for (int corner = 0; corner < 7; ++corner) {
                const double angle = 2 * std::numbers::pi * corner / 7;
                const double r = size * random.uniform(0.7, 2);
                corners.push_back(at(x + r * std::cos(angle), y + r * std::sin(angle)));
            }
            cv::fillPoly(image, std::vector<std::vector<cv::Point>>{corners}, color, cv::LINE_AA);
        }
    }
    cv::Mat bytes;
    image.convertTo(bytes, CV_8UC3);
    return bytes;
}

}  // namespace e2tad::sim
