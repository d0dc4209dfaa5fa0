"""Running an experiment: tasks in their order, results that are kept, a table rewritten as they come."""

import contextlib
import copy
import json
import os
import platform
import subprocess
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2tad.experiments.document import Plan, Planned, Row
from e2tad.experiments.executors import Executor, WorkerDiedError
from e2tad.experiments.known import known_run
from e2tad.experiments.tasks import Outcome, Task, identity, one_line, order_of
from e2tad.files import locked, replacing

_TICK_S = 0.5


@dataclass
class State:
    """How far a sweep is.

    Attributes:
        plan: What is run.
        outcomes: Of the tasks that are done, by their keys.
        tasks: All tasks, by their keys.
        running: Keys of those that are at work.
        kept: How many were done by an earlier sweep.
        jobs: Tasks at a time.
    """

    plan: Plan
    tasks: dict[str, Task]
    jobs: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    kept: int = 0

    def seconds_left(self) -> float | None:
        """An estimate from the tasks of the same stage that are done.

        Returns:
            Seconds; None before anything is known.

        Source:
            DESIGN, Command line (the experiments): time left.
        """
        spent: dict[str, list[float]] = {}
        for key, outcome in self.outcomes.items():
            if outcome.error is None:
                spent.setdefault(self.tasks[key].stage.name, []).append(outcome.seconds)
        if not spent:
            return None
        means = {name: sum(seconds) / len(seconds) for name, seconds in spent.items()}
        unknown = max(means.values())
        left = {True: 0.0, False: 0.0}
        for key, task in self.tasks.items():
            if key not in self.outcomes:
                left[task.stage.alone] += means.get(task.stage.name, unknown)
        return left[True] + left[False] / self.jobs


Watch = Callable[[State], None]
"""Called when something has changed, and now and then."""


def run_sweep(
    plan: Plan,
    out: Path,
    executor: Executor,
    made_by: str = "",
    watch: Watch | None = None,
    known: dict[str, Outcome] | None = None,
) -> dict[str, Any]:
    """Runs what of a plan isn't done yet.

    Args:
        plan: The experiment at its scale.
        out: Folder of the results: `ID.SCALE.json`, and `cache/` with what each task gave, which later sweeps
            take up.
        executor: Where tasks run; stays open.
        made_by: The command that made the results.
        watch: Told of progress.
        known: Runs of other sweeps, which aren't made again; see `load_known`.

    Returns:
        What the results' file says.

    Raises:
        InputError: If another sweep works in the folder.
        OSError: If the results can't be written; what is done stays done.

    Source:
        DESIGN, Command line (the experiments).
    """
    # Data may have changed since an earlier sweep of this process.
    identity.cache_clear()
    out.mkdir(parents=True, exist_ok=True)
    with locked(out, "sweep"):
        return _Sweep(plan, out, executor, made_by, watch or (lambda state: None), known or {}).run()


class _Sweep:
    def __init__(
        self,
        plan: Plan,
        out: Path,
        executor: Executor,
        made_by: str,
        watch: Watch,
        known: dict[str, Outcome],
    ) -> None:
        self._plan = plan
        self._known = known
        self._metrics = [metric.name for metric in plan.experiment.metrics]
        self._cache = out / "cache"
        self._file = out / f"{plan.experiment.id}.{plan.scale}.json"
        self._executor = executor
        self._watch = watch
        tasks: dict[str, Task] = {}
        for run in plan.runs:
            _collect(run.unit.task, tasks)
        self._state = State(plan, tasks, executor.jobs)
        self._wanted = {run.unit.task.key for run in plan.runs}
        self._head = {
            "experiment": plan.experiment.id,
            "title": plan.experiment.title,
            "scale": plan.scale,
            "source": plan.experiment.source,
            "metrics": [metric.model_dump() for metric in plan.experiment.metrics],
            "x_label": plan.experiment.x_label,
            "tradeoffs": [list(pair) for pair in plan.experiment.tradeoffs],
            "commit": _commit(),
            "machine": machine(),
            "data": plan.data,
            "energy": plan.kind.energy(plan.settings[plan.rows[0].id]),
            "made_by": made_by,
            "config": plan.base,
        }

    def run(self) -> dict[str, Any]:
        state = self._state
        waiting: dict[str, Task] = {}
        for key, task in state.tasks.items():
            kept = task.kept(self._cache)
            if kept is None and key in self._wanted:
                kept = known_run(self._known, task, self._metrics)
            if kept is None:
                waiting[key] = task
            else:
                state.outcomes[key] = kept
                state.kept += 1
        # A stage that nothing unfinished needs is not done for its own sake.
        needed: dict[str, Task] = {}
        for key in self._wanted:
            if key in waiting:
                _collect(waiting[key], needed, state.outcomes)
        for key in [key for key in waiting if key not in needed]:
            del waiting[key], state.tasks[key]
        self._keep_earlier()
        self._write()
        self._watch(state)
        futures: dict[Future[Outcome], str] = {}
        while waiting or futures:
            self._start(waiting, futures)
            if not futures:
                continue
            self._watch(state)
            done, _ = wait(futures, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            for future in done:
                key = futures.pop(future)
                state.running.discard(key)
                state.outcomes[key] = _outcome(future)
                if key in self._wanted:
                    self._write()
        self._watch(state)
        return self._write()

    def _start(self, waiting: dict[str, Task], futures: dict[Future[Outcome], str]) -> None:
        """Starts what can start; a task whose needs failed fails with them."""
        state = self._state
        for key, task in list(waiting.items()):
            outcomes = [state.outcomes.get(need.key) for need in task.needs]
            failed = next((o for o in outcomes if o is not None and o.error is not None), None)
            if failed is not None:
                # What is lacking is told once, where it happened.
                state.outcomes[key] = Outcome(None, 0.0, failed.error)
                del waiting[key]
                if key in self._wanted:
                    self._write()
                continue
            if any(outcome is None for outcome in outcomes):
                continue
            alone = any(state.tasks[other].stage.alone for other in state.running)
            if len(futures) >= self._executor.jobs or alone or (task.stage.alone and futures):
                continue
            del waiting[key]
            state.running.add(key)
            futures[self._executor.submit(order_of(task, self._cache))] = key

    def _keep_earlier(self) -> None:
        """Copies results that the file holds and this sweep has yet to make: of other code, or elsewhere."""
        try:
            content = self._file.read_bytes()
            rows = json.loads(content)["rows"]
            earlier = {(row["id"], run["seed"], run.get("clip")) for row in rows for run in row["runs"]}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return
        now = {(row["id"], run["seed"], run["clip"]) for row in self._rows() for run in row["runs"]}
        if earlier - now:
            with replacing(earlier_results(self._file)) as part:
                part.write_bytes(content)

    def _write(self) -> dict[str, Any]:
        document = {**self._head, "rows": self._rows()}
        with replacing(self._file) as part:
            part.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
        return document

    def _rows(self) -> list[dict[str, Any]]:
        plan, outcomes = self._plan, self._state.outcomes
        rows = []
        for given in plan.rows:
            own = [run for run in plan.runs if run.row is given]
            found = [(run, outcomes[run.unit.task.key]) for run in own if run.unit.task.key in outcomes]
            rows.append(_row(given, own, found, outcomes))
        plan.kind.finish([(row["paper"], row["runs"]) for row in rows])
        for measured in (run for row in rows for run in row["runs"]):
            measured["metrics"] = {name: measured["metrics"].get(name) for name in self._metrics}
        return rows


def earlier_results(file: Path) -> Path:
    """Where a sweep leaves the results that its own file had before.

    Args:
        file: The results' file.

    Returns:
        Its name with a suffix by which reports pass it over.

    Source:
        House rule: nothing is lost.
    """
    return file.with_name(f"{file.name}.earlier")


def _row(
    row: Row, runs: list[Planned], found: list[tuple[Planned, Outcome]], outcomes: dict[str, Outcome]
) -> dict[str, Any]:
    errors = [outcome.error for _, outcome in found if outcome.error is not None]
    status = "failed" if errors else "done" if len(found) == len(runs) else "missing"
    return {
        "id": row.id,
        "label": row.label,
        "series": row.series,
        "x": row.x,
        "config": row.changes,
        "paper": dict(row.paper),
        "status": status,
        "error": errors[0] if errors else None,
        "runs": [
            {
                "seed": run.seed,
                "clip": run.unit.clip,
                "metrics": copy.deepcopy(outcome.found["metrics"]),
                "seconds": outcome.seconds if outcome.origin else seconds_of(run.unit.task, outcomes),
                "work": run.unit.task.work,
                "origin": outcome.origin,
            }
            for run, outcome in found
            if outcome.error is None
        ],
    }


def seconds_of(task: Task, outcomes: dict[str, Outcome]) -> float:
    """What a task took with all that it needs, shared or not.

    Args:
        task: The task.
        outcomes: Of the tasks that are done, by their keys.

    Returns:
        Seconds.

    Source:
        House rule: a figure comes with what it cost.
    """
    tasks: dict[str, Task] = {}
    _collect(task, tasks)
    return round(sum(outcomes[key].seconds for key in tasks if key in outcomes), 3)


def _collect(task: Task, tasks: dict[str, Task], done: dict[str, Outcome] | None = None) -> None:
    """A task after those that it needs and that aren't done."""
    if task.key in tasks or (done is not None and task.key in done):
        return
    for need in task.needs:
        _collect(need, tasks, done)
    tasks[task.key] = task


def _outcome(future: "Future[Outcome]") -> Outcome:
    try:
        return future.result()
    except WorkerDiedError as error:
        return Outcome(None, 0.0, str(error))
    except Exception as error:
        return Outcome(None, 0.0, one_line(error))


def _commit() -> str | None:
    """The commit of the working folder, with a plus where files differ from it."""
    try:
        found = [
            subprocess.run(["git", *args], capture_output=True, text=True, check=True, timeout=10).stdout
            for args in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return found[0].strip() + ("+" if found[1].strip() else "")


def machine() -> str:
    """This machine in words.

    Returns:
        Its processor, cores and system.

    Source:
        House rule: a figure comes with what it was measured on.
    """
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}"
