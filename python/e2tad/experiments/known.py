"""Runs that result files of earlier sweeps hold, perhaps made on other machines."""

from pathlib import Path

from e2tad.experiments.results import Origin, load_results
from e2tad.experiments.tasks import Outcome, Task


def load_known(folder: str | Path) -> dict[str, Outcome]:
    """The runs in a folder's result files.

    Args:
        folder: With `EXPERIMENT.SCALE.json`.

    Returns:
        By `Task.work`, those that say theirs.

    Raises:
        InputError: If the folder holds no result files, or one isn't JSON.
        ConfigError: If one hasn't the form; names file and key.
        OSError: If one can't be read.

    Source:
        House rule: nothing is trained twice.
    """
    found: dict[str, Outcome] = {}
    for result in load_results(folder):
        here = Origin(commit=result.commit, machine=result.machine)
        for run in (run for row in result.rows for run in row.runs):
            if run.work:
                origin = (run.origin or here).model_dump()
                outcome = Outcome({"metrics": dict(run.metrics)}, run.seconds, origin=origin)
                found.setdefault(run.work, outcome)
    return found


def known_run(known: dict[str, Outcome], task: Task, metrics: list[str]) -> Outcome | None:
    """A task's result among the known ones.

    Args:
        known: As `load_known` gives them.
        task: The task of one run.
        metrics: Names of what is wanted of it.

    Returns:
        It; None if it isn't there or lacks a metric, and for what measures time, which another machine, or
        the same one in another hour, would tell differently.

    Source:
        As `load_known`.
    """
    one = None if task.stage.alone else known.get(task.work)
    if one is None or any(name not in one.found["metrics"] for name in metrics):
        return None
    return one
