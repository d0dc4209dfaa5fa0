#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "e2tad/core/files/lines.hpp"

namespace e2tad::files {

/// A comma-separated file with a header, a row at a time.
///
/// Blank lines are skipped, wherever they stand. Cells and column names are trimmed of white space; a cell
/// may stand in double quotes ("" inside is one quote) but not span lines. A row shorter than the header
/// reads as if padded with empty cells; cells beyond the header are ignored.
class CsvReader {
  public:
    static constexpr std::size_t kMaxColumns = 1000;  ///< More is an error: nothing read here has so many.

    /// Reads the header.
    /// @param expected  the header that the file should have, for the error of an empty file.
    /// @throws InputError if the file has no header.
    CsvReader(LineReader lines, const std::string &expected);
    /// Without a header: the first line is a row.
    explicit CsvReader(LineReader lines) : lines_(std::move(lines)) {}

    /// Column names, trimmed, in lower case.
    [[nodiscard]] const std::vector<std::string> &header() const { return header_; }
    /// The last column of that name.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
    /// find(), or an InputError that names the file and the columns it has.
    [[nodiscard]] std::size_t require(std::string_view name) const;

    /// Moves to the next row. @return false at the end.
    bool next();
    /// A cell of the current row, trimmed; the view holds until the next row.
    [[nodiscard]] std::string_view cell(std::size_t column) const {
        return column < cells_.size() ? cells_[column] : std::string_view{};
    }

    [[nodiscard]] const LineReader &lines() const { return lines_; }
    /// Throws InputError: `FILE: line N: COLUMN: expected EXPECTED, got "CELL"`.
    [[noreturn]] void fail(std::size_t column, const std::string &expected) const;

  private:
    void split(std::string_view line);
    void split_quoted(std::string_view line);

    LineReader lines_;
    std::vector<std::string> header_;
    std::vector<std::string_view> cells_;
    std::string unquoted_;  ///< What the cells of a line with quotes point into.
};

}  // namespace e2tad::files
