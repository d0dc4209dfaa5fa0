#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "e2tad/associate/association_config.hpp"
#include "e2tad/associate/gallery.hpp"
#include "e2tad/associate/place.hpp"
#include "e2tad/core/tracks.hpp"
#include "e2tad/detect/detector.hpp"
#include "e2tad/reid/embedder.hpp"

namespace e2tad::associate {

/// A frame's detections, of which some have features.
struct Sightings {
    std::span<const std::int32_t> classes;   ///< (N,)
    std::span<const Box> boxes;              ///< (N,), or none: places aren't used then.
    std::span<const std::int32_t> embedded;  ///< Rows that have features, ascending.
};

/// Sightings::embedded where every row has features: 0, 1, ..., count - 1.
std::vector<std::int32_t> all_rows(std::size_t count);

/// Gives detections their identities, frame by frame, by what they look like and where they are. Classes
/// don't mix.
///
/// A detection's cost for an identity is the least distance of its features to those of the identity's
/// gallery, plus `place_weight` for every nat by which its place speaks against it (LastPlaces); less of that
/// where the identity was known by its place alone before (`place_fade`), or a mistake would last. All
/// detections of a class are assigned at once, those without features by their place alone, if it fits. One
/// that stays without an identity costs the gate.
/// Source: the paper, Section 3.1 (deep association), which has the looks alone.
class Associator {
  public:
    /// @throws ConfigError if a field is out of range.
    explicit Associator(const AssociationConfig &config);

    /// Adds features of known identities to the gallery, of whatever frame they are.
    ///
    /// An identity that was opened on its own earlier and is given now is taken as the same one.
    ///
    /// @param classes   (N,)
    /// @param ids       (N,) 0 or more.
    /// @param features  (N, D); D is the same in all calls.
    /// @throws std::invalid_argument if lengths or widths don't fit, an id is negative, or a feature isn't
    ///         finite.
    void learn(std::span<const std::int32_t> classes, std::span<const std::int32_t> ids, MatrixView features);

    /// Tells where identities are.
    /// @param frame  not before that of an earlier call of this or of step.
    /// @throws std::invalid_argument if lengths or the order of frames don't fit.
    void locate(std::int32_t frame, std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
                std::span<const Box> boxes);

    /// learn and locate: identities given in a frame, at the start, and again where more are given later.
    /// @param boxes  (N,), or none.
    void seed(std::int32_t frame, std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
              MatrixView features, std::span<const Box> boxes = {});

    /// Matches a frame's detections with the tracks. A matched feature joins its gallery unless another
    /// identity looks nearly as like (`learn_margin`).
    ///
    /// @param frame     after the frame of the last step, not before that of the last locate.
    /// @param features  (M, D), a row for each of `seen.embedded`.
    /// @return          (N,) identities, kNoId where none; an identity occurs once a class.
    /// @throws std::invalid_argument as learn; also if rows don't ascend or aren't there.
    std::vector<std::int32_t> step(std::int32_t frame, const Sightings &seen, MatrixView features);

    /// The same for detections that all have features and no place.
    std::vector<std::int32_t> step(std::int32_t frame, std::span<const std::int32_t> classes,
                                   MatrixView features);

  private:
    struct ClassState {
        Gallery gallery;
        std::map<std::int32_t, std::int32_t> last_seen;  ///< Frame, of opened identities only.
        std::int32_t next_id = 1;                        ///< Answers call nobody 0.
    };
    ClassState &state_of(std::int32_t cls, std::size_t width);
    void check(std::size_t rows, MatrixView features) const;
    void check_given(std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
                     MatrixView features) const;
    void end_old_tracks(std::int32_t frame);
    void match(std::int32_t frame, std::int32_t cls, const Sightings &seen, MatrixView features, double unit,
               std::span<std::int32_t> ids);

    AssociationConfig config_;
    Metric metric_;
    std::map<std::int32_t, ClassState> states_;
    LastPlaces places_;
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
