#include "e2tad/action/hmm.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace e2tad::action {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

using Matrix3 = std::array<std::array<double, 3>, 3>;

Matrix3 multiply(const Matrix3 &a, const Matrix3 &b) {
    Matrix3 c{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            for (std::size_t k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
        }
    }
    return c;
}

/// Matrix exponential by scaling, a Taylor series, and squaring.
Matrix3 exponential(Matrix3 a) {
    double norm = 0;
    for (const auto &row : a) {
        norm = std::max(norm, std::abs(row[0]) + std::abs(row[1]) + std::abs(row[2]));
    }
    // Down to a norm of at most 1/4, where the series is short.
    const int squarings = norm > 0 ? std::max(0, std::ilogb(norm) + 3) : 0;
    for (auto &row : a) {
        for (double &value : row) value = std::ldexp(value, -squarings);
    }
    constexpr int kTerms = 14;  // 0.25^15 / 15! is below 1e-21
    Matrix3 term{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    Matrix3 sum = term;
    for (int n = 1; n <= kTerms; ++n) {
        term = multiply(term, a);
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 3; ++j) {
                term[i][j] /= n;
                sum[i][j] += term[i][j];
            }
        }
    }
    for (int n = 0; n < squarings; ++n) sum = multiply(sum, sum);
    return sum;
}

/// Costs of the transitions over one gap. Persons differ by nothing but their name, so that the chain over
/// (any hold, flight 1, flight 2) and the chance to stay give all of them.
struct Step {
    double stay = 0;  ///< Held by p, and again.
    double hop = 0;   ///< Held by p, then by q.
    std::array<double, 2> to_flight{};
    std::array<double, 2> to_hold{};  ///< From a flight's state to one person.
    std::array<std::array<double, 2>, 2> in_flight{};
};

Step make_step(std::int32_t gap, std::size_t persons, const HmmConfig &config) {
    const double leave_hold = 1 / config.hold_frames;
    Matrix3 rates{{{-leave_hold, leave_hold, 0},
                   {0, -config.leave_rate, config.leave_rate},
                   {config.catch_rate, 0, -config.catch_rate}}};
    for (auto &row : rates) {
        for (double &rate : row) rate *= gap;
    }
    const Matrix3 p = exponential(rates);
    const auto n = static_cast<double>(persons);
    const double undisturbed = std::exp(-leave_hold * gap);
    const double returned = (p[0][0] - undisturbed) / n;
    const auto cost = [&config](double probability) {
        return -std::log(std::max(probability, config.min_probability));
    };
    Step step;
    step.stay = cost(undisturbed + returned);
    step.hop = cost(returned);
    for (std::size_t f = 0; f < 2; ++f) {
        step.to_flight[f] = cost(p[0][f + 1]);
        step.to_hold[f] = cost(p[f + 1][0] / n);
        for (std::size_t g = 0; g < 2; ++g) step.in_flight[f][g] = cost(p[f + 1][g + 1]);
    }
    return step;
}

struct Point {
    double x = 0;
    double y = 0;
};

Point center(const Box &box) {
    return {0.5 * (double{box.left} + box.right), 0.5 * (double{box.top} + box.bottom)};
}

double length(double x, double y) {
    return std::sqrt(x * x + y * y);
}

/// For each row the row that motion is measured to, or its own where there is none.
std::vector<std::size_t> later_rows(const std::vector<std::int32_t> &frames, const HmmConfig &config) {
    std::vector<std::size_t> later(frames.size());
    std::size_t u = 0;
    for (std::size_t t = 0; t < frames.size(); ++t) {
        while (u < frames.size() && frames[u] - frames[t] < config.motion_min_frames) ++u;
        later[t] = u < frames.size() && frames[u] - frames[t] <= config.motion_max_frames ? u : t;
    }
    return later;
}

/// A ball at a row of the table.
struct BallSight {
    Point at;
    Point move;             ///< To the later row.
    double way = 0;         ///< Length of the move.
    std::size_t later = 0;  ///< The row itself where there is none in which the ball is seen.
    double gap = 1;         ///< Frames to the later row.
};

BallSight look_at_ball(const Timeline &timeline, std::size_t b, std::size_t t,
                       const std::vector<std::size_t> &later) {
    const Point at = center(timeline.ball(t, b));
    const std::size_t u = later[t];
    if (u == t || !is_seen(timeline.ball(u, b))) return {at, {}, 0, t, 1};
    const Point then = center(timeline.ball(u, b));
    const Point move{then.x - at.x, then.y - at.y};
    return {at, move, length(move.x, move.y), u,
            static_cast<double>(timeline.frames[u] - timeline.frames[t])};
}

/// How a ball that is seen and a person stand to each other at a row of the table.
struct Sight {
    double distance = kUnknown;  ///< Outside of the box, in its heights; kUnknown where the person is unseen.
    double motion = kUnknown;    ///< Heights a frame; kUnknown as above, or without a later frame.
    double cost = 0;             ///< Of a hold.
};

Sight look(const Timeline &timeline, const BallSight &ball, std::size_t t, std::size_t p,
           const HmmConfig &config) {
    Sight sight;
    const Box &box = timeline.person(t, p);
    if (!is_seen(box)) {
        sight.cost = config.unseen_cost;
        return sight;
    }
    // A flat box is valid input: far from everything outside of it, rather than undefined.
    const double height = std::max(1e-9, double{box.bottom} - box.top);
    const double outside_x = std::max({box.left - ball.at.x, 0.0, ball.at.x - box.right});
    const double outside_y = std::max({box.top - ball.at.y, 0.0, ball.at.y - box.bottom});
    sight.distance = length(outside_x, outside_y) / height;
    sight.cost = std::min(sight.distance / config.distance_scale, config.distance_cap);
    if (ball.later != t && is_seen(timeline.person(ball.later, p))) {
        const Point person = center(box);
        const Point then = center(timeline.person(ball.later, p));
        const double along = length(ball.move.x - (then.x - person.x), ball.move.y - (then.y - person.y));
        sight.motion = std::min(along, ball.way) / ball.gap / height;
        sight.cost +=
            config.motion_weight * std::clamp(sight.motion / config.motion_scale - 1, 0.0, config.motion_cap);
    }
    sight.cost -= config.hold_bonus;
    return sight;
}

/// @return  (frames, persons): the cost of a hold, 0 where the ball isn't seen.
std::vector<double> hold_costs(const Timeline &timeline, std::size_t b, const std::vector<std::size_t> &later,
                               const HmmConfig &config) {
    const std::size_t persons = timeline.persons();
    std::vector<double> cost(timeline.size() * persons, 0);
    for (std::size_t t = 0; t < timeline.size(); ++t) {
        if (!is_seen(timeline.ball(t, b))) continue;
        const BallSight ball = look_at_ball(timeline, b, t, later);
        for (std::size_t p = 0; p < persons; ++p) {
            cost[t * persons + p] = look(timeline, ball, t, p, config).cost;
        }
    }
    return cost;
}

/// Min-sum Viterbi over the states of one ball: columns of persons, then the two states of a flight.
class Viterbi {
  public:
    Viterbi(const Timeline &timeline, const HmmConfig &config)
        : frames_(timeline.size()),
          persons_(timeline.persons()),
          flight_start_cost_(config.flight_start_cost),
          steps_(frames_),
          came_from_(frames_ * (persons_ + 2)) {
        for (std::size_t t = 1; t < frames_; ++t) {
            const std::int32_t gap = timeline.frames[t] - timeline.frames[t - 1];
            auto found = by_gap_.find(gap);
            if (found == by_gap_.end()) {
                found =
                    by_gap_.emplace(gap, make_step(gap, std::max<std::size_t>(1, persons_), config)).first;
            }
            steps_[t] = &found->second;
        }
    }

    /// @param hold_cost  (frames, persons).
    /// @return           the state at each frame.
    std::vector<std::uint32_t> path(const std::vector<double> &hold_cost) {
        const std::size_t states = persons_ + 2;
        const auto f1 = static_cast<std::uint32_t>(persons_);
        const std::uint32_t f2 = f1 + 1;
        std::vector<double> cost(states, 0);
        std::vector<double> next(states);
        cost[f1] = cost[f2] = flight_start_cost_;
        for (std::size_t p = 0; p < persons_ && frames_ > 0; ++p) cost[p] = hold_cost[p];
        for (std::size_t t = 1; t < frames_; ++t) {
            const Step &step = *steps_[t];
            std::uint32_t *from = &came_from_[t * states];
            std::uint32_t best_hold = 0;
            for (std::uint32_t p = 1; p < persons_; ++p) {
                if (cost[p] < cost[best_hold]) best_hold = p;
            }
            const double held = persons_ ? cost[best_hold] : std::numeric_limits<double>::infinity();
            const auto cheapest = [&](double hold, double first, double second, std::uint32_t &origin) {
                double least = held + hold;
                origin = best_hold;
                if (cost[f1] + first < least) {
                    least = cost[f1] + first;
                    origin = f1;
                }
                if (cost[f2] + second < least) {
                    least = cost[f2] + second;
                    origin = f2;
                }
                return least;
            };
            // To stay never costs more than to hop, so the best other holder serves every person.
            std::uint32_t enter_from = 0;
            const double enter = cheapest(step.hop, step.to_hold[0], step.to_hold[1], enter_from);
            const double *observed = &hold_cost[t * persons_];
            for (std::uint32_t p = 0; p < persons_; ++p) {
                const double stay = cost[p] + step.stay;
                const bool stays = stay <= enter;
                next[p] = (stays ? stay : enter) + observed[p];
                from[p] = stays ? p : enter_from;
            }
            next[f1] = cheapest(step.to_flight[0], step.in_flight[0][0], step.in_flight[1][0], from[f1]);
            next[f2] = cheapest(step.to_flight[1], step.in_flight[0][1], step.in_flight[1][1], from[f2]);
            std::swap(cost, next);
        }
        std::vector<std::uint32_t> path(frames_);
        auto state = static_cast<std::uint32_t>(std::min_element(cost.begin(), cost.end()) - cost.begin());
        for (std::size_t t = frames_; t-- > 0;) {
            path[t] = state;
            if (t > 0) state = came_from_[t * states + state];
        }
        return path;
    }

  private:
    std::size_t frames_;
    std::size_t persons_;
    double flight_start_cost_;
    std::map<std::int32_t, Step> by_gap_;
    std::vector<const Step *> steps_;  ///< Into by_gap_.
    std::vector<std::uint32_t> came_from_;
};

/// The row within a hold at which the ball arrived: the first inside the box where the ball has settled, else
/// the first inside the box, else the hold's first.
std::size_t find_arrival(const Timeline &timeline, std::size_t b, const std::vector<std::size_t> &later,
                         std::size_t person, std::size_t first, std::size_t last, const HmmConfig &config) {
    std::size_t inside = first;
    bool has_inside = false;
    for (std::size_t t = first;
         t <= last && timeline.frames[t] - timeline.frames[first] <= config.settle_frames; ++t) {
        if (!is_seen(timeline.ball(t, b))) continue;
        const Sight sight = look(timeline, look_at_ball(timeline, b, t, later), t, person, config);
        if (sight.distance != 0) continue;
        if (!(sight.motion >= config.settle_speed)) return t;
        if (!has_inside) inside = t;
        has_inside = true;
    }
    return inside;
}

std::int32_t catch_frame(const std::vector<std::int32_t> &frames, std::size_t arrival,
                         const HmmConfig &config) {
    const std::int32_t gap = arrival > 0 ? frames[arrival] - frames[arrival - 1] : 1;
    const double lead = config.lead_share * std::min(gap, config.lead_max_frames);
    // nearbyint rounds half to even in the default mode of the floating point unit.
    const double frame = std::nearbyint(frames[arrival] - lead + config.delay_frames);
    return static_cast<std::int32_t>(
        std::clamp(frame, 0.0, double{std::numeric_limits<std::int32_t>::max()}));
}

bool ever_seen(const Timeline &timeline, std::size_t b) {
    for (std::size_t t = 0; t < timeline.size(); ++t) {
        if (is_seen(timeline.ball(t, b))) return true;
    }
    return false;
}

}  // namespace

Signals HmmDecoder::decode(const Timeline &timeline) const {
    const std::size_t frames = timeline.size();
    const std::size_t persons = timeline.persons();
    const std::vector<std::size_t> later = later_rows(timeline.frames, config_);
    Viterbi viterbi(timeline, config_);
    // Costs are made again for the second round: those of all balls at once would be frames x persons x
    // balls.
    std::vector<std::vector<std::uint32_t>> paths;
    for (std::size_t b = 0; b < timeline.balls(); ++b) {
        paths.push_back(viterbi.path(hold_costs(timeline, b, later, config_)));
    }
    // Nothing tells who holds a ball that is never seen; it must not keep its holder from the others either.
    for (std::size_t b = 0; b < timeline.balls(); ++b) {
        if (!ever_seen(timeline, b))
            std::fill(paths[b].begin(), paths[b].end(), static_cast<std::uint32_t>(persons));
    }
    for (std::size_t b = 0; b < timeline.balls() && timeline.balls() > 1; ++b) {
        if (!ever_seen(timeline, b)) continue;
        std::vector<double> cost = hold_costs(timeline, b, later, config_);
        for (std::size_t other = 0; other < timeline.balls(); ++other) {
            if (other == b) continue;
            for (std::size_t t = 0; t < frames; ++t) {
                if (paths[other][t] < persons) cost[t * persons + paths[other][t]] += config_.exclusion_cost;
            }
        }
        paths[b] = viterbi.path(cost);
    }
    Signals signals;
    for (std::size_t b = 0; b < timeline.balls(); ++b) {
        for (std::size_t first = 0; first < frames;) {
            const std::size_t state = paths[b][first];
            std::size_t last = first;
            while (last + 1 < frames && paths[b][last + 1] == state) ++last;
            if (state < persons) {
                const std::size_t arrival = find_arrival(timeline, b, later, state, first, last, config_);
                signals.holds.push_back({timeline.ball_ids[b], timeline.person_ids[state],
                                         timeline.frames[first], timeline.frames[last],
                                         catch_frame(timeline.frames, arrival, config_)});
            }
            first = last + 1;
        }
        for (const std::uint32_t state : paths[b]) {
            signals.states.push_back(state < persons    ? timeline.person_ids[state]
                                     : state == persons ? kFirstFlightState
                                                        : kSecondFlightState);
        }
    }
    return signals;
}

}  // namespace e2tad::action
