#include "e2tad/action/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "e2tad/core/error.hpp"

namespace e2tad::action {
namespace {

constexpr std::size_t kMaxCells = std::size_t{1} << 26U;
constexpr std::int32_t kLastStartFrame = 10;
constexpr double kStartEnlargement = 1.05;

/// Index of an id in an ascending list, or its size if it isn't there. Rows come sorted by id within a frame,
/// so the search starts where the last one ended.
std::size_t find_id(const std::vector<std::int32_t> &ids, std::int32_t id, std::size_t from) {
    const auto start =
        from < ids.size() && ids[from] <= id ? ids.begin() + static_cast<std::ptrdiff_t>(from) : ids.begin();
    const auto it = std::lower_bound(start, ids.end(), id);
    return it != ids.end() && *it == id ? static_cast<std::size_t>(it - ids.begin()) : ids.size();
}

}  // namespace

Box unseen_box() {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    return {kNan, kNan, kNan, kNan};
}

Timeline make_timeline(const Tracks &tracks, std::vector<std::int32_t> ball_ids) {
    Timeline table;
    table.frames = tracks.observed;
    table.person_ids = tracks.ids(ObjectClass::kPerson);
    table.ball_ids = std::move(ball_ids);
    const std::size_t columns = std::max<std::size_t>(1, table.persons() + table.balls());
    if (table.size() > kMaxCells / columns) {
        throw InputError("tracks: " + std::to_string(table.size()) + " frames by " + std::to_string(columns) +
                         " identities are too many to decode; expected identities that last");
    }
    table.person_boxes.assign(table.size() * table.persons(), unseen_box());
    table.ball_boxes.assign(table.size() * table.balls(), unseen_box());
    std::size_t t = 0;
    std::size_t column = 0;
    for (std::size_t row = 0; row < tracks.size(); ++row) {
        while (table.frames[t] < tracks.frame[row]) ++t;
        const bool is_person = tracks.object_class[row] == ObjectClass::kPerson;
        const auto &ids = is_person ? table.person_ids : table.ball_ids;
        column = find_id(ids, tracks.id[row], column);
        if (column == ids.size()) continue;
        (is_person ? table.person_boxes : table.ball_boxes)[t * ids.size() + column] = tracks.box[row];
    }
    return table;
}

std::vector<std::int32_t> starting_holders(const Tracks &init, const std::vector<std::int32_t> &ball_ids) {
    std::vector<std::map<std::int32_t, int>> counts(ball_ids.size());
    for (std::size_t begin = 0; begin < init.size() && init.frame[begin] <= kLastStartFrame;) {
        std::size_t end = begin;
        while (end < init.size() && init.frame[end] == init.frame[begin]) ++end;
        for (std::size_t row = begin; row < end; ++row) {
            if (init.object_class[row] != ObjectClass::kBall) continue;
            const auto ball = std::find(ball_ids.begin(), ball_ids.end(), init.id[row]);
            if (ball == ball_ids.end()) continue;
            const Box &at = init.box[row];
            const double x = 0.5 * (double{at.left} + at.right);
            const double y = 0.5 * (double{at.top} + at.bottom);
            double nearest = std::numeric_limits<double>::infinity();
            std::int32_t holder = kNoId;
            for (std::size_t other = begin; other < end; ++other) {
                if (init.object_class[other] != ObjectClass::kPerson) continue;
                const Box &box = init.box[other];
                const double dx = std::abs(x - 0.5 * (double{box.left} + box.right));
                const double dy = std::abs(y - 0.5 * (double{box.top} + box.bottom));
                const bool inside = 2 * dx <= kStartEnlargement * (double{box.right} - box.left) &&
                                    2 * dy <= kStartEnlargement * (double{box.bottom} - box.top);
                if (inside && std::hypot(dx, dy) < nearest) {
                    nearest = std::hypot(dx, dy);
                    holder = init.id[other];
                }
            }
            if (holder != kNoId) ++counts[static_cast<std::size_t>(ball - ball_ids.begin())][holder];
        }
        begin = end;
    }
    std::vector<std::int32_t> holders;
    for (const auto &count : counts) {
        // max_element keeps the first of equals, and a map's keys ascend: ties go to the lowest id.
        const auto most = std::max_element(count.begin(), count.end(),
                                           [](const auto &a, const auto &b) { return a.second < b.second; });
        holders.push_back(most == count.end() ? kNoId : most->first);
    }
    return holders;
}

}  // namespace e2tad::action
