#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "e2tad/core/types.hpp"

/// Small text helpers of the file readers. None depends on the locale.
namespace e2tad::files {

/// Without leading and trailing ASCII white space.
std::string_view trimmed(std::string_view text);

/// ASCII letters in lower case.
std::string lower_case(std::string_view text);

/// Fit for a one-line UTF-8 message: control characters and broken UTF-8 become \xNN; more than `limit` bytes
/// end in "...".
std::string printable(std::string_view text, std::size_t limit = 200);

/// printable(), in double quotes, at most 40 bytes: a value from a file, for a message.
std::string in_quotes(std::string_view text);

/// An optional sign and decimal digits (white space around them is ignored), within +-1e18 so that the
/// difference of two never overflows. Anything else, "5.0" included, is no integer.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A decimal number, nan and inf included; white space around it is ignored.
std::optional<double> parse_number(std::string_view text);

/// parse_number() where the number is whole and fits int32: tools that pass through float columns write
/// "5.0".
std::optional<std::int32_t> parse_whole(std::string_view text);

/// The shortest decimal that reads back as the same number.
std::string shortest(float value);
std::string shortest(double value);

/// Left, top, width and height with all their digits: left + width, summed in double, is right again to the
/// last bit of a float.
std::array<std::string, 4> corner_and_size_texts(const Box &box);

/// With that many decimals, 1.500000.
std::string fixed(double value, int decimals);

}  // namespace e2tad::files
