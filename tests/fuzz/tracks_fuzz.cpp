#include <cmath>

#include "accept.hpp"
#include "e2tad/core/files/person_ids.hpp"
#include "e2tad/core/files/tracks.hpp"

using namespace e2tad;

/// A frame's file of tracks; what comes before the first byte 0x01, if there is one, is a list of person ids.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::size_t middle = text.find('\x01');
    fuzz::accept([&] {
        files::PersonIds ids;
        if (middle != std::string_view::npos) ids = files::parse_person_ids(text.substr(0, middle));
        Tracks tracks;
        files::parse_track_frame(middle == std::string_view::npos ? text : text.substr(middle + 1), "fuzz", 7,
                                 tracks);
        tracks.normalise("fuzz");
        for (const Box &box : tracks.box) {
            fuzz::require(std::isfinite(box.right) && box.left <= box.right && box.top <= box.bottom,
                          "boxes are finite and upright");
        }
        fuzz::require(files::rename_persons(tracks, ids).size() == tracks.size(), "renaming keeps rows");
    });
    return 0;
}
