#include "e2tad/nn_torch/card.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/json.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::nn_torch {
namespace {

using Json = nlohmann::ordered_json;

/// The fields of a card, each error naming the file and the field.
class Fields {
  public:
    Fields(const Json &in, std::string path) : in_(in), path_(std::move(path)) {}

    [[nodiscard]] bool has(const char *key) const { return in_.contains(key) && !in_[key].is_null(); }

    [[nodiscard]] const Json &get(const char *key, const char *expected) const {
        if (!has(key)) fail(key, std::string("is missing: expected ") + expected);
        return in_[key];
    }

    [[nodiscard]] std::string text(const char *key, const char *expected) const {
        const Json &value = get(key, expected);
        if (!value.is_string()) fail(key, expected, value);
        return value.get<std::string>();
    }

    [[nodiscard]] std::string choice(const char *key, std::initializer_list<const char *> names) const {
        std::string expected;
        for (const char *name : names) expected += (expected.empty() ? "" : " or ") + std::string(name);
        std::string value = text(key, expected.c_str());
        if (std::find(names.begin(), names.end(), value) == names.end()) fail(key, expected, in_[key]);
        return value;
    }

    /// A list, not empty, of at most a thousand.
    [[nodiscard]] const Json &list(const char *key, const char *expected, std::size_t length = 0) const {
        const Json &value = get(key, expected);
        const bool fits = value.is_array() && !value.empty() && value.size() <= 1000;
        if (!fits || (length != 0 && value.size() != length)) fail(key, expected, value);
        return value;
    }

    [[nodiscard]] float number(const char *key, const char *expected, const Json &value, float low) const {
        if (!value.is_number()) fail(key, expected, value);
        const auto number = static_cast<float>(value.get<double>());
        if (!std::isfinite(number) || number <= low || number > 65536.0f) fail(key, expected, value);
        return number;
    }

    [[nodiscard]] std::int32_t whole(const char *key, const char *expected, const Json &value) const {
        const float found = number(key, expected, value, 0);
        if (found != std::floor(found)) fail(key, expected, value);
        return static_cast<std::int32_t>(found);
    }

    [[nodiscard]] std::array<float, 3> colour(const char *key, const char *expected, float low) const {
        const Json &values = list(key, expected, 3);
        std::array<float, 3> colour{};
        for (std::size_t c = 0; c < 3; ++c) colour[c] = number(key, expected, values[c], low);
        return colour;
    }

    [[noreturn]] void fail(const char *key, const std::string &what) const {
        throw InputError(path_ + ": " + key + ": " + what);
    }
    [[noreturn]] void fail(const char *key, const std::string &expected, const Json &got) const {
        fail(key, "expected " + expected + ", got " +
                      files::printable(got.dump(-1, ' ', false, Json::error_handler_t::replace), 60));
    }

  private:
    const Json &in_;
    std::string path_;
};

void read_detector(const Fields &fields, Card &card) {
    constexpr const char *kNames = "a list of the classes' names";
    for (const Json &name : fields.list("classes", kNames)) {
        if (!name.is_string()) fields.fail("classes", kNames, name);
        card.classes.push_back(name.get<std::string>());
    }
    const std::vector<std::int32_t> known = card.object_classes();
    if (std::all_of(known.begin(), known.end(), [](std::int32_t c) { return c == detect::kNoClass; })) {
        fields.fail("classes", "expected person or ball among them");
    }
    if (fields.has("box_form")) card.circles = fields.choice("box_form", {"R", "C"}) == "C";
    if (card.circles && card.circle_class() == detect::kNoClass) {
        fields.fail("box_form", "C is for balls: expected ball among the classes");
    }
    constexpr const char *kStrides = "a list of whole numbers, the pixels a cell of each head";
    for (const Json &stride : fields.list("strides", kStrides)) {
        card.strides.push_back(static_cast<float>(fields.whole("strides", kStrides, stride)));
    }
    const std::string expected = "for each of the " + std::to_string(card.strides.size()) +
                                 " strides a list of [width, height], more than 0";
    for (const Json &head : fields.list("anchors", expected.c_str(), card.strides.size())) {
        if (!head.is_array() || head.empty() || head.size() > 1000) fields.fail("anchors", expected, head);
        std::vector<detect::Anchor> &anchors = card.anchors.emplace_back();
        for (const Json &size : head) {
            if (!size.is_array() || size.size() != 2) fields.fail("anchors", expected, size);
            anchors.push_back({fields.number("anchors", expected.c_str(), size[0], 0),
                               fields.number("anchors", expected.c_str(), size[1], 0)});
        }
    }
}

}  // namespace

std::vector<std::int32_t> Card::object_classes() const {
    std::vector<std::int32_t> numbers;
    for (const std::string &name : classes) {
        const std::string lower = files::lower_case(name);
        numbers.push_back(lower == "person"                           ? std::int32_t{0}
                          : lower == "ball" || lower == "sports ball" ? std::int32_t{1}
                                                                      : detect::kNoClass);
    }
    return numbers;
}

std::int32_t Card::circle_class() const {
    if (!circles) return detect::kNoClass;
    const std::vector<std::int32_t> numbers = object_classes();
    const auto ball =
        std::find(numbers.begin(), numbers.end(), static_cast<std::int32_t>(ObjectClass::kBall));
    return ball == numbers.end() ? detect::kNoClass : static_cast<std::int32_t>(ball - numbers.begin());
}

std::string card_path(const std::string &model) {
    const std::size_t dot = model.rfind('.');
    const std::size_t folder = model.rfind('/');
    const bool has_suffix = dot != std::string::npos && (folder == std::string::npos || dot > folder);
    return model.substr(0, has_suffix ? dot : model.size()) + ".json";
}

Card read_card_of(const std::string &model, const std::string &kind) {
    const std::string path = card_path(model);
    if (std::filesystem::exists(path)) return read_card(path, kind);
    if (std::filesystem::is_regular_file(model)) {
        throw InputError(path + ": no such file; expected the card of " + model +
                         ", which says how to use it");
    }
    // Of a model that isn't there, the name that was given tells more than its card's.
    return read_card(model, kind);
}

Card read_card(const std::string &path, const std::string &kind) {
    const Json document = files::read_json<Json>(path);
    if (!document.is_object()) throw InputError(path + ": expected a model's card, an object of fields");
    const Fields fields(document, path);
    Card card;
    card.path = path;
    card.kind = fields.choice("kind", {"detector", "reid", "harmonizer"});
    if (card.kind != kind) fields.fail("kind", "expected " + kind + ", got " + card.kind);
    if (fields.has("channels")) card.is_rgb = fields.choice("channels", {"rgb", "bgr"}) == "rgb";
    if (fields.has("mean")) card.mean = fields.colour("mean", "three numbers", -65536.0f);
    if (fields.has("deviation")) {
        card.deviation = fields.colour("deviation", "three numbers more than 0", 0);
    }
    if (fields.has("input_size")) {
        constexpr const char *kSize = "[height, width] in pixels";
        const Json &size = fields.list("input_size", kSize, 2);
        card.input_height = fields.whole("input_size", kSize, size[0]);
        card.input_width = fields.whole("input_size", kSize, size[1]);
    }
    if (fields.has("quantised")) {
        card.quantised = fields.choice("quantised", {"qnnpack", "x86", "onednn", "fbgemm"});
    }
    if (kind == "detector") read_detector(fields, card);
    if (kind == "reid" && fields.has("embedding")) {
        constexpr const char *kLength = "a whole number, the length of a feature";
        card.embedding = fields.whole("embedding", kLength, fields.get("embedding", kLength));
    }
    if (kind == "harmonizer" && fields.has("multiple")) {
        constexpr const char *kPixels = "a whole number of pixels, at most 1024";
        const Json &value = fields.get("multiple", kPixels);
        card.multiple = fields.whole("multiple", kPixels, value);
        if (card.multiple > 1024) fields.fail("multiple", kPixels, value);
    }
    return card;
}

Normaliser::Normaliser(const Card &card) : is_rgb_(card.is_rgb) {
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            values_[c][byte] = (static_cast<float>(byte) / 255.0f - card.mean[c]) / card.deviation[c];
        }
    }
}

void Normaliser::fill(const ImageView &image, float *out) const {
    const std::size_t first = is_rgb_ ? 2 : 0;
    for (std::int32_t y = 0; y < image.height; ++y) {
        const std::uint8_t *in = image.data + y * image.stride;
        for (std::int32_t x = 0; x < image.width; ++x, in += 3, out += 3) {
            out[0] = values_[0][in[first]];
            out[1] = values_[1][in[1]];
            out[2] = values_[2][in[2 - first]];
        }
    }
}

}  // namespace e2tad::nn_torch
