#pragma once
#include <cstdint>
#include <string>

namespace e2tad::detect {

/// Section "detector". Defaults are those of the deployed winners' program.
struct DetectorConfig {
    std::string model;
    std::string engine = "auto";
    std::int32_t threads = 1;
    float confidence = 0.2f;         ///< False balls mostly look like none that is known; missing ones hurt.
    float person_confidence = 0.3f;  ///< False persons take identities that nobody there claims.
    float nms_iou = 0.5f;
    std::int32_t input = 0;
    std::int32_t max_detections = 300;
    float max_ball_height = 0.6f;
    bool known_counts = false;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.text("model", self.model,
               "Model file, .ptl or .torchscript, with its card beside it; empty: none.");
        v.choice("engine", self.engine, {"auto", "qnnpack", "x86", "onednn"},
                 "What runs an INT8 network; auto: the exact and fastest one here.");
        v.number("threads", self.threads, 0, 1024, "Threads of the network; 0: LibTorch's own choice.");
        v.number("confidence", self.confidence, 0, 1, "Detections with a score at or below it are dropped.");
        v.number("person_confidence", self.person_confidence, 0, 1,
                 "In a video, persons with a score at or below it are dropped too.");
        v.number("nms_iou", self.nms_iou, 0, 1,
                 "A box that overlaps a better one of its class by more is dropped.");
        v.number("input", self.input, 0, 8192,
                 "Longer side of the network's input, in pixels; 0: as the model's card says (416 without a "
                 "network). Another one than the card's trades accuracy for time, unless the network takes "
                 "its own size only.");
        v.number("max_detections", self.max_detections, 1, 100000, "Most detections of a frame.");
        v.number("max_ball_height", self.max_ball_height, 0, 1000,
                 "Balls taller than this share of the mean person height are dropped; 0 keeps all.");
        v.flag("known_counts", self.known_counts,
               "Keep at most as many persons and balls, the best, as the start of the video names.");
    }
};

}  // namespace e2tad::detect
