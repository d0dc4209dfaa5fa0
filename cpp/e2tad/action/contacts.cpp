#include "e2tad/action/contacts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "e2tad/associate/assignment.hpp"

namespace e2tad::action {
namespace {

constexpr double kNoContactCost = std::numeric_limits<double>::infinity();

/// Boxes are whole pixels, so that equal costs do occur: the ball of the lower id then has the person. Far
/// below any other difference of two costs.
constexpr double kTie = 1e-12;

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
            found.cost[b * persons + p] = cost + kTie * static_cast<double>(b);
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

}  // namespace

std::vector<std::int32_t> find_contacts(const Timeline &timeline, bool assign) {
    const std::size_t balls = timeline.balls();
    std::vector<std::int32_t> contacts(timeline.size() * balls, kNoContact);
    Candidates found{std::vector<double>(balls * timeline.persons()), std::vector<std::int32_t>(balls)};
    for (std::size_t t = 0; t < timeline.size(); ++t) {
        if (!find_candidates(timeline, t, found)) continue;
        // Cheapest persons that differ are the least total already.
        if (assign && shares_a_person(found.nearest)) {
            const associate::Assignment pairs =
                associate::assign(MatrixViewOf<double>{found.cost.data(), balls, timeline.persons()});
            std::fill(found.nearest.begin(), found.nearest.end(), kNoContact);
            for (std::size_t i = 0; i < pairs.rows.size(); ++i) {
                found.nearest[static_cast<std::size_t>(pairs.rows[i])] = pairs.cols[i];
            }
        }
        std::copy(found.nearest.begin(), found.nearest.end(),
                  contacts.begin() + static_cast<std::ptrdiff_t>(t * balls));
    }
    return contacts;
}

}  // namespace e2tad::action
