"""`e2tad run`: a video to catches, with all that it took."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from e2tad import ConfigError, InputError, Pipeline, __version__, data, metric
from e2tad.commands.actions import timeline
from e2tad.commands.common import (
    ConfigOption,
    JsonOption,
    SetOption,
    ThresholdOption,
    bar,
    messages,
    print_json,
    results,
    warn,
)
from e2tad.config import Config, resolve
from e2tad.files import refuse_replacing, replacing_all
from e2tad.pipeline import Run

_SOURCES = ("auto", "rapl", "meter", "log", "model")
_OVERLAY = "overlay.mp4"
_FILES = ("actions.csv", "tracks.json", "run.json", "report.html", _OVERLAY)
_MOST_STILLS = 12
_STILL_WIDTH = 480


class Schedule(StrEnum):
    """The choices of --schedule."""

    frame = "frame"
    cached = "cached"


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(
        epilog="Example: e2tad run clip.mp4 --init clip_init.csv --labels clip_action_noisy.csv "
        "--set detector.model=D.ptl --set reid.model=R.ptl --overlay -o out/clip"
    )
    def run(
        videos: Annotated[
            list[str],
            typer.Argument(
                metavar="VIDEO...",
                help="A file, or a stream that ends. Several files: a folder each in that of -o; "
                "{video} in other paths then stands for the file without its suffix.",
            ),
        ],
        init_path: Annotated[
            Path | None,
            typer.Option("--init", help="The contest's init.csv; without it identities open freely."),
        ] = None,
        output: Annotated[Path, typer.Option("--output", "-o", help="Folder for what the run makes.")] = Path(
            "out/run"
        ),
        schedule: Annotated[
            Schedule | None, typer.Option(help="Stage after stage for each frame, or over queues.")
        ] = None,
        labels_path: Annotated[
            Path | None, typer.Option("--labels", help="Labels to score the answer against.")
        ] = None,
        threshold: ThresholdOption = 10,
        overlay: Annotated[bool, typer.Option("--overlay", help="Also write overlay.mp4.")] = False,
        energy: Annotated[
            str | None,
            typer.Option(
                metavar="SOURCE[:PATH]",
                help="Where joules come from: auto, rapl, model, meter:/dev/rfcomm0 or log:FILE.csv.",
            ),
        ] = None,
        detections: Annotated[
            Path | None,
            typer.Option(help="Recorded detections instead of a detector: tracks, or a .npz file."),
        ] = None,
        features: Annotated[
            str | None,
            typer.Option(help="Recorded features instead of an embedder: a .npz file, or `identities`."),
        ] = None,
        config_file: ConfigOption = None,
        assignments: SetOption = None,
        jobs: Annotated[int, typer.Option(help="Several videos: so many at a time.")] = 1,
        executor: Annotated[
            str, typer.Option(help="Several videos: local processes, or ray, a cluster.")
        ] = "local",
        as_json: JsonOption = False,
    ) -> None:
        """A video to catches: actions.csv, tracks.json, run.json and report.html."""
        from e2tad.experiments.executors import check_executor

        changes: dict[str, Any] = {"pipeline": {}}
        if schedule is not None:
            changes["pipeline"]["schedule"] = schedule.value
        if detections is not None:
            changes["pipeline"]["detections"] = str(detections)
        if features is not None:
            changes["pipeline"]["features"] = features
        if energy is not None:
            changes["energy"] = _energy(energy)
        config = resolve(config_file, assignments or (), changes)
        check_executor(executor, jobs)
        if len(videos) > 1:
            from e2tad.commands.run_list import run_list, show_list

            runs = run_list(
                videos,
                output,
                config,
                init_path,
                labels_path,
                threshold=threshold,
                overlay=overlay,
                executor=executor,
                jobs=jobs,
            )
            if as_json:
                print_json({"runs": runs})
            else:
                show_list(runs)
            failed = [one for one in runs if one["error"] is not None]
            if failed:
                raise typer.Exit(2 if all(one["bad_input"] for one in failed) else 1)
            return
        found, summary = run_video(
            videos[0], output, config, init_path, labels_path, threshold=threshold, overlay=overlay
        )
        if as_json:
            print_json(summary)
        else:
            show(found, summary)


def run_video(
    video: str,
    output: Path,
    config: Config,
    init_path: Path | None,
    labels_path: Path | None,
    *,
    threshold: int = 10,
    overlay: bool = False,
) -> tuple[Run, dict[str, Any]]:
    """Runs the pipeline on a video and leaves what it found in a folder.

    Args:
        video: A file, or a stream that ends.
        output: Gets actions.csv, tracks.json, run.json, report.html, all of them or none; an earlier run's
            overlay.mp4 goes.
        config: How to run.
        init_path: The contest's init.csv; None: identities open freely.
        labels_path: Labels to score the answer against.
        threshold: Frames within which a catch is right.
        overlay: Also write overlay.mp4.

    Returns:
        The run, and what run.json holds.

    Raises:
        InputError: If a file isn't usable.
        OSError: If a file can't be read, or the folder can't be written.

    Source:
        DESIGN, Command line: `e2tad run`.
    """
    init = data.load_init(init_path) if init_path is not None else None
    labels = data.load_labels(labels_path) if labels_path is not None else None
    if labels is not None and not labels.balls:
        raise InputError(f"{labels_path}: no column is named by a ball's number: expected frame,<ball>...")
    pipeline = Pipeline(config)
    given = [video, init_path, labels_path, config["pipeline.detections"], config["pipeline.features"]]
    refuse_replacing([path for path in given if path], [output / name for name in _FILES])
    # Before the work, so that a folder that can't be written costs no run.
    with replacing_all(output, optional=(_OVERLAY,)) as part:
        with bar("detecting") as tell:
            found = pipeline.run(video, init, tell)
        for line in found.warnings:
            warn(line)
        summary = _write(part, output, found, video, init_path, init, labels, threshold, overlay)
    return found, summary


def _write(
    part: Path,
    output: Path,
    run: Run,
    video: str,
    init_path: Path | None,
    init: data.Init | None,
    labels: data.ActionTable | None,
    threshold: int,
    overlay: bool,
) -> dict[str, Any]:
    """Writes the run's files into `part`, whose files go to `output`; gives what run.json holds."""
    # Plotly and the drawing are of use only now.
    from e2tad.report.overlay import Picture, pictures, write_overlay
    from e2tad.report.run_page import MOST_CLIP_BYTES, Score, write_run_page

    rows = run.actions.rows()
    answer = data.to_table(
        [["frame", *map(str, run.actions.balls)], *([row[c] for c in row] for row in rows)], "answer"
    )
    data.write_actions(answer, part / "actions.csv")
    told = _video(run, video)
    data.tracks_json.write(run.tracks, part / "tracks.json", told)
    score = None
    joules = run.summary["energy"]["joules"]
    if labels is not None:
        report = metric.accuracy(
            answer, labels, threshold, energy_kj=joules / 1000 if joules else None, matches=True
        )
        score = Score(report, labels.frame.tolist())
    clip = None
    stills: list[tuple[str, Picture]] = []
    # The video is read anew. What can't be shown, such as a stream that has ended, must not cost the answer.
    try:
        if overlay:
            with bar("drawing") as tell:
                write_overlay(part / _OVERLAY, video, run, tell)
            clip = part / _OVERLAY
        if clip is None or clip.stat().st_size > MOST_CLIP_BYTES:
            stills = list(pictures(video, run, _stills(run), _STILL_WIDTH))
    except (InputError, OSError) as error:
        if isinstance(error, OSError) and error.filename != video:
            raise  # It's about what is written.
        (part / _OVERLAY).unlink(missing_ok=True)
        from e2tad.experiments.tasks import one_line

        warn(f"{video}: no {_OVERLAY if overlay else 'pictures in report.html'}: {one_line(error)}")
    title = f"{Path(video).name}: {_count(run)}"
    seeded = None if init is None else init.tracks((run.video.width, run.video.height))
    write_run_page(
        part / "report.html",
        run,
        title,
        timeline(run.actions, run.tracks, seeded, labels),
        clip=clip,
        stills=stills,
        score=score,
    )
    summary = {
        "e2tad": __version__,
        "video": told,
        "init": None if init_path is None else str(init_path),
        **run.summary,
        "balls": run.actions.balls,
        "catches": _events(run.actions.catches),
        "throws": _events(run.actions.throws),
        "score": None if score is None else score.report.as_dict(),
        "config": run.config,
        "files": [str(output / name) for name in sorted([*(p.name for p in part.iterdir()), "run.json"])],
    }
    (part / "run.json").write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")
    return summary


def _count(run: Run) -> str:
    catches = len(run.actions.catches)
    return "1 catch" if catches == 1 else f"{catches} catches"


def _energy(text: str) -> dict[str, str]:
    source, _, path = text.partition(":")
    if source not in _SOURCES:
        raise ConfigError(f"--energy: expected one of {' '.join(_SOURCES)}, with :PATH, got {text}")
    return {"source": source, "path": path}


def _video(run: Run, path: str) -> dict[str, Any]:
    video = run.video
    return {
        "path": path,
        "codec": video.codec,
        "size": [video.width, video.height],
        "rotation_degrees": video.rotation_degrees,
        "frames_per_second": video.frames_per_second,
        "frames": video.frames,
    }


def _events(events: Any) -> list[dict[str, int | None]]:
    return [
        {"frame": f, "ball": b, "from": None if a < 0 else a, "to": None if t < 0 else t}
        for f, b, a, t in events.tolist()
    ]


def _stills(run: Run) -> list[int]:
    """Frames to show: those of the catches, or some over the whole video, at most so many."""
    last = int(run.tracks.observed[-1]) if len(run.tracks.observed) else 0
    frames = [min(int(frame), last) for frame in run.actions.catches[:, 0]]
    frames = sorted(set(frames)) or run.tracks.observed[:: max(1, len(run.tracks.observed) // 6)].tolist()
    step = -(-len(frames) // _MOST_STILLS)
    return [int(frame) for frame in frames[:: max(1, step)]]


def show(run: Run, summary: dict[str, Any]) -> None:
    """Prints a run's result and where its files are.

    Args:
        run: What was found.
        summary: What run.json holds.

    Source:
        DESIGN, Command line: `e2tad run`.
    """
    seconds = {name: cost["seconds"] for name, cost in summary["stages"].items()}
    split = ", ".join(f"{name} {spent:.2f}" for name, spent in seconds.items())
    energy = summary["energy"]
    joules = "missing" if energy["joules"] is None else f"{energy['joules']:.1f} J"
    results.print(f"{_count(run)} in {summary['seconds']:.2f} s ({split})")
    peak = summary["memory"]["peak_bytes"] / 1e6
    results.print(f"peak memory {peak:.0f} MB; energy {joules} ({energy['method'].replace('_', ' ')})")
    if summary["score"] is not None:
        report = summary["score"]
        results.print(
            f"accuracy [bold]{report['accuracy']:.4f}[/bold]  "
            f"(right {report['tp']}, wrong {report['fp']}, missed {report['fn']})"
        )
    messages.print(f"wrote {', '.join(summary['files'])}", soft_wrap=True, markup=False)
    page = next(path for path in summary["files"] if path.endswith("report.html"))
    messages.print(f"open {page} in a browser", soft_wrap=True, markup=False)
