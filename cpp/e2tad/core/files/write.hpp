#pragma once
#include <cstdio>
#include <string>
#include <string_view>

#include "e2tad/core/files/lines.hpp"

namespace e2tad::files {

/// Writes a file under a temporary name beside it and moves it into place at the end, so that a reader never
/// sees half of it and an interruption leaves what was there.
///
/// A symbolic link stays and its target is replaced; what is no regular file (a pipe, /dev/stdout) is written
/// to directly. The file's folder is made if it is missing.
class AtomicFile {
  public:
    /// @throws std::filesystem::filesystem_error if the file can't be made there (no permission, a folder of
    ///         that name).
    explicit AtomicFile(const std::string &path);
    ~AtomicFile();  ///< Without commit(): the temporary file is removed.
    AtomicFile(const AtomicFile &) = delete;
    AtomicFile &operator=(const AtomicFile &) = delete;

    /// @throws std::filesystem::filesystem_error if the system can't take it (a full disk).
    void write(std::string_view text);
    /// Moves the file into place. @throws std::filesystem::filesystem_error as write().
    void commit();

  private:
    std::string target_;
    std::string temporary_;  ///< Empty where the target is written to directly.
    File file_;
};

/// A name beside `path` that no other process uses: `PATH.tmp-PID-COUNT`.
std::string temporary_name(const std::string &path);

/// AtomicFile in one call.
void write_file(const std::string &path, std::string_view text);

}  // namespace e2tad::files
