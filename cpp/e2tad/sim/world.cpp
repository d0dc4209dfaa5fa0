#include "e2tad/sim/world.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace e2tad::sim {
namespace {

constexpr double kFrame = 1.0 / 30;  // seconds
constexpr double kGravity = 9.81;
constexpr double kPi = std::numbers::pi;

double smooth(double t) {
    t = std::clamp(t, 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

double wrap(double angle) {
    return std::remainder(angle, 2 * kPi);
}

// A number that wanders about 0 with deviation 1 and forgets itself after `memory` steps.
class Wander {
  public:
    Wander(Random &random, double memory)
        : random_(random), keep_(std::exp(-1 / memory)), value_(random.normal(0, 1)), fast_(value_) {}
    // Twice filtered, so that the speed is smooth too.
    double step() {
        fast_ = keep_ * fast_ + std::sqrt(1 - keep_ * keep_) * random_.normal(0, 1);
        value_ = keep_ * value_ + (1 - keep_) * fast_;
        return 1.41 * value_;
    }

  private:
    Random &random_;
    double keep_;
    double value_;
    double fast_;
};

}  // namespace

World::World(Scenario scenario, std::uint64_t seed) : scenario_(std::move(scenario)), seed_(seed) {
    scenario_.validate();
    const Random root(seed, scenario_.name);
    poses_.resize(static_cast<std::size_t>(scenario_.frames) * scenario_.persons);
    dress(root.fork(1));
    walk(root.fork(2));
    plan_throws(root.fork(3));
    turn(root.fork(4));
    move_hands(root.fork(5));
    fly_drone(root.fork(6));
    place_props(root.fork(7));
}

void World::walk(Random random) {
    const int n = scenario_.persons;
    const double radius = scenario_.radius_m;
    const double turn_by = random.uniform(0, 2 * kPi);
    std::vector<Vec2> home(n), position(n), velocity(n, Vec2::Zero()), goal(n);
    std::vector<double> pause(n, 0), pace(n, 1), stride(n);
    for (int p = 0; p < n; ++p) {
        const double angle = turn_by + 2 * kPi * (p + random.uniform(-0.12, 0.12)) / n;
        home[p] = radius * random.uniform(0.9, 1.1) * Vec2(std::cos(angle), std::sin(angle));
        position[p] = goal[p] = home[p];
        stride[p] = random.uniform(0, 2 * kPi);
    }
    std::vector<Wander> sway;
    for (int p = 0; p < 2 * n; ++p) sway.emplace_back(random, 60);

    const int warm_up = scenario_.walking ? 300 : 0;
    for (int frame = -warm_up; frame < scenario_.frames; ++frame) {
        for (int p = 0; p < n; ++p) {
            if (scenario_.walking) {
                if (pause[p] > 0) {
                    pause[p] -= kFrame;
                } else if ((goal[p] - position[p]).norm() < 0.4) {
                    // To the roomiest of a few places, seen from where the others are going.
                    double best = -1;
                    for (int choice = 0; choice < 4; ++choice) {
                        const double angle = random.uniform(0, 2 * kPi);
                        const double r = radius * std::sqrt(random.uniform(0.1, 1));
                        const Vec2 place = r * Vec2(std::cos(angle), std::sin(angle));
                        double gap = 1e9;
                        for (int q = 0; q < n; ++q) {
                            if (q != p) gap = std::min(gap, (place - goal[q]).norm());
                        }
                        if (gap > best) {
                            best = gap;
                            goal[p] = place;
                        }
                    }
                    pace[p] = scenario_.walk_speed_m_s * random.uniform(0.4, 2.0);
                    if (random.chance(0.3)) pause[p] = random.uniform(0.3, 2.0);
                }
            } else {
                // Standing players shift their weight and now and then take a small step.
                if (random.chance(kFrame / 9)) {
                    goal[p] = home[p] + 0.16 * Vec2(random.normal(0, 1), random.normal(0, 1));
                }
                pace[p] = 0.5;
            }
            Vec2 wish = goal[p] - position[p];
            const double far = wish.norm();
            wish = pause[p] > 0 || far < 1e-6 ? Vec2(Vec2::Zero())
                                              : Vec2(wish / far * std::min(pace[p], 2 * far));
            for (int q = 0; q < n; ++q) {
                const Vec2 away = position[p] - position[q];
                const double gap = away.norm();
                // Players spread out, and pass each other on one side.
                const double room = scenario_.walking ? scenario_.spacing_m : 0.9;
                if (q != p && gap < room) {
                    wish +=
                        (room - gap) * 1.6 * (away + 0.4 * Vec2(-away.y(), away.x())) / std::max(gap, 0.05);
                }
            }
            velocity[p] += std::min(1.0, 5 * kFrame) * (wish - velocity[p]);
        }
        for (int p = 0; p < n; ++p) {
            position[p] += kFrame * velocity[p];
            const double speed = velocity[p].norm();
            stride[p] += kFrame * (2.5 + 3.4 * speed) * std::min(1.0, 4 * speed);
            const Vec2 weight(sway[2 * p].step(), sway[2 * p + 1].step());
            if (frame < 0) continue;
            Pose &pose = poses_[static_cast<std::size_t>(frame) * n + p];
            pose.position = position[p] + 0.02 * weight;
            pose.gait = std::min(1.3, speed / 1.1);
            pose.stride = stride[p];
        }
    }
}

void World::plan_throws(Random random) {
    const int n = scenario_.persons;
    const int balls = scenario_.balls;
    // Starting holders: the first players of a shuffled order.
    std::vector<int> order(n);
    for (int p = 0; p < n; ++p) order[p] = p;
    for (int p = n - 1; p > 0; --p) std::swap(order[p], order[random.below(p + 1)]);
    first_holder_.assign(order.begin(), order.begin() + balls);
    std::vector<int> holder = first_holder_;
    std::vector<int> since(balls, -1000);
    std::vector<int> last_seen(n, -1000);  // when a player last released a ball

    const auto at = [&](int frame, int p) {
        return pose(std::clamp(frame, 0, scenario_.frames - 1), p).position;
    };
    const auto flight = [&](int caught, int from, int to) {
        const double metres = (at(caught - 20, from) - at(caught, to)).norm();
        const double frames = scenario_.flight * (0.55 + 0.45 * metres / 4) + random.normal(0, 1.3);
        return std::max(9, static_cast<int>(std::lround(frames)));
    };
    constexpr int kShortestHold = 14;
    double next = scenario_.first_catch * random.uniform(0.8, 1.2);
    // Throws that start in the clip but land after it are kept: their balls end in the air.
    while (next < scenario_.frames + 40) {
        const int caught = static_cast<int>(std::lround(next));
        next += std::max(0.4 * scenario_.catch_interval,
                         random.normal(scenario_.catch_interval, scenario_.catch_interval_sd));
        // The ball that has rested longest, mostly.
        std::vector<int> ready;
        for (int b = 0; b < balls; ++b) {
            if (since[b] + kShortestHold + 1.2 * scenario_.flight < caught) ready.push_back(b);
        }
        if (ready.empty()) {
            next = caught + 8;
            continue;
        }
        std::sort(ready.begin(), ready.end(), [&](int x, int y) { return since[x] < since[y]; });
        const int ball = ready[ready.size() > 1 && random.chance(0.03) ? 1 : 0];
        std::vector<bool> holds(n, false);
        for (const int p : holder) holds[p] = true;
        std::vector<int> free;
        for (int p = 0; p < n; ++p) {
            // Whoever has just thrown isn't thrown to at once.
            if (!holds[p] && last_seen[p] + 8 < caught - scenario_.flight) free.push_back(p);
        }
        if (!random.chance(scenario_.exchange) && !free.empty()) {
            // The farthest of three: people throw across rather than to their neighbour.
            const Vec2 own = at(caught - 20, holder[ball]);
            int to = holder[ball];
            for (int choice = 0; choice < 3; ++choice) {
                const int other = free[random.below(static_cast<int>(free.size()))];
                if ((at(caught, other) - own).norm() > (at(caught, to) - own).norm() || to == holder[ball])
                    to = other;
            }
            const int release = caught - flight(caught, holder[ball], to);
            if (release < 4 || release < since[ball] + kShortestHold) {
                next = caught + 8;
                continue;
            }
            throws_.push_back({ball, holder[ball], to, release, caught});
            last_seen[holder[ball]] = release;
            holder[ball] = to;
            since[ball] = caught;
        } else if (ready.size() > 1) {
            // Two players swap: both throw on a count, one flat, the other high enough that the balls don't
            // meet and that nobody has two in hand. The partner is the farthest of three.
            const Vec2 own = at(caught - 20, holder[ball]);
            int other = ball;
            for (int choice = 0; choice < 3 || other == ball; ++choice) {
                const int candidate = ready[random.below(static_cast<int>(ready.size()))];
                if (candidate != ball && (other == ball || (at(caught, holder[candidate]) - own).norm() >
                                                               (at(caught, holder[other]) - own).norm()))
                    other = candidate;
            }
            const int first = holder[ball];
            const int second = holder[other];
            const int flat = std::max(9, static_cast<int>(std::lround(0.85 * flight(caught, first, second))));
            const int release = caught - flat;
            const int late = random.below(2);
            const int landing = caught + 12 + random.below(3);
            throws_.push_back({ball, first, second, release, caught});
            throws_.push_back({other, second, first, release + late, landing});
            last_seen[first] = release;
            last_seen[second] = release + late;
            std::swap(holder[ball], holder[other]);
            since[ball] = caught;
            since[other] = landing;
            next += scenario_.catch_interval;  // the second catch's
        }
    }
    std::stable_sort(throws_.begin(), throws_.end(),
                     [](const Throw &x, const Throw &y) { return x.release < y.release; });
    std::erase_if(throws_, [&](const Throw &t) { return t.release >= scenario_.frames; });
}

void World::turn(Random random) {
    const int n = scenario_.persons;
    std::vector<Wander> glance;
    for (int p = 0; p < n; ++p) glance.emplace_back(random, 45);
    std::vector<double> heading(n, 0), rate(n, 0);
    for (int frame = 0; frame < scenario_.frames; ++frame) {
        for (int p = 0; p < n; ++p) {
            Pose &own = poses_[static_cast<std::size_t>(frame) * n + p];
            Vec2 wish = -own.position;
            if (scenario_.walking && own.gait > 0.25) {
                const int before = std::max(0, frame - 3);
                const Vec2 step = own.position - pose(before, p).position;
                if (step.norm() > 1e-3) wish = step;
            }
            for (const Throw &t : throws_) {
                if (t.from == p && frame >= t.release - 28 && frame <= t.release + 10) {
                    wish = pose(frame, t.to).position - own.position;
                } else if (t.to == p && frame >= t.release - 8 && frame <= t.caught + 8) {
                    wish = pose(frame, t.from).position - own.position;
                }
            }
            const double target = std::atan2(wish.y(), wish.x()) + 0.25 * glance[p].step();
            if (frame == 0) heading[p] = target;
            const double want = std::clamp(5 * wrap(target - heading[p]), -5.0, 5.0);
            rate[p] += 0.3 * (want - rate[p]);
            heading[p] += kFrame * rate[p];
            own.heading = heading[p];
        }
    }
}

void World::move_hands(Random random) {
    const int n = scenario_.persons;
    const int balls = scenario_.balls;
    const int frames = scenario_.frames;
    // Where hands are in the player's own frame (forward, left, up) at the moments of a throw.
    struct Moves {
        Vec3 release, windup, caught;
    };
    std::vector<Moves> moves;
    for (std::size_t k = 0; k < throws_.size(); ++k) {
        const double low = random.chance(0.55) ? 1 : 0;  // underhand or from the chest or over the head
        const double side = random.uniform(-0.12, 0.12);
        Moves m;
        m.release = low > 0 ? Vec3(0.5, side, random.uniform(1.0, 1.25))
                            : Vec3(0.42, side, random.uniform(1.35, 1.75));
        m.windup = low > 0 ? Vec3(0.12, side, random.uniform(0.7, 0.85))
                           : Vec3(0.15, side, random.uniform(1.3, 1.6));
        m.caught = Vec3(random.uniform(0.36, 0.5), random.uniform(-0.2, 0.2), random.uniform(0.9, 1.5));
        moves.push_back(m);
    }
    std::vector<Vec3> rest(n);
    std::vector<Wander> fidget;
    for (int p = 0; p < n; ++p) {
        rest[p] = Vec3(random.uniform(0.24, 0.33), random.uniform(-0.14, 0.14), random.uniform(0.85, 1.2));
        for (int axis = 0; axis < 3; ++axis) fidget.emplace_back(random, 50);
    }
    ball_paths_.resize(static_cast<std::size_t>(frames) * balls);
    holders_.assign(static_cast<std::size_t>(frames) * balls, -1);
    std::vector<std::vector<std::size_t>> thrown(n), received(n);
    for (std::size_t k = 0; k < throws_.size(); ++k) {
        thrown[throws_[k].from].push_back(k);
        received[throws_[k].to].push_back(k);
    }
    constexpr int kReach = 11;   // frames in which hands go out to a coming ball
    constexpr int kSettle = 11;  // and come back with it
    constexpr int kWindup = 15;
    for (int frame = 0; frame < frames; ++frame) {
        for (int p = 0; p < n; ++p) {
            Pose &own = poses_[static_cast<std::size_t>(frame) * n + p];
            const double scale = looks_[p].height_m / 1.75;
            Vec3 quiet = rest[p];
            for (int axis = 0; axis < 3; ++axis) quiet[axis] += 0.035 * fidget[3 * p + axis].step();
            double reach = 0;
            Vec3 offset = quiet;
            // Is a ball in these hands, and since when?
            bool holding = std::find(first_holder_.begin(), first_holder_.end(), p) != first_holder_.end();
            int last_caught = -1000;
            std::size_t last_catch = 0;
            for (const std::size_t k : received[p]) {
                if (throws_[k].caught <= frame) {
                    last_caught = throws_[k].caught;
                    last_catch = k;
                }
            }
            int last_release = -1000;
            std::size_t last_throw = 0;
            for (const std::size_t k : thrown[p]) {
                if (throws_[k].release <= frame) {
                    last_release = throws_[k].release;
                    last_throw = k;
                }
            }
            if (last_release > -1000 || last_caught > -1000) holding = last_caught > last_release;
            if (holding) {
                reach = 1;
                if (last_caught > -1000) {
                    const double back = smooth(static_cast<double>(frame - last_caught) / kSettle);
                    offset = (1 - back) * moves[last_catch].caught + back * quiet;
                }
                for (const std::size_t k : thrown[p]) {
                    const int left = throws_[k].release - frame;
                    if (left <= 0 || left > kWindup) continue;
                    const double t = 1 - static_cast<double>(left) / kWindup;
                    const Vec3 &windup = moves[k].windup;
                    // Slowly back, then fast forward, so that the hands have the ball's speed when they let
                    // go.
                    if (t < 0.6) {
                        offset += smooth(t / 0.6) * (windup - offset);
                    } else {
                        const double f = (t - 0.6) / 0.4;
                        offset = windup + f * f * (moves[k].release - windup);
                    }
                    own.crouch = std::max(own.crouch, 0.07 * std::sin(kPi * std::min(1.0, 1.4 * t)));
                    break;
                }
            } else {
                double total = 0;
                Vec3 sum = Vec3::Zero();
                const double follow = 1 - smooth((frame - last_release) / 12.0);
                if (last_release > -1000 && follow > 0) {
                    sum += follow * moves[last_throw].release;
                    total += follow;
                    reach = follow;
                }
                for (const std::size_t k : received[p]) {
                    const int left = throws_[k].caught - frame;
                    if (left < 0 || left > kReach) continue;
                    const double near = smooth(1 - static_cast<double>(left) / kReach);
                    sum += near * moves[k].caught;
                    total += near;
                    reach = std::max(reach, near);
                    break;
                }
                if (total > 0) offset = sum / total;
            }
            const Vec3 forward(std::cos(own.heading), std::sin(own.heading), 0);
            const Vec3 left(-forward.y(), forward.x(), 0);
            own.reach = reach;
            own.hands = Vec3(own.position.x(), own.position.y(), 0) +
                        scale * (offset.x() * forward + offset.y() * left) +
                        scale * offset.z() * Vec3::UnitZ();
        }
    }
    const auto hands_at = [&](int frame, int p, const Vec3 &offset) {
        // Beyond the clip's end players stand as in its last frame.
        const Pose &own = pose(std::clamp(frame, 0, frames - 1), p);
        const double scale = looks_[p].height_m / 1.75;
        const Vec3 forward(std::cos(own.heading), std::sin(own.heading), 0);
        const Vec3 left(-forward.y(), forward.x(), 0);
        return Vec3(Vec3(own.position.x(), own.position.y(), 0) +
                    scale * (offset.x() * forward + offset.y() * left) + scale * offset.z() * Vec3::UnitZ());
    };
    for (int b = 0; b < balls; ++b) {
        int owner = first_holder_[b];
        int from_frame = 0;
        const auto hold_until = [&](int end) {
            for (int frame = from_frame; frame < std::min(end, frames); ++frame) {
                ball_paths_[static_cast<std::size_t>(frame) * balls + b] = pose(frame, owner).hands;
                holders_[static_cast<std::size_t>(frame) * balls + b] = owner;
            }
        };
        for (std::size_t k = 0; k < throws_.size(); ++k) {
            const Throw &t = throws_[k];
            if (t.ball != b) continue;
            hold_until(t.release);
            const Vec3 start = hands_at(t.release, t.from, moves[k].release);
            const Vec3 end = hands_at(t.caught, t.to, moves[k].caught);
            const double duration = kFrame * (t.caught - t.release);
            for (int frame = t.release; frame < std::min(t.caught, frames); ++frame) {
                const double s = kFrame * (frame - t.release);
                Vec3 where = start + s / duration * (end - start);
                where.z() += 0.5 * kGravity * s * (duration - s);
                ball_paths_[static_cast<std::size_t>(frame) * balls + b] = where;
            }
            owner = t.to;
            from_frame = t.caught;
        }
        hold_until(frames);
    }
}

void World::fly_drone(Random random) {
    const Scenario &s = scenario_;
    const double live = s.drift;
    azimuth_ = random.uniform(0, 2 * kPi);
    const double pitch0 = (s.pitch_deg + random.normal(0, 1.5)) * kPi / 180;
    const double distance0 = s.distance_m * random.uniform(0.985, 1.015);
    Wander turn_rate(random, 150), pan_x(random, 40), pan_y(random, 40), zoom(random, 150),
        climb(random, 150), tilt(random, 200);
    Wander shake_x(random, 1.5), shake_y(random, 1.5), roll(random, 60);
    double azimuth = azimuth_;
    Vec2 center = Vec2::Zero();
    for (int frame = 0; frame < s.frames; ++frame) {
        Vec2 crowd = Vec2::Zero();
        for (int p = 0; p < s.persons; ++p) crowd += pose(frame, p).position;
        crowd /= s.persons;
        center += frame == 0 ? Vec2(crowd - center) : Vec2(0.02 * (crowd - center));
        azimuth += live * kFrame * 0.16 * turn_rate.step();
        const double pitch = pitch0 + live * 0.035 * tilt.step();
        const double distance = distance0 * (1 + live * 0.04 * climb.step());
        const double far = 0.5 * live + 0.015;
        // The pilot's aim: the crowd, found late and never exactly; a gimbal never stands quite still.
        const Vec3 target(center.x() + far * pan_x.step() + 0.002 * shake_x.step(),
                          center.y() + far * pan_y.step() + 0.002 * shake_y.step(), 0.75);
        const Vec3 away(std::cos(azimuth) * std::cos(pitch), std::sin(azimuth) * std::cos(pitch),
                        std::sin(pitch));
        Drone drone;
        drone.target = target;
        drone.position = target + distance * away;
        drone.roll = 0.012 * live * roll.step();
        drone.focal = s.focal * (1 + 0.03 * live * zoom.step());
        drone_.push_back(drone);
    }
}

Camera World::camera(int frame, int view, int width, int height) const {
    const Drone &drone = drone_[frame];
    if (view == 0) {
        return Camera::look_at(drone.position, drone.target, drone.roll, drone.focal * height, width, height);
    }
    // Fixed cameras on the other sides, each at its own height.
    const double azimuth = azimuth_ + view * 2 * kPi / kViews;
    const double pitch = (scenario_.pitch_deg + (view == 1 ? -12 : view == 2 ? 10 : -4)) * kPi / 180;
    const Vec3 away(std::cos(azimuth) * std::cos(pitch), std::sin(azimuth) * std::cos(pitch),
                    std::sin(pitch));
    const Vec3 target(0, 0, 0.75);
    return Camera::look_at(target + scenario_.distance_m * away, target, 0, scenario_.focal * height, width,
                           height);
}

}  // namespace e2tad::sim
