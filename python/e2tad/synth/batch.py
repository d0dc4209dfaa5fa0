"""Synthesis over whole sets: in parallel, resumable, the same bytes for the same seed."""

import errno
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from e2tad import InputError, __version__, _core, synth
from e2tad.data.annotated import Annotation, Picture, coco_document

Progress = Callable[[int, int], None]
"""Called with pictures done and pictures in all."""

UNFINISHED = ".unfinished"
"""Folder in the output folder that holds the work until all of it is done."""

IMAGE_FORMATS = ("jpg", "png")

# Donors that one run keeps in memory, and their height: 200 persons of 320 pixels are some 30 MB.
_MAX_DONORS = 200
_MAX_DONOR_HEIGHT = 320
_MIN_DONOR_HEIGHT = 64


@dataclass(frozen=True)
class _Task:
    """One picture to make: the `copy`-th from its source."""

    name: str
    source: Picture
    copy: int


@dataclass(frozen=True)
class _Made:
    """What one task gave: the pixels, the manifest's record, and the labels."""

    image: synth.Image
    record: dict[str, Any]


def compose_set(
    pictures: Sequence[Picture],
    out: str | os.PathLike[str],
    *,
    seed: int = 0,
    count: int = 1,
    harmonizer: str = "statistics",
    config: Mapping[str, Any] | None = None,
    image_format: str = "jpg",
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Puts balls on every picture of a set.

    Args:
        pictures: The set, from `e2tad.data.annotated.open_pictures`.
        out: A new or an empty folder. It gets `images/`, `annotations.json` (COCO: persons, balls with circle
            and visible share, and the balls that were there) and `manifest.jsonl` (settings, then a line
            a picture with every placement). They appear when all is done; until then the work lies in
            `.unfinished` in it.
        seed: Decides everything together with the pictures' names; 0 to 2**64 - 1.
        count: Composites of each picture, at least 1.
        harmonizer: As `e2tad.synth.harmonizer` takes it.
        config: Fields that differ from `e2tad.synth.settings("compose")`.
        image_format: `jpg` (quality 95) or `png`.
        workers: Pictures made at a time; None: one a core. The bytes don't depend on it.
        resume: Go on where an interrupted run of the same settings stopped.
        progress: Told of every picture done.

    Returns:
        `out`, `pictures`, `resumed` (pictures taken over from the interrupted run), `balls`, `grey` (pictures
        without colour, whose balls are grey).

    Raises:
        InputError: If a setting or a picture isn't usable, `out` has something in it, or `resume` finds other
            settings.
        OSError: If something can't be read or written. What is finished stays in `.unfinished`.

    Source:
        Paper Sec. 4.1 (harmonization-aware image composition).
    """
    fitting = synth.harmonizer(harmonizer)
    resolved = synth.settings("compose", config)

    def make(task: _Task) -> _Made:
        image = task.source.read()
        made = synth.compose(
            image,
            persons=task.source.boxes("person"),
            instances=task.source.instances(),
            balls=task.source.boxes("ball"),
            seed=seed,
            name=f"{task.source.name}#{task.copy}",
            harmonizer=fitting,
            config=resolved,
        )
        return _Made(made.image, {"grey": _core.is_grey(image), **made.details})

    header = {
        "command": "compose",
        "seed": seed,
        "count": count,
        "harmonizer": harmonizer,
        "image_format": image_format,
        "config": resolved,
    }
    records = _run(pictures, out, header, make, workers, resume, progress, labelled=True)
    return records.summary(balls=records.entries("balls"), grey=records.having("grey"))


def debias_set(
    pictures: Sequence[Picture],
    out: str | os.PathLike[str],
    *,
    seed: int = 0,
    count: int = 1,
    config: Mapping[str, Any] | None = None,
    image_format: str = "jpg",
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Puts patches that aren't balls on every picture of a set; its labels stay as they are.

    Args:
        pictures: The set; with labelled balls, no patch touches one.
        out: As in `compose_set`; the patches stand in `manifest.jsonl`, not among the annotations.
        seed: As in `compose_set`.
        count: As in `compose_set`.
        config: Fields that differ from `e2tad.synth.settings("debias")`.
        image_format: As in `compose_set`.
        workers: As in `compose_set`.
        resume: As in `compose_set`.
        progress: As in `compose_set`.

    Returns:
        `out`, `pictures`, `resumed`, `patches`, `grey`.

    Raises:
        InputError: As `compose_set`.
        OSError: As `compose_set`.

    Source:
        Paper Sec. 3.3 (texture-shape debiased training).
    """
    resolved = synth.settings("debias", config)

    def make(task: _Task) -> _Made:
        image = task.source.read()
        made = synth.debias(
            image,
            persons=task.source.boxes("person"),
            balls=task.source.boxes("ball"),
            seed=seed,
            name=f"{task.source.name}#{task.copy}",
            config=resolved,
        )
        return _Made(made.image, {"grey": _core.is_grey(image), **made.details})

    header = {
        "command": "debias",
        "seed": seed,
        "count": count,
        "image_format": image_format,
        "config": resolved,
    }
    records = _run(pictures, out, header, make, workers, resume, progress, labelled=True)
    return records.summary(patches=records.entries("patches"), grey=records.having("grey"))


def occlude_set(
    crops: Sequence[Picture],
    out: str | os.PathLike[str],
    *,
    donors: Sequence[Picture] = (),
    seed: int = 0,
    count: int = 1,
    config: Mapping[str, Any] | None = None,
    image_format: str = "jpg",
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Puts balls and other persons in front of every crop of a set.

    Args:
        crops: Persons' crops. With `count` 1 the results keep the crops' names, so that a set whose names
            carry identity and camera can be read as before.
        out: As in `compose_set`, without `annotations.json`.
        donors: A set with masks, whose persons stand in front. Without any, only balls occlude.
        seed: As in `compose_set`.
        count: As in `compose_set`.
        config: Fields that differ from `e2tad.synth.settings("occlude")`.
        image_format: As in `compose_set`.
        workers: As in `compose_set`.
        resume: As in `compose_set`.
        progress: As in `compose_set`.

    Returns:
        `out`, `pictures`, `resumed`, `balls`, `persons`, `donors`, `mean_visible`.

    Raises:
        InputError: As `compose_set`; if `donors` has no person with a mask that is tall enough.
        OSError: As `compose_set`.

    Source:
        Paper Sec. 3.3 (occlusion-aware data augmentation).
    """
    resolved = synth.settings("occlude", config)
    foregrounds, names = cut_donors(donors, seed) if donors else ([], [])

    def make(task: _Task) -> _Made:
        made = synth.occlude(
            task.source.read(),
            foregrounds,
            seed=seed,
            name=f"{task.source.name}#{task.copy}",
            config=resolved,
        )
        details = dict(made.details)
        if "donor" in details:
            details["donor"] = names[details["donor"]]
        return _Made(made.image, {"visible": round(made.visible, 6), **details})

    header = {
        "command": "occlude",
        "seed": seed,
        "count": count,
        "donors": len(names),
        "image_format": image_format,
        "config": resolved,
    }
    records = _run(crops, out, header, make, workers, resume, progress, labelled=False)
    visible = [record["visible"] for record in records.rows]
    return records.summary(
        balls=records.having("ball"),
        persons=records.having("donor"),
        donors=len(names),
        mean_visible=round(float(np.mean(visible)), 4),
    )


# ---- donors --------------------------------------------------------------------------------------------


def cut_donors(
    pictures: Sequence[Picture], seed: int
) -> tuple[list[tuple[synth.Image, synth.Image]], list[str]]:
    """Cuts persons out of a set, to stand in front of others.

    Args:
        pictures: A set with masks.
        seed: Decides which persons, where the set has more than 200 that fit.

    Returns:
        `(image, mask)` of each person, BGR, scaled down to about 320 pixels of height at most; and their
        names, `PICTURE:NUMBER`. Persons who are small, cut by the border or mostly hidden are left out.

    Raises:
        InputError: If no person fits.
        OSError: If a file can't be opened.

    Source:
        Paper Sec. 3.3: the person foreground is extracted by its mask.
    """
    order = sorted(pictures, key=lambda picture: _core.stream_seed(seed, picture.name))
    donors: list[tuple[synth.Image, synth.Image]] = []
    names: list[str] = []
    for picture in order:
        boxes = picture.boxes("person")
        tall = [k for k in range(len(boxes)) if boxes[k][3] - boxes[k][1] >= _MIN_DONOR_HEIGHT]
        instances = picture.instances() if tall else None
        if instances is None:
            continue
        image = picture.read()
        for k in tall:
            left, top, right, bottom = boxes[k]
            if min(left, top) <= 0 or right >= picture.size[0] or bottom >= picture.size[1]:
                continue  # cut by the border: the cut would show
            pixels, mask = synth.cut_out(image, instances, boxes[k], k + 1)
            if mask.mean() < 0.2 * 255:
                continue  # mostly hidden itself
            step = max(1, -(-mask.shape[0] // _MAX_DONOR_HEIGHT))
            donors.append((pixels[::step, ::step].copy(), mask[::step, ::step].copy()))
            names.append(f"{picture.name}:{k + 1}")
            if len(donors) == _MAX_DONORS:
                return donors, names
    if not donors:
        raise InputError(
            f"donors: no person of at least {_MIN_DONOR_HEIGHT} pixels with a mask, away from the border"
        )
    return donors, names


# ---- the run -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Records:
    out: Path
    rows: list[dict[str, Any]]
    resumed: int

    def entries(self, key: str) -> int:
        """How many things the pictures' lists hold together."""
        return sum(len(row[key]) for row in self.rows)

    def having(self, key: str) -> int:
        """How many pictures have it."""
        return sum(bool(row.get(key)) for row in self.rows)

    def summary(self, **more: Any) -> dict[str, Any]:
        return {"out": str(self.out), "pictures": len(self.rows), "resumed": self.resumed, **more}


def _run(
    pictures: Sequence[Picture],
    out: str | os.PathLike[str],
    settings: dict[str, Any],
    make: Callable[[_Task], _Made],
    workers: int | None,
    resume: bool,
    progress: Progress | None,
    labelled: bool,
) -> _Records:
    if settings["image_format"] not in IMAGE_FORMATS:
        raise InputError(f"image format: expected jpg or png, got {settings['image_format']}")
    if settings["count"] < 1:
        raise InputError(f"count: expected at least 1, got {settings['count']}")
    if not 0 <= settings["seed"] < 2**64:
        raise InputError(f"seed: expected 0 to {2**64 - 1}, got {settings['seed']}")
    tasks = _tasks(pictures, settings["count"], settings["image_format"])
    folder = Path(out)
    for picture in pictures:
        if folder.resolve() in picture.path.resolve().parents:
            raise InputError(f"{folder}: the pictures lie in it, expected another folder for the results")
    header = {"e2tad": __version__, "pictures": _digest(pictures), **settings}
    journal = _Journal(folder, header, resume)
    wanted = {task.name: task for task in tasks}
    done = {name: record for name, record in journal.records.items() if name in wanted}
    resumed = len(done)
    try:
        todo = [task for task in tasks if task.name not in done]
        if progress:
            progress(len(done), len(tasks))
        for task, record in _work(todo, journal, make, workers):
            done[task.name] = record
            if progress:
                progress(len(done), len(tasks))
        rows = [done[task.name] for task in tasks]
        journal.publish(rows, _labels(tasks, rows) if labelled else None)
    except BaseException as error:
        kept = journal.close()
        _explain(error, folder, kept, len(tasks))
        raise
    return _Records(folder, rows, resumed)


def _tasks(pictures: Sequence[Picture], count: int, image_format: str) -> list[_Task]:
    stems = Counter(picture.name.rsplit(".", 1)[0] for picture in pictures)
    tasks = []
    for picture in pictures:
        stem = picture.name.rsplit(".", 1)[0]
        unique = stem if stems[stem] == 1 else picture.name  # a.jpg and a.png would meet in one name
        for copy in range(count):
            suffix = f"_{copy}" if count > 1 else ""
            tasks.append(_Task(f"{unique}{suffix}.{image_format}", picture, copy))
    return tasks


def _work(
    tasks: Sequence[_Task], journal: "_Journal", make: Callable[[_Task], _Made], workers: int | None
) -> Iterator[tuple[_Task, dict[str, Any]]]:
    """Makes pictures in parallel, a few ahead of what is written down, so that memory stays bounded.

    Threads do: reading, synthesis and compression run in C++ without the interpreter's lock.
    """
    n = workers if workers is not None else _cores()
    if n < 1:
        raise InputError(f"workers: expected at least 1, got {n}")

    def one(task: _Task) -> dict[str, Any]:
        made = make(task)
        data = _core.encode_image(made.image, task.name.rsplit(".", 1)[1])
        journal.write_image(task.name, data)
        height, width = made.image.shape[:2]
        return {
            "file_name": task.name,
            "source": task.source.name,
            "copy": task.copy,
            "width": width,
            "height": height,
            "bytes": len(data),
            **made.record,
        }

    queue = iter(tasks)
    running: dict[Future[dict[str, Any]], _Task] = {}
    with ThreadPoolExecutor(n, thread_name_prefix="synth") as pool:
        try:
            while True:
                while len(running) < 2 * n and (task := next(queue, None)) is not None:
                    running[pool.submit(one, task)] = task
                if not running:
                    return
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                # What is finished is written down before a failure beside it ends the run.
                for future in sorted(finished, key=lambda future: future.exception() is not None):
                    task = running.pop(future)
                    record = future.result()
                    journal.add(record)
                    yield task, record
        except BaseException:
            for future in running:
                future.cancel()
            raise


def _digest(pictures: Sequence[Picture]) -> str:
    """Tells pictures of other folders, or changed ones, from those that a run began with."""
    digest = hashlib.sha256()
    for picture in pictures:
        state = picture.path.stat()
        digest.update(
            f"{picture.name} {state.st_size} {state.st_mtime_ns}\n".encode(errors="surrogateescape")
        )
    return digest.hexdigest()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _labels(tasks: Sequence[_Task], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    pictures = []
    for task, row in zip(tasks, rows, strict=True):
        objects = list(task.source.objects)
        for ball in row.get("balls", ()):
            cx, cy, r = ball["circle"]
            objects.append(Annotation("ball", (cx - r, cy - r, cx + r, cy + r), (cx, cy, r), ball["visible"]))
        pictures.append((row["file_name"], (row["width"], row["height"]), objects))
    return coco_document(pictures)


def _explain(error: BaseException, folder: Path, kept: int, total: int) -> None:
    """Adds to the error's line what is left and how to go on."""
    if kept == 0:
        return
    note = f"{kept} of {total} pictures are finished, --resume goes on from there"
    if isinstance(error, InputError):
        error.args = (f"{error}; {note}",)
    elif isinstance(error, OSError) and error.errno is not None:
        error.strerror = f"{error.strerror}; {note}"


class _Journal:
    """The output folder of one run: its pictures and records, hidden until all are there."""

    def __init__(self, folder: Path, header: dict[str, Any], resume: bool) -> None:
        self._folder = folder
        self._staging = folder / UNFINISHED
        self._images = self._staging / "images"
        self._path = self._staging / "journal.jsonl"
        self._header = header
        self.records: dict[str, dict[str, Any]] = {}
        self._made_folder = False
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: a file, expected a folder for the results")
        there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        if UNFINISHED in there and not resume:
            raise InputError(
                f"{folder}: an interrupted run is there; --resume goes on with it, or remove {self._staging}"
            )
        if UNFINISHED not in there and there:
            raise InputError(f"{folder}: has something in it ({there[0]}), expected a new or an empty folder")
        if UNFINISHED in there:
            self._load()
        else:
            self._made_folder = not folder.exists()
            self._create()

    def _create(self) -> None:
        try:
            self._images.mkdir(parents=True)
            self._append(self._header)
        except OSError as error:
            self._discard()
            raise OSError(error.errno, error.strerror, str(self._folder)) from error

    def _load(self) -> None:
        # Stopped while publishing: what had been moved goes back.
        for name in ("images", "annotations.json"):
            if (self._folder / name).exists() and not (self._staging / name).exists():
                os.replace(self._folder / name, self._staging / name)
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            text = b""
        whole = text[: text.rfind(b"\n") + 1]  # a line that was cut off is no record
        lines = [json.loads(line) for line in whole.splitlines()]
        if not lines:
            shutil.rmtree(self._staging)
            self._create()
            return
        if lines[0] != self._header:
            different = [key for key in self._header if lines[0].get(key) != self._header[key]]
            raise InputError(
                f"{self._folder}: the interrupted run has other settings ({', '.join(different)}); "
                "give the same ones, or remove its folder"
            )
        for record in lines[1:]:
            path = self._images / record["file_name"]
            if path.is_file() and path.stat().st_size == record["bytes"]:
                self.records[record["file_name"]] = record
        if len(whole) < len(text):
            os.truncate(self._path, len(whole))

    def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"
        _write(self._path, line.encode(), append=True)

    def add(self, record: dict[str, Any]) -> None:
        """Writes a record down; its picture is on the disk."""
        try:
            self._append(record)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._folder)) from error
        self.records[record["file_name"]] = record

    def write_image(self, name: str, data: bytes) -> None:
        """Writes a picture; a failure leaves nothing of it."""
        path = self._images / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(self._folder)) from error

    def publish(self, rows: Sequence[dict[str, Any]], labels: dict[str, Any] | None) -> None:
        """Moves everything to its place; the manifest comes last."""
        names = {row["file_name"] for row in rows}
        try:
            for path in self._images.rglob("*"):
                if path.is_file() and path.relative_to(self._images).as_posix() not in names:
                    path.unlink()  # made for a picture that is no longer in the set
            lines = [json.dumps(row, allow_nan=False) + "\n" for row in (self._header, *rows)]
            _write(self._staging / "manifest.jsonl", "".join(lines).encode())
            if labels is not None:
                _write(self._staging / "annotations.json", json.dumps(labels, allow_nan=False).encode())
                os.replace(self._staging / "annotations.json", self._folder / "annotations.json")
            os.replace(self._images, self._folder / "images")
            os.replace(self._staging / "manifest.jsonl", self._folder / "manifest.jsonl")
            shutil.rmtree(self._staging)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._folder)) from error

    def close(self) -> int:
        """Ends a run that failed; without a finished picture nothing stays. How many are finished."""
        if not self.records:
            self._discard()
        return len(self.records)

    def _discard(self) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        if self._made_folder:
            try:
                self._folder.rmdir()
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.ENOENT):
                    raise


def _write(path: Path, data: bytes, append: bool = False) -> None:
    with open(path, "ab" if append else "wb") as file:
        file.write(data)
