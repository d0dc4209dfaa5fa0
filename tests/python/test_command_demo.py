import json

import numpy as np
import pytest

from e2tad.commands.demo import spoil
from e2tad.sim import World


def test_the_demo_decodes_what_it_spoilt_and_leaves_its_files(e2tad, tmp_path):
    result = e2tad("demo", "--frames", "200", "--no-video", "-o", "d", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["data"] == "simulated"
    assert len(found["rows"]) == 8
    assert all(0 <= row["accuracy"] <= 1 for row in found["rows"])
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [
        "actions.csv",
        "index.html",
        "labels.csv",
    ]
    score = json.loads(e2tad("score", "d/actions.csv", "d/labels.csv", "--json").stdout)
    assert score["accuracy"] == found["accuracy"]


@pytest.mark.slow
def test_the_clip_is_shown_above_the_timeline(e2tad, tmp_path):
    result = e2tad("demo", "--frames", "40", "-o", "d")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "d" / "overlay.mp4").stat().st_size > 10_000
    assert '<video controls muted src="overlay.mp4">' in (tmp_path / "d" / "index.html").read_text()


def test_spoilt_tracks_have_misses_and_swaps_and_are_the_same_for_a_seed():
    truth = World("5p4b", 1, frames=900, size=(960, 540)).tracks()
    seen = spoil(truth, 3)
    assert 0.7 * len(truth) < len(seen) < 0.9 * len(truth)
    np.testing.assert_array_equal(seen.box, spoil(truth, 3).box)
    # An id that is far from where it truly is bears another object's box.
    where = {
        (f, c, i): b for f, c, i, b in zip(truth.frame, truth.object_class, truth.id, truth.box, strict=True)
    }
    far = sum(
        np.abs(where[(f, c, i)] - b).max() > 60
        for f, c, i, b in zip(seen.frame, seen.object_class, seen.id, seen.box, strict=True)
    )
    assert far > 0


def test_a_file_in_place_of_the_folder_is_an_error(e2tad, tmp_path):
    (tmp_path / "d").touch()
    result = e2tad("demo", "-o", "d")
    assert result.returncode == 2
    assert result.stderr == "e2tad: d: expected a folder\n"
