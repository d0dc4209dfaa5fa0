#include "e2tad/associate/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>

namespace e2tad::associate {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Total {
    std::size_t pairs = 0;
    double sum = 0;
};

/// Every assignment tried: the most allowed pairs, then the smallest sum.
Total best_of_all(const MatrixOf<double> &cost, double gate) {
    std::vector<std::size_t> columns(std::max(cost.rows, cost.cols));
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    Total best{0, kInf};
    do {
        Total now;
        for (std::size_t i = 0; i < cost.rows; ++i) {
            if (columns[i] >= cost.cols || !(cost(i, columns[i]) <= gate) || std::isinf(cost(i, columns[i])))
                continue;
            ++now.pairs;
            now.sum += cost(i, columns[i]);
        }
        if (now.pairs > best.pairs || (now.pairs == best.pairs && now.sum < best.sum)) best = now;
    } while (std::next_permutation(columns.begin(), columns.end()));
    return best;
}

Total total(const MatrixOf<double> &cost, double gate, const Assignment &pairs) {
    Total got;
    std::vector<int> row_used(cost.rows), col_used(cost.cols);
    for (std::size_t k = 0; k < pairs.rows.size(); ++k) {
        const double value = cost(pairs.rows[k], pairs.cols[k]);
        EXPECT_LE(value, gate);
        EXPECT_LT(value, kInf);
        EXPECT_EQ(row_used[pairs.rows[k]]++ + col_used[pairs.cols[k]]++, 0);
        ++got.pairs;
        got.sum += value;
    }
    EXPECT_TRUE(std::is_sorted(pairs.rows.begin(), pairs.rows.end()));
    return got;
}

TEST(Assign, EqualsTheBestOfAllAssignments) {
    std::mt19937 random(2);
    for (int trial = 0; trial < 3000; ++trial) {
        MatrixOf<double> cost(1 + random() % 6, 1 + random() % 6);
        for (double &value : cost.data) {
            value = trial % 2 ? static_cast<double>(random() % 5) - 1
                              : static_cast<double>(random()) * 1e-6 - 1e3;
            if (trial % 3 == 0 && random() % 3 == 0) value = kInf;
        }
        const double gate = trial % 5 == 0 ? cost.data[0] : kInf;
        const Total wanted = best_of_all(cost, gate);
        const Total got = total(cost, gate, assign(MatrixViewOf<double>(cost), gate));
        ASSERT_EQ(got.pairs, wanted.pairs);
        if (wanted.pairs > 0) {
            ASSERT_NEAR(got.sum, wanted.sum, 1e-9 * std::max(1.0, std::abs(wanted.sum)));
        }
    }
}

TEST(Assign, MatchesAsManyAsPossibleEvenWhereThatCostsMore) {
    // Row 0 alone would take column 0 for nothing; but then row 1 had none.
    const std::vector<double> cost{0, 1e6, 0, kInf};
    const Assignment pairs = assign(MatrixViewOf<double>{cost.data(), 2, 2});
    EXPECT_EQ(pairs.rows, (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(pairs.cols, (std::vector<std::int32_t>{1, 0}));
}

TEST(Assign, NothingToMatch) {
    EXPECT_TRUE(assign(MatrixViewOf<double>{nullptr, 0, 3}).rows.empty());
    EXPECT_TRUE(assign(MatrixViewOf<double>{nullptr, 3, 0}).rows.empty());
    const std::vector<float> far{5, 6};
    EXPECT_TRUE(assign(MatrixViewOf<float>{far.data(), 1, 2}, 4.0).rows.empty());
    EXPECT_EQ(assign(MatrixViewOf<float>{far.data(), 1, 2}, 5.0).cols, std::vector<std::int32_t>{0});
}

TEST(Assign, UnusableCostsAreNamed) {
    for (const double bad : {std::nan(""), -kInf}) {
        const std::vector<double> cost{0, 1, 2, 3, bad, 5};
        for (const std::size_t rows : {2u, 3u}) {
            try {
                (void)assign(MatrixViewOf<double>{cost.data(), rows, 6 / rows});
                FAIL();
            } catch (const std::invalid_argument &error) {
                const std::string where = rows == 2 ? "(1, 1)" : "(2, 0)";
                EXPECT_NE(std::string(error.what()).find("cost: entry " + where), std::string::npos)
                    << error.what();
            }
        }
        EXPECT_THROW((void)assign_batch(cost.data(), 3, 1, 2), std::invalid_argument);
    }
    EXPECT_THROW((void)assign(MatrixViewOf<double>{}, std::nan("")), std::invalid_argument);
}

TEST(AssignBatch, EqualsOneByOne) {
    std::mt19937 random(4);
    std::vector<float> costs(40 * 7 * 9);
    for (float &value : costs) value = static_cast<float>(random() % 1000) / 1000.0f;
    const std::vector<std::int32_t> all = assign_batch(costs.data(), 40, 7, 9, 0.5);
    for (std::size_t k = 0; k < 40; ++k) {
        std::vector<std::int32_t> wanted(7, -1);
        const Assignment pairs = assign(MatrixViewOf<float>{costs.data() + k * 63, 7, 9}, 0.5);
        for (std::size_t i = 0; i < pairs.rows.size(); ++i) wanted[pairs.rows[i]] = pairs.cols[i];
        EXPECT_TRUE(
            std::equal(wanted.begin(), wanted.end(), all.begin() + static_cast<std::ptrdiff_t>(k * 7)));
    }
}

}  // namespace
}  // namespace e2tad::associate
