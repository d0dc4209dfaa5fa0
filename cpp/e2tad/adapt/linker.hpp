#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "e2tad/core/types.hpp"

namespace e2tad::adapt {

/// Identities of detections that weren't embedded, by where everybody was last: it costs no features, and
/// without it whoever touches no ball would be missing, and a ball in flight too, which decoders take for a
/// lost detection whose gap is to be filled.
///
/// Persons are paired with the identities that are still free by least total distance. A ball gets an
/// identity only by elimination, if it is the only one without and only one is free: balls in flight cross.
/// Nobody is linked farther than they can have moved.
class Linker {
  public:
    /// Remembers who is where.
    /// @param ids  a row a box, kNoId where nobody is known.
    /// @throws std::invalid_argument if the columns differ in length.
    void see(std::int32_t frame, std::span<const Box> boxes, std::span<const ObjectClass> classes,
             std::span<const std::int32_t> ids);

    /// Gives identities to some rows of a frame.
    /// @param frame  not before that of an earlier see().
    /// @param open   rows that may get one; others that have none keep none.
    /// @param ids    a row a box; changed where a link is found.
    /// @return       how many were linked.
    /// @throws std::invalid_argument if the columns differ in length.
    std::int32_t link(std::int32_t frame, std::span<const Box> boxes, std::span<const ObjectClass> classes,
                      std::span<const std::int32_t> open, std::span<std::int32_t> ids) const;

  private:
    struct Sighting {
        std::int32_t frame = 0;
        Box box;
    };
    std::map<std::pair<ObjectClass, std::int32_t>, Sighting> last_;
};

}  // namespace e2tad::adapt
