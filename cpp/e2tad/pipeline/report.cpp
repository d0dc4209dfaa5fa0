#include "e2tad/pipeline/report.hpp"

namespace e2tad::pipeline {

const char *stage_name(Stage stage) {
    constexpr std::array<const char *, kStages> kNames = {"decode", "detect",    "crop",
                                                          "embed",  "associate", "action"};
    return kNames[static_cast<std::size_t>(stage)];
}

config::Json to_json(const Result &result) {
    config::Json stages = config::Json::object();
    for (std::size_t i = 0; i < kStages; ++i) {
        const StageCost &cost = result.stages[i];
        stages[stage_name(static_cast<Stage>(i))] = {
            {"seconds", cost.seconds}, {"items", cost.items}, {"bytes", cost.bytes}};
    }
    const Counts &c = result.counts;
    const config::Json counts = {{"frames", c.frames},
                                 {"sampled", c.sampled},
                                 {"seeded", c.seeded},
                                 {"detected", c.detected},
                                 {"persons", c.persons},
                                 {"balls", c.balls},
                                 {"dropped", c.dropped},
                                 {"embedded", c.embedded},
                                 {"outside", c.outside},
                                 {"skipped", c.skipped},
                                 {"idle_frames", c.idle_frames},
                                 {"identified", c.identified},
                                 {"linked", c.linked},
                                 {"windows", c.windows},
                                 {"regions", c.regions},
                                 {"packets", result.reader.packets},
                                 {"decoded", result.reader.decoded},
                                 {"converted", result.reader.converted}};
    const energy::Reading &energy = result.energy;
    return {{"stages", stages},
            {"counts", counts},
            {"seconds", result.seconds},
            {"energy",
             {{"joules", energy.joules ? config::Json(*energy.joules) : config::Json()},
              {"method", energy::method_name(energy.method)},
              {"seconds", energy.seconds},
              {"note", energy.note}}},
            {"memory",
             {{"peak_bytes", result.peak_bytes},
              {"queue_bytes", result.queue_bytes},
              {"crop_record_bytes", result.crop_record_bytes},
              {"box_record_bytes", result.box_record_bytes}}},
            {"picture", {result.picture_width, result.picture_height}},
            {"warnings", result.warnings}};
}

}  // namespace e2tad::pipeline
