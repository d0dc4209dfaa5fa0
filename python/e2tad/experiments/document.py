"""Experiment files: a base, rows that differ from it, seeds, metrics, and the paper's own figures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from e2tad import ConfigError, _core
from e2tad.experiments.tasks import Task
from e2tad.patches import merge_patch
from e2tad.settings import Settings

ScaleName = Literal["smoke", "laptop", "paper"]


class Metric(Settings):
    """What is measured of a row."""

    name: str = Field(min_length=1)
    """As the kind of experiment calls it."""
    label: str
    """A column's head."""
    unit: str = ""
    """Empty for shares and counts."""
    better: Literal["higher", "lower", "none"]
    """Which of two figures is the better one."""


class Row(Settings):
    """One row of a table."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    """Unique in the experiment."""
    label: str
    """As a reader knows it."""
    changes: dict[str, Any] = Field(default={})
    """What differs from the base: a JSON merge patch (RFC 7386)."""
    paper: dict[str, float | None] = Field(default={})
    """The paper's own figures by metric."""
    seeds: tuple[int, ...] | None = Field(default=None, min_length=1)
    """Of the experiment's seeds those that this row runs; null: all."""
    series: str | None = None
    """Rows of one series make a line of a plot."""
    x: float | None = None
    """Where the row stands on that line."""


class Scale(Settings):
    """What differs at one scale."""

    data: str
    """In words: what is measured on, and what that is worth."""
    base: dict[str, Any] = Field(default={})
    """A merge patch over the base."""
    seeds: tuple[int, ...] | None = Field(default=None, min_length=1)
    """In place of the experiment's."""
    rows: tuple[str, ...] | None = Field(default=None, min_length=1)
    """The only rows that run, by their ids; null: all."""


class Experiment(Settings):
    """A table of results and how it is made."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_-]+$")
    """The results' file is called so."""
    title: str
    """For the page."""
    source: str
    """Whose experiment this is."""
    kind: str
    """What is measured: one of `e2tad.experiments.kinds.KINDS`."""
    base: dict[str, Any]
    """Settings of that kind."""
    rows: tuple[Row, ...] = Field(min_length=1)
    """Each is the base with its changes."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Each row runs once a seed."""
    metrics: tuple[Metric, ...] = Field(min_length=1)
    """The columns."""
    scales: dict[ScaleName, Scale] = Field(min_length=1)
    """How much work it is."""
    x_label: str | None = None
    """What the rows' `x` is."""
    tradeoffs: tuple[tuple[str, str], ...] = ()
    """Pairs of metrics that are drawn against each other."""


@dataclass(frozen=True)
class Unit:
    """One figure of a row's: what a seed, and perhaps a clip, gives.

    Attributes:
        clip: Which of a seed's; None where a seed is one unit.
        task: Gives `{"metrics": {name: number or None}}`.
    """

    clip: str | None
    task: Task


@dataclass(frozen=True)
class Needed:
    """Data that a row can't do without.

    Attributes:
        field: The setting that names it.
        path: As the setting has it.
        there: Whether it is.
    """

    field: str
    path: str
    there: bool


Rows = list[tuple[dict[str, float | None], list[dict[str, Any]]]]
"""Of each row the paper's figures and the runs, each with `seed`, `clip` and `metrics`."""


@dataclass(frozen=True)
class Kind:
    """A kind of experiment.

    Attributes:
        settings: What its base and rows can say.
        metrics: What it measures.
        plan: The units of a row and a seed.
        needed: The data of a row.
        energy: How joules are got, from the base; None where there are none.
        finish: Adds to the runs' metrics what only all rows together tell.
    """

    settings: type[Settings]
    metrics: tuple[str, ...]
    plan: Callable[[Any, int], list[Unit]]
    needed: Callable[[Any], list[Needed]] = lambda settings: []
    energy: Callable[[Any], str | None] = lambda settings: None
    finish: Callable[[Rows], None] = lambda rows: None


@dataclass(frozen=True)
class Planned:
    """One run of an experiment."""

    row: Row
    seed: int
    unit: Unit


@dataclass(frozen=True)
class Plan:
    """An experiment at a scale.

    Attributes:
        source: The experiment's file.
        experiment: It.
        kind: Its kind.
        scale: The scale's name.
        data: In words.
        base: The base at this scale.
        settings: Of each row, resolved.
        rows: Those that run at this scale.
        runs: Their runs, in the order of rows, seeds and clips.
    """

    source: str
    experiment: Experiment
    kind: Kind
    scale: str
    data: str
    base: dict[str, Any]
    settings: dict[str, Any]
    rows: tuple[Row, ...]
    runs: tuple[Planned, ...]


def make_plan(experiment: Experiment, kind: Kind, scale: str, source: str) -> Plan:
    """All runs of an experiment at a scale.

    Args:
        experiment: The experiment.
        kind: Its kind.
        scale: The scale's name.
        source: The experiment's file, for errors.

    Returns:
        The plan. Nothing is run yet, and data may be missing.

    Raises:
        ConfigError: If a name or a setting isn't usable; names file and field.

    Source:
        DESIGN, Command line: `e2tad table`, `e2tad sweep`.
    """
    _check_names(experiment, kind, source)
    if scale not in experiment.scales:
        raise ConfigError(f"{source}: /scales: expected {scale} among {', '.join(experiment.scales)}")
    sized = experiment.scales[scale]
    rows = _rows(experiment, sized, source, scale)
    seeds = sized.seeds or experiment.seeds
    twice = next((seed for seed in seeds if seeds.count(seed) > 1), None)
    if twice is not None:
        where = "/seeds" if sized.seeds is None else f"/scales/{scale}/seeds"
        raise ConfigError(f"{source}: {where}: {twice} is there twice")
    base = merge_patch(experiment.base, sized.base)
    settings, runs = {}, []
    for row in rows:
        where = f"{source}: row {row.id}"
        settings[row.id] = own = kind.settings.parse(merge_patch(base, row.changes), where)
        if row.seeds is not None and not set(row.seeds) & set(seeds):
            raise ConfigError(f"{where}: /seeds: none of them is among those of scale {scale}, {seeds}")
        for seed in seeds:
            if row.seeds is None or seed in row.seeds:
                try:
                    runs += [Planned(row, seed, unit) for unit in kind.plan(own, seed)]
                except ConfigError as error:
                    raise ConfigError(f"{where}: {error}") from None
    return Plan(source, experiment, kind, scale, sized.data, base, settings, rows, tuple(runs))


def check_data(plan: Plan) -> None:
    """Refuses a plan whose data isn't there.

    Args:
        plan: The plan.

    Raises:
        ConfigError: Names file, row and field of what is missing first.

    Source:
        House rule: what a user has to do is told before hours of work.
    """
    for row in plan.rows:
        for need in plan.kind.needed(plan.settings[row.id]):
            if not need.there:
                raise ConfigError(f"{plan.source}: row {row.id}: {need.field}: no data at {need.path}")


def load_experiment(path: str | Path) -> Experiment:
    """Reads an experiment's file.

    Args:
        path: The file.

    Returns:
        The experiment; `make_plan` checks what its kind has to say.

    Raises:
        ConfigError: For an unknown key (with the nearest known one), a wrong type or a value out of range.
        InputError: If it isn't JSON.
        OSError: If it can't be read.

    Source:
        DESIGN, Command line: `e2tad sweep EXPERIMENT.json`.
    """
    return Experiment.load(path)


def _check_names(experiment: Experiment, kind: Kind, source: str) -> None:
    names = [metric.name for metric in experiment.metrics]
    for i, name in enumerate(names):
        _known(name, kind.metrics, f"{source}: /metrics/{i}/name", f"a {experiment.kind} experiment measures")
        if name in names[:i]:
            raise ConfigError(f"{source}: /metrics/{i}/name: {name} is there already")
    ids: list[str] = []
    for i, row in enumerate(experiment.rows):
        if row.id in ids:
            raise ConfigError(f"{source}: /rows/{i}/id: {row.id} is there already")
        ids.append(row.id)
        for name in row.paper:
            _known(name, names, f"{source}: /rows/{i}/paper/{name}", "the metrics are")
        strange = set(row.seeds or ()) - set(experiment.seeds)
        if strange:
            raise ConfigError(f"{source}: /rows/{i}/seeds: {min(strange)} is none of /seeds")
    for i, pair in enumerate(experiment.tradeoffs):
        for name in pair:
            _known(name, names, f"{source}: /tradeoffs/{i}", "the metrics are")


def _rows(experiment: Experiment, sized: Scale, source: str, scale: str) -> tuple[Row, ...]:
    if sized.rows is None:
        return experiment.rows
    ids = [row.id for row in experiment.rows]
    for i, name in enumerate(sized.rows):
        _known(name, ids, f"{source}: /scales/{scale}/rows/{i}", "the rows are")
    return tuple(row for row in experiment.rows if row.id in sized.rows)


def _known(name: str, names: Any, where: str, told: str) -> None:
    if name in names:
        return
    nearest = _core.nearest_name(name, list(names))
    hint = f"did you mean {nearest}?" if nearest else f"{told} {', '.join(names)}"
    raise ConfigError(f"{where}: unknown name {name}, {hint}")
