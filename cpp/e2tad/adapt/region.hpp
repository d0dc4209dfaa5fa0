#pragma once
#include <cstdint>
#include <deque>
#include <span>

#include "e2tad/adapt/config.hpp"
#include "e2tad/core/types.hpp"
#include "e2tad/geometry/transform.hpp"

namespace e2tad::adapt {

/// The smallest box around all, with `residual` of its own width and height added on each side.
/// @param boxes  at least one; finite.
/// @throws std::invalid_argument without a box.
/// Source: the paper, Section 3.2 (activity region cropping).
Box activity_region(std::span<const Box> boxes, double residual);

/// A region widened about its centre until its scaled size fills whole multiples of 32 pixels of the input,
/// as far as the frame goes: what is fed has the same size with it.
geometry::PixelRect filled_region(const geometry::PixelRect &region, std::int32_t frame_width,
                                  std::int32_t frame_height, std::int32_t input);

/// Why a region was chosen.
enum class RegionReason : std::int32_t {
    kOff = 0,      ///< Cropping is switched off: the whole frame.
    kStart = 1,    ///< Nothing is known yet: the whole frame.
    kCropped = 2,  ///< The activity region of the previous sampled frames.
    kLost = 3,     ///< A person, or a ball in flight, was found no more: the whole frame.
    kSearch = 4,   ///< Somebody is missing for a while: the whole frame.
    kRefresh = 5,  ///< Long not looked at as a whole.
};

struct Region {
    geometry::Letterbox letterbox;  ///< Its `region` lies in pixels of the frame that is fed.
    RegionReason reason = RegionReason::kStart;
};

/// Chooses the region of each sampled frame from the detections of those before.
///
/// Nobody is lost for good. A frame with fewer persons than the one before, or with fewer balls though none
/// or not as many were in somebody's hands, which may hide them, is followed by a look at the whole next
/// frame; while somebody that is known to exist is missing, the whole frame is looked at every
/// `search_every` sampled frames; and every `refresh_every` in any case. So whoever steps back into the
/// picture and can be detected is inside a fed region within that many sampled frames.
class RegionCropper {
  public:
    /// @param frame_width,frame_height  of the frames that are fed; boxes are in their pixels.
    /// @param input                     the detector's longer side, pixels.
    /// @param persons,balls             how many there are; -1: not known.
    /// @throws std::invalid_argument if a size isn't positive or a count below -1.
    RegionCropper(const AdaptiveConfig &config, std::int32_t frame_width, std::int32_t frame_height,
                  std::int32_t input, std::int32_t persons = -1, std::int32_t balls = -1);

    /// Boxes that are known before the first sampled frame, from init.csv: its region comes from them.
    void seed(std::span<const Box> boxes);

    /// The region of the next sampled frame. Each call is followed by one of `update`.
    [[nodiscard]] Region next() const;

    /// What was found in the region of the last `next`, in pixels of the whole frame.
    /// @throws std::invalid_argument if the columns differ in length or a box isn't finite or is inverted.
    void update(std::span<const Box> boxes, std::span<const ObjectClass> classes);

  private:
    [[nodiscard]] RegionReason reason() const;

    AdaptiveConfig config_;
    std::int32_t width_;
    std::int32_t height_;
    std::int32_t input_;
    std::int32_t persons_;
    std::int32_t balls_;
    bool has_boxes_ = false;  ///< The previous frame had some.
    std::deque<Box> around_;  ///< The smallest box around each of the latest frames' boxes, newest last.
    bool first_ = true;       ///< No sampled frame was seen.
    bool lost_ = false;       ///< The previous frame lacked somebody whom the one before it showed.
    std::int32_t seen_persons_ = 0;
    std::int32_t seen_balls_ = 0;
    std::int32_t held_balls_ = 0;   ///< Of them those in a person's box.
    std::int32_t since_whole_ = 0;  ///< Sampled frames since the last whole one.
};

}  // namespace e2tad::adapt
