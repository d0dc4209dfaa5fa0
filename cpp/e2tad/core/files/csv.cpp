#include "e2tad/core/files/csv.hpp"

#include <algorithm>

#include "e2tad/core/files/text.hpp"

namespace e2tad::files {

CsvReader::CsvReader(LineReader lines, const std::string &expected) : lines_(std::move(lines)) {
    if (!next()) throw InputError(printable(lines_.name()) + ": is empty: expected a header " + expected);
    for (const std::string_view cell : cells_) {
        // A picture or a model file that happens to have no NUL byte in its first line.
        std::string name(cell);
        std::replace(name.begin(), name.end(), '\t', ' ');
        if (printable(name, name.size()) != name) {
            lines_.fail("isn't text: expected a header " + expected);
        }
        header_.push_back(lower_case(cell));
    }
}

std::optional<std::size_t> CsvReader::find(std::string_view name) const {
    const auto found = std::find(header_.rbegin(), header_.rend(), name);
    if (found == header_.rend()) return std::nullopt;
    return static_cast<std::size_t>(header_.rend() - found) - 1;
}

std::size_t CsvReader::require(std::string_view name) const {
    if (const auto found = find(name)) return *found;
    std::string names;
    for (const std::string &column : header_) names += (names.empty() ? "" : ",") + column;
    throw InputError(printable(lines_.name()) + ": no column " + std::string(name) + ", the header is " +
                     in_quotes(names));
}

bool CsvReader::next() {
    std::string_view line;
    do {
        if (!lines_.next(line)) return false;
    } while (trimmed(line).empty());
    split(line);
    return true;
}

void CsvReader::split(std::string_view line) {
    cells_.clear();
    if (line.find('"') != std::string_view::npos) return split_quoted(line);
    while (true) {
        const std::size_t comma = line.find(',');
        if (cells_.size() == kMaxColumns) {
            lines_.fail("has more than " + std::to_string(kMaxColumns) + " columns");
        }
        cells_.push_back(trimmed(line.substr(0, comma)));
        if (comma == std::string_view::npos) return;
        line.remove_prefix(comma + 1);
    }
}

void CsvReader::split_quoted(std::string_view line) {
    // Never longer than the line, so the views into it stay valid while it grows.
    unquoted_.clear();
    unquoted_.reserve(line.size());
    std::size_t at = 0;
    while (true) {
        if (cells_.size() == kMaxColumns) {
            lines_.fail("has more than " + std::to_string(kMaxColumns) + " columns");
        }
        while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
        const std::size_t start = unquoted_.size();
        if (at < line.size() && line[at] == '"') {
            ++at;
            while (true) {
                if (at >= line.size()) lines_.fail("has a quoted cell that isn't closed on its line");
                if (line[at] == '"') {
                    if (at + 1 >= line.size() || line[at + 1] != '"') break;
                    ++at;
                }
                unquoted_ += line[at++];
            }
            ++at;
        }
        // Outside quotes, and behind a closing quote, text stands as it is.
        while (at < line.size() && line[at] != ',') unquoted_ += line[at++];
        cells_.push_back(trimmed(std::string_view(unquoted_).substr(start)));
        if (at >= line.size()) return;
        ++at;
    }
}

void CsvReader::fail(std::size_t column, const std::string &expected) const {
    lines_.fail(printable(header_[column], 40) + ": expected " + expected + ", got " +
                in_quotes(cell(column)));
}

}  // namespace e2tad::files
