#pragma once
#include <cstdint>
#include <string>

#include "e2tad/core/config.hpp"

namespace e2tad::pipeline {

/// Pixels of the pictures in the image queue.
struct QueueSize {
    std::int32_t width = 960;
    std::int32_t height = 540;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("width", self.width, 16, 16384, "Longer side, in pixels.");
        v.number("height", self.height, 16, 16384, "Shorter side, in pixels.");
    }
};

/// Section "pipeline".
struct PipelineConfig {
    std::string schedule = "cached";  ///< `frame` or `cached` (the paper's).
    std::int32_t every = 10;          ///< The deployed winners' step.
    std::int32_t queue_frames = 16;   ///< Q: at 960x540 25 MB, and a thread's turn of a tenth of a second.
    QueueSize queue_size;             ///< The paper's, Figure 5.
    std::int32_t records_mb = 16;     ///< Some 70 frames of a dozen crops.
    std::int32_t threads = 1;
    std::string detections;
    std::string features;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.choice("schedule", self.schedule, {"frame", "cached"},
                 "frame: every stage for each frame in turn; cached: each network runs over a queue of "
                 "frames or crops. The answers are the same.");
        v.number("every", self.every, 1, 1000000, "Frames whose number this divides are sampled.");
        v.number("queue_frames", self.queue_frames, 1, 4096, "cached: pictures in the image queue.");
        v.section("queue_size", self.queue_size,
                  "Frames are scaled into it as they are decoded, keeping their shape; a smaller video keeps "
                  "its size, an upright one takes the sides turned.");
        v.number("records_mb", self.records_mb, 1, 65536,
                 "cached: the records of crops are worked off when they reach so many megabytes.");
        v.number("threads", self.threads, 1, 256,
                 "From 2 on, decoding runs beside the networks; the others decode.");
        v.text(
            "detections", self.detections,
            "Recorded detections in the place of a detector: a folder of NNNNNN.json, a MOTChallenge .txt, "
            "or a .npz file.");
        v.text("features", self.features,
               "Recorded features in the place of an embedder: a .npz file, or `identities`: what the ids of "
               "the recorded detections say.");
    }
};

}  // namespace e2tad::pipeline
