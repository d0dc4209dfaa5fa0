"""Simulated clips: pictures and crops to train and test on, and videos."""

from typing import Any

from e2tad.data.simulated import render_clips
from e2tad.experiments.stages.work import Work
from e2tad.sim.clip import ClipOptions, save
from e2tad.sim.world import World


def render_stills(work: Work) -> dict[str, Any]:
    """Pictures or ReID crops of clips, in `clips/`.

    Args:
        work: `presets`, `seeds` (first, after the last), `stills` a clip, `size` and `crops`.

    Returns:
        Nothing.

    Source:
        `e2tad.data.simulated.render_clips`.
    """
    wanted = work.settings
    first, last = wanted["seeds"]
    width, height = wanted["size"]
    render_clips(
        work.folder / "clips",
        wanted["presets"],
        range(first, last),
        wanted["stills"],
        (width, height),
        crops=wanted["crops"],
    )
    return {}


def render_film(work: Work) -> dict[str, Any]:
    """A clip with its video, labels and tracks, in `clip/`.

    Args:
        work: `preset`, `seed`, `frames` (None: the preset's own) and `size`.

    Returns:
        Nothing.

    Source:
        `e2tad.sim.clip.save`.
    """
    wanted = work.settings
    folder = work.folder / "clip"
    # A clip's folder appears whole or not at all.
    if not folder.exists():
        width, height = wanted["size"]
        world = World(wanted["preset"], wanted["seed"], frames=wanted["frames"], size=(width, height))
        save(world, folder, ClipOptions(images_every=0, crops_every=0))
    return {}
