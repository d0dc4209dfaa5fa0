#include "e2tad/energy/meter.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <vector>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/lines.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::energy {
namespace {

/// Ten missed answers at the meter's own pace. A Bluetooth link drops a few now and then.
constexpr double kLongestGapS = 5.0;
constexpr double kFirstAnswerS = 3.0;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8U | bytes[at + i];
    return value;
}

/// Whether power is voltage times current, as far as the three were rounded: 10 mV and 1 mA of up to 24 V and
/// 5 A, and the meter's averaging. Bytes that were lost or shifted don't meet it.
bool is_consistent(const MeterSample &sample) {
    return std::abs(sample.watts - sample.volts * sample.amperes) <= 0.1 + 0.02 * sample.watts;
}

}  // namespace

std::optional<MeterSample> parse_meter_frame(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != kMeterFrameBytes) return std::nullopt;
    struct Model {
        std::uint32_t id;
        const char *name;
        double volts_per_unit;
        double amperes_per_unit;
        bool has_fixed_end;
    };
    constexpr std::array<Model, 3> kModels = {Model{0x0963, "UM24C", 0.01, 0.001, true},
                                              Model{0x09C9, "UM25C", 0.001, 0.0001, true},
                                              Model{0x0D4C, "UM34C", 0.01, 0.001, false}};
    const std::uint32_t id = big_endian(bytes, 0, 2);
    const auto model =
        std::find_if(kModels.begin(), kModels.end(), [id](const Model &m) { return m.id == id; });
    if (model == kModels.end()) return std::nullopt;
    if (model->has_fixed_end && (bytes[128] != 0xFF || bytes[129] != 0xF1)) return std::nullopt;
    MeterSample sample;
    sample.model = model->name;
    sample.volts = big_endian(bytes, 2, 2) * model->volts_per_unit;
    sample.amperes = big_endian(bytes, 4, 2) * model->amperes_per_unit;
    sample.watts = big_endian(bytes, 6, 4) * 0.001;
    sample.celsius = static_cast<std::int32_t>(big_endian(bytes, 10, 2));
    if (!is_consistent(sample)) return std::nullopt;
    return sample;
}

void PowerIntegral::add(double seconds, double watts) {
    samples_.push_back({seconds, watts});
}

std::optional<double> PowerIntegral::joules(double from_s, double to_s) const {
    if (samples_.empty() || to_s < from_s) return std::nullopt;
    const double begin_gap = samples_.front().seconds - from_s;
    const double end_gap = to_s - samples_.back().seconds;
    if (begin_gap > longest_gap_s_ || end_gap > longest_gap_s_) return std::nullopt;
    double total = std::max(std::min(samples_.front().seconds, to_s) - from_s, 0.0) * samples_.front().watts +
                   std::max(to_s - std::max(samples_.back().seconds, from_s), 0.0) * samples_.back().watts;
    for (std::size_t i = 1; i < samples_.size(); ++i) {
        const Sample &a = samples_[i - 1];
        const Sample &b = samples_[i];
        const double left = std::max(a.seconds, from_s);
        const double right = std::min(b.seconds, to_s);
        if (right <= left) continue;
        if (b.seconds - a.seconds > longest_gap_s_) return std::nullopt;
        const double slope = (b.watts - a.watts) / (b.seconds - a.seconds);
        const double middle = a.watts + slope * (0.5 * (left + right) - a.seconds);
        total += middle * (right - left);
    }
    return total;
}

MeterSource::MeterSource(const std::string &device, double poll_s)
    : device_(device), poll_s_(poll_s), power_(kLongestGapS) {
    if (!(poll_s > 0)) throw std::invalid_argument("poll_s: must be more than 0");
    port_ = ::open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port_ < 0) {
        throw std::filesystem::filesystem_error("open", device,
                                                std::error_code(errno, std::generic_category()));
    }
    termios settings{};
    // Before a byte is written: a request would damage a file that was named by mistake.
    if (tcgetattr(port_, &settings) != 0) {
        ::close(port_);
        throw InputError(device +
                         ": expected a serial device, such as /dev/rfcomm0; a meter's log is source log");
    }
    cfmakeraw(&settings);  // 8 bits, no parity, nothing interpreted
    cfsetispeed(&settings, B9600);
    cfsetospeed(&settings, B9600);
    settings.c_cflag |= CLOCAL | CREAD;
    tcsetattr(port_, TCSANOW, &settings);
    // A first answer may be cut by what the line held before.
    std::optional<MeterSample> sample;
    while (!sample && now_s() < kFirstAnswerS) sample = ask(1.0);
    if (!sample) {
        ::close(port_);
        throw InputError(device + ": no UM24C, UM25C or UM34C power meter answers");
    }
    model_ = sample->model;
    power_.add(now_s(), sample->watts);
    thread_ = std::thread([this] { poll(); });
}

MeterSource::~MeterSource() {
    {
        const std::lock_guard lock(mutex_);
        quit_ = true;
    }
    wake_.notify_all();
    thread_.join();
    ::close(port_);
}

double MeterSource::now_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - origin_).count();
}

/// One request and its answer; nothing if it doesn't come, comes damaged, or the device is gone.
std::optional<MeterSample> MeterSource::ask(double timeout_s) {
    tcflush(port_, TCIFLUSH);
    if (::write(port_, &kMeterRequest, 1) != 1) return std::nullopt;
    std::array<std::uint8_t, kMeterFrameBytes> answer{};
    std::size_t filled = 0;
    const double deadline = now_s() + timeout_s;
    while (filled < answer.size()) {
        const double left = deadline - now_s();
        if (left <= 0) return std::nullopt;
        pollfd wait{port_, POLLIN, 0};
        const int ready = ::poll(&wait, 1, static_cast<int>(std::ceil(left * 1000)));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0 || (wait.revents & POLLIN) == 0) return std::nullopt;
        const ssize_t got = ::read(port_, answer.data() + filled, answer.size() - filled);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return std::nullopt;
        filled += static_cast<std::size_t>(got);
    }
    return parse_meter_frame(answer);
}

void MeterSource::poll() {
    std::unique_lock lock(mutex_);
    while (!quit_) {
        lock.unlock();
        const auto sample = ask(1.0);
        const double now = now_s();
        lock.lock();
        if (sample) power_.add(now, sample->watts);
        wake_.wait_for(lock, std::chrono::duration<double>(poll_s_), [this] { return quit_; });
    }
}

void MeterSource::start() {
    const std::lock_guard lock(mutex_);
    power_.clear();
    started_s_ = now_s();
}

Reading MeterSource::stop(std::int64_t) {
    const double now = now_s();
    Reading reading;
    reading.method = Method::kMeasuredMeter;
    reading.seconds = now - started_s_;
    // An interval shorter than the pace of the requests waits for the answer that is under way.
    std::unique_lock lock(mutex_);
    while (power_.size() == 0 && now_s() - now < kLongestGapS / 2) {
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        lock.lock();
    }
    reading.joules = power_.joules(started_s_, now);
    if (!reading.joules) {
        reading.note = device_ + ": the power meter fell silent for more than " +
                       files::shortest(kLongestGapS) + " s or was unplugged";
    }
    return reading;
}

}  // namespace e2tad::energy
