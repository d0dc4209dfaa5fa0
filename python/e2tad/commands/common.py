"""What the commands share: where messages go, and how results are printed."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

#: Messages, warnings and progress bars; stdout is kept for results.
messages = Console(stderr=True, highlight=False)

#: Results that a person reads.
results = Console(highlight=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="C.json", help="Settings that differ from the defaults.")
]

SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="A.B=V", help="Set one key; may be repeated.")
]


def print_json(result: dict[str, Any]) -> None:
    """Prints one JSON object on stdout.

    Args:
        result: Anything that `json` writes; floats keep all their digits.

    Source:
        DESIGN, Command line: `--json` prints one JSON object, messages go to stderr.
    """
    print(json.dumps(result, indent=2, allow_nan=False))


def warn(message: str) -> None:
    """Prints one warning line on stderr.

    Args:
        message: What the user should know; one line.

    Source:
        House rule: errors and warnings are one clear line.
    """
    messages.print(f"[yellow]warning:[/yellow] {escape(message)}", soft_wrap=True)
