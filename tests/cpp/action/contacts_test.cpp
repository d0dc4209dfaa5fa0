#include "e2tad/action/contacts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "e2tad/core/random.hpp"

namespace e2tad::action {
namespace {

Timeline one_frame(const std::vector<Box> &persons, const std::vector<Box> &balls) {
    Timeline table;
    table.frames = {0};
    table.person_ids.resize(persons.size());
    table.ball_ids.resize(balls.size());
    table.person_boxes = persons;
    table.ball_boxes = balls;
    return table;
}

double pair_cost(const Box &ball, const Box &person) {
    const double x = ball.center_x();
    const double y = ball.center_y();
    if (x < person.left || x > person.right || y < person.top || y > person.bottom) return 1e6;
    return std::hypot(x - person.center_x(), y - person.center_y()) /
           std::hypot(person.width(), person.height());
}

/// The least total over all ways to give each ball a place of its own.
double least_total(const Timeline &table) {
    std::vector<std::size_t> place(std::max(table.balls(), table.persons()));
    std::iota(place.begin(), place.end(), std::size_t{0});
    double least = 1e12;
    do {
        double total = 0;
        for (std::size_t b = 0; b < table.balls(); ++b) {
            total +=
                place[b] < table.persons() ? pair_cost(table.ball(0, b), table.person(0, place[b])) : 1e6;
        }
        least = std::min(least, total);
    } while (std::next_permutation(place.begin(), place.end()));
    return least;
}

TEST(Contacts, PairsCostTheLeastOfAllPairings) {
    Random random(7);
    int conflicts = 0;
    for (int round = 0; round < 2000; ++round) {
        const auto box = [&random](double size) {
            const auto x = static_cast<float>(random.uniform(0, 10));
            const auto y = static_cast<float>(random.uniform(0, 10));
            return Box{x, y, x + static_cast<float>(random.uniform(0.1, size)),
                       y + static_cast<float>(random.uniform(0.1, size))};
        };
        std::vector<Box> persons(static_cast<std::size_t>(random.below(6)));
        std::vector<Box> balls(static_cast<std::size_t>(1 + random.below(5)));
        for (Box &person : persons) person = box(12);
        for (Box &ball : balls) ball = box(1);
        const Timeline table = one_frame(persons, balls);
        const std::vector<std::int32_t> contacts = find_contacts(table, true);
        double total = 0;
        std::vector<bool> taken(persons.size());
        for (std::size_t b = 0; b < balls.size(); ++b) {
            if (contacts[b] == kNoContact) {
                total += 1e6;
                continue;
            }
            const auto p = static_cast<std::size_t>(contacts[b]);
            EXPECT_FALSE(taken[p]);
            taken[p] = true;
            total += pair_cost(balls[b], persons[p]);
        }
        EXPECT_NEAR(total, least_total(table), 1e-6);
        conflicts += find_contacts(table, false) != contacts;
    }
    EXPECT_GT(conflicts, 200) << "the case that needs an assignment hardly occurred";
}

TEST(Contacts, TheBorderBelongsToTheBox) {
    const Box person{0, 0, 4, 4};
    EXPECT_EQ(find_contacts(one_frame({person}, {{3, 3, 5, 5}}), true)[0], 0);
    EXPECT_EQ(find_contacts(one_frame({person}, {{3, 3, 5.01f, 5}}), true)[0], kNoContact);
}

TEST(Contacts, WhatIsntSeenTouchesNothing) {
    const Box here{0, 0, 4, 4};
    EXPECT_EQ(find_contacts(one_frame({unseen_box()}, {here}), true)[0], kNoContact);
    EXPECT_EQ(find_contacts(one_frame({here}, {unseen_box()}), true)[0], kNoContact);
    EXPECT_TRUE(find_contacts(one_frame({here}, {}), true).empty());
}

}  // namespace
}  // namespace e2tad::action
