#include "e2tad/associate/assignment.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "e2tad/core/simd.hpp"

namespace e2tad::associate {
namespace {

constexpr std::size_t kLanes = kVectorBytes / sizeof(double);
constexpr std::int64_t kMagnitude =
    std::numeric_limits<std::int64_t>::max();  ///< Of a double, all but its sign.
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Columns are worked on by lanes; see kVectorBytes.
typedef double Doubles __attribute__((vector_size(kLanes * sizeof(double))));
typedef std::int64_t Integers __attribute__((vector_size(kLanes * sizeof(std::int64_t))));

#define E2TAD_INLINE __attribute__((always_inline)) inline

struct Smallest {
    double value = kInfinity;
    std::int64_t column = 0;
};

/// What a pass over the given costs found.
struct Extent {
    double largest = 0.0;      ///< Of the allowed costs' absolute values.
    std::size_t allowed = 0;   ///< Costs that aren't ruled out.
    std::size_t unusable = 0;  ///< Costs that are NaN or -infinity.
};

/// Copies a row of costs, those ruled out as infinity.
template <class T>
E2TAD_INLINE void copy_row(const T *from, std::size_t cols, double gate, double *__restrict to,
                           Extent &extent) {
    std::int64_t largest = 0;
    std::int64_t allowed = 0;
    std::int64_t unusable = 0;
    for (std::size_t j = 0; j < cols; ++j) {
        const double value = from[j];
        unusable += static_cast<std::int64_t>(!(value > -kInfinity));
        const bool fits = value <= gate && value < kInfinity;
        allowed += static_cast<std::int64_t>(fits);
        to[j] = fits ? value : kInfinity;
        // Bits of numbers without a sign rise as the numbers do; unlike a maximum of doubles, that of
        // integers may be taken in any order, so the compiler does it in lanes.
        const std::int64_t bits = fits ? std::bit_cast<std::int64_t>(value) & kMagnitude : 0;
        largest = bits > largest ? bits : largest;
    }
    extent.largest = std::max(extent.largest, std::bit_cast<double>(largest));
    extent.allowed += static_cast<std::size_t>(allowed);
    extent.unusable += static_cast<std::size_t>(unusable);
}

E2TAD_HOT void copy_costs(const float *from, std::size_t rows, std::size_t cols, double gate, double *to,
                          std::size_t stride, Extent &extent) {
    for (std::size_t i = 0; i < rows; ++i) copy_row(from + i * cols, cols, gate, to + i * stride, extent);
}

E2TAD_HOT void copy_costs(const double *from, std::size_t rows, std::size_t cols, double gate, double *to,
                          std::size_t stride, Extent &extent) {
    for (std::size_t i = 0; i < rows; ++i) copy_row(from + i * cols, cols, gate, to + i * stride, extent);
}

/// Smallest and second smallest of cost - price over a row, with their columns.
E2TAD_HOT void two_smallest(const double *cost, const double *price, std::size_t stride, Smallest &best,
                            Smallest &next) {
    Doubles first = Doubles{} + kInfinity;
    Doubles second = first;
    Integers at;
    for (std::size_t k = 0; k < kLanes; ++k) at[k] = static_cast<std::int64_t>(k);
    Integers first_at = at;
    Integers second_at = at;
    for (std::size_t j = 0; j < stride; j += kLanes) {
        Doubles value;
        Doubles paid;
        std::memcpy(&value, cost + j, sizeof(value));
        std::memcpy(&paid, price + j, sizeof(paid));
        value -= paid;
        const Integers below_first = value < first;
        const Integers below_second = value < second;
        second_at = below_first ? first_at : (below_second ? at : second_at);
        second = below_first ? first : (below_second ? value : second);
        first_at = below_first ? at : first_at;
        first = below_first ? value : first;
        at += static_cast<std::int64_t>(kLanes);
    }
    // The lanes meet in three rounds: of each two, the smaller first goes on, and the better of what is left.
    for (std::size_t step = kLanes / 2; step > 0; step /= 2) {
        for (std::size_t k = 0; k < step; ++k) {
            const bool loses = first[k + step] < first[k];
            const double loser = loses ? first[k] : first[k + step];
            const std::int64_t loser_at = loses ? first_at[k] : first_at[k + step];
            const double left = loses ? second[k + step] : second[k];
            const std::int64_t left_at = loses ? second_at[k + step] : second_at[k];
            first[k] = loses ? first[k + step] : first[k];
            first_at[k] = loses ? first_at[k + step] : first_at[k];
            second[k] = loser < left ? loser : left;
            second_at[k] = loser < left ? loser_at : left_at;
        }
    }
    best = {first[0], first_at[0]};
    next = {second[0], second_at[0]};
}

/// The smallest cost of each column, and its row.
E2TAD_HOT void column_minima(const double *cost, std::size_t rows, std::size_t stride, double *price,
                             std::int64_t *row_at) {
    for (std::size_t j = 0; j < stride; ++j) {
        price[j] = cost[j];
        row_at[j] = 0;
    }
    for (std::size_t i = 1; i < rows; ++i) {
        const double *entries = cost + i * stride;
        const auto number = static_cast<std::int64_t>(i);
        for (std::size_t j = 0; j < stride; ++j) {
            const bool below = entries[j] < price[j];
            price[j] = below ? entries[j] : price[j];
            row_at[j] = below ? number : row_at[j];
        }
    }
}

/// Shortens the paths by way of `row` and finds the nearest column.
E2TAD_HOT void extend_paths(const double *cost, const double *price, double offset, std::int64_t row,
                            std::size_t stride, double *reach, std::int64_t *from, Smallest &out) {
    Doubles nearest = Doubles{} + kInfinity;
    Integers at;
    for (std::size_t k = 0; k < kLanes; ++k) at[k] = static_cast<std::int64_t>(k);
    Integers nearest_at = at;
    for (std::size_t j = 0; j < stride; j += kLanes) {
        Doubles value;
        Doubles paid;
        Doubles old;
        Integers before;
        std::memcpy(&value, cost + j, sizeof(value));
        std::memcpy(&paid, price + j, sizeof(paid));
        std::memcpy(&old, reach + j, sizeof(old));
        std::memcpy(&before, from + j, sizeof(before));
        value = value - paid - offset;
        const Integers shorter = value < old;
        const Doubles now = shorter ? value : old;
        std::memcpy(reach + j, &now, sizeof(now));
        before = shorter ? Integers{} + row : before;
        std::memcpy(from + j, &before, sizeof(before));
        const Integers nearer = now < nearest;
        nearest = nearer ? now : nearest;
        nearest_at = nearer ? at : nearest_at;
        at += static_cast<std::int64_t>(kLanes);
    }
    for (std::size_t step = kLanes / 2; step > 0; step /= 2) {
        for (std::size_t k = 0; k < step; ++k) {
            const bool loses = nearest[k + step] < nearest[k];
            nearest[k] = loses ? nearest[k + step] : nearest[k];
            nearest_at[k] = loses ? nearest_at[k + step] : nearest_at[k];
        }
    }
    out = {nearest[0], nearest_at[0]};
}

/// Solves problems one after the other in the same memory.
class Solver {
  public:
    /// Writes the column of each row, -1 for none, to `col_of_row`.
    /// @throws std::invalid_argument naming the entry that is NaN or -infinity.
    template <class T>
    void solve(const T *cost, std::size_t rows, std::size_t cols, double gate, std::int32_t *col_of_row) {
        std::fill_n(col_of_row, rows, -1);
        if (rows == 0 || cols == 0) return;
        const bool turned = rows > cols;
        Extent extent;
        if (turned) {
            transpose(cost, rows, cols);
            prepare(cols, rows);
            copy_costs(of<T>().data(), rows_, cols_, gate, cost_.get(), stride_, extent);
        } else {
            prepare(rows, cols);
            copy_costs(cost, rows_, cols_, gate, cost_.get(), stride_, extent);
        }
        if (extent.unusable > 0) throw_unusable(cost, rows, cols);
        if (extent.allowed == 0) return;
        const double ruled_out = extent.allowed < rows * cols ? price_out(extent.largest) : kInfinity;
        if (rows == cols) reduce_columns();
        reduce_rows();
        for (std::size_t j = 0; j < cols_; ++j) {
            if (row_of_[j] >= 0) col_of_[row_of_[j]] = static_cast<std::int64_t>(j);
        }
        for (const std::int32_t free_row : waiting_) augment(free_row);
        for (std::size_t j = 0; j < cols_; ++j) {
            const std::int32_t i = row_of_[j];
            if (i < 0 || row(i)[j] >= ruled_out) continue;
            if (turned) {
                col_of_row[j] = i;
            } else {
                col_of_row[i] = static_cast<std::int32_t>(j);
            }
        }
    }

  private:
    template <class T>
    std::vector<T> &of() {
        if constexpr (std::is_same_v<T, float>) {
            return turned_floats_;
        } else {
            return turned_doubles_;
        }
    }
    template <class T>
    void transpose(const T *cost, std::size_t rows, std::size_t cols) {
        std::vector<T> &to = of<T>();
        to.resize(rows * cols);
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < cols; ++j) to[j * rows + i] = cost[i * cols + j];
        }
    }
    template <class T>
    [[noreturn]] static void throw_unusable(const T *cost, std::size_t rows, std::size_t cols) {
        std::size_t k = 0;
        while (k + 1 < rows * cols &&
               !(std::isnan(cost[k]) || cost[k] == -std::numeric_limits<T>::infinity()))
            ++k;
        throw std::invalid_argument("cost: entry (" + std::to_string(k / cols) + ", " +
                                    std::to_string(k % cols) + "): must be a number or +infinity, got " +
                                    std::to_string(cost[k]));
    }

    [[nodiscard]] double *row(std::size_t i) { return cost_.get() + i * stride_; }

    void prepare(std::size_t rows, std::size_t cols) {
        rows_ = rows;
        cols_ = cols;
        stride_ = (cols + kLanes - 1) / kLanes * kLanes;
        if (rows * stride_ > cost_room_) {
            cost_room_ = rows * stride_;
            cost_ = std::make_unique_for_overwrite<double[]>(cost_room_);
        }
        if (stride_ > cols) {
            for (std::size_t i = 0; i < rows; ++i) std::fill(row(i) + cols, row(i) + stride_, kInfinity);
        }
        price_.assign(stride_, 0.0);
        reach_.resize(stride_);
        from_.resize(stride_);
        row_of_.assign(cols, -1);
        col_of_.assign(rows, -1);
        waiting_.clear();
        postponed_.clear();
    }

    /// Replaces the infinite costs of real columns by one that no sum of allowed ones makes worth while, so
    /// that as many allowed pairs as possible are matched. Returns it.
    double price_out(double largest) {
        const double spread = largest > 0.0 ? 2.0 * largest : 1.0;
        const double ruled_out = static_cast<double>(rows_ + 2) * spread;
        if (!std::isfinite(ruled_out)) throw std::invalid_argument("cost: entries are too large to be added");
        for (std::size_t i = 0; i < rows_; ++i) {
            double *entries = row(i);
            for (std::size_t j = 0; j < cols_; ++j)
                entries[j] = entries[j] < kInfinity ? entries[j] : ruled_out;
        }
        return ruled_out;
    }

    /// Gives each column the price of its smallest cost, and its row where that is still free. Only for as
    /// many rows as columns: then every column is matched, and its price is free.
    void reduce_columns() {
        column_minima(cost_.get(), rows_, stride_, price_.data(), from_.data());
        std::fill(price_.begin() + static_cast<std::ptrdiff_t>(cols_), price_.end(), 0.0);
        for (std::size_t j = 0; j < cols_; ++j) {
            if (col_of_[from_[j]] >= 0) continue;
            col_of_[from_[j]] = static_cast<std::int64_t>(j);
            row_of_[j] = static_cast<std::int32_t>(from_[j]);
        }
    }

    /// Gives rows their cheapest columns and lowers those columns' prices to the next best, as in an auction;
    /// a row that is outbid tries again. Rows still without a column at the end are left in `waiting_`.
    /// Prices stay 0 at free columns, which rectangular costs need.
    void reduce_rows() {
        for (std::size_t k = rows_; k > 0; --k) {
            if (col_of_[k - 1] < 0) waiting_.push_back(static_cast<std::int32_t>(k - 1));
        }
        // The bound keeps price steps that rounding made tiny from going on for ever.
        std::size_t bids = 2 * rows_ + 8;
        for (int pass = 0; pass < 2 && bids > 0; ++pass) {
            if (pass > 0) waiting_.swap(postponed_);
            while (!waiting_.empty() && bids > 0) {
                --bids;
                const std::int32_t bidder = waiting_.back();
                waiting_.pop_back();
                Smallest best;
                Smallest next;
                two_smallest(row(bidder), price_.data(), stride_, best, next);
                const bool cheaper = best.value < next.value;
                // `next` is infinite only where there is a single column, and then nobody else bids.
                if (cheaper && next.value < kInfinity) price_[best.column] -= next.value - best.value;
                const bool tie = !cheaper && row_of_[best.column] >= 0;
                std::int32_t &owner = row_of_[tie ? next.column : best.column];
                if (owner >= 0) (cheaper ? waiting_ : postponed_).push_back(owner);
                owner = bidder;
            }
        }
        waiting_.insert(waiting_.end(), postponed_.begin(), postponed_.end());
    }

    /// Finds the shortest path from a free row to a free column and matches along it.
    void augment(std::int32_t free_row) {
        std::fill(reach_.begin(), reach_.end(), kInfinity);
        held_.clear();
        std::int32_t i = free_row;
        double offset = 0.0;
        Smallest nearest;
        for (;;) {
            extend_paths(row(i), price_.data(), offset, i, stride_, reach_.data(), from_.data(), nearest);
            const std::int64_t j = nearest.column;
            i = row_of_[j];
            if (i < 0) break;
            offset = row(i)[j] - price_[j] - nearest.value;
            held_.push_back({j, nearest.value, price_[j]});
            // A held column is out of reach of later steps.
            price_[j] = -kInfinity;
            reach_[j] = kInfinity;
        }
        for (const Held &h : held_) price_[h.column] = h.price + h.reach - nearest.value;
        std::int64_t j = nearest.column;
        for (std::int32_t before = -1; before != free_row;) {
            before = static_cast<std::int32_t>(from_[j]);
            row_of_[j] = before;
            std::swap(j, col_of_[before]);
        }
    }

    struct Held {
        std::int64_t column;
        double reach;
        double price;
    };

    std::size_t rows_ = 0;  ///< At most cols_.
    std::size_t cols_ = 0;
    std::size_t stride_ = 0;          ///< Columns with padding.
    std::unique_ptr<double[]> cost_;  ///< rows_ * stride_; not filled with zeros first, as a vector would be.
    std::size_t cost_room_ = 0;
    std::vector<double> price_;         ///< Dual of each column; -infinity while a path holds it.
    std::vector<double> reach_;         ///< Length of the shortest path to each column.
    std::vector<std::int64_t> from_;    ///< Row before each column on that path.
    std::vector<std::int32_t> row_of_;  ///< Of each column, -1 free.
    std::vector<std::int64_t> col_of_;  ///< Of each row; kept by `augment`.
    std::vector<std::int32_t> waiting_;
    std::vector<std::int32_t> postponed_;
    std::vector<Held> held_;
    std::vector<float> turned_floats_;
    std::vector<double> turned_doubles_;
};

#undef E2TAD_INLINE

void check_gate(double gate) {
    if (std::isnan(gate)) throw std::invalid_argument("gate: must be a number, got nan");
}

template <class T>
Assignment assign_one(MatrixViewOf<T> cost, double gate) {
    check_gate(gate);
    std::vector<std::int32_t> col_of_row(cost.rows);
    Solver().solve(cost.data, cost.rows, cost.cols, gate, col_of_row.data());
    Assignment pairs;
    for (std::size_t i = 0; i < cost.rows; ++i) {
        if (col_of_row[i] < 0) continue;
        pairs.rows.push_back(static_cast<std::int32_t>(i));
        pairs.cols.push_back(col_of_row[i]);
    }
    return pairs;
}

template <class T>
std::vector<std::int32_t> assign_many(const T *costs, std::size_t count, std::size_t rows, std::size_t cols,
                                      double gate) {
    check_gate(gate);
    std::vector<std::int32_t> matched(count * rows);
    Solver solver;
    for (std::size_t k = 0; k < count; ++k) {
        try {
            solver.solve(costs + k * rows * cols, rows, cols, gate, matched.data() + k * rows);
        } catch (const std::invalid_argument &error) {
            throw std::invalid_argument("problem " + std::to_string(k) + ": " + error.what());
        }
    }
    return matched;
}

}  // namespace

Assignment assign(MatrixViewOf<double> cost, double gate) {
    return assign_one(cost, gate);
}

Assignment assign(MatrixViewOf<float> cost, double gate) {
    return assign_one(cost, gate);
}

std::vector<std::int32_t> assign_batch(const double *costs, std::size_t count, std::size_t rows,
                                       std::size_t cols, double gate) {
    return assign_many(costs, count, rows, cols, gate);
}

std::vector<std::int32_t> assign_batch(const float *costs, std::size_t count, std::size_t rows,
                                       std::size_t cols, double gate) {
    return assign_many(costs, count, rows, cols, gate);
}

}  // namespace e2tad::associate
