#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "e2tad/core/types.hpp"

namespace e2tad::associate {

/// Where every identity was last, and how well a detection fits there.
///
/// Looks alone confuse persons in like clothes and balls half hidden in hands, though between two sampled
/// frames nobody gets far.
class LastPlaces {
  public:
    /// Remembers who is where.
    /// @param frame     not before that of an earlier call.
    /// @param ids       a row a box, kNoId where nobody is known.
    /// @param embedded  rows whose looks were seen too, ascending.
    /// @throws std::invalid_argument if the columns differ in length.
    void see(std::int32_t frame, std::span<const std::int32_t> classes, std::span<const std::int32_t> ids,
             std::span<const Box> boxes, std::span<const std::int32_t> embedded);

    /// How often in a row, up to the last time, an identity was known by its place alone.
    [[nodiscard]] std::int32_t by_place(std::int32_t cls, std::int32_t id) const;

    /// How much less likely a detection is to be an identity than to be anybody anywhere, by its place alone:
    /// in nats, from -kMostNats to kMostNats, negative where it fits. The place is a normal distribution
    /// about the last one, which grows with time.
    ///
    /// @param unit  mean height of the frame's persons, pixels; 0 without any.
    /// @return      0 where the place tells nothing: an identity never seen, or no unit.
    [[nodiscard]] double nats(std::int32_t frame, std::int32_t cls, std::int32_t id, const Box &box,
                              double unit) const;

    static constexpr double kMostNats = 4.0;

  private:
    struct Sighting {
        std::int32_t frame = 0;
        Box box;
        std::int32_t by_place = 0;
    };
    std::map<std::pair<std::int32_t, std::int32_t>, Sighting> last_;
};

}  // namespace e2tad::associate
