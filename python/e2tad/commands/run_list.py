"""`e2tad run` over several videos, each in a process of its own."""

import io
import tempfile
from collections import Counter
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any

from e2tad import InputError
from e2tad.commands.common import bar, messages, results, warn
from e2tad.commands.run import run_video
from e2tad.config import Config
from e2tad.experiments.executors import WorkerDiedError, make_executor
from e2tad.experiments.stages.work import Work
from e2tad.experiments.tasks import Outcome, Stage, Task, order_of
from e2tad.files import own_prefix, remove_left_overs

VIDEO = "{video}"
"""In a path: the video's own, without its suffix."""

_STAGE = Stage("video", "e2tad.commands.run_list:one_video")


def of_video(path: Path | None, video: str) -> Path | None:
    """A path that may be named after a video.

    Args:
        path: With `VIDEO` in it, or not; or None.
        video: The video.

    Returns:
        The path, or None.

    Source:
        DESIGN, Command line: `e2tad run`.

    >>> str(of_video(Path("{video}_init.csv"), "clips/a.mp4"))
    'clips/a_init.csv'
    """
    return None if path is None else Path(str(path).replace(VIDEO, str(Path(video).with_suffix(""))))


def one_video(work: Work) -> dict[str, Any]:
    """Runs one of several videos.

    Args:
        work: `run_video`'s arguments, `config` as a whole document.

    Returns:
        What run.json holds.

    Source:
        `run_video`.
    """
    # Progress and warnings are told by the process that the user has started.
    messages.file = io.StringIO()
    given = work.settings
    paths = [None if given[name] is None else Path(given[name]) for name in ("init", "labels")]
    _, summary = run_video(
        given["video"],
        Path(given["output"]),
        Config(given["config"]),
        *paths,
        threshold=given["threshold"],
        overlay=given["overlay"],
    )
    return summary


def run_list(
    videos: list[str],
    output: Path,
    config: Config,
    init: Path | None,
    labels: Path | None,
    *,
    threshold: int,
    overlay: bool,
    executor: str,
    jobs: int,
) -> list[dict[str, Any]]:
    """Runs several videos; one that fails is told, and the others go on.

    Args:
        videos: The files, of different names.
        output: Gets a folder a video, with its name.
        config: How to run; recorded detections and features may have `VIDEO` in their paths.
        init: As of `run_video`, with `VIDEO` in it.
        labels: The same.
        threshold: As of `run_video`.
        overlay: As of `run_video`.
        executor: `local` or `ray`.
        jobs: Videos at a time.

    Returns:
        Of each video, in their order, what run.json holds with its `folder`, `error` (None: it went well) and
        `bad_input` (the error is about what was given).

    Raises:
        InputError: If two videos have one name, or there is no such executor.
        OSError: If the folder can't be written.

    Source:
        DESIGN, Command line: `e2tad run`.
    """
    for name, count in Counter(Path(video).stem for video in videos).items():
        if count > 1:
            raise InputError(f"{name}: {count} videos of this name would write into one folder")
    output.mkdir(parents=True, exist_ok=True)
    runner = make_executor(executor, jobs)
    found: dict[str, dict[str, Any]] = {}
    remove_left_overs(output)
    with tempfile.TemporaryDirectory(prefix=own_prefix(), dir=output) as scratch:
        try:
            orders = {}
            for video in videos:
                own = {
                    "video": video,
                    "output": str(output / Path(video).stem),
                    "config": _config_of(config, video).to_dict(),
                    "init": _text(of_video(init, video)),
                    "labels": _text(of_video(labels, video)),
                    "threshold": threshold,
                    "overlay": overlay,
                }
                orders[video] = order_of(Task(_STAGE, own), Path(scratch))
            with bar("videos") as tell:
                waiting = dict(orders)
                running: dict[Future[Outcome], str] = {}
                while waiting or running:
                    while waiting and len(running) < jobs:
                        video = next(iter(waiting))
                        running[runner.submit(waiting.pop(video))] = video
                    future = next(as_completed(running))
                    video = running.pop(future)
                    try:
                        outcome = future.result()
                    except WorkerDiedError as error:
                        outcome = Outcome(None, 0.0, str(error))
                    folder = str(output / Path(video).stem)
                    found[video] = {
                        **(outcome.found or {}),
                        "folder": folder,
                        "error": outcome.error,
                        "bad_input": outcome.bad_input,
                    }
                    tell(len(found), len(videos))
                    _tell(video, found[video])
        finally:
            runner.close()
            # Processes that were ended in the middle of their work couldn't clean up.
            for video in videos:
                remove_left_overs(output / Path(video).stem)
    return [found[video] for video in videos]


def _config_of(config: Config, video: str) -> Config:
    named = {}
    for name in ("detections", "features"):
        path = config[f"pipeline.{name}"]
        if VIDEO in path:
            named[name] = str(of_video(Path(path), video))
    return config.merged({"pipeline": named}) if named else config


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _tell(video: str, summary: dict[str, Any]) -> None:
    if summary["error"] is not None:
        error = summary["error"]
        warn(error if error.startswith(video) else f"{video}: {error}")
        return
    for line in summary["warnings"]:
        warn(f"{video}: {line}")
    catches, score = len(summary["catches"]), summary["score"]
    told = f"{video}: {catches} catch{'' if catches == 1 else 'es'} in {summary['seconds']:.2f} s"
    if score is not None:
        told += f", accuracy {score['accuracy']:.4f}"
    messages.print(told, soft_wrap=True, markup=False)


def show_list(found: list[dict[str, Any]]) -> None:
    """Prints the mean accuracy of several videos.

    Args:
        found: What `run_list` gives.

    Source:
        DESIGN, Command line: `e2tad run`.
    """
    scored = [one["score"]["accuracy"] for one in found if one["error"] is None and one["score"]]
    good = sum(one["error"] is None for one in found)
    told = f"{good} of {len(found)} videos"
    if scored:
        told += f", mean accuracy {sum(scored) / len(scored):.4f}"
    results.print(told)
