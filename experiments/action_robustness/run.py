"""What wrong tracks cost: accuracy against exchanged identities, lost detections and sampling.

    python experiments/action_robustness/run.py --data $E2TAD_DATA/lpcvc21 -o DIR

writes DIR/results.json and DIR/curves.svg. README.md says what they mean.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from e2tad import Tracks, __version__, action, metric
from e2tad.data.lpcvc21 import Lpcvc21Video
from e2tad.evaluation.perturbations import perturb

VIDEOS = ("4p1b_01A2", "5p2b_01A1", "5p4b_01A2")
DECODERS = ("hmm", "morphological")
RATES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)
STEPS = (1, 2, 3, 5, 10, 15, 20, 30)


@dataclass(frozen=True)
class Condition:
    """What is done to the tracks of every frame, and every how many frames are then kept."""

    swap: float = 0.0
    drop: float = 0.0
    mean_run: float = 1.0
    every: int = 1

    @property
    def seeded(self) -> bool:
        return self.swap > 0 or self.drop > 0


# The conditions that have a goal.
NAMED = {
    "clean": Condition(),
    "swaps of 5 %": Condition(swap=0.05),
    "bursts of 20 %": Condition(drop=0.2, mean_run=5),
    "both": Condition(swap=0.05, drop=0.2, mean_run=5),
}

CURVES: dict[str, list[tuple[float, Condition]]] = {
    "swap rate": [(x, Condition(swap=x)) for x in RATES],
    "drop share, single frames": [(x, Condition(drop=x)) for x in SHARES],
    "drop share, bursts of 5": [(x, Condition(drop=x, mean_run=5)) for x in SHARES],
    "bursts, with swaps of 5 %": [(x, Condition(swap=0.05, drop=x, mean_run=5)) for x in SHARES],
    "sampling step": [(x, Condition(every=x)) for x in STEPS],
    "sampling step, swaps of 5 %": [(x, Condition(swap=0.05, every=x)) for x in STEPS],
}

# The choice of the repair's parameters: every combination of each group, the others at their defaults.
GRIDS: tuple[dict[str, Sequence[float]], ...] = (
    {"exchange_cost": (1.5, 2.0, 2.5, 3.0, 4.0), "relabel_cost": (0.05, 0.1, 0.2)},
    {"ball_fill_frames": (0, 30, 60, 120), "ball_fill_speed": (0.0, 0.06)},
    {"person_fill_frames": (50, 100, 300, 1000)},
    {"outlier_frames": (0, 25)},
)


class Bench:
    """The videos, and the accuracy of a configuration under a condition."""

    def __init__(self, root: Path) -> None:
        self._videos = {name: Lpcvc21Video(root / name) for name in VIDEOS}
        self._tracks = {name: video.tracks() for name, video in self._videos.items()}
        self._inits = {name: video.init().tracks(video.frame_size) for name, video in self._videos.items()}
        self._perturbed: dict[tuple[str, Condition, int], Tracks] = {}
        self._measured: dict[str, float] = {}

    def accuracy(
        self, video: str, condition: Condition, seed: int, config: dict[str, Any], labels: str
    ) -> float:
        measured = repr((video, condition, seed, config, labels))
        if measured not in self._measured:
            self._measured[measured] = self._measure(video, condition, seed, config, labels)
        return self._measured[measured]

    def _measure(
        self, video: str, condition: Condition, seed: int, config: dict[str, Any], labels: str
    ) -> float:
        key = (video, condition, seed)
        if key not in self._perturbed:
            tracks = perturb(self._tracks[video], condition.swap, condition.drop, condition.mean_run, seed)
            self._perturbed[key] = tracks.every(condition.every)
        decoded = action.decode(self._perturbed[key], config, self._inits[video])
        in_flight = "zero" if labels == "official" and config["decoder"] == "hmm" else "hold"
        truth = self._videos[video].labels("official" if labels == "official" else "noisy")
        return float(metric.accuracy(decoded.rows(in_flight), truth).accuracy)

    def summary(
        self, condition: Condition, seeds: Sequence[int], config: dict[str, Any], labels: str = "noisy"
    ) -> dict[str, Any]:
        """Mean of each video over the seeds, the mean of the videos, and its deviation over the seeds."""
        used = seeds if condition.seeded else seeds[:1]
        table = np.array([[self.accuracy(v, condition, s, config, labels) for s in used] for v in VIDEOS])
        return {
            "videos": {v: round(float(x), 4) for v, x in zip(VIDEOS, table.mean(axis=1), strict=True)},
            "mean": round(float(table.mean()), 4),
            "deviation": round(float(table.mean(axis=0).std()), 4),
        }


def configurations() -> Iterator[tuple[str, dict[str, Any]]]:
    for decoder in DECODERS:
        for repair in (False, True):
            yield f"{decoder}{', repaired' if repair else ''}", {"decoder": decoder, "repair": repair}


def measure_named(bench: Bench, seeds: Sequence[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for labels, every in itertools.product(("noisy", "official"), (1, 10)):
        part = found.setdefault(f"{labels} labels, every {'frame' if every == 1 else f'{every}th frame'}", {})
        for name, config in configurations():
            part[name] = {
                title: bench.summary(Condition(c.swap, c.drop, c.mean_run, every), seeds, config, labels)
                for title, c in NAMED.items()
            }
    return found


def measure_curves(bench: Bench, seeds: Sequence[int]) -> dict[str, Any]:
    return {
        title: {
            name: [{"x": x, **bench.summary(condition, seeds, config)} for x, condition in points]
            for name, config in configurations()
        }
        for title, points in CURVES.items()
    }


def choose(bench: Bench, seeds: Sequence[int], held_out_seeds: Sequence[int]) -> dict[str, Any]:
    """Leave one video out: the parameters that are best on the other two, and what they reach on it.

    The score of a choice is its mean over the named conditions at steps 1 and 10. Other seeds
    choose than judge.
    """
    conditions = [Condition(c.swap, c.drop, c.mean_run, e) for c in NAMED.values() for e in (1, 10)]

    def score(video: str, config: dict[str, Any], used: Sequence[int]) -> float:
        return float(
            np.mean(
                [
                    np.mean(
                        [
                            bench.accuracy(video, c, s, config, "noisy")
                            for s in (used if c.seeded else used[:1])
                        ]
                    )
                    for c in conditions
                ]
            )
        )

    found = []
    for grid in GRIDS:
        settings = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        table = np.array(
            [[score(v, {"decoder": "hmm", "continuity": s}, seeds) for v in VIDEOS] for s in settings]
        )
        folds = []
        for i, video in enumerate(VIDEOS):
            others = np.delete(table, i, axis=1).mean(axis=1)
            best = settings[int(np.argmax(others))]
            folds.append(
                {
                    "left_out": video,
                    "chosen": best,
                    "its_score": round(
                        score(video, {"decoder": "hmm", "continuity": best}, held_out_seeds), 4
                    ),
                    "score_of_the_defaults": round(score(video, {"decoder": "hmm"}, held_out_seeds), 4),
                    "score_without_repair": round(
                        score(video, {"decoder": "hmm", "repair": False}, held_out_seeds), 4
                    ),
                }
            )
        found.append(
            {
                "settings": [
                    {**s, **{v: round(float(x), 4) for v, x in zip(VIDEOS, row, strict=True)}}
                    for s, row in zip(settings, table, strict=True)
                ],
                "folds": folds,
            }
        )
    return {"choosing_seeds": list(seeds), "judging_seeds": list(held_out_seeds), "grids": found}


# --- the plot

_COLOURS = {"hmm": "#0072B2", "morphological": "#D55E00"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP_X, _GAP_Y = 300, 200, 52, 66, 44, 74


def _panel(title: str, lines: dict[str, list[dict[str, Any]]], x0: float, y0: float) -> Iterator[str]:
    xs = [point["x"] for point in next(iter(lines.values()))]
    # Steps stand at even distances, rates where they belong.
    even = "step" in title
    position = {x: (i / (len(xs) - 1) if even else (x - xs[0]) / (xs[-1] - xs[0])) for i, x in enumerate(xs)}
    yield f'<text x="{x0}" y="{y0 - 10}" font-weight="600">{escape(title)}</text>'
    for tick in (0.2, 0.4, 0.6, 0.8, 1.0):
        y = y0 + _HEIGHT * (1 - tick)
        yield f'<line x1="{x0}" x2="{x0 + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.1f}</text>'
    yield f'<line x1="{x0}" x2="{x0 + _WIDTH}" y1="{y0 + _HEIGHT}" y2="{y0 + _HEIGHT}" stroke="#444"/>'
    shown = xs if even else [x for x in xs if x == 0 or x >= 0.05]
    for x in shown:
        label = f"{x:g}" if even else f"{100 * x:g} %"
        at_x = x0 + _WIDTH * position[x]
        yield f'<text x="{at_x:.1f}" y="{y0 + _HEIGHT + 16}" text-anchor="middle">{label}</text>'
    for name, points in lines.items():
        colour = _COLOURS[name.split(",")[0]]
        dash = "" if "repaired" in name else ' stroke-dasharray="5 4"'
        at = [
            (x0 + _WIDTH * position[p["x"]], y0 + _HEIGHT * (1 - p["mean"]), _HEIGHT * p["deviation"])
            for p in points
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in at)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        for x, y, deviation in at:
            if deviation > 0:
                yield (
                    f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - deviation:.1f}" y2="{y + deviation:.1f}" '
                    f'stroke="{colour}" stroke-width="1"/>'
                )
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'


def draw(curves: dict[str, Any], seeds: int) -> str:
    """The curves as an SVG page of two columns."""
    columns = 2
    rows = -(-len(curves) // columns)
    width = _LEFT + columns * (_WIDTH + _GAP_X)
    height = _TOP + rows * (_HEIGHT + _GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="20">Accuracy of the catches, mean of {len(VIDEOS)} videos (noisy labels); '
        f"bars: deviation over {seeds} seeds</text>",
    ]
    x = float(_LEFT)
    for name, _ in configurations():
        colour = _COLOURS[name.split(",")[0]]
        dash = "" if "repaired" in name else ' stroke-dasharray="5 4"'
        parts.append(
            f'<line x1="{x}" x2="{x + 26}" y1="36" y2="36" stroke="{colour}" stroke-width="2"{dash}/>'
            f'<text x="{x + 32}" y="40">{escape(name)}</text>'
        )
        x += 50 + 6.2 * len(name)
    for i, (title, lines) in enumerate(curves.items()):
        x0 = _LEFT + (i % columns) * (_WIDTH + _GAP_X)
        y0 = _TOP + 20 + (i // columns) * (_HEIGHT + _GAP_Y)
        parts.extend(_panel(title, lines, x0, y0))
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder with the three videos' folders")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).parent, help="folder of the results"
    )
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0 to N-1 judge")
    parser.add_argument("--choosing-seeds", type=int, default=4, help="further seeds that choose parameters")
    given = parser.parse_args()
    if given.seeds < 1 or given.choosing_seeds < 1:
        parser.error("seeds must be 1 or more")
    start = time.perf_counter()

    def done(what: str) -> None:
        print(f"{what}: {time.perf_counter() - start:.0f} s", file=sys.stderr)

    bench = Bench(given.data)
    seeds = range(given.seeds)
    results: dict[str, Any] = {
        "e2tad": __version__,
        "seeds": list(seeds),
        "videos": list(VIDEOS),
        "config": action.resolve_config(),
        "named": measure_named(bench, seeds),
    }
    done("named conditions")
    results["curves"] = measure_curves(bench, seeds)
    done("curves")
    results["leave_one_out"] = choose(bench, range(1000, 1000 + given.choosing_seeds), seeds)
    done("leave one video out")
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (given.output / "curves.svg").write_text(draw(results["curves"], given.seeds))


if __name__ == "__main__":
    main()
