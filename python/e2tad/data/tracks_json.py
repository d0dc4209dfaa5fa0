"""Tracks in one JSON file: what `e2tad run` writes as tracks.json."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from e2tad._core import InputError
from e2tad.files import replacing
from e2tad.tracks import Tracks, make_tracks

FORM = "e2tad tracks 1"
_CLASSES = ("person", "ball")
_DECIMALS = 3


def write(tracks: Tracks, path: str | os.PathLike[str], video: Mapping[str, Any] | None = None) -> None:
    """Writes `{"form", "video", "observed", "objects": [{"class", "id", "frames", "boxes (ltrb)"}]}`.

    Args:
        tracks: The tracks; boxes are written in thousandths of a pixel.
        path: The file; written under a temporary name and moved into place.
        video: What is to be said of the video; anything that JSON holds.

    Raises:
        OSError: If the file can't be written.

    Source:
        The contest's keys of a frame, by object instead.
    """
    objects = []
    for kind, ids in enumerate((tracks.person_ids(), tracks.ball_ids())):
        for identity in ids:
            rows = (tracks.object_class == kind) & (tracks.id == identity)
            boxes = np.round(tracks.box[rows].astype(np.float64), _DECIMALS)
            objects.append(
                {
                    "class": _CLASSES[kind],
                    "id": identity,
                    "frames": tracks.frame[rows].tolist(),
                    "boxes (ltrb)": boxes.tolist(),
                }
            )
    document = {
        "form": FORM,
        "video": dict(video or {}),
        "observed": tracks.observed.tolist(),
        "objects": objects,
    }
    with replacing(path) as part:
        part.write_text(json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n")


def load(path: str | os.PathLike[str]) -> Tracks:
    """Reads what `write` writes.

    Args:
        path: The file.

    Returns:
        The tracks.

    Raises:
        OSError: If the file can't be opened.
        InputError: If it has another form; names the object.

    Source:
        This project's own form.
    """
    name = os.fspath(path)
    try:
        document = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not JSON ({error})") from error
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise InputError(f"{name}: not a tracks file (no form {FORM!r})")
    frame: list[int] = []
    kind: list[int] = []
    identity: list[int] = []
    box: list[Any] = []
    where = "observed"
    try:
        observed = list(document["observed"])
        for i, entry in enumerate(document["objects"]):
            where = f"objects[{i}]"
            frames, boxes = entry["frames"], entry["boxes (ltrb)"]
            if len(frames) != len(boxes):
                raise ValueError(f"{len(frames)} frames but {len(boxes)} boxes")
            frame += frames
            kind += [_CLASSES.index(entry["class"])] * len(frames)
            identity += [entry["id"]] * len(frames)
            box += boxes
        where = "objects"
        return make_tracks(frame, kind, identity, box, observed)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{name}: {where}: {reason}") from error
