#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "e2tad/action/config.hpp"
#include "e2tad/action/timeline.hpp"
#include "e2tad/core/tracks.hpp"

namespace e2tad::action {

/// A time in which one person holds one ball. Members are ids and frame numbers.
struct Hold {
    std::int32_t ball = kNoId;
    std::int32_t person = kNoId;
    std::int32_t first = 0;        ///< First observed frame.
    std::int32_t last = 0;         ///< Last observed frame: the throw, if one follows.
    std::int32_t catch_frame = 0;  ///< The frame that a catch is reported at.
};

/// A stretch of a signal, both ends included.
struct Segment {
    std::int32_t ball = kNoId;
    std::int32_t person = kNoId;
    std::int32_t first = 0;
    std::int32_t last = 0;
};

/// In Signals::states: a ball just thrown, a ball about to be caught.
inline constexpr std::int32_t kFirstFlightState = -1;
inline constexpr std::int32_t kSecondFlightState = -2;

/// What a decoder makes of a timeline. Holds and segments are sorted by (column of the ball, first frame).
struct Signals {
    std::vector<Hold> holds;
    std::vector<Segment> raw;          ///< morphological: contacts.
    std::vector<Segment> dilated;      ///< morphological: contacts, dilated by theta/2.
    std::vector<Segment> voted;        ///< morphological: connected parts and their persons.
    std::vector<Segment> eroded;       ///< morphological: the parts from first to last contact.
    std::vector<std::int32_t> states;  ///< hmm: (balls, frames), a person's id or a state of the flight.
};

/// Turns boxes over time into holds.
class Decoder {
  public:
    virtual ~Decoder() = default;
    /// @param timeline  may have no frames, persons or balls.
    [[nodiscard]] virtual Signals decode(const Timeline &timeline) const = 0;
};

/// The decoder that the configuration names.
std::unique_ptr<Decoder> make_decoder(const ActionConfig &config);

/// A ball gets a new holder (a catch) or leaves one (a throw).
struct Event {
    std::int32_t frame = 0;
    std::int32_t ball = kNoId;
    std::int32_t from = kNoId;  ///< The holder before; kNoId if none is known.
    std::int32_t to = kNoId;    ///< The holder after; kNoId if nobody catches it.
};

/// The rows of an answer.
struct Answer {
    std::vector<std::int32_t> frames;   ///< Ascending; the first row is frame 0.
    std::vector<std::int32_t> holders;  ///< (rows, balls): person id; 0 for nobody, as the contest has it.
};

struct Decoded {
    std::vector<std::int32_t> balls;    ///< Ids; the answer's columns.
    std::vector<std::int32_t> persons;  ///< Ids, ascending.
    std::vector<std::int32_t> start;    ///< Holder of each ball at the start; kNoId if unknown.
    std::vector<std::int32_t> frames;   ///< The observed frames that were decoded.
    Signals signals;
    std::vector<Event> catches;  ///< Sorted by (frame, ball); the holder before is always another one.
    std::vector<Event> throws;   ///< Sorted by (frame, ball); a ball tossed to oneself isn't thrown.

    /// Rows at the catches.
    /// @param in_flight  "hold": a ball in flight keeps its last holder; "zero": it has none.
    /// @param merge      a row up to so many frames after the first row of a group joins it: the group stands
    ///                   at its first frame with the holders of its last. The starting row joins none.
    /// @throws std::invalid_argument if in_flight is neither.
    [[nodiscard]] Answer answer(const std::string &in_flight, std::int32_t merge) const;
};

/// Decodes tracks.
///
/// @param tracks  sightings in pixels of the video.
/// @param init    the contest's init.csv: its balls are the columns and its frames 0-10 tell the starting
///                holders. Null: the tracks' own balls and frames.
/// @throws ConfigError for a field out of range; InputError if the tracks have far too many identities.
Decoded decode(const Tracks &tracks, const ActionConfig &config, const Tracks *init = nullptr);

}  // namespace e2tad::action
