"""`e2tad data`: the health of data sets, and labels to begin with."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from e2tad import InputError
from e2tad.commands.common import JsonOption, messages, print_json, results, warn


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """
    data = typer.Typer(no_args_is_help=True, help="Data sets.")
    app.add_typer(data, name="data")

    @data.command(epilog="Example: e2tad data check market1501 Market-1501-v15.09.15")
    def check(
        name: Annotated[
            str,
            typer.Argument(
                help="ReID: market1501, dukemtmc, cuhk03. Detection: lpcvc21, coco, pennfudan, visdrone-det, "
                "visdrone-mot, panda, folder, mixdet. Both: simulated.",
                show_default=False,
            ),
        ],
        root: Annotated[
            Path, typer.Argument(help="The set's folder; of mixdet its JSON file.", show_default=False)
        ],
        annotations: Annotated[
            Path | None, typer.Option("--annotations", help="The JSON file of a COCO set.")
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """Reads everything in a set once, counts, and says what is wrong; exit code 1 if anything is."""
        from e2tad.data import detection, reid, simulated

        names = dict.fromkeys((*reid.NAMES, *detection.NAMES))
        if name not in names:
            raise InputError(f"data: expected one of {', '.join(names)}, got {name}")
        with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
            task = bar.add_task("reading", total=None)

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            of_reid = simulated.has_crops(root) if name == "simulated" else name in reid.NAMES
            of_detection = simulated.has_pictures(root) if name == "simulated" else not of_reid
            found: dict[str, Any] = {}
            # A clip that has neither is a detection set without pictures, which is said there.
            if of_detection or not of_reid:
                found = detection.check(name, root, progress, annotations)
            if of_reid:
                crops = reid.check(name, root, progress)
                problems = [*found.get("problems", ()), *crops["problems"]]
                found = {**found, **crops, "problems": problems}
        if as_json:
            print_json(found)
        else:
            if "pictures" in found:
                results.print(_detection_table(found))
            if "parts" in found:
                results.print(_reid_table(found))
            for problem in found["problems"]:
                warn(problem)
        if found["problems"]:
            raise typer.Exit(1)

    @data.command(
        "pseudo-label", epilog="Example: e2tad data pseudo-label game.mp4 --model weights.pt -o labels"
    )
    def pseudo_label(
        video: Annotated[Path, typer.Argument(help="The video.", show_default=False)],
        model: Annotated[Path, typer.Option("--model", help="weights.pt of a detector's training.")],
        out: Annotated[Path, typer.Option("-o", "--out", help="A new or an empty folder.")],
        every: Annotated[int, typer.Option(help="Frames whose number this divides.", min=1)] = 15,
        confidence: Annotated[
            float | None, typer.Option(help="Lowest score (default: the detector's).", min=0, max=1)
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """A detector's boxes in a video as COCO annotations to refine, with their pictures."""
        from e2tad.evaluation.detection import load_detector
        from e2tad.evaluation.pseudo_label import pseudo_label as label

        net, size = load_detector(model)
        with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
            task = bar.add_task("frames", total=None)
            found = label(
                net,
                video,
                out,
                max(size),
                every=every,
                confidence=confidence,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        if as_json:
            print_json(found)
            return
        results.print(
            f"{out}: {found['pictures']} pictures, {found['persons']} persons, {found['balls']} balls",
            soft_wrap=True,
        )


def _reid_table(found: dict[str, Any]) -> Table:
    table = Table(box=None)
    columns = ("images", "identities", "cameras", "junk", "distractors", "sizes")
    for column in ("part", *columns):
        table.add_column(column, justify="left" if column in ("part", "sizes") else "right")
    for part, counts in found["parts"].items():
        sizes = " to ".join(dict.fromkeys(counts["sizes"]))
        table.add_row(part, *(f"{counts[column]:,}" for column in columns[:-1]), sizes)
    return table


def _detection_table(found: dict[str, Any]) -> Table:
    table = Table("pictures", "sizes", "class", "labelled in", "objects", "heights, px", box=None)
    sizes = " to ".join(dict.fromkeys(found["sizes"]))
    for number, kind in enumerate(("person", "ball")):
        heights = " ".join(f"{value:g}" for value in found["heights_px"].get(kind, ()))
        counts = (f"{found['labelled'][kind]:,}", f"{found['objects'].get(kind, 0):,}")
        first = (f"{found['pictures']:,}", sizes) if number == 0 else ("", "")
        table.add_row(*first, kind, *counts, heights)
    return table
