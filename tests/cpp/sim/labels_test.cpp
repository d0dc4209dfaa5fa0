#include "e2tad/sim/labels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace e2tad::sim {
namespace {

struct Clip {
    World world;
    Tracks tracks;
    explicit Clip(const char *preset, std::uint64_t seed = 1)
        : world(scenario(preset), seed), tracks(annotate(world, 3840, 2160)) {}
    [[nodiscard]] const Box *at(int frame, ObjectClass cls, std::int32_t id) const {
        for (std::size_t row = 0; row < tracks.size(); ++row) {
            if (tracks.frame[row] == frame && tracks.object_class[row] == cls && tracks.id[row] == id) {
                return &tracks.box[row];
            }
        }
        return nullptr;
    }
};

TEST(Labels, ACatchIsTheFirstFrameInWhichTheBallsCentreIsInTheCatchersBox) {
    const Clip clip("5p4b");
    const std::vector<Catch> found = catches(clip.world, clip.tracks);
    ASSERT_GT(found.size(), 30u);
    int clean = 0;
    for (std::size_t k = 0; k < 12; ++k) {
        const Catch &one = found[k];
        const auto touches = [&](int frame) {
            const Box *ball = clip.at(frame, ObjectClass::kBall, ball_id(clip.world.scenario(), one.ball));
            const Box *body = clip.at(frame, ObjectClass::kPerson, person_id(one.person));
            return ball && body && body->contains(ball->center_x(), ball->center_y());
        };
        EXPECT_TRUE(touches(one.frame));
        clean += touches(one.frame - 1) ? 0 : 1;
    }
    // A throw over a short way may start in the catcher's box; most don't.
    EXPECT_GE(clean, 10);
}

TEST(Labels, ExactAndNoisyRowsDifferInFramesOnly) {
    const Clip clip("5p2b");
    const auto exact = labels(clip.world, clip.tracks, LabelKind::kExact);
    const auto noisy = labels(clip.world, clip.tracks, LabelKind::kNoisy);
    ASSERT_EQ(exact.size(), noisy.size());
    std::map<int, int> delays;
    for (std::size_t row = 1; row < exact.size(); ++row) {
        EXPECT_EQ(exact[row].holder, noisy[row].holder);
        ++delays[noisy[row].frame - exact[row].frame];
    }
    EXPECT_GE(delays.begin()->first, -1);
    EXPECT_LE(delays.rbegin()->first, 8);
    // Not a constant delay.
    EXPECT_GE(delays.size(), 3u);
}

TEST(Labels, OnlyOfficialRowsHaveBallsInFlight) {
    const Clip clip("5p5b");
    int zeros = 0;
    for (const LabelRow &row : labels(clip.world, clip.tracks, LabelKind::kOfficial)) {
        for (std::size_t b = 0; b < row.holder.size(); ++b) {
            if (row.holder[b] != 0) continue;
            ++zeros;
            bool flying = false;
            for (const Throw &t : clip.world.throws()) {
                // A label stands at most 8 frames after the first contact, which is before the catch.
                flying = flying || (t.ball == static_cast<int>(b) && t.release < row.frame &&
                                    row.frame <= t.caught + 8);
            }
            EXPECT_TRUE(flying) << "frame " << row.frame;
        }
    }
    EXPECT_GT(zeros, 3);
    for (const LabelKind kind : {LabelKind::kExact, LabelKind::kNoisy}) {
        for (const LabelRow &row : labels(clip.world, clip.tracks, kind)) {
            for (const std::int32_t holder : row.holder) EXPECT_GE(holder, 1);
        }
    }
}

TEST(Labels, RowsStandInOrderAndStartWithTheFirstHolders) {
    const Clip clip("5p5b");
    for (const LabelKind kind : {LabelKind::kExact, LabelKind::kNoisy, LabelKind::kOfficial}) {
        const auto rows = labels(clip.world, clip.tracks, kind);
        ASSERT_FALSE(rows.empty());
        EXPECT_EQ(rows[0].frame, 0);
        for (int b = 0; b < 5; ++b) EXPECT_EQ(rows[0].holder[b], person_id(clip.world.first_holder(b)));
        for (std::size_t row = 1; row < rows.size(); ++row) EXPECT_LT(rows[row - 1].frame, rows[row].frame);
    }
}

TEST(Annotate, DrawsWholePixelsNearTheTruthAndLeavesStillBoxesAlone) {
    const World world(scenario("5p4b"), 1);
    const Tracks drawn = annotate(world, 3840, 2160);
    const Tracks exact = exact_tracks(world, 3840, 2160);
    ASSERT_EQ(drawn.size(), exact.size());
    std::size_t repeated = 0;
    std::map<std::pair<int, int>, Box> last;
    for (std::size_t row = 0; row < drawn.size(); ++row) {
        ASSERT_EQ(drawn.id[row], exact.id[row]);
        const Box &box = drawn.box[row];
        EXPECT_EQ(box.left, std::round(box.left));
        EXPECT_EQ(box.bottom, std::round(box.bottom));
        // Loose by an eighth of the size and off by the annotator's tolerance at the most.
        const double slack = 0.125 * exact.box[row].height() + 8;
        EXPECT_NEAR(box.center_x(), exact.box[row].center_x(), slack);
        EXPECT_NEAR(box.center_y(), exact.box[row].center_y(), slack);
        const std::pair<int, int> key{static_cast<int>(drawn.object_class[row]), drawn.id[row]};
        if (last.count(key) && last[key] == box) ++repeated;
        last[key] = box;
    }
    EXPECT_GT(repeated, drawn.size() / 3);
}

}  // namespace
}  // namespace e2tad::sim
