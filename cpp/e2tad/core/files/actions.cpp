#include "e2tad/core/files/actions.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/text.hpp"
#include "e2tad/core/files/write.hpp"

namespace e2tad::files {
namespace {

constexpr const char *kHeader = "frame,<ball>...";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The value of "0", "12", "-3", but not of "012", "+3", "-0" or more than 18 digits: of the texts that one
/// number has, only the plain one may become the number.
std::optional<std::int64_t> plain_integer(std::string_view text) {
    const std::size_t sign = !text.empty() && text.front() == '-' ? 1 : 0;
    const std::size_t digits = text.size() - sign;
    if (digits == 0 || digits > 18 || !is_digit(text[sign])) return std::nullopt;
    if (text[sign] == '0' && (digits > 1 || sign == 1)) return std::nullopt;
    std::int64_t value = 0;
    for (std::size_t i = sign; i < text.size(); ++i) {
        if (!is_digit(text[i])) return std::nullopt;
        value = 10 * value + (text[i] - '0');
    }
    return sign == 1 ? -value : value;
}

ActionTable read_rows(ActionReader &reader) {
    ActionTable table;
    table.balls = reader.balls();
    while (reader.next()) {
        table.frame.push_back(reader.frame());
        for (std::size_t ball = 0; ball < table.balls.size(); ++ball) {
            table.cells.push_back(table.codes.encode(reader.cell(ball)));
        }
    }
    return table;
}

}  // namespace

std::optional<std::string> ball_number(std::string_view column) {
    column = trimmed(column);
    std::size_t digits = 0;
    while (digits < column.size() && is_digit(column[digits])) ++digits;
    if (digits == 0) return std::nullopt;
    std::size_t zeros = 0;
    while (zeros + 1 < digits && column[zeros] == '0') ++zeros;
    return std::string(column.substr(zeros, digits - zeros));
}

std::optional<ActionColumns> ActionColumns::of(const std::vector<std::string> &header) {
    ActionColumns columns;
    bool has_frame = false;
    std::unordered_map<std::string, std::size_t> index_of;
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (lower_case(trimmed(header[i])) == "frame") {
            columns.frame = i;
            has_frame = true;
        } else if (const auto number = ball_number(header[i])) {
            const auto [at, added] = index_of.emplace(*number, columns.balls.size());
            if (added) {
                columns.balls.push_back(*number);
                columns.column.push_back(i);
            } else {
                columns.column[at->second] = i;
            }
        }
    }
    if (!has_frame) return std::nullopt;
    return columns;
}

ActionReader::ActionReader(const std::string &path) : csv_(LineReader(path), kHeader) {
    find_columns();
}

ActionReader::ActionReader(const std::string &name, std::string_view text)
    : csv_(LineReader(name, text), kHeader) {
    find_columns();
}

void ActionReader::find_columns() {
    (void)csv_.require("frame");
    columns_ = *ActionColumns::of(csv_.header());
}

bool ActionReader::next() {
    if (!csv_.next()) return false;
    const auto frame = parse_integer(csv_.cell(columns_.frame));
    if (!frame) csv_.fail(columns_.frame, "an integer");
    frame_ = *frame;
    return true;
}

std::int64_t CellCodes::encode(std::string_view trimmed_cell) {
    if (const auto known = find(trimmed_cell)) return *known;
    const std::int64_t code = kEmpty + static_cast<std::int64_t>(texts_.size());
    texts_.emplace_back(trimmed_cell);
    code_of_.emplace(trimmed_cell, code);
    return code;
}

std::optional<std::int64_t> CellCodes::find(std::string_view trimmed_cell) const {
    if (const auto number = plain_integer(trimmed_cell)) return number;
    const auto known = code_of_.find(trimmed_cell);
    if (known == code_of_.end()) return std::nullopt;
    return known->second;
}

std::string CellCodes::text(std::int64_t code) const {
    const auto index = static_cast<std::uint64_t>(code) - static_cast<std::uint64_t>(kEmpty);
    return index < texts_.size() ? texts_[index] : std::to_string(code);
}

ActionTable read_actions(const std::string &path) {
    ActionReader reader(path);
    return read_rows(reader);
}

ActionTable parse_actions(const std::string &name, std::string_view text) {
    ActionReader reader(name, text);
    return read_rows(reader);
}

std::string actions_text(const ActionTable &table) {
    std::string text = "frame";
    for (const std::string &ball : table.balls) {
        text += ',';
        text += ball;
    }
    text += '\n';
    for (std::size_t row = 0; row < table.rows(); ++row) {
        text += std::to_string(table.frame[row]);
        for (std::size_t ball = 0; ball < table.balls.size(); ++ball) {
            const std::string cell = table.codes.text(table.cell(row, ball));
            text += ',';
            // A text that would read as two cells, or as a quoted one, is quoted.
            if (cell.find_first_of(",\"") == std::string::npos) {
                text += cell;
                continue;
            }
            text += '"';
            for (const char c : cell) text.append(c == '"' ? 2 : 1, c);
            text += '"';
        }
        text += '\n';
    }
    return text;
}

void write_actions(const ActionTable &table, const std::string &path) {
    write_file(path, actions_text(table));
}

}  // namespace e2tad::files
