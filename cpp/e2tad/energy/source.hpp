#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "e2tad/core/config.hpp"

namespace e2tad::energy {

/// How a figure was got; it stands beside every figure.
enum class Method { kMeasuredRapl, kMeasuredMeter, kModelled };
/// "measured_rapl", "measured_meter" or "modelled".
const char *method_name(Method method);

struct Reading {
    std::optional<double> joules;  ///< Nothing: the figure is missing, and `note` says why.
    Method method = Method::kModelled;
    double seconds = 0;  ///< Wall-clock length of the interval.
    std::string note;    ///< One line; "" if there is nothing to say.
};

/// Joules of an interval. What fails after `start` never throws: the work goes on, the figure is missing.
class Source {
  public:
    virtual ~Source() = default;
    /// Begins an interval; one that was begun before is forgotten.
    virtual void start() = 0;
    /// Ends it.
    /// @param frames  sampled frames that were worked on in it; only a model needs them.
    virtual Reading stop(std::int64_t frames) = 0;
    /// To be called at least once a minute in long intervals: counters wrap around.
    virtual void tick() {}
};

struct EnergyConfig {
    std::string source = "auto";
    std::string path{};

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.choice(
            "source", self.source, {"auto", "rapl", "meter", "log", "model"},
            "Where joules come from: the processor's counters (rapl), a USB power meter (meter), the log "
            "that its tools write (log), a model of the paper's Raspberry Pi (model); auto: rapl where "
            "it can be read, else model.");
        v.text("path", self.path,
               "The meter's serial device, the log's file, or another powercap folder; needed for meter and "
               "log.");
    }
};

/// @throws ConfigError if a path is needed and not given; what the source's own constructor throws.
std::unique_ptr<Source> make_source(const EnergyConfig &config);

}  // namespace e2tad::energy
