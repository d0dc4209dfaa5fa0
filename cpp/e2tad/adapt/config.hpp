#pragma once
#include <cstdint>

#include "e2tad/core/config.hpp"

namespace e2tad::adapt {

/// Adaptive inference: how much of a frame is looked at, and which boxes are embedded.
/// Source: the paper, Section 3.2; the residual spaces are the winners' deployed ones.
struct AdaptiveConfig {
    bool crop_region = true;         ///< Activity region cropping; false: every frame whole.
    bool inspect_collisions = true;  ///< Embed only what takes part in a collision.
    bool link = true;                ///< Of the others, whoever's place tells who they are is known.
    double place_ratio = 0.5;       ///< Persons of 7p3b swap within a few frames without it; 5p5b needs none.
    double first_residual = 0.25;   ///< Around the boxes of init.csv, whose frame may lie further back.
    double residual = 0.1;          ///< Afterwards: objects move little between two sampled frames.
    std::int32_t memory = 3;        ///< Halves the persons that a region loses, for a twentieth more pixels.
    bool zoom = false;              ///< Enlarge the region to the full input: for accuracy, not for time.
    bool fill_padding = true;       ///< The padded rows and columns cost the same with pixels in them.
    std::int32_t search_every = 8;  ///< At 30 frames a second and every 10th sampled: 2.7 s.
    std::int32_t refresh_every = 10;  ///< With all in view only a false box can hide a loss: 3.3 s.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.flag("crop_region", self.crop_region,
               "Detect in the region where persons and balls were at the previous sampled frame.");
        v.flag("inspect_collisions", self.inspect_collisions,
               "Embed only balls whose centre lies in a person's box, and those persons.");
        v.flag("link", self.link,
               "With inspect_collisions: detections that aren't embedded get the identity of who was there.");
        v.number(
            "place_ratio", self.place_ratio, 0, 1,
            "With link: detections outside collisions are embedded too, unless the nearest one at the frame "
            "before is nearer than this share of the next nearest one's distance; 1: almost never, 0: "
            "always.");
        v.number("first_residual", self.first_residual, 0, 10,
                 "Space around the region of the first sampled frame, as a share of the region's own width "
                 "and height, on each side.");
        v.number("residual", self.residual, 0, 10, "The same for every later frame.");
        v.number("memory", self.memory, 1, 1000,
                 "The region holds what this many of the latest sampled frames showed; 1: the previous one's "
                 "boxes alone, as in the paper.");
        v.flag("zoom", self.zoom, "Enlarge the region to the detector's full input.");
        v.flag("fill_padding", self.fill_padding,
               "Widen the region until its scaled size is a multiple of 32, where the frame goes on, instead "
               "of padding with grey. No effect with zoom.");
        v.number("search_every", self.search_every, 1, 1000000,
                 "Look at the whole frame every so many sampled frames while somebody is missing.");
        v.number("refresh_every", self.refresh_every, 1, 1000000,
                 "Look at the whole frame every so many sampled frames while everybody is in view, or while "
                 "it isn't known how many there are.");
    }
};

}  // namespace e2tad::adapt
