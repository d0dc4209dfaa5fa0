"""How near the simulated tracks are to real ones: distributions, with a distance for each."""

import html
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad.data import ActionTable
from e2tad.tracks import BALL, PERSON, Tracks

Values = npt.NDArray[np.float64]

DISTRIBUTIONS: dict[str, str] = {
    "hold": "frames from a catch of a ball to its next catch, from the labels",
    "flight": "frames from the last contact to the next catch, where no gap of observed frames is over 6",
    "ball_size": "longer side of a ball's box over the frame's height",
    "person_height": "height of a person's box over the frame's height",
    "person_width": "width of a person's box over the frame's height",
    "ball_speed": "move of a ball's centre a frame over the frame's height, observed frames at most 6 apart",
    "person_speed": "the same of a person's centre",
    "person_overlap": "share of a person's box that one other person's box covers, at most",
    "ball_overlap": "share of a ball's box that one person's box covers, at most",
}
"""What is compared, in words."""

_GAP = 6


@dataclass(frozen=True)
class Distribution:
    """One comparison.

    Attributes:
        name: A key of `DISTRIBUTIONS`.
        real: Sorted values of the real tracks.
        simulated: Sorted values of the simulated tracks.
        distance: Kolmogorov-Smirnov, the largest difference of the two cumulative distributions; NaN where
            one has no values.
    """

    name: str
    real: Values
    simulated: Values
    distance: float


def distributions(tracks: Tracks, labels: ActionTable, frame_height: int) -> dict[str, Values]:
    """The values that are compared.

    Args:
        tracks: Boxes with the labels' ids.
        labels: Rows in which a ball keeps its holder in flight.
        frame_height: Pixels.

    Returns:
        Values by the names of `DISTRIBUTIONS`, unsorted.

    Source:
        Definitions: `DISTRIBUTIONS`.
    """
    observed = np.asarray(tracks.observed)
    boxes = np.asarray(tracks.box, np.float64)
    center = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = boxes[:, 2:] - boxes[:, :2]
    out: dict[str, list[Values]] = {name: [] for name in DISTRIBUTIONS}
    person = tracks.object_class == PERSON
    ball = tracks.object_class == BALL
    out["ball_size"].append(size[ball].max(axis=1) / frame_height)
    out["person_height"].append(size[person, 1] / frame_height)
    out["person_width"].append(size[person, 0] / frame_height)
    rows_of: dict[int, npt.NDArray[np.intp]] = dict(
        zip(
            np.unique(tracks.frame).tolist(),
            np.split(np.arange(len(tracks)), np.flatnonzero(np.diff(tracks.frame)) + 1),
            strict=True,
        )
    )
    for rows in rows_of.values():
        persons, balls = rows[person[rows]], rows[ball[rows]]
        cover = _cover(boxes[rows], boxes[persons])
        same = rows[:, None] == persons[None, :]
        most = np.where(same, 0, cover).max(axis=1, initial=0)
        out["person_overlap"].append(most[person[rows]])
        out["ball_overlap"].append(most[ball[rows]] if len(balls) else np.empty(0))
    for before, after in zip(observed[:-1].tolist(), observed[1:].tolist(), strict=True):
        if after - before > _GAP or before not in rows_of or after not in rows_of:
            continue
        a, b = rows_of[before], rows_of[after]
        key_a = tracks.object_class[a] * 2**20 + tracks.id[a]
        key_b = tracks.object_class[b] * 2**20 + tracks.id[b]
        _, at_a, at_b = np.intersect1d(key_a, key_b, assume_unique=True, return_indices=True)
        move = np.linalg.norm(center[b[at_b]] - center[a[at_a]], axis=1) / (after - before) / frame_height
        is_ball = ball[a[at_a]]
        out["ball_speed"].append(move[is_ball])
        out["person_speed"].append(move[~is_ball])
    hold, flight = _game(tracks, labels, observed, boxes, center)
    out["hold"].append(hold)
    out["flight"].append(flight)
    return {name: np.concatenate(values) if values else np.empty(0) for name, values in out.items()}


def _cover(boxes: Values, by: Values) -> Values:
    """(N, M) share of each box that each of `by` covers."""
    low = np.maximum(boxes[:, None, :2], by[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], by[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(shared / np.maximum(area, 1e-9)[:, None])


def _game(
    tracks: Tracks, labels: ActionTable, observed: npt.NDArray[Any], boxes: Values, center: Values
) -> tuple[Values, Values]:
    at = {
        (int(c), int(i), int(f)): row
        for row, (c, i, f) in enumerate(zip(tracks.object_class, tracks.id, tracks.frame, strict=True))
    }
    hold: list[float] = []
    flight: list[float] = []
    for column, name in enumerate(labels.balls):
        ball = int(name)
        catches: list[tuple[int, int]] = []
        for frame, holder in zip(labels.frame.tolist(), labels.person[:, column].tolist(), strict=True):
            if holder > 0 and (not catches or catches[-1][1] != holder):
                catches.append((frame, holder))
        for (start, holder), (end, _) in itertools.pairwise(catches):
            hold.append(end - start)
            seen = observed[(observed >= start) & (observed <= end)].tolist()
            last = None
            for frame in seen:
                b, p = at.get((BALL, ball, frame)), at.get((PERSON, holder, frame))
                if b is not None and p is not None:
                    x, y = center[b]
                    left, top, right, bottom = boxes[p]
                    if left <= x <= right and top <= y <= bottom:
                        last = frame
            if last is None:
                continue
            tail = [last, *(frame for frame in seen if frame > last), end]
            if max(np.diff(tail)) <= _GAP:
                flight.append(end - last)
    return np.array(hold, np.float64), np.array(flight, np.float64)


def compare(
    real: Sequence[Mapping[str, Values]], simulated: Sequence[Mapping[str, Values]]
) -> list[Distribution]:
    """Sets distributions side by side, pooled over clips.

    Args:
        real: `distributions` of each real clip.
        simulated: `distributions` of each simulated clip.

    Returns:
        One comparison a key of `DISTRIBUTIONS`.

    Source:
        Two-sample Kolmogorov-Smirnov statistic (Smirnov 1939), as `scipy.stats.ks_2samp`.
    """
    out = []
    for name in DISTRIBUTIONS:
        a = np.sort(np.concatenate([clip[name] for clip in real]))
        b = np.sort(np.concatenate([clip[name] for clip in simulated]))
        distance = float("nan")
        if len(a) and len(b):
            every = np.concatenate([a, b])
            below_a = np.searchsorted(a, every, side="right") / len(a)
            below_b = np.searchsorted(b, every, side="right") / len(b)
            distance = float(np.abs(below_a - below_b).max())
        out.append(Distribution(name, a, b, distance))
    return out


def plot(
    comparisons: Sequence[Distribution], path: str | os.PathLike[str], title: str, *, offline: bool = True
) -> None:
    """Writes the cumulative distributions as one HTML page.

    Args:
        comparisons: What `compare` gave.
        path: The page.
        title: Its heading.
        offline: True: the page holds Plotly, 4.7 MB, and needs no network; False: it loads Plotly.

    Raises:
        OSError: If it can't be written.

    Source:
        Plotly.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    columns = 3
    rows = -(-len(comparisons) // columns)
    figure = make_subplots(
        rows, columns, subplot_titles=[f"{c.name}: KS {c.distance:.3f}" for c in comparisons]
    )
    for k, c in enumerate(comparisons):
        for values, label, color in ((c.real, "real", "#1f4e79"), (c.simulated, "simulated", "#d9822b")):
            # A few hundred points draw the same curve as a hundred thousand.
            share = np.linspace(0, 1, min(len(values), 400)) if len(values) else np.empty(0)
            x = np.quantile(values, share) if len(values) else values
            figure.add_scatter(
                x=x,
                y=share,
                name=label,
                legendgroup=label,
                showlegend=k == 0,
                line={"color": color, "width": 2},
                row=k // columns + 1,
                col=k % columns + 1,
            )
    figure.update_layout(template="plotly_white", height=280 * rows, title=title)
    page = go.Figure.to_html(figure, include_plotlyjs=True if offline else "cdn", full_html=True)
    Path(path).write_text(
        page.replace("<head>", f"<head><title>{html.escape(title)}</title>", 1), encoding="utf-8"
    )
