#pragma once
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "e2tad/core/error.hpp"

namespace e2tad::files {

/// Opens a file for reading.
/// @throws std::filesystem::filesystem_error with the system's error number if it can't be opened.
struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;
File open_file(const std::string &path);

/// Reads up to `size` bytes.
/// @throws std::filesystem::filesystem_error if the system reports one (a folder, say).
std::size_t read_some(std::FILE *file, char *out, std::size_t size, const std::string &path);

/// The lines of a text file in bounded memory: a chunk at a time, whatever the file's size.
///
/// Lines end in LF or CRLF; the last one needs no end. A UTF-8 byte order mark is skipped.
class LineReader {
  public:
    static constexpr std::size_t kMaxLine = std::size_t{1} << 20u;  ///< Bytes; a longer line is an error.
    static constexpr std::size_t kChunk = std::size_t{1} << 16u;    ///< Bytes read at once.

    /// @throws std::filesystem::filesystem_error if the file can't be opened.
    explicit LineReader(const std::string &path);
    /// Lines of a text in memory, which must outlive the reader; `name` stands for the path in errors.
    LineReader(std::string name, std::string_view text);

    /// Moves to the next line; the view holds until the next call.
    /// @return false at the end of the file.
    /// @throws InputError for a line over kMaxLine or with a NUL byte (no text file has one).
    bool next(std::string_view &line);

    [[nodiscard]] const std::string &name() const { return name_; }
    [[nodiscard]] std::size_t line_number() const { return line_number_; }  ///< From 1; 0 before the first.

    /// Throws InputError: `NAME: line N: WHAT`.
    [[noreturn]] void fail(const std::string &what) const;

  private:
    bool fill();

    std::string name_;
    File file_;
    std::vector<char> buffer_;
    std::string_view rest_;  ///< Bytes read and not yet given out; in buffer_ or in the text in memory.
    std::size_t line_number_ = 0;
    bool at_end_ = false;
};

}  // namespace e2tad::files
