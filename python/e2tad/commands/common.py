"""What the commands share: where messages go, and how results are printed."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

#: Messages, warnings and progress bars; stdout is kept for results.
messages = Console(stderr=True, highlight=False)

#: Results that a person reads.
results = Console(highlight=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


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
