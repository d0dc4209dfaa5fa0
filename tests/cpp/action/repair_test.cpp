#include "e2tad/action/repair.hpp"

#include <gtest/gtest.h>

#include "e2tad/core/random.hpp"

namespace e2tad::action {
namespace {

/// Persons who stand 300 pixels apart and sway, `step` frames between rows.
Timeline swaying(std::size_t rows, std::size_t persons, std::int32_t step) {
    Random random(11);
    Timeline table;
    for (std::size_t p = 0; p < persons; ++p) table.person_ids.push_back(static_cast<std::int32_t>(p + 1));
    for (std::size_t t = 0; t < rows; ++t) {
        table.frames.push_back(static_cast<std::int32_t>(t) * step);
        for (std::size_t p = 0; p < persons; ++p) {
            const auto x = static_cast<float>(300.0 * static_cast<double>(p) + random.normal(0, 3));
            const auto y = static_cast<float>(random.normal(0, 3));
            table.person_boxes.push_back({x, y, x + 80, y + 200});
        }
    }
    return table;
}

void exchange(Timeline &table, std::size_t begin, std::size_t end, std::size_t a, std::size_t b) {
    for (std::size_t t = begin; t < end; ++t) {
        std::swap(table.person_boxes[t * table.persons() + a], table.person_boxes[t * table.persons() + b]);
    }
}

TEST(Repair, GivesBackSeveralExchangedPairsThatOverlapInTime) {
    for (const std::int32_t step : {1, 10}) {
        const Timeline truth = swaying(80, 6, step);
        Timeline table = truth;
        exchange(table, 20, 40, 0, 1);
        exchange(table, 20, 40, 2, 3);
        exchange(table, 30, 50, 4, 5);
        exchange(table, 35, 55, 0, 4);
        repair(table, ContinuityConfig{});
        EXPECT_EQ(table.person_boxes, truth.person_boxes) << "step " << step;
    }
}

TEST(Repair, BelievesTheTrackerWhereMotionTellsNothing) {
    Timeline table = swaying(6, 2, 2000);
    exchange(table, 3, 6, 0, 1);
    const Timeline before = table;
    repair(table, ContinuityConfig{});
    EXPECT_EQ(table.person_boxes, before.person_boxes);
}

TEST(Repair, TakesManyObjects) {
    const Timeline truth = swaying(30, 90, 1);
    Timeline table = truth;
    exchange(table, 10, 20, 17, 18);
    repair(table, ContinuityConfig{});
    EXPECT_EQ(table.person_boxes, truth.person_boxes);
}

TEST(Repair, TakesTablesWithoutRowsOrColumns) {
    Timeline none;
    EXPECT_NO_THROW(repair(none, ContinuityConfig{}));
    none.frames = {1, 2};
    EXPECT_NO_THROW(repair(none, ContinuityConfig{}));
    none.ball_ids = {1, 2};
    none.ball_boxes.assign(4, unseen_box());
    EXPECT_NO_THROW(repair(none, ContinuityConfig{}));
}

}  // namespace
}  // namespace e2tad::action
