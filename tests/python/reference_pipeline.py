"""The pipeline as its description has it, one frame after the other in plain Python, for recorded inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from e2tad import Config, action, adapt, associate
from e2tad.data import Init
from e2tad.tracks import Tracks, make_tracks

Boxes = npt.NDArray[np.float32]
Places = dict[tuple[int, int], tuple[int, Boxes]]
"""Frame and box at which each (class, id) was last."""


@dataclass
class Recorded:
    """Detections and features by frame: boxes, classes, features, in columns of one length."""

    frame: npt.NDArray[np.int32]
    box: Boxes
    score: npt.NDArray[np.float32]
    object_class: npt.NDArray[np.int32]
    features: npt.NDArray[np.float32]


@dataclass
class Outcome:
    """What the reference found."""

    tracks: Tracks
    answer: list[dict[str, int]]
    reasons: list[int] = field(default_factory=list)
    embedded: int = 0
    idle: int = 0


def in_region(box: Boxes, region: tuple[int, int, int, int], scale: float, size: tuple[int, int]) -> Any:
    """Rows whose centre lies in a region of the picture; the picture's edges are no limits."""
    left, top, width, height = region
    x, y = (box[:, 0] + box[:, 2]) / 2 * scale, (box[:, 1] + box[:, 3]) / 2 * scale
    return (
        ((x >= left) | (left == 0))
        & ((y >= top) | (top == 0))
        & ((x < left + width) | (left + width >= size[0]))
        & ((y < top + height) | (top + height >= size[1]))
    )


def link(
    number: int, box: Boxes, kind: Any, taken: Any, identity: npt.NDArray[np.int32], places: Places
) -> None:
    """Identities of the rows that weren't embedded: persons by least distance, a ball by elimination."""
    if not (kind == 0).any():
        return
    height = (box[kind == 0, 3].astype(float) - box[kind == 0, 1]).mean()
    for object_class, speed in ((0, 0.12), (1, 0.15)):
        rows = [r for r in range(len(box)) if kind[r] == object_class and not taken[r]]
        held = set(identity[kind == object_class].tolist())
        free = sorted(i for k, i in places if k == object_class and i not in held)
        if object_class == 1 and (len(rows) != 1 or len(free) != 1):
            continue
        cost = np.full((len(rows), len(free)), 1e9)
        for a, r in enumerate(rows):
            for b, i in enumerate(free):
                frame, place = places[object_class, i]
                x, y = ((box[r, :2] + box[r, 2:]) - (place[:2] + place[2:])) / 2
                distance = float(np.hypot(x, y)) / height
                if distance <= 0.25 + speed * (number - frame):
                    cost[a, b] = distance
        for a, b in zip(*linear_sum_assignment(cost), strict=True):
            if cost[a, b] < 1e9:
                identity[rows[a]] = free[b]


def run(
    recorded: Recorded,
    init: Init | None,
    init_features: npt.NDArray[np.float32] | None,
    frames: int,
    video_size: tuple[int, int],
    picture_size: tuple[int, int],
    settings: Mapping[str, Any],
) -> Outcome:
    """Tracks and catches of a video of so many frames; `init_features` has a row an init row."""
    config = Config(settings)
    every = config["pipeline.every"]
    detector = config["detector"]
    scale = picture_size[0] / video_size[0]
    seeds: dict[int, list[int]] = {}
    persons = balls = -1
    seed_tracks = None
    identities = config["association"]
    if init is None:
        identities = {**identities, "identities": "open"}
    else:
        seed_tracks = init.tracks(video_size)
        persons, balls = len(seed_tracks.person_ids()), len(seed_tracks.ball_ids())
        for row, frame in enumerate(seed_tracks.frame.tolist()):
            seeds.setdefault(frame, []).append(row)
    cropper = adapt.RegionCropper(
        *picture_size, detector["input"] or 416, persons=persons, balls=balls, config=config["adaptive"]
    )
    associator = associate.Associator(identities)
    rows: list[tuple[int, int, int, list[float]]] = []
    observed = []
    outcome_reasons = []
    embedded_rows = idle = 0
    places: Places = {}
    for number in range(frames):
        sampled = number % every == 0
        if not sampled and number not in seeds:
            continue
        if sampled:
            observed.append(number)
        if number in seeds:
            assert seed_tracks is not None
            assert init_features is not None
            at = seeds[number]
            box, kind, identity = seed_tracks.box[at], seed_tracks.object_class[at], seed_tracks.id[at]
            cropper.seed((box.astype(np.float64) * scale).astype(np.float32))
            associator.seed(number, kind, identity, init_features[at])
        else:
            region = cropper.next()
            outcome_reasons.append(int(region.reason))
            at_frame = np.flatnonzero(recorded.frame == number)
            seen = at_frame[in_region(recorded.box[at_frame], region.letterbox.region, scale, picture_size)]
            box, kind, score = recorded.box[seen], recorded.object_class[seen], recorded.score[seen]
            height = box[:, 3] - box[:, 1]
            keep = np.ones(len(seen), bool)
            if detector["max_ball_height"] > 0 and (kind == 0).any():
                keep = ~((kind == 1) & (height > detector["max_ball_height"] * height[kind == 0].mean()))
            if detector["known_counts"] and init is not None:
                for object_class, most in ((0, persons), (1, balls)):
                    candidates = np.flatnonzero(keep & (kind == object_class))
                    order = candidates[np.argsort(-score[candidates], kind="stable")]
                    keep[order[most:]] = False
            box, kind, features = box[keep], kind[keep], recorded.features[seen][keep]
            cropper.update((box.astype(np.float64) * scale).astype(np.float32), kind)
            taken = np.ones(len(box), bool)
            if config["adaptive.inspect_collisions"]:
                taken = np.zeros(len(box), bool)
                for b in np.flatnonzero(kind == 1):
                    x, y = (box[b, 0] + box[b, 2]) / 2, (box[b, 1] + box[b, 3]) / 2
                    for p in np.flatnonzero(kind == 0):
                        if box[p, 0] <= x <= box[p, 2] and box[p, 1] <= y <= box[p, 3]:
                            taken[[b, p]] = True
            embedded_rows += int(taken.sum())
            idle += not taken.any()
            identity = np.full(len(box), -1, np.int32)
            if taken.any():
                identity[taken] = associator.step(number, kind[taken], features[taken])
            if config["adaptive.inspect_collisions"] and config["adaptive.link"]:
                link(number, box, kind, taken, identity, places)
        for k, i, b in zip(kind, identity, box, strict=True):
            if i >= 0:
                places[int(k), int(i)] = (number, b)
        if sampled:
            rows += [
                (number, int(k), int(i), b.tolist())
                for k, i, b in zip(kind, identity, box, strict=True)
                if i >= 0
            ]
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    tracks = make_tracks(*columns, observed=observed)
    decoded = action.decode(tracks, config["action"], seed_tracks)
    return Outcome(tracks, decoded.rows(), outcome_reasons, embedded_rows, idle)
