"""How near the simulator is to the contest's clips, and how hard its test split is.

python experiments/sim_vs_real/run.py [--data FOLDER] [--only PART...] [-o FOLDER]

FOLDER holds the LPCVC-2021 UAV-Video samples (default: lpcvc21 in E2TAD_DATA); without it the parts that need
real tracks are skipped. Parts: detection reid tracking distributions decoding curves.
"""

import argparse
import itertools
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from plotly.subplots import make_subplots
from scipy.optimize import linear_sum_assignment
from trackeval.metrics import Identity

import e2tad.sim as sim
from e2tad.action import decode
from e2tad.data import Lpcvc21Video, to_table
from e2tad.evaluation.perturbations import perturb
from e2tad.evaluation.reid import retrieve
from e2tad.geometry import iou
from e2tad.metric import accuracy
from e2tad.tracks import make_tracks

SEEDS = range(5)
TEST = ("5p5b", "7p3b")
SIZE = (960, 540)
HUES = {"red": 177, "blue": 112, "yellow": 27, "green": 65, "orange": 12, "purple": 143}


# Detection: a colour threshold, then circles.


# Distance of every hue from a hue, in half degrees.
TURN = {hue: np.abs((np.arange(256) - hue + 90) % 180 - 90).astype(np.uint8) for hue in HUES.values()}


@dataclass(frozen=True)
class Threshold:
    """Of the colour baseline: hue to either side, least saturation, votes a circle needs."""

    hue: int
    saturation: int
    votes: int


# The figure is the best of these on the test frames themselves: what such a baseline can reach.
THRESHOLDS = [Threshold(*each) for each in itertools.product((5, 9), (110, 160), (7, 11))]


def find_balls(hsv: np.ndarray, colors: list[str], with_: Threshold) -> tuple[np.ndarray, np.ndarray]:
    """Squares round circles of the clip's ball colours, and how much fuller they are than their rim."""
    boxes, scores = [], []
    for color in sorted(set(colors)):
        # Red lies on both ends of the circle of hues.
        low = (0, with_.saturation, 60)
        turned = hsv.copy()
        turned[..., 0] = TURN[HUES[color]][hsv[..., 0]]
        mask = cv2.medianBlur(cv2.inRange(turned, low, (with_.hue, 255, 255)), 3)
        found = cv2.HoughCircles(
            cv2.GaussianBlur(mask, (5, 5), 1.2), cv2.HOUGH_GRADIENT, 1, 12, None, 100, with_.votes, 7, 20
        )
        for x, y, r in [] if found is None else found.reshape(-1, 3):
            left, top = max(0, int(x - 1.6 * r)), max(0, int(y - 1.6 * r))
            part = mask[top : int(y + 1.6 * r) + 1, left : int(x + 1.6 * r) + 1] > 0
            rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
            far = np.hypot(columns + left - x, rows + top - y) / r
            inside, around = part[far <= 1], part[(far > 1.2) & (far <= 1.6)]
            score = inside.mean() - (around.mean() if around.size else 0.0) if inside.size else 0.0
            if score > 0.2:
                boxes.append([x - r, y - r, x + r, y + r])
                scores.append(score)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(scores)


def detection() -> dict[str, Any]:
    """AP.5 of the colour threshold; balls less than 30 % visible are neither truth nor false positive."""
    rows: dict[tuple[Threshold, str], list[tuple[float, bool]]] = {}
    truths = dict.fromkeys(TEST, 0)
    for preset, seed in itertools.product(TEST, SEEDS):
        world = sim.World(preset, seed, size=SIZE)
        for frame in np.linspace(0, world.frames - 1, 24).astype(int).tolist():
            truth = world.truth(frame)
            circle = truth.ball_circle
            square = np.concatenate([circle[:, :2] - circle[:, 2:], circle[:, :2] + circle[:, 2:]], axis=1)
            clear = truth.ball_visible >= 0.3
            truths[preset] += int(clear.sum())
            hsv = cv2.cvtColor(world.render(frame), cv2.COLOR_BGR2HSV)
            for threshold in THRESHOLDS:
                boxes, scores = find_balls(hsv, world.ball_colors, threshold)
                overlap = iou(boxes, square.astype(np.float32)) if len(boxes) else np.empty((0, len(circle)))
                out = rows.setdefault((threshold, preset), [])
                taken: set[int] = set()
                for k in np.argsort(-scores, kind="stable").tolist():
                    free = [b for b in range(len(circle)) if clear[b] and b not in taken]
                    best = max(free, key=lambda b: overlap[k, b], default=None)
                    if best is not None and overlap[k, best] >= 0.5:
                        taken.add(best)
                        out.append((scores[k], True))
                    elif not (overlap[k, ~clear] >= 0.5).any():
                        out.append((scores[k], False))
    pooled = []
    for threshold in THRESHOLDS:
        every = [row for preset in TEST for row in rows[threshold, preset]]
        pooled.append((_average_precision(every, sum(truths.values())), threshold))
    best_ap, best_threshold = max(pooled, key=lambda pair: pair[0])
    return {
        "threshold": asdict(best_threshold),
        "both": {"AP.5": best_ap, "balls": sum(truths.values())},
        **{
            preset: {
                "AP.5": _average_precision(rows[best_threshold, preset], truths[preset]),
                "balls": truths[preset],
                "detections": len(rows[best_threshold, preset]),
            }
            for preset in TEST
        },
        "every threshold": [{**asdict(threshold), "AP.5": ap} for ap, threshold in pooled],
    }


def _average_precision(rows: list[tuple[float, bool]], truths: int) -> float:
    right = np.array([good for _, good in sorted(rows, key=lambda row: -row[0])], bool)
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[right].sum() / truths)


# Re-identification by raw pixels.


def reid() -> dict[str, Any]:
    """Retrieval by raw pixels over the persons of both test presets; one query an identity and view."""
    crops, identity, view_of = [], [], []
    for preset in TEST:
        for seed in SEEDS:
            world = sim.World(preset, seed, size=SIZE)
            for frame in np.linspace(0, world.frames - 1, 8).astype(int).tolist():
                for view in range(sim.VIEWS):
                    truth = world.truth(frame, view)
                    image = world.render(frame, view)
                    for person, box, visible in zip(
                        truth.person_id.tolist(), truth.person_box, truth.person_visible, strict=True
                    ):
                        left, top = np.floor(box[:2]).astype(int)
                        right, bottom = np.ceil(box[2:]).astype(int)
                        if visible < 0.5 or right - left < 8 or bottom - top < 16:
                            continue
                        crop = cv2.resize(
                            image[top:bottom, left:right], (64, 128), interpolation=cv2.INTER_AREA
                        )
                        crops.append(crop.reshape(-1).astype(np.float32))
                        identity.append(1 + 1000 * TEST.index(preset) + 10 * seed + person)
                        view_of.append(view + 1)
    features = np.array(crops)
    ids, views = np.array(identity), np.array(view_of)
    _, first = np.unique(np.stack([ids, views]), axis=1, return_index=True)
    rest = np.setdiff1d(np.arange(len(ids)), first)
    out = {}
    for name, mean in (("pixels", 0.0), ("pixels less the mean crop", features.mean(axis=0))):
        x = features - mean
        found = retrieve(x[first], ids[first], views[first], x[rest], ids[rest], views[rest])
        out[name] = found.summary()
    return {"identities": len(set(identity)), "crops": len(ids), **out}


# Tracking by the nearest position.


def nearest_idf1(tracks: Any, step: int = 10) -> float:
    """IDF1 of true boxes whose ids are carried on to the nearest box of every `step`-th frame."""
    tracks = tracks.every(step)
    center = (tracks.box[:, :2] + tracks.box[:, 2:]) / 2
    names: dict[tuple[int, int], int] = {}
    truth_ids, tracker_ids = [], []
    last: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    next_name = 0
    for frame in tracks.observed.tolist():
        here_truth, here_tracker = [], []
        for kind in (0, 1):
            rows = np.flatnonzero((tracks.frame == frame) & (tracks.object_class == kind))
            at, given = center[rows], np.full(len(rows), -1)
            if kind in last and len(rows):
                before, held = last[kind]
                cost = np.linalg.norm(before[:, None] - at[None], axis=2)
                for i, j in zip(*linear_sum_assignment(cost), strict=True):
                    given[j] = held[i]
            for j in np.flatnonzero(given < 0):
                given[j] = next_name
                next_name += 1
            if len(rows):
                last[kind] = (at, given)
            here_truth += [
                names.setdefault((kind, identity), len(names)) for identity in tracks.id[rows].tolist()
            ]
            here_tracker += given.tolist()
        truth_ids.append(np.array(here_truth, int))
        tracker_ids.append(np.array(here_tracker, int))
    result = Identity({"PRINT_CONFIG": False}).eval_sequence(
        {
            "num_tracker_dets": sum(map(len, tracker_ids)),
            "num_gt_dets": sum(map(len, truth_ids)),
            "num_gt_ids": len(names),
            "num_tracker_ids": next_name,
            "gt_ids": truth_ids,
            "tracker_ids": tracker_ids,
            "similarity_scores": [np.eye(len(ids)) for ids in truth_ids],
        }
    )
    return float(result["IDF1"])


def tracking() -> dict[str, Any]:
    """Nearest position at every 10th frame, persons and balls together."""
    out = {
        preset: [nearest_idf1(sim.World(preset, seed).tracks()) for seed in SEEDS] for preset in sim.PRESETS
    }
    means = {preset: float(np.mean(values)) for preset, values in out.items()}
    return {"IDF1": out, "mean": means, "test split": float(np.mean([means[preset] for preset in TEST]))}


# Decoders.


def decoding() -> dict[str, Any]:
    """The decoders on the simulator's tracks."""
    out: dict[str, Any] = {}
    for preset in sim.PRESETS:
        values: dict[str, list[float]] = {}
        for seed in SEEDS:
            world = sim.World(preset, seed)
            tracks = world.tracks()
            for decoder in ("hmm", "morphological"):
                actions = decode(tracks, {"decoder": decoder})
                for kind, in_flight in (("exact", "hold"), ("noisy", "hold"), ("official", "zero")):
                    score = accuracy(actions.rows(in_flight), world.labels(kind, tracks)).accuracy
                    values.setdefault(f"{decoder} {kind}", []).append(score)
        out[preset] = {name: {"mean": float(np.mean(v)), "seeds": v} for name, v in values.items()}
    return out


SWAPS = (0.0, 0.02, 0.05, 0.1)
DROPS = (0.0, 0.1, 0.2, 0.3)


def like_real(tracks: Any, labels: Any, real: Any, real_labels: Any) -> tuple[Any, Any]:
    """As many simulated catches as real ones, and the frames that stand to them as the real frames do."""
    count = min(len(labels.frame), len(real_labels.frame))
    rows, real_rows = np.asarray(labels.frame), np.asarray(real_labels.frame)
    nearest = np.abs(np.asarray(real.observed)[:, None] - real_rows[None]).argmin(axis=1)
    there = nearest < count
    wanted = np.asarray(real.observed)[there] - real_rows[nearest[there]] + rows[nearest[there]]
    seen = np.intersect1d(tracks.observed, wanted)
    keep = np.isin(tracks.frame, seen)
    some = make_tracks(tracks.frame[keep], tracks.object_class[keep], tracks.id[keep], tracks.box[keep], seen)
    table = np.column_stack([labels.frame, labels.person])[:count]
    return some, to_table([["frame", *labels.balls], *table.tolist()])


def curves(videos: list[Path], seeds: int = 20) -> dict[str, Any]:
    """Accuracy against swaps and bursts of drops (mean run 5), real and simulated, noisy labels, hmm."""
    real = [(video.tracks(), video.labels("noisy")) for video in map(Lpcvc21Video, videos)]
    presets = [folder.name.split("_")[0] for folder in videos]
    points = [("swap", level) for level in SWAPS] + [("drop", level) for level in DROPS]
    scores: dict[tuple[str, str, str, float], list[float]] = {}
    for seed in range(seeds):
        for preset, (tracks, labels) in zip(presets, real, strict=True):
            world = sim.World(preset, seed, size=(3840, 2160))
            whole = world.tracks()
            simulated, own = like_real(whole, world.labels("noisy", whole), tracks, labels)
            for name, level in points:
                rates = (level, 0.0) if name == "swap" else (0.0, level)
                for side, some, truth in (("real", tracks, labels), ("simulated", simulated, own)):
                    actions = decode(perturb(some, *rates, 5.0, seed))
                    score = accuracy(actions.rows("hold"), truth).accuracy
                    for clip in (preset, "mean"):
                        scores.setdefault((clip, name, side, level), []).append(score)
    out: dict[str, Any] = {"levels": {"swap": SWAPS, "drop": DROPS}}
    for clip in ("mean", *presets):
        for name, levels in out["levels"].items():
            sides = {
                side: [float(np.mean(scores[clip, name, side, level])) for level in levels]
                for side in ("real", "simulated")
            }
            pairs = zip(sides["real"], sides["simulated"], strict=True)
            largest = max(abs(a - b) for a, b in pairs)
            out.setdefault(clip, {})[name] = {**sides, "largest difference": largest}
    return out


def plot_curves(result: dict[str, Any], path: Path) -> None:
    clips = [clip for clip in result if clip != "levels"]
    titles = {"swap": "identity swaps", "drop": "bursts of lost detections"}
    figure = make_subplots(
        2, len(clips), subplot_titles=[f"{clip}: {titles[name]}" for name in titles for clip in clips]
    )
    for (row, name), (column, clip) in itertools.product(enumerate(titles, 1), enumerate(clips, 1)):
        for side, color in (("real", "#1f4e79"), ("simulated", "#d9822b")):
            figure.add_scatter(
                x=result["levels"][name],
                y=result[clip][name][side],
                name=side,
                legendgroup=side,
                showlegend=row == column == 1,
                line={"color": color},
                row=row,
                col=column,
            )
    figure.update_yaxes(range=[0, 1.02], title_text="accuracy")
    figure.update_layout(template="plotly_white", title="hmm, noisy labels")
    path.write_text(figure.to_html(include_plotlyjs="cdn"), encoding="utf-8")


def distributions_of(videos: list[Path], out: Path) -> dict[str, Any]:
    real, simulated = [], []
    for folder in videos:
        video = Lpcvc21Video(folder)
        tracks = video.tracks()
        height = video.frame_size[1]
        real.append(sim.distributions(tracks, video.labels("noisy"), height))
        for seed in SEEDS:
            world = sim.World(folder.name.split("_")[0], seed, size=video.frame_size)
            whole = world.tracks()
            keep = np.isin(whole.frame, tracks.observed)
            some = make_tracks(whole.frame[keep], whole.object_class[keep], whole.id[keep], whole.box[keep])
            simulated.append(sim.distributions(some, world.labels("noisy", whole), height))
    found = sim.compare(real, simulated)
    title = "Real and simulated tracks, three videos, five seeds"
    sim.plot(found, out / "distributions.html", title, offline=False)
    return {c.name: {"ks": c.distance, "real": len(c.real), "simulated": len(c.simulated)} for c in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("E2TAD_DATA")
    parser.add_argument("--data", type=Path, default=Path(default) / "lpcvc21" if default else None)
    parts = ["detection", "reid", "tracking", "distributions", "decoding", "curves"]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("-o", type=Path, default=Path(__file__).parent / "results")
    args = parser.parse_args()
    args.o.mkdir(parents=True, exist_ok=True)
    videos = sorted(args.data.iterdir()) if args.data else []
    for part in args.only:
        if part in ("distributions", "curves") and not videos:
            print(f"{part}: skipped, no real tracks")
            continue
        if part == "distributions":
            result = distributions_of(videos, args.o)
        elif part == "curves":
            result = curves(videos)
            plot_curves(result, args.o / "curves.html")
        else:
            result = {"detection": detection, "reid": reid, "tracking": tracking, "decoding": decoding}[
                part
            ]()
        (args.o / f"{part}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        print(part, json.dumps(result)[:600])


if __name__ == "__main__":
    main()
