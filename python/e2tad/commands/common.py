"""What the commands share: where messages go, and how results are printed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from e2tad import InputError

#: Messages, warnings and progress bars; stdout is kept for results.
messages = Console(stderr=True, highlight=False)

#: Results that a person reads.
results = Console(highlight=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="C.json", help="Settings that differ from the defaults.")
]


def _check_threshold(frames: int) -> int:
    if not 0 <= frames <= 1_000_000:
        raise InputError(f"--threshold: expected 0 to 1000000 frames, got {frames}")
    return frames


ThresholdOption = Annotated[
    int, typer.Option(callback=_check_threshold, help="Frames within which a catch is right.")
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


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, gone when the block ends; none where stderr is no terminal.

    Args:
        what: What is under way; one word or two.

    Yields:
        To call with what is done and how much there is in all; -1 if unknown.

    Source:
        DESIGN, Command line: progress bars on anything over two seconds.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total if total > 0 else None)

        yield tell
