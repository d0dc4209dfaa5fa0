"""Files of results: what an experiment found, row by row, with the paper's figures beside it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, Field, FiniteFloat

from e2tad import InputError
from e2tad.settings import Settings

Values = npt.NDArray[np.float64]

SCALES = ("smoke", "laptop", "paper")
"""Sizes of an experiment, from the one that only shows that it runs to the paper's own."""

RESAMPLES = 10_000
LEVEL = 0.95

Cell = tuple[int, str | None]
"""What a figure was measured on: seed and clip."""


class _Record(Settings):
    """Part of a result file. Files of later versions may hold more."""

    model_config = ConfigDict(extra="ignore")


class Metric(_Record):
    """A column of a table."""

    name: str
    """Key in each run's metrics."""
    label: str
    """As it is shown."""
    unit: str = ""
    """Of its values; empty for shares and counts."""
    better: Literal["higher", "lower", "none"] = "none"
    """Which values are better."""


class Origin(_Record):
    """Where a run was made that a sweep has from an earlier one's results."""

    commit: str | None = None
    """Of the code."""
    machine: str = ""
    """In words."""


class Trial(_Record):
    """One measurement of a row."""

    seed: int
    """Of the training, or of the simulated clip."""
    clip: str | None = None
    """The clip; null where the figures are of a whole test set."""
    metrics: dict[str, FiniteFloat | None] = Field(default_factory=dict)
    """By the metrics' names; null where one could not be had."""
    seconds: float = 0.0
    """What the measurement took, with the training that it may share with others."""
    work: str | None = None
    """Hash of its settings and data, by which a later sweep knows it."""
    origin: Origin | None = None
    """Null where this sweep made it."""


class Row(_Record):
    """A row of a table."""

    id: str
    """What claims call it."""
    label: str
    """As it is shown."""
    paper: dict[str, FiniteFloat | None] = Field(default_factory=dict)
    """The paper's figures by metric; empty where the paper has no such row."""
    status: Literal["done", "failed", "missing"] = "done"
    """Whether all of it was measured."""
    error: str | None = None
    """Why not, where something failed."""
    runs: list[Trial] = Field(default_factory=list)
    """Its measurements."""
    series: str | None = None
    """Rows of one series are joined by a line."""
    x: float | None = None
    """Where on that line the row stands."""
    config: dict[str, Any] | None = None
    """Its changes to the base settings."""

    @property
    def in_part(self) -> bool:
        """Whether some of its measurements are there and others aren't."""
        return self.status != "done" and bool(self.runs)


class Result(_Record):
    """What an experiment found."""

    experiment: str
    """table1 to table5, or a sweep's name."""
    title: str
    """Its heading."""
    scale: Literal["smoke", "laptop", "paper"]
    """How large it was run."""
    source: str = ""
    """Where the paper has it."""
    metrics: list[Metric] = Field(min_length=1)
    """Columns, in order."""
    rows: list[Row]
    """In order."""
    commit: str | None = None
    """Of the code, where it lies in a repository."""
    machine: str = ""
    """In words."""
    data: str = ""
    """In words."""
    energy: str | None = None
    """How energies were got: a word, perhaps with more after a colon; `modelled` where from time."""
    made_by: str = ""
    """The command."""
    x_label: str | None = None
    """What `x` of the rows is."""
    tradeoffs: list[tuple[str, str]] = Field(default_factory=list)
    """Pairs of metrics to plot against each other."""
    config: dict[str, Any] | None = None
    """Base settings."""

    @property
    def name(self) -> str:
        """Experiment and scale, as in the file's name."""
        return f"{self.experiment}.{self.scale}"

    def taken_over(self) -> list[str]:
        """Of what other sweeps the runs are that this one didn't make, in words."""
        counts = Counter(
            f"commit {run.origin.commit} on {run.origin.machine}"
            for row in self.rows
            for run in row.runs
            if run.origin is not None
        )
        return [f"{count} runs by {where}" for where, count in counts.items()]

    def row(self, name: str) -> Row | None:
        """A row by its id; None if there is none."""
        return next((row for row in self.rows if row.id == name), None)


def load_results(folder: str | Path) -> list[Result]:
    """Reads a folder's result files, `EXPERIMENT.SCALE.json`; other files are left alone.

    Args:
        folder: Where they are.

    Returns:
        By experiment, then by scale, the smallest first.

    Raises:
        InputError: If there is none, or a file isn't JSON or lies under another's name.
        ConfigError: If one hasn't the form; names file and key.
        OSError: If the folder or a file can't be read.

    Source:
        The form is `Result`.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root}: expected a folder with result files (table1.laptop.json, ...)")
    results = []
    for path in sorted(root.glob("*.json")):
        experiment, _, scale = path.stem.rpartition(".")
        if scale not in SCALES:
            continue
        result = Result.load(path)
        if result.name != path.stem:
            raise InputError(f"{path}: expected results of {experiment}, {scale}, got those of {result.name}")
        results.append(result)
    if not results:
        raise InputError(f"{root}: no result files (table1.laptop.json, ...); `e2tad table` makes them")
    return sorted(results, key=lambda r: (r.experiment, SCALES.index(r.scale)))


class Expression(NamedTuple):
    """A metric, or a metric by another (`accuracy/seconds`, `1/fps`)."""

    over: str
    under: str | None

    @classmethod
    def parse(cls, text: str) -> "Expression":
        """Splits at the one slash that may be there.

        Args:
            text: `NAME`, `NAME/NAME` or `1/NAME`.

        Returns:
            The expression.

        Raises:
            ValueError: If it has another form.

        Source:
            This project's own.
        """
        over, *under = text.split("/")
        if len(under) > 1 or not all(part.isidentifier() for part in under):
            raise ValueError(f"expected a metric, or one metric by another, got {text}")
        if not over.isidentifier() and not (over == "1" and under):
            raise ValueError(f"expected a metric, or one metric by another, got {text}")
        return cls(over, under[0] if under else None)

    def of(self, metrics: dict[str, float | None]) -> float | None:
        """Its value from a run's metrics or the paper's; None where one is missing or the divisor is 0."""
        over = 1.0 if self.over == "1" else metrics.get(self.over)
        if over is None or self.under is None:
            return over
        under = metrics.get(self.under)
        return None if not under else over / under


def cells(row: Row, metric: str) -> dict[Cell, float]:
    """A row's values of a metric.

    Args:
        row: The row.
        metric: An `Expression`.

    Returns:
        By seed and clip; what was measured twice is averaged, what is missing is left out.

    Source:
        This project's own.
    """
    expression = Expression.parse(metric)
    found: dict[Cell, list[float]] = {}
    for run in row.runs:
        value = expression.of(run.metrics)
        if value is not None:
            found.setdefault((run.seed, run.clip), []).append(value)
    return {cell: float(np.mean(values)) for cell, values in found.items()}


def by_seed(rows: Sequence[dict[Cell, float]]) -> list[Values]:
    """Matches rows by what they were measured on.

    Args:
        rows: K rows' `cells`.

    Returns:
        For each seed that all rows have, by rising number: `(clips, K)` values on the clips that all have.

    Source:
        This project's own.
    """
    shared = set.intersection(*(set(row) for row in rows)) if rows else set()
    ordered = sorted(shared, key=lambda cell: (cell[0], cell[1] or ""))
    return [
        np.array([[row[cell] for row in rows] for cell in ordered if cell[0] == seed])
        for seed in dict.fromkeys(cell[0] for cell in ordered)
    ]


def mean(values: Sequence[Values]) -> Values:
    """Means over seeds of their means over clips.

    Args:
        values: A seed's `(clips, K)` each.

    Returns:
        `(K,)`.

    Source:
        This project's own.
    """
    return np.asarray(np.mean([seed.mean(axis=0) for seed in values], axis=0))


def resampled_means(values: Sequence[Values], resamples: int = RESAMPLES, seed: int = 0) -> Values:
    """Bootstrap of `mean`, paired: the K columns of a draw come from the same seeds and clips.

    Seeds are drawn with replacement, then clips within each drawn seed: clips of one seed share its training,
    so they don't count as independent of each other.

    Args:
        values: A seed's `(clips, K)` each; at least one seed.
        resamples: How many draws.
        seed: Of the draws.

    Returns:
        `(resamples, K)`.

    Raises:
        ValueError: If there is no seed.

    Source:
        Davison and Hinkley, Bootstrap Methods and their Application, Sec. 3.8 (hierarchical data). With one
        clip a seed: `scipy.stats.bootstrap(..., paired=True)`.
    """
    if not values:
        raise ValueError("expected at least one seed")
    random = np.random.default_rng(seed)
    count = np.array([len(clips) for clips in values])
    most = int(count.max())
    padded = np.zeros((len(values), most, values[0].shape[1]))
    for index, clips in enumerate(values):
        padded[index, : len(clips)] = clips
    drawn = random.integers(0, len(values), (resamples, len(values)))
    if most == 1:
        return np.asarray(padded[drawn, 0].mean(axis=1))
    sums = np.zeros((resamples, len(values), padded.shape[2]))
    for turn in range(most):
        clip = random.integers(0, count[drawn])
        sums += padded[drawn, clip] * (turn < count[drawn])[..., None]
    return np.asarray((sums / count[drawn][..., None]).mean(axis=1))


def interval(statistics: Values) -> tuple[float, float]:
    """The middle 95 % of resampled statistics.

    Args:
        statistics: `(resamples,)`.

    Returns:
        Its 2.5th and 97.5th percentile.

    Source:
        Efron's percentile interval.
    """
    low, high = np.quantile(statistics, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


class Estimate(NamedTuple):
    """A row's figure."""

    value: float
    interval: tuple[float, float] | None
    seeds: int
    cells: int


def estimate(row: Row, metric: str) -> Estimate | None:
    """A row's mean with its interval.

    Args:
        row: The row.
        metric: An `Expression`.

    Returns:
        None if the row has no value of it; no interval with fewer than two measurements.

    Source:
        `resampled_means`.
    """
    values = by_seed([cells(row, metric)])
    if not values:
        return None
    count = sum(len(clips) for clips in values)
    spread = interval(resampled_means(values)[:, 0]) if count > 1 else None
    return Estimate(float(mean(values)[0]), spread, len(values), count)
