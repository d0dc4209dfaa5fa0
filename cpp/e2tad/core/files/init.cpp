#include "e2tad/core/files/init.hpp"

#include <set>
#include <stdexcept>
#include <tuple>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/csv.hpp"
#include "e2tad/core/files/text.hpp"
#include "e2tad/core/files/write.hpp"

namespace e2tad::files {
namespace {

constexpr const char *kHeader = "Frame,Class,ID,X,Y,Width,Height";

std::int32_t count(const CsvReader &csv, std::size_t column) {
    const auto value = parse_whole(csv.cell(column));
    if (!value || *value < 0) csv.fail(column, "a whole number, 0 or more");
    return *value;
}

double share(const CsvReader &csv, std::size_t column, double low) {
    const auto value = parse_number(csv.cell(column));
    if (!value || !(*value >= low && *value <= 1 + kInitSlack)) {
        csv.fail(column, "a share of the frame's size, in [0, 1]");
    }
    return *value;
}

void check_size(std::int32_t frame_width, std::int32_t frame_height) {
    if (frame_width < 1 || frame_height < 1) {
        throw std::invalid_argument("frame_size: expected at least 1x1, got " + std::to_string(frame_width) +
                                    "x" + std::to_string(frame_height));
    }
}

std::vector<InitRow> read_rows(CsvReader &csv) {
    const std::size_t frame = csv.require("frame");
    const std::size_t object_class = csv.require("class");
    const std::size_t id = csv.require("id");
    const std::size_t x = csv.require("x");
    const std::size_t y = csv.require("y");
    const std::size_t width = csv.require("width");
    const std::size_t height = csv.require("height");
    std::vector<InitRow> rows;
    std::set<std::tuple<std::int32_t, ObjectClass, std::int32_t>> seen;
    while (csv.next()) {
        InitRow row;
        row.frame = count(csv, frame);
        const std::string_view name = csv.cell(object_class);
        const auto number = parse_whole(name);
        if (!number || (*number != 0 && *number != 1)) csv.fail(object_class, "0 (person) or 1 (ball)");
        row.object_class = *number == 0 ? ObjectClass::kPerson : ObjectClass::kBall;
        row.id = count(csv, id);
        if (row.id == 0 && row.object_class == ObjectClass::kPerson) {
            csv.fail(id, "a person's number, 1 or more: 0 is nobody in labels and answers");
        }
        row.center_x = share(csv, x, -kInitSlack);
        row.center_y = share(csv, y, -kInitSlack);
        row.width = share(csv, width, 0);
        row.height = share(csv, height, 0);
        if (!seen.emplace(row.frame, row.object_class, row.id).second) {
            csv.lines().fail("frame " + std::to_string(row.frame) + (*number == 0 ? ", person " : ", ball ") +
                             std::to_string(row.id) + " occurs twice");
        }
        rows.push_back(row);
    }
    if (rows.empty()) {
        throw InputError(printable(csv.lines().name()) +
                         ": has a header and no rows: expected persons and balls");
    }
    return rows;
}

}  // namespace

std::vector<InitRow> read_init_csv(const std::string &path) {
    CsvReader csv(LineReader(path), kHeader);
    return read_rows(csv);
}

std::vector<InitRow> parse_init_csv(const std::string &name, std::string_view text) {
    CsvReader csv(LineReader(name, text), kHeader);
    return read_rows(csv);
}

Tracks init_tracks(const std::vector<InitRow> &rows, std::int32_t frame_width, std::int32_t frame_height) {
    check_size(frame_width, frame_height);
    Tracks tracks;
    for (const InitRow &row : rows) {
        tracks.add(row.frame, row.object_class, row.id,
                   {static_cast<float>((row.center_x - 0.5 * row.width) * frame_width),
                    static_cast<float>((row.center_y - 0.5 * row.height) * frame_height),
                    static_cast<float>((row.center_x + 0.5 * row.width) * frame_width),
                    static_cast<float>((row.center_y + 0.5 * row.height) * frame_height)});
    }
    tracks.normalise("init");
    return tracks;
}

std::vector<InitRow> init_rows(const Tracks &tracks, std::int32_t frame_width, std::int32_t frame_height) {
    check_size(frame_width, frame_height);
    std::vector<InitRow> rows;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const Box &box = tracks.box[i];
        rows.push_back({tracks.frame[i], tracks.object_class[i], tracks.id[i],
                        0.5 * (double{box.left} + box.right) / frame_width,
                        0.5 * (double{box.top} + box.bottom) / frame_height,
                        (double{box.right} - box.left) / frame_width,
                        (double{box.bottom} - box.top) / frame_height});
    }
    return rows;
}

void write_init_csv(const std::vector<InitRow> &rows, const std::string &path) {
    std::string text = std::string(kHeader) + "\n";
    for (const InitRow &row : rows) {
        text += std::to_string(row.frame);
        for (const std::int32_t value : {static_cast<std::int32_t>(row.object_class), row.id}) {
            text += ',';
            text += std::to_string(value);
        }
        for (const double value : {row.center_x, row.center_y, row.width, row.height}) {
            text += ',';
            text += fixed(value, 6);
        }
        text += '\n';
    }
    (void)parse_init_csv(path, text);  // one rule for what a file may hold: the reader's
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

}  // namespace e2tad::files
