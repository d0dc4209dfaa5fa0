"""Energies as the paper's machine would have them, from times on another one."""

from e2tad import energy
from e2tad.experiments.document import Rows


def as_on_the_paper_machine(rows: Rows, seconds: str) -> None:
    """Adds `energy_kj` to runs that have none measured.

    Only ratios of times are used: this isn't the paper's machine. The first row's time is taken for what the
    model needs for the paper's energy of that row.

    Args:
        rows: The experiment's, in order; the runs' metrics are changed. Runs are compared with the first
            row's run of the same seed and clip.
        seconds: The metric with the time.

    Source:
        The paper, Table 2. C++: `cpp/e2tad/energy/model.hpp`, `predict_table5`.
    """
    model = energy.model()
    paper, first_runs = rows[0]
    kilojoules = paper.get("energy_kj")
    first = {(run["seed"], run["clip"]): run["metrics"].get(seconds) for run in first_runs}
    for _, runs in rows:
        for run in runs:
            metrics = run["metrics"]
            if metrics.get("energy_kj") is not None:
                continue
            here, there = metrics.get(seconds), first.get((run["seed"], run["clip"]))
            metrics["energy_kj"] = None
            if kilojoules is not None and here and there:
                scaled = model.seconds_per_frame(kilojoules) * here / there
                metrics["energy_kj"] = model.kilojoules(scaled)
