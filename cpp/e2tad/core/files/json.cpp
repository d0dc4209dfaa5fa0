#include "e2tad/core/files/json.hpp"

#include <algorithm>
#include <array>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/lines.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::files {
namespace {

/// True if the token that ends around `byte` is one of the number names that Python's json.dump writes.
bool stands_at_nan(std::string_view text, std::size_t byte) {
    const std::size_t from = byte > 12 ? byte - 12 : 0;
    const std::string_view around = text.substr(std::min(from, text.size()), 24);
    return around.find("NaN") != std::string_view::npos || around.find("Infinity") != std::string_view::npos;
}

}  // namespace

std::string read_text(const std::string &path, std::size_t limit) {
    const File file = open_file(path);
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
    std::string text;
    std::size_t size = 0;
    for (std::size_t chunk = 1u << 14u;; chunk *= 2) {
        text.resize(size + chunk);
        const std::size_t got = read_some(file.get(), text.data() + size, chunk, path);
        size += got;
        if (size > limit) {
            throw InputError(printable(path) + ": is larger than " + std::to_string(limit) + " bytes");
        }
        if (got < chunk) break;
    }
    text.resize(size);
    return text;
}

template <class J>
J parse_json(std::string_view text, const std::string &name) {
    const std::string where = printable(name);
    if (trimmed(text).empty()) throw InputError(where + ": is empty: expected JSON");
    // Runs for every value; depth counts the open arrays and objects around it.
    const typename J::parser_callback_t check_depth = [&where](int depth, typename J::parse_event_t, J &) {
        if (depth > kMaxJsonDepth) {
            throw InputError(where + ": is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
        }
        return true;
    };
    try {
        return J::parse(text.begin(), text.end(), check_depth);
    } catch (const typename J::parse_error &error) {
        if (stands_at_nan(text, error.byte)) {
            throw InputError(where + ": byte " + std::to_string(error.byte) +
                             ": expected a finite number: NaN and Infinity are no JSON");
        }
        if (error.byte > text.size()) {
            throw InputError(where + ": is truncated: the JSON goes on past its " +
                             std::to_string(text.size()) + " bytes");
        }
        throw InputError(where + ": byte " + std::to_string(error.byte) + ": not JSON, at " +
                         in_quotes(text.substr(error.byte > 0 ? error.byte - 1 : 0)));
    } catch (const typename J::out_of_range &) {
        throw InputError(where + ": expected finite numbers, got one that overflows");
    }
}

template nlohmann::json parse_json<nlohmann::json>(std::string_view, const std::string &);
template nlohmann::ordered_json parse_json<nlohmann::ordered_json>(std::string_view, const std::string &);

}  // namespace e2tad::files
