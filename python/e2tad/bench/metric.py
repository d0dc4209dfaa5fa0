"""The contest's scorer beside a plain one that walks the labels again for each row of the answer."""

import numpy as np

from e2tad import data, metric
from e2tad.bench.timing import BenchRow, compare, interleaved_minima

Row = dict[str, str]

_GOAL_MS = 20.0
"""PEERS: 100,000 parsed rows under 20 ms."""


def random_rows(count: int, seed: int, jitter: int) -> list[Row]:
    """A row every 30 frames, three balls, as `csv.DictReader` gives them.

    Args:
        count: Rows.
        seed: Of the random numbers.
        jitter: Frames by which a row may come later.

    Returns:
        Dicts of text.

    Raises:
        ValueError: If the count or the jitter is negative.

    Source:
        Own choice: most answer rows meet a label row.
    """
    random = np.random.default_rng(seed)
    frames = 30 * np.arange(count) + random.integers(0, jitter + 1, count)
    persons = random.integers(0, 5, (count, 3))
    return [
        {"frame": str(frame), "5": str(a), "6": str(b), "7": str(c)}
        for frame, (a, b, c) in zip(frames.tolist(), persons.tolist(), strict=True)
    ]


def quadratic_accuracy(answer: list[Row], labels: list[Row], threshold: int = 10) -> float:
    """The accuracy as a scorer in plain Python tends to compute it: the labels left are filtered row by row.

    Args:
        answer: Rows of text.
        labels: Rows of text.
        threshold: Frames that a match may lie apart.

    Returns:
        The accuracy; quadratic in the rows.

    Raises:
        ValueError: If a frame is no integer.

    Source:
        The contest's conventions; PEERS: contest scorer, "quadratic".
    """
    balls = [name for name in labels[0] if name != "frame"]
    left_over = labels
    matched = 0
    total = 0.0
    for row in answer:
        frame = int(row["frame"])
        passed = 0
        while passed < len(left_over) and int(left_over[passed]["frame"]) <= frame:
            passed += 1
        match = None
        if passed and frame - int(left_over[passed - 1]["frame"]) <= threshold:
            match = left_over[passed - 1]
        elif passed < len(left_over) and int(left_over[passed]["frame"]) - frame <= threshold:
            match = left_over[passed]
            passed += 1
        left_over = left_over[passed:]
        if match is not None:
            matched += 1
            total += sum(row.get(ball) == match[ball] for ball in balls) / len(balls)
    return total / (matched + 0.5 * (len(answer) + len(labels) - 2 * matched))


def rows() -> list[BenchRow]:
    """Times of `metric.accuracy` on parsed rows.

    Returns:
        A row a size; at 100,000 beside 100 times the time of 1,000, which tells that it is linear, and beside
        the goal. The peer would take minutes there.

    Raises:
        Nothing.

    Source:
        PEERS: contest scorer.
    """
    found: list[BenchRow] = []
    tables = {}
    for count in (1_000, 10_000, 100_000):
        answer, labels = random_rows(count, 1, 11), random_rows(count, 2, 0)
        tables[count] = (data.to_table(answer), data.to_table(labels))
        if count < 100_000:
            found += compare(
                "contest scorer",
                f"{count} rows",
                lambda pair=tables[count]: metric.accuracy(*pair),  # type: ignore[misc]
                {
                    "plain Python": lambda a=answer, b=labels: quadratic_accuracy(a, b)  # type: ignore[misc]
                },
                rounds=15 if count < 10_000 else 3,
            )
    times = interleaved_minima({str(n): lambda pair=t: metric.accuracy(*pair) for n, t in tables.items()})  # type: ignore[misc]
    ours = times["100000"]
    found.append(BenchRow("contest scorer", "100000 rows", ours, "100 x ours at 1000", 100 * times["1000"]))
    found.append(BenchRow("contest scorer", "100000 rows", ours, "the goal", _GOAL_MS, 1))
    return found
