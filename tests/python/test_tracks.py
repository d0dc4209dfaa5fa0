import copy
import pickle

import numpy as np
import pytest

from e2tad import ConfigError, InputError, Tracks
from e2tad.tracks import make_tracks


def test_columns_are_sorted_read_only_and_outlive_the_tracks():
    tracks = make_tracks([5, 1], [1, 0], [7, 2], [[0, 0, 1, 1], [2, 2, 3, 3]], observed=[3])
    box, observed = tracks.box, tracks.observed
    assert len(tracks) == 2
    del tracks
    np.testing.assert_array_equal(box, [[2, 2, 3, 3], [0, 0, 1, 1]])
    np.testing.assert_array_equal(observed, [1, 3, 5])
    with pytest.raises(ValueError, match="read-only"):
        box[0] = 0


def test_tracks_travel_between_processes():
    tracks = make_tracks([3, 0], [1, 0], [5, 2], [[1, 2, 3, 4], [5, 6, 7, 8]], observed=[9])
    for copied in (pickle.loads(pickle.dumps(tracks)), copy.deepcopy(tracks)):
        for name in ("frame", "object_class", "id", "box", "observed"):
            np.testing.assert_array_equal(getattr(copied, name), getattr(tracks, name))
        assert not copied.box.flags.writeable


def test_no_rows_are_valid():
    tracks = make_tracks([], [], [], [])
    assert len(tracks) == 0
    assert tracks.box.shape == (0, 4)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0.5], [0], [1], [[0, 0, 1, 1]]), "frame: expected whole numbers"),
        (([0], [0], [1], [[0, 0, 1]]), r"box: expected numbers of shape \(N, 4\), got .* \(1, 3\)"),
        ((["x"], [0], [1], [[0, 0, 1, 1]]), "frame: expected numbers"),
        (([[0], [1, 2]], [0], [1], [[0, 0, 1, 1]]), "frame: .*ragged"),
        (([2**40], [0], [1], [[0, 0, 1, 1]]), "frame: expected whole numbers in the range of int32"),
        (([0], [3], [1], [[0, 0, 1, 1]]), r"class must be 0 \(person\) or 1 \(ball\), got 3"),
        (([0], [0], [1], [[0, 0, float("nan"), 1]]), "frame 0, person 1: box must be finite"),
    ],
)
def test_errors_name_the_argument(columns, message):
    with pytest.raises(ValueError, match=message):
        make_tracks(*columns)


def test_the_core_is_strict_about_dtype_and_layout_and_says_what_it_got():
    ints = np.arange(2, dtype=np.int32)
    with pytest.raises(
        ValueError, match=r"box: expected C-contiguous float32 .*\(2, 4\), got float64 \(2, 4\)"
    ):
        Tracks(ints, ints, ints, np.zeros((2, 4)), ints)
    with pytest.raises(ValueError, match="box: .*got non-contiguous"):
        Tracks(ints, ints, ints, np.zeros((4, 2), np.float32).T, ints)


def test_every_refuses_a_step_below_1():
    tracks = make_tracks([0], [0], [1], [[0, 0, 1, 1]])
    with pytest.raises(ValueError, match="step must be 1 or more"):
        tracks.every(0)


def test_config_errors_are_input_errors_and_value_errors():
    assert issubclass(ConfigError, InputError)
    assert issubclass(InputError, ValueError)
