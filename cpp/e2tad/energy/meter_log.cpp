#include <chrono>
#include <cmath>
#include <ctime>
#include <string_view>
#include <vector>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/lines.hpp"
#include "e2tad/core/files/text.hpp"
#include "e2tad/energy/meter.hpp"

namespace e2tad::energy {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

std::vector<std::string_view> split(std::string_view line, char separator) {
    std::vector<std::string_view> cells;
    while (true) {
        const std::size_t at = line.find(separator);
        cells.push_back(files::trimmed(line.substr(0, at)));
        if (at == std::string_view::npos) return cells;
        line.remove_prefix(at + 1);
    }
}

struct Column {
    std::size_t index = kNoColumn;
    double scale = 1;
    std::string name{};
};

/// The first column whose name begins so; a milli-unit anywhere behind counts as thousandths.
Column find_column(const std::vector<std::string> &names, std::initializer_list<std::string_view> beginnings,
                   std::string_view milli_unit) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        for (const std::string_view beginning : beginnings) {
            if (!names[i].starts_with(beginning)) continue;
            const std::string_view rest = std::string_view(names[i]).substr(beginning.size());
            const bool milli = rest.find(milli_unit) != std::string_view::npos;
            return {i, milli ? 0.001 : 1.0, names[i]};
        }
    }
    return {};
}

/// `2021-08-01 12:00:00.5` in local time as seconds since 1970, or a plain number.
std::optional<double> parse_time(std::string_view text) {
    if (const auto seconds = files::parse_number(text)) return seconds;
    if (text.size() < 19 || (text[10] != ' ' && text[10] != 'T')) return std::nullopt;
    const auto digits = [text](std::size_t at, std::size_t count) {
        return files::parse_integer(text.substr(at, count)).value_or(-1);
    };
    std::tm date{};
    date.tm_year = static_cast<int>(digits(0, 4)) - 1900;
    date.tm_mon = static_cast<int>(digits(5, 2)) - 1;
    date.tm_mday = static_cast<int>(digits(8, 2));
    date.tm_hour = static_cast<int>(digits(11, 2));
    date.tm_min = static_cast<int>(digits(14, 2));
    date.tm_sec = static_cast<int>(digits(17, 2));
    date.tm_isdst = -1;
    const bool fits = date.tm_year >= 70 && date.tm_mon >= 0 && date.tm_mon < 12 && date.tm_mday >= 1 &&
                      date.tm_mday <= 31 && date.tm_hour >= 0 && date.tm_hour < 24 && date.tm_min >= 0 &&
                      date.tm_min < 60 && date.tm_sec >= 0 && date.tm_sec <= 60;
    if (!fits) return std::nullopt;
    double fraction = 0;
    if (text.size() > 19) {
        std::string digits_behind = "0";
        digits_behind.append(text.substr(19));
        const auto parsed = files::parse_number(digits_behind);
        if (text[19] != '.' || !parsed) return std::nullopt;
        fraction = *parsed;
    }
    return static_cast<double>(std::mktime(&date)) + fraction;
}

double wall_clock_s() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

MeterLog read_log(const std::string &path, double longest_gap_s) {
    files::LineReader lines(path);
    std::string_view line;
    bool more = lines.next(line);
    while (more && files::trimmed(line).empty()) more = lines.next(line);
    const std::string expected = "expected a header with a time and power, or voltage and current";
    if (!more) throw InputError(path + ": is empty: " + expected);
    const char separator = line.find(';') != std::string_view::npos ? ';' : ',';
    std::vector<std::string> names;
    for (const std::string_view cell : split(line, separator)) names.push_back(files::lower_case(cell));
    const Column time = find_column(names, {"date", "time"}, "ms");
    const Column power = find_column(names, {"power"}, "mw");
    const Column voltage = find_column(names, {"voltage"}, "mv");
    const Column current = find_column(names, {"current", "intensity"}, "ma");
    const bool has_both = voltage.index != kNoColumn && current.index != kNoColumn;
    if (time.index == kNoColumn || (power.index == kNoColumn && !has_both)) {
        lines.fail(expected + ", got " + files::in_quotes(line));
    }
    MeterLog log{PowerIntegral(longest_gap_s)};
    while (lines.next(line)) {
        if (files::trimmed(line).empty()) continue;
        const auto cells = split(line, separator);
        const auto cell = [&](const Column &column) {
            return column.index < cells.size() ? cells[column.index] : std::string_view{};
        };
        const auto number = [&](const Column &column) {
            const auto value = files::parse_number(cell(column));
            if (!value || !(*value >= 0) || *value > 1e9) {
                lines.fail(column.name + ": expected a number, 0 or more, got " +
                           files::in_quotes(cell(column)));
            }
            return *value * column.scale;
        };
        const auto seconds = parse_time(cell(time));
        if (!seconds || !std::isfinite(*seconds)) {
            lines.fail(time.name + ": expected a date and time or seconds, got " +
                       files::in_quotes(cell(time)));
        }
        const double at = *seconds * time.scale;
        if (log.samples > 0 && at < log.last_s) lines.fail(time.name + ": runs backwards");
        // Two samples at one time would make a slope of no width; the first one counts.
        if (log.samples > 0 && at == log.last_s) continue;
        log.power.add(at, power.index != kNoColumn ? number(power) : number(voltage) * number(current));
        if (log.samples++ == 0) log.first_s = at;
        log.last_s = at;
    }
    if (log.samples == 0) throw InputError(path + ": has a header and no sample");
    return log;
}

MeterLogSource::MeterLogSource(std::string path) : path_(std::move(path)) {
    (void)read_log(path_);
    MeterLogSource::start();
}

void MeterLogSource::start() {
    started_s_ = wall_clock_s();
}

Reading MeterLogSource::stop(std::int64_t) {
    const double now = wall_clock_s();
    Reading reading;
    reading.method = Method::kMeasuredMeter;
    reading.seconds = now - started_s_;
    try {
        reading.joules = read_log(path_).power.joules(started_s_, now);
        if (!reading.joules)
            reading.note = path_ + ": has no samples of the interval, or too long a gap in it";
    } catch (const std::exception &error) {
        reading.note = error.what();
    }
    return reading;
}

}  // namespace e2tad::energy
