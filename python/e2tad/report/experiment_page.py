"""Pages of experiments: one a result file, and an overview of all with the verdicts on the paper's claims."""

import html
import json
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from e2tad.experiments.claims import Contradiction, Verdict
from e2tad.experiments.results import Estimate, Metric, Row
from e2tad.report import style
from e2tad.report.tables import SMOKE, Table, compared, grid, heading

_OURS, _PAPER = style.color(0), style.color(3)
_ROWS = style.PALETTE

_STYLE = """
  .plots { display: grid; gap: .6rem 1.2rem;
           grid-template-columns: repeat(auto-fill, minmax(min(25rem, 100%), 1fr)); }
  .plots figure { margin: 0; min-width: 0; overflow: hidden; }
  .figures td, .figures th { padding-left: .7rem; }
  .figures td:first-child, .figures th:first-child { padding-left: 0; position: sticky; left: 0;
                                                     background: #fff; min-width: 5.5rem; }
  .figures small { display: block; color: #555; }
  .paper { color: #555; background: #f4f6f8; }
  .claim { border-bottom: 1px solid #e6e6e6; padding: .45rem 0; }
  .claim b { display: inline-block; font-size: .8rem; border-radius: 4px; padding: 0 .45rem;
             margin-right: .5rem; background: #e8e8e8; color: #444; }
  .claim b.good { background: #dff3ea; color: #00704f; } .claim b.bad { background: #fbe6d9; color: #b04000; }
  .claim .note { display: block; overflow-wrap: anywhere; }
  nav { margin: 0 0 .8rem; }
"""

_VERDICTS = ("reproduced", "undecided", "not reproduced")
_TINT = {"reproduced": style.color(2), "undecided": "#bbbbbb", "not reproduced": style.color(3)}


def table_page(table: Table, verdicts: Sequence[Verdict]) -> str:
    """The page of one result file.

    Args:
        table: The file.
        verdicts: On the claims about its rows.

    Returns:
        The document.

    Source:
        DESIGN, Command line: `e2tad report`.
    """
    result = table.result
    parts = ['<nav><a href="index.html">all experiments</a></nav>']
    if result.scale == "smoke":
        parts.append(f'<p class="warning">{html.escape(SMOKE)}</p>')
    done = sum(row.status == "done" for row in result.rows)
    seeds = len(table.seeds())
    parts.append(
        style.facts(
            [
                (f"{done} of {len(result.rows)}", "rows measured"),
                (str(seeds), "seed" if seeds == 1 else "seeds"),
                (result.scale, "scale"),
            ]
        )
    )
    for row in result.rows:
        if row.status == "failed":
            text = f"{row.label} failed: {row.error or 'no reason given'}"
            parts.append(f'<p class="warning">{html.escape(text)}</p>')
    parts.append(f"<h2>Figures</h2>\n{_figures(table)}")
    parts.append(_plots(table))
    if verdicts:
        parts.append("<h2>The paper's claims</h2>\n" + "".join(_claim(verdict) for verdict in verdicts))
    parts.append(_made(table))
    return style.page(f"{result.title} ({result.scale})", parts, _STYLE)


def overview_page(
    tables: Sequence[Table], verdicts: Sequence[Verdict], contradictions: Sequence[Contradiction]
) -> str:
    """The page that links all.

    Args:
        tables: All result files.
        verdicts: On all claims.
        contradictions: Where the paper contradicts itself.

    Returns:
        The document.

    Source:
        DESIGN, Command line: `e2tad report`.
    """
    parts = []
    if verdicts:
        counts = [(str(sum(_kind(v) == name for v in verdicts)), name) for name in _VERDICTS]
        parts.append(style.facts([(str(len(verdicts)), "claims of the paper"), *counts]))
    rows = []
    for table in tables:
        result = table.result
        done = sum(row.status == "done" for row in result.rows)
        link = f'<a href="{html.escape(result.name)}.html">{html.escape(result.title)}</a>'
        rows.append(
            f"<tr><td>{link}</td><td>{result.scale}</td><td class='n'>{done} of {len(result.rows)}</td>"
            f"<td class='n'>{len(table.seeds())}</td><td class='minor'>{html.escape(result.data)}</td></tr>"
        )
    parts.append("<h2>Experiments</h2>")
    head = "<th>experiment</th><th>scale</th><th class='n'>rows</th><th class='n'>seeds</th>"
    body = f"<tr>{head}<th class='minor'>data</th></tr>{''.join(rows)}"
    parts.append(f"<div class='wide'>{style.table(None, body)}</div>")
    if any(table.result.scale == "smoke" for table in tables):
        parts.append(f'<p class="note">{html.escape(SMOKE)}</p>')
    if verdicts:
        parts.append(f"<h2>Claims by table</h2>\n{style.plot(_counts(verdicts), wheel=False)}")
        for name in dict.fromkeys(v.claim.table for v in verdicts):
            of_table = [v for v in verdicts if v.claim.table == name]
            title = next((t.result.title for t in tables if t.result.experiment == name), _short_name(name))
            parts.append(f"<h2>{html.escape(title)}</h2>" + "".join(_claim(v) for v in of_table))
    if contradictions:
        parts.append("<h2>Where the paper contradicts itself</h2>")
        parts.append('<p class="note">Listed; nothing is tuned to either.</p>')
        cells = [
            (c.text, f"{c.stated.where}: {c.stated.figure}", f"{c.found.where}: {c.found.figure}")
            for c in contradictions
        ]
        parts.append(style.table(("about", "it says", "it also says"), style.rows(cells)))
    return style.page("E2TAD: the paper's tables, measured again", parts, _STYLE)


def _short_name(experiment: str) -> str:
    """`Table 1` of `table1`; other experiments keep their ids."""
    number = experiment.removeprefix("table")
    return f"Table {number}" if number.isdigit() else experiment


def _kind(verdict: Verdict) -> str:
    return "undecided" if verdict.verdict.startswith("undecided") else verdict.verdict


def _claim(verdict: Verdict) -> str:
    look = {"reproduced": " class='good'", "not reproduced": " class='bad'"}.get(verdict.verdict, "")
    notes = [verdict.claim.source]
    if verdict.estimate is not None:
        # A ratio or a difference, unless one row stands alone.
        what = "" if verdict.claim.compare == "value" else f"{verdict.claim.compare} of "
        notes.append(f"{what}{verdict.metric}: {compared(verdict)}")
    if verdict.paper is not None:
        of = "" if verdict.metric == verdict.claim.metric else f" of {verdict.claim.metric}"
        notes.append(f"the paper's own figures{of}: {verdict.paper:.4g}")
    if verdict.seeds:
        count = len(verdict.seeds)
        text = f"{count} seed{'' if count == 1 else 's'}"
        if verdict.pairs != count:
            text += f", {verdict.pairs} pairs"
        if verdict.coverage is not None:
            text += f" (such intervals hold the truth {verdict.coverage:.0%} of the time)"
        notes.append(text)
    if verdict.energy is not None and verdict.metric == verdict.claim.metric:
        notes.append(f"energy: {verdict.energy}")
    if verdict.reason:
        notes.append(verdict.reason)
    note = html.escape(" · ".join(notes))
    text = html.escape(verdict.claim.text)
    return f'<div class="claim"><b{look}>{verdict.verdict}</b>{text}<span class="note">{note}</span></div>'


def _figures(table: Table) -> str:
    """The table itself; it scrolls sideways on a phone, with the rows' names held."""
    head = ["<th></th>"]
    for metric in table.result.metrics:
        head.append(f'<th class="n">{html.escape(heading(metric))}</th>')
        if table.in_paper(metric):
            head.append('<th class="n paper">paper</th>')
    lines = ["<tr>" + "".join(head) + "</tr>"]
    for row in table.result.rows:
        cells = [f"<td>{html.escape(table.label(row))}</td>"]
        for metric in table.result.metrics:
            spread = table.spread(row, metric)
            small = f"<small>{spread}</small>" if spread else ""
            cells.append(f'<td class="n">{html.escape(table.ours(row, metric))}{small}</td>')
            if table.in_paper(metric):
                cells.append(f'<td class="n paper">{table.paper(row, metric)}</td>')
        lines.append("<tr>" + "".join(cells) + "</tr>")
    note = ""
    if any(table.spread(row, metric) for row in table.result.rows for metric in table.result.metrics):
        note = '<p class="note">Ours, with 95 % intervals (bootstrap over seeds and clips) below.</p>'
    whole = f'<div class="wide"><table class="figures">{"".join(lines)}</table></div>{note}'
    laid_out = grid(table)
    if laid_out is None:
        return whole
    first = f"<p>{html.escape(table.result.metrics[0].label)}, the paper's in brackets:</p>"
    small = style.table(laid_out[0], style.rows(laid_out[1]))
    return f'{first}<div class="wide"><div>{small}</div></div><p>All figures:</p>{whole}'


def _plots(table: Table) -> str:
    result = table.result
    joined = [row for row in result.rows if row.series is not None and row.x is not None]
    apart = [row for row in result.rows if row not in joined]
    figures = []
    for metric in result.metrics:
        on_lines = [row for row in joined if table.estimates[row.id, metric.name]]
        alone = [row for row in apart if table.estimates[row.id, metric.name]]
        # One row beside the lines is a level to compare them with; more get a plot of their own.
        if on_lines:
            levels = alone if len(alone) == 1 else []
            figures.append((heading(metric), line_figure(table, metric, joined, levels)))
        if (alone and not on_lines) or len(alone) > 1:
            figures.append((heading(metric), dot_figure(table, metric, apart)))
    by_name = {m.name: m for m in result.metrics}
    for x, y in result.tradeoffs:
        if x in by_name and y in by_name:
            title = f"{by_name[y].label} by {by_name[x].label}"
            figures.append((title, tradeoff_figure(table, by_name[x], by_name[y])))
    if not figures:
        return ""
    shown = [
        f"<figure><figcaption>{html.escape(title)}</figcaption>"
        f"{style.plot(figure, library=k == 0, wheel=False)}</figure>"
        for k, (title, figure) in enumerate(figures)
    ]
    return f'<h2>Plots</h2>\n<div class="plots">{"".join(shown)}</div>'


def dot_figure(table: Table, metric: Metric, rows: Sequence[Row]) -> go.Figure:
    """A metric of each row, with its interval, and the paper's figure.

    Args:
        table: The table.
        metric: One of its metrics.
        rows: Of its rows.

    Returns:
        Rows from top to bottom, values to the right.

    Source:
        Cleveland's dot plot; Plotly.
    """
    figure = go.Figure()
    lane = {row.id: index for index, row in enumerate(rows)}
    ours = [(row, found) for row in rows if (found := table.estimates[row.id, metric.name])]
    figure.add_scatter(
        x=[found.value for _, found in ours],
        y=[lane[row.id] for row, _ in ours],
        mode="markers",
        name="ours",
        marker={"color": _OURS, "size": 9},
        error_x=_errors([(found.value, found.interval) for _, found in ours]),
        hovertemplate="%{x:.4g}<extra>ours</extra>",
    )
    theirs = [(row, value) for row in rows if (value := row.paper.get(metric.name)) is not None]
    if theirs:
        figure.add_scatter(
            x=[value for _, value in theirs],
            y=[lane[row.id] for row, _ in theirs],
            mode="markers",
            name="paper",
            marker={"color": _PAPER, "size": 10, "symbol": "diamond-open", "line": {"width": 2}},
            hovertemplate="%{x:.4g}<extra>paper</extra>",
        )
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[html.escape(row.label) for row in rows],
        range=[len(rows) - 0.4, -0.6],
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )
    return _finish(figure, 70 + 28 * len(rows))


def line_figure(table: Table, metric: Metric, joined: Sequence[Row], levels: Sequence[Row] = ()) -> go.Figure:
    """A metric along `x`, a line a series: ours whole, the paper's dashed.

    Args:
        table: The table.
        metric: One of its metrics.
        joined: The rows that have a series and an x.
        levels: Rows that are level lines.

    Returns:
        The figure.

    Source:
        Plotly.
    """
    figure = go.Figure()
    for index, name in enumerate(dict.fromkeys(row.series for row in joined)):
        rows = sorted((row for row in joined if row.series == name), key=lambda row: row.x or 0.0)
        tint = style.color(index)
        ours = [(row, found) for row in rows if (found := table.estimates[row.id, metric.name])]
        figure.add_scatter(
            x=[row.x for row, _ in ours],
            y=[found.value for _, found in ours],
            mode="lines+markers",
            name=name,
            legendgroup=name,
            line={"color": tint, "width": 2},
            error_y=_errors([(found.value, found.interval) for _, found in ours]),
            text=[html.escape(row.label) for row, _ in ours],
            hovertemplate="%{text}: %{y:.4g}<extra>ours</extra>",
        )
        theirs = [(row, value) for row in rows if (value := row.paper.get(metric.name)) is not None]
        if theirs:
            figure.add_scatter(
                x=[row.x for row, _ in theirs],
                y=[value for _, value in theirs],
                mode="lines+markers",
                name=f"{name}, paper",
                legendgroup=name,
                line={"color": tint, "width": 1.5, "dash": "dot"},
                marker={"symbol": "diamond-open", "size": 8},
                text=[html.escape(row.label) for row, _ in theirs],
                hovertemplate="%{text}: %{y:.4g}<extra>paper</extra>",
            )
    for row in levels:
        if found := table.estimates[row.id, metric.name]:
            figure.add_hline(
                y=found.value, line={"color": "#555", "width": 1}, annotation_text=html.escape(row.label)
            )
    figure.update_xaxes(title_text=table.result.x_label or "")
    return _finish(figure, 420)


def tradeoff_figure(table: Table, across: Metric, up: Metric) -> go.Figure:
    """Two metrics against each other, a point a row.

    Args:
        table: The table.
        across: To the right.
        up: Upwards.

    Returns:
        The figure.

    Source:
        Plotly.
    """
    figure = go.Figure()
    ours, theirs = [], []
    for row in table.result.rows:
        x, y = (table.estimates[row.id, m.name] for m in (across, up))
        if x is not None and y is not None:
            ours.append((row.label, x, y))
        papers = row.paper.get(across.name), row.paper.get(up.name)
        if papers[0] is not None and papers[1] is not None:
            theirs.append((row.label, *papers))
    if len(ours) <= len(_ROWS):
        # Names beside the points would lie over each other where rows are alike.
        for colour, (label, x, y) in zip(_ROWS, ours, strict=False):
            _add_points(figure, label, colour, [(label, x, y)])
    else:
        _add_points(figure, "ours", _OURS, ours)
    if theirs:
        figure.add_scatter(
            x=[x for _, x, _ in theirs],
            y=[y for _, _, y in theirs],
            mode="markers",
            name="paper",
            text=[html.escape(label) for label, _, _ in theirs],
            marker={"color": "#555", "size": 9, "symbol": "diamond-open"},
        )
    figure.update_xaxes(title_text=html.escape(heading(across)))
    figure.update_yaxes(title_text=html.escape(heading(up)))
    _finish(figure, 480)
    # Beneath, where many names may take several lines.
    return figure.update_layout(legend={"y": -0.22, "yanchor": "top"}, margin={"t": 10})


def _add_points(
    figure: go.Figure, name: str, colour: str, points: Sequence[tuple[str, Estimate, Estimate]]
) -> None:
    figure.add_scatter(
        x=[x.value for _, x, _ in points],
        y=[y.value for _, _, y in points],
        mode="markers",
        name=html.escape(name),
        text=[html.escape(label) for label, _, _ in points],
        marker={"color": colour, "size": 9},
        error_x=_errors([(x.value, x.interval) for _, x, _ in points]),
        error_y=_errors([(y.value, y.interval) for _, _, y in points]),
        cliponaxis=False,
    )


def _errors(values: Sequence[tuple[float, tuple[float, float] | None]]) -> dict[str, Any]:
    # A mean of few seeds can lie a rounding error outside of its interval.
    spans = [(v, *(ends or (v, v))) for v, ends in values]
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(high - v, 0.0) for v, _, high in spans],
        "arrayminus": [max(v - low, 0.0) for v, low, _ in spans],
        "thickness": 1.5,
        "width": 4,
    }


def _counts(verdicts: Sequence[Verdict]) -> go.Figure:
    names = list(dict.fromkeys(v.claim.table for v in verdicts))
    figure = go.Figure()
    for kind in _VERDICTS:
        figure.add_bar(
            x=[sum(v.claim.table == n and _kind(v) == kind for v in verdicts) for n in names],
            y=[_short_name(name) for name in names],
            orientation="h",
            name=kind,
            marker={"color": _TINT[kind]},
        )
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=[_short_name(name) for name in names[::-1]],
        automargin=True,
        fixedrange=True,
    )
    figure.update_layout(barmode="stack")
    return _finish(figure, 80 + 36 * len(names))


def _finish(figure: go.Figure, height_px: int) -> go.Figure:
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    figure.update_xaxes(fixedrange=True)
    margin = {"l": 50, "r": 16, "t": 34, "b": 40}
    return style.lay_out(figure, height_px, legend=legend, margin=margin, showlegend=True)


def _made(table: Table) -> str:
    result = table.result
    known = [
        ("paper", result.source),
        ("command", result.made_by),
        ("data", result.data),
        ("machine", result.machine),
        ("commit", result.commit or ""),
        ("taken over", ", ".join(result.taken_over())),
        ("energy", result.energy or "none"),
        ("seeds", ", ".join(str(seed) for seed in table.seeds())),
    ]
    facts = "".join(f"<dt>{n}</dt><dd>{html.escape(v)}</dd>" for n, v in known if v)
    parts = [f"<h2>How it was made</h2>\n<dl>{facts}</dl>"]
    settings = {row.id: row.config for row in result.rows if row.config}
    for title, document in (("the base settings", result.config), ("changes of the rows", settings)):
        if document:
            text = html.escape(json.dumps(document, indent=1))
            parts.append(f"<details><summary>{title}</summary><pre>{text}</pre></details>")
    return "\n".join(parts)
