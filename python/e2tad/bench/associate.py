"""Assignment, gallery distances and a frame's association beside SciPy, lapx, NumPy and torch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import associate
from e2tad._arrays import FloatArray
from e2tad.bench.timing import BenchRow, compare, optional

_KEPT, _WIDTH = 50, 64


def rows() -> list[BenchRow]:
    """Times of assignment, gallery minimum and whole association beside their peers.

    Returns:
        A row a size and peer.

    Raises:
        ImportError: If a peer is installed but doesn't load.

    Source:
        PEERS: assignment, 30 % gated; gallery cosine minimum; whole association of a frame.
    """
    scipy: Any = optional("scipy.optimize")
    lap: Any = optional("lap")
    torch: Any = optional("torch")
    found: list[BenchRow] = []
    for count in (5, 20, 100, 500):
        found += _assignment(count, scipy, lap)
    found += _batch(scipy)
    for queries, tracks in ((10, 12), (100, 120)):
        found += _gallery(queries, tracks, torch)
    for count in (10, 100):
        found += _frame(count, scipy)
    return found


def _assignment(count: int, scipy: Any, lap: Any) -> list[BenchRow]:
    cost = np.random.default_rng(count).random((count, count))
    gated = np.where(cost > 0.7, 1e5, cost)
    peers: dict[str, Callable[[], object] | None] = {
        "scipy": None if scipy is None else lambda: scipy.linear_sum_assignment(gated),
        "lapx lapjv": None if lap is None else lambda: lap.lapjv(gated),
        "lapx lapjvs": None if lap is None else lambda: lap.lapjvs(gated),
    }
    return compare(
        "assignment, 30 % gated",
        f"{count}x{count}",
        lambda: associate.assign(cost, 0.7),
        peers,
        goal=0.4 if count <= 20 else 1,
        rounds=15 if count < 500 else 5,
    )


def _batch(scipy: Any) -> list[BenchRow]:
    costs = np.random.default_rng(1).random((1000, 8, 8))
    gated = np.where(costs > 0.7, 1e5, costs)
    peers: dict[str, Callable[[], object] | None] = {
        "scipy, one by one": None
        if scipy is None
        else lambda: [scipy.linear_sum_assignment(cost) for cost in gated],
    }
    return compare(
        "many assignments in one call",
        "1000 of 8x8",
        lambda: associate.assign_batch(costs, 0.7),
        peers,
        goal=3,
    )


def _unit(rows: npt.NDArray[Any]) -> FloatArray:
    unit: FloatArray = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return unit


def _filled(features: FloatArray) -> associate.Gallery:
    gallery = associate.Gallery(_WIDTH, _KEPT)
    for track, rows in enumerate(features):
        for row in rows:
            gallery.push(track, row)
    return gallery


def _gallery(queries: int, tracks: int, torch: Any) -> list[BenchRow]:
    random = np.random.default_rng(2)
    query = _unit(random.normal(size=(queries, _WIDTH)))
    features = _unit(random.normal(size=(tracks, _KEPT, _WIDTH)))
    flat = features.reshape(-1, _WIDTH)
    gallery = _filled(features)
    peers: dict[str, Callable[[], object] | None] = {
        "numpy": lambda: 1 - (query @ flat.T).reshape(queries, tracks, _KEPT).max(axis=2),
        "torch": None,
    }
    if torch is not None:
        torch_query, torch_flat = torch.from_numpy(query), torch.from_numpy(flat)
        peers["torch"] = lambda: 1 - (torch_query @ torch_flat.T).view(queries, tracks, _KEPT).amax(dim=2)
    size = f"{queries}x{tracks}, {_WIDTH}-d, {_KEPT} a track"
    return compare("gallery cosine minimum", size, lambda: gallery.distance(query), peers, goal=2)


def _frame(count: int, scipy: Any) -> list[BenchRow]:
    """All of a frame: distances to full galleries, gate, assignment, and the new features taken up."""
    random = np.random.default_rng(3)
    look = random.normal(size=(count, _WIDTH))
    seen = _unit(look + random.normal(0, 0.2, look.shape))
    features = _unit(look[:, None] + random.normal(0, 0.2, (count, _KEPT, _WIDTH)))
    classes = np.zeros(count, np.int32)
    ids = np.arange(count, dtype=np.int32)
    associator = associate.Associator()
    for k in range(_KEPT):
        associator.seed(0, classes, ids, features[:, k])
    frame = iter(range(1, 2**31 - 1))
    galleries = features.copy()
    newest = 0

    def by_numpy() -> Any:
        nonlocal newest
        distance = 1 - (seen @ galleries.reshape(-1, _WIDTH).T).reshape(count, count, _KEPT).max(axis=2)
        found_rows, cols = scipy.linear_sum_assignment(np.where(distance > 0.25, 1e5, distance))
        matched = distance[found_rows, cols] <= 0.25
        galleries[cols[matched], newest] = seen[found_rows[matched]]
        newest = (newest + 1) % _KEPT
        return cols[matched]

    return compare(
        "whole association of a frame",
        f"{count} objects",
        lambda: associator.step(next(frame), classes, seen),
        {"numpy + scipy": None if scipy is None else by_numpy},
    )
