#include "e2tad/energy/source.hpp"

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/text.hpp"
#include "e2tad/energy/meter.hpp"
#include "e2tad/energy/model.hpp"
#include "e2tad/energy/rapl.hpp"

namespace e2tad::energy {

const char *method_name(Method method) {
    switch (method) {
        case Method::kMeasuredRapl:
            return "measured_rapl";
        case Method::kMeasuredMeter:
            return "measured_meter";
        case Method::kModelled:
            break;
    }
    return "modelled";
}

std::unique_ptr<Source> make_source(const EnergyConfig &config) {
    const std::string root = config.path.empty() ? kPowercapRoot : config.path;
    if (config.source == "rapl") return std::make_unique<RaplSource>(root);
    if (config.source == "meter" || config.source == "log") {
        if (config.path.empty()) {
            throw ConfigError("/energy/path: source " + config.source + " needs the " +
                              (config.source == "log" ? "log's file" : "meter's serial device"));
        }
        if (config.source == "log") return std::make_unique<MeterLogSource>(config.path);
        return std::make_unique<MeterSource>(config.path);
    }
    if (config.source == "auto") {
        try {
            return std::make_unique<RaplSource>(root);
        } catch (const InputError &) {
            // No counter that can be read here: the model, and the figure says so.
            return std::make_unique<ModelSource>();
        }
    }
    if (config.source != "model") throw ConfigError("/energy/source: unknown: " + config.source);
    if (!config.path.empty()) {
        throw ConfigError("/energy/path: source model reads no file, got " + files::in_quotes(config.path));
    }
    return std::make_unique<ModelSource>();
}

}  // namespace e2tad::energy
