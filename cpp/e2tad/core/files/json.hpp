#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace e2tad::files {

inline constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 24u;
inline constexpr int kMaxJsonDepth = 64;

/// The whole of a file that must fit into `limit` bytes.
/// @throws std::filesystem::filesystem_error if it can't be read; InputError if it is larger.
std::string read_text(const std::string &path, std::size_t limit);

/// Parses a JSON document whose nesting is at most kMaxJsonDepth, so that walking it can't exhaust the stack.
/// @tparam J   nlohmann::json, or nlohmann::ordered_json where the order of keys matters.
/// @param name stands for the file in errors.
/// @throws InputError naming the byte: not JSON, truncated, NaN or Infinity (which JSON lacks), too deep.
template <class J>
J parse_json(std::string_view text, const std::string &name);

extern template nlohmann::json parse_json<nlohmann::json>(std::string_view, const std::string &);
extern template nlohmann::ordered_json parse_json<nlohmann::ordered_json>(std::string_view,
                                                                          const std::string &);

/// read_text() and parse_json(): a configuration, a model card, a frame's tracks.
template <class J = nlohmann::ordered_json>
J read_json(const std::string &path) {
    return parse_json<J>(read_text(path, kMaxJsonBytes), path);
}

}  // namespace e2tad::files
