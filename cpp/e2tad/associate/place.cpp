#include "e2tad/associate/place.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace e2tad::associate {
namespace {

/// How far an object's place may differ from the last one: standard deviation, in mean heights of persons.
struct Spread {
    double at_once;    ///< What boxes of one place differ by.
    double per_frame;  ///< Persons walk, balls fly.
};

// Chosen on simulated clips that no test uses, among half and twice of each; the result hardly depends on
// them.
constexpr Spread kPerson{0.15, 0.05};
constexpr Spread kBall{0.2, 0.08};
/// As wide as a picture: from here on the place tells nothing.
constexpr double kWidest = 3.0;

}  // namespace

void LastPlaces::see(std::int32_t frame, std::span<const std::int32_t> classes,
                     std::span<const std::int32_t> ids, std::span<const Box> boxes,
                     std::span<const std::int32_t> embedded) {
    if (boxes.size() != classes.size() || boxes.size() != ids.size()) {
        throw std::invalid_argument("places: boxes, classes and ids must have one length");
    }
    std::size_t next = 0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const bool looked = next < embedded.size() && embedded[next] == static_cast<std::int32_t>(i);
        next += looked ? 1 : 0;
        if (ids[i] == kNoId) continue;
        Sighting &last = last_[{classes[i], ids[i]}];
        last = {frame, boxes[i], looked ? 0 : last.by_place + 1};
    }
}

std::int32_t LastPlaces::by_place(std::int32_t cls, std::int32_t id) const {
    const auto found = last_.find({cls, id});
    return found == last_.end() ? 0 : found->second.by_place;
}

double LastPlaces::nats(std::int32_t frame, std::int32_t cls, std::int32_t id, const Box &box,
                        double unit) const {
    const auto found = last_.find({cls, id});
    if (found == last_.end() || unit <= 0) return 0;
    const Sighting &was = found->second;
    const Spread &spread = cls == static_cast<std::int32_t>(ObjectClass::kBall) ? kBall : kPerson;
    const double deviation = std::min(spread.at_once + spread.per_frame * (frame - was.frame), kWidest);
    const double distance =
        std::hypot(double{box.center_x()} - was.box.center_x(), double{box.center_y()} - was.box.center_y()) /
        unit;
    const double nats = distance * distance / (2 * deviation * deviation) + 2 * std::log(deviation / kWidest);
    return std::clamp(nats, -kMostNats, kMostNats);
}

}  // namespace e2tad::associate
