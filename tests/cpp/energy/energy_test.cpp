#include <gtest/gtest.h>

#include "e2tad/energy/meter.hpp"
#include "e2tad/energy/model.hpp"
#include "e2tad/energy/source.hpp"

namespace e2tad::energy {
namespace {

TEST(PowerIntegral, SumsTrapezoidsAndCutsThemAtTheEnds) {
    PowerIntegral power(5);
    EXPECT_FALSE(power.joules(0, 1));
    for (int i = 0; i <= 10; ++i) power.add(i, i);  // power = time
    EXPECT_DOUBLE_EQ(*power.joules(0, 10), 50);
    EXPECT_DOUBLE_EQ(*power.joules(2.5, 7.25), 0.5 * (7.25 * 7.25 - 2.5 * 2.5));
    EXPECT_DOUBLE_EQ(*power.joules(9, 12), 0.5 * 19 + 2 * 10);
    EXPECT_DOUBLE_EQ(*power.joules(11, 12), 10);
    EXPECT_DOUBLE_EQ(*power.joules(3, 3), 0);
    EXPECT_FALSE(power.joules(0, 20));
    EXPECT_FALSE(power.joules(-6, 2));
    EXPECT_FALSE(power.joules(2, 1));
}

TEST(PowerIntegral, DoesntGuessAcrossALongGap) {
    PowerIntegral power(2);
    power.add(0, 1);
    power.add(1, 1);
    power.add(9, 1);
    EXPECT_FALSE(power.joules(0, 9));
    EXPECT_DOUBLE_EQ(*power.joules(0, 1), 1);
}

TEST(Sources, AreMadeByName) {
    EXPECT_THROW((void)make_source({.source = "log"}), ConfigError);
    const auto source = make_source({.source = "model"});
    source->start();
    const Reading reading = source->stop(3);
    EXPECT_EQ(reading.method, Method::kModelled);
    EXPECT_STREQ(method_name(reading.method), "modelled");
    ASSERT_TRUE(reading.joules);
    EXPECT_GE(*reading.joules, 1000 * fit_model().e0_kj);
}

TEST(Model, NeedsTwoDifferentRates) {
    EXPECT_THROW((void)fit_model({kTable2.data(), 1}), std::invalid_argument);
    EXPECT_NO_THROW((void)fit_model({kTable2.data(), 2}));
}

}  // namespace
}  // namespace e2tad::energy
