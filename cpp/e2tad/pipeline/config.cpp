#include "e2tad/pipeline/config.hpp"

namespace e2tad::pipeline {

Config parse_config(std::string_view text, const std::string &source) {
    config::Json delta;
    try {
        delta = config::Json::parse(text);
    } catch (const config::Json::parse_error &error) {
        throw ConfigError(source + ": not JSON at byte " + std::to_string(error.byte) +
                          ", expected an object of settings");
    }
    try {
        config::Json document = config::to_json(Config{});
        // A patch that is no object would replace the document, so let the reader refuse it by its type.
        if (delta.is_object()) {
            document.merge_patch(expand_switches(delta));
        } else {
            document = std::move(delta);
        }
        return config::from_json<Config>(document);
    } catch (const ConfigError &error) {
        throw ConfigError(source + ": " + error.what());
    }
}

config::Json config_schema() {
    config::Json schema = config::schema<Config>();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "e2tad configuration";
    return schema;
}

}  // namespace e2tad::pipeline
