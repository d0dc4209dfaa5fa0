"""`e2tad data`: the health of data sets."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from e2tad.commands.common import JsonOption, messages, print_json, results, warn


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """
    data = typer.Typer(no_args_is_help=True, help="Data sets.")
    app.add_typer(data, name="data")

    @data.callback()
    def _group() -> None:
        """Keeps `check` a subcommand while it is the only one."""

    @data.command(epilog="Example: e2tad data check market1501 Market-1501-v15.09.15")
    def check(
        name: Annotated[str, typer.Argument(help="market1501, dukemtmc or cuhk03.", show_default=False)],
        root: Annotated[Path, typer.Argument(help="The set's folder.", show_default=False)],
        as_json: JsonOption = False,
    ) -> None:
        """Reads everything in a set once, counts, and says what is wrong; exit code 1 if anything is."""
        from e2tad.data import reid

        with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
            task = bar.add_task("reading", total=None)
            found = reid.check(name, root, lambda done, total: bar.update(task, completed=done, total=total))
        if as_json:
            print_json(found)
        else:
            table = Table(box=None)
            columns = ("images", "identities", "cameras", "junk", "distractors", "sizes")
            for column in ("part", *columns):
                table.add_column(column, justify="left" if column in ("part", "sizes") else "right")
            for part, counts in found["parts"].items():
                sizes = " to ".join(dict.fromkeys(counts["sizes"]))
                table.add_row(part, *(f"{counts[column]:,}" for column in columns[:-1]), sizes)
            results.print(table)
            for problem in found["problems"]:
                warn(problem)
        if found["problems"]:
            raise typer.Exit(1)
