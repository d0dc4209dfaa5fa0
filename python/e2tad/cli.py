"""The command line: `e2tad COMMAND`. Each command lives in its own module of `e2tad.commands`."""

import signal
import sys
from importlib import import_module
from types import FrameType
from typing import Annotated

import typer

from e2tad import InputError, __version__, _core

# In the order in which --help lists them.
_COMMANDS = (
    "demo",
    "run",
    "actions",
    "score",
    "config",
    "simulate",
    "synth",
    "train",
    "compress",
    "export",
    "eval",
    "report",
    "model",
    "table",
    "sweep",
    "data",
    "bench",
    "doctor",
)

# Of these, the ones that have subcommands.
_GROUPS = frozenset({"synth", "train", "compress", "eval", "model", "data"})

app = typer.Typer(
    name="e2tad",
    help="Who catches which ball at which frame, from a drone's video or from tracks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from e2tad import nn

        engines = ", ".join(nn.engines())
        print(f"e2tad {__version__} ({_core.build_type} build; networks by LibTorch: {engines})")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print version and back ends."
        ),
    ] = False,
) -> None:
    """Root options."""


for _name in _COMMANDS:
    import_module(f"e2tad.commands.{_name}").register(app)


def main() -> None:
    """Runs the command line; a user's mistake is one line on stderr and exit code 2.

    Raises:
        SystemExit: Always; 0 on success, 2 on bad input, 130 on Ctrl-C, 129 and 143 where the system ends it.

    Source:
        DESIGN: "exit 2 on bad input".
    """
    # Not where it is ignored, as a shell does for what runs in the background.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)
    for word in sys.argv[1:]:
        try:
            word.encode()
        except UnicodeEncodeError:
            _fail(f"{word!r}: expected UTF-8; rename the file, or make a link to it")
    try:
        app()
    except InputError as error:
        _fail(str(error))
    except ValueError as error:
        _fail(str(error))
    except OSError as error:
        if error.errno is None or error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """The first Ctrl-C ends the command; another one must not cut off what it cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _terminate(number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C, so that what is half-written goes; the exit code says which signal it was."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def _fail(message: str) -> None:
    print(f"e2tad: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)
