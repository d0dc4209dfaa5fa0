#include "e2tad/action/decoder.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "e2tad/action/hmm.hpp"
#include "e2tad/action/morphological.hpp"
#include "e2tad/action/repair.hpp"

namespace e2tad::action {
namespace {

constexpr std::int32_t kNobody = 0;  // in an answer

void sort_events(std::vector<Event> &events) {
    std::stable_sort(events.begin(), events.end(), [](const Event &a, const Event &b) {
        return std::tie(a.frame, a.ball) < std::tie(b.frame, b.ball);
    });
}

/// Catches and throws from the holds of all balls.
void find_events(Decoded &decoded) {
    const std::vector<Hold> &holds = decoded.signals.holds;
    std::size_t next = 0;
    for (std::size_t b = 0; b < decoded.balls.size(); ++b) {
        std::int32_t holder = decoded.start[b];
        const Hold *before = nullptr;
        for (; next < holds.size() && holds[next].ball == decoded.balls[b]; ++next) {
            const Hold &hold = holds[next];
            if (hold.person != holder) {
                decoded.catches.push_back({hold.catch_frame, hold.ball, holder, hold.person});
                if (before) decoded.throws.push_back({before->last, hold.ball, holder, hold.person});
            }
            holder = hold.person;
            before = &hold;
        }
        if (before && !decoded.frames.empty() && before->last < decoded.frames.back()) {
            decoded.throws.push_back({before->last, before->ball, before->person, kNoId});
        }
    }
    sort_events(decoded.catches);
    sort_events(decoded.throws);
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const ActionConfig &config) {
    if (config.decoder == "morphological") {
        return std::make_unique<MorphologicalDecoder>(config.theta, config.vote, config.assign);
    }
    return std::make_unique<HmmDecoder>(config.hmm);
}

Answer Decoded::answer(const std::string &in_flight, std::int32_t merge) const {
    if (in_flight != "hold" && in_flight != "zero") {
        throw std::invalid_argument("in_flight: expected hold or zero, got " + in_flight);
    }
    const bool zero = in_flight == "zero";
    Answer rows;
    rows.frames.push_back(0);
    for (const std::int32_t holder : start) rows.holders.push_back(holder == kNoId ? kNobody : holder);
    std::vector<const Hold *> order;
    order.reserve(signals.holds.size());
    for (const Hold &hold : signals.holds) order.push_back(&hold);
    // Stable: two holds of a ball reported at one frame stay in their order, so that the later one counts.
    std::stable_sort(order.begin(), order.end(),
                     [](const Hold *a, const Hold *b) { return a->catch_frame < b->catch_frame; });
    std::vector<const Hold *> latest(balls.size(), nullptr);
    std::vector<std::int32_t> current = rows.holders;
    std::size_t next = 0;
    for (std::size_t c = 0; c < catches.size(); ++c) {
        const std::int32_t frame = catches[c].frame;
        if (c + 1 < catches.size() && catches[c + 1].frame == frame) continue;
        for (; next < order.size() && order[next]->catch_frame <= frame; ++next) {
            const auto column = std::find(balls.begin(), balls.end(), order[next]->ball) - balls.begin();
            latest[static_cast<std::size_t>(column)] = order[next];
        }
        for (std::size_t b = 0; b < balls.size(); ++b) {
            if (latest[b]) current[b] = zero && latest[b]->last < frame ? kNobody : latest[b]->person;
        }
        const bool joins = merge > 0 && rows.frames.size() > 1 && frame - rows.frames.back() <= merge;
        if (joins) {
            std::copy(current.begin(), current.end(),
                      rows.holders.end() - static_cast<std::ptrdiff_t>(balls.size()));
        } else {
            rows.frames.push_back(frame);
            rows.holders.insert(rows.holders.end(), current.begin(), current.end());
        }
    }
    return rows;
}

Decoded decode(const Tracks &tracks, const ActionConfig &config, const Tracks *init) {
    config.validate();
    const Tracks &first = init ? *init : tracks;
    Decoded decoded;
    decoded.balls = first.ids(ObjectClass::kBall);
    decoded.start = starting_holders(first, decoded.balls);
    Timeline timeline = config.every > 1 ? make_timeline(tracks.every(config.every), decoded.balls)
                                         : make_timeline(tracks, decoded.balls);
    if (config.repair) repair(timeline, config.continuity);
    decoded.signals = make_decoder(config)->decode(timeline);
    decoded.persons = std::move(timeline.person_ids);
    decoded.frames = std::move(timeline.frames);
    find_events(decoded);
    return decoded;
}

}  // namespace e2tad::action
