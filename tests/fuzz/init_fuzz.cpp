#include <cmath>

#include "accept.hpp"
#include "e2tad/core/files/init.hpp"

using namespace e2tad;

/// init.csv: what is accepted gives finite boxes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    fuzz::accept([&] {
        const auto rows = files::parse_init_csv("fuzz", fuzz::text_of(data, size));
        const Tracks tracks = files::init_tracks(rows, 3840, 2160);
        fuzz::require(tracks.size() == rows.size(), "one box a row");
        for (const Box &box : tracks.box) {
            fuzz::require(std::isfinite(box.left) && box.left <= box.right && box.top <= box.bottom,
                          "boxes are finite and upright");
        }
    });
    return 0;
}
