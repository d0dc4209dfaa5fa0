"""Annotated pictures for detection: a plain folder, COCO, Penn-Fudan and VisDrone-DET, read into one form."""

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from e2tad import InputError, _core
from e2tad._arrays import FloatArray, IntArray

Kind = Literal["person", "ball", "ignored"]
Image = npt.NDArray[np.uint8]

FORMATS = ("folder", "coco", "pennfudan", "visdrone")
"""What `open_pictures` reads."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")
"""Names of picture files end so; other files in a folder are passed over."""

CATEGORIES = ({"id": 1, "name": "person"}, {"id": 2, "name": "ball"})
"""The categories of the COCO files that e2tad writes. Readers go by the names."""

PERSON_AND_BALL: tuple[Kind, Kind] = ("person", "ball")
"""The detectors' classes 0 and 1."""

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_COCO_FILES = ("annotations.json", "instances.json", "coco.json")
# Boxes of published sets reach over the border by rounding; further out is a mistake.
_BORDER_PX = 2.0
_KINDS: dict[str, Kind] = {"person": "person", "pedestrian": "person", "ball": "ball", "sports ball": "ball"}


@dataclass(frozen=True)
class Annotation:
    """One object of a picture.

    Attributes:
        kind: What it is; `ignored` marks a region in which objects weren't annotated one by one.
        box: `(left, top, right, bottom)` pixels of the picture as stored. Of a ball that is partly hidden:
            its full circle's square.
        circle: `(cx, cy, r)` where the annotation has one.
        visible: Share of a ball that is visible, where it is known.
    """

    kind: Kind
    box: tuple[float, float, float, float]
    circle: tuple[float, float, float] | None = None
    visible: float | None = None


@dataclass(frozen=True)
class Picture:
    """A picture file and what is known about it.

    Attributes:
        name: Path from the set's root, with `/`; it names the picture's random stream.
        path: The file.
        size: `(width, height)` as stored, from the header.
        objects: Its annotations.
        upright: Turn it by its EXIF orientation; annotations refer to the pixels as stored, so only
            pictures without any are turned.
        labelled: The kinds that were annotated. Where one is missing, the picture may well show some.
    """

    name: str
    path: Path
    size: tuple[int, int]
    objects: tuple[Annotation, ...] = ()
    upright: bool = False
    labelled: tuple[Kind, ...] = PERSON_AND_BALL
    _instances: Callable[[], IntArray | None] = field(default=lambda: None, repr=False, compare=False)

    def boxes(self, kind: Kind) -> FloatArray:
        """The boxes of one kind.

        Args:
            kind: `person`, `ball` or `ignored`.

        Returns:
            `(N, 4)` float32 ltrb, in the order of the annotations.

        Source:
            DESIGN, Data flow: boxes are ltrb float32.
        """
        found = [o.box for o in self.objects if o.kind == kind]
        return np.array(found, np.float32).reshape(-1, 4)

    def read(self) -> Image:
        """Reads the pixels.

        Returns:
            `(H, W, 3)` uint8, BGR.

        Raises:
            InputError: If the file isn't a readable 8-bit picture of at most 67,108,864 pixels; names it.
            OSError: If it can't be opened.

        Source:
            C++: `cpp/e2tad/synth/image_file.hpp`.
        """
        return _core.read_image(os.fspath(self.path), self.upright)

    def instances(self) -> IntArray | None:
        """Reads the persons' masks.

        Returns:
            `(H, W)` int32, k where the k-th of `boxes("person")` is (from 1), 0 elsewhere; None where the set
            has no masks.

        Raises:
            InputError: If a mask has another size than the picture or can't be read; names the file.

        Source:
            The sets' own descriptions.
        """
        return self._instances()


def open_pictures(
    root: str | os.PathLike[str],
    form: str = "auto",
    annotations: str | os.PathLike[str] | None = None,
) -> list[Picture]:
    """Lists a set's pictures with their annotations; checks headers and annotations, reads no pixels.

    Args:
        root: The set's folder.
        form: `folder` (no annotations), `coco`, `pennfudan`, `visdrone`, or `auto`: Penn-Fudan by its folders
            `PNGImages` and `PedMasks`, VisDrone-DET by `images` and `annotations/*.txt`, COCO by
            `annotations.json`, `instances.json` or `coco.json` (a simulated clip's) or a given file, else a
            plain folder.
        annotations: The JSON file of a COCO set, where `root` holds none of these. Its pictures lie in `root`
            or in `root/images`.

    Returns:
        The pictures in the order of their names.

    Raises:
        InputError: If there is no picture, or a header, an annotation or a Penn-Fudan mask isn't usable:
            unreadable, over 8 bits a channel, too large, of another size than stated, outside the picture;
            or if the picture of an annotation isn't there. Names the file and the entry.
        OSError: If something can't be opened.

    Source:
        Lin et al., ECCV 2014 (COCO); Wang et al., ACCV 2007 (Penn-Fudan); Zhu et al., TPAMI 2021 (VisDrone).
    """
    base = Path(root)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder")
    if form not in (*FORMATS, "auto"):
        raise InputError(f"format: expected auto or one of {', '.join(FORMATS)}, got {form}")
    given = None if annotations is None else Path(annotations)
    if form == "auto":
        form = _detect(base, given)
    if given is not None and form != "coco":
        raise InputError(f"annotations: {given} goes with format coco, not {form}")
    readers: dict[str, Callable[[], list[Picture]]] = {
        "folder": lambda: [
            Picture(_name(base, path), path, header_size(path), upright=True, labelled=())
            for path in picture_files(base)
        ],
        "coco": lambda: _read_coco(base, given or _coco_file(base)),
        "pennfudan": lambda: _read_pennfudan(base),
        "visdrone": lambda: _read_visdrone(base),
    }
    pictures = sorted(readers[form](), key=lambda picture: picture.name)
    if not pictures:
        raise InputError(f"{base}: no pictures ({' '.join(SUFFIXES)}) in it")
    return pictures


def coco_document(pictures: Sequence[tuple[str, tuple[int, int], Sequence[Annotation]]]) -> dict[str, Any]:
    """Makes a COCO document.

    Args:
        pictures: One a picture: `file_name`, `(width, height)`, and its objects.

    Returns:
        `images`, `annotations` and `categories`. `bbox` is left, top, width, height; balls with a circle also
        have `circle` (cx, cy, r) and `visible`; ignored regions are persons with `iscrowd` 1. Ids count
        from 1.

    Source:
        Lin et al., ECCV 2014; DESIGN, Models (truth of a partly hidden ball).
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (name, (width, height), objects) in enumerate(pictures, 1):
        images.append({"id": image_id, "file_name": name, "width": width, "height": height})
        for thing in objects:
            left, top, right, bottom = thing.box
            entry: dict[str, Any] = {
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": 2 if thing.kind == "ball" else 1,
                "bbox": [_short(left), _short(top), _short(right - left), _short(bottom - top)],
                "area": _short((right - left) * (bottom - top)),
                "iscrowd": int(thing.kind == "ignored"),
            }
            if thing.circle is not None:
                entry["circle"] = [_short(value) for value in thing.circle]
                entry["area"] = _short(math.pi * thing.circle[2] ** 2)
            if thing.visible is not None:
                entry["visible"] = round(float(thing.visible), 4)
            annotations.append(entry)
    return {"images": images, "annotations": annotations, "categories": [dict(c) for c in CATEGORIES]}


def _short(value: float) -> float:
    return round(float(value), 2)


def _name(base: Path, path: Path) -> str:
    return path.relative_to(base).as_posix()


def header_size(path: Path) -> tuple[int, int]:
    """Reads a picture's header.

    Args:
        path: The file.

    Returns:
        `(width, height)` as stored, pixels.

    Raises:
        InputError: If it isn't a picture that `Picture.read` reads.
        OSError: If it can't be opened.

    Source:
        C++: `cpp/e2tad/synth/image_file.hpp`.
    """
    return _core.read_image_info(os.fspath(path))


def picture_files(folder: Path) -> Iterator[Path]:
    """Walks the picture files of a folder and of those in it, hidden ones left out.

    Args:
        folder: The folder.

    Yields:
        Paths in the order of their names.

    Source:
        House rule: sets are read in the order of their names.
    """
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def _detect(base: Path, given: Path | None) -> str:
    if given is not None or any((base / name).is_file() for name in _COCO_FILES):
        return "coco"
    if (base / "PNGImages").is_dir() and (base / "PedMasks").is_dir():
        return "pennfudan"
    if (base / "images").is_dir() and any((base / "annotations").glob("*.txt")):
        return "visdrone"
    return "folder"


def check_box(
    box: tuple[float, float, float, float], size: tuple[int, int], where: str, picture: Path
) -> None:
    """Checks that a box has an area and lies in its picture, but for the rounding of published sets.

    Args:
        box: ltrb, pixels.
        size: `(width, height)` of the picture.
        where: File and entry, for the error.
        picture: The picture's file.

    Raises:
        InputError: If it is otherwise.

    Source:
        House rule: bad input is one clear line.
    """
    left, top, right, bottom = box
    width, height = size
    finite = all(math.isfinite(value) for value in box)
    if not finite or right <= left or bottom <= top:
        raise InputError(f"{where}: expected a box with a width and a height, got {_text(box)} (ltrb)")
    over = max(-left, -top, right - width, bottom - height)
    if over > _BORDER_PX:
        raise InputError(
            f"{where}: the box {_text(box)} (ltrb) reaches outside its {width}x{height} picture "
            f"{picture.name}"
        )


def _text(values: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


# ---- COCO ----------------------------------------------------------------------------------------------


def _coco_file(base: Path) -> Path:
    for name in _COCO_FILES:
        if (base / name).is_file():
            return base / name
    raise InputError(f"{base}: no {' or '.join(_COCO_FILES)} in it, name the file with --annotations")


def _read_coco(base: Path, file: Path) -> list[Picture]:
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not a JSON document ({error})") from error
    images = _table(document, "images", file)
    categories = _table(document, "categories", file)
    kinds: dict[int, Kind] = {}
    for i, category in enumerate(categories):
        name = _entry(category, "name", str, f"{file}: categories[{i}]")
        if name.lower() in _KINDS:
            kinds[_entry(category, "id", int, f"{file}: categories[{i}]")] = _KINDS[name.lower()]
    if not kinds:
        raise InputError(f"{file}: no category named person, ball or sports ball")
    labelled: tuple[Kind, ...] = tuple(kind for kind in PERSON_AND_BALL if kind in kinds.values())
    by_id: dict[int, tuple[Path, tuple[int, int]]] = {}
    for i, image in enumerate(images):
        where = f"{file}: images[{i}]"
        name = _entry(image, "file_name", str, where)
        path = _coco_picture(base, name, where)
        size = header_size(path)
        stated = (_entry(image, "width", int, where), _entry(image, "height", int, where))
        if stated != size:
            raise InputError(
                f"{where}: {stated[0]}x{stated[1]} pixels are stated, {path} has {size[0]}x{size[1]}"
            )
        image_id = _entry(image, "id", int, where)
        if image_id in by_id:
            raise InputError(f"{where}: id {image_id} is taken by an earlier picture")
        by_id[image_id] = (path, size)
    objects: dict[int, list[tuple[Annotation, Any]]] = {image_id: [] for image_id in by_id}
    for i, entry in enumerate(_table(document, "annotations", file)):
        where = f"{file}: annotations[{i}]"
        image_id = _entry(entry, "image_id", int, where)
        if image_id not in by_id:
            raise InputError(f"{where}: image_id {image_id} isn't in images")
        kind = kinds.get(_entry(entry, "category_id", int, where))
        if kind is None:
            continue
        if entry.get("iscrowd"):
            kind = "ignored"
        path, size = by_id[image_id]
        annotation = _coco_annotation(entry, kind, size, where, path)
        segmentation = entry.get("segmentation") if kind == "person" else None
        if isinstance(segmentation, dict):
            stated_size = segmentation.get("size")
            if stated_size != [size[1], size[0]]:
                raise InputError(
                    f"{where}: segmentation: the mask's size is {stated_size}, "
                    f"expected [{size[1]}, {size[0]}], the height and width of {path.name}"
                )
        objects[image_id].append((annotation, segmentation))
    pictures = []
    for image_id, (path, size) in by_id.items():
        found = objects[image_id]
        picture = Picture(_name(base, path), path, size, tuple(a for a, _ in found), labelled=labelled)
        segments = [(a.box, s) for a, s in found if a.kind == "person"]
        if any(s for _, s in segments):
            picture = replace(picture, _instances=_coco_masks(segments, size, f"{file}: {path.name}"))
        pictures.append(picture)
    return pictures


def _coco_annotation(
    entry: dict[str, Any], kind: Kind, size: tuple[int, int], where: str, path: Path
) -> Annotation:
    left, top, width, height = _numbers(entry.get("bbox"), 4, f"{where}: bbox")
    box = (left, top, left + width, top + height)
    circle = None
    if kind == "ball" and entry.get("circle") is not None:
        cx, cy, r = _numbers(entry["circle"], 3, f"{where}: circle")
        if not (r > 0 and 0 <= cx <= size[0] and 0 <= cy <= size[1]):
            raise InputError(
                f"{where}: the circle {_text((cx, cy, r))} (cx cy r) has its centre outside its "
                f"{size[0]}x{size[1]} picture {path.name}"
            )
        circle = (cx, cy, r)  # its square may reach over the border: the truth is the full circle
    else:
        check_box(box, size, f"{where}: bbox", path)
    visible = entry.get("visible") if kind == "ball" else None
    if visible is not None:
        (visible,) = _numbers([visible], 1, f"{where}: visible")
    return Annotation(kind, box, circle, visible)


def _coco_masks(
    segments: Sequence[tuple[tuple[float, float, float, float], Any]], size: tuple[int, int], where: str
) -> Callable[[], IntArray]:
    def draw() -> IntArray:
        width, height = size
        instances = np.zeros((height, width), np.int32)
        # Whoever has the feet lower stands nearer, and covers the others.
        for k in sorted(range(len(segments)), key=lambda k: segments[k][0][3]):
            segmentation = segments[k][1]
            if segmentation:
                decode = _decode_runs if isinstance(segmentation, dict) else _fill_polygons
                instances[decode(segmentation, width, height, where)] = k + 1
        return instances

    return draw


def _decode_runs(segmentation: dict[str, Any], width: int, height: int, where: str) -> npt.NDArray[np.bool_]:
    """COCO's run lengths, plain or compressed: column after column, background first."""
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        counts = _decompress(counts)
    if not (
        isinstance(counts, list)
        and all(type(n) is int and n >= 0 for n in counts)
        and sum(counts) == width * height
    ):
        raise InputError(f"{where}: segmentation: the runs don't fill {width}x{height} pixels")
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape(width, height).T


def _decompress(text: str) -> list[int] | None:
    """The run lengths of a compressed mask: 5 bits a character, from the third on as differences."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 40:
            return None
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return None if shift else counts


def _fill_polygons(polygons: Any, width: int, height: int, where: str) -> npt.NDArray[np.bool_]:
    # Loaded here: a set without polygons doesn't need it.
    from faster_coco_eval.core import mask as masks

    good = isinstance(polygons, list) and all(
        isinstance(polygon, list)
        and len(polygon) >= 6
        and len(polygon) % 2 == 0
        and all(isinstance(v, int | float) and math.isfinite(v) for v in polygon)
        for polygon in polygons
    )
    if not good:
        raise InputError(f"{where}: segmentation: expected polygons of x, y pairs, three or more each")
    for polygon in polygons:
        points = np.reshape(polygon, (-1, 2))
        if (points < -_BORDER_PX).any() or (points > (width + _BORDER_PX, height + _BORDER_PX)).any():
            raise InputError(f"{where}: segmentation: a polygon reaches outside its {width}x{height} picture")
    filled = masks.decode(masks.merge(masks.frPyObjects(polygons, height, width)))
    return np.asarray(filled) > 0


def _coco_picture(base: Path, name: str, where: str) -> Path:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise InputError(f"{where}: file_name: expected a path inside the set, got {name}")
    for path in (base / name, base / "images" / name):
        if path.is_file():
            return path
    raise InputError(f"{where}: neither {base / name} nor {base / 'images' / name} is there")


def _table(document: Any, key: str, file: Path) -> list[dict[str, Any]]:
    rows = document.get(key) if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file}: {key}: expected a list of objects")
    return rows


def _entry(row: dict[str, Any], key: str, kind: type, where: str) -> Any:
    value = row.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        names = {int: "an integer", str: "a string"}
        raise InputError(f"{where}: {key}: expected {names[kind]}, got {json.dumps(value)}")
    return value


def _numbers(values: Any, n: int, where: str) -> list[float]:
    good = (
        isinstance(values, list)
        and len(values) == n
        and all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values)
    )
    if not good:
        raise InputError(f"{where}: expected {n} numbers, got {json.dumps(values)[:80]}")
    return [float(v) for v in values]


# ---- Penn-Fudan ----------------------------------------------------------------------------------------


def _read_pennfudan(base: Path) -> list[Picture]:
    folder = base / "PNGImages"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder, expected Penn-Fudan's pictures")
    pictures = []
    for path in picture_files(folder):
        mask_path = base / "PedMasks" / f"{path.stem}_mask.png"
        if not mask_path.is_file():
            raise InputError(f"{mask_path}: no such file, expected the mask of {path.name}")
        size = header_size(path)
        mask = _pennfudan_mask(mask_path, path, size)
        numbers = [int(k) for k in np.unique(mask) if k > 0]
        objects = []
        for k in numbers:
            rows = np.flatnonzero((mask == k).any(axis=1))
            columns = np.flatnonzero((mask == k).any(axis=0))
            box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
            objects.append(Annotation("person", box))

        def draw(
            mask_path: Path = mask_path,
            path: Path = path,
            size: tuple[int, int] = size,
            numbers: list[int] = numbers,
        ) -> IntArray:
            order = np.zeros(256, np.int32)
            order[numbers] = np.arange(1, len(numbers) + 1)
            return order[_pennfudan_mask(mask_path, path, size)]

        pictures.append(
            Picture(_name(base, path), path, size, tuple(objects), labelled=("person",), _instances=draw)
        )
    _check_pictures_of(sorted((base / "PedMasks").glob("*_mask.png")), "_mask", pictures, folder)
    return pictures


def _check_pictures_of(files: list[Path], suffix: str, pictures: Sequence[Picture], folder: Path) -> None:
    # Half a copy would otherwise train, and be measured, as if it were the set.
    there = {picture.path.stem for picture in pictures}
    for file in files:
        name = file.stem.removesuffix(suffix)
        if name not in there:
            raise InputError(f"{file}: its picture {name} isn't in {folder}")


def _pennfudan_mask(mask_path: Path, path: Path, size: tuple[int, int]) -> Image:
    mask = _core.read_mask(os.fspath(mask_path))
    if (mask.shape[1], mask.shape[0]) != size:
        raise InputError(
            f"{mask_path}: {mask.shape[1]}x{mask.shape[0]} pixels, expected {size[0]}x{size[1]}, "
            f"the size of {path.name}"
        )
    return mask


# ---- VisDrone-DET --------------------------------------------------------------------------------------


def whole_number_rows(path: Path, columns: int) -> Iterator[tuple[str, list[int]]]:
    """Reads VisDrone's text: whole numbers with commas between them.

    Args:
        path: The file.
        columns: Numbers a line; a comma after the last is passed over.

    Yields:
        `FILE:LINE` for errors, and the line's numbers; empty lines are left out.

    Raises:
        InputError: If a line is of another form; names it.
        OSError: If the file can't be opened.

    Source:
        Zhu et al., TPAMI 2021 (VisDrone).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.rstrip().rstrip(",").split(",")]
        if len(cells) != columns or not all(_WHOLE.fullmatch(cell) for cell in cells):
            raise InputError(f"{path}:{number}: expected {columns} whole numbers, got {line.strip()[:60]}")
        yield f"{path}:{number}", [int(cell) for cell in cells]


def visdrone_object(
    cells: Sequence[int], size: tuple[int, int], where: str, picture: Path
) -> Annotation | None:
    """Reads one object of VisDrone.

    Args:
        cells: Left, top, width, height, score, category.
        size: `(width, height)` of the picture.
        where: `FILE:LINE` for errors.
        picture: Its file.

    Returns:
        A person (categories pedestrian and people with score 1), an ignored region (category 0, or
        score 0), or None for other categories and for the empty boxes that the published files hold.

    Raises:
        InputError: If the box reaches outside the picture.

    Source:
        Zhu et al., TPAMI 2021 (VisDrone).
    """
    left, top, width, height, score, category = cells
    if category not in (0, 1, 2) or width == 0 or height == 0:
        return None
    box = (float(left), float(top), float(left + width), float(top + height))
    check_box(box, size, where, picture)
    return Annotation("person" if category and score else "ignored", box)


def _read_visdrone(base: Path) -> list[Picture]:
    folder = base / "images"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder, expected VisDrone-DET's pictures")
    pictures = []
    for path in picture_files(folder):
        text_path = base / "annotations" / f"{path.stem}.txt"
        size = header_size(path)
        objects = []
        for where, cells in whole_number_rows(text_path, 8):
            if thing := visdrone_object(cells[:6], size, where, path):
                objects.append(thing)
        pictures.append(Picture(_name(base, path), path, size, tuple(objects), labelled=("person",)))
    _check_pictures_of(sorted((base / "annotations").glob("*.txt")), "", pictures, folder)
    return pictures
