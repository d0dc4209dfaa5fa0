"""What `table` and `sweep` share: executors, live tables, plans, and what is told at the end."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from e2tad.commands.common import messages, results, warn

if TYPE_CHECKING:  # They need pydantic, for which other commands and --help shouldn't wait.
    from e2tad.experiments.document import Plan
    from e2tad.experiments.sweep import State


class Scale(StrEnum):
    """The choices of --scale."""

    smoke = "smoke"
    laptop = "laptop"
    paper = "paper"


class ExecutorName(StrEnum):
    """The choices of --executor."""

    local = "local"
    ray = "ray"


ScaleOption = Annotated[
    Scale,
    typer.Option(help="smoke: seconds, means nothing; laptop: hours; paper: the paper's data and lengths."),
]
ExecutorOption = Annotated[
    ExecutorName, typer.Option(help="Processes of this machine, or a Ray cluster (that of RAY_ADDRESS).")
]
JobsOption = Annotated[int, typer.Option(help="Tasks at a time; what measures time always runs alone.")]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", help="Folder of the results, and of what later sweeps take up.")
]
KnownOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of earlier results, perhaps from another machine: runs in them of the same settings and "
        "data aren't made again, whatever the code was; what measures time always is."
    ),
]
PlanOption = Annotated[
    bool, typer.Option("--plan", help="Print what would be run, check the data, and stop.")
]


def plan_of(path: Path, scale: str) -> Plan:
    """An experiment's plan from its file.

    Args:
        path: The file.
        scale: The scale's name.

    Returns:
        The plan.

    Raises:
        ConfigError: If something in the file isn't usable.
        InputError: If it isn't JSON.
        OSError: If it can't be read.

    Source:
        DESIGN, Command line: `e2tad table`, `e2tad sweep`.
    """
    from e2tad.experiments.document import load_experiment, make_plan
    from e2tad.experiments.kinds import kind_of

    experiment = load_experiment(path)
    return make_plan(experiment, kind_of(experiment.kind, str(path)), scale, str(path))


def run_plans(
    plans: list[Plan], out: Path, executor: str, jobs: int, only_plan: bool, known: Path | None
) -> list[dict[str, Any]]:
    """Runs experiments one after the other and tells what came of them.

    Args:
        plans: The experiments.
        out: Folder of the results.
        executor: Where tasks run.
        jobs: Tasks at a time.
        only_plan: Print the plans and stop.
        known: Folder of results whose runs aren't made again; None: no other results count.

    Returns:
        What the results' files say.

    Raises:
        ConfigError: If data is missing, or a known result hasn't the form.
        InputError: If another sweep works in the folder, there is no such executor, or no known results.
        OSError: If a result can't be written.
        Exit: With code 1 if a row failed; the others are done.

    Source:
        DESIGN, Command line: `e2tad table`, `e2tad sweep`.
    """
    from e2tad.experiments.document import check_data
    from e2tad.experiments.executors import make_executor
    from e2tad.experiments.known import load_known
    from e2tad.experiments.sweep import earlier_results, run_sweep

    runs = {} if known is None else load_known(known)
    for plan in plans:
        if only_plan or plan.scale == "paper":
            tell_plan(plan)
    for plan in plans:
        check_data(plan)
    if only_plan:
        return []
    found = []
    runner = make_executor(executor, jobs)
    try:
        for plan in plans:
            with _shown(plan) as watch:
                found.append(run_sweep(plan, out, runner, _command(), watch, runs))
            for row in found[-1]["rows"]:
                if row["error"]:
                    warn(f"{plan.experiment.id}, row {row['id']}: {row['error']}")
            file = out / f"{plan.experiment.id}.{plan.scale}.json"
            messages.print(f"{plan.experiment.id}: {file}", soft_wrap=True, markup=False)
            if earlier_results(file).exists():
                messages.print(
                    f"what it held of earlier code, data or machines: {earlier_results(file)}",
                    soft_wrap=True,
                    markup=False,
                )
    except KeyboardInterrupt:
        messages.print("interrupted; the same command goes on from here")
        raise
    finally:
        runner.close()
    return found


def show(result: dict[str, Any]) -> None:
    """Prints a table of means over seeds and clips, the paper's figures beside them.

    Args:
        result: What `run_sweep` gives.

    Source:
        DESIGN, Command line: `e2tad table`.
    """
    rows = result["rows"]
    metrics = [m for m in result["metrics"] if any(m["name"] in row["paper"] for row in rows)]
    metrics = metrics or result["metrics"]
    table = Table("", *(escape(m["label"]) for m in metrics), "runs")
    table.title, table.title_justify = Text(f"{result['title']} ({result['scale']})"), "left"
    table.box = None
    for row in rows:
        cells = []
        for metric in metrics:
            ours, paper = _mean(row, metric["name"]), row["paper"].get(metric["name"])
            cells.append(_number(ours) + (f" ({_number(paper)})" if paper is not None else ""))
        status = str(len(row["runs"])) if row["status"] == "done" else row["status"]
        table.add_row(Text(row["label"]), *cells, status)
    results.print(table)
    if any(row["paper"] for row in rows):
        results.print("in brackets: the paper", style="dim")
    results.print(result["data"], soft_wrap=True, markup=False)


def exit_for(found: list[dict[str, Any]]) -> None:
    """Ends with code 1 if a row failed.

    Args:
        found: What `run_plans` gives.

    Raises:
        Exit: With code 1 if a row failed.

    Source:
        House rule: a failed row is reported and the others go on.
    """
    if any(row["status"] == "failed" for result in found for row in result["rows"]):
        raise typer.Exit(1)


def tell_plan(plan: Plan) -> None:
    """Prints what an experiment would run.

    Args:
        plan: The plan.

    Source:
        DESIGN, Command line: `e2tad table`.
    """
    stages: dict[str, set[str]] = {}

    def count(task: Any) -> None:
        for need in task.needs:
            count(need)
        stages.setdefault(task.stage.name, set()).add(task.key)

    for run in plan.runs:
        count(run.unit.task)
    of = ", ".join(f"{name} {len(keys)}" for name, keys in stages.items())
    lines = [
        f"{plan.experiment.id} at scale {plan.scale}: {len(plan.rows)} rows, {len(plan.runs)} runs",
        f"  tasks: {of}",
        f"  {plan.data}",
    ]
    for row in plan.rows:
        seeds = sorted({run.seed for run in plan.runs if run.row is row})
        lines.append(f"  {row.id}: {row.label}; seeds {', '.join(map(str, seeds))}")
    for line in lines:
        messages.print(line, soft_wrap=True, markup=False)


@contextmanager
def _shown(plan: Plan) -> Iterator[Any]:
    """A live table on a terminal; else a line a run."""
    if messages.is_terminal:
        with Live(console=messages, transient=True, refresh_per_second=4) as live:
            yield lambda state: live.update(_picture(state))
        return
    from e2tad.experiments.sweep import seconds_of

    told: set[str] = set()

    def tell(state: State) -> None:
        for run in plan.runs:
            key = run.unit.task.key
            if key in state.outcomes and key not in told:
                outcome = state.outcomes[key]
                clip = f", {run.unit.clip}" if run.unit.clip else ""
                done = outcome.error or f"{seconds_of(run.unit.task, state.outcomes):.1f} s"
                messages.print(
                    f"{plan.experiment.id} {run.row.id}, seed {run.seed}{clip}: {done}",
                    soft_wrap=True,
                    markup=False,
                )
        told.update(state.outcomes)

    yield tell


def _picture(state: State) -> Group:
    plan = state.plan
    table = Table("", "runs", "now", *(escape(m.label) for m in plan.experiment.metrics), box=None)
    table.title, table.title_justify = Text(f"{plan.experiment.title} ({plan.scale})"), "left"
    for row in plan.rows:
        own = [run for run in plan.runs if run.row is row]
        found = [state.outcomes[run.unit.task.key] for run in own if run.unit.task.key in state.outcomes]
        good = [outcome.found["metrics"] for outcome in found if outcome.error is None]
        now = "failed" if len(good) < len(found) else "done" if len(found) == len(own) else ""
        if not now and any(run.unit.task.key in state.running for run in own):
            now = "running"
        cells = []
        for metric in plan.experiment.metrics:
            values = [one[metric.name] for one in good if one.get(metric.name) is not None]
            cells.append(_number(fmean(values)) if values else "")
        table.add_row(Text(row.label), f"{len(good)}/{len(own)}", now, *cells)
    running = [state.tasks[key].stage.name for key in sorted(state.running)]
    left = state.seconds_left()
    told = f"{len(state.outcomes)} of {len(state.tasks)} tasks"
    if state.kept:
        told += f" ({state.kept} from earlier sweeps)"
    if running:
        told += f"; at work: {', '.join(running)}"
    if left:
        told += f"; about {_duration(left)} left"
    return Group(table, Text(told))


def _mean(row: dict[str, Any], name: str) -> float | None:
    values = [run["metrics"][name] for run in row["runs"] if run["metrics"][name] is not None]
    return fmean(values) if values else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _command() -> str:
    return shlex.join(["e2tad", *sys.argv[1:]])
