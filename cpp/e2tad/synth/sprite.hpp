#pragma once
#include <opencv2/core.hpp>

#include "e2tad/core/random.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/synth/light.hpp"

/// Things that are put on a picture: a small rectangle of coverage and colour, and how it is laid on.
namespace e2tad::synth {

/// How far an object moves while the shutter is open, in pixels.
struct Motion {
    float dx = 0;
    float dy = 0;
};

/// An object's pixels. `area` may reach over the picture's border.
struct Sprite {
    cv::Rect area;  ///< Where the sprite stands, in pixels of the picture.
    cv::Mat alpha;  ///< CV_32FC1, coverage in [0, 1].
    cv::Mat light;  ///< CV_32FC3, linear BGR light times coverage.
};

/// How a surface answers to light.
struct Surface {
    float gloss = 0.1f;    ///< Strength of the highlight, [0, 1].
    float sharpness = 20;  ///< Exponent of the highlight, >= 1.
    float edge_px = 1;     ///< Width of the soft edge in pixels, > 0: the sharpness of the lens.
};

/// A ball: Lambert's law with light from the sky, and Blinn-Phong's highlight.
///
/// The motion's middle is at the circle's centre, so the label of a moving ball is its place at mid-exposure.
/// @throws std::invalid_argument for a radius that isn't positive or colours outside the picture's range.
/// Source: the paper, Figure 7; Blinn: Models of light reflection, SIGGRAPH 1977.
Sprite render_ball(const Circle &circle, const Paint &paint, const Light &light, const Surface &surface,
                   const Motion &motion);

/// Colours a shape's coverage in one colour.
///
/// @param alpha   CV_32FC1 coverage of the shape.
/// @param shaded  light it as a ball of the shape's size is lit, instead of flat.
Sprite paint_shape(const cv::Mat &alpha, cv::Point corner, const Paint &paint, const Light &light,
                   bool shaded);

/// Coverage of the sprite inside the picture times (1 - hidden), as a share of its coverage everywhere.
///
/// @param hidden  CV_32FC1 of the sprite's size, 1 where something stands in front; empty: nothing does.
float visible_fraction(const Sprite &sprite, const cv::Mat &hidden, cv::Size picture);

/// Lays the sprite on the picture where it isn't hidden.
///
/// @param image   CV_8UC3 BGR, changed.
/// @param mask    CV_8UC1 of the picture's size, raised to the coverage in 0..255; may be empty.
void lay(const Sprite &sprite, const cv::Mat &hidden, cv::Mat &image, cv::Mat &mask);

/// Standard deviation of the sensor's noise in luma, 0..255 scale, inside `area` of the picture.
///
/// Estimated from the lower quartile of a Laplacian's answers, which texture moves little.
/// Source: Immerkaer: Fast noise variance estimation, CVIU 64(2), 1996 (the kernel).
float noise_deviation(const cv::Mat &image, cv::Rect area);

/// The same for the whole picture, from its quieter blocks: foliage looks like noise to every filter, so what
/// the picture has as a whole bounds what is believed of a place.
float picture_noise_deviation(const cv::Mat &image);

/// Adds noise of this deviation where the sprite covers the picture.
void add_noise(const Sprite &sprite, const cv::Mat &hidden, float deviation, Random random, cv::Mat &image);

}  // namespace e2tad::synth
