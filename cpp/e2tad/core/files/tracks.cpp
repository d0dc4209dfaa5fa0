#include "e2tad/core/files/tracks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <vector>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/json.hpp"
#include "e2tad/core/files/text.hpp"
#include "e2tad/core/files/write.hpp"

namespace e2tad::files {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char *kLtrb = "bounding box (ltrb)";
constexpr const char *kLtwh = "bounding box (ltwh)";

std::string shown(const Json &value) {
    return printable(value.dump(), 40);
}

/// One entry of a frame's list; the messages name the file, the entry and the field.
class Entry {
  public:
    Entry(const Json &value, const std::string &name, std::size_t index)
        : value_(value), name_(name), index_(index) {
        if (!value.is_object()) fail("", "an object", value);
    }

    [[nodiscard]] ObjectClass object_class() const {
        const Json &value = field("class");
        if (value == "person") return ObjectClass::kPerson;
        if (value == "ball") return ObjectClass::kBall;
        fail("class", "\"person\" or \"ball\"", value);
    }

    [[nodiscard]] std::int32_t id() const {
        const Json &value = field("id");
        const double number = value.is_number() ? value.get<double>() : -1;
        if (!(number >= 0 && number <= std::numeric_limits<std::int32_t>::max()) ||
            number != std::trunc(number)) {
            fail("id", "a whole number, 0 or more", value);
        }
        return static_cast<std::int32_t>(number);
    }

    [[nodiscard]] Box box() const {
        const bool corners = value_.contains(kLtrb);
        if (!corners && !value_.contains(kLtwh)) fail(kLtrb, "four numbers", Json());
        const char *key = corners ? kLtrb : kLtwh;
        const Json &value = value_[key];
        if (!value.is_array() || value.size() != 4) fail(key, "four numbers", value);
        double v[4];
        for (std::size_t i = 0; i < 4; ++i) {
            if (!value[i].is_number()) fail(key, "four numbers", value);
            v[i] = value[i].get<double>();
        }
        if (!corners && !(v[2] >= 0 && v[3] >= 0)) fail(key, "a width and height of 0 or more", value);
        const double right = corners ? v[2] : v[0] + v[2];
        const double bottom = corners ? v[3] : v[1] + v[3];
        for (const double edge : {v[0], v[1], right, bottom}) {
            if (!(std::abs(edge) <= std::numeric_limits<float>::max())) {
                fail(key, "finite numbers of pixels", value);
            }
        }
        if (right < v[0] || bottom < v[1]) fail(key, "left <= right and top <= bottom", value);
        return {static_cast<float>(v[0]), static_cast<float>(v[1]), static_cast<float>(right),
                static_cast<float>(bottom)};
    }

  private:
    [[nodiscard]] const Json &field(const char *key) const {
        static const Json kMissing;
        const auto found = value_.find(key);
        return found == value_.end() ? kMissing : *found;
    }
    [[noreturn]] void fail(const std::string &key, const std::string &expected, const Json &got) const {
        throw InputError(printable(name_) + ": entry " + std::to_string(index_) +
                         (key.empty() ? "" : ", " + key) + ": expected " + expected + ", got " +
                         (got.is_null() ? "none" : shown(got)));
    }
    const Json &value_;
    const std::string &name_;
    std::size_t index_;
};

std::int32_t frame_of(const fs::path &file) {
    const std::string stem = file.stem().string();
    const auto frame = parse_integer(stem);
    if (!frame || *frame < 0 || *frame > std::numeric_limits<std::int32_t>::max()) {
        throw InputError(printable(file.string()) +
                         ": expected a frame number, 0 or more, as the file's name: NNNNNN.json");
    }
    return static_cast<std::int32_t>(*frame);
}

/// NNNNNN.json -> path, in the order of the frames.
std::map<std::int32_t, fs::path> frame_files(const std::string &folder) {
    std::map<std::int32_t, fs::path> files;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.front() == '.' || entry.path().extension() != ".json") continue;
        const std::int32_t frame = frame_of(entry.path());
        const auto [other, added] = files.emplace(frame, entry.path());
        if (!added) {
            throw InputError(printable(folder) + ": frame " + std::to_string(frame) + " occurs twice: " +
                             printable(std::min(name, other->second.filename().string())) + " and " +
                             printable(std::max(name, other->second.filename().string())));
        }
    }
    if (files.empty()) {
        std::string hint;
        for (const char *inner : {"gt_tracks", "pseudo_tracks"}) {
            if (fs::is_directory(fs::path(folder) / inner))
                hint = std::string(", did you mean ") + inner + "?";
            if (!hint.empty()) break;
        }
        throw InputError(printable(folder) + ": no tracks: expected files NNNNNN.json, one a frame" + hint);
    }
    return files;
}

std::array<std::string, 4> corner_texts(const Box &box) {
    return {shortest(box.left), shortest(box.top), shortest(box.right), shortest(box.bottom)};
}

std::string frame_name(std::int32_t frame) {
    const std::string digits = std::to_string(frame);
    return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".json";
}

}  // namespace

void parse_track_frame(std::string_view text, const std::string &name, std::int32_t frame, Tracks &tracks) {
    const Json entries = parse_json<Json>(text, name);
    if (!entries.is_array()) {
        throw InputError(printable(name) + ": expected a list of boxes, got " + shown(entries));
    }
    tracks.observed.push_back(frame);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry entry(entries[i], name, i);
        tracks.add(frame, entry.object_class(), entry.id(), entry.box());
    }
}

Tracks read_track_folder(const std::string &folder) {
    Tracks tracks;
    for (const auto &[frame, file] : frame_files(folder)) {
        const std::string path = file.string();
        parse_track_frame(read_text(path, kMaxJsonBytes), path, frame, tracks);
    }
    tracks.normalise(printable(folder));
    return tracks;
}

void write_track_folder(const Tracks &tracks, const std::string &folder, BoxForm form) {
    fs::path target(folder);
    if (!target.has_filename()) target = target.parent_path();  // "out/" is "out"
    if (fs::exists(target) && !(fs::is_directory(target) && fs::is_empty(target))) {
        throw InputError(printable(folder) + ": exists already: expected a new or an empty folder");
    }
    const fs::path building = temporary_name(target.string());
    fs::create_directories(building);
    try {
        std::size_t row = 0;
        for (const std::int32_t frame : tracks.observed) {
            std::string text = "[";
            for (; row < tracks.size() && tracks.frame[row] == frame; ++row) {
                const Box &box = tracks.box[row];
                const bool corners = form == BoxForm::kLtrb;
                text += text.size() > 1 ? ", " : "";
                text += tracks.object_class[row] == ObjectClass::kPerson ? R"({"class": "person", "id": )"
                                                                         : R"({"class": "ball", "id": )";
                text += std::to_string(tracks.id[row]) + ", \"" + (corners ? kLtrb : kLtwh) + "\": [";
                const std::array<std::string, 4> numbers =
                    corners ? corner_texts(box) : corner_and_size_texts(box);
                for (std::size_t i = 0; i < 4; ++i) text += (i > 0 ? ", " : "") + numbers[i];
                text += "]}";
            }
            write_file((building / frame_name(frame)).string(), text + "]\n");
        }
        fs::rename(building, target);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(building, ignored);
        throw;
    }
}

}  // namespace e2tad::files
