#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "e2tad/adapt/region.hpp"
#include "e2tad/core/files/init.hpp"
#include "e2tad/detect/detector.hpp"
#include "e2tad/pipeline/config.hpp"
#include "e2tad/pipeline/report.hpp"
#include "e2tad/reid/embedder.hpp"

namespace e2tad::pipeline {

/// One frame when it is done.
struct FrameResult {
    std::int32_t number = 0;
    double time_s = 0;
    bool sampled = false;        ///< False: looked at only because init.csv names its boxes.
    bool seeded = false;         ///< Boxes and ids are those of init.csv.
    geometry::PixelRect region;  ///< That was fed to the detector, pixels of the queue's picture.
    adapt::RegionReason reason = adapt::RegionReason::kOff;
    detect::Detections detections;  ///< After the filters; pixels of the video.
    std::vector<std::int32_t> ids;  ///< A row a detection; kNoId where none.
};

/// Told of each frame as it is detected: its number, and the video's frames in all (-1: unknown). May throw,
/// which ends the run.
using Progress = std::function<void(std::int32_t, std::int64_t)>;

/// A walk through one video: frames in, tracks and catches out.
///
/// Both schedules run the same steps in the same order of frames, so their answers are equal: `cached` fills
/// a queue of frames, runs the detector over it and cuts crops into the records; when these are full, the
/// embedder runs over all crops, then identities are given frame by frame. `frame` is the same with a queue
/// and records of one frame.
///
/// Identities: with init rows, those; each frame that they name seeds the gallery, and where it is a sampled
/// frame, they are its boxes and nothing is detected. Without, identities open freely.
///
/// Memory: the queues, the records' limit, and the box records, some 200 bytes a sampled frame.
class Session {
  public:
    /// @param source    a file, a stream's URL or a camera's index.
    /// @param init      rows of init.csv, or null.
    /// @param reader    format and timeout are used; sizes and threads follow from the configuration.
    /// @throws what video::VideoReader, energy::make_source and the configuration's checks throw.
    Session(const std::string &source, const std::vector<files::InitRow> *init, const Config &config,
            std::shared_ptr<detect::Detector> detector, std::shared_ptr<reid::Embedder> embedder,
            const video::ReaderOptions &reader = {});
    ~Session();
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    /// Works on until at least one frame is done.
    /// @return  the frames that are done, in order; none at the end.
    std::vector<FrameResult> next(const Progress &progress = {});

    /// The picture of the last frame of the last next(), BGR; only with the schedule `frame`. Borrowed until
    /// the next call.
    [[nodiscard]] ImageView picture() const;

    /// Forgets all but the last so many sampled frames: for streams without end.
    void keep_last(std::size_t frames);

    /// The tracks so far.
    [[nodiscard]] Tracks tracks() const;
    /// The catches so far.
    [[nodiscard]] action::Decoded actions() const;

    /// Ends the walk, even before the video does: decodes catches and reads the energy. Once.
    Result finish();

    /// The configuration with what the session has settled: `open` identities where there is no init,
    /// the detector's input where none was named.
    [[nodiscard]] const Config &config() const;
    [[nodiscard]] const video::VideoInfo &info() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A whole video.
Result run(const std::string &source, const std::vector<files::InitRow> *init, const Config &config,
           std::shared_ptr<detect::Detector> detector, std::shared_ptr<reid::Embedder> embedder,
           const Progress &progress = {});

}  // namespace e2tad::pipeline
