"""`e2tad simulate`: a clip in the contest's forms, or how near such clips are to real tracks."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from e2tad import InputError
from e2tad.commands.common import JsonOption, bar, print_json, results
from e2tad.data import Lpcvc21Video
from e2tad.files import new_folder
from e2tad.sim import (
    DISTRIBUTIONS,
    PRESETS,
    ClipOptions,
    World,
    compare,
    distributions,
    plot,
    save,
)
from e2tad.tracks import Tracks, make_tracks
from e2tad.video_writer import H264Options


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """
    app.command(epilog="Example: e2tad simulate clips/a --preset 7p3b --seed 1 --size 960x540")(simulate)


def simulate(
    out: Annotated[Path, typer.Argument(help="A new or an empty folder.")],
    tracks: Annotated[
        list[Path] | None, typer.Argument(help="With --compare: folders of real videos, with gt_tracks.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help=f"One of {' '.join(PRESETS)}.")] = None,
    seed: Annotated[int, typer.Option(help="0 or more.")] = 0,
    frames: Annotated[int | None, typer.Option(help="Length; the contest clip's if not given.")] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT, even numbers from 64 to 8192.")] = "1920x1080",
    compare_: Annotated[
        bool, typer.Option("--compare", help="Compare with the TRACKS that follow; write the report only.")
    ] = False,
    seeds: Annotated[int, typer.Option(help="With --compare: simulate so many seeds.")] = 5,
    images_every: Annotated[
        int, typer.Option(help="COCO pictures: frames that this divides; 0: none.")
    ] = ClipOptions.images_every,
    crops_every: Annotated[
        int, typer.Option(help="ReID crops: frames that this divides, in all views; 0: none.")
    ] = ClipOptions.crops_every,
    crf: Annotated[int, typer.Option(help="x264's quality, 0 to 51.")] = H264Options.crf,
    b_frames: Annotated[int, typer.Option(help="x264's B-frames, 0 to 16.")] = H264Options.b_frames,
    speed: Annotated[str, typer.Option(help="x264's preset, ultrafast to veryslow.")] = H264Options.preset,
    no_video: Annotated[
        bool, typer.Option("--no-video", help="No video: only the frames of pictures and crops are rendered.")
    ] = False,
    threads: Annotated[int | None, typer.Option(help="Rendering threads; all cores if not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulates a clip: video, init.csv, labels, tracks, COCO boxes, ReID crops.

    With --compare, sets the statistics of simulated tracks beside those of real ones.
    """
    if threads is not None and threads < 1:
        raise InputError(f"--threads: expected 1 or more, got {threads}")
    if compare_:
        if not tracks:
            raise InputError("--compare: expected folders of real videos after it")
        if seeds < 1:
            raise InputError(f"--seeds: expected 1 or more, got {seeds}")
        report = _compare(out, tracks, preset, range(seed, seed + seeds))
        if as_json:
            print_json(report)
        else:
            _show(report, out)
        return
    if tracks:
        raise InputError(f"{tracks[0]}: expected one folder, or --compare before folders of real videos")
    if preset is None:
        raise InputError(f"--preset: expected one of {' '.join(PRESETS)}")
    world = World(preset, seed, frames=frames, size=_size(size))
    video = None if no_video else H264Options(crf=crf, b_frames=b_frames, preset=speed)
    options = ClipOptions(images_every, crops_every, video=video)
    with bar("frames") as tell:
        manifest = save(world, out, options, threads=threads, progress=tell)
    if as_json:
        print_json(manifest)
    else:
        catches = manifest["catches"]["exact"]
        results.print(f"{out}: {manifest['frames']} frames, {catches} label rows after the first")


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if not match:
        raise InputError(f"--size: expected WIDTHxHEIGHT such as 960x540, got {text}")
    return int(match[1]), int(match[2])


def _compare(out: Path, folders: list[Path], preset: str | None, seeds: range) -> dict[str, Any]:
    real, simulated = [], []
    with new_folder(out) as part, bar("clips") as tell:
        for folder in folders:
            video = Lpcvc21Video(folder.parent if folder.name == "gt_tracks" else folder)
            kind = preset or video.name.split("_")[0]
            if kind not in PRESETS:
                raise InputError(f"{folder}: expected a preset's name before the first _, or --preset")
            height = video.frame_size[1]
            tracks = video.tracks()
            real.append(distributions(tracks, video.labels("noisy"), height))
            for seed in seeds:
                world = World(kind, seed, size=video.frame_size)
                all_frames = world.tracks()
                labels = world.labels("noisy", all_frames)
                simulated.append(distributions(_only(all_frames, tracks), labels, height))
                tell(len(simulated), len(folders) * len(seeds))
        comparisons = compare(real, simulated)
        title = f"Real and simulated tracks, {len(folders)} videos, {len(seeds)} seeds"
        plot(comparisons, part / "compare.html", title)
        report = {
            "real": [folder.name for folder in folders],
            "seeds": list(seeds),
            "distributions": {
                c.name: {
                    "meaning": DISTRIBUTIONS[c.name],
                    "ks": None if np.isnan(c.distance) else c.distance,
                    "real": _summary(c.real),
                    "simulated": _summary(c.simulated),
                }
                for c in comparisons
            },
        }
        (part / "compare.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def _only(tracks: Tracks, like: Tracks) -> Tracks:
    """The frames that the other tracks observe."""
    keep = np.isin(tracks.frame, like.observed)
    observed = np.intersect1d(tracks.observed, like.observed)
    return make_tracks(
        tracks.frame[keep], tracks.object_class[keep], tracks.id[keep], tracks.box[keep], observed
    )


def _summary(values: Any) -> dict[str, Any]:
    quantiles = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() if len(values) else []
    return {"count": len(values), "quantiles": [float(f"{value:.5g}") for value in quantiles]}


def _show(report: dict[str, Any], out: Path) -> None:
    table = Table("distribution", "KS", "real 5-25-50-75-95 %", "simulated", box=None)
    for name, row in report["distributions"].items():
        distance = "-" if row["ks"] is None else f"{row['ks']:.3f}"
        cells = [" ".join(f"{q:.3g}" for q in row[side]["quantiles"]) for side in ("real", "simulated")]
        table.add_row(name, distance, *cells)
    results.print(table)
    results.print(f"plots: {out / 'compare.html'}")
