"""A kind of experiment that takes no time, and how to sweep it in a process that can be killed."""

import errno
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from e2tad.experiments.document import Experiment, Kind, Unit, make_plan
from e2tad.experiments.executors import make_executor
from e2tad.experiments.sweep import run_sweep
from e2tad.experiments.tasks import Stage, Task
from e2tad.settings import Settings


class Number(Settings):
    value: int = 0
    shared: int = 1
    clips: int = 1
    sleep_s: float = 0.0
    log: str = ""
    behave: str = "well"


def note(settings: dict[str, Any], what: str) -> None:
    if settings["log"]:
        with open(settings["log"], "a") as file:
            file.write(f"{what}\n")


def shared(work):
    note(work.settings, f"shared {work.settings['shared']}")
    time.sleep(work.settings["sleep_s"])
    (work.folder / "made.txt").write_text(str(work.settings["shared"]))
    return {"from_shared": 10 * work.settings["shared"]}


def measure(work):
    s = work.settings
    note(s, f"row {s['value']} seed {s['seed']} clip {s['clip']}")
    time.sleep(s["sleep_s"])
    if s["behave"] == "fail":
        raise ValueError("the third ball\nis lost")
    if s["behave"] == "bug":
        raise KeyError("nothing")
    if s["behave"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if s["behave"] == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work.folder / "w.pt"))
    made = int((work.needs[0] / "made.txt").read_text())
    total = work.found[0]["from_shared"] + 100 * s["value"] + s["seed"] + 1000 * (s["clip"] or 0)
    return {"metrics": {"sum": total, "made": made, "unused": 1}}


SHARED = Stage("shared", "sweep_kinds:shared")
MEASURE = Stage("measure", "sweep_kinds:measure")


def units(settings: Number, seed: int) -> list[Unit]:
    common = {"log": settings.log, "sleep_s": settings.sleep_s}
    need = Task(SHARED, {"shared": settings.shared, **common})
    clips = [None] if settings.clips == 1 else range(settings.clips)
    return [
        Unit(
            None if clip is None else f"clip{clip}",
            Task(
                MEASURE,
                {"value": settings.value, "seed": seed, "clip": clip, "behave": settings.behave, **common},
                (need,),
            ),
        )
        for clip in clips
    ]


def finish(rows):
    first = {run["seed"]: run["metrics"]["sum"] for run in rows[0][1]}
    for _, runs in rows:
        for run in runs:
            run["metrics"]["above_first"] = run["metrics"]["sum"] - first.get(run["seed"], 0)


NUMBERS = Kind(Number, ("sum", "made", "above_first"), units, finish=finish)


def experiment(rows, *, base=None, seeds=(0, 1), metrics=("sum", "above_first")):
    return {
        "id": "numbers",
        "title": "Numbers",
        "source": "nobody",
        "kind": "numbers",
        "base": base or {},
        "rows": [
            {"id": name, "label": name, "changes": changes, "paper": {"sum": 1.5}}
            for name, changes in rows.items()
        ],
        "seeds": list(seeds),
        "metrics": [{"name": name, "label": name, "unit": "", "better": "higher"} for name in metrics],
        "scales": {"smoke": {"data": "made up"}},
    }


def sweep(document, out, executor="local", jobs=2, watch=None, known=None):
    plan = make_plan(Experiment.parse(document), NUMBERS, "smoke", "numbers.json")
    runner = make_executor(executor, jobs)
    try:
        return run_sweep(plan, Path(out), runner, "a test", watch, known)
    finally:
        runner.close()


def without_times(result):
    """What two sweeps of the same must agree on."""
    kept = json.loads(json.dumps(result))
    for row in kept["rows"]:
        for run in row["runs"]:
            del run["seconds"]
    return kept


if __name__ == "__main__":
    sweep(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
