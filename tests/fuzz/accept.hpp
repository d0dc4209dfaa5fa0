#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "e2tad/core/error.hpp"

namespace e2tad::fuzz {

inline std::string_view text_of(const std::uint8_t *data, std::size_t size) {
    return {reinterpret_cast<const char *>(data), size};
}

/// Stops the fuzzer with what went wrong, in Release too.
inline void require(bool holds, const char *what) {
    if (holds) return;
    std::fprintf(stderr, "violated: %s\n", what);
    std::abort();
}

/// Runs a reader on some input: it may return, or refuse with an InputError of one line. Anything else that
/// it throws ends the fuzzer.
template <class Read>
void accept(const Read &read) {
    try {
        read();
    } catch (const InputError &error) {
        const std::string_view text = error.what();
        require(!text.empty(), "an error says something");
        require(text.find('\n') == std::string_view::npos, "an error is one line");
        require(text.size() < 2000, "an error doesn't quote the whole file");
    }
}

}  // namespace e2tad::fuzz
