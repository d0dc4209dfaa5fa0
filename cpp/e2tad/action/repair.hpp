#pragma once
#include "e2tad/action/config.hpp"
#include "e2tad/action/timeline.hpp"

namespace e2tad::action {

/// Mends a timeline in place: objects of one class that bear each other's identities for a while get their
/// own back, then false detections are taken out and gaps are filled. Clean tracks stay as they are.
///
/// Identities: a beam search over "which object bears which tracked identity", by the continuity of positions
/// with the camera's motion taken out. Any number of objects may be exchanged at once, and an object keeps
/// its last position through a gap. What speaks for an exchange is the likelihood of the motion (see
/// MotionConfig); what speaks against it is relabel_cost and exchange_cost. Over a gap that is too long for
/// an object's motion to say anything, identities therefore stay as tracked.
///
/// False detections: an object jumps farther than it can move, and back, within outlier_frames. Or a ball
/// makes a detour of more than ball_detour, in at most ball_detour_frames, through a place away from all
/// persons, where nobody can have thrown or caught it.
///
/// Gaps: observed frames between two sightings of an object at most person_fill_frames or ball_fill_frames
/// apart are filled along a straight line. A lost ball that was in flight is being caught, one that is found
/// in flight has just been thrown; else it most likely changed hands in the middle of its gap.
/// Frames that nobody looked at are never added.
void repair(Timeline &timeline, const ContinuityConfig &config);

/// repair() on tracks: every person and ball of them, at the observed frames.
Tracks repair_tracks(const Tracks &tracks, const ContinuityConfig &config);

}  // namespace e2tad::action
