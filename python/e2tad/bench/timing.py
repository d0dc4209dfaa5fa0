"""What a benchmark's row holds, and how its times are taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from random import Random
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class BenchRow:
    """One work at one size, beside one peer.

    Attributes:
        work: What is done.
        size: How much of it.
        ours_ms: Milliseconds a call.
        peer: The peer's name.
        peer_ms: Milliseconds a call; None where the peer isn't installed.
        goal: The ratio peer_ms / ours_ms to reach against the best peer; None where there is none.
    """

    work: str
    size: str
    ours_ms: float
    peer: str
    peer_ms: float | None
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer takes ours; None where the peer is missing."""
        return None if self.peer_ms is None else self.peer_ms / self.ours_ms


def interleaved_minima(
    calls: Mapping[str, Callable[[], object]], rounds: int = 15, slice_s: float = 2e-3
) -> dict[str, float]:
    """Milliseconds a call, the least of several rounds in which all calls take turns.

    The order is another one in each round: a call finds in the caches what the one before it left there, so
    that one which always came after a large one would look slow.

    Args:
        calls: By name; each is run once before the clock starts.
        rounds: How often each call has its turn.
        slice_s: A turn repeats its call for about as long, at least once.

    Returns:
        Milliseconds by name.

    Raises:
        ValueError: If there are no rounds.

    Source:
        PEERS: "minima of interleaved runs".
    """
    if rounds < 1:
        raise ValueError(f"rounds: must be 1 or more, got {rounds}")
    repeats = {}
    for name, call in calls.items():
        call()
        start = perf_counter()
        call()
        repeats[name] = max(1, int(slice_s / max(perf_counter() - start, 1e-9)))
    best = dict.fromkeys(calls, float("inf"))
    turns = list(calls.items())
    random = Random(0)
    for _ in range(rounds):
        random.shuffle(turns)
        for name, call in turns:
            start = perf_counter()
            for _ in range(repeats[name]):
                call()
            best[name] = min(best[name], (perf_counter() - start) / repeats[name])
    return {name: 1e3 * seconds for name, seconds in best.items()}


def compare(
    work: str,
    size: str,
    ours: Callable[[], object],
    peers: Mapping[str, Callable[[], object] | None],
    goal: float | None = None,
    rounds: int = 15,
) -> list[BenchRow]:
    """Rows of one work beside its peers, timed in turns.

    Args:
        work: What is done.
        size: How much of it.
        ours: Our call.
        peers: Their calls by name; None for a peer that isn't installed.
        goal: The ratio to reach against the best peer.
        rounds: As for `interleaved_minima`.

    Returns:
        A row a peer, in their order.

    Raises:
        ValueError: If there are no rounds.

    Source:
        PEERS.
    """
    present = {name: call for name, call in peers.items() if call is not None}
    times = interleaved_minima({"": ours, **present}, rounds)
    return [BenchRow(work, size, times[""], name, times.get(name), goal) for name in peers]


def optional(name: str) -> Any:
    """A peer's module, or None where it isn't installed.

    Args:
        name: Such as `scipy.optimize`.

    Returns:
        The module or None.

    Raises:
        ImportError: If the module is there but doesn't load.

    Source:
        House rule: peers that aren't installed are reported, not failed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None
