#include "e2tad/core/files/write.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace e2tad::files {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char *what, const std::string &path, int code) {
    throw fs::filesystem_error(what, path, std::error_code(code != 0 ? code : EIO, std::generic_category()));
}

}  // namespace

std::string temporary_name(const std::string &path) {
    static std::atomic<unsigned> count{0};  // tells the threads of a process apart, nothing else
    return path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

AtomicFile::AtomicFile(const std::string &path) : target_(path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (fs::is_directory(status)) fail("can't write", path, EISDIR);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        file_.reset(std::fopen(path.c_str(), "wb"));
    } else {
        if (fs::is_symlink(fs::symlink_status(path, ignored)) && fs::exists(status)) {
            target_ = fs::canonical(path).string();
        }
        const fs::path folder = fs::path(target_).parent_path();
        if (!folder.empty()) fs::create_directories(folder);
        temporary_ = temporary_name(target_);
        file_.reset(std::fopen(temporary_.c_str(), "wbx"));
    }
    if (!file_) fail("can't write", path, errno);
}

AtomicFile::~AtomicFile() {
    if (temporary_.empty() || target_.empty()) return;
    file_.reset();
    std::error_code ignored;
    fs::remove(temporary_, ignored);
}

void AtomicFile::write(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
        fail("can't write", target_, errno);
    }
}

void AtomicFile::commit() {
    errno = 0;
    // A full disk may show only here.
    if (std::fclose(file_.release()) != 0) fail("can't write", target_, errno);
    if (!temporary_.empty()) fs::rename(temporary_, target_);
    target_.clear();
}

void write_file(const std::string &path, std::string_view text) {
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

}  // namespace e2tad::files
