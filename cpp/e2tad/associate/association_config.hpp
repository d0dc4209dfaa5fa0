#pragma once
#include <cstdint>
#include <string>

#include "e2tad/core/config.hpp"

namespace e2tad::associate {

/// Section "association". Defaults are those of the deployed winners' program.
struct AssociationConfig {
    std::string distance = "cosine";
    float gate = 0.25f;
    std::int32_t gallery_size = 50;
    std::string identities = "seeded";
    std::int32_t max_gap = 0;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.choice("distance", self.distance, {"cosine", "euclidean"}, "Distance between two features.");
        v.number("gate", self.gate, 0, config::kInfinity,
                 "A detection farther than this from all features of a track is never matched with it.");
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
