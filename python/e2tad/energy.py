"""Joules of an interval: measured by the processor's counters or a USB power meter, or modelled."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Real
from typing import NamedTuple

from e2tad import _core

EnergyModel = _core.EnergyModel


class Energy:
    """The figure of one interval; complete once its `with` block has ended.

    `joules` is None where the figure is missing, and `note` then says why. `method` is `measured_rapl`,
    `measured_meter` or `modelled`.
    """

    def __init__(self) -> None:
        self.joules: float | None = None
        self.method = ""
        self.seconds = 0.0
        self.note = "the interval hasn't ended"
        self.frames = 0
        """Set by the caller: sampled frames that were worked on; only the model needs it."""


class EnergySource:
    """Where joules come from.

    Args:
        source: `rapl`, `meter`, `log`, `model`, or `auto`: rapl where it can be read, else model.
        path: The meter's serial device, the log's file, or another powercap folder.

    Raises:
        ConfigError: If the source is unknown or a path is missing.
        InputError: If there is no counter, no meter answers, or the log can't be used.
        FileNotFoundError: If the device or log isn't there.

    Source:
        C++: `cpp/e2tad/energy/source.hpp`.
    """

    def __init__(self, source: str = "auto", path: str | os.PathLike[str] = "") -> None:
        # A timer's thread may tick while another starts or stops.
        self._turn = threading.Lock()
        self._source = _core.energy_source(json.dumps({"source": source, "path": os.fspath(path)}))

    def tick(self) -> None:
        """To be called at least once a minute in long intervals: counters wrap around.

        Raises:
            Nothing.

        Source:
            C++: `cpp/e2tad/energy/rapl.hpp`.
        """
        with self._turn:
            self._source.tick()

    @contextmanager
    def measure(self) -> Iterator[Energy]:
        """Measures the block that it's used with.

        Yields:
            The figure, filled in when the block ends.

        Raises:
            Nothing of its own: a source that fails leaves the figure missing.

        Source:
            C++: `cpp/e2tad/energy/source.hpp`.
        """
        energy = Energy()
        with self._turn:
            self._source.start()
        try:
            yield energy
        finally:
            with self._turn:
                reading = self._source.stop(int(energy.frames) if isinstance(energy.frames, Real) else 0)
            energy.joules, energy.method = reading.joules, reading.method
            energy.seconds, energy.note = reading.seconds, reading.note


class Table2Row(NamedTuple):
    """A detector on the paper's Raspberry Pi."""

    model: str
    input: int
    fps: float
    kilojoules: float


class Table5Row(NamedTuple):
    """What was added to the row before, and the result."""

    added: str
    accuracy: float
    kilojoules: float


class Table5Test(NamedTuple):
    """An energy of Table 5 as the model predicts it, beside the paper's."""

    added: str
    paper_kj: float
    predicted_kj: float
    relative_error: float


def model() -> EnergyModel:
    """The line energy = e0 + p t through the paper's Table 2, with t = 1/FPS.

    Returns:
        The least-squares fit, computed from the table.

    Raises:
        Nothing.

    Source:
        The paper, Table 2. C++: `cpp/e2tad/energy/model.hpp`.

    >>> fitted = model()
    >>> round(fitted.e0_kj, 3), round(fitted.p_kj_per_s, 3)
    (0.127, 0.34)
    """
    return _core.energy_model()


def paper_table2() -> list[Table2Row]:
    """The paper's Table 2, as far as speed and energy go.

    Returns:
        Its rows, in order.

    Raises:
        Nothing.

    Source:
        The paper, Table 2.
    """
    return [Table2Row(*row) for row in _core.paper_table2()]


def paper_table5() -> list[Table5Row]:
    """The paper's Table 5, as far as accuracy and energy go.

    Returns:
        Its rows, in order.

    Raises:
        Nothing.

    Source:
        The paper, Table 5.
    """
    return [Table5Row(*row) for row in _core.paper_table5()]


def predict_table5(seconds: Sequence[float]) -> list[Table5Test]:
    """The model's test: Table 5's energies from measured times, beside the paper's.

    Only ratios of the times are used; the first row is met by construction.

    Args:
        seconds: Six times, one a configuration of Table 5 in its order, measured on one machine.

    Returns:
        Six rows.

    Raises:
        ValueError: If there aren't six positive times.

    Source:
        C++: `cpp/e2tad/energy/model.hpp`.
    """
    return [Table5Test(*row) for row in _core.predict_table5(list(seconds))]


def log_joules(
    path: str | os.PathLike[str],
    from_s: float | None = None,
    to_s: float | None = None,
    *,
    longest_gap_s: float = 5.0,
) -> float | None:
    """Joules between two times of a power meter's log.

    Args:
        path: A CSV file with a header: a column of times (`date...` or `time...`), and `power...` or
            `voltage...` and `current...` (or `intensity...`); commas or semicolons.
        from_s: In the log's seconds; dates are seconds since 1970. None: the first sample.
        to_s: The same. None: the last sample.
        longest_gap_s: Samples further apart don't tell what was between them.

    Returns:
        Joules, or None if a gap is too long or the interval isn't covered.

    Raises:
        FileNotFoundError: If the file isn't there.
        InputError: If a header or cell can't be used; the message names file, line and column.

    Source:
        C++: `cpp/e2tad/energy/meter.hpp`.
    """
    return _core.meter_log_joules(os.fspath(path), from_s, to_s, longest_gap_s)
