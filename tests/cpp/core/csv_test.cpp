#include "e2tad/core/files/csv.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "scratch.hpp"

namespace e2tad::files {
namespace {

using testing::input_error;
using testing::Scratch;
using testing::system_error;

std::vector<std::string> all_lines(LineReader reader) {
    std::vector<std::string> lines;
    std::string_view line;
    while (reader.next(line)) lines.emplace_back(line);
    return lines;
}

/// Rows as "a|b|c", the header first.
std::vector<std::string> all_rows(std::string_view text) {
    CsvReader csv(LineReader("here", text), "a,b");
    std::vector<std::string> rows(1);
    for (const std::string &name : csv.header()) rows[0] += (rows[0].empty() ? "" : "|") + name;
    while (csv.next()) {
        rows.emplace_back();
        for (std::size_t i = 0; i < csv.header().size(); ++i) {
            if (i > 0) rows.back() += '|';
            rows.back() += csv.cell(i);
        }
    }
    return rows;
}

using Strings = std::vector<std::string>;

TEST(LineReader, TakesEveryLineEndAndAByteOrderMark) {
    EXPECT_EQ(all_lines({"here", "a\nb\r\nc"}), (Strings{"a", "b", "c"}));
    EXPECT_EQ(all_lines({"here",
                         "\xEF\xBB\xBF"
                         "a\n\n"}),
              (Strings{"a", ""}));
    EXPECT_EQ(all_lines({"here", ""}), Strings{});
}

TEST(LineReader, LinesOfAFileMayCrossItsChunks) {
    const Scratch scratch;
    Strings lines;
    std::string text;
    for (std::size_t i = 0; i < 3000; ++i) {
        lines.push_back(std::to_string(i) + std::string(i % 97, 'x'));
        text += lines.back() + (i % 2 == 0 ? "\n" : "\r\n");
    }
    ASSERT_GT(text.size(), 2 * LineReader::kChunk);
    EXPECT_EQ(all_lines(LineReader(scratch.write("a.csv", text))), lines);
    EXPECT_EQ(all_lines({"here", text}), lines);
}

TEST(LineReader, ALineOverTheLimitIsAnErrorAndOneAtItIsNot) {
    const Scratch scratch;
    const std::string most(LineReader::kMaxLine, 'x');
    EXPECT_EQ(all_lines(LineReader(scratch.write("a", most + "\nb"))), (Strings{most, "b"}));
    const std::string more = scratch.write("b", "a\n" + most + "x\n");
    EXPECT_EQ(input_error([&] { (void)all_lines(LineReader(more)); }),
              more + ": line 2: is longer than 1048576 bytes");
    EXPECT_EQ(input_error([&] { (void)all_lines({"here", most + "x"}); }),
              "here: line 1: is longer than 1048576 bytes");
}

TEST(LineReader, ABinaryFileIsAnError) {
    EXPECT_EQ(input_error([] { (void)all_lines({"here", std::string_view("a\nb\0c", 5)}); }),
              "here: line 2: has a NUL byte: expected a text file");
}

TEST(LineReader, WhatCannotBeReadKeepsTheSystemsErrorNumber) {
    const Scratch scratch;
    EXPECT_EQ(system_error([&] { (void)all_lines(LineReader(scratch.path("none"))); }), ENOENT);
    EXPECT_EQ(system_error([&] { (void)all_lines(LineReader(scratch.path("."))); }), EISDIR);
}

TEST(Csv, TrimsCellsLowersNamesAndSkipsBlankLines) {
    EXPECT_EQ(all_rows("\n Frame , 5_Blue\r\n\r\n 1 ,2\n   \n3, x y \n\n"),
              (Strings{"frame|5_blue", "1|2", "3|x y"}));
}

TEST(Csv, ShortRowsReadAsEmptyCellsAndLongOnesAreCut) {
    EXPECT_EQ(all_rows("a,b\n1\n1,2,3\n,\n"), (Strings{"a|b", "1|", "1|2", "|"}));
}

TEST(Csv, CellsMayBeQuoted) {
    EXPECT_EQ(all_rows("\"a\",\"b, c\"\n\"1\", \"say \"\"x\"\"\" \n\"\",2\"\n"),
              (Strings{"a|b, c", "1|say \"x\"", "|2\""}));
    EXPECT_EQ(input_error([] { (void)all_rows("a,b\n1,\"2\n3\n"); }),
              "here: line 2: has a quoted cell that isn't closed on its line");
}

TEST(Csv, ErrorsNameWhatWasExpected) {
    EXPECT_EQ(input_error([] { (void)all_rows(" \n\n"); }), "here: is empty: expected a header a,b");
    EXPECT_EQ(input_error([] { (void)all_rows("\x89PNG\r\n\x1A\n"); }),
              "here: line 1: isn't text: expected a header a,b");
    EXPECT_EQ(input_error([] { (void)CsvReader(LineReader("here", "a,B\n"), "a,c").require("c"); }),
              "here: no column c, the header is \"a,b\"");
    EXPECT_EQ(input_error([] { (void)all_rows(std::string(CsvReader::kMaxColumns, ',')); }),
              "here: line 1: has more than 1000 columns");
}

TEST(Csv, OfTwoColumnsWithOneNameTheLastIsFound) {
    CsvReader csv(LineReader("here", "a,b,A\n"), "a,b");
    EXPECT_EQ(csv.find("a"), 2u);
    EXPECT_EQ(csv.find("c"), std::nullopt);
}

}  // namespace
}  // namespace e2tad::files
