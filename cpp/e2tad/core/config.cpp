#include "e2tad/core/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "e2tad/core/files/text.hpp"

namespace e2tad::config {
namespace {

/// Bytes of a user's value that a message repeats.
constexpr std::size_t kShown = 60;

/// Longer than any name: nothing is near it, and comparing costs time by its length.
constexpr std::size_t kLongestName = 100;

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row[b.size()];
}

std::string plain(double value) {
    std::array<char, 32> text{};
    // Whole numbers as people write them: 1000000, not 1e+06.
    const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
    const auto end =
        whole ? std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(value)).ptr
              : std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string> &names) {
    if (name.size() > kLongestName) return {};
    std::string best;
    std::size_t best_distance = std::string::npos;
    for (const std::string &candidate : names) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance && 2 * distance <= std::max(name.size(), candidate.size())) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

void throw_unknown_key(const std::string &path, const std::string &key,
                       const std::vector<std::string> &known) {
    const std::string nearest = nearest_name(key, known);
    std::string message = path + "/" + files::printable(key, kShown) + ": unknown key";
    if (!nearest.empty()) {
        message += ", did you mean " + nearest + "?";
    } else {
        message += ", expected one of:";
        for (const std::string &name : known) message += " " + name;
    }
    throw ConfigError(message);
}

namespace detail {

void throw_wrong_type(const std::string &path, const char *expected, const Json &got) {
    throw ConfigError(path + ": expected " + expected + ", got " + files::printable(got.dump(), kShown));
}

std::string range_text(double low, double high) {
    if (low == -kInfinity && high == kInfinity) return "a finite number";
    if (high == kInfinity) return "at least " + plain(low);
    if (low == -kInfinity) return "at most " + plain(high);
    return "in [" + plain(low) + ", " + plain(high) + "]";
}

void check_range(const std::string &path, double value, double low, double high) {
    if (!std::isfinite(value) || value < low || value > high) {
        throw ConfigError(path + ": expected " + range_text(low, high) + ", got " + plain(value));
    }
}

void check_choice(const std::string &path, const std::string &value,
                  const std::vector<std::string> &choices) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
    std::string message = path + ": expected one of";
    for (const std::string &choice : choices) message += " " + choice;
    message += ", got " + files::printable(value, kShown);
    const std::string nearest = nearest_name(value, choices);
    if (!nearest.empty()) message += ", did you mean " + nearest + "?";
    throw ConfigError(message);
}

std::int64_t read_integer(const std::string &path, const Json &value) {
    if (value.is_number_unsigned()) {
        const auto wide = value.get<std::uint64_t>();
        if (wide > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            throw_wrong_type(path, "an integer", value);
        }
        return static_cast<std::int64_t>(wide);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    throw_wrong_type(path, "an integer", value);
}

double read_number(const std::string &path, const Json &value) {
    if (!value.is_number()) throw_wrong_type(path, "a number", value);
    return value.get<double>();
}

std::string Writer::shortest(float value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

}  // namespace detail
}  // namespace e2tad::config
