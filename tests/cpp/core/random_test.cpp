#include "e2tad/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace e2tad {
namespace {

TEST(Random, GivesSplitMix64sPublishedSequence) {
    // The first outputs for seed 1234567, as printed with Vigna's reference implementation.
    Random random(1234567);
    const std::array<std::uint64_t, 5> reference{6457827717110365317ULL, 3203168211198807973ULL,
                                                 9817491932198370423ULL, 4593380528125082431ULL,
                                                 16408922859458223821ULL};
    for (const std::uint64_t expected : reference) EXPECT_EQ(random.bits(), expected);
}

TEST(Random, UniformsFillTheUnitIntervalEvenly) {
    Random random(7);
    std::array<int, 10> counts{};
    for (int i = 0; i < 100000; ++i) {
        const double u = random.uniform();
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        ++counts.at(static_cast<std::size_t>(u * 10));
    }
    // Chi-square with 9 degrees of freedom: 27.9 is exceeded once in 1,000 seeds.
    double chi2 = 0;
    for (const int count : counts) chi2 += (count - 10000.0) * (count - 10000.0) / 10000.0;
    EXPECT_LT(chi2, 27.9);
}

TEST(Random, NormalsHaveTheMeanAndDeviationAskedFor) {
    Random random(8);
    double sum = 0;
    double squares = 0;
    const int n = 100000;
    for (int i = 0; i < n; ++i) {
        const double x = random.normal(3, 2);
        sum += x;
        squares += (x - 3) * (x - 3);
    }
    EXPECT_NEAR(sum / n, 3, 4 * 2 / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n), 2, 0.03);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
    Random random(9);
    std::set<int> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.below(5));
    EXPECT_EQ(seen, (std::set<int>{0, 1, 2, 3, 4}));
}

TEST(Random, TheStreamOfANameDependsOnSeedAndNameOnly) {
    EXPECT_EQ(Random(3, "a.jpg").bits(), Random(3, "a.jpg").bits());
    std::set<std::uint64_t> first;
    for (int seed = 0; seed < 100; ++seed) {
        for (int i = 0; i < 100; ++i) {
            first.insert(Random(static_cast<std::uint64_t>(seed), std::to_string(i)).bits());
        }
    }
    EXPECT_EQ(first.size(), 10000U);
}

TEST(Random, AForkDoesNotMoveItsParent) {
    Random random(5);
    const Random copy = random;
    Random fork = random.fork(1);
    (void)fork.bits();
    EXPECT_EQ(random.bits(), Random(copy).bits());
    EXPECT_NE(copy.fork(1).bits(), copy.fork(2).bits());
}

}  // namespace
}  // namespace e2tad
