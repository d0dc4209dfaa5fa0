"""Reads the contest's sample videos and scores answers, in plain Python, apart from the package."""

import csv
import json
import re
from functools import cache
from pathlib import Path

from reference_action import Scene

VIDEOS = ("4p1b_01A2", "5p2b_01A1", "5p4b_01A2")

# In this video the tracks' person ids are permuted against init.csv and labels.
_PERSON_IDS = {"4p1b_01A2": {2: 1, 3: 2, 1: 4, 4: 3}}

Labels = tuple[list[int], list[str], list[dict[str, str]]]


@cache
def init_scene(root: Path, video: str) -> Scene:
    """The rows of init.csv, in shares of the frame."""
    scene = Scene([], [], [], {}, {})
    with open(root / "lpcvc21" / video / f"{video}_init.csv", newline="") as file:
        for row in csv.DictReader(file):
            frame, name = int(row["Frame"]), int(row["ID"])
            x, y, w, h = (float(row[key]) for key in ("X", "Y", "Width", "Height"))
            boxes = scene.ball_boxes if row["Class"] == "1" else scene.person_boxes
            boxes[frame, name] = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    return with_names(scene)


@cache
def track_scene(root: Path, video: str, every: int = 1) -> Scene:
    """The true tracks, under the labels' ids."""
    scene = Scene([], [], [], {}, {})
    names = _PERSON_IDS.get(video, {})
    for path in sorted((root / "lpcvc21" / video / "gt_tracks").glob("*.json")):
        frame = int(path.stem)
        if frame % every:
            continue
        scene.frames.append(frame)
        for entry in json.loads(path.read_text()):
            box = tuple(entry["bounding box (ltrb)"])
            if entry["class"] == "ball":
                scene.ball_boxes[frame, entry["id"]] = box
            else:
                scene.person_boxes[frame, names.get(entry["id"], entry["id"])] = box
    return with_names(scene)


def with_names(scene: Scene) -> Scene:
    scene.persons[:] = sorted({name for _, name in scene.person_boxes})
    scene.balls[:] = sorted({name for _, name in scene.ball_boxes})
    scene.frames[:] = sorted({*scene.frames, *(f for f, _ in [*scene.person_boxes, *scene.ball_boxes])})
    return scene


@cache
def labels(root: Path, video: str, kind: str) -> Labels:
    with open(root / "lpcvc21" / video / f"{video}_action_{kind}.csv", newline="") as file:
        header, *rows = list(csv.reader(file))
    names = [re.match(r"\d+", column).group() for column in header[1:]]  # type: ignore[union-attr]
    return [int(row[0]) for row in rows], names, [dict(zip(names, row[1:], strict=True)) for row in rows]


def accuracy(answer: list[tuple[int, dict[int, int]]], truth: Labels, threshold: int = 10) -> float:
    """The contest's accuracy, as its words have it."""
    frames, names, rows = truth
    cursor = matched = 0
    score = 0.0
    for frame, row in answer:
        left = None
        while cursor < len(frames) and frames[cursor] <= frame:
            left = cursor
            cursor += 1
        if left is not None and frame - frames[left] <= threshold:
            match = left
        elif cursor < len(frames) and frames[cursor] - frame <= threshold:
            match = cursor
            cursor += 1
        else:
            continue
        matched += 1
        score += sum(str(row.get(int(name))) == rows[match][name] for name in names) / len(names)
    false_positives, false_negatives = len(answer) - matched, len(frames) - matched
    return score / (matched + 0.5 * (false_positives + false_negatives))
