#include "e2tad/action/repair.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace e2tad::action {
namespace {

struct Vector2 {
    double x = 0;
    double y = 0;
};

/// Median, the mean of the middle two for an even count; 0 of nothing. Reorders its argument.
double median(std::vector<double> &values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2) return *middle;
    return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

/// Sum of the camera's moves up to each row, in pixels: the persons' common motion, by median, where most of
/// them agree on one.
std::vector<Vector2> camera_path(const Timeline &timeline, double height) {
    constexpr std::size_t kFewest = 3;   // A median of fewer follows one person.
    constexpr double kAgreement = 0.25;  // In heights; exchanged persons are farther apart than that.
    std::vector<Vector2> camera(timeline.size());
    std::vector<Vector2> moves;
    std::vector<double> dx;
    std::vector<double> dy;
    for (std::size_t t = 1; t < timeline.size(); ++t) {
        moves.clear();
        dx.clear();
        dy.clear();
        for (std::size_t p = 0; p < timeline.persons(); ++p) {
            const Box &before = timeline.person(t - 1, p);
            const Box &now = timeline.person(t, p);
            if (!is_seen(before) || !is_seen(now)) continue;
            moves.push_back({0.5 * ((double{now.left} + now.right) - (double{before.left} + before.right)),
                             0.5 * ((double{now.top} + now.bottom) - (double{before.top} + before.bottom))});
            dx.push_back(moves.back().x);
            dy.push_back(moves.back().y);
        }
        camera[t] = camera[t - 1];
        if (moves.size() < kFewest) continue;
        const Vector2 common{median(dx), median(dy)};
        const auto agrees = [&](const Vector2 &move) {
            return std::hypot(move.x - common.x, move.y - common.y) < kAgreement * height;
        };
        if (2 * std::count_if(moves.begin(), moves.end(), agrees) <=
            static_cast<std::ptrdiff_t>(moves.size())) {
            continue;
        }
        camera[t].x += common.x;
        camera[t].y += common.y;
    }
    return camera;
}

double median_height(const Timeline &timeline) {
    std::vector<double> heights;
    for (const Box &box : timeline.person_boxes) {
        if (is_seen(box)) heights.push_back(double{box.bottom} - box.top);
    }
    return std::max(1.0, median(heights));
}

/// How far an object gets in a gap, in persons' heights.
double reach(std::int32_t gap, const MotionConfig &motion) {
    constexpr double kJitter = 0.1;  // Boxes jump by so much from one frame to the next.
    return kJitter + motion.top_speed * gap;
}

/// Costs of displacements over one gap: most objects drift (a Gaussian), some run or fly (a disc with a soft
/// edge that grows at top speed), and any may be an outlier.
struct Displacement {
    double drift_precision = 0;
    double drift_density = 0;
    double reach_squared = 1;
    double fast_density = 0;

    Displacement() = default;
    Displacement(std::int32_t gap, const MotionConfig &motion, std::int32_t drift_frames) {
        const double deviation = motion.noise + motion.drift * std::min(gap, drift_frames);
        const double farthest = reach(gap, motion);
        const double fast = 1 - std::exp(-motion.rate * gap);
        drift_precision = 0.5 / (deviation * deviation);
        drift_density = (1 - fast) / (2 * std::numbers::pi * deviation * deviation);
        reach_squared = farthest * farthest;
        fast_density = fast / (std::numbers::pi * reach_squared);
    }
    /// @param squared    distance from the last position, squared.
    /// @param predicted  the lesser of that and the distance from the predicted position, squared.
    [[nodiscard]] double cost(double squared, double predicted, double outlier_density) const {
        const double ratio = squared / reach_squared;
        const double edge = ratio * ratio * ratio * ratio;
        return -std::log(drift_density * std::exp(-predicted * drift_precision) + fast_density / (1 + edge) +
                         outlier_density);
    }
};

/// Where an object was last seen, in persons' heights, the camera's motion taken out.
struct Sighting {
    Vector2 position;
    Vector2 velocity;  ///< A frame.
    std::int32_t frame = std::numeric_limits<std::int32_t>::min();
    bool has_velocity = false;

    [[nodiscard]] bool known() const { return frame != std::numeric_limits<std::int32_t>::min(); }
};

using Permutation = std::vector<std::uint16_t>;  ///< For each object the tracked identity that it bears.

struct Hypothesis {
    Permutation bears;
    double cost = 0;
    std::uint32_t parent = 0;
    std::vector<Sighting> last;  ///< Of each object.
};

/// The beam search over one class.
class IdentitySearch {
  public:
    IdentitySearch(const std::vector<std::int32_t> &frames, const std::vector<Vector2> &camera, double height,
                   const MotionConfig &motion, const ContinuityConfig &config)
        : frames_(frames), camera_(camera), height_(height), motion_(motion), config_(config) {}

    /// Reorders each row of `boxes`, (frames, objects), so that a column is one object.
    void mend(std::vector<Box> &boxes, std::size_t objects) {
        n_ = objects;
        if (n_ < 2 || frames_.empty()) return;
        tracked_.resize(n_);
        std::iota(tracked_.begin(), tracked_.end(), std::uint16_t{0});
        link_.resize(n_ * n_);
        position_.resize(n_);
        seen_.resize(n_);
        // The work of a step grows with the square of the objects: fewer hypotheses where they are many.
        constexpr std::size_t kWork = 4096;
        beam_ = std::clamp<std::size_t>(kWork / (n_ * n_), 2, static_cast<std::size_t>(config_.beam));
        beam_ = std::min(beam_, static_cast<std::size_t>(config_.beam));
        std::vector<Hypothesis> alive(1);
        alive[0].bears = tracked_;
        alive[0].last.resize(n_);
        history_.assign(frames_.size(), {});
        for (std::size_t t = 0; t < frames_.size(); ++t) {
            look(&boxes[t * n_], t);
            candidates_.clear();
            by_hash_.clear();
            for (std::uint32_t h = 0; h < alive.size(); ++h) extend(alive[h], h, t);
            alive = survivors(alive, t);
        }
        apply(boxes);
    }

  private:
    struct Step {
        Permutation bears;
        std::uint32_t parent = 0;
    };
    struct Candidate {
        Permutation bears;
        double cost = 0;
        std::uint32_t parent = 0;
    };

    void look(const Box *row, std::size_t t) {
        for (std::size_t k = 0; k < n_; ++k) {
            seen_[k] = is_seen(row[k]);
            if (!seen_[k]) continue;
            position_[k] = {(0.5 * (double{row[k].left} + row[k].right) - camera_[t].x) / height_,
                            (0.5 * (double{row[k].top} + row[k].bottom) - camera_[t].y) / height_};
        }
    }

    const Displacement &displacement(std::int32_t gap) {
        const auto found = displacements_.find(gap);
        if (found != displacements_.end()) return found->second;
        return displacements_.emplace(gap, Displacement(gap, motion_, config_.drift_frames)).first->second;
    }

    /// Cost of each object being what bears each tracked identity at this frame, into link_.
    void find_links(const Hypothesis &from, std::size_t t) {
        const double density = config_.outlier_density;
        // An object that was never seen may appear anywhere in a field of some hundred squared heights.
        const double appears = -std::log(100 * density);
        for (std::size_t i = 0; i < n_; ++i) {
            const Sighting &last = from.last[i];
            double *link = &link_[i * n_];
            if (!last.known()) {
                for (std::size_t k = 0; k < n_; ++k) link[k] = seen_[k] ? appears : 0;
                continue;
            }
            const std::int32_t gap = frames_[t] - last.frame;
            const Displacement &moves = displacement(gap);
            const bool predicts = last.has_velocity && gap <= config_.predict_frames;
            for (std::size_t k = 0; k < n_; ++k) {
                if (!seen_[k]) {
                    link[k] = 0;
                    continue;
                }
                const double dx = position_[k].x - last.position.x;
                const double dy = position_[k].y - last.position.y;
                const double squared = dx * dx + dy * dy;
                double nearest = squared;
                if (predicts) {
                    const double ex = dx - last.velocity.x * gap;
                    const double ey = dy - last.velocity.y * gap;
                    nearest = std::min(nearest, ex * ex + ey * ey);
                }
                link[k] = moves.cost(squared, nearest, density);
            }
        }
    }

    /// Cost of object i bearing identity k, beside its link.
    [[nodiscard]] double label_cost(std::size_t i, std::size_t k, const Permutation &before) const {
        return (k != i && seen_[k] ? config_.relabel_cost : 0) + (k != before[i] ? config_.exchange_cost : 0);
    }

    void extend(const Hypothesis &from, std::uint32_t index, std::size_t t) {
        find_links(from, t);
        add(from, index, from.bears);
        add_exchanges(from, index, from.bears);
        if (from.bears != tracked_) {
            add(from, index, tracked_);
            add_exchanges(from, index, tracked_);
        }
    }

    /// All single exchanges on top of `base` that motion doesn't rule out, and the descent that exchanges
    /// pairs until none improves: several objects may change owner at once.
    void add_exchanges(const Hypothesis &from, std::uint32_t index, const Permutation &base) {
        constexpr double kMargin = 8;
        Permutation descent = base;
        bool descends = false;
        for (bool improves = true; improves;) {
            improves = false;
            double best = -1e-9;
            std::size_t best_i = 0;
            std::size_t best_j = 0;
            for (std::size_t i = 0; i < n_; ++i) {
                for (std::size_t j = i + 1; j < n_; ++j) {
                    const std::size_t a = descent[i];
                    const std::size_t b = descent[j];
                    if (!seen_[a] && !seen_[b]) continue;
                    const double link_change =
                        link_[i * n_ + b] + link_[j * n_ + a] - link_[i * n_ + a] - link_[j * n_ + b];
                    if (link_change >= kMargin) continue;
                    if (!descends) {
                        exchanged_ = base;
                        std::swap(exchanged_[i], exchanged_[j]);
                        add(from, index, exchanged_);
                    }
                    const double change = link_change + label_cost(i, b, from.bears) +
                                          label_cost(j, a, from.bears) - label_cost(i, a, from.bears) -
                                          label_cost(j, b, from.bears);
                    if (change < best) {
                        best = change;
                        best_i = i;
                        best_j = j;
                        improves = true;
                    }
                }
            }
            if (improves) std::swap(descent[best_i], descent[best_j]);
            if (descends && !improves) add(from, index, descent);
            descends = true;
        }
    }

    void add(const Hypothesis &from, std::uint32_t index, const Permutation &bears) {
        double cost = from.cost;
        std::uint64_t hash = 0xCBF29CE484222325ULL;
        for (std::size_t i = 0; i < n_; ++i) {
            cost += link_[i * n_ + bears[i]] + label_cost(i, bears[i], from.bears);
            hash = (hash ^ bears[i]) * 0x100000001B3ULL;
        }
        const auto [first, last] = by_hash_.equal_range(hash);
        for (auto it = first; it != last; ++it) {
            Candidate &known = candidates_[it->second];
            if (known.bears != bears) continue;
            if (cost < known.cost) {
                known.cost = cost;
                known.parent = index;
            }
            return;
        }
        by_hash_.emplace(hash, candidates_.size());
        candidates_.push_back({bears, cost, index});
    }

    std::vector<Hypothesis> survivors(const std::vector<Hypothesis> &alive, std::size_t t) {
        std::vector<std::size_t> order(candidates_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        // Equal costs stay in the order in which they were found, so that ties don't depend on the library.
        std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
            return candidates_[a].cost < candidates_[b].cost;
        });
        const double least = candidates_[order[0]].cost;
        std::vector<Hypothesis> kept;
        for (const std::size_t c : order) {
            Candidate &candidate = candidates_[c];
            if (kept.size() >= beam_ || candidate.cost > least + config_.beam_cost) break;
            Hypothesis next;
            next.cost = candidate.cost - least;
            next.parent = candidate.parent;
            next.last = alive[candidate.parent].last;
            for (std::size_t i = 0; i < n_; ++i) {
                const std::size_t k = candidate.bears[i];
                if (seen_[k]) update(next.last[i], position_[k], frames_[t]);
            }
            history_[t].push_back({candidate.bears, candidate.parent});
            next.bears = std::move(candidate.bears);
            kept.push_back(std::move(next));
        }
        return kept;
    }

    void update(Sighting &last, const Vector2 &position, std::int32_t frame) const {
        Sighting now;
        now.position = position;
        now.frame = frame;
        if (last.known() && frame - last.frame <= config_.predict_frames) {
            const double gap = frame - last.frame;
            now.velocity = {(position.x - last.position.x) / gap, (position.y - last.position.y) / gap};
            now.has_velocity = true;
        }
        last = now;
    }

    void apply(std::vector<Box> &boxes) const {
        std::vector<Box> row(n_);
        std::uint32_t h = 0;  // The best comes first.
        for (std::size_t t = frames_.size(); t-- > 0;) {
            const Step &step = history_[t][h];
            for (std::size_t i = 0; i < n_; ++i) row[i] = boxes[t * n_ + step.bears[i]];
            std::copy(row.begin(), row.end(), boxes.begin() + static_cast<std::ptrdiff_t>(t * n_));
            h = step.parent;
        }
    }

    const std::vector<std::int32_t> &frames_;
    const std::vector<Vector2> &camera_;
    double height_;
    const MotionConfig &motion_;
    const ContinuityConfig &config_;
    std::size_t n_ = 0;
    std::size_t beam_ = 0;
    Permutation tracked_;    ///< Every object bears its own identity.
    Permutation exchanged_;  ///< Scratch of add_exchanges().
    std::vector<double> link_;
    std::vector<Vector2> position_;
    std::vector<char> seen_;
    std::vector<Candidate> candidates_;
    std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;
    std::unordered_map<std::int32_t, Displacement> displacements_;
    std::vector<std::vector<Step>> history_;
};

/// The columns of one class, and how to compare and move their boxes with the camera's motion taken out.
class Columns {
  public:
    Columns(const std::vector<std::int32_t> &frames, const std::vector<Vector2> &camera, double height,
            std::vector<Box> &boxes, std::size_t objects)
        : frames_(frames), camera_(camera), height_(height), boxes_(boxes), objects_(objects) {}

    /// Takes out sightings that lie far beyond an object's reach from both the last one before and the first
    /// one after, while those two lie within reach of each other: false detections, at most `longest` frames
    /// long.
    void drop_outliers(const MotionConfig &motion, std::int32_t longest) {
        std::vector<std::size_t> rows;
        for (std::size_t k = 0; k < objects_ && longest > 0; ++k) {
            rows.clear();
            for (std::size_t t = 0; t < frames_.size(); ++t) {
                if (!is_seen(at(t, k))) continue;
                while (rows.size() > 1 && drop_before(rows, t, k, motion, longest)) {
                }
                rows.push_back(t);
            }
        }
    }

    /// Takes out runs of sightings for which `apart(row, object)` holds and that lengthen the object's way by
    /// more than `detour` heights, the greatest a sighting first. From the sighting before a run to that
    /// after it are at most `longest` frames: in a longer time there may be a throw that nobody saw.
    template <class Function>
    void drop_detours(double detour, std::int32_t longest, const Function &apart) {
        std::vector<char> away(frames_.size());
        for (std::size_t k = 0; k < objects_ && longest > 0; ++k) {
            std::vector<std::size_t> rows = sightings(k);
            for (const std::size_t t : rows) away[t] = apart(t, k);
            for (;;) {
                const auto [first, last] = greatest_detour(rows, away, k, detour, longest);
                if (first == last) break;
                for (std::size_t i = first; i < last; ++i) at(rows[i], k) = unseen_box();
                rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(first),
                           rows.begin() + static_cast<std::ptrdiff_t>(last));
            }
        }
    }

    /// Fills gaps of at most `longest` frames from one sighting to the next, evenly.
    void fill_gaps(std::int32_t longest) {
        for_each_gap(longest, [&](const std::vector<std::size_t> &rows, std::size_t i, std::size_t k) {
            fill(rows[i], rows[i + 1], k, 0, frames_[rows[i + 1]] - frames_[rows[i]]);
        });
    }

    /// The same for balls, which rest in hands and fly at `speed` or faster. One that was flying when it was
    /// lost arrives first and rests then; one that flies when it is found again leaves as late as it can.
    /// Else it flies in the middle of the gap.
    void fill_gaps_of_balls(std::int32_t longest, double speed, double flying) {
        for_each_gap(longest, [&](const std::vector<std::size_t> &rows, std::size_t i, std::size_t k) {
            const std::size_t before = rows[i];
            const std::size_t after = rows[i + 1];
            const double gap = frames_[after] - frames_[before];
            const double speed_before = i > 0 ? speed_between(rows[i - 1], before, k) : 0;
            const double speed_after = i + 2 < rows.size() ? speed_between(after, rows[i + 2], k) : 0;
            const bool flew = speed_before > flying;
            const bool flies = speed_after > flying;
            const double faster = flew == flies ? speed : std::max({speed, speed_before, speed_after});
            const double moving =
                speed > 0 ? std::min(gap, std::max(1.0, distance(before, after, k) / faster)) : gap;
            const double first = flew == flies ? 0.5 : flew ? 0.0 : 1.0;
            fill(before, after, k, first * (gap - moving), moving);
        });
    }

  private:
    Box &at(std::size_t t, std::size_t k) { return boxes_[t * objects_ + k]; }

    /// The rows in which an object is seen.
    std::vector<std::size_t> sightings(std::size_t k) {
        std::vector<std::size_t> rows;
        for (std::size_t t = 0; t < frames_.size(); ++t) {
            if (is_seen(at(t, k))) rows.push_back(t);
        }
        return rows;
    }

    /// In persons' heights.
    double distance(std::size_t before, std::size_t after, std::size_t k) {
        const Box &from = at(before, k);
        const Box &to = at(after, k);
        const double dx = 0.5 * ((double{to.left} + to.right) - (double{from.left} + from.right));
        const double dy = 0.5 * ((double{to.top} + to.bottom) - (double{from.top} + from.bottom));
        return std::hypot(dx - camera_[after].x + camera_[before].x,
                          dy - camera_[after].y + camera_[before].y) /
               height_;
    }

    /// In persons' heights a frame; 0 between sightings that are far apart.
    double speed_between(std::size_t before, std::size_t after, std::size_t k) {
        constexpr std::int32_t kFarApart = 20;  // Longer than the flights between people who stand near.
        const std::int32_t gap = frames_[after] - frames_[before];
        return gap > kFarApart ? 0 : distance(before, after, k) / gap;
    }

    /// Calls f(rows of the sightings, index of the one before the gap, object) for each gap.
    template <class Function>
    void for_each_gap(std::int32_t longest, const Function &f) {
        for (std::size_t k = 0; k < objects_; ++k) {
            const std::vector<std::size_t> rows = sightings(k);
            for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
                if (rows[i + 1] > rows[i] + 1 && frames_[rows[i + 1]] - frames_[rows[i]] <= longest)
                    f(rows, i, k);
            }
        }
    }

    bool within_reach(std::size_t before, std::size_t after, std::size_t k, const MotionConfig &motion) {
        return distance(before, after, k) <= reach(frames_[after] - frames_[before], motion);
    }

    /// Clearly more than a fast flight with its noise.
    bool jumps(std::size_t before, std::size_t after, std::size_t k, const MotionConfig &motion) {
        return distance(before, after, k) > 2 * reach(frames_[after] - frames_[before], motion);
    }

    /// Drops the shortest run of outliers that ends right before `t`; `rows` are the sightings so far.
    bool drop_before(std::vector<std::size_t> &rows, std::size_t t, std::size_t k, const MotionConfig &motion,
                     std::int32_t longest) {
        const std::size_t last = rows.back();
        if (!jumps(last, t, k, motion)) return false;
        for (std::size_t i = rows.size() - 1; i > 0 && frames_[last] - frames_[rows[i]] < longest; --i) {
            if (!jumps(rows[i - 1], rows[i], k, motion) || !within_reach(rows[i - 1], t, k, motion)) continue;
            for (std::size_t j = i; j < rows.size(); ++j) at(rows[j], k) = unseen_box();
            rows.resize(i);
            return true;
        }
        return false;
    }

    /// The run of drop_detours that lengthens the way most a sighting, [first, last) in `rows`; empty: none.
    std::pair<std::size_t, std::size_t> greatest_detour(const std::vector<std::size_t> &rows,
                                                        const std::vector<char> &away, std::size_t k,
                                                        double detour, std::int32_t longest) {
        std::pair<std::size_t, std::size_t> found{0, 0};
        double greatest = 0;
        for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
            const double there = distance(rows[i - 1], rows[i], k);
            for (std::size_t j = i; j + 1 < rows.size(); ++j) {
                if (frames_[rows[j + 1]] - frames_[rows[i - 1]] > longest || away[rows[j]] == 0) break;
                const double way = there + distance(rows[j], rows[j + 1], k);
                if (way <= detour) continue;
                const double longer = way - distance(rows[i - 1], rows[j + 1], k);
                const double each = longer / static_cast<double>(j - i + 1);
                if (longer <= detour || each <= greatest) continue;
                greatest = each;
                found = {i, j + 1};
            }
        }
        return found;
    }

    /// At rest for `rest` frames, then moving evenly for `moving` frames, then at rest.
    void fill(std::size_t before, std::size_t after, std::size_t k, double rest, double moving) {
        const Box from = at(before, k);
        const Box to = at(after, k);
        for (std::size_t t = before + 1; t < after; ++t) {
            const double share = std::clamp((frames_[t] - frames_[before] - rest) / moving, 0.0, 1.0);
            const auto between = [&](float a, float b, double Vector2::*axis) {
                const double still =
                    (1 - share) * (a - camera_[before].*axis) + share * (b - camera_[after].*axis);
                return static_cast<float>(still + camera_[t].*axis);
            };
            at(t, k) = {between(from.left, to.left, &Vector2::x), between(from.top, to.top, &Vector2::y),
                        between(from.right, to.right, &Vector2::x),
                        between(from.bottom, to.bottom, &Vector2::y)};
        }
    }

    const std::vector<std::int32_t> &frames_;
    const std::vector<Vector2> &camera_;
    double height_;
    std::vector<Box> &boxes_;
    std::size_t objects_;
};

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
        IdentitySearch(timeline.frames, camera, height, motion, config).mend(boxes, objects);
        Columns columns(timeline.frames, camera, height, boxes, objects);
        columns.drop_outliers(motion, config.outlier_frames);
        return columns;
    };
    mended(timeline.person_boxes, timeline.persons(), config.person).fill_gaps(config.person_fill_frames);
    // First, since what a false detection lacks in likelihood would speak for an exchange.
    Columns(timeline.frames, camera, height, timeline.ball_boxes, timeline.balls())
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
