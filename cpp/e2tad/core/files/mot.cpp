#include "e2tad/core/files/mot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/csv.hpp"
#include "e2tad/core/files/text.hpp"
#include "e2tad/core/files/write.hpp"

namespace e2tad::files {
namespace {

/// The cells of the current row, checked.
class MotRow {
  public:
    explicit MotRow(const CsvReader &csv) : csv_(csv) {}

    [[nodiscard]] double number(std::size_t column, const char *name) const {
        const auto value = parse_number(csv_.cell(column));
        if (!value || !(std::abs(*value) <= std::numeric_limits<float>::max())) {
            fail(column, name, "a finite number");
        }
        return *value;
    }
    [[nodiscard]] std::int32_t whole(std::size_t column, const char *name, std::int32_t low) const {
        const auto value = parse_whole(csv_.cell(column));
        if (!value || *value < low) {
            fail(column, name, "a whole number, " + std::to_string(low) + " or more");
        }
        return *value;
    }
    [[nodiscard]] bool has(std::size_t column) const { return !csv_.cell(column).empty(); }
    [[noreturn]] void fail(std::size_t column, const char *name, const std::string &expected) const {
        csv_.lines().fail(std::string(name) + ": expected " + expected + ", got " +
                          in_quotes(csv_.cell(column)));
    }

  private:
    const CsvReader &csv_;
};

Tracks read_rows(CsvReader &csv, const MotClasses &classes, std::int32_t frame_count) {
    Tracks tracks;
    tracks.observed.resize(static_cast<std::size_t>(std::max(frame_count, 0)));
    std::iota(tracks.observed.begin(), tracks.observed.end(), 0);
    const MotRow row(csv);
    while (csv.next()) {
        const std::int32_t frame = row.whole(0, "frame", 1) - 1;
        const std::int32_t id = row.whole(1, "id", 0);
        const double left = row.number(2, "left");
        const double top = row.number(3, "top");
        const double width = row.number(4, "width");
        const double height = row.number(5, "height");
        if (width < 0) row.fail(4, "width", "0 or more");
        if (height < 0) row.fail(5, "height", "0 or more");
        ObjectClass object_class = ObjectClass::kPerson;
        const std::int32_t number = row.has(7) ? row.whole(7, "class", -1) : -1;
        if (number != -1) {
            if (row.number(6, "confidence") == 0) continue;
            if (number != classes.person && number != classes.ball) {
                row.fail(7, "class",
                         std::to_string(classes.person) + " (person) or " + std::to_string(classes.ball) +
                             " (ball)");
            }
            if (number == classes.ball) object_class = ObjectClass::kBall;
        }
        tracks.add(frame, object_class, id,
                   {static_cast<float>(left), static_cast<float>(top), static_cast<float>(left + width),
                    static_cast<float>(top + height)});
    }
    const std::string where = printable(csv.lines().name());
    if (tracks.observed.empty() && tracks.size() == 0) {
        throw InputError(where + ": no tracks: expected rows frame,id,left,top,width,height,...");
    }
    tracks.normalise(where);
    return tracks;
}

}  // namespace

Tracks read_mot(const std::string &path, MotClasses classes, std::int32_t frame_count) {
    CsvReader csv{LineReader(path)};
    return read_rows(csv, classes, frame_count);
}

Tracks parse_mot(const std::string &name, std::string_view text, MotClasses classes,
                 std::int32_t frame_count) {
    CsvReader csv{LineReader(name, text)};
    return read_rows(csv, classes, frame_count);
}

std::string mot_text(const Tracks &tracks, MotClasses classes) {
    std::string text;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const Box &box = tracks.box[i];
        const std::int32_t number =
            tracks.object_class[i] == ObjectClass::kPerson ? classes.person : classes.ball;
        text += std::to_string(std::int64_t{tracks.frame[i]} + 1);
        const auto [left, top, width, height] = corner_and_size_texts(box);
        for (const std::string &cell : {std::to_string(tracks.id[i]), left, top, width, height,
                                        std::string("1"), std::to_string(number), std::string("1\n")}) {
            text += ',';
            text += cell;
        }
    }
    return text;
}

void write_mot(const Tracks &tracks, const std::string &path, MotClasses classes) {
    write_file(path, mot_text(tracks, classes));
}

}  // namespace e2tad::files
