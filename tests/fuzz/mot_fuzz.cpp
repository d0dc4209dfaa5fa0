#include "accept.hpp"
#include "e2tad/core/files/mot.hpp"

using namespace e2tad;

/// MOTChallenge text: what is read, written and read again has the same rows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    fuzz::accept([&] {
        const Tracks tracks = files::parse_mot("fuzz", fuzz::text_of(data, size));
        if (tracks.size() == 0) return;
        const Tracks again = files::parse_mot("again", files::mot_text(tracks));
        fuzz::require(again.frame == tracks.frame && again.id == tracks.id &&
                          again.object_class == tracks.object_class && again.box == tracks.box,
                      "rows read back");
    });
    return 0;
}
