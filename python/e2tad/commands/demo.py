"""`e2tad demo`: a generated game, seen badly, decoded, scored and shown."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import track
from rich.table import Table

from e2tad import InputError, action, data, metric
from e2tad.action import Actions
from e2tad.commands.actions import timeline
from e2tad.commands.common import JsonOption, messages, print_json, results
from e2tad.data import ActionTable
from e2tad.draw import draw
from e2tad.evaluation.perturbations import perturb
from e2tad.files import replacing
from e2tad.report.timeline import write_timeline
from e2tad.sim import PRESETS, World
from e2tad.tracks import BALL, PERSON, Tracks, make_tracks
from e2tad.video_writer import H264Writer

# What the demo does to the true tracks: as bad as the robustness curves' hardest point.
_JITTER = 0.02
_SWAPS = 0.05
_MISSES = 0.2
_MISSES_IN_A_ROW = 5


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad demo --seed 3 -o out/demo")
    def demo(
        output: Annotated[
            Path, typer.Option("--output", "-o", help="Folder for what the demo makes.")
        ] = Path("out/demo"),
        preset: Annotated[str, typer.Option(help=f"The game: {', '.join(PRESETS)}.")] = "5p4b",
        seed: Annotated[int, typer.Option(help="Another seed, another game.")] = 1,
        frames: Annotated[int, typer.Option(help="Length of the clip, 30 frames a second.")] = 300,
        video: Annotated[bool, typer.Option("--video/--no-video", help="Render the clip.")] = True,
        as_json: JsonOption = False,
    ) -> None:
        """Simulates a clip, spoils its tracks, decodes and scores them, and shows clip and timeline."""
        if output.exists() and not output.is_dir():
            raise InputError(f"{output}: expected a folder")
        world = World(preset, seed, frames=frames, size=(960, 540))
        truth, labels, init = world.tracks(), world.labels("noisy"), world.init().tracks(world.size)
        seen = spoil(truth, seed)
        made = [output / "actions.csv", output / "labels.csv", output / "index.html"]
        if video:
            made.append(output / "overlay.mp4")
            _film(world, truth, labels, output / "overlay.mp4")

        rows = []
        for kind, tracks in (("true", truth), ("seen", seen)):
            for decoder in ("morphological", "hmm"):
                for repair in (False, True):
                    decoded = action.decode(tracks, {"decoder": decoder, "repair": repair}, init)
                    report = metric.accuracy(decoded.rows(), labels)
                    rows.append(
                        {"tracks": kind, "decoder": decoder, "repair": repair, "accuracy": report.accuracy}
                    )
        decoded = action.decode(seen, None, init)
        report = metric.accuracy(decoded.rows(), labels)
        data.write_actions(data.to_table(decoded.rows(), "answer"), output / "actions.csv")
        data.write_actions(labels, output / "labels.csv")
        write_timeline(
            output / "index.html",
            *timeline(decoded, seen, init, labels),
            title=f"Simulated {preset}, seed {seed}: accuracy {report.accuracy:.3f} on spoilt tracks",
            video="overlay.mp4" if video else None,
        )
        if as_json:
            print_json(_summary(preset, seed, frames, rows, report, made))
            return
        _print(rows, decoded, truth, seen)
        messages.print(f"wrote {', '.join(map(str, made))}", soft_wrap=True, markup=False)
        messages.print(f"open {output / 'index.html'} in a browser", soft_wrap=True, markup=False)


def spoil(tracks: Tracks, seed: int) -> Tracks:
    """Tracks as a poor detector and tracker might give them.

    Args:
        tracks: True tracks.
        seed: The same seed gives the same tracks.

    Returns:
        Boxes jittered by 2 % of their size, 5 % of identities swapped for a while, 20 % of detections lost in
        bursts of 5 on average.

    Source:
        CONTEST, Perturbations; the jitter is this demo's own.
    """
    rng = np.random.default_rng(seed)
    size = tracks.box[:, 2:] - tracks.box[:, :2]
    shift = rng.normal(0, _JITTER, size.shape) * size
    box = tracks.box + np.hstack([shift, shift])
    moved = make_tracks(tracks.frame, tracks.object_class, tracks.id, box, tracks.observed)
    return perturb(moved, _SWAPS, _MISSES, _MISSES_IN_A_ROW, seed)


def _film(world: World, tracks: Tracks, labels: ActionTable, path: Path) -> None:
    """The clip with its true boxes, and who holds which ball."""
    holders = labels.person
    with replacing(path) as part:
        writer = H264Writer(part, world.size)
        for frame in track(range(world.frames), description="rendering", console=messages, transient=True):
            rows = tracks.frame == frame
            row = int(np.searchsorted(labels.frame, frame, side="right")) - 1
            held = ", ".join(
                f"{ball}: person {holder}" for ball, holder in zip(labels.balls, holders[row], strict=True)
            )
            writer.write(
                draw(
                    world.render(frame),
                    tracks.box[rows],
                    tracks.id[rows],
                    tracks.object_class[rows],
                    caption=f"frame {frame}   {held}",
                )
            )
        writer.close()


def _summary(
    preset: str,
    seed: int,
    frames: int,
    rows: list[dict[str, Any]],
    report: metric.AccuracyReport,
    made: list[Path],
) -> dict[str, Any]:
    return {
        "data": "simulated",
        "preset": preset,
        "seed": seed,
        "frames": frames,
        "accuracy": report.accuracy,
        "rows": rows,
        "files": [str(path) for path in made],
    }


def _print(rows: list[dict[str, Any]], decoded: Actions, truth: Tracks, seen: Tracks) -> None:
    lost = 1 - len(seen) / max(len(truth), 1)
    persons, balls = (int((truth.object_class == kind).sum()) for kind in (PERSON, BALL))
    results.print(
        f"a simulated game: {len(decoded.persons)} persons, {len(decoded.balls)} balls, "
        f"{len(truth.observed)} frames, {persons + balls} boxes; seen: {lost:.0%} lost, identities swapped"
    )
    table = Table(box=None, title_justify="left")
    for name in ("tracks", "decoder", "repair", "accuracy"):
        table.add_column(name, justify="right" if name == "accuracy" else "left")
    for row in rows:
        table.add_row(
            row["tracks"], row["decoder"], "on" if row["repair"] else "off", f"{row['accuracy']:.3f}"
        )
    results.print(table)
