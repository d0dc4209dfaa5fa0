#include "e2tad/sim/labels.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace e2tad::sim {
namespace {

Box square(const Circle &circle) {
    return {circle.cx - circle.radius, circle.cy - circle.radius, circle.cx + circle.radius,
            circle.cy + circle.radius};
}

Box scaled(const Box &box, double across, double along) {
    const double half_width = 0.5 * across * box.width();
    const double half_height = 0.5 * along * box.height();
    return {static_cast<float>(box.center_x() - half_width), static_cast<float>(box.center_y() - half_height),
            static_cast<float>(box.center_x() + half_width),
            static_cast<float>(box.center_y() + half_height)};
}

// A box that an annotator drags along.
class Drawn {
  public:
    /// @param tolerance  pixels that a side may be off before the box is drawn anew.
    void follow(const Box &box, double tolerance) {
        const double off = std::max({std::abs(box.left - at_.left), std::abs(box.top - at_.top),
                                     std::abs(box.right - at_.right), std::abs(box.bottom - at_.bottom)});
        if (!drawn_ || off > tolerance) {
            at_ = {std::round(box.left), std::round(box.top), std::round(box.right), std::round(box.bottom)};
        }
        drawn_ = true;
    }
    void lose() { drawn_ = false; }
    [[nodiscard]] const Box &at() const { return at_; }

  private:
    Box at_;
    bool drawn_ = false;
};

Box clipped(const Box &box, int width, int height) {
    const auto w = static_cast<float>(width);
    const auto h = static_cast<float>(height);
    return {std::clamp(box.left, 0.0F, w), std::clamp(box.top, 0.0F, h), std::clamp(box.right, 0.0F, w),
            std::clamp(box.bottom, 0.0F, h)};
}

// Delays of the contest's labels after the first contact: median 1 to 3 frames, a tenth of 4 to 8.
int human_delay(Random &random) {
    const double u = random.uniform();
    if (u < 0.02) return -1;
    if (u < 0.13) return 0;
    if (u < 0.38) return 1;
    if (u < 0.66) return 2;
    if (u < 0.88) return 3;
    return 4 + random.below(5);
}

}  // namespace

Tracks annotate(const World &world, int width, int height) {
    const Scenario &s = world.scenario();
    std::vector<FrameTruth> truths;
    truths.reserve(s.frames);
    for (int frame = 0; frame < s.frames; ++frame) truths.push_back(world.truth(frame, 0, width, height));

    Random random = Random(world.seed(), world.scenario().name).fork(20);
    std::vector<double> loose(s.persons);
    for (double &factor : loose) factor = random.uniform(0.97, 1.03);
    std::vector<double> pasted(s.balls, 0);
    if (s.copies_ball_size) {
        // One size for a ball: snug or generous, as the boxes of the real clip are.
        const double middle = s.focal * height / s.distance_m;
        for (int b = 0; b < s.balls; ++b) {
            const double margin =
                random.chance(0.6) ? random.uniform(1.03, 1.06) : random.uniform(1.12, 1.16);
            pasted[b] = world.ball_radius_m(b) * middle * margin;
        }
    }
    std::vector<Drawn> persons(s.persons);
    std::vector<Drawn> balls(s.balls);
    Tracks tracks;
    for (int frame = 0; frame < s.frames; ++frame) {
        tracks.observed.push_back(frame);
        const FrameTruth &truth = truths[frame];
        for (int p = 0; p < s.persons; ++p) {
            if (!truth.persons[p].present) {
                persons[p].lose();
                continue;
            }
            persons[p].follow(
                clipped(scaled(truth.persons[p].box, loose[p] * s.loose_width, loose[p] * s.loose_height),
                        width, height),
                s.redraw_person * height);
            tracks.add(frame, ObjectClass::kPerson, person_id(p), persons[p].at());
        }
        for (int b = 0; b < s.balls; ++b) {
            if (!truth.balls[b].present) {
                balls[b].lose();
                continue;
            }
            Circle circle = truth.balls[b].circle;
            if (s.copies_ball_size) circle.radius = static_cast<float>(pasted[b]);
            balls[b].follow(scaled(square(circle), s.loose_ball, s.loose_ball), s.redraw_ball * height);
            tracks.add(frame, ObjectClass::kBall, ball_id(s, b), balls[b].at());
        }
    }
    tracks.normalise("simulated tracks");
    return tracks;
}

Tracks exact_tracks(const World &world, int width, int height) {
    const Scenario &s = world.scenario();
    Tracks tracks;
    for (int frame = 0; frame < s.frames; ++frame) {
        tracks.observed.push_back(frame);
        const FrameTruth truth = world.truth(frame, 0, width, height);
        for (int p = 0; p < s.persons; ++p) {
            if (truth.persons[p].present)
                tracks.add(frame, ObjectClass::kPerson, person_id(p), truth.persons[p].box);
        }
        for (int b = 0; b < s.balls; ++b) {
            if (truth.balls[b].present) {
                tracks.add(frame, ObjectClass::kBall, ball_id(s, b), square(truth.balls[b].circle));
            }
        }
    }
    tracks.normalise("simulated tracks");
    return tracks;
}

std::vector<Catch> catches(const World &world, const Tracks &tracks) {
    const Scenario &s = world.scenario();
    const int objects = s.persons + s.balls;
    std::vector<const Box *> at(static_cast<std::size_t>(s.frames) * objects, nullptr);
    for (std::size_t row = 0; row < tracks.size(); ++row) {
        const std::int32_t frame = tracks.frame[row];
        if (frame < s.frames)
            at[static_cast<std::size_t>(frame) * objects + tracks.id[row] - 1] = &tracks.box[row];
    }
    const auto contact = [&](int frame, int person, int ball) {
        const Box *body = at[static_cast<std::size_t>(frame) * objects + person];
        const Box *round = at[static_cast<std::size_t>(frame) * objects + s.persons + ball];
        return body && round && body->contains(round->center_x(), round->center_y());
    };
    std::vector<Catch> found;
    for (const Throw &t : world.throws()) {
        if (t.caught >= s.frames) continue;
        // Back from the hands to where the ball came in; a flicker of two frames is still the same contact.
        int first = t.caught;
        int missed = 0;
        for (int frame = t.caught; frame > t.release && missed <= 2; --frame) {
            if (contact(frame, t.to, t.ball)) {
                first = frame;
                missed = 0;
            } else {
                ++missed;
            }
        }
        found.push_back({first, t.ball, t.to});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Catch &x, const Catch &y) { return x.frame < y.frame; });
    return found;
}

std::vector<LabelRow> labels(const World &world, const Tracks &tracks, LabelKind kind) {
    const Scenario &s = world.scenario();
    Random random = Random(world.seed(), world.scenario().name).fork(kind == LabelKind::kNoisy ? 21 : 22);
    std::vector<Catch> found = catches(world, tracks);
    if (kind != LabelKind::kExact) {
        for (Catch &one : found) one.frame = std::clamp(one.frame + human_delay(random), 1, s.frames - 1);
        std::stable_sort(found.begin(), found.end(),
                         [](const Catch &x, const Catch &y) { return x.frame < y.frame; });
    }
    std::vector<std::int32_t> holder(s.balls);
    for (int b = 0; b < s.balls; ++b) holder[b] = person_id(world.first_holder(b));
    std::vector<LabelRow> rows = {{0, holder}};
    std::vector<int> next(s.balls, 0);  // catches of a ball that stand in rows so far
    for (const Catch &one : found) {
        holder[one.ball] = person_id(one.person);
        ++next[one.ball];
        if (rows.back().frame != one.frame) rows.push_back({one.frame, {}});
        rows.back().holder = holder;
        if (kind != LabelKind::kOfficial) continue;
        for (int b = 0; b < s.balls; ++b) {
            // In flight if the throw after the ball's last catch so far has happened.
            int seen = 0;
            for (const Throw &t : world.throws()) {
                if (t.ball != b) continue;
                if (seen == next[b] && t.release < one.frame) rows.back().holder[b] = 0;
                ++seen;
            }
        }
    }
    return rows;
}

}  // namespace e2tad::sim
