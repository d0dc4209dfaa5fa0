from functools import partial
from itertools import pairwise

import pytest

from e2tad import action
from e2tad.bench import SUITES, pipeline
from e2tad.bench.action import frame_by_frame
from e2tad.bench.timing import BenchRow, compare, interleaved_minima, optional
from e2tad.sim import World


def test_calls_take_turns_in_changing_order() -> None:
    order: list[str] = []
    times = interleaved_minima({name: partial(order.append, name) for name in "abc"}, rounds=20, slice_s=0)
    assert order[:6] == [*"aabbcc"]
    turns = ["".join(order[i : i + 3]) for i in range(6, len(order), 3)]
    assert len(turns) == 20
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}
    assert {first + second for turn in turns for first, second in pairwise(turn)} == {
        first + second for first in "abc" for second in "abc" if first != second
    }
    assert min(times.values()) > 0
    with pytest.raises(ValueError, match="rounds: must be 1 or more, got 0"):
        interleaved_minima({}, rounds=0)


def test_a_missing_peer_is_reported_not_failed() -> None:
    assert optional("e2tad_has_no_such_peer") is None
    present, missing = compare(
        "work", "1", lambda: None, {"here": lambda: None, "gone": None}, goal=2, rounds=1
    )
    assert present.ratio == pytest.approx(present.peer_ms / present.ours_ms)
    assert missing == BenchRow("work", "1", present.ours_ms, "gone", None, 2)
    assert missing.ratio is None


@pytest.mark.slow
def test_the_pipeline_s_stages_stand_beside_the_same_reading(monkeypatch) -> None:
    monkeypatch.setattr(pipeline, "_FRAMES", 48)
    monkeypatch.setattr(pipeline, "_SIZE", (640, 360))
    rows = SUITES["pipeline"]()
    for size in sorted({row.size for row in rows}):
        whole, schedules, *stages = (row for row in rows if row.size == size)
        assert whole.goal == pytest.approx(1 / 1.05)
        assert schedules.peer == "frame schedule"
        assert {row.work for row in stages} >= {"of it decode", "of it detect", "of it embed"}
        assert all(row.ours_ms > 0 for row in stages)
        assert {row.peer_ms for row in (whole, *stages)} == {whole.peer_ms}


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["geometry", "detect", "associate", "synth", "action", "sim", "nn"])
def test_suites_give_a_time_for_every_row(suite: str) -> None:
    rows = SUITES[suite]()
    assert len(rows) > 1
    assert all(row.ours_ms > 0 and (row.peer_ms is None or row.peer_ms > 0) for row in rows)


def test_the_frame_by_frame_peer_finds_the_decoder_s_holds() -> None:
    scipy = optional("scipy.optimize")
    tracks = World("5p4b", 2, frames=400, size=(960, 540)).tracks()
    decoded = action.decode(tracks, {"decoder": "morphological", "repair": False})
    for ball, parts in frame_by_frame(tracks, scipy.linear_sum_assignment).items():
        assert parts == decoded.signals(ball)["eroded"]
