import json

import cv2

FILES = ["actions.csv", "clip", "overlay.mp4", "report.html", "run.json", "tracks.json"]


def test_the_demo_finds_catches_in_its_own_clip_and_leaves_a_scored_run(e2tad, tmp_path):
    words = ("demo", "--preset", "5p2b", "--frames", "150", "-o", "d")
    result = e2tad(*words, "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == FILES
    # The packaged networks found the persons and balls that the simulator drew.
    sampled = told["counts"]["sampled"]
    assert sampled >= 15
    assert told["counts"]["persons"] > 3 * sampled
    assert told["counts"]["balls"] > sampled
    assert told["accuracy_on_true_tracks"] > 0.5
    score = json.loads(e2tad("score", "d/actions.csv", "d/clip/5p2b_s1_action_noisy.csv", "--json").stdout)
    assert score["accuracy"] == told["score"]["accuracy"] > 0.2
    assert int(cv2.VideoCapture(str(tmp_path / "d/overlay.mp4")).get(cv2.CAP_PROP_FRAME_COUNT)) == 150
    assert 'src="data:video/mp4;base64,' in (tmp_path / "d/report.html").read_text()

    again = e2tad(*words, "--seed", "2")
    assert again.returncode == 0, again.stderr
    assert "the decoder on the true boxes of the same frames: accuracy" in again.stdout
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == FILES
    assert (tmp_path / "d/clip/5p2b_s2.mp4").exists()
    assert not (tmp_path / "d/clip/5p2b_s1.mp4").exists()


def test_a_file_in_place_of_the_folder_is_an_error(e2tad, tmp_path):
    (tmp_path / "d").touch()
    result = e2tad("demo", "-o", "d")
    assert result.returncode == 2
    assert result.stderr == "e2tad: d: expected a folder\n"


def test_a_folder_that_no_demo_made_is_kept(e2tad, tmp_path):
    (tmp_path / "d/clip").mkdir(parents=True)
    (tmp_path / "d/clip/mine.txt").write_text("mine")
    result = e2tad("demo", "--frames", "40", "-o", "d")
    assert result.returncode == 2
    assert result.stderr == "e2tad: d/clip: expected a new or an empty folder\n"
    assert (tmp_path / "d/clip/mine.txt").read_text() == "mine"
