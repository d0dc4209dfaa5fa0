import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2tad import Tracks
from e2tad.evaluation.perturbations import SWAP_FRAMES, drop, perturb, swap
from e2tad.tracks import BALL, PERSON, make_tracks


def grid(frames: int, persons: int, balls: int) -> Tracks:
    """Every object in every frame; a box's left edge tells the object, its top edge the frame."""
    rows = [(f, PERSON, p, (p, f, p + 1, f + 1)) for f in range(frames) for p in range(persons)]
    rows += [(f, BALL, b, (b, f, b + 1, f + 1)) for f in range(frames) for b in range(balls)]
    return make_tracks(*zip(*rows, strict=True), observed=range(frames + 3))


def wrong_ids(tracks: Tracks, object_class: int) -> np.ndarray:
    """(frames,): how many objects of the class bear another's id."""
    rows = tracks.object_class == object_class
    wrong = tracks.id[rows] != tracks.box[rows, 0]
    return np.bincount(tracks.frame[rows], wrong, minlength=len(tracks.observed))


def test_one_exchange_lasts_for_twenty_observed_frames() -> None:
    tracks = grid(2000, 2, 1)
    seeds = [s for s in range(400) if np.random.default_rng(s).poisson(0.01 * 2 / 2 * 2003 / 20) == 1]
    for seed in seeds[:20]:
        wrong = wrong_ids(swap(tracks, 0.01, np.random.default_rng(seed)), PERSON)
        stretch = np.flatnonzero(wrong)
        if len(stretch) and stretch[-1] < 1999:
            assert (wrong[stretch] == 2).all()
            assert stretch[-1] - stretch[0] == SWAP_FRAMES - 1 == len(stretch) - 1


def test_the_rate_is_about_the_share_of_wrong_ids() -> None:
    tracks = grid(4000, 5, 3)
    for object_class in (PERSON, BALL):
        objects = 5 if object_class == PERSON else 3
        shares = [
            wrong_ids(swap(tracks, 0.05, np.random.default_rng(s)), object_class).sum() / 4000 / objects
            for s in range(20)
        ]
        assert np.mean(shares) == pytest.approx(0.05, rel=0.15)


def test_overlapping_exchanges_are_composed_in_order_of_time() -> None:
    """Three objects, many events: every frame stays a permutation, and three-cycles occur."""
    swapped = swap(grid(500, 3, 1), 1.5, np.random.default_rng(0))
    persons = swapped.id[swapped.object_class == PERSON].reshape(500, 3)
    assert (np.sort(persons, axis=1) == np.arange(3)).all()
    boxes = swapped.box[swapped.object_class == PERSON, 0].reshape(500, 3)
    assert ((boxes != np.arange(3)).sum(axis=1) == 3).any()


def test_a_class_with_one_object_has_no_exchanges() -> None:
    swapped = swap(grid(500, 2, 1), 1.0, np.random.default_rng(0))
    assert wrong_ids(swapped, PERSON).any()
    assert not wrong_ids(swapped, BALL).any()


@pytest.mark.parametrize(("share", "mean_run"), [(0.2, 5), (0.2, 1), (0.5, 3), (0.3, 10)])
def test_losses_have_the_share_and_the_runs_that_were_asked_for(share: float, mean_run: float) -> None:
    frames = 40_000
    kept = drop(grid(frames, 2, 1), share, mean_run, np.random.default_rng(1))
    lost = np.ones(frames, dtype=int)
    lost[kept.frame[(kept.object_class == BALL)]] = 0
    assert lost.mean() == pytest.approx(share, rel=0.12)
    runs = lost.sum() / ((np.diff(lost) == 1).sum() + lost[0])
    # Independent losses come in runs of 1/(1 - share) on average.
    assert runs == pytest.approx(mean_run if mean_run > 1 else 1 / (1 - share), rel=0.12)


@given(st.floats(0, 0.3), st.floats(0, 0.45), st.integers(1, 6), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_a_seed_always_gives_the_same_tracks_and_boxes_never_change(
    rate: float, share: float, mean_run: int, seed: int
) -> None:
    tracks = grid(60, 4, 2)
    first, again = (perturb(tracks, rate, share, mean_run, seed) for _ in range(2))
    for column in ("frame", "object_class", "id", "box", "observed"):
        np.testing.assert_array_equal(getattr(first, column), getattr(again, column))
    assert first.observed.tolist() == tracks.observed.tolist()
    boxes = set(zip(tracks.object_class.tolist(), map(tuple, tracks.box.tolist()), strict=True))
    left = list(zip(first.object_class.tolist(), map(tuple, first.box.tolist()), strict=True))
    assert set(left) <= boxes
    assert len(set(left)) == len(left)


def test_numbers_out_of_range_are_named() -> None:
    tracks = grid(3, 2, 1)
    with pytest.raises(ValueError, match="rate: expected 0 or more, got -1"):
        swap(tracks, -1, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"share: expected in \[0, 1\), got 1"):
        drop(tracks, 1, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="mean_run: expected 1 or more, got 0"):
        drop(tracks, 0.1, 0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="share: no chain loses 0.9 in runs of 2 on average"):
        drop(tracks, 0.9, 2, np.random.default_rng(0))


def test_nothing_to_perturb_stays_nothing() -> None:
    empty = make_tracks([], [], [], [], observed=[1, 2])
    assert len(perturb(empty, 1, 0.5, 5, 0)) == 0
