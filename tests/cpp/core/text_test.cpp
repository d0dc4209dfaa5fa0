#include "e2tad/core/files/text.hpp"

#include <gtest/gtest.h>

namespace e2tad::files {
namespace {

TEST(Text, IntegersAreDigitsWithAnOptionalSign) {
    EXPECT_EQ(parse_integer("5"), 5);
    EXPECT_EQ(parse_integer(" 5\t"), 5);
    EXPECT_EQ(parse_integer("+5"), 5);
    EXPECT_EQ(parse_integer("-5"), -5);
    EXPECT_EQ(parse_integer("007"), 7);
    EXPECT_EQ(parse_integer("1000000000000000000"), 1'000'000'000'000'000'000);
    for (const char *other : {"", " ", "5.0", "5e0", "0x5", "+-5", "--5", "+", "5 5", "five", "nan",
                              "1000000000000000001", "99999999999999999999"}) {
        EXPECT_EQ(parse_integer(other), std::nullopt) << other;
    }
}

TEST(Text, WholeNumbersMayComeAsDecimals) {
    EXPECT_EQ(parse_whole("5.0"), 5);
    EXPECT_EQ(parse_whole("-1"), -1);
    for (const char *other : {"5.5", "nan", "inf", "3e9", "", "+-1"}) {
        EXPECT_EQ(parse_whole(other), std::nullopt) << other;
    }
}

TEST(Text, MessagesStayOneLineOfUtf8) {
    EXPECT_EQ(printable("a\nb\x01"), "a\\x0ab\\x01");
    EXPECT_EQ(printable("\xC3\xA9"), "\xC3\xA9");
    EXPECT_EQ(printable("\xC3("), "\\xc3(");
    EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // a surrogate
    EXPECT_EQ(printable("\xC0\x80"), "\\xc0\\x80");           // overlong
    EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    EXPECT_EQ(printable("\xC2\x85"), "\\xc2\\x85");  // a line break to some readers
    EXPECT_EQ(in_quotes(std::string(100, 'x')), '"' + std::string(40, 'x') + "...\"");
}

TEST(Text, NumbersPrintAsTheirShortestDecimal) {
    EXPECT_EQ(shortest(1626.0f), "1626");
    EXPECT_EQ(shortest(0.1f), "0.1");
    EXPECT_EQ(fixed(0.5, 6), "0.500000");
}

}  // namespace
}  // namespace e2tad::files
