#pragma once
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "e2tad/core/error.hpp"

/// Configuration structs describe themselves once; reading, writing, the JSON schema and the explanation of
/// a key all follow from that description. A struct holds its defaults as member initialisers (their only
/// home) and names its fields in one function:
///
///     struct GateConfig {
///         float max_distance = 0.25f;
///         template <class Self, class Visitor>
///         static void describe(Self &self, Visitor &v) {
///             v.number("max_distance", self.max_distance, 0, 2, "Cosine distance; larger is never
///             matched.");
///         }
///     };
namespace e2tad::config {

using Json = nlohmann::ordered_json;

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The name among `names` with the smallest edit distance, or "" if none is within half of its length.
std::string nearest_name(std::string_view name, const std::vector<std::string> &names);

/// Throws ConfigError: `PATH/KEY: unknown key, did you mean NEAREST?`
[[noreturn]] void throw_unknown_key(const std::string &path, const std::string &key,
                                    const std::vector<std::string> &known);

namespace detail {

[[noreturn]] void throw_wrong_type(const std::string &path, const char *expected, const Json &got);
/// "in [low, high]", "at least low", ...
std::string range_text(double low, double high);
void check_range(const std::string &path, double value, double low, double high);
void check_choice(const std::string &path, const std::string &value, const std::vector<std::string> &choices);
std::int64_t read_integer(const std::string &path, const Json &value);
double read_number(const std::string &path, const Json &value);

class Writer {
  public:
    Json out = Json::object();
    template <class T>
    void number(const char *key, const T &value, double, double, const char *) {
        if constexpr (std::is_same_v<T, float>) {
            // The shortest decimal that reads back as this float, so that 0.25f prints as 0.25 and .1f as .1.
            out[key] = std::stod(shortest(value));
        } else {
            out[key] = value;
        }
    }
    void flag(const char *key, const bool &value, const char *) { out[key] = value; }
    void choice(const char *key, const std::string &value, const std::vector<std::string> &, const char *) {
        out[key] = value;
    }
    void text(const char *key, const std::string &value, const char *) { out[key] = value; }
    template <class S>
    void section(const char *key, const S &value, const char *) {
        Writer inner;
        S::describe(value, inner);
        out[key] = std::move(inner.out);
    }
    static std::string shortest(float value);
};

class Reader {
  public:
    Reader(const Json &in, std::string path) : in_(in), path_(std::move(path)) {
        if (!in_.is_object()) throw_wrong_type(path_.empty() ? "/" : path_, "an object", in_);
    }
    template <class T>
    void number(const char *key, T &value, double low, double high, const char *) {
        const Json *found = find(key);
        const std::string at = path_ + "/" + key;
        if (found) {
            if constexpr (std::is_integral_v<T>) {
                const std::int64_t wide = read_integer(at, *found);
                check_range(at, static_cast<double>(wide), low, high);
                check_range(at, static_cast<double>(wide), static_cast<double>(std::numeric_limits<T>::min()),
                            static_cast<double>(std::numeric_limits<T>::max()));
                value = static_cast<T>(wide);
            } else {
                const double wide = read_number(at, *found);
                check_range(at, wide, low, high);
                value = static_cast<T>(wide);
            }
        }
    }
    void flag(const char *key, bool &value, const char *) {
        if (const Json *found = find(key)) {
            if (!found->is_boolean()) throw_wrong_type(path_ + "/" + key, "true or false", *found);
            value = found->get<bool>();
        }
    }
    void choice(const char *key, std::string &value, const std::vector<std::string> &choices, const char *) {
        if (const Json *found = find(key)) {
            if (!found->is_string()) throw_wrong_type(path_ + "/" + key, "a string", *found);
            check_choice(path_ + "/" + key, found->get<std::string>(), choices);
            value = found->get<std::string>();
        }
    }
    void text(const char *key, std::string &value, const char *) {
        if (const Json *found = find(key)) {
            if (!found->is_string()) throw_wrong_type(path_ + "/" + key, "a string", *found);
            value = found->get<std::string>();
        }
    }
    template <class S>
    void section(const char *key, S &value, const char *) {
        if (const Json *found = find(key)) {
            Reader inner(*found, path_ + "/" + key);
            S::describe(value, inner);
            inner.finish();
        }
    }
    /// Throws for the first key that no field has read.
    void finish() const {
        for (const auto &item : in_.items()) {
            bool known = false;
            for (const std::string &name : known_) known = known || name == item.key();
            if (!known) throw_unknown_key(path_, item.key(), known_);
        }
    }

  private:
    const Json *find(const char *key) {
        known_.emplace_back(key);
        const auto it = in_.find(key);
        return it == in_.end() ? nullptr : &*it;
    }
    const Json &in_;
    std::string path_;
    std::vector<std::string> known_;
};

class SchemaWriter {
  public:
    Json properties = Json::object();
    template <class T>
    void number(const char *key, const T &value, double low, double high, const char *doc) {
        Json field = {{"type", std::is_integral_v<T> ? "integer" : "number"}, {"description", doc}};
        Writer writer;
        writer.number(key, value, low, high, doc);
        field["default"] = writer.out[key];
        if (low > -kInfinity) field["minimum"] = low;
        if (high < kInfinity) field["maximum"] = high;
        properties[key] = std::move(field);
    }
    void flag(const char *key, const bool &value, const char *doc) {
        properties[key] = {{"type", "boolean"}, {"description", doc}, {"default", value}};
    }
    void choice(const char *key, const std::string &value, const std::vector<std::string> &choices,
                const char *doc) {
        properties[key] = {{"type", "string"}, {"description", doc}, {"default", value}, {"enum", choices}};
    }
    void text(const char *key, const std::string &value, const char *doc) {
        properties[key] = {{"type", "string"}, {"description", doc}, {"default", value}};
    }
    template <class S>
    void section(const char *key, const S &value, const char *doc) {
        SchemaWriter inner;
        S::describe(value, inner);
        Json field = inner.object();
        field["description"] = doc;
        properties[key] = std::move(field);
    }
    [[nodiscard]] Json object() const {
        return {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
    }
};

}  // namespace detail

/// The struct as JSON, every field, in the order of `describe`.
template <class C>
Json to_json(const C &value) {
    detail::Writer writer;
    C::describe(value, writer);
    return std::move(writer.out);
}

/// `base` with the fields that `delta` names replaced (RFC 7386 on known keys).
/// @param path  where `delta` stands in the document, for the errors: "" or "/association".
/// @throws ConfigError for an unknown key, a wrong type, or a value out of range.
template <class C>
C from_json(const Json &delta, C base = {}, const std::string &path = "") {
    detail::Reader reader(delta, path);
    C::describe(base, reader);
    reader.finish();
    return base;
}

/// JSON schema (draft 2020-12) of the struct, with descriptions, defaults and ranges.
template <class C>
Json schema(const C &defaults = {}) {
    detail::SchemaWriter writer;
    C::describe(defaults, writer);
    return writer.object();
}

}  // namespace e2tad::config
