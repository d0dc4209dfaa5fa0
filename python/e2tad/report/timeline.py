"""The gated signals and catches of every ball over time, as one HTML page that needs no network."""

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from e2tad.files import replacing
from e2tad.report import style

_STAGES = ("raw", "dilated", "voted", "eroded", "holds")
_MEANINGS = {
    "raw": "contacts: the ball's centre lies in the person's box",
    "dilated": "contacts, dilated by half of the minimum flying time",
    "voted": "each connected part belongs to its majority person",
    "eroded": "the part from its first contact (the catch) to its last (the throw)",
    "holds": "who holds the ball, as decoded",
    "catches": "decoded catches",
    "labels": "catches of the labels",
}


_HELP = "<p>Drag to zoom, double-click to see everything; a click in the legend hides a stage.</p>"
_STYLE = "  video { max-width: 100%; max-height: 60vh; display: block; margin-bottom: 1rem; }\n"


@dataclass(frozen=True)
class BallTimeline:
    """What the timeline shows of one ball.

    Attributes:
        name: The ball's name, as in the answer's column.
        signals: Stage (`raw dilated voted eroded holds`, any of them) to `(N, 3)` int rows of
            (person, first frame, last frame), both inclusive; in the order in which they are drawn.
        catches: (frame, person) of the decoded catches.
        labels: (frame, person) of the labels' changes of holder; empty without labels.

    Source:
        The paper, Figure 3 (the gated signal of a ball).
    """

    name: str
    signals: Mapping[str, Sequence[tuple[int, int, int]]]
    catches: Sequence[tuple[int, int]]
    labels: Sequence[tuple[int, int]] = ()


def write_timeline(
    path: str | os.PathLike[str],
    balls: Sequence[BallTimeline],
    persons: Sequence[int],
    title: str,
    video: str | None = None,
) -> None:
    """Writes the timeline as a self-contained HTML page.

    Args:
        path: The page; written to a temporary name and moved into place.
        balls: One panel each, in this order.
        persons: Identities that get a lane in every panel, in this order from the top.
        title: Heading of the page.
        video: Path of an MP4, relative to the page, that is shown above the timeline; None: none.

    Raises:
        OSError: If the page can't be written.

    Source:
        DESIGN, Command line: `e2tad actions --plot`.
    """
    plot, meanings = timeline_parts(balls, persons)
    clip = "" if video is None else f'<video controls muted src="{html.escape(video)}"></video>'
    page = style.page(title, [clip, plot, f"<dl>{meanings}</dl>", _HELP], _STYLE, width_px=1500)
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")


def timeline_parts(balls: Sequence[BallTimeline], persons: Sequence[int]) -> tuple[str, str]:
    """The timeline as parts of a page.

    Args:
        balls: One panel each, in this order.
        persons: Identities that get a lane in every panel.

    Returns:
        The plot with its script, which needs no network, and what its stages mean: `dt` and `dd` elements.

    Source:
        Plotly's `to_html`.
    """
    plot = style.plot(timeline_figure(balls, persons))
    shown = [stage for stage in _STAGES if any(stage in ball.signals for ball in balls)]
    shown += ["catches"] + (["labels"] if any(ball.labels for ball in balls) else [])
    return plot, "".join(f"<dt>{name}</dt><dd>{html.escape(_MEANINGS[name])}</dd>" for name in shown)


def timeline_figure(balls: Sequence[BallTimeline], persons: Sequence[int]) -> go.Figure:
    """The timeline as a Plotly figure, for notebooks.

    Args:
        balls: One panel each.
        persons: Identities, one lane each in every panel.

    Returns:
        The figure; panels share the axis of frames.

    Source:
        The paper, Figure 3; Plotly's shared-axis subplots.
    """
    rows = max(len(balls), 1)
    panel_px = max(110, 34 * max(len(persons), 1) + 16)
    gap_px = 40
    plot_px = rows * panel_px + (rows - 1) * gap_px
    top_px, bottom_px = 32, 96
    figure = make_subplots(
        rows=rows,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=gap_px / plot_px if rows > 1 else 0,
        subplot_titles=[f"ball {ball.name}" for ball in balls],
    )
    lanes = [f"person {person}" for person in persons]
    stages = [stage for stage in _STAGES if any(stage in ball.signals for ball in balls)]
    in_legend: set[str] = set()
    for row, ball in enumerate(balls, 1):
        for index, stage in enumerate(stages):
            _draw_stage(figure, row, ball, stage, index, len(stages), persons, in_legend)
        _draw_marks(figure, row, ball.labels, "labels", "label", persons, in_legend)
        _draw_marks(figure, row, ball.catches, "catches", "catch", persons, in_legend)
        figure.update_yaxes(
            row=row,
            tickmode="array",
            tickvals=list(range(len(lanes))),
            ticktext=lanes,
            range=[len(lanes) - 0.4, -0.6],
            showgrid=True,
            gridcolor="#eee",
            zeroline=False,
            fixedrange=True,
        )
    ends = [last for ball in balls for spans in ball.signals.values() for _, _, last in spans]
    ends += [frame for ball in balls for frame, _ in (*ball.catches, *ball.labels)]
    end = max(ends, default=100)
    # A margin, so that marks at the first and last frame are whole.
    figure.update_xaxes(
        showgrid=True, gridcolor="#eee", zeroline=False, range=[-0.012 * end - 1, 1.012 * end + 1]
    )
    figure.update_xaxes(title_text="frame", row=rows)
    return style.lay_out(
        figure,
        plot_px + top_px + bottom_px,
        margin={"l": 84, "r": 24, "t": top_px, "b": bottom_px},
        legend={"orientation": "h", "y": -56 / plot_px, "yanchor": "top", "x": 0},
    )


def _draw_stage(
    figure: go.Figure,
    row: int,
    ball: BallTimeline,
    stage: str,
    index: int,
    count: int,
    persons: Sequence[int],
    in_legend: set[str],
) -> None:
    """One stage is a thin line in each person's lane; a legend entry switches it in all panels."""
    lane_of = {person: lane for lane, person in enumerate(persons)}
    offset = 0.0 if count == 1 else 0.6 * (index / (count - 1) - 0.5)
    width = {"holds": 9, "eroded": 7, "voted": 5, "dilated": 5, "raw": 5}[stage]
    opacity = {"holds": 1.0, "eroded": 1.0, "voted": 0.7, "dilated": 0.4, "raw": 0.8}[stage]
    spans = [span for span in ball.signals.get(stage, ()) if span[0] in lane_of]
    if stage not in in_legend:
        in_legend.add(stage)
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="lines",
                name=stage,
                legendgroup=stage,
                line={"color": "#555", "width": width},
                opacity=opacity,
            ),
            row=row,
            col=1,
        )
    for person in dict.fromkeys(span[0] for span in spans):
        x: list[float | None] = []
        y: list[float | None] = []
        text: list[str] = []
        for _, first, last in (span for span in spans if span[0] == person):
            # A hold of one frame would be a line of no length.
            x += [first - 0.4, last + 0.4, None]
            y += [lane_of[person] + offset, lane_of[person] + offset, None]
            text += [f"person {person}, frames {first} to {last}"] * 2 + [""]
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                legendgroup=stage,
                showlegend=False,
                opacity=opacity,
                line={"color": style.color(lane_of[person]), "width": width},
                text=text,
                hovertemplate=f"{stage}<br>%{{text}}<extra>ball {html.escape(ball.name)}</extra>",
            ),
            row=row,
            col=1,
        )


def _draw_marks(
    figure: go.Figure,
    row: int,
    marks: Sequence[tuple[int, int]],
    group: str,
    noun: str,
    persons: Sequence[int],
    in_legend: set[str],
) -> None:
    lane_of = {person: lane for lane, person in enumerate(persons)}
    shown = [(frame, person) for frame, person in marks if person in lane_of]
    if not shown:
        return
    marker = (
        {"symbol": "triangle-down", "size": 10, "color": "#111", "line": {"color": "#fff", "width": 1}}
        if group == "catches"
        else {"symbol": "diamond-open", "size": 15, "color": "#C00", "line": {"width": 2}}
    )
    figure.add_trace(
        go.Scatter(
            x=[frame for frame, _ in shown],
            y=[lane_of[person] for _, person in shown],
            mode="markers",
            name=group,
            legendgroup=group,
            showlegend=group not in in_legend,
            marker=marker,
            customdata=np.array([person for _, person in shown]),
            hovertemplate=f"{noun} at frame %{{x}}<br>person %{{customdata}}<extra></extra>",
        ),
        row=row,
        col=1,
    )
    in_legend.add(group)
