"""Simulated clips as sets of pictures and of crops: what `e2tad simulate` writes, a folder a clip."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from e2tad import InputError
from e2tad.data.annotated import Kind, Picture, open_pictures
from e2tad.sim.clip import ClipOptions, crop_identity, save
from e2tad.sim.world import World


@dataclass(frozen=True)
class CropFolder:
    """The ReID crops of one kind in one clip.

    Attributes:
        folder: Where they lie, named as in Market-1501.
        colour: The number in a ball's name to the ball's colour; empty for persons.
    """

    folder: Path
    colour: dict[int, str]


def has_crops(root: str | os.PathLike[str]) -> bool:
    """Whether any clip in a folder has ReID crops.

    Args:
        root: A clip's folder, or one that holds clips' folders.

    Returns:
        True if one has a folder `reid`.

    Source:
        Written by `e2tad.sim.save`.
    """
    return any((clip / "reid").is_dir() for clip in _clips(root, "clip.json"))


def has_pictures(root: str | os.PathLike[str]) -> bool:
    """Whether any clip in a folder has annotated pictures.

    Args:
        root: A clip's folder, or one that holds clips' folders.

    Returns:
        True if one has a `coco.json`.

    Source:
        Written by `e2tad.sim.save`.
    """
    return bool(_clips(root, "coco.json"))


def _clips(root: str | os.PathLike[str], name: str) -> list[Path]:
    base = Path(root)
    return sorted(path.parent for path in (*base.glob(name), *base.glob(f"*/{name}")))


def crop_folders(root: str | os.PathLike[str], kind: Kind) -> list[CropFolder]:
    """Finds the ReID crops of all clips in a folder.

    Args:
        root: A clip's folder, or one that holds clips' folders.
        kind: `person` or `ball`.

    Returns:
        One a clip that has such crops, in the order of the clips' names.

    Raises:
        InputError: If there are none, or a `clip.json` isn't usable.
        OSError: If something can't be opened.

    Source:
        Written by `e2tad.sim.save`.
    """
    base = Path(root)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder")
    found = []
    for clip in _clips(base, "clip.json"):
        folder = clip / "reid" / kind
        if not folder.is_dir() or not any(folder.iterdir()):
            continue
        found.append(CropFolder(folder, _colours(clip / "clip.json") if kind == "ball" else {}))
    if not found:
        raise InputError(
            f"{base}: no clip.json beside crops in reid/{kind}, expected clips of e2tad simulate"
        )
    return found


def _colours(manifest: Path) -> dict[int, str]:
    try:
        document = json.loads(manifest.read_bytes())
        preset, seed, balls = document["preset"], document["seed"], document["balls"]
        return {crop_identity(preset, seed, int(ball)): str(colour) for ball, colour in balls.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{manifest}: expected preset, seed and balls of a clip ({error})") from error


def open_clips(root: str | os.PathLike[str]) -> list[Picture]:
    """Lists the pictures of all clips in a folder.

    Args:
        root: A clip's folder, or one that holds clips' folders.

    Returns:
        The pictures by clip and frame. Balls have their whole circle and its visible share.

    Raises:
        InputError: If no clip with pictures is there, or one of its files isn't usable.
        OSError: If something can't be opened.

    Source:
        C++: `cpp/e2tad/sim/truth.cpp`; written by `e2tad.sim.save`.
    """
    base = Path(root)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder")
    folders = _clips(base, "coco.json")
    if not folders:
        raise InputError(f"{base}: no coco.json in it or in a folder of it, expected clips of e2tad simulate")
    return [
        replace(picture, name=f"{folder.name}/{picture.name}")
        for folder in folders
        for picture in open_pictures(folder, annotations=folder / "coco.json")
    ]


def _check_same(folder: Path, stills: int, size: tuple[int, int], crops: bool) -> None:
    """Refuses a clip that is there already, but of another size or with other pictures."""
    try:
        document = json.loads((folder / "clip.json").read_bytes())
        made = document["options"]
        found = (tuple(document["size"]), made["images_every"], made["crops_every"])
        options = _stills_of(document["frames"], stills, crops)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / 'clip.json'}: expected what e2tad simulate writes of a clip") from error
    if found != (tuple(size), options.images_every, options.crops_every):
        (width, height), images, every = found
        raise InputError(
            f"{folder}: holds {width}x{height}, a picture every {images} and crops every {every} frames "
            f"(0: none); expected {size[0]}x{size[1]}, {options.images_every} and {options.crops_every}: "
            "another root, or remove it"
        )


def _stills_of(frames: int, stills: int, crops: bool) -> ClipOptions:
    every = -(-frames // stills)
    return ClipOptions(images_every=0 if crops else every, crops_every=every if crops else 0, video=None)


def render_clips(
    root: str | os.PathLike[str],
    presets: Sequence[str],
    seeds: Sequence[int],
    stills: int,
    size: tuple[int, int],
    *,
    crops: bool = False,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Renders the clips that a folder lacks, without videos.

    Args:
        root: The folder; it gets a folder a clip, each whole or not at all.
        presets: Of `e2tad.sim.PRESETS`.
        seeds: One clip a preset and seed.
        stills: Pictures a clip, spread over its length.
        size: Their width and height, pixels.
        crops: ReID crops of these pictures in all views, in place of the pictures.
        threads: Threads that render; None: as many as there are cores.
        progress: Called with clips done and clips in all.

    Raises:
        InputError: If there is no such preset, or a size is out of range.
        OSError: If a file can't be written.

    Source:
        DESIGN, Command line: `e2tad simulate`.
    """
    wanted = [(preset, seed) for seed in seeds for preset in presets]
    for done, (preset, seed) in enumerate(wanted, start=1):
        folder = Path(root) / f"{preset}_s{seed}"
        if (folder / "clip.json").exists():
            _check_same(folder, stills, size, crops)
        else:
            world = World(preset, seed, size=size)
            save(world, folder, _stills_of(world.frames, stills, crops), threads=threads)
        if progress:
            progress(done, len(wanted))
