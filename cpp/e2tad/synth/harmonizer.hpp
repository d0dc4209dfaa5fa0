#pragma once
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace e2tad::synth {

/// Fits the colours of a composite's foreground to its background.
///
/// One instance may be called from several threads at once.
/// Source: the paper, Figure 7 (image composition, second step).
class Harmonizer {
  public:
    Harmonizer() = default;
    Harmonizer(const Harmonizer &) = delete;
    Harmonizer &operator=(const Harmonizer &) = delete;
    virtual ~Harmonizer() = default;

    /// @param image  CV_8UC3 BGR composite; not changed.
    /// @param mask   CV_8UC1 of the same size: how much of each pixel is foreground, 0..255.
    /// @return       CV_8UC3 of the same size; equal to `image` where the mask is 0.
    [[nodiscard]] virtual cv::Mat harmonize(const cv::Mat &image, const cv::Mat &mask) const = 0;
};

/// Leaves the composite as it was pasted.
class NoHarmonizer final : public Harmonizer {
  public:
    [[nodiscard]] cv::Mat harmonize(const cv::Mat &image, const cv::Mat &mask) const override;
};

/// Moves mean and deviation of each foreground object in Lab towards those of its surroundings.
///
/// A full transfer would paint a red ball in the colour of the grass; the limits keep its hue.
/// Source: Reinhard et al.: Color transfer between images, IEEE CG&A 21(5), 2001.
class StatisticsHarmonizer final : public Harmonizer {
  public:
    /// The home of these values. They are judged by eye on contact sheets and checked by the distance between
    /// the statistics, which must fall while the colours keep their names.
    struct Limits {
        float lightness = 0.4f;  ///< Share of the way from the object's mean L to the surroundings', [0, 1].
        float max_lightness = 16;   ///< Largest change of the mean L, of 100.
        float chroma = 0.3f;        ///< Share of the way for the means of a and b, [0, 1].
        float max_turn_deg = 5;     ///< Largest change of the mean hue angle; red turns orange in 10.
        float min_chroma = 0.65f;   ///< Smallest chroma kept, as a share of what it was, [0, 1].
        float max_contrast = 1.2f;  ///< Largest change of the deviation of L, as a ratio either way, >= 1.
    };
    StatisticsHarmonizer() = default;
    explicit StatisticsHarmonizer(const Limits &limits) : limits_(limits) {}
    [[nodiscard]] cv::Mat harmonize(const cv::Mat &image, const cv::Mat &mask) const override;

  private:
    Limits limits_;
};

/// @param name  "none" or "statistics".
/// @throws std::invalid_argument for another name.
std::unique_ptr<Harmonizer> make_harmonizer(const std::string &name);

/// Mean and deviation in CIE Lab (L 0..100).
struct ColourStatistics {
    cv::Vec3f mean;
    cv::Vec3f deviation;
};

/// Distance between two sets of colours: sqrt(|difference of means|^2 + |difference of deviations|^2), the
/// 2-Wasserstein distance of Gaussians with independent channels.
float colour_distance(const ColourStatistics &a, const ColourStatistics &b);

/// For each connected part of the foreground, in reading order of their first pixels: the distance between
/// its colours and its surroundings'.
///
/// Parts with fewer than 12 pixels that are more than half foreground are left out.
/// @throws std::invalid_argument if sizes or types differ from those of `Harmonizer::harmonize`.
std::vector<float> foreground_distances(const cv::Mat &image, const cv::Mat &mask);

}  // namespace e2tad::synth
