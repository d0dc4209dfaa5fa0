"""Simulated clips as a detection set: a folder of what `e2tad simulate` writes, a folder a clip."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from e2tad import InputError
from e2tad.data.annotated import Picture, open_pictures
from e2tad.sim.clip import ClipOptions, save
from e2tad.sim.world import World


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
    folders = sorted(path.parent for path in (*base.glob("coco.json"), *base.glob("*/coco.json")))
    if not folders:
        raise InputError(f"{base}: no coco.json in it or in a folder of it, expected clips of e2tad simulate")
    return [
        replace(picture, name=f"{folder.name}/{picture.name}")
        for folder in folders
        for picture in open_pictures(folder, annotations=folder / "coco.json")
    ]


def render_clips(
    root: str | os.PathLike[str],
    presets: Sequence[str],
    seeds: Sequence[int],
    stills: int,
    size: tuple[int, int],
    *,
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
        if not (folder / "coco.json").is_file():
            world = World(preset, seed, size=size)
            every = -(-world.frames // stills)
            save(world, folder, ClipOptions(images_every=every, crops_every=0, video=None), threads=threads)
        if progress:
            progress(done, len(wanted))
