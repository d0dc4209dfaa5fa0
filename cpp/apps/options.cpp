#include "options.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::apps {
namespace {

int whole_number(std::string_view option, std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) {
        throw InputError(std::string(option) + ": expected a whole number of at least 1, got " +
                         files::in_quotes(text));
    }
    return value;
}

}  // namespace

const char *const kUsage =
    "usage: e2tad-pi VIDEO INIT.csv [OUT.csv] [options]\n"
    "Who catches which ball at which frame, by the models of this folder or of --config.\n"
    "\n"
    "  VIDEO              a file that FFmpeg reads\n"
    "  INIT.csv           persons and balls at the start, in the contest's form\n"
    "  OUT.csv            the answer; actions.csv without it\n"
    "  --config C.json    settings that differ from the defaults (`e2tad config` prints them all)\n"
    "  --threads N        threads of decoding and networks\n"
    "  --schedule S       frame or cached\n"
    "  --energy S[:PATH]  auto, rapl, meter:/dev/ttyX, log:FILE or model\n"
    "  --tracks OUT.txt   also the tracks, as MOTChallenge has them (persons; balls as class 2)\n"
    "  --summary OUT.json also counts, time a stage, peak memory and energy\n"
    "  --version, --help\n"
    "\n"
    "example: e2tad-pi 5p2b.mp4 5p2b_init.csv actions.csv --threads 4 --energy meter:/dev/rfcomm0\n";

Options parse_options(int argc, const char *const *argv) {
    Options options;
    std::vector<std::string> places;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--help" || word == "-h") {
            options.help = true;
            return options;
        }
        if (word == "--version") {
            options.version = true;
            return options;
        }
        if (word.size() < 2 || word[0] != '-') {
            places.emplace_back(word);
            continue;
        }
        // Both forms, --threads 2 and --threads=2.
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        const auto value = [&]() -> std::string {
            if (equals != std::string_view::npos) return std::string(word.substr(equals + 1));
            if (i + 1 >= argc) throw InputError(std::string(name) + ": expected a value");
            return argv[++i];
        };
        if (name == "--config") {
            options.config = value();
        } else if (name == "--threads") {
            options.threads = whole_number(name, value());
        } else if (name == "--schedule") {
            options.schedule = value();
        } else if (name == "--energy") {
            options.energy = value();
        } else if (name == "--tracks") {
            options.tracks = value();
        } else if (name == "--summary") {
            options.summary = value();
        } else {
            throw InputError(files::printable(word, 40) + ": unknown option; see e2tad-pi --help");
        }
    }
    if (places.size() < 2 || places.size() > 3) {
        throw InputError("expected VIDEO INIT.csv [OUT.csv], got " + std::to_string(places.size()) +
                         " names; see e2tad-pi --help");
    }
    options.video = places[0];
    options.init = places[1];
    if (places.size() == 3) options.actions = places[2];
    return options;
}

void check_outputs(const Options &options) {
    std::vector<std::string> outputs = {options.actions};
    if (!options.tracks.empty()) outputs.push_back(options.tracks);
    if (!options.summary.empty()) outputs.push_back(options.summary);
    std::vector<std::string> others = {options.video, options.init};
    if (!options.config.empty()) others.push_back(options.config);
    for (const std::string &output : outputs) {
        std::error_code error;
        if (std::filesystem::is_directory(output, error)) {
            throw InputError(output + ": is a folder, expected a file to write");
        }
        // A pipe or a device is written to as it is, and may be named twice.
        if (std::filesystem::exists(output, error) && !std::filesystem::is_regular_file(output, error))
            continue;
        std::filesystem::path folder = std::filesystem::absolute(output).parent_path();
        while (!std::filesystem::exists(folder, error) && folder.has_relative_path())
            folder = folder.parent_path();
        if (!std::filesystem::is_directory(folder, error)) {
            throw InputError(output + ": can't be written, " + folder.string() + " is no folder");
        }
        if (::access(folder.c_str(), W_OK) != 0) {
            throw std::filesystem::filesystem_error("write", output,
                                                    std::error_code(errno, std::generic_category()));
        }
        for (const std::string &other : others) {
            const bool is_same = std::filesystem::absolute(other).lexically_normal() ==
                                     std::filesystem::absolute(output).lexically_normal() ||
                                 std::filesystem::equivalent(other, output, error);
            if (is_same)
                throw InputError(output + ": is named twice: give each file that is written its own name");
        }
        others.push_back(output);
    }
}

}  // namespace e2tad::apps
