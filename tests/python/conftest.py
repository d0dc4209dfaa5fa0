"""Shared by all tests: the command line as a user runs it, and where real data lies."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
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


# A shell's background job ignores Ctrl-C and hands that down to every process it starts, so that tests that
# send one would find it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture
def runs_beside() -> Iterator[Callable[[Callable[[], object]], bool]]:
    """Whether another Python thread gets to run while a call is under way: the GIL was released.

    No thread is ever asked to give the GIL up here, so a waiting one can only run where the call itself
    lets it. A call should take milliseconds; it is repeated in case the machine is slow to wake the thread.
    """
    before = sys.getswitchinterval()

    def runs(call: Callable[[], object]) -> bool:
        for _ in range(300):
            gate = threading.Lock()
            gate.acquire()
            seen: list[bool] = []

            def other(gate: threading.Lock = gate, seen: list[bool] = seen) -> None:
                gate.acquire()
                seen.append(True)

            thread = threading.Thread(target=other)
            thread.start()
            gate.release()
            call()
            ran = bool(seen)
            thread.join()
            if ran:
                return True
        return False

    sys.setswitchinterval(1000)
    yield runs
    sys.setswitchinterval(before)
