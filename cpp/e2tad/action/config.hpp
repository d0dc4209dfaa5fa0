#pragma once
#include <cstdint>
#include <string>

#include "e2tad/core/config.hpp"

namespace e2tad::action {

/// Parameters of the `hmm` decoder. Lengths are in heights of the person's box, rates per frame, costs in
/// nats (negative log-likelihoods).
struct HmmConfig {
    double distance_scale = 0.12;    ///< Ball to box; this far outside costs 1.
    double distance_cap = 5.6;       ///< Largest cost of the distance.
    double motion_weight = 1.2;      ///< Weight of the motion term.
    double motion_scale = 0.03;      ///< Heights a frame; a ball that moves slower, by itself or along with
                                     ///< the person, costs nothing.
    double motion_cap = 2.0;         ///< Largest motion term, before its weight.
    double hold_bonus = 1.4;         ///< Taken off the cost of a hold while both are seen.
    double unseen_cost = 0.6;        ///< Cost of a hold by a person who isn't seen.
    double hold_frames = 65.0;       ///< Mean length of a hold.
    double leave_rate = 0.25;        ///< From the first state of a flight to the second.
    double catch_rate = 0.25;        ///< From the second state of a flight to a hold, all persons together.
    double flight_start_cost = 3.0;  ///< Cost of starting in flight.
    double min_probability = 1e-12;  ///< Floor of the transition probabilities.
    double exclusion_cost = 2.0;     ///< For each other ball that the person holds at that frame.
    std::int32_t motion_min_frames = 3;   ///< Nearest frame that motion is measured to.
    std::int32_t motion_max_frames = 10;  ///< Farthest frame that motion is measured to.
    double settle_speed = 0.05;           ///< Heights a frame; slower, the ball has been caught.
    std::int32_t settle_frames = 25;      ///< How far into a hold the catch is looked for.
    double lead_share = 0.25;             ///< Share of the gap before the catch by which it is moved back.
    std::int32_t lead_max_frames = 10;    ///< Longest gap that counts for it.
    double delay_frames = 1.0;            ///< By how much labels lie behind the first contact.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        constexpr double kMost = 1e6;
        v.number("distance_scale", self.distance_scale, 1e-6, kMost,
                 "Heights outside of the person's box at which the distance costs 1.");
        v.number("distance_cap", self.distance_cap, 0, kMost, "Largest cost of the distance.");
        v.number("motion_weight", self.motion_weight, 0, kMost, "Weight of the motion term.");
        v.number("motion_scale", self.motion_scale, 1e-6, kMost,
                 "Heights a frame; a ball that moves slower costs nothing.");
        v.number("motion_cap", self.motion_cap, 0, kMost, "Largest motion term, before its weight.");
        v.number("hold_bonus", self.hold_bonus, -kMost, kMost, "Taken off the cost of a hold.");
        v.number("unseen_cost", self.unseen_cost, -kMost, kMost,
                 "Cost of a hold by a person who isn't seen.");
        v.number("hold_frames", self.hold_frames, 1e-3, kMost, "Mean length of a hold, in frames.");
        v.number("leave_rate", self.leave_rate, 1e-6, 1e3, "Rate from a flight's first state to its second.");
        v.number("catch_rate", self.catch_rate, 1e-6, 1e3, "Rate from a flight's second state to a hold.");
        v.number("flight_start_cost", self.flight_start_cost, -kMost, kMost, "Cost of starting in flight.");
        v.number("min_probability", self.min_probability, 1e-300, 1, "Floor of transition probabilities.");
        v.number("exclusion_cost", self.exclusion_cost, 0, kMost,
                 "Cost of a hold for each other ball that the person holds.");
        v.number("motion_min_frames", self.motion_min_frames, 1, 10000,
                 "Nearest later frame that motion is measured to.");
        v.number("motion_max_frames", self.motion_max_frames, 1, 10000,
                 "Farthest later frame that motion is measured to.");
        v.number("settle_speed", self.settle_speed, 0, kMost,
                 "Heights a frame; slower, the ball has been caught.");
        v.number("settle_frames", self.settle_frames, 0, 1000000,
                 "Frames into a hold in which the catch is looked for.");
        v.number("lead_share", self.lead_share, 0, 1,
                 "Share of the gap before the catch by which it is moved back.");
        v.number("lead_max_frames", self.lead_max_frames, 0, 1000000,
                 "Longest gap that counts for lead_share.");
        v.number("delay_frames", self.delay_frames, -1000, 1000,
                 "Frames by which labels lie behind the first contact.");
    }
};

/// How far an object of a class gets between two sightings: most of the time it drifts, now and then it runs
/// or flies. Lengths are in the median height of a person.
struct MotionConfig {
    double noise = 0.03;      ///< Standard deviation of a centre, in heights.
    double drift = 0.01;      ///< Added to it a frame, in heights.
    double top_speed = 0.12;  ///< Heights a frame while it runs or flies.
    double rate = 0.05;       ///< How often it starts to, a frame.

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("noise", self.noise, 1e-4, 100, "Standard deviation of a centre, in persons' heights.");
        v.number("drift", self.drift, 0, 100, "Added to the deviation a frame, in heights.");
        v.number("top_speed", self.top_speed, 1e-4, 100, "Heights a frame while it runs or flies.");
        v.number("rate", self.rate, 1e-6, 100, "How often it starts to run or fly, a frame.");
    }
};

/// Parameters of the repair that mends exchanged identities and fills gaps.
struct ContinuityConfig {
    double relabel_cost = 0.1;              ///< For each frame in which an object bears another's identity.
    double exchange_cost = 2.5;             ///< For each object whose tracked identity changes its owner.
    double outlier_density = 1e-4;          ///< Density of a sighting anywhere, per squared height.
    std::int32_t predict_frames = 10;       ///< Longest gap over which a velocity is carried on.
    std::int32_t drift_frames = 20;         ///< The drift stops growing after so many frames.
    std::int32_t beam = 32;                 ///< Most hypotheses kept.
    double beam_cost = 40.0;                ///< A hypothesis this much worse than the best is dropped.
    std::int32_t outlier_frames = 25;       ///< Longest run of false detections that is taken out.
    double ball_detour = 1.0;               ///< Heights; on simulated clips .7 and 1.5 gain less.
    std::int32_t ball_detour_frames = 40;   ///< Two throws take longer. There 30 to 50 are alike.
    std::int32_t person_fill_frames = 300;  ///< Longest gap of a person that is filled.
    std::int32_t ball_fill_frames = 60;     ///< Longest gap of a ball that is filled.
    double ball_fill_speed = 0.06;          ///< Of a lost ball, heights a frame; it rests else.
    double ball_flying_speed = 0.02;        ///< Faster beside its gap, heights a frame, a ball was in flight.
    MotionConfig person;
    MotionConfig ball{0.05, 0.02, 0.15, 0.06};

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.number("relabel_cost", self.relabel_cost, 0, 1e6,
                 "Cost of a frame in which an object bears another's identity.");
        v.number("exchange_cost", self.exchange_cost, 0, 1e6,
                 "Cost of each object whose tracked identity changes its owner.");
        v.number("outlier_density", self.outlier_density, 1e-30, 1,
                 "Density of a sighting anywhere, per squared height of a person.");
        v.number("predict_frames", self.predict_frames, 0, 10000,
                 "Longest gap over which a velocity is carried on.");
        v.number("drift_frames", self.drift_frames, 0, 1000000,
                 "Frames after which the drift stops to grow.");
        v.number("beam", self.beam, 1, 10000, "Most hypotheses kept.");
        v.number("beam_cost", self.beam_cost, 0, 1e6,
                 "A hypothesis this much worse than the best is dropped.");
        v.number("outlier_frames", self.outlier_frames, 0, 1000000,
                 "Longest run of false detections that is taken out; 0: none.");
        v.number("ball_detour", self.ball_detour, 0, 1e6,
                 "Sightings of a ball away from all persons are false detections if they lengthen its way by "
                 "more than this, heights.");
        v.number(
            "ball_detour_frames", self.ball_detour_frames, 0, 1000000,
            "Longest time from the sighting before such a detour to that after it; 0: none is taken out.");
        v.number("person_fill_frames", self.person_fill_frames, 0, 1000000,
                 "Longest gap of a person that is filled; 0: none.");
        v.number("ball_fill_frames", self.ball_fill_frames, 0, 1000000,
                 "Longest gap of a ball that is filled; 0: none.");
        v.number("ball_fill_speed", self.ball_fill_speed, 0, 100,
                 "Of a lost ball, heights a frame, in the middle of its gap; it rests before and after. 0: "
                 "evenly.");
        v.number(
            "ball_flying_speed", self.ball_flying_speed, 0, 100,
            "A ball that was faster before its gap, heights a frame, flies on at once; one that is faster "
            "after it left late.");
        v.section("person", self.person, "How persons move.");
        v.section("ball", self.ball, "How balls move.");
    }
};

/// From tracks to catches: the section `action`.
struct ActionConfig {
    std::string decoder = "hmm";     ///< `morphological` (the paper's) or `hmm`.
    std::string in_flight = "hold";  ///< A ball in flight: `hold` keeps its last holder, `zero` has none.
    std::int32_t merge = 0;          ///< Rows of an answer up to so many frames apart become one.
    std::int32_t every = 1;          ///< Keeps the frames whose number this divides.
    bool repair = true;              ///< Mends exchanged identities and fills gaps first.
    std::int32_t theta = 5;          ///< morphological: minimum flying time, in frames.
    bool vote = true;                ///< morphological: the majority's person owns a connected part.
    bool assign = true;              ///< morphological: persons and balls are paired by assignment.
    HmmConfig hmm;
    ContinuityConfig continuity;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.choice("decoder", self.decoder, {"morphological", "hmm"},
                 "How contacts become catches: the paper's morphology, or a hidden Markov model.");
        v.choice("in_flight", self.in_flight, {"hold", "zero"},
                 "A ball in flight keeps its last holder (hold) or has none (zero).");
        v.number("merge", self.merge, 0, 1000000, "Rows of an answer up to so many frames apart become one.");
        v.number("every", self.every, 1, 1000000, "Keeps the frames whose number this divides.");
        v.flag("repair", self.repair, "Mends exchanged identities and fills gaps before decoding.");
        v.number("theta", self.theta, 0, 1000000, "morphological: minimum flying time, in frames.");
        v.flag("vote", self.vote, "morphological: the majority's person owns a connected part.");
        v.flag(
            "assign", self.assign,
            "morphological: balls and persons are paired by assignment; else each ball takes its nearest.");
        v.section("hmm", self.hmm, "Parameters of the hidden Markov model.");
        v.section("continuity", self.continuity, "Parameters of the repair.");
    }

    /// Throws ConfigError naming the field that is out of range.
    void validate() const { (void)config::from_json<ActionConfig>(config::to_json(*this), {}, "/action"); }
};

}  // namespace e2tad::action
