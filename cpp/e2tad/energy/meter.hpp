#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "e2tad/energy/source.hpp"

namespace e2tad::energy {

inline constexpr std::size_t kMeterFrameBytes = 130;
inline constexpr std::uint8_t kMeterRequest = 0xF0;

/// One answer of a RuiDeng UM24C, UM25C or UM34C.
struct MeterSample {
    std::string model;
    double volts = 0;
    double amperes = 0;
    double watts = 0;
    std::int32_t celsius = 0;
};

/// Reads the meter's answer to kMeterRequest: big-endian fields, of which the first name the model.
///
/// The UM24C and UM25C end in FF F1. The UM34C ends in a checksum of which published descriptions and
/// captures disagree, so it isn't looked at; instead, every answer's power must be its voltage times its
/// current.
/// @return nothing for another length, an unknown model, or an answer that doesn't hold together: bytes were
///         lost on the way.
/// Source: the protocol's description at sigrok.org, "RDTech UM series".
std::optional<MeterSample> parse_meter_frame(std::span<const std::uint8_t> bytes);

/// Power over time, summed by trapezoids.
class PowerIntegral {
  public:
    /// @param longest_gap_s  samples further apart don't tell what was between them.
    explicit PowerIntegral(double longest_gap_s) : longest_gap_s_(longest_gap_s) {}
    /// @param seconds  of a clock that never runs backwards.
    void add(double seconds, double watts);
    /// Joules between two times. The first sample holds before its time and the last one after.
    /// @return nothing if a gap inside the interval, or from its ends to the next sample, is too long.
    [[nodiscard]] std::optional<double> joules(double from_s, double to_s) const;
    void clear() { samples_.clear(); }
    [[nodiscard]] std::size_t size() const { return samples_.size(); }

  private:
    struct Sample {
        double seconds;
        double watts;
    };
    double longest_gap_s_;
    std::vector<Sample> samples_;
};

/// A UM34C (or UM24C, UM25C) at a serial device, usually Bluetooth's /dev/rfcomm0, asked twice a second. If
/// it falls silent or is unplugged, the interval goes on and its figure is missing.
class MeterSource : public Source {
  public:
    /// Opens the device and waits for a first answer.
    /// @param poll_s  seconds between two requests; the meter renews its figures twice a second.
    /// @throws std::filesystem::filesystem_error if the device can't be opened; InputError if no meter
    /// answers
    ///         within three seconds.
    explicit MeterSource(const std::string &device, double poll_s = 0.5);
    ~MeterSource() override;
    MeterSource(const MeterSource &) = delete;
    MeterSource &operator=(const MeterSource &) = delete;

    void start() override;
    Reading stop(std::int64_t frames) override;
    [[nodiscard]] const std::string &model() const { return model_; }

  private:
    void poll();
    std::optional<MeterSample> ask(double timeout_s);
    [[nodiscard]] double now_s() const;

    std::string device_;
    double poll_s_;
    int port_ = -1;
    std::string model_;
    std::chrono::steady_clock::time_point origin_ = std::chrono::steady_clock::now();
    double started_s_ = 0;

    std::mutex mutex_;  ///< Guards the three below.
    PowerIntegral power_;
    std::string failure_;
    bool quit_ = false;
    std::condition_variable wake_;
    std::thread thread_;
};

/// The log that a meter's tool writes beside a run: a header, then a row a sample, cells separated by commas
/// or semicolons. Needs a column of times (its name begins with `date` or `time`: `2021-08-01 12:00:00.5` in
/// local time, or seconds) and one of power (begins with `power`), or voltage and current (`voltage`;
/// `current` or `intensity`). Units in a name (mW, mV, mA) are minded; else W, V and A are meant.
///
/// The interval is that of the wall clock, so the log must come from a clock that agrees with this machine's.
class MeterLogSource : public Source {
  public:
    /// @throws what `read_log` throws.
    explicit MeterLogSource(std::string path);
    void start() override;
    Reading stop(std::int64_t frames) override;

  private:
    std::string path_;
    double started_s_ = 0;
};

struct MeterLog {
    PowerIntegral power;
    double first_s = 0;  ///< Time of the first sample, as in the file; dates as seconds since 1970.
    double last_s = 0;
    std::size_t samples = 0;
};

/// @param longest_gap_s  as for PowerIntegral.
/// @throws std::filesystem::filesystem_error if it can't be opened; InputError naming file, line and column
/// for
///         a header or cell that can't be used, or times that run backwards.
MeterLog read_log(const std::string &path, double longest_gap_s = 5.0);

}  // namespace e2tad::energy
