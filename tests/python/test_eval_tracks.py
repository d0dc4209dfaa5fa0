import json

import numpy as np
import pytest

from e2tad import InputError, data
from e2tad.data import motchallenge, tracks_json
from e2tad.evaluation.perturbations import perturb
from e2tad.evaluation.tracks import evaluate
from e2tad.sim import World
from e2tad.tracks import BALL, PERSON, make_tracks

COLUMNS = ("frame", "object_class", "id", "box")


@pytest.fixture(scope="module")
def truth():
    return World("5p2b", 3, frames=400, size=(960, 540)).tracks()


def test_perfect_tracks_are_perfect_and_none_are_nothing(truth):
    found = evaluate(truth, truth)
    for name in ("person", "ball", "all"):
        for key in ("HOTA", "DetA", "AssA", "IDF1", "MOTA"):
            assert found[name][key] == pytest.approx(1)
        assert found[name]["IDSW"] == 0
    nothing = make_tracks([], [], [], np.zeros((0, 4)), truth.observed)
    assert evaluate(nothing, truth)["all"]["MOTA"] == 0
    assert evaluate(nothing, nothing)["all"] is None
    persons = truth.object_class == PERSON
    only = make_tracks(*(getattr(truth, n)[persons] for n in COLUMNS))
    assert evaluate(only, only)["ball"] is None


def test_mota_and_idf1_are_those_counted_by_hand():
    # Two persons over four frames. The second's id changes at frame 2, and the first is missed at frame 3.
    box = {1: [0, 0, 10, 20], 2: [50, 0, 60, 20]}
    rows = [(t, PERSON, i) for t in range(4) for i in (1, 2)]
    true = make_tracks(*zip(*rows, strict=True), [box[i] for _, _, i in rows])
    seen = [(t, PERSON, i if i == 1 or t < 2 else 3) for t, _, i in rows if (t, i) != (3, 1)]
    boxes = [box[min(i, 2)] for _, _, i in seen]
    found = evaluate(make_tracks(*zip(*seen, strict=True), boxes), true)["person"]
    assert found["MOTA"] == pytest.approx(1 - (1 + 1) / 8)  # a miss and a switch
    assert found["IDSW"] == 1
    # The best pairing keeps 3 boxes of the first and 2 of the second: 5 of (7 + 8) / 2.
    assert found["IDF1"] == pytest.approx(5 / 7.5)


def test_swaps_and_misses_lower_every_figure(truth):
    worse = evaluate(perturb(truth, 0.05, 0.2, 5, 1), truth)["all"]
    for key in ("HOTA", "DetA", "AssA", "IDF1", "MOTA"):
        assert 0.2 < worse[key] < 0.95
    assert worse["IDSW"] > 0


def test_persons_score_as_in_trackevals_own_benchmark(truth, tmp_path):
    trackeval = pytest.importorskip("trackeval")
    seen = perturb(truth, 0.05, 0.1, 5, 2)
    rng = np.random.default_rng(0)
    moved = make_tracks(
        seen.frame, seen.object_class, seen.id, seen.box + rng.normal(0, 2, (len(seen), 1)), seen.observed
    )
    persons = [
        make_tracks(
            *(
                getattr(tracks, name)[tracks.object_class == PERSON]
                for name in ("frame", "object_class", "id")
            ),
            tracks.box[tracks.object_class == PERSON],
            tracks.observed,
        )
        for tracks in (truth, moved)
    ]
    root = tmp_path / "gt" / "X-train" / "clip"
    (root / "gt").mkdir(parents=True)
    motchallenge.write(persons[0], root / "gt" / "gt.txt")
    (root / "seqinfo.ini").write_text("[Sequence]\nseqLength=400\n")
    (tmp_path / "gt" / "seqmaps").mkdir()
    (tmp_path / "gt" / "seqmaps" / "X-train.txt").write_text("name\nclip\n")
    answers = tmp_path / "tr" / "X-train" / "ours" / "data"
    answers.mkdir(parents=True)
    motchallenge.write(persons[1], answers / "clip.txt")
    dataset = trackeval.datasets.MotChallenge2DBox(
        {
            "GT_FOLDER": str(tmp_path / "gt"),
            "TRACKERS_FOLDER": str(tmp_path / "tr"),
            "BENCHMARK": "X",
            "SPLIT_TO_EVAL": "train",
            "PRINT_CONFIG": False,
        }
    )
    sequence = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("ours", "clip"), "pedestrian")
    quiet = {"PRINT_CONFIG": False}
    theirs = {
        "HOTA": np.mean(trackeval.metrics.HOTA().eval_sequence(sequence)["HOTA"]),
        "MOTA": trackeval.metrics.CLEAR(quiet).eval_sequence(sequence)["MOTA"],
        "IDF1": trackeval.metrics.Identity(quiet).eval_sequence(sequence)["IDF1"],
    }
    ours = evaluate(
        data.open_tracks(answers / "clip.txt"), data.open_tracks(root / "gt" / "gt.txt"), every=1
    )["person"]
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(float(value), abs=2e-4), (
            key
        )  # a box at a threshold may fall either way


def test_frames_are_those_of_both_or_every_so_many(truth):
    some = truth.every(10)
    assert evaluate(some, truth)["frames"] == 40
    assert evaluate(some, truth)["all"]["MOTA"] == 1
    assert evaluate(some, truth, every=5)["frames"] == 80
    assert evaluate(some, truth, every=5)["all"]["DetA"] == pytest.approx(0.5)
    later = make_tracks(some.frame + 1000, some.object_class, some.id, some.box)
    with pytest.raises(InputError, match="no observed frame in common"):
        evaluate(later, truth)
    with pytest.raises(ValueError, match="every: expected 1 or more"):
        evaluate(some, truth, every=0)


def test_the_command_prints_the_classes(e2tad, truth, tmp_path):
    tracks_json.write(truth.every(10), tmp_path / "t.json")
    motchallenge.write(truth, tmp_path / "gt.txt")
    done = e2tad("eval", "tracks", "t.json", "--data", "gt.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:3] == ["class", "HOTA", "DetA"]
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["person", "ball", "all"]
    motchallenge.write(truth.every(10), tmp_path / "answer.txt")
    found = json.loads(e2tad("eval", "tracks", "answer.txt", "--data", "gt.txt", "--json").stdout)
    # A results file can't tell an empty frame from one not looked at, so all of the truth's count.
    assert found["frames"] == 400
    assert found["all"]["DetA"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"t\.json: not JSON"),
        ("[]", r"t\.json: not a tracks file"),
        ('{"form": "e2tad tracks 1"}', r"t\.json: observed: 'observed' is missing"),
        (
            '{"form": "e2tad tracks 1", "observed": [0], "objects": [{"class": "person", "id": 1, '
            '"frames": [0], "boxes (ltrb)": []}]}',
            r"t\.json: objects\[0\]: 1 frames but 0 boxes",
        ),
        (
            '{"form": "e2tad tracks 1", "observed": [0], "objects": [{"class": "dog", "id": 1, '
            '"frames": [0], "boxes (ltrb)": [[0, 0, 1, 1]]}]}',
            r"t\.json: objects\[0\]: ",
        ),
        (
            '{"form": "e2tad tracks 1", "observed": [0], "objects": [{"class": "ball", "id": 1, '
            '"frames": [0], "boxes (ltrb)": [[5, 0, 1, 1]]}]}',
            r"t\.json: objects: ",
        ),
    ],
)
def test_a_tracks_file_that_isnt_one_is_told(tmp_path, text, message):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(InputError, match=message):
        data.open_tracks(tmp_path / "t.json")


def test_tracks_read_back_as_they_were_written(tmp_path, truth):
    empty_too = make_tracks([3], [BALL], [5], [[1.2344, 2, 3.5, 4]], [0, 3, 7])
    for tracks in (truth, empty_too):
        tracks_json.write(tracks, tmp_path / "t.json", {"name": "clip"})
        back = data.open_tracks(tmp_path / "t.json")
        for column in ("observed", "frame", "object_class", "id"):
            np.testing.assert_array_equal(getattr(back, column), getattr(tracks, column))
        np.testing.assert_allclose(back.box, tracks.box, atol=0.0006)
