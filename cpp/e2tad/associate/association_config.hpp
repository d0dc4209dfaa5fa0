#pragma once
#include <cstdint>
#include <string>

#include "e2tad/core/config.hpp"

namespace e2tad::associate {

/// Section "association". Distance, gate of the balls and size of the gallery are those of the deployed
/// winners' program; what concerns places isn't in it, and was chosen on simulated clips.
struct AssociationConfig {
    std::string distance = "cosine";
    float gate = 0.25f;
    float person_gate = 0.4f;    ///< Wider: persons look alike less of the time than places tell them apart.
    double place_weight = 0.05;  ///< Some 20 nats a unit: distances of one and of two persons part that fast.
    double place_fade = 0.75;    ///< Or who was taken for another by place alone would stay so whatever he
                                 ///< looks like.
    double unembedded_share = 0.5;  ///< About what a detection that has features costs where it is right.
    float learn_margin = 0.05f;     ///< Keeps a gallery clean of whoever it was taken for.
    bool look_ahead = true;  ///< Rows in the middle of a video often show what those at its start hide.
    std::int32_t gallery_size = 50;
    std::string identities = "seeded";
    std::int32_t max_gap = 0;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.choice("distance", self.distance, {"cosine", "euclidean"}, "Distance between two features.");
        v.number(
            "gate", self.gate, 0, config::kInfinity,
            "A ball that costs more than this for a track is never matched with it: distance to the nearest "
            "of its features plus place.");
        v.number("person_gate", self.person_gate, 0, config::kInfinity, "The same for a person.");
        v.number(
            "place_weight", self.place_weight, 0, 1000,
            "Cost of a nat by which the place speaks against an identity, given where it was last; 0: looks "
            "alone, as in the paper.");
        v.number("place_fade", self.place_fade, 0, 1,
                 "By this factor an identity's place counts less for looks, each time in a row that it was "
                 "known by its place alone.");
        v.number("unembedded_share", self.unembedded_share, 0, 1,
                 "Cost of a detection without features, before its place, as a share of the gate.");
        v.number("learn_margin", self.learn_margin, 0, 2,
                 "A matched feature joins its track's unless another track is nearer by less than this.");
        v.flag("look_ahead", self.look_ahead,
               "All rows of init.csv are learnt before the first frame is matched; false: each as its frame "
               "comes.");
        v.number("gallery_size", self.gallery_size, 1, 100000, "Latest features kept of each track.");
        v.choice("identities", self.identities, {"seeded", "open"},
                 "seeded: only identities given at the start, others get none; open: a detection without a "
                 "track opens one, numbered from 1.");
        v.number("max_gap", self.max_gap, 0, 1e9,
                 "An opened track ends after so many frames without a detection; 0: never.");
    }
    /// Throws ConfigError naming the field that is out of range.
    void validate() const {
        (void)config::from_json<AssociationConfig>(config::to_json(*this), {}, "/association");
    }
};

}  // namespace e2tad::associate
