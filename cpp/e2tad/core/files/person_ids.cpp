#include "e2tad/core/files/person_ids.hpp"

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::files {

PersonIds parse_person_ids(std::string_view text) {
    PersonIds ids;
    if (trimmed(text).empty()) return ids;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        const std::size_t equals = part.find('=');
        const auto from = parse_whole(part.substr(0, equals));
        const auto to =
            equals == std::string_view::npos ? std::nullopt : parse_whole(part.substr(equals + 1));
        if (!from || !to || *from < 0 || *to < 0) {
            throw InputError("person ids: expected FROM=TO,... with whole numbers, got " + in_quotes(part));
        }
        if (!ids.emplace(*from, *to).second) {
            throw InputError("person ids: " + std::to_string(*from) + " occurs twice before =");
        }
        if (comma == std::string_view::npos) return ids;
        text.remove_prefix(comma + 1);
    }
}

Tracks rename_persons(Tracks tracks, const PersonIds &ids) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (tracks.object_class[i] != ObjectClass::kPerson) continue;
        const auto found = ids.find(tracks.id[i]);
        if (found != ids.end()) tracks.id[i] = found->second;
    }
    tracks.normalise("person ids");
    return tracks;
}

PersonIds lpcvc21_person_ids(std::string_view video) {
    if (video == "4p1b_01A2") return {{2, 1}, {3, 2}, {1, 4}, {4, 3}};
    return {};
}

}  // namespace e2tad::files
