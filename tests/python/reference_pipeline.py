"""The pipeline as its description has it, one frame after the other in plain Python, for recorded inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import Config, action, adapt, associate
from e2tad.data import Init
from e2tad.tracks import Tracks, make_tracks

Boxes = npt.NDArray[np.float32]


@dataclass
class Seen:
    """Boxes and classes of a frame."""

    number: int
    box: Boxes
    kind: npt.NDArray[np.int32]


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


def centres(box: Boxes) -> npt.NDArray[np.float64]:
    """(N, 2) centres."""
    return np.asarray((box[:, :2].astype(float) + box[:, 2:]) / 2)


def without_place(before: Seen | None, now: Seen, ratio: float) -> list[int]:
    """Rows that lie too far from their class's at the frame before, or about as near to two of them."""
    persons = now.box[now.kind == 0]
    height = (persons[:, 3].astype(float) - persons[:, 1]).mean() if len(persons) else 0.0
    found = []
    for object_class in (0, 1):
        new = np.flatnonzero(now.kind == object_class)
        old = np.flatnonzero(before.kind == object_class) if before else np.zeros(0, int)
        if not before or not len(old):
            found += new.tolist()
            continue
        gaps = centres(now.box[new])[:, None] - centres(before.box[old])[None]
        distance = np.hypot(gaps[..., 0], gaps[..., 1])
        for a, row in enumerate(new):
            b = distance[a].argmin()
            others = [*np.delete(distance[a], b), *np.delete(distance[:, b], a)]
            reach = height * (0.25 + 0.125 * (now.number - before.number))
            if distance[a, b] > reach or any(distance[a, b] >= ratio * other for other in others):
                found.append(int(row))
    return sorted(found)


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
    before: Seen | None = None
    if init is not None and config["association.look_ahead"]:
        assert seed_tracks is not None
        assert init_features is not None
        reached = seed_tracks.frame < frames
        associator.learn(seed_tracks.object_class[reached], seed_tracks.id[reached], init_features[reached])
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
            associator.locate(number, kind, identity, box)
            if not config["association.look_ahead"]:
                associator.learn(kind, identity, init_features[at])
            before = Seen(number, box, kind)
        else:
            region = cropper.next()
            outcome_reasons.append(int(region.reason))
            at_frame = np.flatnonzero(recorded.frame == number)
            seen = at_frame[in_region(recorded.box[at_frame], region.letterbox.region, scale, picture_size)]
            box, kind, score = recorded.box[seen], recorded.object_class[seen], recorded.score[seen]
            sure = (kind == 1) | (score > np.float32(detector["person_confidence"]))
            seen, box, kind, score = seen[sure], box[sure], kind[sure], score[sure]
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
                if config["adaptive.link"]:
                    now = Seen(number, box, kind)
                    taken[without_place(before, now, config["adaptive.place_ratio"])] = True
                    before = now
            embedded_rows += int(taken.sum())
            idle += not taken.any()
            identity = np.full(len(box), -1, np.int32)
            which = np.flatnonzero(taken)
            if config["adaptive.link"]:
                identity = associator.step(number, kind, features[which], box, which)
            else:
                identity[which] = associator.step(number, kind[which], features[which], box[which])
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
