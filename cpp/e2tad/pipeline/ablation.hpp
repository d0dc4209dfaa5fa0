#pragma once
#include <span>

#include "e2tad/core/config.hpp"

namespace e2tad::pipeline {

/// Section "ablation": the paper's switches by the paper's names. A switch that a delta names changes the
/// settings of kSwitches, as if the delta had named them; what the delta says of them itself stands. Those
/// that speak of a training say of a run only which weights it is meant to have.
/// Source: the paper, Tables 1 and 5.
struct AblationConfig {
    bool ImgComp = true;     // NOLINT(readability-identifier-naming): the paper's names
    bool DebiasTr = true;    // NOLINT(readability-identifier-naming)
    bool CircAnchor = true;  // NOLINT(readability-identifier-naming)
    bool ReID = true;        // NOLINT(readability-identifier-naming)
    bool Det = true;         // NOLINT(readability-identifier-naming)
    bool Action = true;      // NOLINT(readability-identifier-naming)
    bool AdpInf = true;      // NOLINT(readability-identifier-naming)
    bool Pipeline = true;    // NOLINT(readability-identifier-naming)

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.flag("ImgComp", self.ImgComp, "The detector was trained with composed pictures.");
        v.flag("DebiasTr", self.DebiasTr, "The detector was trained with patches of texture without shape.");
        v.flag("CircAnchor", self.CircAnchor,
               "The detector sees balls as circles; the embedder is shown their circles only "
               "(reid.mask_balls).");
        v.flag("ReID", self.ReID, "The embedder was trained with occlusion and adversarial views.");
        v.flag("Det", self.Det, "The detector was trained with both ImgComp and DebiasTr.");
        v.flag("Action", self.Action, "The paper's morphology, against raw contacts; never the hmm.");
        v.flag("AdpInf", self.AdpInf, "Activity region cropping and collision inspection.");
        v.flag("Pipeline", self.Pipeline, "The schedule `cached`, against `frame`.");
    }
};

/// A delta with the settings of the switches that it names written out.
/// @param delta  an object; `ablation` in it may be wrong, which the reader of the document tells.
config::Json expand_switches(const config::Json &delta);

}  // namespace e2tad::pipeline
