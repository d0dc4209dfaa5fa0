"""Detection sets in their publishers' layouts: LPCVC21 with frames, VisDrone-MOT, PANDA."""

import json
import math
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from e2tad import InputError
from e2tad.data.annotated import (
    Annotation,
    Kind,
    Picture,
    check_box,
    header_size,
    picture_files,
    visdrone_object,
    whole_number_rows,
)
from e2tad.data.lpcvc21 import Lpcvc21Video

_FRAME_FOLDERS = ("images", "frames")


def read_lpcvc21(root: str | os.PathLike[str]) -> list[Picture]:
    """Reads LPCVC21's boxes with frames that the user has cut from the videos.

    Args:
        root: A video's folder, or one that holds videos' folders: `VIDEO/gt_tracks/NNNNNN.json` and beside it
            `VIDEO/images/` or `VIDEO/frames/` with a picture a frame, whose name is the frame's number. The
            pictures may be scaled down. Frames without boxes are left out, boxes without a picture too.

    Returns:
        The pictures by video and frame. A frame in which no ball was annotated counts as one whose balls
        aren't labelled: the contest's clips always show one.

    Raises:
        InputError: If no video has frames, a picture's name isn't a number, or its shape isn't the video's.
        OSError: If something can't be opened.

    Source:
        The samples of LPCVC-2021 UAV-Video; paper Sec. 4.1 (balls are labelled in some frames only).
    """
    base = Path(root)
    tracks = sorted((*base.glob("gt_tracks"), *base.glob("*/gt_tracks")))
    if not tracks:
        raise InputError(f"{base}: no gt_tracks in it or in a folder of it, expected LPCVC21's videos")
    pictures: list[Picture] = []
    for folder in tracks:
        frames = next((folder.parent / n for n in _FRAME_FOLDERS if (folder.parent / n).is_dir()), None)
        if frames is not None:
            pictures += _lpcvc21_video(base, Lpcvc21Video(folder.parent), frames)
    if not pictures:
        raise InputError(
            f"{base}: no picture of a labelled frame; expected VIDEO/images/000123.jpg and so on"
        )
    return pictures


def _lpcvc21_video(base: Path, video: Lpcvc21Video, folder: Path) -> list[Picture]:
    tracks = video.tracks()
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, frame in enumerate(tracks.frame.tolist()):
        rows_of[frame].append(row)
    observed = set(tracks.observed.tolist())
    width, height = video.frame_size
    pictures = []
    for path in picture_files(folder):
        digits = path.stem.rsplit("_", 1)[-1]
        if not digits.isdigit():
            raise InputError(f"{path}: expected a frame's number as its name, such as 000123.jpg")
        frame = int(digits)
        if frame not in observed:
            continue
        size = header_size(path)
        scale = size[0] / width
        if abs(size[1] - height * scale) > 1:
            raise InputError(f"{path}: {size[0]}x{size[1]} pixels, expected the shape of {width}x{height}")
        objects = []
        for row in rows_of[frame]:
            left, top, right, bottom = (float(value) * scale for value in tracks.box[row])
            if tracks.object_class[row] == 1:
                cx, cy, r = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2
                objects.append(Annotation("ball", (left, top, right, bottom), (cx, cy, r)))
            else:
                objects.append(Annotation("person", (left, top, right, bottom)))
        labelled: tuple[Kind, ...] = ("person",)
        if any(thing.kind == "ball" for thing in objects):
            labelled = ("person", "ball")
        name = path.relative_to(base).as_posix()
        pictures.append(Picture(name, path, size, tuple(objects), labelled=labelled))
    return pictures


def read_visdrone_mot(root: str | os.PathLike[str]) -> list[Picture]:
    """Reads VisDrone-MOT: `sequences/SEQUENCE/0000001.jpg`, `annotations/SEQUENCE.txt`.

    Args:
        root: A part's folder, such as `VisDrone2019-MOT-train`.

    Returns:
        The pictures by sequence and frame; persons only.

    Raises:
        InputError: If a line isn't ten whole numbers, names a frame without picture, or a box reaches
            outside.
        OSError: If something can't be opened.

    Source:
        Zhu et al., TPAMI 2021 (VisDrone).
    """
    base = Path(root)
    folder = base / "sequences"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder, expected VisDrone-MOT's sequences")
    pictures = []
    for sequence in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = {int(path.stem): path for path in picture_files(sequence) if path.stem.isdigit()}
        sizes = {frame: header_size(path) for frame, path in paths.items()}
        objects: dict[int, list[Annotation]] = defaultdict(list)
        for where, cells in whole_number_rows(base / "annotations" / f"{sequence.name}.txt", 10):
            frame = cells[0]
            if frame not in paths:
                raise InputError(f"{where}: no picture of frame {frame} in {sequence}")
            if thing := visdrone_object(cells[2:8], sizes[frame], where, paths[frame]):
                objects[frame].append(thing)
        pictures += [
            Picture(
                path.relative_to(base).as_posix(),
                path,
                sizes[frame],
                tuple(objects[frame]),
                labelled=("person",),
            )
            for frame, path in sorted(paths.items())
        ]
    return pictures


def read_panda(root: str | os.PathLike[str]) -> list[Picture]:
    """Reads PANDA's pictures: `image_train/SCENE/NAME.jpg`, `image_annos/person_bbox_train.json`.

    Args:
        root: The set's folder. PANDA's pictures have some 400 million pixels: scale them down first, to at
            most 67,108,864; the annotations are shares of the width and height, so they stay as they are.

    Returns:
        The pictures by name, those that are there; persons' full bodies. Crowds, regions to ignore and
        pictures of persons are `ignored`.

    Raises:
        InputError: If no annotated picture is there, or an entry isn't usable; names file and entry.
        OSError: If something can't be opened.

    Source:
        Wang et al., CVPR 2020 (PANDA), and its toolkit's description of the files.
    """
    base = Path(root)
    file = base / "image_annos" / "person_bbox_train.json"
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not a JSON document ({error})") from error
    if not isinstance(document, dict):
        raise InputError(f"{file}: expected an object with an entry a picture")
    pictures = []
    for name, entry in sorted(document.items()):
        where = f"{file}: {name}"
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{where}: expected a path inside the set")
        path = base / "image_train" / name
        if not path.is_file():
            continue
        things = entry.get("objects list") if isinstance(entry, dict) else None
        if not isinstance(things, list):
            raise InputError(f"{where}: objects list: expected a list")
        size = header_size(path)
        objects = [
            _panda_object(thing, size, f"{where}: objects list[{i}]", path) for i, thing in enumerate(things)
        ]
        pictures.append(Picture(f"image_train/{name}", path, size, tuple(objects), labelled=("person",)))
    if not pictures:
        raise InputError(f"{base / 'image_train'}: none of the pictures of {file.name} is there")
    return pictures


def _panda_object(thing: Any, size: tuple[int, int], where: str, path: Path) -> Annotation:
    category = thing.get("category") if isinstance(thing, dict) else None
    kind: Kind = "person" if category == "person" else "ignored"
    try:
        rect = thing["rects"]["full body"] if kind == "person" else thing["rect"]
        corners = [float(rect[corner][axis]) for corner in ("tl", "br") for axis in ("x", "y")]
    except (KeyError, TypeError, ValueError) as error:
        form = "rects/full body" if kind == "person" else "rect"
        raise InputError(f"{where}: {form}: expected tl and br with x and y") from error
    if not all(math.isfinite(value) and -0.5 <= value <= 1.5 for value in corners):
        raise InputError(f"{where}: expected shares of the picture's width and height, got {corners}")
    width, height = size
    # Full bodies reach behind the border, where the person does; a detector can only be asked for the rest.
    left, top, right, bottom = (min(max(value, 0.0), 1.0) for value in corners)
    box = (left * width, top * height, right * width, bottom * height)
    check_box(box, size, where, path)
    return Annotation(kind, box)
