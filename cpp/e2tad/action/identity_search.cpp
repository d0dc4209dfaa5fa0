#include "e2tad/action/identity_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace e2tad::action {
namespace {

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

/// Up to so many objects every one may exchange with every other; of more, as fragmented tracks have them,
/// only those in sight and lately in sight: the others' places say little, and there are too many pairs.
constexpr std::size_t kFew = 32;
constexpr std::int32_t kLatelyFrames = 60;
/// With more in sight at once nothing is searched.
constexpr std::size_t kMostInSight = 128;

/// The beam search over one class.
class IdentitySearch {
  public:
    IdentitySearch(const std::vector<std::int32_t> &frames, const std::vector<Vector2> &camera, double height,
                   const MotionConfig &motion, const ContinuityConfig &config)
        : frames_(frames), camera_(camera), height_(height), motion_(motion), config_(config) {}

    /// Reorders each row of `boxes`, (frames, objects), so that a column is one object.
    void mend(std::vector<Box> &boxes, std::size_t objects) {
        n_ = objects;
        if (n_ < 2 || frames_.empty() || most_in_sight(boxes) > kMostInSight) return;
        tracked_.resize(n_);
        std::iota(tracked_.begin(), tracked_.end(), std::uint16_t{0});
        link_.resize(n_ * n_);
        position_.resize(n_);
        seen_.resize(n_);
        // The work of a step grows with the square of the objects: fewer hypotheses where they are many.
        constexpr std::size_t kWork = 4096;
        beam_ = std::min(std::max<std::size_t>(kWork / (n_ * n_), 2), static_cast<std::size_t>(config_.beam));
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
    [[nodiscard]] std::size_t most_in_sight(const std::vector<Box> &boxes) const {
        std::ptrdiff_t most = 0;
        for (std::size_t t = 0; t < frames_.size(); ++t) {
            const auto row = boxes.begin() + static_cast<std::ptrdiff_t>(t * n_);
            most = std::max(most, std::count_if(row, row + static_cast<std::ptrdiff_t>(n_), is_seen));
        }
        return static_cast<std::size_t>(most);
    }

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
        active_.clear();
        for (std::size_t i = 0; i < n_; ++i) {
            const Sighting &last = from.last[i];
            double *link = &link_[i * n_];
            if (n_ > kFew && !seen_[from.bears[i]] && !seen_[i] &&
                !(last.known() && frames_[t] - last.frame <= kLatelyFrames)) {
                link[from.bears[i]] = link[i] = 0;
                continue;
            }
            active_.push_back(i);
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
            for (std::size_t first = 0; first < active_.size(); ++first) {
                for (std::size_t second = first + 1; second < active_.size(); ++second) {
                    const std::size_t i = active_[first];
                    const std::size_t j = active_[second];
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
    Permutation tracked_;              ///< Every object bears its own identity.
    Permutation exchanged_;            ///< Scratch of add_exchanges().
    std::vector<std::size_t> active_;  ///< Objects that may exchange at this frame, of find_links().
    std::vector<double> link_;
    std::vector<Vector2> position_;
    std::vector<char> seen_;
    std::vector<Candidate> candidates_;
    std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;
    std::unordered_map<std::int32_t, Displacement> displacements_;
    std::vector<std::vector<Step>> history_;
};

}  // namespace

void mend_identities(const std::vector<std::int32_t> &frames, const std::vector<Vector2> &camera,
                     double height, const MotionConfig &motion, const ContinuityConfig &config,
                     std::vector<Box> &boxes, std::size_t objects) {
    IdentitySearch(frames, camera, height, motion, config).mend(boxes, objects);
}

}  // namespace e2tad::action
