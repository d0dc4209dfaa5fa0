#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "e2tad/core/config.hpp"
#include "e2tad/core/random.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/synth/ball_size.hpp"
#include "e2tad/synth/harmonizer.hpp"
#include "e2tad/synth/light.hpp"
#include "e2tad/synth/sprite.hpp"

namespace e2tad::synth {

/// How balls are put on a picture. The only home of these defaults. "Measured": see BallSizeConfig.
struct ComposeConfig {
    std::int32_t balls_min = 1;  ///< Balls a picture, at least.
    std::int32_t balls_max = 4;  ///< Balls a picture, at most.
    BallSizeConfig size;         ///< How large they are.
    /// Share of balls held or passing in front of a person's body; measured, the centre lies in a person's
    /// box for .67, .93, .96 of the boxes. Lower here, so that a detector sees balls in flight too.
    float near_share = 0.55f;
    float ground_share = 0.15f;  ///< Share of balls lying on the ground; the rest is anywhere in the air.
    float behind_share = 0.5f;   ///< Of the balls at a person with a mask: how many are behind that person.
    float min_visible = 0.25f;   ///< Balls of which less is visible are placed anew.
    float moving_share = 0.35f;  ///< Share of balls in the air or at a person that move.
    /// Fastest ball, diameters a frame. Measured percentiles 95/99: .55/.70, .56/.71, .35/.72.
    float max_speed = 0.7f;
    float max_shutter = 0.6f;   ///< Longest exposure, as a share of the time between frames.
    float shadow_share = 0.8f;  ///< Share of balls on the ground with a soft shadow under them.
    float gloss_max = 0.25f;    ///< Strongest highlight.
    float edge_min_px = 0.8f;   ///< Sharpest edge.
    float edge_max_px = 2.0f;   ///< Softest edge.
    bool noise = true;          ///< Give balls the noise of what surrounds them.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("balls_min", self.balls_min, 0, 100, "Balls a picture, at least.");
        v.number("balls_max", self.balls_max, 0, 100, "Balls a picture, at most.");
        v.section("size", self.size, "How large balls are.");
        v.number("near_share", self.near_share, 0, 1, "Share of balls at a person's body.");
        v.number("ground_share", self.ground_share, 0, 1,
                 "Share of balls on the ground; the rest is anywhere in the air.");
        v.number("behind_share", self.behind_share, 0, 1,
                 "Of the balls at a person with a mask: how many are behind that person.");
        v.number("min_visible", self.min_visible, 0.01, 1, "Balls of which less is visible are placed anew.");
        v.number("moving_share", self.moving_share, 0, 1, "Share of balls not on the ground that move.");
        v.number("max_speed", self.max_speed, 0, 10, "Fastest ball, diameters a frame.");
        v.number("max_shutter", self.max_shutter, 0, 1,
                 "Longest exposure, as a share of the time between frames.");
        v.number("shadow_share", self.shadow_share, 0, 1, "Share of balls on the ground with a shadow.");
        v.number("gloss_max", self.gloss_max, 0, 1, "Strongest highlight.");
        v.number("edge_min_px", self.edge_min_px, 0.1, 20, "Sharpest edge, pixels.");
        v.number("edge_max_px", self.edge_max_px, 0.1, 20, "Softest edge, pixels.");
        v.flag("noise", self.noise, "Give balls the noise of what surrounds them.");
    }
    /// Throws ConfigError naming the field whose combination with another can't be used.
    void validate() const;
};

/// A picture and what is known about it; nothing of it is changed.
struct Scene {
    cv::Mat image;             ///< CV_8UC3 BGR.
    std::vector<Box> persons;  ///< Boxes of the persons.
    cv::Mat instances;         ///< CV_32SC1 of the picture's size, k: the k-th person (from 1); or empty.
    std::vector<Box> balls;    ///< Boxes of balls that are in the picture already; none is covered.

    /// Throws std::invalid_argument naming what has another type or size than stated.
    void validate() const;
};

/// One ball that was put on a picture.
struct PlacedBall {
    Circle circle;      ///< The full circle, whatever is visible of it.
    float visible = 0;  ///< Share of the ball that is in the picture and not behind a person.
    Paint paint;
    std::string place;         ///< "near", "ground" or "air".
    bool behind = false;       ///< Behind the person it stands at.
    std::int32_t person = -1;  ///< Index of the person that gave the size, -1: the picture did.
    Motion motion;             ///< Pixels during the exposure.
    float gloss = 0;
    float edge_px = 0;
    float noise = 0;  ///< Deviation of the noise that was added, 0..255 scale.
    bool shadow = false;
};

/// A picture with balls.
struct Composite {
    cv::Mat image;                  ///< CV_8UC3 BGR, of the scene's size.
    cv::Mat mask;                   ///< CV_8UC1: how much of each pixel is ball, 0..255.
    std::vector<PlacedBall> balls;  ///< No two circles overlap.
    Light light;
};

/// Puts balls on a picture. A ball that finds no room in 50 tries is left out.
///
/// A picture without colour stays one: its balls are grey.
/// @throws std::invalid_argument from Scene::validate.
/// Source: the paper, Section 4.1 (harmonization-aware image composition).
Composite compose(const Scene &scene, const ComposeConfig &config, const Harmonizer &harmonizer,
                  Random random);

}  // namespace e2tad::synth
