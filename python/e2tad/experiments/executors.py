"""Where tasks run: processes of this machine, or a Ray cluster."""

import contextlib
import logging
import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Literal, Protocol

from e2tad import InputError
from e2tad.experiments.tasks import Order, Outcome, execute

Name = Literal["local", "ray"]
NAMES: tuple[Name, ...] = ("local", "ray")
"""The executors that `make_executor` knows."""


class Executor(Protocol):
    """Runs tasks.

    Attributes:
        jobs: How many at a time.
    """

    jobs: int

    def submit(self, order: Order) -> "Future[Outcome]":
        """Starts a task; a `WorkerDiedError` in the future tells that its process is gone."""

    def close(self) -> None:
        """Ends the processes; running tasks are cut off and can go on later."""


class WorkerDiedError(RuntimeError):
    """A task's process ended before the task did."""


def make_executor(name: str, jobs: int) -> Executor:
    """An executor by its name.

    Args:
        name: One of `NAMES`.
        jobs: Tasks at a time, at least 1.

    Returns:
        The executor; close it.

    Raises:
        InputError: If the name is unknown, or Ray isn't installed or doesn't answer.

    Source:
        DESIGN, Command line: `e2tad sweep --executor local|ray`.
    """
    check_executor(name, jobs)
    return LocalExecutor(jobs) if name == "local" else RayExecutor(jobs)


def check_executor(name: str, jobs: int) -> None:
    """Makes sure that there can be such an executor.

    Args:
        name: As of `make_executor`.
        jobs: The same.

    Raises:
        InputError: If the name is unknown, or the number isn't positive.

    Source:
        DESIGN, Command line: `e2tad sweep --executor local|ray`.
    """
    if jobs < 1:
        raise InputError(f"--jobs: expected at least 1, got {jobs}")
    if name not in NAMES:
        raise InputError(f"--executor: expected {' or '.join(NAMES)}, got {name}")


class LocalExecutor:
    """Processes of this machine, each by itself: one that dies takes no other along.

    Args:
        jobs: How many processes.

    Source:
        `concurrent.futures`, whose pools are lost whole with one of their processes.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._idle: list[_Worker] = []
        self._busy: dict[Future[Outcome], _Worker] = {}
        self._lock = threading.Lock()

    def submit(self, order: Order) -> "Future[Outcome]":
        """Starts a task in an idle process, or in a new one."""
        with self._lock:
            worker = self._idle.pop() if self._idle else _Worker()
        try:
            inner = worker.pool.submit(execute, order)
        except BrokenExecutor:
            # It died while it had nothing to do.
            worker = _Worker()
            inner = worker.pool.submit(execute, order)
        outer: Future[Outcome] = Future()
        outer.set_running_or_notify_cancel()
        with self._lock:
            self._busy[outer] = worker

        def settle(done: "Future[Outcome]") -> None:
            error = None if done.cancelled() else done.exception()
            with self._lock:
                owner = self._busy.pop(outer, None)
                if owner is not None and error is None and not done.cancelled():
                    self._idle.append(owner)
            if done.cancelled() or isinstance(error, BrokenExecutor):
                outer.set_exception(WorkerDiedError("its process died: killed, or out of memory"))
            elif error is not None:
                outer.set_exception(error)
            else:
                outer.set_result(done.result())

        inner.add_done_callback(settle)
        return outer

    def close(self) -> None:
        """Ends all processes at once."""
        with self._lock:
            workers = [*self._idle, *self._busy.values()]
            self._idle.clear()
        for worker in workers:
            worker.end()


class _Worker:
    """A process that runs one task at a time, and ends when its parent is gone."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_follow, initargs=(os.getpid(),)
        )
        self._pid = self.pool.submit(os.getpid)

    def end(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        # It may be gone already.
        with contextlib.suppress(BrokenExecutor, CancelledError, TimeoutError, ProcessLookupError):
            os.kill(self._pid.result(timeout=30), signal.SIGKILL)


def _follow(parent: int) -> None:
    """Ends this process soon after its parent, even if that was killed: nobody else writes to its folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class RayExecutor:
    """A Ray cluster: the one of RAY_ADDRESS, else processes of this machine.

    Args:
        jobs: Tasks at a time; each counts as one CPU of the cluster.

    Raises:
        InputError: If Ray isn't installed, or no cluster answers.

    Source:
        Moritz et al., OSDI 2018 (Ray). The machines of a cluster see the working folder under the same name.
    """

    def __init__(self, jobs: int) -> None:
        try:
            import ray
        except ImportError as error:
            raise InputError("--executor ray: Ray isn't installed (pip install 'e2tad[ray]')") from error
        self.jobs = jobs
        self._ray: Any = ray
        self._own = not ray.is_initialized()
        if self._own:
            address = os.environ.get("RAY_ADDRESS")
            more: dict[str, Any] = {"address": address} if address else {"num_cpus": jobs}
            # Workers would be told to use no accelerator since their tasks ask for none.
            os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
            try:
                ray.init(
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    configure_logging=True,
                    **more,
                )
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise InputError(f"--executor ray: {' '.join(str(error).split())}") from error
        # A task that is run again by Ray behind the sweep's back could write beside its first run.
        self._run = ray.remote(num_cpus=1, max_retries=0)(execute)

    def submit(self, order: Order) -> "Future[Outcome]":
        """Starts a task somewhere in the cluster."""
        inner = self._run.remote(order).future()
        outer: Future[Outcome] = Future()
        outer.set_running_or_notify_cancel()
        lost = (self._ray.exceptions.RayError,)

        def settle(done: "Future[Outcome]") -> None:
            error = done.exception()
            if isinstance(error, lost):
                reason = " ".join(str(error).split()).partition(". ")[0]
                outer.set_exception(WorkerDiedError(f"its Ray worker died: {reason[:200]}"))
            elif error is not None:
                outer.set_exception(error)
            else:
                outer.set_result(done.result())

        inner.add_done_callback(settle)
        return outer

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        if self._own:
            self._ray.shutdown()
