"""`e2tad actions`: tracks to catches, no pixels."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from e2tad import InputError, action, data, metric
from e2tad.action import Actions
from e2tad.commands.common import ConfigOption, JsonOption, SetOption, messages, print_json, results, warn
from e2tad.config import Config, resolve
from e2tad.data import ActionTable
from e2tad.report.timeline import BallTimeline, write_timeline
from e2tad.tracks import Tracks


class Decoder(StrEnum):
    """The choices of --decoder."""

    morphological = "morphological"
    hmm = "hmm"


class InFlight(StrEnum):
    """The choices of --in-flight."""

    hold = "hold"
    zero = "zero"


class Dataset(StrEnum):
    """The choices of --dataset."""

    lpcvc21 = "lpcvc21"


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(
        epilog="Example: e2tad actions gt_tracks --init clip_init.csv --labels clip_action_noisy.csv "
        "--plot timeline.html -o actions.csv"
    )
    def actions(
        tracks_path: Annotated[
            Path,
            typer.Argument(
                metavar="TRACKS",
                help="Folder of NNNNNN.json, a MOTChallenge .txt, or a run's tracks.json.",
            ),
        ],
        init_path: Annotated[
            Path | None,
            typer.Option("--init", help="The contest's init.csv: its balls are the columns of the answer."),
        ] = None,
        output: Annotated[
            Path, typer.Option("--output", "-o", help="The answer: frame,BALL,..., a row per catch.")
        ] = Path("actions.csv"),
        decoder: Annotated[Decoder | None, typer.Option(help="How contacts become catches.")] = None,
        in_flight: Annotated[
            InFlight | None,
            typer.Option(help="A ball in flight keeps its last holder (hold) or is 0 (zero)."),
        ] = None,
        merge: Annotated[int | None, typer.Option(help="Rows up to so many frames apart become one.")] = None,
        every: Annotated[int | None, typer.Option(help="Keep frames whose number this divides.")] = None,
        theta: Annotated[
            int | None, typer.Option(help="morphological: minimum flying time, in frames.")
        ] = None,
        repair: Annotated[
            bool | None, typer.Option("--repair/--no-repair", help="Mend swapped identities and gaps first.")
        ] = None,
        dataset: Annotated[Dataset | None, typer.Option(help="Apply what is known of a data set.")] = None,
        person_ids: Annotated[
            str | None,
            typer.Option(metavar="FROM=TO,...", help="Rename persons; replaces the data set's table."),
        ] = None,
        frame_size: Annotated[
            str, typer.Option(metavar="WxH", help="Of the video, for init.csv; only its shape matters.")
        ] = "3840x2160",
        labels_path: Annotated[
            Path | None, typer.Option("--labels", help="Labels to score the answer against.")
        ] = None,
        threshold: Annotated[int, typer.Option(help="Frames within which a catch is right.")] = 10,
        plot: Annotated[
            Path | None, typer.Option(metavar="OUT.html", help="Draw the signals and catches over time.")
        ] = None,
        config_file: ConfigOption = None,
        assignments: SetOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Tracks to catches: who catches which ball at which frame."""
        flags = {
            "decoder": decoder and decoder.value,
            "in_flight": in_flight and in_flight.value,
            "merge": merge,
            "every": every,
            "theta": theta,
            "repair": repair,
        }
        given = {name: value for name, value in flags.items() if value is not None}
        config = resolve(config_file, assignments or (), {"action": given})

        size = _size(frame_size)
        tracks = data.open_tracks(tracks_path)
        init = data.load_init(init_path).tracks(size) if init_path else None
        if person_ids is not None:
            tracks = data.rename_persons(tracks, person_ids)
        elif dataset is Dataset.lpcvc21:
            near = (tracks_path,) if init_path is None else (tracks_path, init_path)
            tracks = data.rename_persons(tracks, data.lpcvc21.person_ids(*near))
        labels = data.load_labels(labels_path) if labels_path else None
        if labels is not None and (missing := metric.missing_ids(labels, tracks)):
            warn(str(missing))

        decoded = action.decode(tracks, config["action"], init)
        answer = data.to_table(
            [["frame", *map(str, decoded.balls)], *([row[c] for c in row] for row in decoded.rows())],
            "answer",
        )
        data.write_actions(answer, output)
        report = metric.accuracy(answer, labels, threshold) if labels is not None else None
        if plot is not None:
            write_timeline(
                plot, *timeline(decoded, tracks, init, labels), title=_title(tracks_path, config, report)
            )

        if as_json:
            print_json(_summary(decoded, config, report, output, plot))
        else:
            _print_catches(decoded)
            if report is not None:
                results.print(_score_line(report))
            written = [str(path) for path in (output, plot) if path is not None]
            messages.print(f"wrote {' and '.join(written)}", soft_wrap=True, markup=False)


def timeline(
    decoded: Actions, tracks: Tracks, init: Tracks | None, labels: ActionTable | None
) -> tuple[list[BallTimeline], list[int]]:
    """What `write_timeline` draws of decoded actions.

    Args:
        decoded: The catches and signals.
        tracks: What they were decoded from; a decoder that keeps no contacts gets those of the morphology.
        init: What they were decoded with.
        labels: Labels to draw beside, or None.

    Returns:
        A timeline a ball, and the persons that get a lane: those of the tracks and of the labels.

    Source:
        DESIGN, Command line: `e2tad actions --plot`.
    """
    marks = {ball: _changes(labels, str(ball)) for ball in decoded.balls}
    persons = sorted({*decoded.persons, *(person for rows in marks.values() for _, person in rows)})
    signals = {ball: decoded.signals(ball) for ball in decoded.balls}
    if decoded.config["decoder"] == "morphological":
        # The eroded signal is the holds.
        signals = {
            ball: {k: v for k, v in stages.items() if k != "holds"} for ball, stages in signals.items()
        }
    else:
        contacts = action.decode(tracks, {**decoded.config, "decoder": "morphological"}, init)
        signals = {ball: {"raw": contacts.signals(ball)["raw"], **stages} for ball, stages in signals.items()}
    balls = [
        BallTimeline(
            name=str(ball),
            signals=signals[ball],
            catches=[(int(f), int(to)) for f, b, _, to in decoded.catches if b == ball],
            labels=marks[ball],
        )
        for ball in decoded.balls
    ]
    return balls, persons


def _changes(labels: ActionTable | None, ball: str) -> list[tuple[int, int]]:
    """(frame, person) where the labels' holder of a ball becomes another person."""
    if labels is None or ball not in labels.balls:
        return []
    holders = labels.person[:, labels.balls.index(ball)]
    changes = []
    last = 0
    for frame, holder in zip(labels.frame.tolist(), holders.tolist(), strict=True):
        if holder > 0 and holder != last:
            changes.append((frame, holder))
            last = holder
    return changes


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) < 2**20 and 0 < int(height) < 2**20):
        raise InputError(f"--frame-size: expected WxH in pixels, say 3840x2160, got {text}")
    return int(width), int(height)


def _title(path: Path, config: Config, report: metric.AccuracyReport | None) -> str:
    parts = path.absolute().parts
    name = parts[-2] if parts[-1] in ("gt_tracks", "pseudo_tracks") and len(parts) > 2 else parts[-1]
    accuracy = "" if report is None else f", accuracy {report.accuracy:.3f}"
    return f"{name}: {config['action.decoder']}{accuracy}"


def _score_line(report: metric.AccuracyReport) -> str:
    return (
        f"accuracy [bold]{report.accuracy:.4f}[/bold]  "
        f"(right {report.tp}, wrong {report.fp}, missed {report.fn})"
    )


def _print_catches(decoded: Actions) -> None:
    table = Table(title=f"{len(decoded.catches)} catches", box=None, title_justify="left")
    for name in ("frame", "ball", "from", "to"):
        table.add_column(name, justify="right")
    for frame, ball, before, to in decoded.catches.tolist():
        table.add_row(str(frame), str(ball), "?" if before < 0 else str(before), str(to))
    results.print(table)


def _summary(
    decoded: Actions, config: Config, report: metric.AccuracyReport | None, output: Path, plot: Path | None
) -> dict[str, Any]:
    def rows(events: Any) -> list[dict[str, int | None]]:
        return [
            {"frame": f, "ball": b, "from": None if a < 0 else a, "to": None if t < 0 else t}
            for f, b, a, t in events.tolist()
        ]

    summary: dict[str, Any] = {
        "answer": str(output),
        "plot": None if plot is None else str(plot),
        "balls": decoded.balls,
        "persons": decoded.persons,
        "catches": rows(decoded.catches),
        "throws": rows(decoded.throws),
        "config": {"action": config["action"]},
    }
    if report is not None:
        summary["score"] = report.as_dict()
    return summary
