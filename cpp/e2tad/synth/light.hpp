#pragma once
#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>

#include "e2tad/core/random.hpp"

/// Light, colour and the arithmetic of pixels. Shading and blending run on linear light, because that is what
/// adds up in a camera: edges and motion blur mixed in sRGB come out too dark.
namespace e2tad::synth {

/// Linear light of an sRGB value 0..255, in [0, 1].
float linear_from_srgb(std::uint8_t value);
/// The nearest sRGB value of linear light; values outside [0, 1] are clipped.
std::uint8_t srgb_from_linear(float light);

/// One light for a picture: all its balls are lit from the same side.
struct Light {
    cv::Vec3f direction{0, 0, 1};  ///< Unit vector to the light; x right, y down, z to the viewer.
    float ambient = 0.5f;          ///< Share of the light that comes from everywhere, [0, 1].
    float gain = 1;                ///< Exposure, > 0.
};

/// A light from above: any azimuth, 30 to 80 degrees high.
Light random_light(Random &random);

/// A colour name of the contest and one of its tones.
struct Paint {
    std::string name;                   ///< "red", "orange", "yellow", "green", "blue" or "purple".
    std::array<std::uint8_t, 3> bgr{};  ///< sRGB.
};

/// A homogeneous colour of the contest's six, varied in hue, saturation and value.
Paint random_paint(Random &random);

/// The paint as a camera without colour sees it; its name becomes "grey".
Paint in_grey(const Paint &paint);

/// The palette's name nearest in hue, "" for colours without one (grey, black, white).
std::string colour_name(const std::array<std::uint8_t, 3> &bgr);

}  // namespace e2tad::synth
