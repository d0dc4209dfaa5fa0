"""`e2tad bench`: speed beside what a user would pick instead, as ratios taken in one run."""

from itertools import groupby
from typing import Annotated, Any

import typer
from rich.table import Table

from e2tad import InputError
from e2tad.bench import SUITES, BenchRow
from e2tad.commands.common import JsonOption, messages, print_json, results


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad bench geometry associate --json > bench.json")
    def bench(
        suites: Annotated[
            list[str] | None, typer.Argument(help=f"Areas: {', '.join(SUITES)}. Default: all.")
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        r"""Speed beside peers (pip install 'e2tad\[bench]'): least times of interleaved runs, and ratios."""
        names = suites or list(SUITES)
        for name in names:
            if name not in SUITES:
                raise InputError(f"bench: expected areas of {', '.join(SUITES)}, got {name}")
        rows = []
        for name in names:
            with messages.status(f"measuring {name}"):
                rows += SUITES[name]()
        if as_json:
            print_json({"rows": [_plain(row) for row in rows], "goals": [_verdict(g) for g in _works(rows)]})
            return
        table = Table(box=None, title_justify="left")
        for column in ("work", "size", "ours, ms", "peer", "peer, ms", "ratio", "goal"):
            table.add_column(column, justify="left" if column in ("work", "size", "peer") else "right")
        for group in _works(rows):
            verdict = _verdict(group)
            for row in group:
                ratio = "missing" if row.ratio is None else f"{row.ratio:.2f}x"
                best = row.ratio is not None and row.ratio == verdict["ratio"]
                goal = "" if row.goal is None or not best else f"{row.goal:g}x {_word(verdict['reached'])}"
                peer_ms = "" if row.peer_ms is None else f"{row.peer_ms:.4g}"
                table.add_row(row.work, row.size, f"{row.ours_ms:.4g}", row.peer, peer_ms, ratio, goal)
        results.print(table)
        messages.print("ratio: the peer's time by ours; a goal is held against the fastest peer")


def _works(rows: list[BenchRow]) -> list[list[BenchRow]]:
    return [list(group) for _, group in groupby(rows, key=lambda row: (row.work, row.size))]


def _verdict(group: list[BenchRow]) -> dict[str, Any]:
    """Whether a work reaches its goal against the fastest peer that is installed."""
    ratios = [row.ratio for row in group if row.ratio is not None]
    ratio = min(ratios, default=None)
    goal = group[0].goal
    return {
        "work": group[0].work,
        "size": group[0].size,
        "ratio": ratio,
        "goal": goal,
        "reached": None if goal is None or ratio is None else ratio >= goal,
    }


def _word(reached: bool | None) -> str:
    return {True: "[green]reached[/green]", False: "[red]missed[/red]", None: ""}[reached]


def _plain(row: BenchRow) -> dict[str, Any]:
    return {
        "work": row.work,
        "size": row.size,
        "ours_ms": row.ours_ms,
        "peer": row.peer,
        "peer_ms": row.peer_ms,
        "ratio": row.ratio,
        "goal": row.goal,
    }
