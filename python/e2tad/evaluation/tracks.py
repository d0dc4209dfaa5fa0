"""How good tracks are: HOTA, IDF1 and MOTA, by trackeval."""

from typing import Any

import numpy as np

from e2tad._core import InputError
from e2tad.geometry import iou
from e2tad.tracks import BALL, PERSON, Tracks

CLASSES = ("person", "ball")

METRICS = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")
"""What is reported of a class; IDSW counts exchanges of identity, the others are shares (MOTA at most 1)."""


def evaluate(answer: Tracks, truth: Tracks, *, every: int | None = None) -> dict[str, Any]:
    """Compares tracks with true ones.

    Args:
        answer: The tracks to judge.
        truth: The true ones, of the same video.
        every: Compare at the frames of the truth that this divides; None: at those that the answer observed
            too.

    Returns:
        `frames`, and for `person`, `ball` and `all` the metrics, `detections` and `truth` (boxes of either);
        None for a class that neither has.

    Raises:
        InputError: If no frame is left to compare at.
        ValueError: If `every` isn't positive.

    Source:
        Luiten et al., IJCV 2020 (HOTA); Ristani et al., ECCV-W 2016 (IDF1); Bernardin and Stiefelhagen, 2008
        (MOTA); TrackEval. Boxes match from IoU .5 on; HOTA averages over .05 to .95. `all` sums the classes'
        boxes and counts, as TrackEval does over sequences.
    """
    if every is not None and every < 1:
        raise ValueError(f"every: expected 1 or more, got {every}")
    if every is None:
        frames = np.intersect1d(answer.observed, truth.observed)
    else:
        frames = truth.observed[truth.observed % every == 0]
    if len(frames) == 0:
        raise InputError("tracks: answer and truth have no observed frame in common")
    # Only here: it takes half a second and half of SciPy.
    from trackeval.metrics import CLEAR, HOTA, Identity

    judges = {
        "hota": HOTA(),
        "clear": CLEAR({"PRINT_CONFIG": False}),
        "identity": Identity({"PRINT_CONFIG": False}),
    }
    found: dict[str, Any] = {"frames": len(frames)}
    parts: dict[str, dict[str, Any]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for name, kind in zip(CLASSES, (PERSON, BALL), strict=True):
        sequence = _sequence(answer, truth, kind, frames)
        sizes[name] = (sequence["num_tracker_dets"], sequence["num_gt_dets"])
        if sizes[name] == (0, 0):
            found[name] = None
            continue
        parts[name] = {key: judge.eval_sequence(sequence) for key, judge in judges.items()}
        found[name] = _report(parts[name], *sizes[name])
    found["all"] = None
    if parts:
        whole = {
            key: judge.combine_sequences({name: part[key] for name, part in parts.items()})
            for key, judge in judges.items()
        }
        found["all"] = _report(whole, *np.sum(list(sizes.values()), axis=0).tolist())
    return found


def _sequence(answer: Tracks, truth: Tracks, kind: int, frames: Any) -> dict[str, Any]:
    """TrackEval's form of one class: ids counted from 0, and IoUs, by frame."""
    rows, ids, column, at = _columns(answer, kind, frames)
    true_rows, true_ids, true_column, true_at = _columns(truth, kind, frames)
    spans = list(zip(at, true_at, strict=True))
    return {
        "num_timesteps": len(frames),
        "num_gt_ids": true_ids,
        "num_tracker_ids": ids,
        "num_gt_dets": len(true_rows),
        "num_tracker_dets": len(rows),
        "gt_ids": [true_column[true_span] for _, true_span in spans],
        "tracker_ids": [column[span] for span, _ in spans],
        "similarity_scores": [
            iou(truth.box[true_rows[true_span]], answer.box[rows[span]]).astype(float)
            for span, true_span in spans
        ],
    }


def _columns(tracks: Tracks, kind: int, frames: Any) -> tuple[Any, int, Any, list[slice]]:
    """Rows of a class at some frames, how many ids they have, their ids from 0, and each frame's part."""
    rows = np.flatnonzero((tracks.object_class == kind) & np.isin(tracks.frame, frames))
    ids, column = np.unique(tracks.id[rows], return_inverse=True)
    first, last = np.searchsorted(tracks.frame[rows], [frames, frames + 1])
    return rows, len(ids), column, [slice(a, b) for a, b in zip(first, last, strict=True)]


def _report(parts: dict[str, Any], detections: int, truth: int) -> dict[str, float | int]:
    hota, clear, identity = parts["hota"], parts["clear"], parts["identity"]
    return {
        "HOTA": float(np.mean(hota["HOTA"])),
        "DetA": float(np.mean(hota["DetA"])),
        "AssA": float(np.mean(hota["AssA"])),
        "IDF1": float(identity["IDF1"]),
        "MOTA": float(clear["MOTA"]),
        "IDSW": int(clear["IDSW"]),
        "detections": detections,
        "truth": truth,
    }
