#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "e2tad/action/decoder.hpp"
#include "e2tad/core/config.hpp"
#include "e2tad/core/tracks.hpp"
#include "e2tad/energy/source.hpp"
#include "e2tad/video/reader.hpp"

namespace e2tad::pipeline {

enum class Stage : std::uint8_t { kDecode, kDetect, kCrop, kEmbed, kAssociate, kAction };
inline constexpr std::size_t kStages = 6;
/// "decode", "detect", "crop", "embed", "associate" or "action".
const char *stage_name(Stage stage);

/// What a stage has cost.
struct StageCost {
    double seconds = 0;      ///< Of the thread that ran it; `decode` may run beside the others.
    std::int64_t items = 0;  ///< decode, detect, action: frames; crop, embed: crops; associate: boxes.
    /// decode: pictures; detect: pixels fed, padding included; crop: crops; embed: features; associate,
    /// action: box records.
    std::int64_t bytes = 0;
};

/// Why a frame was looked at as a whole, or cropped: counts by adapt::RegionReason.
inline constexpr std::size_t kRegionReasons = 6;

struct Counts {
    std::int64_t frames = 0;    ///< Frames that were worked on: sampled, or named by init.csv.
    std::int64_t sampled = 0;   ///< Frames that the tracks observe.
    std::int64_t seeded = 0;    ///< Of all frames, those whose boxes init.csv gives.
    std::int64_t detected = 0;  ///< Frames that the detector looked at.
    std::array<std::int64_t, kRegionReasons> regions{};  ///< Of these, by adapt::RegionReason.
    std::int64_t persons = 0;                            ///< Detections after the filters.
    std::int64_t balls = 0;                              ///< Detections after the filters.
    std::int64_t dropped = 0;                            ///< Detections that the filters took out.
    std::int64_t embedded = 0;                           ///< Detections that were embedded.
    std::int64_t outside = 0;                            ///< Detections outside any collision.
    std::int64_t skipped = 0;                            ///< Of these, those that weren't embedded.
    std::int64_t idle_frames = 0;                        ///< Detected frames that it skipped whole.
    std::int64_t identified = 0;                         ///< Detections that got an identity.
    std::int64_t linked = 0;   ///< Detections that got one by their place, without an embedding.
    std::int64_t windows = 0;  ///< Times that the records were worked off.
};

/// What a run found, and what it cost.
struct Result {
    video::VideoInfo video;
    std::int32_t picture_width = 0;   ///< Of the pictures in the queue.
    std::int32_t picture_height = 0;  ///< Of the pictures in the queue.
    Tracks tracks;                    ///< Pixels of the video.
    action::Decoded actions;
    action::Answer answer;  ///< Rows of actions.csv, for `actions.balls`.
    Counts counts;
    video::ReaderCounts reader;
    std::array<StageCost, kStages> stages{};
    double seconds = 0;  ///< From the first frame's decoding to the answer.
    energy::Reading energy;
    std::size_t queue_bytes = 0;        ///< Of the image queues.
    std::size_t crop_record_bytes = 0;  ///< The most that the crop records held.
    std::size_t box_record_bytes = 0;
    std::size_t peak_bytes = 0;  ///< The process's largest resident size so far; 0 where unknown.
    std::vector<std::string> warnings;
};

/// What a run cost, for its summary: `stages`, `counts`, `seconds`, `energy` (joules null where missing),
/// `memory`, `picture` (width, height) and `warnings`; not what it found.
config::Json to_json(const Result &result);

}  // namespace e2tad::pipeline
