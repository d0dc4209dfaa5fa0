#include "e2tad/action/contacts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace e2tad::action {
namespace {

/// Stands for "no contact": dearer than any set of true contacts, whose costs are at most 1/2 each.
constexpr double kNoContactCost = 1e6;

/// Balls and persons of one frame, and the costs of their pairs.
struct Candidates {
    std::vector<double> cost;           ///< (balls, persons); kNoContactCost where they don't touch.
    std::vector<std::int32_t> nearest;  ///< Cheapest person of each ball, or kNoContact.
};

bool find_candidates(const Timeline &timeline, std::size_t t, Candidates &found) {
    const std::size_t persons = timeline.persons();
    std::fill(found.cost.begin(), found.cost.end(), kNoContactCost);
    bool any = false;
    for (std::size_t b = 0; b < timeline.balls(); ++b) {
        found.nearest[b] = kNoContact;
        const Box &ball = timeline.ball(t, b);
        if (!is_seen(ball)) continue;
        const double x = 0.5 * (double{ball.left} + ball.right);
        const double y = 0.5 * (double{ball.top} + ball.bottom);
        double least = kNoContactCost;
        for (std::size_t p = 0; p < persons; ++p) {
            const Box &box = timeline.person(t, p);
            // An unseen box is NaN and fails every comparison.
            if (!(box.left <= x && x <= box.right && box.top <= y && y <= box.bottom)) continue;
            const double dx = x - 0.5 * (double{box.left} + box.right);
            const double dy = y - 0.5 * (double{box.top} + box.bottom);
            const double width = double{box.right} - box.left;
            const double height = double{box.bottom} - box.top;
            const double diagonal = std::sqrt(width * width + height * height);
            const double cost = diagonal > 0 ? std::sqrt(dx * dx + dy * dy) / diagonal : 0;
            found.cost[b * persons + p] = cost;
            if (cost < least) {
                least = cost;
                found.nearest[b] = static_cast<std::int32_t>(p);
            }
            any = true;
        }
    }
    return any;
}

bool shares_a_person(const std::vector<std::int32_t> &nearest) {
    for (std::size_t a = 0; a < nearest.size(); ++a) {
        for (std::size_t b = a + 1; b < nearest.size(); ++b) {
            if (nearest[a] != kNoContact && nearest[a] == nearest[b]) return true;
        }
    }
    return false;
}

/// Least-cost pairing by shortest augmenting paths (Jonker and Volgenant, 1987). Each ball may also stay
/// alone, at kNoContactCost, which its own extra column stands for.
void pair_up(const std::vector<double> &cost, std::size_t balls, std::size_t persons,
             std::vector<std::int32_t> &person_of) {
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    const std::size_t columns = persons + balls;
    const auto cost_of = [&](std::size_t ball, std::size_t column) {
        if (column < persons) return cost[ball * persons + column];
        return column - persons == ball ? kNoContactCost : kInfinite;
    };
    std::vector<double> ball_price(balls, 0);
    std::vector<double> column_price(columns, 0);
    std::vector<std::size_t> owner(columns, balls);  // balls: free
    for (std::size_t ball = 0; ball < balls; ++ball) {
        std::vector<double> shortest(columns, kInfinite);
        std::vector<std::size_t> reached_from(columns, columns);
        std::vector<bool> done(columns, false);
        std::size_t row = ball;
        std::size_t via = columns;
        double length = 0;
        std::size_t sink = columns;
        while (sink == columns) {
            std::size_t next = columns;
            for (std::size_t c = 0; c < columns; ++c) {
                if (done[c]) continue;
                const double through = length + cost_of(row, c) - ball_price[row] - column_price[c];
                if (through < shortest[c]) {
                    shortest[c] = through;
                    reached_from[c] = via;
                }
                if (next == columns || shortest[c] < shortest[next]) next = c;
            }
            length = shortest[next];
            done[next] = true;
            if (owner[next] == balls) {
                sink = next;
            } else {
                row = owner[next];
                via = next;
            }
        }
        ball_price[ball] += length;
        for (std::size_t c = 0; c < columns; ++c) {
            if (!done[c] || c == sink) continue;
            ball_price[owner[c]] += length - shortest[c];
            column_price[c] -= length - shortest[c];
        }
        for (std::size_t c = sink; c != columns;) {
            const std::size_t before = reached_from[c];
            owner[c] = before == columns ? ball : owner[before];
            c = before;
        }
    }
    for (std::size_t c = 0; c < columns; ++c) {
        if (owner[c] == balls) continue;
        const bool touches = c < persons && cost[owner[c] * persons + c] < kNoContactCost;
        person_of[owner[c]] = touches ? static_cast<std::int32_t>(c) : kNoContact;
    }
}

}  // namespace

std::vector<std::int32_t> find_contacts(const Timeline &timeline, bool assign) {
    const std::size_t balls = timeline.balls();
    std::vector<std::int32_t> contacts(timeline.size() * balls, kNoContact);
    Candidates found{std::vector<double>(balls * timeline.persons()), std::vector<std::int32_t>(balls)};
    for (std::size_t t = 0; t < timeline.size(); ++t) {
        if (!find_candidates(timeline, t, found)) continue;
        // Cheapest persons that differ are the least total already.
        if (assign && shares_a_person(found.nearest)) {
            pair_up(found.cost, balls, timeline.persons(), found.nearest);
        }
        std::copy(found.nearest.begin(), found.nearest.end(),
                  contacts.begin() + static_cast<std::ptrdiff_t>(t * balls));
    }
    return contacts;
}

}  // namespace e2tad::action
