#include "e2tad/core/files/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace e2tad::files {
namespace {

constexpr std::int64_t kIntegerLimit = 1'000'000'000'000'000'000;

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0u) != 0x80u) return 0;
    }
    // Overlong forms, surrogates, and code points past U+10FFFF.
    if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
        (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) {
        return 0;
    }
    return length;
}

template <class T>
std::string shortest_text(T value) {
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char &c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string printable(std::string_view text, std::size_t limit) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string shown;
    for (std::size_t i = 0; i < text.size();) {
        if (i >= limit) return shown + "...";
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = utf8_length(text.substr(i));
        // 0x80-0x9F as code points are control characters too, and reach here as two bytes, C2 80-9F.
        const bool control = byte < 0x20 || byte == 0x7F ||
                             (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0);
        if (length == 0 || control) {
            shown += "\\x";
            shown += kHex[byte >> 4u];
            shown += kHex[byte & 15u];
            ++i;
        } else {
            shown += text.substr(i, length);
            i += length;
        }
    }
    return shown;
}

std::string in_quotes(std::string_view text) {
    return '"' + printable(text, 40) + '"';
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text.front() == '-') return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value < -kIntegerLimit || value > kIntegerLimit) return std::nullopt;
    return value;
}

std::optional<double> parse_number(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text.front() == '-') return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::int32_t> parse_whole(std::string_view text) {
    const std::optional<double> value = parse_number(text);
    if (!value || !(std::abs(*value) <= std::numeric_limits<std::int32_t>::max()) ||
        *value != std::trunc(*value)) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(*value);
}

std::string shortest(float value) {
    return shortest_text(value);
}
std::string shortest(double value) {
    return shortest_text(value);
}

std::array<std::string, 4> corner_and_size_texts(const Box &box) {
    const double left = box.left;
    const double top = box.top;
    return {shortest(left), shortest(top), shortest(box.right - left), shortest(box.bottom - top)};
}

std::string fixed(double value, int decimals) {
    std::array<char, 400> text{};  // the largest double has 309 digits
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr;
    return {text.data(), end};
}

}  // namespace e2tad::files
