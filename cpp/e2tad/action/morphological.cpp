#include "e2tad/action/morphological.hpp"

#include <algorithm>
#include <limits>

#include "e2tad/action/contacts.hpp"

namespace e2tad::action {
namespace {

/// A contact of one ball.
struct Contact {
    std::int32_t frame;
    std::size_t row;  ///< Of the timeline.
    std::size_t person;
};

/// Frames reach up to the largest number that fits; a signal spread beyond stops there.
std::int32_t add_frames(std::int32_t frame, std::int32_t count) {
    return frame + std::min(count, std::numeric_limits<std::int32_t>::max() - frame);
}

void add_raw(const std::vector<Contact> &contacts, const Timeline &timeline, std::int32_t ball,
             std::vector<Segment> &raw) {
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        const bool continues = i > 0 && contacts[i].row == contacts[i - 1].row + 1 &&
                               contacts[i].person == contacts[i - 1].person;
        if (continues) {
            raw.back().last = contacts[i].frame;
        } else {
            raw.push_back(
                {ball, timeline.person_ids[contacts[i].person], contacts[i].frame, contacts[i].frame});
        }
    }
}

/// Each contact spreads `before` and `after` frames, to half way where another person's contact is nearer.
void add_dilated(const std::vector<Contact> &contacts, const Timeline &timeline, std::int32_t ball,
                 std::int32_t before, std::int32_t after, std::vector<Segment> &dilated) {
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        const std::int32_t frame = contacts[i].frame;
        const std::int32_t person = timeline.person_ids[contacts[i].person];
        std::int32_t first = std::max(0, frame - before);
        if (i > 0 && dilated.back().last >= first - 1) {
            Segment &previous = dilated.back();
            if (previous.person == person) {
                previous.last = add_frames(frame, after);
                continue;
            }
            const std::int32_t apart = frame - contacts[i - 1].frame;
            previous.last = std::min(previous.last, contacts[i - 1].frame + apart / 2);
            first = std::max(first, previous.last + 1);
        }
        dilated.push_back({ball, person, first, add_frames(frame, after)});
    }
}

}  // namespace

Signals MorphologicalDecoder::decode(const Timeline &timeline) const {
    const std::vector<std::int32_t> touched = find_contacts(timeline, assign_);
    const std::int32_t before = theta_ / 2;
    const std::int32_t after = theta_ - before;
    Signals signals;
    std::vector<Contact> contacts;
    std::vector<std::int32_t> votes(timeline.persons());
    for (std::size_t b = 0; b < timeline.balls(); ++b) {
        const std::int32_t ball = timeline.ball_ids[b];
        contacts.clear();
        for (std::size_t t = 0; t < timeline.size(); ++t) {
            const std::int32_t person = touched[t * timeline.balls() + b];
            if (person != kNoContact) {
                contacts.push_back({timeline.frames[t], t, static_cast<std::size_t>(person)});
            }
        }
        add_raw(contacts, timeline, ball, signals.raw);
        add_dilated(contacts, timeline, ball, before, after, signals.dilated);
        for (std::size_t begin = 0; begin < contacts.size();) {
            std::fill(votes.begin(), votes.end(), 0);
            std::size_t end = begin;
            do {
                ++votes[contacts[end].person];
                ++end;
            } while (end < contacts.size() && contacts[end].frame - contacts[end - 1].frame <= theta_ + 1 &&
                     (vote_ || contacts[end].person == contacts[begin].person));
            // The first of equals: ties go to the lowest id.
            const auto most = std::max_element(votes.begin(), votes.end()) - votes.begin();
            const std::int32_t person = timeline.person_ids[static_cast<std::size_t>(most)];
            const std::int32_t first = contacts[begin].frame;
            const std::int32_t last = contacts[end - 1].frame;
            signals.voted.push_back({ball, person, std::max(0, first - before), add_frames(last, after)});
            signals.eroded.push_back({ball, person, first, last});
            signals.holds.push_back({ball, person, first, last, first});
            begin = end;
        }
    }
    return signals;
}

}  // namespace e2tad::action
