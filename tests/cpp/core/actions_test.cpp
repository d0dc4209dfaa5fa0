#include "e2tad/core/files/actions.hpp"

#include <gtest/gtest.h>

#include "scratch.hpp"

namespace e2tad::files {
namespace {

using testing::input_error;
using testing::Scratch;

TEST(BallNumber, IsTheNumberThatANameStartsWith) {
    EXPECT_EQ(ball_number("5"), "5");
    EXPECT_EQ(ball_number(" 5_blue "), "5");
    EXPECT_EQ(ball_number("05 Blue"), "5");
    EXPECT_EQ(ball_number("000"), "0");
    EXPECT_EQ(ball_number("99999999999999999999_x"), "99999999999999999999");
    for (const char *other : {"", "frame", "ball_5", "_5", "-5"}) {
        EXPECT_EQ(ball_number(other), std::nullopt) << other;
    }
}

TEST(Actions, KeepsFileOrderAndReducesColumns) {
    const ActionTable table = parse_actions("here", "5_blue,Frame,note,6_red,05\n1, 9 ,x,2,3\n4,-7,y,,6\n");
    EXPECT_EQ(table.balls, (std::vector<std::string>{"5", "6"}));
    EXPECT_EQ(table.frame, (std::vector<std::int64_t>{9, -7}));
    // Of the two columns of ball 5 the last counts.
    EXPECT_EQ(table.cell(0, 0), 3);
    EXPECT_EQ(table.cell(1, 0), 6);
    EXPECT_EQ(table.cell(0, 1), 2);
    EXPECT_EQ(table.cell(1, 1), CellCodes::kEmpty);
}

TEST(Actions, ErrorsNameLineAndColumn) {
    const auto error = [](std::string_view text) {
        return input_error([text] { (void)parse_actions("here", text); });
    };
    EXPECT_EQ(error(""), "here: is empty: expected a header frame,<ball>...");
    EXPECT_EQ(error("time,5\n"), "here: no column frame, the header is \"time,5\"");
    EXPECT_EQ(error("frame,5\n1,2\nx,3\n"), "here: line 3: frame: expected an integer, got \"x\"");
    EXPECT_EQ(error("frame,5\n5.0,2\n"), "here: line 2: frame: expected an integer, got \"5.0\"");
    EXPECT_EQ(error("frame,5\n,2\n"), "here: line 2: frame: expected an integer, got \"\"");
    EXPECT_EQ(error("frame,5\nnan,2\n"), "here: line 2: frame: expected an integer, got \"nan\"");
    EXPECT_EQ(error("frame,5\n"), "no error");
}

TEST(CellCodes, EqualTextsAndOnlyTheyHaveOneCode) {
    CellCodes codes;
    const std::vector<std::string> texts = {"",
                                            "0",
                                            "1",
                                            "01",
                                            "-1",
                                            "+1",
                                            "-0",
                                            "1.0",
                                            "a",
                                            "A",
                                            "999999999999999999",
                                            "1000000000000000000",
                                            "-9223372036854775808",
                                            "-"};
    std::vector<std::int64_t> found;
    for (const std::string &text : texts) found.push_back(codes.encode(text));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(codes.encode(texts[i]), found[i]);
        EXPECT_EQ(codes.find(texts[i]), found[i]);
        EXPECT_EQ(codes.text(found[i]), texts[i]);
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(found[i], found[j]) << texts[i] << " " << texts[j];
    }
    EXPECT_EQ(codes.find("new"), std::nullopt);
}

TEST(CellCodes, APersonIsAnIdOrNobody) {
    CellCodes codes;
    EXPECT_EQ(CellCodes::person(codes.encode("3")), 3);
    EXPECT_EQ(CellCodes::person(codes.encode("0")), 0);
    for (const char *other : {"", "-1", "x", "2147483648", "99999999999999999999"}) {
        EXPECT_EQ(CellCodes::person(codes.encode(other)), -1) << other;
    }
}

TEST(Actions, WrittenTablesReadBack) {
    const Scratch scratch;
    const ActionTable table = parse_actions("here", "frame,5,6\n3,1,\"a, \"\"b\"\"\"\n-1,,01\n");
    write_actions(table, scratch.path("new/answer.csv"));
    EXPECT_EQ(scratch.read("new/answer.csv"), "frame,5,6\n3,1,\"a, \"\"b\"\"\"\n-1,,01\n");
    EXPECT_EQ(read_actions(scratch.path("new/answer.csv")).cells, table.cells);
}

}  // namespace
}  // namespace e2tad::files
