#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "e2tad/associate/association_config.hpp"
#include "e2tad/associate/gallery.hpp"
#include "e2tad/core/tracks.hpp"
#include "e2tad/detect/detector.hpp"
#include "e2tad/reid/embedder.hpp"

namespace e2tad::associate {

/// Gives detections their identities, frame by frame, by what they look like. Classes don't mix.
/// Source: the paper, Section 3.1 (deep association).
class Associator {
  public:
    /// @throws ConfigError if a field is out of range.
    explicit Associator(const AssociationConfig &config);

    /// Adds features of known identities to the gallery; at the start, and again where more are given later.
    ///
    /// An identity that was opened on its own earlier and is given now is taken as the same one.
    ///
    /// @param frame     of the features, not before the frame of an earlier call.
    /// @param classes   (N,)
    /// @param ids       (N,) 0 or more.
    /// @param features  (N, D); D is the same in all calls.
    /// @throws std::invalid_argument if lengths, widths or the order of frames don't fit, an id is negative,
    ///         or a feature isn't finite.
    void seed(std::int32_t frame, std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
              MatrixView features);

    /// Matches a frame's detections with the tracks, and adds the matched features to the gallery.
    ///
    /// @param frame     after the frame of the last step, not before that of the last seed.
    /// @param classes   (N,)
    /// @param features  (N, D)
    /// @return          (N,) identities, kNoId where none; an identity occurs once a class.
    /// @throws std::invalid_argument as seed.
    std::vector<std::int32_t> step(std::int32_t frame, std::span<const std::int32_t> classes,
                                   MatrixView features);

  private:
    struct ClassState {
        Gallery gallery;
        std::map<std::int32_t, std::int32_t> last_seen;  ///< Frame, of opened identities only.
        std::int32_t next_id = 1;                        ///< Answers call nobody 0.
    };
    ClassState &state_of(std::int32_t cls, std::size_t width);
    void check(std::int32_t frame, std::size_t rows, MatrixView features);
    void end_old_tracks(std::int32_t frame);

    AssociationConfig config_;
    Metric metric_;
    std::map<std::int32_t, ClassState> states_;
    std::int32_t last_step_ = -1;
    std::int32_t last_seed_ = -1;
    std::size_t width_ = 0;  ///< 0 until the first features came.
};

/// Runs a detector, an embedder and the association over frames: detections to tracks.
///
/// @param frames  numbers, ascending.
/// @param seeds   boxes with known identities (the contest's init). Those of any frame seed the gallery when
///                the run reaches it; in one of `frames` they are also the result, and nothing is detected.
/// @return        identified detections; detections without an identity are left out.
/// @throws std::invalid_argument if frames don't ascend; InputError as the detector and the embedder.
Tracks track(std::span<const std::int32_t> frames, const Tracks &seeds, detect::Detector &detector,
             reid::Embedder &embedder, const AssociationConfig &config);

}  // namespace e2tad::associate
