#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "e2tad/core/error.hpp"

namespace e2tad::testing {

/// A folder of this test alone, removed at its end.
class Scratch {
  public:
    Scratch() {
        const auto *test = ::testing::UnitTest::GetInstance()->current_test_info();
        root_ = std::filesystem::path(::testing::TempDir()) /
                (std::string("e2tad-") + test->test_suite_name() + "-" + test->name());
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_);
    }
    ~Scratch() { std::filesystem::remove_all(root_); }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    [[nodiscard]] std::string path(const std::string &name) const { return (root_ / name).string(); }
    [[nodiscard]] std::string write(const std::string &name, std::string_view text) const {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
    [[nodiscard]] std::string read(const std::string &name) const {
        std::ostringstream text;
        text << std::ifstream(path(name), std::ios::binary).rdbuf();
        return text.str();
    }
    /// The names in the folder, sorted, each followed by a space.
    [[nodiscard]] std::string names() const {
        std::set<std::string> found;
        for (const auto &entry : std::filesystem::directory_iterator(root_)) {
            found.insert(entry.path().filename().string());
        }
        std::string text;
        for (const std::string &name : found) text += name + " ";
        return text;
    }

  private:
    std::filesystem::path root_;
};

/// The message of the InputError that `call` throws, or "no error".
template <class Call>
std::string input_error(const Call &call) {
    try {
        call();
    } catch (const InputError &error) {
        return error.what();
    }
    return "no error";
}

/// The system's error number of the filesystem_error that `call` throws, or 0.
template <class Call>
int system_error(const Call &call) {
    try {
        call();
    } catch (const std::filesystem::filesystem_error &error) {
        return error.code().value();
    }
    return 0;
}

}  // namespace e2tad::testing
