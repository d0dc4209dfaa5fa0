#include "e2tad/action/repair.hpp"

#include <algorithm>
#include <cmath>

#include "e2tad/action/identity_search.hpp"
#include "e2tad/action/motion.hpp"
#include "e2tad/action/object_columns.hpp"

namespace e2tad::action {
namespace {

/// Whether a ball is outside of every person's box that is seen in its row, by a tenth of a height.
bool away_from_persons(const Timeline &timeline, std::size_t t, std::size_t b, double height) {
    constexpr double kArm = 0.1;  // Hands reach beyond a box that is a little too small.
    const Box &ball = timeline.ball(t, b);
    const double x = 0.5 * (double{ball.left} + ball.right);
    const double y = 0.5 * (double{ball.top} + ball.bottom);
    for (std::size_t p = 0; p < timeline.persons(); ++p) {
        const Box &box = timeline.person(t, p);
        if (!is_seen(box)) continue;
        const double dx = std::max({box.left - x, 0.0, x - box.right});
        const double dy = std::max({box.top - y, 0.0, y - box.bottom});
        if (std::hypot(dx, dy) <= kArm * height) return false;
    }
    return true;
}

}  // namespace

void repair(Timeline &timeline, const ContinuityConfig &config) {
    const double height = median_height(timeline);
    const std::vector<Vector2> camera = camera_path(timeline, height);
    const auto mended = [&](std::vector<Box> &boxes, std::size_t objects, const MotionConfig &motion) {
        mend_identities(timeline.frames, camera, height, motion, config, boxes, objects);
        ObjectColumns columns(timeline.frames, camera, height, boxes, objects);
        columns.drop_outliers(motion, config.outlier_frames);
        return columns;
    };
    mended(timeline.person_boxes, timeline.persons(), config.person).fill_gaps(config.person_fill_frames);
    // First, since what a false detection lacks in likelihood would speak for an exchange.
    ObjectColumns(timeline.frames, camera, height, timeline.ball_boxes, timeline.balls())
        .drop_detours(config.ball_detour, config.ball_detour_frames, [&](std::size_t t, std::size_t b) {
            return away_from_persons(timeline, t, b, height);
        });
    mended(timeline.ball_boxes, timeline.balls(), config.ball)
        .fill_gaps_of_balls(config.ball_fill_frames, config.ball_fill_speed, config.ball_flying_speed);
}

Tracks repair_tracks(const Tracks &tracks, const ContinuityConfig &config) {
    Timeline timeline = make_timeline(tracks, tracks.ids(ObjectClass::kBall));
    repair(timeline, config);
    Tracks mended;
    mended.observed = tracks.observed;
    for (std::size_t t = 0; t < timeline.size(); ++t) {
        for (std::size_t p = 0; p < timeline.persons(); ++p) {
            const Box &box = timeline.person(t, p);
            if (is_seen(box))
                mended.add(timeline.frames[t], ObjectClass::kPerson, timeline.person_ids[p], box);
        }
        for (std::size_t b = 0; b < timeline.balls(); ++b) {
            const Box &box = timeline.ball(t, b);
            if (is_seen(box)) mended.add(timeline.frames[t], ObjectClass::kBall, timeline.ball_ids[b], box);
        }
    }
    return mended;
}

}  // namespace e2tad::action
