#include "e2tad/pipeline/ablation.hpp"

#include <array>

namespace e2tad::pipeline {
namespace {

/// What a switch changes, as merge patches. Those that name a network's training have none here: in a
/// training's configuration they choose the syntheses, here detector.model and reid.model name the weights.
struct Switch {
    const char *name;
    const char *on;
    const char *off;
};

// Action: the winners' theta. Runs sample every 10th frame, where no two contacts would join with the
// decoder's own default of 5, which is for every frame.
constexpr std::array<Switch, 4> kSwitches = {
    Switch{"CircAnchor", R"({"reid": {"mask_balls": true}})", R"({"reid": {"mask_balls": false}})"},
    Switch{"Action",
           R"({"action": {"decoder": "morphological", "theta": 10, "vote": true, "repair": false}})",
           R"({"action": {"decoder": "morphological", "theta": 0, "vote": false, "repair": false}})"},
    Switch{"AdpInf", R"({"adaptive": {"crop_region": true, "inspect_collisions": true}})",
           R"({"adaptive": {"crop_region": false, "inspect_collisions": false}})"},
    Switch{"Pipeline", R"({"pipeline": {"schedule": "cached"}})", R"({"pipeline": {"schedule": "frame"}})"},
};

}  // namespace

config::Json expand_switches(const config::Json &delta) {
    const auto block = delta.find("ablation");
    if (block == delta.end() || !block->is_object()) return delta;
    config::Json expanded = config::Json::object();
    for (const Switch &entry : kSwitches) {
        const auto value = block->find(entry.name);
        if (value == block->end() || !value->is_boolean()) continue;
        expanded.merge_patch(config::Json::parse(value->get<bool>() ? entry.on : entry.off));
    }
    // Not merge_patch: a null of the delta resets a key, so it must stay a null.
    for (const auto &section : delta.items()) {
        config::Json &target = expanded[section.key()];
        if (!target.is_object() || !section.value().is_object()) {
            target = section.value();
            continue;
        }
        for (const auto &field : section.value().items()) target[field.key()] = field.value();
    }
    return expanded;
}

}  // namespace e2tad::pipeline
