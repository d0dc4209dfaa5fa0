"""`e2tad doctor`: versions, build and machine, for bug reports."""

import importlib.metadata
import os
import platform
import shutil
from typing import Any

import typer
from rich.table import Table

from e2tad import __version__, _core
from e2tad.commands.common import JsonOption, print_json, results

_LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "polars",
    "opencv-python-headless",
    "plotly",
    "lapx",
    "torch",
    "lightning",
    "pytorch-metric-learning",
    "pydantic",
    "pillow",
    "trackeval",
)
_PROGRAMS = ("ffmpeg", "chromium")


def diagnose() -> dict[str, Any]:
    """Collects what a bug report needs.

    Returns:
        `e2tad` (version), `build_type`, `engines` (those of INT8 networks; None where LibTorch doesn't load),
        `python`, `system`, `processor`, `cores`, `data` (the folder in E2TAD_DATA, None without), `libraries`
        (name to version, None where absent) and `programs` (name to path, None where absent).

    Source:
        DESIGN, Command line: `e2tad doctor`.
    """
    return {
        "e2tad": __version__,
        "build_type": _core.build_type,
        "engines": _engines(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "data": os.environ.get("E2TAD_DATA"),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "programs": {name: shutil.which(name) for name in _PROGRAMS},
    }


def _engines() -> str | None:
    try:
        from e2tad import nn
    except ImportError:
        return None
    return " ".join(nn.engines())


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad doctor --json > doctor.json")
    def doctor(as_json: JsonOption = False) -> None:
        """Versions, build and machine, for bug reports."""
        found = diagnose()
        if as_json:
            print_json(found)
            return
        table = Table(show_header=False, box=None)
        for key, value in found.items():
            if isinstance(value, dict):
                for name, inner in value.items():
                    table.add_row(name, inner or "[dim]not installed[/dim]")
            else:
                table.add_row(key, "[dim]none[/dim]" if value is None else str(value))
        results.print(table)
