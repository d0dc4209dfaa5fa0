#include "e2tad/synth/harmonizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <stdexcept>

namespace e2tad::synth {

namespace {

// Fewer pixels than this have no statistics worth matching.
constexpr int kMinPixels = 12;
constexpr std::uint8_t kHalf = 128;
// Below this chroma a colour is a grey and has no hue to keep.
constexpr double kHueless = 5;
// Chroma taken off until a colour fits into sRGB.
constexpr float kGamutStep = 0.95f;
constexpr int kGamutSteps = 20;

void check(const cv::Mat &image, const cv::Mat &mask) {
    if (image.type() != CV_8UC3 || mask.type() != CV_8UC1 || image.size() != mask.size()) {
        throw std::invalid_argument("harmonize: expected an 8-bit BGR image and an 8-bit mask of its size");
    }
}

/// One connected part of the foreground with what surrounds it.
struct Part {
    cv::Rect window;  ///< Part and surroundings, inside the picture.
    cv::Mat lab;      ///< CV_32FC3, the window's colours.
    cv::Mat labels;   ///< CV_32S view: numbers of the parts in the window.
    int number = 0;   ///< This part's number in `labels`.
    ColourStatistics object;
    ColourStatistics around;
};

/// Mean and deviation over the pixels that `chosen(y, x)` names; none if they are too few.
template <class Chosen>
std::optional<ColourStatistics> statistics(const cv::Mat &lab, const Chosen &chosen) {
    cv::Vec3d sum{};
    cv::Vec3d squares{};
    int n = 0;
    for (int y = 0; y < lab.rows; ++y) {
        const auto *p = lab.ptr<cv::Vec3f>(y);
        for (int x = 0; x < lab.cols; ++x) {
            if (!chosen(y, x)) continue;
            for (int c = 0; c < 3; ++c) {
                sum[c] += p[x][c];
                squares[c] += static_cast<double>(p[x][c]) * p[x][c];
            }
            ++n;
        }
    }
    if (n < kMinPixels) return std::nullopt;
    ColourStatistics result;
    for (int c = 0; c < 3; ++c) {
        const double mean = sum[c] / n;
        result.mean[c] = static_cast<float>(mean);
        result.deviation[c] = static_cast<float>(std::sqrt(std::max(0.0, squares[c] / n - mean * mean)));
    }
    return result;
}

/// Calls `visit` for every part that has enough pixels, object and surroundings both.
template <class Visit>
void for_each_part(const cv::Mat &image, const cv::Mat &mask, const Visit &visit) {
    cv::Mat labels;
    cv::Mat boxes;
    cv::Mat centroids;
    const int n = cv::connectedComponentsWithStats(mask, labels, boxes, centroids, 8, CV_32S);
    for (int i = 1; i < n; ++i) {
        const auto *box = boxes.ptr<int>(i);
        const int margin = std::max(box[cv::CC_STAT_WIDTH], box[cv::CC_STAT_HEIGHT]);
        Part part;
        part.number = i;
        part.window = cv::Rect(box[cv::CC_STAT_LEFT] - margin, box[cv::CC_STAT_TOP] - margin,
                               box[cv::CC_STAT_WIDTH] + 2 * margin, box[cv::CC_STAT_HEIGHT] + 2 * margin) &
                      cv::Rect({}, image.size());
        cv::Mat scaled;
        image(part.window).convertTo(scaled, CV_32F, 1.0 / 255);
        cv::cvtColor(scaled, part.lab, cv::COLOR_BGR2Lab);
        part.labels = labels(part.window);
        const cv::Mat cover = mask(part.window);
        const auto object = statistics(part.lab, [&](int y, int x) {
            return part.labels.at<int>(y, x) == i && cover.at<std::uint8_t>(y, x) >= kHalf;
        });
        const auto around =
            statistics(part.lab, [&](int y, int x) { return cover.at<std::uint8_t>(y, x) == 0; });
        if (!object || !around) continue;
        part.object = *object;
        part.around = *around;
        visit(part);
    }
}

/// True if the Lab colour exists in sRGB.
bool in_gamut(const cv::Vec3f &lab) {
    const cv::Mat colour(1, 1, CV_32FC3, cv::Scalar(lab[0], lab[1], lab[2]));
    cv::Mat bgr;
    cv::cvtColor(colour, bgr, cv::COLOR_Lab2BGR);
    // The conversion clips; a colour that survives the way there and back was inside.
    cv::Mat back;
    cv::cvtColor(bgr, back, cv::COLOR_BGR2Lab);
    return cv::norm(back.at<cv::Vec3f>(0, 0) - lab) < 1.5;
}

/// The mean that the object is moved to: towards the surroundings, but no further than the limits on
/// lightness, hue and chroma allow, and inside sRGB (where clipping would turn the hue).
cv::Vec3f limited_mean(const ColourStatistics &object, const ColourStatistics &around,
                       const StatisticsHarmonizer::Limits &limits) {
    const float change = std::clamp(limits.lightness * (around.mean[0] - object.mean[0]),
                                    -limits.max_lightness, limits.max_lightness);
    const cv::Vec2f from(object.mean[1], object.mean[2]);
    const cv::Vec2f to(around.mean[1], around.mean[2]);
    const cv::Vec2f moved = from + limits.chroma * (to - from);
    cv::Vec3f mean(object.mean[0] + change, moved[0], moved[1]);
    const double chroma = cv::norm(from);
    if (chroma >= kHueless) {
        const double angle = std::atan2(from[1], from[0]);
        const double turn = std::remainder(std::atan2(moved[1], moved[0]) - angle, 2 * std::numbers::pi);
        const double limit = limits.max_turn_deg * std::numbers::pi / 180;
        const double kept = std::max(cv::norm(moved), limits.min_chroma * chroma);
        const double turned = angle + std::clamp(turn, -limit, limit);
        mean[1] = static_cast<float>(kept * std::cos(turned));
        mean[2] = static_cast<float>(kept * std::sin(turned));
    }
    for (int i = 0; i < kGamutSteps && !in_gamut(mean); ++i) {
        mean[1] *= kGamutStep;
        mean[2] *= kGamutStep;
    }
    return mean;
}

}  // namespace

cv::Mat NoHarmonizer::harmonize(const cv::Mat &image, const cv::Mat &mask) const {
    check(image, mask);
    return image.clone();
}

cv::Mat StatisticsHarmonizer::harmonize(const cv::Mat &image, const cv::Mat &mask) const {
    check(image, mask);
    cv::Mat out = image.clone();
    for_each_part(image, mask, [&](Part &part) {
        const cv::Vec3f target = limited_mean(part.object, part.around, limits_);
        const float contrast =
            std::clamp(part.around.deviation[0] / std::max(part.object.deviation[0], 1e-3f),
                       1 / limits_.max_contrast, limits_.max_contrast);
        // Exposure multiplies (L + 16, a, b), the cube roots of light. Adding to L alone would lift the
        // shaded side with the rest, as fog does.
        const float exposure = (target[0] + 16) / (part.object.mean[0] + 16);
        const cv::Vec3f gain(exposure * contrast, exposure, exposure);
        cv::Mat moved = part.lab.clone();
        for (int y = 0; y < moved.rows; ++y) {
            auto *p = moved.ptr<cv::Vec3f>(y);
            for (int x = 0; x < moved.cols; ++x) {
                if (part.labels.at<int>(y, x) != part.number) continue;
                p[x] = target + gain.mul(p[x] - part.object.mean);
                p[x][0] = std::clamp(p[x][0], 0.0f, 100.0f);
            }
        }
        cv::Mat bgr;
        cv::cvtColor(moved, bgr, cv::COLOR_Lab2BGR);
        for (int y = 0; y < bgr.rows; ++y) {
            const auto *p = bgr.ptr<cv::Vec3f>(y);
            const auto *cover = mask.ptr<std::uint8_t>(part.window.y + y) + part.window.x;
            auto *pixel = out.ptr<cv::Vec3b>(part.window.y + y) + part.window.x;
            for (int x = 0; x < bgr.cols; ++x) {
                if (part.labels.at<int>(y, x) != part.number) continue;
                const float share = static_cast<float>(cover[x]) / 255;
                for (int c = 0; c < 3; ++c) {
                    const float full = 255 * p[x][c];
                    const float was = pixel[x][c];
                    pixel[x][c] = cv::saturate_cast<std::uint8_t>(was + share * (full - was));
                }
            }
        }
    });
    return out;
}

std::unique_ptr<Harmonizer> make_harmonizer(const std::string &name) {
    if (name == "none") return std::make_unique<NoHarmonizer>();
    if (name == "statistics") return std::make_unique<StatisticsHarmonizer>();
    throw std::invalid_argument("harmonizer: expected none or statistics, got " + name);
}

float colour_distance(const ColourStatistics &a, const ColourStatistics &b) {
    const double means = cv::norm(a.mean - b.mean);
    const double deviations = cv::norm(a.deviation - b.deviation);
    return static_cast<float>(std::hypot(means, deviations));
}

std::vector<float> foreground_distances(const cv::Mat &image, const cv::Mat &mask) {
    check(image, mask);
    std::vector<float> distances;
    for_each_part(image, mask,
                  [&](const Part &part) { distances.push_back(colour_distance(part.object, part.around)); });
    return distances;
}

}  // namespace e2tad::synth
