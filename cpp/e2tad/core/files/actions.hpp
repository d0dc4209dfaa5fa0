#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "e2tad/core/files/csv.hpp"

/// Labels and answers of the contest: `frame,<ball>...`, a row per catch, a cell the person who holds that
/// ball. CONTEST's words, and where they leave an edge open:
///
/// - Column names are trimmed and in lower case. A ball column is one whose name starts with a digit; it is
///   reduced to that number without leading zeros: `5`, `5_blue` and `05 Blue` are ball 5. Of two columns
///   reduced to one number the last counts, and so does the last of two columns `frame`. Others are ignored.
/// - A frame is an integer: digits with an optional sign, within +-1e18. "5.0" is none; "+5" and " 5 " are 5,
///   negative frames are frames.
/// - Cells are text, trimmed: "1" and "01" differ. A cell that a short row lacks is empty; two empty cells
/// are
///   equal.
namespace e2tad::files {

/// The ball number that a column's name starts with, without leading zeros; none: no ball column.
std::optional<std::string> ball_number(std::string_view column);

/// The columns of a header that count.
struct ActionColumns {
    std::size_t frame = 0;
    std::vector<std::string> balls;   ///< Distinct numbers, in the order of their first column.
    std::vector<std::size_t> column;  ///< Where each ball's cells stand: its last column.

    /// @return none if no column is called frame.
    static std::optional<ActionColumns> of(const std::vector<std::string> &header);
};

/// The rows of a labels or answer file one at a time, in bounded memory.
class ActionReader {
  public:
    /// @throws std::filesystem::filesystem_error if the file can't be opened; InputError if it has no header
    ///         or no column `frame`.
    explicit ActionReader(const std::string &path);
    ActionReader(const std::string &name, std::string_view text);

    [[nodiscard]] const std::vector<std::string> &balls() const { return columns_.balls; }

    /// Moves to the next row. @return false at the end. @throws InputError if its frame is no integer.
    bool next();
    [[nodiscard]] std::int64_t frame() const { return frame_; }
    /// The cell of balls()[ball], trimmed; holds until the next row.
    [[nodiscard]] std::string_view cell(std::size_t ball) const { return csv_.cell(columns_.column[ball]); }

  private:
    void find_columns();
    CsvReader csv_;
    ActionColumns columns_;
    std::int64_t frame_ = 0;
};

/// Cells as numbers, so that comparing two is comparing two integers. A decimal integer in its plain form
/// ("12", "-3") stands for itself; other texts, the empty one first, count up from the lowest int64.
class CellCodes {
  public:
    static constexpr std::int64_t kEmpty = std::numeric_limits<std::int64_t>::min();
    CellCodes() { (void)encode(""); }

    std::int64_t encode(std::string_view trimmed_cell);
    /// The code, or none if this is a text that was never encoded here.
    [[nodiscard]] std::optional<std::int64_t> find(std::string_view trimmed_cell) const;
    [[nodiscard]] std::string text(std::int64_t code) const;
    /// The person that a cell names; -1 if it is no integer of 0 or more that fits int32.
    [[nodiscard]] static std::int32_t person(std::int64_t code) {
        return code >= 0 && code <= std::numeric_limits<std::int32_t>::max() ? static_cast<std::int32_t>(code)
                                                                             : -1;
    }
    /// The texts, in the order of their codes kEmpty, kEmpty + 1, ...
    [[nodiscard]] const std::vector<std::string> &texts() const { return texts_; }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> code_of_;
};

/// A whole labels or answer file, in file order.
struct ActionTable {
    std::vector<std::string> balls;  ///< Distinct ball numbers, see ActionColumns.
    std::vector<std::int64_t> frame;
    std::vector<std::int64_t> cells;  ///< Rows x balls, row-major, as codes of `codes`.
    CellCodes codes;

    [[nodiscard]] std::size_t rows() const { return frame.size(); }
    [[nodiscard]] std::int64_t cell(std::size_t row, std::size_t ball) const {
        return cells[row * balls.size() + ball];
    }
};

/// @throws as ActionReader.
ActionTable read_actions(const std::string &path);
ActionTable parse_actions(const std::string &name, std::string_view text);

/// Writes what read_actions() reads: the header `frame,5,6`, then the rows as they stand.
/// @throws std::filesystem::filesystem_error if the file can't be written.
std::string actions_text(const ActionTable &table);
void write_actions(const ActionTable &table, const std::string &path);

}  // namespace e2tad::files
