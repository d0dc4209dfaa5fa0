"""Action decoding beside a plain per-frame script, as one would write it with NumPy and SciPy."""

from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import action
from e2tad.bench.timing import BenchRow, compare, optional
from e2tad.sim import World
from e2tad.tracks import BALL, PERSON, Tracks

_FRAMES = 5296
_THETA = 5
_MORPHOLOGICAL_MS = 386 / 80  # PEERS: the winners' script took 386 ms; 80 times faster is the goal
_HMM_MS = 386 / 30


def rows() -> list[BenchRow]:
    """Times of both decoders, without and with the repair, on a simulated game of PEERS' size.

    Returns:
        A row for each; goals are PEERS' ratios on the winners' published time, which was measured elsewhere.

    Raises:
        InputError: Never; the game is made here.

    Source:
        PEERS: action decoding, 5,296 frames, 3 balls, 7 persons.
    """
    tracks = World("7p3b", 0, frames=_FRAMES, size=(1920, 1080)).tracks()
    size = f"{_FRAMES} frames, 3 balls, 7 persons"
    assignment = optional("scipy.optimize")
    found: list[BenchRow] = []
    for decoder, goal_ms in (("morphological", _MORPHOLOGICAL_MS), ("hmm", _HMM_MS)):
        for repair in (False, True):
            config = {"decoder": decoder, "repair": repair, "theta": _THETA}
            peers: dict[str, Any] = {}
            if decoder == "morphological" and not repair:
                peers["NumPy+SciPy, frame by frame"] = assignment and (
                    lambda: frame_by_frame(tracks, assignment.linear_sum_assignment)
                )
            work = f"{decoder}{' after repair' if repair else ''}"
            measured = compare(
                work,
                size,
                lambda c=config: action.decode(tracks, c),  # type: ignore[misc]
                peers or {"(none)": None},
                rounds=5,
            )
            found += measured if peers else []
            if not repair:
                found.append(BenchRow(work, size, measured[0].ours_ms, "the goal", goal_ms, 1))
            else:
                found.append(BenchRow(work, size, measured[0].ours_ms, "(none)", None))
    return found


def frame_by_frame(tracks: Tracks, assign: Any) -> dict[int, list[tuple[int, int, int]]]:
    """Contacts by assignment in each frame, joined over theta, with the majority's person: plainly written.

    Args:
        tracks: Boxes with identities.
        assign: scipy's `linear_sum_assignment`.

    Returns:
        Ball to parts of (person, first frame, last frame).

    Raises:
        Nothing.

    Source:
        The paper, Section 3.3 (morphology-based denoising).
    """
    touched: dict[int, list[tuple[int, int]]] = {ball: [] for ball in tracks.ball_ids()}
    ends = np.searchsorted(tracks.frame, tracks.observed, side="right")
    start = 0
    for frame, end in zip(tracks.observed.tolist(), ends.tolist(), strict=True):
        kind, ids, box = tracks.object_class[start:end], tracks.id[start:end], tracks.box[start:end]
        start = end
        persons, balls = box[kind == PERSON], box[kind == BALL]
        if not len(persons) or not len(balls):
            continue
        cost = _contact_cost(balls, persons)
        for b, p in zip(*assign(cost), strict=True):
            if cost[b, p] < 1e6:
                touched[int(ids[kind == BALL][b])].append((frame, int(ids[kind == PERSON][p])))
    return {ball: _parts(contacts) for ball, contacts in touched.items()}


def _contact_cost(
    balls: npt.NDArray[np.float32], persons: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    at = (balls[:, None, :2] + balls[:, None, 2:]) / 2
    centre = (persons[None, :, :2] + persons[None, :, 2:]) / 2
    inside = ((at >= persons[None, :, :2]) & (at <= persons[None, :, 2:])).all(axis=2)
    diagonal = np.linalg.norm(persons[:, 2:] - persons[:, :2], axis=1)
    cost: npt.NDArray[np.float32] = np.where(inside, np.linalg.norm(at - centre, axis=2) / diagonal, 1e6)
    return cost


def _parts(contacts: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    parts: list[list[tuple[int, int]]] = []
    for frame, person in contacts:
        if parts and frame - parts[-1][-1][0] <= _THETA + 1:
            parts[-1].append((frame, person))
        else:
            parts.append([(frame, person)])
    found = []
    for part in parts:
        persons = [person for _, person in part]
        owner = min(set(persons), key=lambda person: (-persons.count(person), person))
        found.append((owner, part[0][0], part[-1][0]))
    return found
