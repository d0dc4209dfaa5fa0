#pragma once
#include <optional>
#include <string>

namespace e2tad::apps {

/// What the command line of e2tad-pi says.
struct Options {
    std::string video;
    std::string init;
    std::string actions = "actions.csv";
    std::string config;                   ///< "": the defaults.
    std::optional<int> threads;           ///< Nothing: the configuration's.
    std::optional<std::string> schedule;  ///< Nothing: the configuration's.
    std::optional<std::string> energy;    ///< Source, or SOURCE:PATH; nothing: the configuration's.
    std::string tracks;                   ///< MOTChallenge file to write; "": none.
    std::string summary;                  ///< JSON file to write; "": none.
    bool help = false;
    bool version = false;
};

/// @throws InputError naming the option that is unknown, lacks its value or isn't usable.
Options parse_options(int argc, const char *const *argv);

/// Before the work: what can't be written, or would replace what is read, is known then.
/// @throws InputError, std::filesystem::filesystem_error naming the file.
void check_outputs(const Options &options);

extern const char *const kUsage;

}  // namespace e2tad::apps
