#pragma once
#include <string>
#include <string_view>

#include "e2tad/action/config.hpp"
#include "e2tad/adapt/config.hpp"
#include "e2tad/associate/association_config.hpp"
#include "e2tad/core/config.hpp"
#include "e2tad/detect/detector_config.hpp"
#include "e2tad/energy/source.hpp"
#include "e2tad/pipeline/ablation.hpp"
#include "e2tad/pipeline/settings.hpp"
#include "e2tad/reid/reid_config.hpp"

namespace e2tad::pipeline {

/// The runtime sections of the configuration document. Each section's struct stands in its own module and is
/// the only home of its defaults.
struct Config {
    detect::DetectorConfig detector;
    reid::ReidConfig reid;
    associate::AssociationConfig association;
    action::ActionConfig action;
    adapt::AdaptiveConfig adaptive;
    PipelineConfig pipeline;
    energy::EnergyConfig energy;
    AblationConfig ablation;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.section("detector", self.detector, "From a network's output to boxes of persons and balls.");
        v.section("reid", self.reid, "From boxes to the features by which an identity is known again.");
        v.section("association", self.association, "From boxes and features to identities.");
        v.section("action", self.action, "From tracks to catches.");
        v.section("adaptive", self.adaptive, "Which part of a frame is looked at, and which boxes embedded.");
        v.section("pipeline", self.pipeline, "Which frames are sampled, and in which order stages run.");
        v.section("energy", self.energy, "Where joules come from.");
        v.section("ablation", self.ablation, "The paper's switches; each changes settings above.");
    }
};

/// The document that a delta makes of the defaults: a JSON merge patch (RFC 7386), so null resets a key.
///
/// @param text    JSON.
/// @param source  named in errors: the file, or what else the text came from.
/// @throws ConfigError naming source, path and key for text that is no JSON, an unknown key, a wrong type or
///         a value out of range.
Config parse_config(std::string_view text, const std::string &source);

/// JSON schema (draft 2020-12) of the document.
config::Json config_schema();

}  // namespace e2tad::pipeline
