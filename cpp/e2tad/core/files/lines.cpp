#include "e2tad/core/files/lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "e2tad/core/files/text.hpp"

namespace e2tad::files {

File open_file(const std::string &path) {
    File file(std::fopen(path.c_str(), "rb"));
    if (!file) {
        throw std::filesystem::filesystem_error("can't open", path,
                                                std::error_code(errno, std::generic_category()));
    }
    return file;
}

std::size_t read_some(std::FILE *file, char *out, std::size_t size, const std::string &path) {
    errno = 0;
    const std::size_t got = std::fread(out, 1, size, file);
    if (got < size && std::ferror(file) != 0) {
        throw std::filesystem::filesystem_error(
            "can't read", path, std::error_code(errno != 0 ? errno : EIO, std::generic_category()));
    }
    return got;
}

LineReader::LineReader(const std::string &path) : name_(path), file_(open_file(path)) {
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // the chunks are the buffer
    buffer_.reserve(2 * kChunk);
}

LineReader::LineReader(std::string name, std::string_view text)
    : name_(std::move(name)), rest_(text), at_end_(true) {}

bool LineReader::fill() {
    if (at_end_) return false;
    // What is left of the last chunk moves to the front, and the next chunk goes behind it.
    const std::size_t kept = rest_.size();
    if (kept > 0) std::memmove(buffer_.data(), rest_.data(), kept);
    buffer_.resize(kept + kChunk);
    const std::size_t got = read_some(file_.get(), buffer_.data() + kept, kChunk, name_);
    at_end_ = got < kChunk;
    rest_ = {buffer_.data(), kept + got};
    return got > 0;
}

bool LineReader::next(std::string_view &line) {
    std::size_t searched = 0;
    std::size_t end = rest_.find('\n');
    while (end == std::string_view::npos) {
        searched = rest_.size();
        if (searched > kMaxLine || !fill()) break;
        end = rest_.find('\n', searched);
    }
    if (rest_.empty()) return false;
    ++line_number_;
    line = rest_.substr(0, end);  // npos: the last line, without an end
    if (line.size() > kMaxLine) fail("is longer than " + std::to_string(kMaxLine) + " bytes");
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    if (line_number_ == 1 && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find('\0') != std::string_view::npos) fail("has a NUL byte: expected a text file");
    return true;
}

void LineReader::fail(const std::string &what) const {
    throw InputError(printable(name_) + ": line " + std::to_string(line_number_) + ": " + what);
}

}  // namespace e2tad::files
