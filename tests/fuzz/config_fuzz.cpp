#include "accept.hpp"
#include "e2tad/action/config.hpp"
#include "e2tad/core/config.hpp"
#include "e2tad/core/files/json.hpp"

using namespace e2tad;

/// A configuration: what is accepted, written and read again is the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    fuzz::accept([&] {
        const auto document = files::parse_json<config::Json>(fuzz::text_of(data, size), "fuzz");
        const auto written = config::to_json(config::from_json<action::ActionConfig>(document));
        fuzz::require(config::to_json(config::from_json<action::ActionConfig>(written)) == written,
                      "a written configuration reads back");
    });
    return 0;
}
