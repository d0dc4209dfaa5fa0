#include "e2tad/synth/sprite.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

namespace e2tad::synth {

namespace {

// Steps of a moving ball beyond this look no smoother and only cost time.
constexpr int kMaxMotionSteps = 24;
// Coverage that an 8-bit mask shows as 0 changes no pixel either.
constexpr float kInvisible = 0.5f / 255;

cv::Vec3f albedo_of(const Paint &paint) {
    return {linear_from_srgb(paint.bgr[0]), linear_from_srgb(paint.bgr[1]), linear_from_srgb(paint.bgr[2])};
}

/// Diffuse light on a surface with this normal, relative to a surface that faces the light.
float diffuse(const Light &light, float nx, float ny, float nz) {
    const float direct =
        std::max(0.0f, nx * light.direction[0] + ny * light.direction[1] + nz * light.direction[2]);
    // The sky is brighter than the ground that lights an object from below.
    const float sky = 0.75f - 0.25f * ny;
    return light.gain * (light.ambient * sky + (1 - light.ambient) * direct);
}

/// Adds one sharp image of the ball, weighted, to the sprite.
void add_ball(const Circle &circle, const cv::Vec3f &albedo, const Light &light, const Surface &surface,
              float weight, Sprite &sprite) {
    cv::Vec3f half = light.direction + cv::Vec3f(0, 0, 1);
    half /= static_cast<float>(cv::norm(half));
    const float outer = circle.radius + 0.5f * surface.edge_px;
    for (int y = 0; y < sprite.area.height; ++y) {
        auto *alpha = sprite.alpha.ptr<float>(y);
        auto *out = sprite.light.ptr<cv::Vec3f>(y);
        // Pixel (x, y) covers [x, x+1): its middle is half a pixel on, as boxes in ltrb count.
        const float dy = static_cast<float>(sprite.area.y + y) + 0.5f - circle.cy;
        if (std::abs(dy) >= outer) continue;
        for (int x = 0; x < sprite.area.width; ++x) {
            const float dx = static_cast<float>(sprite.area.x + x) + 0.5f - circle.cx;
            const float distance = std::sqrt(dx * dx + dy * dy);
            if (distance >= outer) continue;
            const float cover = weight * std::min(1.0f, (outer - distance) / surface.edge_px);
            // At the rim and beyond, the normal lies in the picture's plane.
            const float scale = 1 / std::max(circle.radius, distance);
            const float nx = dx * scale;
            const float ny = dy * scale;
            const float nz = std::sqrt(std::max(0.0f, 1 - nx * nx - ny * ny));
            const float shade = diffuse(light, nx, ny, nz);
            const float toward = std::max(0.0f, nx * half[0] + ny * half[1] + nz * half[2]);
            const float shine = surface.gloss * light.gain * std::pow(toward, surface.sharpness);
            alpha[x] += cover;
            for (int c = 0; c < 3; ++c) out[x][c] += cover * (albedo[c] * shade + shine);
        }
    }
}

}  // namespace

Sprite render_ball(const Circle &circle, const Paint &paint, const Light &light, const Surface &surface,
                   const Motion &motion) {
    if (!(circle.radius > 0) || !(surface.edge_px > 0)) {
        throw std::invalid_argument("circle: expected a positive radius and edge");
    }
    const float reach_x = circle.radius + 0.5f * (surface.edge_px + std::abs(motion.dx)) + 1;
    const float reach_y = circle.radius + 0.5f * (surface.edge_px + std::abs(motion.dy)) + 1;
    Sprite sprite;
    const cv::Point corner(cvFloor(circle.cx - reach_x), cvFloor(circle.cy - reach_y));
    sprite.area = cv::Rect(corner, cv::Point(cvCeil(circle.cx + reach_x), cvCeil(circle.cy + reach_y)));
    sprite.alpha = cv::Mat::zeros(sprite.area.size(), CV_32FC1);
    sprite.light = cv::Mat::zeros(sprite.area.size(), CV_32FC3);
    const float length = std::hypot(motion.dx, motion.dy);
    const int steps = std::clamp(cvCeil(1.5f * length), 1, kMaxMotionSteps);
    const cv::Vec3f albedo = albedo_of(paint);
    for (int i = 0; i < steps; ++i) {
        const float at = (static_cast<float>(i) + 0.5f) / static_cast<float>(steps) - 0.5f;
        add_ball({circle.cx + at * motion.dx, circle.cy + at * motion.dy, circle.radius}, albedo, light,
                 surface, 1.0f / static_cast<float>(steps), sprite);
    }
    return sprite;
}

Sprite paint_shape(const cv::Mat &alpha, cv::Point corner, const Paint &paint, const Light &light,
                   bool shaded) {
    Sprite sprite;
    sprite.area = cv::Rect(corner, alpha.size());
    sprite.alpha = alpha;
    sprite.light = cv::Mat(alpha.size(), CV_32FC3);
    const cv::Vec3f albedo = albedo_of(paint);
    const float middle_x = 0.5f * static_cast<float>(alpha.cols);
    const float middle_y = 0.5f * static_cast<float>(alpha.rows);
    const float radius = std::hypot(middle_x, middle_y);
    const float flat = diffuse(light, 0, 0, 1);
    for (int y = 0; y < alpha.rows; ++y) {
        const auto *cover = alpha.ptr<float>(y);
        auto *out = sprite.light.ptr<cv::Vec3f>(y);
        for (int x = 0; x < alpha.cols; ++x) {
            float shade = flat;
            if (shaded) {
                const float nx = (static_cast<float>(x) + 0.5f - middle_x) / radius;
                const float ny = (static_cast<float>(y) + 0.5f - middle_y) / radius;
                shade = diffuse(light, nx, ny, std::sqrt(std::max(0.0f, 1 - nx * nx - ny * ny)));
            }
            out[x] = albedo * (shade * cover[x]);
        }
    }
    return sprite;
}

float visible_fraction(const Sprite &sprite, const cv::Mat &hidden, cv::Size picture) {
    const cv::Rect inside = sprite.area & cv::Rect({}, picture);
    double all = 0;
    double seen = 0;
    for (int y = 0; y < sprite.area.height; ++y) {
        const auto *alpha = sprite.alpha.ptr<float>(y);
        const int py = sprite.area.y + y;
        const bool row_inside = py >= inside.y && py < inside.y + inside.height;
        for (int x = 0; x < sprite.area.width; ++x) {
            all += alpha[x];
            const int px = sprite.area.x + x;
            if (!row_inside || px < inside.x || px >= inside.x + inside.width) continue;
            seen += hidden.empty() ? alpha[x] : alpha[x] * (1 - hidden.at<float>(y, x));
        }
    }
    return all > 0 ? static_cast<float>(seen / all) : 0;
}

void lay(const Sprite &sprite, const cv::Mat &hidden, cv::Mat &image, cv::Mat &mask) {
    const cv::Rect inside = sprite.area & cv::Rect({}, image.size());
    for (int y = inside.y; y < inside.y + inside.height; ++y) {
        const int sy = y - sprite.area.y;
        const auto *alpha = sprite.alpha.ptr<float>(sy);
        const auto *light = sprite.light.ptr<cv::Vec3f>(sy);
        const float *front = hidden.empty() ? nullptr : hidden.ptr<float>(sy);
        auto *pixel = image.ptr<cv::Vec3b>(y);
        auto *covered = mask.empty() ? nullptr : mask.ptr<std::uint8_t>(y);
        for (int x = inside.x; x < inside.x + inside.width; ++x) {
            const int sx = x - sprite.area.x;
            const float shown = front ? 1 - front[sx] : 1.0f;
            const float cover = alpha[sx] * shown;
            if (cover < kInvisible) continue;
            for (int c = 0; c < 3; ++c) {
                const float behind = linear_from_srgb(pixel[x][c]);
                pixel[x][c] = srgb_from_linear(behind * (1 - cover) + light[sx][c] * shown);
            }
            if (covered) {
                covered[x] =
                    std::max(covered[x], static_cast<std::uint8_t>(cvRound(255 * std::min(cover, 1.0f))));
            }
        }
    }
}

float noise_deviation(const cv::Mat &image, cv::Rect area) {
    area &= cv::Rect({}, image.size());
    if (area.width < 3 || area.height < 3) return 0;
    cv::Mat luma;
    cv::cvtColor(image(area), luma, cv::COLOR_BGR2GRAY);
    std::vector<int> answers;
    answers.reserve(static_cast<std::size_t>(area.area()));
    for (int y = 1; y + 1 < luma.rows; ++y) {
        const auto *a = luma.ptr<std::uint8_t>(y - 1);
        const auto *b = luma.ptr<std::uint8_t>(y);
        const auto *c = luma.ptr<std::uint8_t>(y + 1);
        for (int x = 1; x + 1 < luma.cols; ++x) {
            answers.push_back(std::abs(a[x - 1] - 2 * a[x] + a[x + 1] - 2 * b[x - 1] + 4 * b[x] -
                                       2 * b[x + 1] + c[x - 1] - 2 * c[x] + c[x + 1]));
        }
    }
    const auto quartile = answers.begin() + static_cast<std::ptrdiff_t>(answers.size() / 4);
    std::nth_element(answers.begin(), quartile, answers.end());
    // The kernel's norm is 6; a quarter of |N(0, s)| lies below .3186 s.
    return static_cast<float>(*quartile) / (6 * 0.3186f);
}

float picture_noise_deviation(const cv::Mat &image) {
    constexpr int kBlocks = 5;  // across and down
    constexpr int kSide = 48;   // pixels
    std::vector<float> deviations;
    for (int i = 0; i < kBlocks * kBlocks; ++i) {
        const cv::Point middle((2 * (i % kBlocks) + 1) * image.cols / (2 * kBlocks),
                               (2 * (i / kBlocks) + 1) * image.rows / (2 * kBlocks));
        deviations.push_back(
            noise_deviation(image, {middle.x - kSide / 2, middle.y - kSide / 2, kSide, kSide}));
    }
    const auto quiet = deviations.begin() + kBlocks * kBlocks / 4;
    std::nth_element(deviations.begin(), quiet, deviations.end());
    return *quiet;
}

void add_noise(const Sprite &sprite, const cv::Mat &hidden, float deviation, Random random, cv::Mat &image) {
    if (!(deviation > 0)) return;
    const cv::Rect inside = sprite.area & cv::Rect({}, image.size());
    for (int y = inside.y; y < inside.y + inside.height; ++y) {
        const int sy = y - sprite.area.y;
        const auto *alpha = sprite.alpha.ptr<float>(sy);
        auto *pixel = image.ptr<cv::Vec3b>(y);
        for (int x = inside.x; x < inside.x + inside.width; ++x) {
            const int sx = x - sprite.area.x;
            float cover = alpha[sx];
            if (!hidden.empty()) cover *= 1 - hidden.at<float>(sy, sx);
            if (cover < kInvisible) continue;
            const double luma = random.normal(0, deviation);
            for (int c = 0; c < 3; ++c) {
                pixel[x][c] = cv::saturate_cast<std::uint8_t>(pixel[x][c] + cover * luma);
            }
        }
    }
}

}  // namespace e2tad::synth
