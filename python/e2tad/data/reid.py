"""Re-identification sets: simulated clips, and Market-1501, DukeMTMC-reID, CUHK03 as they are published."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import InputError
from e2tad.data.annotated import PERSON_AND_BALL, Kind
from e2tad.data.simulated import crop_folders

JUNK = -1
"""Identity of a crop that shows a fragment of a person; it takes no part in an evaluation."""

DISTRACTOR = 0
"""Identity of a crop that shows none of the queried persons; it is in the gallery, and never a query."""


@dataclass(frozen=True)
class ReidCrops:
    """Crops with who they show and which camera saw them; the columns have one length.

    Attributes:
        path: The picture files.
        identity: `(N,)` int32; -1 junk, 0 distractor, positive for a person.
        camera: `(N,)` int32, from 1.
    """

    path: list[Path] = field(default_factory=list)
    identity: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    camera: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    def __len__(self) -> int:
        """How many crops there are."""
        return len(self.path)

    def take(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "ReidCrops":
        """The crops at a mask or at indices.

        Args:
            which: `(N,)` bool, or indices.

        Returns:
            Those crops, in that order.

        Source:
            NumPy's indexing.
        """
        indices = np.flatnonzero(which) if which.dtype == np.bool_ else which
        return ReidCrops([self.path[i] for i in indices], self.identity[indices], self.camera[indices])

    def persons(self) -> "ReidCrops":
        """The crops of persons: without junk and distractors."""
        return self.take(self.identity > DISTRACTOR)

    def identities(self, first: int, last: int | None) -> "ReidCrops":
        """The crops of some of the persons, counted in the order of their numbers.

        Args:
            first: Index of the first identity; as in a slice, negative counts from the end.
            last: Index after the last identity, as in a slice.

        Returns:
            Those persons' crops; junk and distractors are left out.

        Source:
            DESIGN's split of Market-1501: identities by number.

        Example:
            >>> crops = ReidCrops([Path("a"), Path("b"), Path("c")], np.int32([7, 2, 7]), np.int32([1, 1, 2]))
            >>> [p.name for p in crops.identities(1, 2).path]
            ['a', 'c']
        """
        known = np.unique(self.identity[self.identity > DISTRACTOR])
        return self.take(np.isin(self.identity, known[first:last]))


@dataclass(frozen=True)
class _Layout:
    """How a set names its files. The groups of `name` are `id`, `camera` and, for CUHK03, `pair`."""

    title: str
    name: re.Pattern[str]
    example: str
    folders: dict[str, tuple[str, ...]]
    """Candidates for each part's folder; the first that exists is read."""


# Market-1501's names have one digit for the camera.
_MOST_VIEWS = 10

_PARTS = {"train": "bounding_box_train", "test": "bounding_box_test", "query": "query"}

_LAYOUTS = {
    "market1501": _Layout(
        "Market-1501",
        re.compile(r"(?P<id>-1|\d{4})_c(?P<camera>\d)s\d_\d{6}_\d{2}\.jpg(\.jpg)?"),
        "0007_c1s6_028546_01.jpg",
        {part: (folder,) for part, folder in _PARTS.items()},
    ),
    "dukemtmc": _Layout(
        "DukeMTMC-reID",
        re.compile(r"(?P<id>\d{4})_c(?P<camera>\d)_f\d{7}\.jpg"),
        "0002_c1_f0044158.jpg",
        {part: (folder,) for part, folder in _PARTS.items()},
    ),
    "cuhk03": _Layout(
        "CUHK03",
        re.compile(
            r"(?P<id>\d{4})_c(?P<camera>\d)_\d+\.png|(?P<pair>\d)_(?P<pid>\d{3})_(?P<view>\d)_\d{2}\.png"
        ),
        "0001_c1_22.png or 1_001_1_01.png",
        {
            **{
                part: tuple(f"{prefix}{folder}" for prefix in ("", "detected/", "labeled/"))
                for part, folder in _PARTS.items()
            },
            "all": ("images_detected", "images_labeled"),
        },
    ),
}

NAMES = (*_LAYOUTS, "simulated")
"""The sets that `load` and `check` know."""


def load(name: str, root: str | Path, part: str = "train", kind: Kind = "person") -> ReidCrops:
    """Lists a set's crops, in the order of their names.

    Simulated clips have no parts. Their persons are others in each clip, numbered from 1, and the view is the
    camera. Balls look alike but for their colour, so the balls of one colour are one identity in all clips,
    and each view of each clip is a camera of its own.

    Args:
        name: One of `NAMES`.
        root: The set's folder.
        part: `train`, `test` (the gallery), `query`, or `all`: every person of every part that is there, as
            MixReID takes CUHK03 and DukeMTMC.
        kind: `ball` for the balls of simulated clips; the other sets have persons only.

    Returns:
        The crops; `train` and `all` hold persons only, `test` junk and distractors too.

    Raises:
        InputError: If the set's name or part is unknown, the folder or a picture is missing, or a picture's
            name isn't of the set's form; names the file.

    Source:
        The sets' own descriptions: Zheng et al., ICCV 2015; Zheng et al., ICCV 2017; Li et al., CVPR 2014 and
        Zhong et al., arXiv:1701.08398 (CUHK03 in Market-1501's folders).
    """
    if name == "simulated":
        return _simulated(root, kind)
    if kind != "person":
        raise InputError(f"{name}: has crops of persons only; those of balls are in simulated")
    layout = _layout(name)
    base = Path(root)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder, expected {layout.title}'s root")
    if part == "all":
        found = [path for candidate in ("all", *_PARTS) if (path := _folder(layout, base, candidate))]
        if not found:
            raise InputError(
                f"{base}: none of {layout.title}'s folders is there, expected {_expected(layout)}"
            )
        return join(_read(layout, path).persons() for path in found)
    if part not in _PARTS:
        raise InputError(f"part: expected train, test, query or all, got {part}")
    folder = _folder(layout, base, part)
    if folder is None:
        raise InputError(
            f"{base}: no folder {' or '.join(layout.folders[part])}, {layout.title}'s {part} part"
        )
    crops = _read(layout, folder)
    return crops.persons() if part == "train" else crops


def load_folder(name: str, folder: str | Path) -> ReidCrops:
    """Lists the crops of one folder of pictures named as in a set.

    Args:
        name: One of `NAMES`.
        folder: Where the pictures lie.

    Returns:
        All crops in it, in the order of their names.

    Raises:
        InputError: As `load`.

    Source:
        As `load`.
    """
    return _read(_layout(name), Path(folder))


def has_part(name: str, root: str | Path, part: str) -> bool:
    """Whether a part's folder is there.

    Args:
        name: One of `NAMES`.
        root: The set's folder.
        part: `train`, `test` or `query`.

    Returns:
        True if `load` finds a folder for it.

    Raises:
        InputError: If the set's name is unknown.

    Source:
        As `load`.
    """
    return name != "simulated" and _folder(_layout(name), Path(root), part) is not None


def join(sets: Iterable[ReidCrops]) -> ReidCrops:
    """Puts crops of one set one after the other; identities and cameras keep their numbers.

    Args:
        sets: Crops whose identities mean the same.

    Returns:
        All of them.

    Source:
        DESIGN: `test` and `query` are parts of one set.
    """
    parts = list(sets)
    return ReidCrops(
        [path for part in parts for path in part.path],
        np.concatenate([np.empty(0, np.int32), *(part.identity for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.camera for part in parts)]),
    )


def mix(sets: Sequence[ReidCrops]) -> ReidCrops:
    """Mixes different sets, as MixReID does: persons and cameras of different sets are different.

    Args:
        sets: One a data set. Junk and distractors are left out.

    Returns:
        All persons' crops; identities and cameras are numbered from 1, set after set.

    Source:
        Paper Sec. 4.2 (MixReID).

    Example:
        >>> one = ReidCrops([Path("a")], np.int32([7]), np.int32([3]))
        >>> mix([one, one]).identity.tolist(), mix([one, one]).camera.tolist()
        ([1, 2], [1, 2])
    """
    parts: list[ReidCrops] = []
    identities = cameras = 0
    for crops in sets:
        persons = crops.persons()
        known, identity = np.unique(persons.identity, return_inverse=True)
        seen, camera = np.unique(persons.camera, return_inverse=True)
        parts.append(
            ReidCrops(
                persons.path,
                (identity + 1 + identities).astype(np.int32),
                (camera + 1 + cameras).astype(np.int32),
            )
        )
        identities += len(known)
        cameras += len(seen)
    return join(parts)


def query_split(crops: ReidCrops) -> tuple[ReidCrops, ReidCrops]:
    """Splits crops into one query an identity and camera, and the rest as gallery.

    Args:
        crops: Crops of a held-out part; junk is dropped, distractors go to the gallery.

    Returns:
        `(queries, gallery)`: the queries are the first names of each identity and camera.

    Source:
        DESIGN, Command line: `--protocol one-query`.
    """
    order = sorted(range(len(crops)), key=lambda i: crops.path[i].name)
    seen: set[tuple[int, int]] = set()
    queries = np.zeros(len(crops), np.bool_)
    for i in order:
        key = (int(crops.identity[i]), int(crops.camera[i]))
        if key[0] > DISTRACTOR and key not in seen:
            seen.add(key)
            queries[i] = True
    return crops.take(queries), crops.take(~queries & (crops.identity != JUNK))


def check(name: str, root: str | Path, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Reads every picture of a set once, and counts.

    Args:
        name: One of `NAMES`.
        root: The set's folder.
        progress: Called with pictures done and pictures in all.

    Returns:
        `set`, `root`, `parts` (a part to its `images`, `identities`, `cameras`, `junk`, `distractors` and
        `sizes`, smallest and largest `WxH`; of simulated clips the parts are `person` and `ball`), and
        `problems`: one line a picture that can't be read, or an
        evaluation that can't be held.

    Raises:
        InputError: If none of the set's folders is there, or a picture's name isn't of the set's form.

    Source:
        DESIGN, Command line: `e2tad data check`.
    """
    base = Path(root)
    if name == "simulated":
        return _counts(name, base, {kind: _simulated(base, kind) for kind in PERSON_AND_BALL}, progress)
    layout = _layout(name)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder, expected {layout.title}'s root")
    parts = {part: _read(layout, path) for part in layout.folders if (path := _folder(layout, base, part))}
    if not parts:
        raise InputError(f"{base}: none of {layout.title}'s folders is there, expected {_expected(layout)}")
    return _counts(name, base, parts, progress)


def _counts(
    name: str, base: Path, parts: dict[str, ReidCrops], progress: Callable[[int, int], None] | None
) -> dict[str, Any]:
    from e2tad.data.pictures import picture_size

    problems: list[str] = []
    counts: dict[str, Any] = {}
    total = sum(len(crops) for crops in parts.values())
    done = 0
    for part, crops in parts.items():
        sizes: list[tuple[int, int]] = []
        for path in crops.path:
            try:
                sizes.append(picture_size(path))
            except InputError as error:
                problems.append(str(error))
            done += 1
            if progress:
                progress(done, total)
        persons = crops.persons()
        counts[part] = {
            "images": len(crops),
            "identities": len(np.unique(persons.identity)),
            "cameras": len(np.unique(crops.camera)),
            "junk": int(np.sum(crops.identity == JUNK)),
            "distractors": int(np.sum(crops.identity == DISTRACTOR)),
            "sizes": [f"{w}x{h}" for w, h in (min(sizes), max(sizes))] if sizes else [],
        }
    problems += _split_problems(parts)
    return {"set": name, "root": str(base), "parts": counts, "problems": problems}


def _simulated(root: str | Path, kind: Kind) -> ReidCrops:
    parts: list[ReidCrops] = []
    names: list[tuple[int | str, ...]] = []
    layout = _LAYOUTS["market1501"]
    for clip, found in enumerate(crop_folders(root, kind)):
        crops = _read(layout, found.folder)
        if kind == "person":
            names += [(clip, int(number)) for number in crops.identity]
            parts.append(crops)
            continue
        for path, number in zip(crops.path, crops.identity.tolist(), strict=True):
            if number not in found.colour:
                raise InputError(f"{path}: its clip.json has no ball of that number")
            names.append((found.colour[number],))
        parts.append(replace(crops, camera=crops.camera + np.int32(_MOST_VIEWS * clip)))
    numbers = {identity: i for i, identity in enumerate(sorted(set(names)), start=1)}
    return replace(join(parts), identity=np.array([numbers[identity] for identity in names], np.int32))


def _split_problems(parts: dict[str, ReidCrops]) -> list[str]:
    problems: list[str] = []
    persons = {part: set(crops.persons().identity.tolist()) for part, crops in parts.items()}
    if "train" in parts:
        for part in ("test", "query"):
            if both := persons["train"] & persons.get(part, set()):
                problems.append(f"{len(both)} identities are in train and in {part}: {_some(both)}")
    if "query" in parts and "test" in parts and (missing := persons["query"] - persons["test"]):
        problems.append(f"{len(missing)} queried identities are not in test: {_some(missing)}")
    return problems


def _some(identities: set[int]) -> str:
    shown = ", ".join(str(i) for i in sorted(identities)[:5])
    return shown if len(identities) <= 5 else f"{shown}, ..."


def _layout(name: str) -> _Layout:
    if name not in _LAYOUTS:
        raise InputError(f"data: expected one of {', '.join(NAMES)}, got {name}")
    return _LAYOUTS[name]


def _expected(layout: _Layout) -> str:
    return ", ".join(dict.fromkeys(folder for folders in layout.folders.values() for folder in folders))


def _folder(layout: _Layout, base: Path, part: str) -> Path | None:
    for candidate in layout.folders.get(part, ()):
        if (base / candidate).is_dir():
            return base / candidate
    return None


def _read(layout: _Layout, folder: Path) -> ReidCrops:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    paths: list[Path] = []
    identities: list[int] = []
    cameras: list[int] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            continue
        match = layout.name.fullmatch(path.name)
        if match is None:
            raise InputError(f"{path}: not a name of {layout.title}, expected the form {layout.example}")
        groups = match.groupdict()
        if groups.get("pair"):
            # CUHK03's five pairs of cameras number their persons and views from 1 each.
            identities.append(int(groups["pair"]) * 10_000 + int(groups["pid"]))
            cameras.append(2 * (int(groups["pair"]) - 1) + int(groups["view"]))
        else:
            identities.append(int(groups["id"]))
            cameras.append(int(groups["camera"]))
        paths.append(path)
    if not paths:
        raise InputError(f"{folder}: no pictures, expected names like {layout.example}")
    return ReidCrops(paths, np.array(identities, np.int32), np.array(cameras, np.int32))
