#pragma once
#include <cstdint>
#include <vector>

#include "e2tad/core/config.hpp"
#include "e2tad/core/random.hpp"
#include "e2tad/core/types.hpp"

namespace e2tad::synth {

/// How large balls are. The only home of these defaults.
///
/// "Measured" values come from the 3,769 boxes of balls in the true tracks of the contest's three public
/// sample videos (3840x2160): percentiles 5/50/95 of 4p1b, 5p2b, 5p4b in turn.
struct BallSizeConfig {
    /// Ball diameter over person height. Measured, unoccluded, against the nearest person:
    /// .156/.199/.267, .165/.208/.258, .163/.195/.226.
    float median = 0.20f;
    /// Standard deviation of the ratio's logarithm. Measured: .17, .14, .10.
    float spread = 0.15f;
    /// Ball diameter over picture height, where there is no person. Measured: .039/.052/.068,
    /// .035/.038/.045, .051/.055/.056.
    float picture_median = 0.047f;
    float min_radius_px = 4;  ///< Smaller balls show neither shape nor colour; they aren't drawn.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("median", self.median, 0.02, 2, "Ball diameter over person height, median.");
        v.number("spread", self.spread, 0, 1, "Standard deviation of that ratio's logarithm.");
        v.number("picture_median", self.picture_median, 0.005, 0.5,
                 "Ball diameter over picture height, where there is no person.");
        v.number("min_radius_px", self.min_radius_px, 1, 1000, "Smaller balls aren't drawn.");
    }
};

/// Draws the sizes of balls for one picture.
class BallSizer {
  public:
    struct Size {
        std::int32_t person = -1;  ///< Index of the person that gives the size, -1: the picture does.
        double radius_px = 0;      ///< At least min_radius_px.
    };

    /// Persons whose balls would be too small to draw give no size, unless there is no other.
    BallSizer(const std::vector<Box> &persons, double picture_height_px, const BallSizeConfig &config);
    [[nodiscard]] Size draw(Random &random) const;

  private:
    const std::vector<Box> &persons_;
    double picture_height_px_;
    BallSizeConfig config_;
    std::vector<std::int32_t> eligible_;
};

/// Radius of a ball beside a person (or in a picture) of this height; `median` is diameter over height.
double draw_radius(double median, double spread, double height_px, Random &random);

}  // namespace e2tad::synth
