"""An experiment's table with the paper's figures beside ours: Markdown, LaTeX and CSV."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from e2tad.experiments.claims import Verdict
from e2tad.experiments.results import Estimate, Metric, Result, Row, estimate

SMOKE = "Smoke scale: this shows that everything runs. Its figures mean nothing."
"""Stands over results of the smallest scale."""


@dataclass(frozen=True)
class Table:
    """A result file, with its means and intervals.

    Attributes:
        result: The file.
        estimates: By row id and metric; None where a row has no value.
        digits: Decimals that a metric is shown with.
    """

    result: Result
    estimates: dict[tuple[str, str], Estimate | None] = field(init=False)
    digits: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        result = self.result
        found = {(row.id, m.name): estimate(row, m.name) for row in result.rows for m in result.metrics}
        object.__setattr__(self, "estimates", found)
        digits = {m.name: _digits(result, m.name, found) for m in result.metrics}
        object.__setattr__(self, "digits", digits)

    def label(self, row: Row) -> str:
        """The row's, with a word where not all of it was measured."""
        return f"{row.label} (in part)" if row.in_part else row.label

    def ours(self, row: Row, metric: Metric) -> str:
        """The mean; why there is none, where the row was not measured."""
        found = self.estimates[row.id, metric.name]
        if found is None:
            return {"failed": "failed", "missing": "missing"}.get(row.status, "")
        return self.number(found.value, metric)

    def spread(self, row: Row, metric: Metric) -> str:
        """The interval, `[low, high]`; empty if there is none, or if it is a point."""
        found = self.estimates[row.id, metric.name]
        if found is None or found.interval is None:
            return ""
        low, high = (self.number(end, metric) for end in found.interval)
        return "" if low == high else f"[{low}, {high}]"

    def paper(self, row: Row, metric: Metric) -> str:
        """The paper's figure; empty if it gives none."""
        value = row.paper.get(metric.name)
        return "" if value is None else self.number(value, metric)

    def number(self, value: float, metric: Metric) -> str:
        """With the metric's decimals."""
        return f"{value:.{self.digits[metric.name]}f}"

    def in_paper(self, metric: Metric) -> bool:
        """Whether the paper gives any figure of it."""
        return any(row.paper.get(metric.name) is not None for row in self.result.rows)

    def seeds(self) -> list[int]:
        """All seeds of all rows."""
        return sorted({run.seed for row in self.result.rows for run in row.runs})


def heading(metric: Metric) -> str:
    """A metric's label with its unit."""
    return f"{metric.label}, {metric.unit}" if metric.unit else metric.label


def markdown(table: Table) -> str:
    """The table for a README.

    Args:
        table: The table.

    Returns:
        A heading, the rows (our mean with its 95 % interval, then the paper's figure), and how it was made.

    Source:
        GitHub's tables.
    """
    result = table.result
    head, align = ["row"], ["---"]
    for metric in result.metrics:
        head.append(heading(metric))
        align.append("--:")
        if table.in_paper(metric):
            head.append("paper")
            align.append("--:")
    lines = [f"### {_plain(result.title)} ({result.scale})", ""]
    if result.scale == "smoke":
        lines += [f"**{SMOKE}**", ""]
    laid_out = grid(table)
    if laid_out is not None:
        lines += [f"{_plain(result.metrics[0].label)} (the paper's in brackets):", ""]
        lines += [_cells(laid_out[0]), _cells(["--:"] * len(laid_out[0])), *map(_cells, laid_out[1]), ""]
    lines += [_cells(head), _cells(align)]
    for row in result.rows:
        shown = [table.label(row)]
        for metric in result.metrics:
            shown.append(f"{table.ours(row, metric)} {table.spread(row, metric)}".strip())
            if table.in_paper(metric):
                shown.append(table.paper(row, metric))
        lines.append(_cells(shown))
    failed = [f"{row.label}: {row.error}" for row in result.rows if row.status == "failed" and row.error]
    lines += ["", *(f"{_plain(text)}  " for text in [*failed, about(table)])]
    return "\n".join(lines) + "\n"


def grid(table: Table) -> tuple[Sequence[str], Sequence[Sequence[str]]] | None:
    """The first metric with a column a series and a row an `x`, as the paper lays out its Table 3.

    Args:
        table: The table.

    Returns:
        Heads and rows: our mean, with the paper's figure in brackets; None unless two series share an `x`.

    Source:
        The paper, Table 3.
    """
    metric = table.result.metrics[0]
    placed = {(row.series, row.x): row for row in table.result.rows if row.series and row.x is not None}
    series = list(dict.fromkeys(name for name, _ in placed))
    places = sorted({x for _, x in placed if x is not None})
    if len(placed) == len(series) or len(placed) == len(places):
        return None
    lines = []
    for x in places:
        line = [f"{x:g}"]
        for name in series:
            row = placed.get((name, x))
            ours = "" if row is None else table.ours(row, metric)
            paper = "" if row is None else table.paper(row, metric)
            line.append(f"{ours} ({paper})" if paper else ours)
        lines.append(line)
    return [table.result.x_label or "", *(str(name) for name in series)], lines


def about(table: Table) -> str:
    """What the figures are, in one line."""
    result = table.result
    count = len(table.seeds())
    parts = [f"{count} seed{'' if count == 1 else 's'}; means with 95 % intervals (bootstrap)"]
    for name, value in (
        ("data", result.data),
        ("machine", result.machine),
        ("commit", result.commit),
        ("taken over", ", ".join(result.taken_over())),
        ("energy", result.energy),
        ("made by", f"`{result.made_by}`" if result.made_by else ""),
    ):
        if value:
            parts.append(f"{name}: {value}")
    return "; ".join(parts) + "."


def verdicts_markdown(verdicts: Sequence[Verdict]) -> str:
    """The claims for a README.

    Args:
        verdicts: Of `judge`.

    Returns:
        A table, a row a claim.

    Source:
        GitHub's tables.
    """
    lines = [_cells(["claim", "source", "verdict", "found", "paper", "why"]), _cells(["---"] * 6)]
    for v in verdicts:
        found = "" if v.estimate is None else compared(v)
        # By its own metric, which isn't always the one that was judged.
        of = "" if v.metric == v.claim.metric else f" ({v.claim.metric})"
        paper = "" if v.paper is None else f"{v.paper:.4g}{of}"
        lines.append(_cells([v.claim.text, v.claim.source, f"**{v.verdict}**", found, paper, v.reason]))
    return "\n".join(lines) + "\n"


def compared(verdict: Verdict) -> str:
    """What was found, with its interval and what the claim says: `0.012 [0.004, 0.02], claim > 0`."""
    sign = ">" if verdict.claim.above is not None else "<"
    ends = ""
    if verdict.interval is not None and verdict.interval[0] != verdict.interval[1]:
        ends = f" [{verdict.interval[0]:.3g}, {verdict.interval[1]:.3g}]"
    return f"{verdict.estimate:.4g}{ends}, claim {sign} {verdict.claim.bound:g}"


def latex(table: Table) -> str:
    """The table for a paper.

    Args:
        table: The table.

    Returns:
        A `table` environment that needs the package booktabs; the paper's figures stand in brackets.

    Source:
        booktabs.
    """
    result = table.result
    columns = "l" + "r" * len(result.metrics)
    caption = f"{result.title}, scale {result.scale}. Ours, 95 % interval below; the paper's in brackets."
    if result.scale == "smoke":
        caption += f" {SMOKE}"
    lines = [
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{_tex(caption)}}}",
        f"\\label{{tab:{result.experiment}-{result.scale}}}",
        f"\\begin{{tabular}}{{{columns}}}",
        "\\toprule",
        " & ".join(["", *(_tex(heading(m)) for m in result.metrics)]) + " \\\\",
        "\\midrule",
    ]
    for row in result.rows:
        first, second = [_tex(table.label(row))], [""]
        for metric in result.metrics:
            paper = table.paper(row, metric)
            first.append(_tex(table.ours(row, metric)) + (f" ({paper})" if paper else ""))
            spread = table.spread(row, metric)
            second.append(f"{{\\scriptsize {spread}}}" if spread else "")
        lines.append(" & ".join(first) + " \\\\")
        if any(second):
            lines.append(" & ".join(second) + " \\\\")
    lines += ["\\bottomrule", "\\end{tabular}", "\\end{table}"]
    return "\n".join(lines) + "\n"


def comma_separated(table: Table) -> str:
    """The table for a spreadsheet, with all digits.

    Args:
        table: The table.

    Returns:
        A row a row: its id, label, status and seeds, then for each metric mean, interval and the paper's
        figure.

    Source:
        RFC 4180.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = [m.name for m in table.result.metrics]
    head = ["id", "label", "status", "seeds"]
    writer.writerow(head + [f"{n}{end}" for n in names for end in ("", "_low", "_high", "_paper")])
    for row in table.result.rows:
        cells: list[Any] = [row.id, row.label, row.status, len({run.seed for run in row.runs})]
        for name in names:
            found = table.estimates[row.id, name]
            low, high = (found.interval if found is not None else None) or ("", "")
            paper = row.paper.get(name)
            cells += ["" if found is None else found.value, low, high, "" if paper is None else paper]
        writer.writerow(cells)
    return out.getvalue()


def _digits(result: Result, name: str, found: dict[tuple[str, str], Estimate | None]) -> int:
    """Three figures of the middle value, and no fewer decimals than the paper's."""
    papers = [v for row in result.rows if (v := row.paper.get(name)) is not None]
    ours = [e.value for row in result.rows if (e := found[row.id, name]) is not None]
    sizes = sorted(abs(v) for v in (*ours, *papers) if v and math.isfinite(v))
    middle = sizes[len(sizes) // 2] if sizes else 1.0
    decimals = [len(f"{v:.5f}".rstrip("0").partition(".")[2]) for v in papers]
    return min(max(2 - math.floor(math.log10(middle)), max(decimals, default=0), 0), 6)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


_TEX = {
    "\\": "\\textbackslash{}",
    "&": "\\&",
    "%": "\\%",
    "$": "\\$",
    "#": "\\#",
    "_": "\\_",
    "{": "\\{",
    "}": "\\}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)
