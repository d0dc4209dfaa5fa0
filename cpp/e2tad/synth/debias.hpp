#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "e2tad/core/config.hpp"
#include "e2tad/core/random.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/synth/compose.hpp"

namespace e2tad::synth {

/// How patches of one colour are put on a picture. The only home of these defaults.
struct DebiasConfig {
    std::int32_t patches_min = 2;  ///< Patches a picture, at least.
    std::int32_t patches_max = 6;  ///< Patches a picture, at most.
    BallSizeConfig size;           ///< Sizes of balls, which patches are drawn around.
    float scale_min = 0.7f;        ///< Longest side of a patch over the diameter of a ball, smallest.
    float scale_max = 2.0f;        ///< The same, largest.
    float min_side_px = 10;        ///< Smaller patches have no shape; they aren't drawn.
    /// Largest share of its enclosing circle that a patch may fill. A disc fills 1, a square .64, half a disc
    /// .50; a regular hexagon (.83) already passes for a ball at ten pixels.
    float max_roundness = 0.70f;
    /// Share of patches lit like a ball. With flat patches only, a detector could learn shading for shape.
    float shaded_share = 0.5f;
    float max_person_share = 0.12f;  ///< Largest share of a person's box that one patch covers.
    float gap_px = 3;                ///< Distance kept from the boxes of balls and from other patches.
    bool noise = true;               ///< Give patches the noise of what surrounds them.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("patches_min", self.patches_min, 0, 100, "Patches a picture, at least.");
        v.number("patches_max", self.patches_max, 0, 100, "Patches a picture, at most.");
        v.section("size", self.size, "Sizes of balls, which patches are drawn around.");
        v.number("scale_min", self.scale_min, 0.05, 50,
                 "Longest side of a patch over the diameter of a ball, smallest.");
        v.number("scale_max", self.scale_max, 0.05, 50,
                 "Longest side of a patch over the diameter of a ball, largest.");
        v.number("min_side_px", self.min_side_px, 4, 1000, "Smaller patches aren't drawn.");
        v.number("max_roundness", self.max_roundness, 0.3, 0.8,
                 "Largest share of its enclosing circle that a patch may fill.");
        v.number("shaded_share", self.shaded_share, 0, 1, "Share of patches lit like a ball.");
        v.number("max_person_share", self.max_person_share, 0, 1,
                 "Largest share of a person's box that one patch covers.");
        v.number("gap_px", self.gap_px, 0, 1000, "Distance kept from balls and other patches.");
        v.flag("noise", self.noise, "Give patches the noise of what surrounds them.");
    }
    /// Throws ConfigError naming the field whose combination with another can't be used.
    void validate() const;
};

/// One patch that was put on a picture; always whole, never cut by the picture's border.
struct PlacedPatch {
    Box box;            ///< Of the pixels that it touches.
    std::string shape;  ///< "polygon", "ellipse", "blob" or "half disc".
    Paint paint;
    float roundness = 0;  ///< Share of its enclosing circle that it fills.
    bool shaded = false;
};

/// A picture with patches.
struct Debiased {
    cv::Mat image;  ///< CV_8UC3 BGR, of the scene's size.
    cv::Mat mask;   ///< CV_8UC1: how much of each pixel is patch, 0..255.
    std::vector<PlacedPatch> patches;
};

/// Puts patches that are not balls on a picture: negatives for a detector that takes colour for shape.
///
/// No patch touches the box of a ball in `scene.balls`, or another patch. A patch that finds no room in 50
/// tries is left out.
/// @throws std::invalid_argument from Scene::validate.
/// Source: the paper, Section 3.3 (texture-shape debiased training) and Figure 8.
Debiased debias(const Scene &scene, const DebiasConfig &config, Random random);

}  // namespace e2tad::synth
