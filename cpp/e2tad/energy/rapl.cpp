#include "e2tad/energy/rapl.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::energy {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> first_line(const fs::path &path) {
    std::ifstream in(path);
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    return std::string(files::trimmed(line));
}

std::optional<std::uint64_t> read_counter(const fs::path &path) {
    const auto line = first_line(path);
    if (!line) return std::nullopt;
    const auto value = files::parse_integer(*line);
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

}  // namespace

RaplSource::RaplSource(const std::string &root) {
    std::vector<fs::path> folders;
    std::error_code code;
    for (const auto &entry : fs::directory_iterator(root, code)) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const fs::path &folder : folders) {
        // Cores and graphics are parts of their package; `psys` would count it again; and `intel-rapl-mmio`
        // is another door to the same counters.
        const std::string zone = folder.filename().string();
        const std::string name = first_line(folder / "name").value_or("");
        if (zone.find("mmio") != std::string::npos) continue;
        if (!name.starts_with("package") && name != "dram") continue;
        const fs::path file = folder / "energy_uj";
        const auto range = read_counter(folder / "max_energy_range_uj");
        const auto now = read_counter(file);
        if (!now) throw InputError(file.string() + ": can't be read; most systems let only root");
        if (!range || *range == 0) {
            throw InputError((folder / "max_energy_range_uj").string() + ": expected a positive number");
        }
        zones_.push_back({file.string(), *range, *now});
    }
    if (zones_.empty()) throw InputError(root + ": has no processor package's energy counter");
    RaplSource::start();
}

void RaplSource::start() {
    total_uj_ = 0;
    failure_.clear();
    started_ = std::chrono::steady_clock::now();
    RaplSource::tick();
    total_uj_ = 0;
}

void RaplSource::tick() {
    for (Zone &zone : zones_) {
        const auto now = read_counter(zone.file);
        if (!now) {
            if (failure_.empty()) failure_ = zone.file + ": can't be read any more";
            continue;
        }
        // The counter runs from 0 to range_uj, both included, and on from 0.
        total_uj_ += *now >= zone.last_uj ? *now - zone.last_uj : zone.range_uj + 1 - zone.last_uj + *now;
        zone.last_uj = *now;
    }
}

Reading RaplSource::stop(std::int64_t) {
    tick();
    Reading reading;
    reading.method = Method::kMeasuredRapl;
    reading.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    if (failure_.empty()) {
        reading.joules = static_cast<double>(total_uj_) * 1e-6;
    } else {
        reading.note = failure_;
    }
    return reading;
}

}  // namespace e2tad::energy
