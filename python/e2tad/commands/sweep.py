"""`e2tad sweep`: an experiment's rows, seeds and clips."""

from pathlib import Path
from typing import Annotated

import typer

from e2tad.commands.common import JsonOption, print_json
from e2tad.commands.sweeping import (
    ExecutorName,
    ExecutorOption,
    JobsOption,
    KnownOption,
    OutOption,
    PlanOption,
    Scale,
    ScaleOption,
    exit_for,
    plan_of,
    run_plans,
    show,
)


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad sweep my_ablation.json --scale laptop --jobs 2 -o out/mine")
    def sweep(
        experiment: Annotated[Path, typer.Argument(metavar="EXPERIMENT.json", help="The experiment's file.")],
        scale: ScaleOption = Scale.smoke,
        out: OutOption = Path("out/tables"),
        executor: ExecutorOption = ExecutorName.local,
        jobs: JobsOption = 1,
        known: KnownOption = None,
        only_plan: PlanOption = False,
        as_json: JsonOption = False,
    ) -> None:
        """Runs what of an experiment isn't done yet; a row that is added runs alone."""
        plans = [plan_of(experiment, scale.value)]
        found = run_plans(plans, out, executor.value, jobs, only_plan, known)
        if as_json:
            print_json(found[0] if found else {})
        else:
            for result in found:
                show(result)
        exit_for(found)
