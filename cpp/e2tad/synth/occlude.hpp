#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "e2tad/core/config.hpp"
#include "e2tad/core/random.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/synth/light.hpp"

namespace e2tad::synth {

/// How a person's crop is occluded. The only home of these defaults.
struct OccludeConfig {
    float ball_share = 0.5f;    ///< Share of crops with a ball in front of the person.
    float person_share = 0.5f;  ///< Share of crops with another person in front (where there are donors).
    /// "ball": the circle is drawn as a ball; "black": it is cut out, as a binary mask does.
    std::string fill = "ball";
    float size_median = 0.20f;         ///< Ball diameter over crop height, median; see BallSizeConfig.
    float size_spread = 0.15f;         ///< Standard deviation of that ratio's logarithm.
    float min_hidden = 0.10f;          ///< Smallest share of the crop that another person hides.
    float max_hidden = 0.45f;          ///< Largest share of the crop that another person hides.
    float donor_scale_spread = 0.15f;  ///< The other person's height over the crop's lies in 1 +- this.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("ball_share", self.ball_share, 0, 1, "Share of crops with a ball in front of the person.");
        v.number("person_share", self.person_share, 0, 1,
                 "Share of crops with another person in front, where there are donors.");
        v.choice("fill", self.fill, {"ball", "black"},
                 "ball: the circle is drawn as a ball; black: it is cut out.");
        v.number("size_median", self.size_median, 0.02, 2, "Ball diameter over crop height, median.");
        v.number("size_spread", self.size_spread, 0, 1, "Standard deviation of that ratio's logarithm.");
        v.number("min_hidden", self.min_hidden, 0, 1,
                 "Smallest share of the crop that another person hides.");
        v.number("max_hidden", self.max_hidden, 0, 1, "Largest share of the crop that another person hides.");
        v.number("donor_scale_spread", self.donor_scale_spread, 0, 0.9,
                 "The other person's height over the crop's lies in 1 +- this.");
    }
    /// Throws ConfigError naming the field whose combination with another can't be used.
    void validate() const;
};

/// A person cut out of a picture.
struct Foreground {
    cv::Mat image;  ///< CV_8UC3 BGR, the person's box.
    cv::Mat mask;   ///< CV_8UC1 of the same size, over 127 where the person is.
};

/// A crop with something in front.
struct Occluded {
    cv::Mat image;      ///< CV_8UC3 BGR, of the crop's size.
    cv::Mat mask;       ///< CV_8UC1: how much of each pixel is hidden, 0..255.
    float visible = 1;  ///< 1 - mean of the mask.
    bool has_ball = false;
    Circle ball;              ///< Where `has_ball`: pixels of the crop; may reach over its border.
    Paint paint;              ///< Where `has_ball` and the fill is "ball".
    std::int32_t donor = -1;  ///< Index of the donor in front, -1: none.
    cv::Rect donor_area;      ///< Where `donor` >= 0: where it stands, in pixels of the crop.
};

/// Puts a ball or another person, or both, in front of a person's crop.
///
/// @param crop    CV_8UC3 BGR.
/// @param donors  may be empty: then only balls occlude.
/// @throws std::invalid_argument if the crop or a donor has another type or size than stated.
/// Source: the paper, Section 3.3 (occlusion-aware data augmentation).
Occluded occlude(const cv::Mat &crop, const std::vector<Foreground> &donors, const OccludeConfig &config,
                 Random random);

}  // namespace e2tad::synth
