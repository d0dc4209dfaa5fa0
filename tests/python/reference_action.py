"""A plain model of both decoders and of the answer's rows, written from their description.

Slow and obvious on purpose: dictionaries, whole matrices, scipy. Shares nothing with the package.
"""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm
from scipy.optimize import linear_sum_assignment

Box = tuple[float, float, float, float]


@dataclass
class Scene:
    """Tracks: boxes by (frame, id)."""

    frames: list[int]
    persons: list[int]
    balls: list[int]
    person_boxes: dict[tuple[int, int], Box]
    ball_boxes: dict[tuple[int, int], Box]


@dataclass
class Part:
    """A hold: who, its first and last frame, and the frame at which it is output."""

    person: int
    first: int
    last: int
    output: int


def middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


# --- decoder 1


def contacts(scene: Scene, assign: bool) -> dict[int, dict[int, int]]:
    """Ball to frame to the person that it touches."""
    found: dict[int, dict[int, int]] = {ball: {} for ball in scene.balls}
    for frame in scene.frames:
        cost = np.full((len(scene.balls), len(scene.persons)), 1e6)
        for i, ball in enumerate(scene.balls):
            for j, person in enumerate(scene.persons):
                ball_box = scene.ball_boxes.get((frame, ball))
                box = scene.person_boxes.get((frame, person))
                if ball_box is None or box is None:
                    continue
                x, y = middle(ball_box)
                if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
                    cost[i, j] = apart((x, y), middle(box)) / apart(box[:2], box[2:])
        if assign:
            pairs = list(zip(*linear_sum_assignment(cost), strict=True))
        else:
            pairs = [(i, int(np.argmin(row))) for i, row in enumerate(cost) if len(row)]
        for i, j in pairs:
            if cost[i, j] < 1e6:
                found[scene.balls[i]][frame] = scene.persons[j]
    return found


def morphological(scene: Scene, theta: int, vote: bool = True, assign: bool = True) -> dict[int, list[Part]]:
    result = {}
    for ball, touched in contacts(scene, assign).items():
        parts: list[list[int]] = []
        for frame in sorted(touched):
            joins = bool(parts) and frame - parts[-1][-1] <= theta + 1
            if joins and not vote:
                joins = touched[frame] == touched[parts[-1][-1]]
            if joins:
                parts[-1].append(frame)
            else:
                parts.append([frame])
        result[ball] = []
        for part in parts:
            votes = Counter(touched[frame] for frame in part)
            person = min(votes, key=lambda p: (-votes[p], p))
            result[ball].append(Part(person, part[0], part[-1], part[0]))
    return result


# --- decoder 2


def transition_costs(persons: int, gap: int) -> np.ndarray:
    n = persons + 2
    rates = np.zeros((n, n))
    for p in range(persons):
        rates[p, persons] = 1 / 65
        rates[persons + 1, p] = 0.25 / persons
    rates[persons, persons + 1] = 0.25
    np.fill_diagonal(rates, -rates.sum(axis=1))
    return -np.log(np.maximum(expm(rates * gap), 1e-12))


def gap_and_speed(scene: Scene, ball: int, person: int, frame: int) -> tuple[float | None, float | None]:
    """g and s; None where unknown."""
    ball_box = scene.ball_boxes.get((frame, ball))
    box = scene.person_boxes.get((frame, person))
    if ball_box is None or box is None:
        return None, None
    x, y = middle(ball_box)
    height = box[3] - box[1]
    g = apart((max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3])), (0, 0)) / height
    later = next((u for u in scene.frames if frame + 3 <= u <= frame + 10), None)
    if later is None:
        return g, None
    ball_then = scene.ball_boxes.get((later, ball))
    box_then = scene.person_boxes.get((later, person))
    if ball_then is None or box_then is None:
        return g, None
    move = np.subtract(middle(ball_then), middle(ball_box))
    along = move - np.subtract(middle(box_then), middle(box))
    return g, min(math.hypot(*along), math.hypot(*move)) / (later - frame) / height


def hold_costs(scene: Scene, ball: int) -> np.ndarray:
    cost = np.zeros((len(scene.frames), len(scene.persons) + 2))
    for i, frame in enumerate(scene.frames):
        if (frame, ball) not in scene.ball_boxes:
            continue
        for j, person in enumerate(scene.persons):
            g, s = gap_and_speed(scene, ball, person, frame)
            if g is None:
                cost[i, j] = 0.6
            else:
                slow = 0 if s is None else min(max(s / 0.03 - 1, 0), 2)
                cost[i, j] = min(g / 0.12, 5.6) + 1.2 * slow - 1.4
    return cost


def viterbi(frames: list[int], cost: np.ndarray) -> list[int]:
    persons = cost.shape[1] - 2
    total = cost[0] + np.array([0.0] * persons + [3.0, 3.0])
    back = []
    steps: dict[int, np.ndarray] = {}
    for before, now, observed in zip(frames, frames[1:], cost[1:], strict=False):
        step = steps.setdefault(now - before, transition_costs(persons, now - before))
        through = total[:, None] + step
        back.append(np.argmin(through, axis=0))
        total = through.min(axis=0) + observed
    path = [int(np.argmin(total))]
    for origins in reversed(back):
        path.append(int(origins[path[-1]]))
    return path[::-1]


def hmm(scene: Scene) -> dict[int, list[Part]]:
    if not scene.frames:
        return {ball: [] for ball in scene.balls}
    costs = {ball: hold_costs(scene, ball) for ball in scene.balls}
    in_flight = [len(scene.persons)] * len(scene.frames)
    never_seen = set(scene.balls) - {ball for _, ball in scene.ball_boxes}
    paths = {
        ball: in_flight if ball in never_seen else viterbi(scene.frames, cost) for ball, cost in costs.items()
    }
    if len(scene.balls) > 1:
        for ball in sorted(set(scene.balls) - never_seen):
            cost = costs[ball].copy()
            for other in scene.balls:
                for i, state in enumerate(paths[other]):
                    if other != ball and state < len(scene.persons):
                        cost[i, state] += 2.0
            paths[ball] = viterbi(scene.frames, cost)
    return {ball: parts_of(scene, ball, paths[ball]) for ball in scene.balls}


def parts_of(scene: Scene, ball: int, path: list[int]) -> list[Part]:
    parts = []
    start = 0
    for i in range(1, len(path) + 1):
        if i < len(path) and path[i] == path[start]:
            continue
        if path[start] < len(scene.persons):
            person = scene.persons[path[start]]
            t0, t1 = scene.frames[start], scene.frames[i - 1]
            inside = []
            for t in scene.frames:
                if t0 <= t <= min(t1, t0 + 25):
                    g, s = gap_and_speed(scene, ball, person, t)
                    if g == 0:
                        inside.append((t, s))
            settled = [t for t, s in inside if s is None or s < 0.05]
            arrival = (settled or [t for t, _ in inside] or [t0])[0]
            at = scene.frames.index(arrival)
            previous = scene.frames[at - 1] if at else arrival - 1
            output = round(arrival - 0.25 * min(10, arrival - previous) + 1)
            parts.append(Part(person, t0, t1, output))
        start = i
    return parts


# --- answer


def answer(
    parts: dict[int, list[Part]], start: dict[int, int], in_flight: str
) -> list[tuple[int, dict[int, int]]]:
    """(frame, ball to holder) rows; `start` has 0 where no holder is known."""
    frames = set()
    for ball, held in parts.items():
        holder = start[ball]
        for part in held:
            if part.person != holder:
                frames.add(part.output)
            holder = part.person
    rows = [(0, dict(start))]
    for frame in sorted(frames):
        row = {}
        for ball, held in parts.items():
            before = [part for part in held if part.output <= frame]
            row[ball] = before[-1].person if before else start[ball]
            if in_flight == "zero" and before and before[-1].last < frame:
                row[ball] = 0
        rows.append((frame, row))
    return rows


def starting_holders(scene: Scene) -> dict[int, int]:
    start = {}
    for ball in scene.balls:
        counts: Counter[int] = Counter()
        for frame in scene.frames:
            if frame > 10 or (frame, ball) not in scene.ball_boxes:
                continue
            x, y = middle(scene.ball_boxes[frame, ball])
            near = []
            for person in scene.persons:
                box = scene.person_boxes.get((frame, person))
                if box is None:
                    continue
                cx, cy = middle(box)
                half_width, half_height = 1.05 * (box[2] - box[0]) / 2, 1.05 * (box[3] - box[1]) / 2
                if abs(x - cx) <= half_width and abs(y - cy) <= half_height:
                    near.append((apart((x, y), (cx, cy)), person))
            if near:
                counts[min(near)[1]] += 1
        start[ball] = min(counts, key=lambda p: (-counts[p], p)) if counts else 0
    return start
