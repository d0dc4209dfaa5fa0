"""`e2tad table`: the paper's tables, each by one command."""

from pathlib import Path
from typing import Annotated

import typer

from e2tad import InputError
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

_TABLES = ("1", "2", "3", "4", "5")


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad table 5 --scale laptop -o out/tables")
    def table(
        numbers: Annotated[
            list[str], typer.Argument(metavar="1..5|all", help="Which of the paper's tables.")
        ],
        scale: ScaleOption = Scale.smoke,
        out: OutOption = Path("out/tables"),
        executor: ExecutorOption = ExecutorName.local,
        jobs: JobsOption = 1,
        experiments: Annotated[Path, typer.Option(help="Folder with table1.json to table5.json.")] = Path(
            "experiments"
        ),
        known: KnownOption = None,
        only_plan: PlanOption = False,
        as_json: JsonOption = False,
    ) -> None:
        """The paper's tables: ours beside the paper's; a table that was cut off goes on."""
        chosen = list(_TABLES) if numbers == ["all"] else numbers
        for number in chosen:
            if number not in _TABLES:
                raise InputError(f"table: expected 1 to 5 or all, got {number}")
        plans = [plan_of(experiments / f"table{number}.json", scale.value) for number in chosen]
        found = run_plans(plans, out, executor.value, jobs, only_plan, known)
        if as_json:
            print_json({"tables": found})
        else:
            for result in found:
                show(result)
        exit_for(found)
