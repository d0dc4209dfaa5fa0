#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "e2tad/action/motion.hpp"

namespace e2tad::action {

/// The sightings of one class's objects, and how to compare and move their boxes with the camera's motion
/// taken out: what repair() does to an object by itself. Borrows all that it is given.
class ObjectColumns {
  public:
    /// @param frames  numbers of the rows.
    /// @param camera  camera_path().
    /// @param height  median_height(), the unit of distances.
    /// @param boxes   (frames, objects); changed in place.
    ObjectColumns(const std::vector<std::int32_t> &frames, const std::vector<Vector2> &camera, double height,
                  std::vector<Box> &boxes, std::size_t objects)
        : frames_(frames), camera_(camera), height_(height), boxes_(boxes), objects_(objects) {}

    /// Takes out sightings that lie far beyond an object's reach from both the last one before and the first
    /// one after, while those two lie within reach of each other: false detections, at most `longest` frames
    /// long.
    void drop_outliers(const MotionConfig &motion, std::int32_t longest);

    /// Takes out runs of sightings for which `apart(row, object)` holds and that lengthen the object's way by
    /// more than `detour` heights, the greatest a sighting first. From the sighting before a run to that
    /// after it are at most `longest` frames: in a longer time there may be a throw that nobody saw.
    void drop_detours(double detour, std::int32_t longest,
                      const std::function<bool(std::size_t, std::size_t)> &apart);

    /// Fills gaps of at most `longest` frames from one sighting to the next, evenly.
    void fill_gaps(std::int32_t longest);

    /// The same for balls, which rest in hands and fly at `speed` or faster. One that was flying when it was
    /// lost arrives first and rests then; one that flies when it is found again leaves as late as it can.
    /// Else it flies in the middle of the gap. Faster than `flying` is a flight.
    void fill_gaps_of_balls(std::int32_t longest, double speed, double flying);

  private:
    Box &at(std::size_t t, std::size_t k) { return boxes_[t * objects_ + k]; }

    /// The rows in which an object is seen.
    std::vector<std::size_t> sightings(std::size_t k);

    /// In persons' heights.
    double distance(std::size_t before, std::size_t after, std::size_t k);

    /// In persons' heights a frame; 0 between sightings that are far apart.
    double speed_between(std::size_t before, std::size_t after, std::size_t k);

    /// Calls f(rows of the sightings, index of the one before the gap, object) for each gap.
    template <class Function>
    void for_each_gap(std::int32_t longest, const Function &f);

    bool within_reach(std::size_t before, std::size_t after, std::size_t k, const MotionConfig &motion);

    /// Clearly more than a fast flight with its noise.
    bool jumps(std::size_t before, std::size_t after, std::size_t k, const MotionConfig &motion);

    /// Drops the shortest run of outliers that ends right before `t`; `rows` are the sightings so far.
    bool drop_before(std::vector<std::size_t> &rows, std::size_t t, std::size_t k, const MotionConfig &motion,
                     std::int32_t longest);

    /// The run of drop_detours that lengthens the way most a sighting, [first, last) in `rows`; empty: none.
    std::pair<std::size_t, std::size_t> greatest_detour(const std::vector<std::size_t> &rows,
                                                        const std::vector<char> &away, std::size_t k,
                                                        double detour, std::int32_t longest);

    /// At rest for `rest` frames, then moving evenly for `moving` frames, then at rest.
    void fill(std::size_t before, std::size_t after, std::size_t k, double rest, double moving);

    const std::vector<std::int32_t> &frames_;
    const std::vector<Vector2> &camera_;
    double height_;
    std::vector<Box> &boxes_;
    std::size_t objects_;
};

}  // namespace e2tad::action
