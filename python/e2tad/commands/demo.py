"""`e2tad demo`: a generated game, from its video to scored catches."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from e2tad import InputError, action, data, metric
from e2tad.commands.common import JsonOption, bar, print_json, results
from e2tad.commands.run import run_video, show
from e2tad.config import Config
from e2tad.sim import PRESETS, ClipOptions, World, save
from e2tad.video_writer import H264Options

_SIZE = (960, 540)


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
        frames: Annotated[int, typer.Option(help="Length of the clip, 30 frames a second.")] = 360,
        as_json: JsonOption = False,
    ) -> None:
        """Simulates a clip, finds its catches with the packaged networks, scores and shows them."""
        if output.exists() and not output.is_dir():
            raise InputError(f"{output}: expected a folder")
        world = World(preset, seed, frames=frames, size=_SIZE)
        clip = _simulate(world, output / "clip")
        init, labels = Path(f"{clip}_init.csv"), Path(f"{clip}_action_noisy.csv")
        config = Config()
        found, summary = run_video(f"{clip}.mp4", output, config, init, labels, overlay=True)

        # What detector and embedder cost: the same decoder on the true boxes of the same frames.
        truth = world.tracks().every(config["pipeline.every"])
        decoded = action.decode(truth, config["action"], data.load_init(init).tracks(_SIZE))
        on_truth = metric.accuracy(decoded.rows(), labels).accuracy
        if as_json:
            print_json(summary | {"preset": preset, "seed": seed, "accuracy_on_true_tracks": on_truth})
            return
        persons, balls = len(found.actions.persons), len(found.actions.balls)
        results.print(f"a simulated game: {persons} persons, {balls} balls, {frames} frames")
        results.print(f"the decoder on the true boxes of the same frames: accuracy {on_truth:.4f}")
        show(found, summary)


def _simulate(world: World, folder: Path) -> Path:
    """Writes the clip in place of an earlier demo's; its files' path without what tells them apart."""
    if (folder / "clip.json").exists():
        shutil.rmtree(folder)
    options = ClipOptions(images_every=0, crops_every=0, video=H264Options(preset="veryfast"))
    with bar("rendering") as tell:
        manifest = save(world, folder, options, progress=tell)
    return folder / str(manifest["name"])
