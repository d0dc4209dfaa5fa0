"""Detection sets by name: one interface to all of them, their mix, and their health."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from e2tad import InputError
from e2tad.data import simulated
from e2tad.data.annotated import PERSON_AND_BALL, Picture, open_pictures
from e2tad.data.detection_sets import read_lpcvc21, read_panda, read_visdrone_mot
from e2tad.settings import Settings, expand_path

SetName = Literal[
    "simulated", "lpcvc21", "coco", "pennfudan", "visdrone-det", "visdrone-mot", "panda", "folder", "mixdet"
]

NAMES: tuple[SetName, ...] = get_args(SetName)
"""The sets that `open_set` reads."""

LEAST_VISIBLE = 0.3
"""Balls of which a smaller share is visible are neither asked of a detector nor held against it."""

Progress = Callable[[int, int], None]


class Rendered(Settings):
    """Simulated clips that are rendered where the set's folder lacks them."""

    presets: tuple[str, ...] = Field(min_length=1)
    """Of `e2tad simulate`."""
    seeds: tuple[int, int]
    """The first seed, and the one after the last; one clip a preset and seed."""
    stills: int = Field(default=40, ge=1)
    """Pictures a clip, spread over its length."""
    size: tuple[int, int] = (640, 360)
    """Their width and height, pixels."""


class DetectionSource(Settings):
    """Pictures of one set."""

    set: SetName
    """Whose layout the folder has. `mixdet`: a JSON list of these sources."""
    root: str
    """The set's folder (of `mixdet` its file); `$NAME` stands for that environment variable."""
    annotations: str | None = None
    """Of `coco`: the JSON file, where it isn't `annotations.json` or `instances.json` in the folder."""
    pictures: tuple[int, int | None, int] = (0, None, 1)
    """Which pictures in the order of their names: first, after the last, step; as in a slice."""
    balls_every: int = Field(default=1, ge=1)
    """Only of every so manieth picture are the balls asked for; see `other_balls` for the others."""
    other_balls: Literal["unknown", "ignored"] = "unknown"
    """`unknown`: in the other pictures nothing that looks like a ball is held against a detector, as with
    real sparse labels. `ignored`: the places of their balls alone are left out, as if these pictures had
    none; what looks like a ball elsewhere is a mistake."""
    no_balls: bool = False
    """The set is known to show no balls, so that what looks like one is a mistake: so the paper takes
    VisDrone and PANDA. Without it, balls that a set doesn't annotate are unknown."""
    render: Rendered | None = None
    """Of `simulated`: what is rendered first, where it is missing."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.pictures[2] < 1:
            raise ValueError(f"pictures: expected a step of at least 1, got {self.pictures[2]}")
        if self.render is not None and self.set != "simulated":
            raise ValueError(f"render goes with simulated, not {self.set}")
        if self.annotations is not None and self.set != "coco":
            raise ValueError(f"annotations goes with coco, not {self.set}")
        if self.no_balls and self.set == "mixdet":
            raise ValueError("no_balls goes with a set, not with a mix of sets")
        return self


def open_set(source: DetectionSource, where: str = "") -> list[Picture]:
    """Lists a set's pictures with their annotations; reads headers and annotations, no pixels.

    Args:
        source: The set.
        where: The source's place in its document, for errors.

    Returns:
        The pictures in the order of their names; `labelled` says which kinds each was annotated for.

    Raises:
        ConfigError: If the root names an environment variable that isn't set.
        InputError: If the set isn't usable; names file and entry.
        OSError: If something can't be opened.

    Source:
        Paper Sec. 4.1 (MixDet).
    """
    root = expand_path(source.root, f"{where}/root")
    if source.set == "mixdet":
        pictures = mix([open_set(part, f"{root}: /{i}") for i, part in enumerate(_mix_file(root))])
    elif source.set == "simulated":
        if source.render is not None:
            wanted = source.render
            simulated.render_clips(root, wanted.presets, range(*wanted.seeds), wanted.stills, wanted.size)
        pictures = simulated.open_clips(root)
    elif source.set == "lpcvc21":
        pictures = read_lpcvc21(root)
    elif source.set == "visdrone-mot":
        pictures = read_visdrone_mot(root)
    elif source.set == "panda":
        pictures = read_panda(root)
    else:
        form = "visdrone" if source.set == "visdrone-det" else source.set
        given = (
            None if source.annotations is None else expand_path(source.annotations, f"{where}/annotations")
        )
        pictures = open_pictures(root, form, given)
    chosen = pictures[slice(*source.pictures)]
    if not chosen:
        raise InputError(f"{root}: none of its {len(pictures)} pictures is at {source.pictures}")
    if source.no_balls:
        return [_known_to_have_no_balls(picture, root) for picture in chosen]
    others = _without_balls if source.other_balls == "unknown" else _with_balls_ignored
    return [picture if i % source.balls_every == 0 else others(picture) for i, picture in enumerate(chosen)]


def mix(sets: Sequence[Sequence[Picture]]) -> list[Picture]:
    """Puts sets together; each keeps what it is labelled for.

    Args:
        sets: Pictures of each.

    Returns:
        All pictures; the set's number stands before their names.

    Source:
        Paper Sec. 4.1 (MixDet).
    """
    return [
        replace(picture, name=f"{number}/{picture.name}")
        for number, pictures in enumerate(sets)
        for picture in pictures
    ]


def check(
    name: str, root: str | Path, progress: Progress | None = None, annotations: Path | None = None
) -> dict[str, Any]:
    """Reads every picture of a set once, and counts.

    Args:
        name: One of `NAMES`.
        root: The set's folder; of `mixdet` its file.
        progress: Called with pictures done and pictures in all.
        annotations: The JSON file of a COCO set whose folder doesn't tell it.

    Returns:
        `set`, `root`, `pictures`, `sizes` (smallest and largest `WxH`), `labelled` (pictures annotated
        for each kind), `objects` (of each kind), `hidden_balls` (less than `LEAST_VISIBLE` of them
        visible), `heights_px` (a kind to its smallest, median and largest height), and `problems`: one
        line a picture that can't be read.

    Raises:
        InputError: If the annotations aren't usable; names file and entry.
        OSError: If something can't be opened.

    Source:
        DESIGN, Command line: `e2tad data check`.
    """
    if name not in NAMES:
        raise InputError(f"data: expected one of {', '.join(NAMES)}, got {name}")
    document = {"set": name, "root": str(root)}
    if annotations is not None:
        document["annotations"] = str(annotations)
    pictures = open_set(DetectionSource.parse(document))
    problems: list[str] = []
    for done, picture in enumerate(pictures, start=1):
        try:
            picture.read()
        except InputError as error:
            problems.append(str(error))
        if progress:
            progress(done, len(pictures))
    things = [thing for picture in pictures for thing in picture.objects]
    heights: dict[str, list[float]] = {}
    for kind in ("person", "ball"):
        tall = [thing.box[3] - thing.box[1] for thing in things if thing.kind == kind]
        if tall:
            heights[kind] = [round(float(value), 1) for value in np.quantile(tall, (0, 0.5, 1))]
    sizes = sorted(picture.size for picture in pictures)
    return {
        "set": name,
        "root": str(root),
        "pictures": len(pictures),
        "sizes": [f"{w}x{h}" for w, h in (sizes[0], sizes[-1])],
        "labelled": {kind: sum(kind in p.labelled for p in pictures) for kind in ("person", "ball")},
        "objects": dict(sorted(Counter(thing.kind for thing in things).items())),
        "hidden_balls": sum(thing.visible is not None and thing.visible < LEAST_VISIBLE for thing in things),
        "heights_px": heights,
        "problems": problems,
    }


def _mix_file(path: Path) -> list[DetectionSource]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON document ({error})") from error
    if not isinstance(document, list) or not document:
        raise InputError(f"{path}: expected a list of sources, each with set and root")
    sources = [DetectionSource.parse(entry, f"{path}: /{i}") for i, entry in enumerate(document)]
    if any(source.set == "mixdet" for source in sources):
        raise InputError(f"{path}: a mix can't hold another mix")
    return sources


def _without_balls(picture: Picture) -> Picture:
    return replace(
        picture,
        objects=tuple(thing for thing in picture.objects if thing.kind != "ball"),
        labelled=tuple(kind for kind in picture.labelled if kind != "ball"),
    )


def _with_balls_ignored(picture: Picture) -> Picture:
    return replace(
        picture,
        objects=tuple(
            replace(thing, kind="ignored") if thing.kind == "ball" else thing for thing in picture.objects
        ),
    )


def _known_to_have_no_balls(picture: Picture, root: Path) -> Picture:
    if any(thing.kind == "ball" for thing in picture.objects):
        raise InputError(f"{root}: {picture.name}: holds a ball; expected none, since no_balls is true")
    return replace(
        picture, labelled=tuple(kind for kind in PERSON_AND_BALL if kind in (*picture.labelled, "ball"))
    )
