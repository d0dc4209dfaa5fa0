"""Shared by all tests: the command line as a user runs it, and where real data lies."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def e2tad(tmp_path: Path) -> Run:
    """Runs `e2tad ARGS...` in an empty folder, in a process of its own."""

    def run(*args: object, cwd: Path = tmp_path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "e2tad", *map(str, args)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            # A fixed width, so that help and tables don't depend on the terminal that runs the tests.
            env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
        )

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips, by name, what needs real data where E2TAD_DATA is not set."""
    if os.environ.get("E2TAD_DATA"):
        return
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason="E2TAD_DATA is not set"))


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder in E2TAD_DATA."""
    return Path(os.environ["E2TAD_DATA"])
