"""Errors of a tracker, made on purpose: exchanged identities and lost detections."""

import numpy as np

from e2tad._arrays import IntArray
from e2tad.tracks import BALL, PERSON, Tracks, make_tracks

SWAP_FRAMES = 20
"""Observed frames for which an exchange of two identities lasts."""


def swap(tracks: Tracks, rate: float, rng: np.random.Generator) -> Tracks:
    """Exchanges identities within each class for some frames.

    Per class, Poisson(rate n/2 T/20) events over n objects and T observed frames, starts uniform over the
    observed frames, each exchanging the ids of two random objects for 20 observed frames; events are composed
    in order of time. A class with one object has none.

    Args:
        tracks: Boxes with identities.
        rate: About the share of an object's frames under a wrong id, 0 or more.
        rng: Source of randomness; persons draw first.

    Returns:
        New tracks of the same boxes and observed frames.

    Raises:
        ValueError: If the rate is negative.

    Source:
        The project's robustness protocol; see experiments/action_robustness.
    """
    if rate < 0:
        raise ValueError(f"rate: expected 0 or more, got {rate}")
    ids = tracks.id.copy()
    times = np.searchsorted(tracks.observed, tracks.frame)
    for object_class, names in ((PERSON, tracks.person_ids()), (BALL, tracks.ball_ids())):
        bearer = _bearers(len(tracks.observed), len(names), rate, rng)
        rows = np.flatnonzero(tracks.object_class == object_class)
        known = np.array(names, dtype=np.int32)
        ids[rows] = known[bearer[times[rows], np.searchsorted(known, ids[rows])]]
    return make_tracks(tracks.frame, tracks.object_class, ids, tracks.box, tracks.observed)


def _bearers(frames: int, objects: int, rate: float, rng: np.random.Generator) -> IntArray:
    """`(frames, objects)`: the column whose id each object bears."""
    shown = np.tile(np.arange(objects, dtype=np.int32), (frames, 1))
    events = rng.poisson(rate * objects / 2 * frames / SWAP_FRAMES)
    if objects < 2 or frames == 0:
        return shown
    for start in np.sort(rng.integers(0, frames, events)):
        pair = rng.choice(objects, 2, replace=False)
        stretch = slice(start, start + SWAP_FRAMES)
        shown[stretch, pair] = shown[stretch, pair[::-1]]
    # shown: the object under each id; its inverse: the id of each object.
    return np.argsort(shown, axis=1).astype(np.int32)


def drop(tracks: Tracks, share: float, mean_run: float, rng: np.random.Generator) -> Tracks:
    """Loses detections: for each object a two-state Markov chain over its observations.

    Args:
        tracks: Boxes with identities.
        share: Stationary share that is lost, in [0, 1).
        mean_run: Mean length of a lost run, in observations of the object; 1: each is lost independently.
        rng: Source of randomness; persons draw first, ids ascending.

    Returns:
        New tracks; frames in which nothing is left stay observed.

    Raises:
        ValueError: If the share or the mean run is out of range, or no chain has both.

    Source:
        The project's robustness protocol (Gilbert, Bell System Technical Journal 1960: a two-state chain for
        bursts).
    """
    if not 0 <= share < 1:
        raise ValueError(f"share: expected in [0, 1), got {share}")
    if mean_run < 1:
        raise ValueError(f"mean_run: expected 1 or more, got {mean_run}")
    recover = 1 / mean_run if mean_run > 1 else 1 - share
    lose = share / (1 - share) * recover
    if lose > 1:
        raise ValueError(f"share: no chain loses {share} in runs of {mean_run} on average")
    kept = np.ones(len(tracks), dtype=bool)
    for object_class, names in ((PERSON, tracks.person_ids()), (BALL, tracks.ball_ids())):
        for name in names:
            rows = np.flatnonzero((tracks.object_class == object_class) & (tracks.id == name))
            draws = rng.random(len(rows))
            lost = False
            for i, draw in enumerate(draws):
                chance = share if i == 0 else (1 - recover if lost else lose)
                lost = bool(draw < chance)
                kept[rows[i]] = not lost
    return make_tracks(
        tracks.frame[kept], tracks.object_class[kept], tracks.id[kept], tracks.box[kept], tracks.observed
    )


def perturb(tracks: Tracks, swap_rate: float, drop_share: float, mean_run: float, seed: int) -> Tracks:
    """Exchanged identities, then lost detections.

    Args:
        tracks: Boxes with identities.
        swap_rate: See `swap`.
        drop_share: See `drop`.
        mean_run: See `drop`.
        seed: The same seed gives the same tracks.

    Returns:
        New tracks; the given ones where both are 0.

    Raises:
        ValueError: If a number is out of range.

    Source:
        The project's robustness protocol; see experiments/action_robustness.
    """
    rng = np.random.default_rng(seed)
    if swap_rate > 0:
        tracks = swap(tracks, swap_rate, rng)
    if drop_share > 0:
        tracks = drop(tracks, drop_share, mean_run, rng)
    return tracks
