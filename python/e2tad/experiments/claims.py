"""What the paper claims, as inequalities over rows of its tables, and whether our results bear it out."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from e2tad.experiments.results import (
    SCALES,
    Expression,
    Result,
    Row,
    Values,
    by_seed,
    cells,
    interval,
    mean,
    resampled_means,
)
from e2tad.settings import Settings

LEAST_SEEDS = 3
"""A verdict needs so many seeds."""

COVERAGE = {3: 0.75, 4: 0.80, 5: 0.85, 6: 0.87, 8: 0.88, 10: 0.90, 20: 0.93}
"""How often an interval of so many seeds held the true mean: normal values, one a seed, 2,000 trials.
Percentiles of few values are too narrow: they never reach beyond the least and the largest."""


class Claim(Settings):
    """A sentence of the paper as an inequality."""

    id: str
    """Its name."""
    text: str
    """What it says."""
    source: str
    """Section or table of the paper."""
    table: str
    """Experiment whose rows it is about."""
    metric: str
    """What is compared: a metric, or one by another (`accuracy/seconds`)."""
    by_time: str | None = None
    """What is compared instead where energy was not measured but modelled from time."""
    energy_based: bool = False
    """Whether `metric` needs the energy."""
    compare: Literal["difference", "ratio", "value"] = "difference"
    """First row less the second, first by second, or one row alone."""
    rows: list[list[str]]
    """Two row ids a comparison, or one where a row stands alone."""
    over: Literal["each", "mean"] = "each"
    """Whether each comparison must hold, or their mean."""
    above: float | None = None
    """The claim: what is compared lies above this."""
    below: float | None = None
    """The claim: it lies below this."""
    exact: bool = False
    """Whether the metric follows from the network's form alone, so that one measurement is all there is."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError(f"claim {self.id}: expected either above or below")
        wanted = 1 if self.compare == "value" else 2
        if not self.rows or any(len(rows) != wanted for rows in self.rows):
            raise ValueError(f"claim {self.id}: expected {wanted} row(s) a comparison ({self.compare})")
        if self.by_time is not None and not self.energy_based:
            raise ValueError(f"claim {self.id}: by_time is for claims that are energy_based")
        for metric in (self.metric, self.by_time):
            if metric is not None:
                Expression.parse(metric)
        return self

    @property
    def bound(self) -> float:
        """The figure that it is held against."""
        return self.above if self.above is not None else self.below or 0.0


class Figure(Settings):
    """What the paper says somewhere."""

    where: str
    """Section or table."""
    figure: str
    """Its figure or words."""


class Contradiction(Settings):
    """Where the paper says two different things."""

    id: str
    """Its name."""
    text: str
    """What it is about."""
    stated: Figure
    """What the text claims."""
    found: Figure
    """What its own table or figure gives."""


class Claims(Settings):
    """All that the paper claims."""

    claims: list[Claim]
    """In the paper's order."""
    contradictions: list[Contradiction] = Field(default_factory=list)
    """Where it contradicts itself; listed, and nothing is tuned to them."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [claim.id for claim in self.claims] + [c.id for c in self.contradictions]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two claims are named {name}")
        return self


class Part(NamedTuple):
    """One comparison of a claim."""

    rows: str
    estimate: float
    interval: tuple[float, float]
    verdict: str


class Verdict(NamedTuple):
    """What became of a claim.

    Attributes:
        claim: The claim.
        verdict: `reproduced`, `not reproduced`, `undecided`, or `undecided (smoke)`.
        reason: Why, in words; never empty where it is undecided.
        metric: What was compared, in the end.
        scale: Of the results; None if there are none.
        estimate: What was compared; of several comparisons, the one that decided. None if it can't be had.
        interval: 95 %, of the same.
        parts: Every comparison.
        paper: The same from the paper's own figures; None where it gives none.
        seeds: That all rows have.
        pairs: Seeds and clips that all rows have.
        data: What was measured on.
        energy: How energies were got, where the claim needs them.
    """

    claim: Claim
    verdict: str
    reason: str
    metric: str
    scale: str | None = None
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    parts: tuple[Part, ...] = ()
    paper: float | None = None
    seeds: tuple[int, ...] = ()
    pairs: int = 0
    data: str = ""
    energy: str | None = None

    @property
    def coverage(self) -> float | None:
        """How often an interval of so many seeds holds the truth, about; None if nothing was drawn."""
        if self.interval is None or self.claim.exact or len(self.seeds) < LEAST_SEEDS:
            return None
        return COVERAGE[max(count for count in COVERAGE if count <= len(self.seeds))]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        claim = self.claim
        return {
            "id": claim.id,
            "text": claim.text,
            "source": claim.source,
            "table": claim.table,
            "scale": self.scale,
            "verdict": self.verdict,
            "reason": self.reason,
            "metric": self.metric,
            "compare": claim.compare,
            "above": claim.above,
            "below": claim.below,
            "estimate": self.estimate,
            "interval": None if self.interval is None else list(self.interval),
            "paper": self.paper,
            "parts": [
                {
                    "rows": p.rows,
                    "estimate": p.estimate,
                    "interval": list(p.interval),
                    "verdict": p.verdict,
                }
                for p in self.parts
            ],
            "seeds": list(self.seeds),
            "coverage": self.coverage,
            "pairs": self.pairs,
            "data": self.data,
            "energy": self.energy,
        }


def judge(claims: Iterable[Claim], results: Sequence[Result]) -> list[Verdict]:
    """Holds claims against results.

    A claim is reproduced if the whole 95 % interval of a paired bootstrap lies on its side, not reproduced if
    it lies on the other, else undecided. Each is judged on the largest scale that has results of its table.

    Args:
        claims: What is claimed.
        results: What was found.

    Returns:
        A verdict each, in order.

    Raises:
        Nothing: what can't be judged is undecided, with the reason.

    Source:
        `resampled_means`; where every one of several comparisons must hold, the intersection-union test
        (Berger, 1982): the weakest decides.
    """
    largest: dict[str, Result] = {}
    for result in sorted(results, key=lambda r: SCALES.index(r.scale)):
        largest[result.experiment] = result
    return [_judge(claim, largest.get(claim.table)) for claim in claims]


def _judge(claim: Claim, result: Result | None) -> Verdict:
    if result is None:
        return Verdict(claim, "undecided", f"no results of {claim.table}", claim.metric)
    metric, energy = claim.metric, None
    if claim.energy_based:
        energy = (result.energy or "missing").split(":")[0]
        if energy in ("missing", "modelled"):
            if claim.by_time is None:
                blank = Verdict(claim, "undecided", f"energy is {energy}, and time can't tell", metric)
                return _at_scale(blank._replace(scale=result.scale, data=result.data, energy=energy))
            metric = claim.by_time
    known = Verdict(claim, "undecided", "", metric, result.scale, data=result.data, energy=energy)
    lack = {
        name: _lack(result.row(name), name, metric)
        for name in dict.fromkeys(name for rows in claim.rows for name in rows)
    }
    measured = [rows for rows in claim.rows if not any(lack[name] for name in rows)]
    # The paper's figure beside ours is of the same comparisons.
    known = known._replace(paper=_of_paper(claim.model_copy(update={"rows": measured or claim.rows}), result))
    if not measured:
        return _at_scale(known._replace(reason="; ".join(text for text in lack.values() if text)))
    names = list(dict.fromkeys(name for rows in measured for name in rows))
    found = [cells(row, metric) for row in map(result.row, names) if row is not None]
    values = by_seed(found)
    seeds = sorted({seed for seed, _ in set.intersection(*(set(row) for row in found))})
    known = known._replace(seeds=tuple(seeds), pairs=sum(len(clips) for clips in values))
    if not values:
        return _at_scale(known._replace(reason="the rows share no seed and clip"))
    # Of an exact metric every measurement is the same number; drawing among them adds nothing.
    draws = mean(values)[None] if claim.exact else resampled_means(values)
    parts = _parts(claim.model_copy(update={"rows": measured}), names, mean(values), draws)
    if parts is None:
        return _at_scale(known._replace(reason=f"{metric} of 0 in a ratio"))
    decided = _decide(known._replace(parts=parts), len(values), len(claim.rows) - len(measured))
    partly = [name for name in names if (row := result.row(name)) is not None and row.in_part]
    if partly:
        notes = [decided.reason, f"not all of {', '.join(partly)} was measured"]
        decided = decided._replace(reason="; ".join(note for note in notes if note))
    return _at_scale(decided)


def _lack(row: Row | None, name: str, metric: str) -> str:
    if row is not None and cells(row, metric):
        return ""
    if row is None or (row.status == "missing" and not row.runs):
        return f"row {name} is missing"
    if row.status == "failed":
        return f"row {name} failed" + (f": {row.error}" if row.error else "")
    return f"row {name} has no {metric}"


def _parts(claim: Claim, names: Sequence[str], means: Values, draws: Values) -> tuple[Part, ...] | None:
    """Estimates and intervals of each comparison, or of their mean; None where a ratio has no value."""
    column = {name: index for index, name in enumerate(names)}

    def compared(table: Values, rows: Sequence[str]) -> Values:
        first = table[:, column[rows[0]]]
        if claim.compare == "value":
            return first
        second = table[:, column[rows[1]]]
        if claim.compare == "difference":
            return first - second
        with np.errstate(divide="ignore", invalid="ignore"):
            return first / second

    centres = [compared(means[None], rows) for rows in claim.rows]
    spreads = [compared(draws, rows) for rows in claim.rows]
    labels = [" - ".join(r) if claim.compare == "difference" else " / ".join(r) for r in claim.rows]
    if claim.over == "mean" and len(claim.rows) > 1:
        centres, spreads = [np.mean(centres, axis=0)], [np.mean(spreads, axis=0)]
        labels = [f"mean of {len(claim.rows)}: {labels[0]}, ..., {labels[-1]}"]
    if not all(np.isfinite(s).all() and np.isfinite(c).all() for s, c in zip(spreads, centres, strict=True)):
        return None
    parts = []
    for label, centre, spread in zip(labels, centres, spreads, strict=True):
        low, high = interval(spread)
        parts.append(Part(label, float(centre[0]), (low, high), _side(claim, low, high)))
    return tuple(parts)


def _side(claim: Claim, low: float, high: float) -> str:
    if claim.below is not None:
        low, high = -high, -low
    bound = claim.bound if claim.below is None else -claim.bound
    return "reproduced" if low > bound else "not reproduced" if high <= bound else "undecided"


def _decide(known: Verdict, seeds: int, unmeasured: int) -> Verdict:
    claim, parts = known.claim, known.parts
    sign = 1.0 if claim.below is None else -1.0
    order = ("not reproduced", "undecided", "reproduced")
    weakest = min(parts, key=lambda p: (order.index(p.verdict), sign * p.estimate))
    verdict = weakest.verdict
    reasons = []
    if not claim.exact and seeds < LEAST_SEEDS:
        verdict = "undecided"
        reasons.append(f"{seeds} seed{'s' if seeds > 1 else ''}; a verdict needs {LEAST_SEEDS}")
    elif verdict == "undecided":
        reasons.append(f"the interval holds {claim.bound:g}")
    if unmeasured:
        # A part of them shows neither that all hold nor what their mean is; only that not all hold.
        if claim.over == "mean" or verdict == "reproduced":
            verdict = "undecided"
        reasons.append(f"{unmeasured} of {len(claim.rows)} comparisons were not measured")
    if len(parts) > 1:
        held = sum(part.verdict == "reproduced" for part in parts)
        reasons.append(f"{held} of {len(parts)} comparisons hold; the weakest is {weakest.rows}")
    if known.metric != claim.metric:
        reasons.append(f"energy is {known.energy}, so {known.metric} was judged")
    return known._replace(
        verdict=verdict, reason="; ".join(reasons), estimate=weakest.estimate, interval=weakest.interval
    )


def _at_scale(verdict: Verdict) -> Verdict:
    """The smallest scale shows that everything runs, and nothing else."""
    if verdict.scale != "smoke":
        return verdict
    return verdict._replace(verdict="undecided (smoke)", reason=verdict.reason or "smoke scale")


def _of_paper(claim: Claim, result: Result) -> float | None:
    """What the paper's own figures give; of several comparisons, the weakest."""
    names = list(dict.fromkeys(name for names in claim.rows for name in names))
    expression = Expression.parse(claim.metric)
    figures = []
    for name in names:
        row = result.row(name)
        value = None if row is None else expression.of(row.paper)
        if value is None:
            return None
        figures.append(value)
    means = np.array(figures)
    parts = _parts(claim, names, means, means[None])
    if parts is None:
        return None
    estimates = [part.estimate for part in parts]
    return min(estimates) if claim.below is None else max(estimates)
