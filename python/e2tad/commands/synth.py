"""`e2tad synth`: training pictures made from the user's own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from e2tad import InputError
from e2tad.commands.common import JsonOption, messages, print_json, results, warn
from e2tad.data import annotated
from e2tad.synth import HARMONIZERS, PACKAGED, batch

Source = Annotated[Path, typer.Argument(help="Folder of pictures.", show_default=False)]
Output = Annotated[Path, typer.Argument(help="New or empty folder for the results.", show_default=False)]
Annotations = Annotated[
    Path | None, typer.Option(help="COCO JSON of the pictures, where it isn't in their folder.")
]
Form = Annotated[str, typer.Option("--format", help=f"auto, {', '.join(annotated.FORMATS)}.")]
Seed = Annotated[int, typer.Option(help="Decides every byte, together with the pictures' names.")]
Count = Annotated[int, typer.Option(help="Results from each picture.")]
Config = Annotated[Path | None, typer.Option(help="JSON file of the settings that differ from the defaults.")]
ImageFormat = Annotated[str, typer.Option(help="jpg (quality 95) or png.")]
Workers = Annotated[int | None, typer.Option(help="Pictures made at a time; default: one a core.")]
Limit = Annotated[int | None, typer.Option(help="Take only so many pictures, in the order of their names.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of these settings.")]


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line: `e2tad synth compose|debias|occlude`.
    """
    group = typer.Typer(
        help="Training pictures made from your own: composite balls, negative patches, occluded crops.",
        no_args_is_help=True,
    )
    app.add_typer(group, name="synth")

    @group.command(epilog="Example: e2tad synth compose photos/ composites/ --count 3 --seed 7")
    def compose(
        source: Source,
        out: Output,
        annotations: Annotations = None,
        form: Form = "auto",
        seed: Seed = 0,
        count: Count = 1,
        harmonizer: Annotated[
            str, typer.Option(help=f"{', '.join((*HARMONIZERS, *PACKAGED))} (a network), or a model file.")
        ] = "statistics",
        config: Config = None,
        image_format: ImageFormat = "jpg",
        workers: Workers = None,
        limit: Limit = None,
        resume: Resume = False,
        as_json: JsonOption = False,
    ) -> None:
        """Balls of the contest's colours on pictures, labelled with circle, box and visible share.

        IN may be a plain folder, COCO (boxes, polygons, RLE), Penn-Fudan or VisDrone-DET. Persons give the
        balls' sizes and places; where their masks are known, balls go behind them. Pictures: JPEG, PNG or
        BMP, 8 bits a channel, at most 67,108,864 pixels (a worker then needs about 1 GB); grey ones get grey
        balls. OUT gets images/, annotations.json (COCO) and manifest.jsonl (every placement).
        """
        pictures = _pictures(source, form, annotations, limit)
        with _progress("composing", out) as progress:
            result = batch.compose_set(
                pictures, out, seed=seed, count=count, harmonizer=harmonizer, config=_settings(config),
                image_format=image_format, workers=workers, resume=resume, progress=progress,
            )  # fmt: skip
        _report(result, as_json)

    @group.command(epilog="Example: e2tad synth debias composites/ debiased/ --seed 7")
    def debias(
        source: Source,
        out: Output,
        annotations: Annotations = None,
        form: Form = "auto",
        seed: Seed = 0,
        count: Count = 1,
        config: Config = None,
        image_format: ImageFormat = "jpg",
        workers: Workers = None,
        limit: Limit = None,
        resume: Resume = False,
        as_json: JsonOption = False,
    ) -> None:
        """Patches of one colour that aren't balls: negatives that take the texture's help away.

        Labels stay as they are (COCO, Penn-Fudan, VisDrone-DET or none); no patch touches a labelled ball.
        OUT gets images/, annotations.json and manifest.jsonl (every patch).
        """
        pictures = _pictures(source, form, annotations, limit)
        with _progress("debiasing", out) as progress:
            result = batch.debias_set(
                pictures, out, seed=seed, count=count, config=_settings(config),
                image_format=image_format, workers=workers, resume=resume, progress=progress,
            )  # fmt: skip
        _report(result, as_json)

    @group.command(
        epilog="Example: e2tad synth occlude market1501/bounding_box_train out/ --donors pennfudan/"
    )
    def occlude(
        source: Source,
        out: Output,
        donors: Annotated[
            Path | None, typer.Option(help="Set with masks whose persons stand in front: Penn-Fudan or COCO.")
        ] = None,
        donor_annotations: Annotated[
            Path | None, typer.Option(help="COCO JSON of the donors, where it isn't in their folder.")
        ] = None,
        seed: Seed = 0,
        count: Count = 1,
        config: Config = None,
        image_format: ImageFormat = "jpg",
        workers: Workers = None,
        limit: Limit = None,
        resume: Resume = False,
        as_json: JsonOption = False,
    ) -> None:
        """Balls and other persons in front of persons' crops, as ReID meets them.

        With --count 1 the results keep the crops' names. OUT gets images/ and manifest.jsonl (every
        occlusion).
        """
        crops = _pictures(source, "folder", None, limit)
        in_front = [] if donors is None else annotated.open_pictures(donors, "auto", donor_annotations)
        with _progress("occluding", out) as progress:
            result = batch.occlude_set(
                crops, out, donors=in_front, seed=seed, count=count, config=_settings(config),
                image_format=image_format, workers=workers, resume=resume, progress=progress,
            )  # fmt: skip
        _report(result, as_json)


def _pictures(
    source: Path, form: str, annotations: Path | None, limit: int | None
) -> list[annotated.Picture]:
    if limit is not None and limit < 1:
        raise InputError(f"limit: expected at least 1, got {limit}")
    return annotated.open_pictures(source, form, annotations)[:limit]


def _settings(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        read = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not a JSON document ({error})") from error
    if not isinstance(read, dict):
        raise InputError(f"{file}: expected a JSON object of settings")
    return read


@contextmanager
def _progress(what: str, out: Path) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        try:
            yield lambda done, total: bar.update(task, completed=done, total=total)
        except KeyboardInterrupt:
            if (out / batch.UNFINISHED).is_dir():
                warn(f"interrupted; --resume goes on with what is finished in {out / batch.UNFINISHED}")
            raise


def _report(result: dict[str, Any], as_json: bool) -> None:
    if result.get("grey"):
        warn(f"{result['grey']} pictures have no colour; what was put on them is grey too")
    if as_json:
        print_json(result)
        return
    told = ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in result.items() if key != "out")
    results.print(f"{result['out']}: {told}", soft_wrap=True)
