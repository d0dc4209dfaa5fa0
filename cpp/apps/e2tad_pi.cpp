// From a video and init.csv to actions.csv: the contest's own call, on the contest's own machine.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/actions.hpp"
#include "e2tad/core/files/init.hpp"
#include "e2tad/core/files/json.hpp"
#include "e2tad/core/files/mot.hpp"
#include "e2tad/core/files/write.hpp"
#include "e2tad/nn_torch/torch_detector.hpp"
#include "e2tad/nn_torch/torch_embedder.hpp"
#include "e2tad/pipeline/pipeline.hpp"
#include "options.hpp"

namespace e2tad::apps {
namespace {

/// The folder `models` beside this program's own: bin/e2tad-pi and models/ lie in one folder.
std::filesystem::path models_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "models";
}

/// The tarball's model where the configuration names none.
void set_default(std::string &model, const char *name) {
    if (!model.empty()) return;
    const std::filesystem::path path = models_folder() / name;
    if (!std::filesystem::exists(path)) {
        throw InputError(path.string() +
                         ": no such model; expected it there, or detector.model and reid.model in --config");
    }
    model = path.string();
}

pipeline::Config configuration(const Options &options) {
    const std::filesystem::path standard = models_folder() / "config.json";
    std::string name = options.config;
    if (name.empty() && std::filesystem::exists(standard)) name = standard.string();
    pipeline::Config config =
        name.empty() ? pipeline::Config{}
                     : pipeline::parse_config(files::read_text(name, files::kMaxJsonBytes), name);
    // What the command line says goes through the same reader, so that it is checked in the same way.
    config::Json delta = config::Json::object();
    if (options.threads) {
        delta["pipeline"]["threads"] = *options.threads;
        delta["detector"]["threads"] = *options.threads;
        delta["reid"]["threads"] = *options.threads;
    }
    if (options.schedule) delta["pipeline"]["schedule"] = *options.schedule;
    if (options.energy) {
        const std::size_t colon = options.energy->find(':');
        delta["energy"]["source"] = options.energy->substr(0, colon);
        if (colon != std::string::npos) delta["energy"]["path"] = options.energy->substr(colon + 1);
    }
    config::Json document = config::to_json(config);
    document.merge_patch(delta);
    return pipeline::parse_config(document.dump(), "command line");
}

files::ActionTable answer_table(const pipeline::Result &result) {
    files::ActionTable table;
    for (const std::int32_t ball : result.actions.balls) table.balls.push_back(std::to_string(ball));
    table.frame.assign(result.answer.frames.begin(), result.answer.frames.end());
    for (const std::int32_t holder : result.answer.holders) {
        table.cells.push_back(table.codes.encode(std::to_string(holder)));
    }
    return table;
}

/// As run.json of `e2tad run`: what the run cost, and every setting.
std::string summary_of(const pipeline::Result &result, const pipeline::Config &config) {
    config::Json summary = {{"e2tad", E2TAD_VERSION}};
    summary.update(pipeline::to_json(result));
    summary["config"] = config::to_json(config);
    // A path in it need not be UTF-8.
    return summary.dump(2, ' ', false, config::Json::error_handler_t::replace) + "\n";
}

void run(const Options &options) {
    check_outputs(options);
    pipeline::Config config = configuration(options);
    const std::vector<files::InitRow> init = files::read_init_csv(options.init);
    set_default(config.detector.model, "detector.ptl");
    set_default(config.reid.model, "reid.ptl");
    const pipeline::Result result =
        pipeline::run(options.video, &init, config, nn_torch::make_detector(config.detector),
                      nn_torch::make_embedder(config.reid));
    files::write_actions(answer_table(result), options.actions);
    if (!options.tracks.empty()) files::write_mot(result.tracks, options.tracks);
    if (!options.summary.empty()) files::write_file(options.summary, summary_of(result, config));
    for (const std::string &warning : result.warnings) std::cerr << "e2tad-pi: " << warning << "\n";
    std::fprintf(stderr, "e2tad-pi: %s: %zu rows; %lld frames in %.1f s, %.0f MB at most",
                 options.actions.c_str(), result.answer.frames.size(),
                 static_cast<long long>(result.counts.frames), result.seconds,
                 static_cast<double>(result.peak_bytes) / 1e6);
    if (result.energy.joules) {
        std::fprintf(stderr, ", %.1f J (%s)", *result.energy.joules,
                     energy::method_name(result.energy.method));
    }
    std::fputs("\n", stderr);
}

/// One line, whatever the text holds.
void complain(const std::string &text) {
    std::string line;
    for (const char c : text) line += c == '\n' || c == '\r' ? ' ' : c;
    std::cerr << "e2tad-pi: " << line << "\n";
}

}  // namespace
}  // namespace e2tad::apps

int main(int argc, char **argv) {
    using namespace e2tad;
    try {
        const apps::Options options = apps::parse_options(argc, argv);
        if (options.help) {
            std::cout << apps::kUsage;
        } else if (options.version) {
            std::cout << "e2tad-pi " << E2TAD_VERSION << "\n";
        } else {
            apps::run(options);
        }
        return 0;
    } catch (const InputError &error) {
        apps::complain(error.what());
        return 2;
    } catch (const std::filesystem::filesystem_error &error) {
        apps::complain(error.path1().string() + ": " + error.code().message());
        return 2;
    } catch (const std::invalid_argument &error) {
        apps::complain(error.what());
        return 2;
    } catch (const std::exception &error) {
        apps::complain(error.what());
        return 1;
    }
}
