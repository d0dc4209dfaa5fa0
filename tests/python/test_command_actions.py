import json

import pytest
from game import write_game


@pytest.fixture
def game(tmp_path):
    return write_game(tmp_path)


@pytest.mark.parametrize("decoder", ["morphological", "hmm"])
def test_tracks_become_the_catches_of_the_labels(e2tad, tmp_path, game, decoder):
    tracks, init, labels = game
    result = e2tad("actions", tracks, "--init", init, "--labels", labels, "--decoder", decoder, "-o", "a.csv")
    assert result.returncode == 0, result.stderr
    assert "accuracy 1.0000" in result.stdout
    rows = (tmp_path / "a.csv").read_text().split()
    assert rows[0] == "frame,5"
    assert [row.split(",")[1] for row in rows[1:]] == ["1", "2", "1"]
    assert all(abs(int(row.split(",")[0]) - f) <= 10 for row, f in zip(rows[1:], (0, 61, 141), strict=True))


def test_json_is_one_object_on_stdout_and_nothing_else(e2tad, game):
    tracks, init, labels = game
    result = e2tad("actions", tracks, "--init", init, "--labels", labels, "--json")
    summary = json.loads(result.stdout)
    assert [(c["ball"], c["from"], c["to"]) for c in summary["catches"]] == [(5, 1, 2), (5, 2, 1)]
    assert summary["score"]["accuracy"] == 1.0
    assert summary["config"]["action"]["decoder"] == "hmm"
    assert result.stderr == ""


def test_flags_overrule_set_which_overrules_the_file(e2tad, tmp_path, game):
    tracks, _, _ = game
    (tmp_path / "c.json").write_text('{"action": {"theta": 3, "every": 2, "merge": 4}}')
    result = e2tad(
        "actions", tracks, "--config", "c.json", "--set", "action.theta=4", "--set", "action.every=5",
        "--every", "10", "--json",
    )  # fmt: skip
    used = json.loads(result.stdout)["config"]["action"]
    assert (used["merge"], used["theta"], used["every"]) == (4, 4, 10)


def test_a_ball_in_flight_is_0_where_asked(e2tad, tmp_path, game):
    tracks, _, _ = game
    (tmp_path / "two").mkdir()
    # A second ball that is caught while the first one flies.
    for path in sorted(tracks.iterdir()):
        frame = int(path.stem)
        entries = json.loads(path.read_text())
        x = 750 if frame < 110 else 150 if frame >= 130 else 750 - 30 * (frame - 110)
        entries.append({"class": "ball", "id": 6, "bounding box (ltrb)": [x - 10, 180, x + 10, 200]})
        (tmp_path / "two" / path.name).write_text(json.dumps(entries))
    rows = {}
    for mode in ("hold", "zero"):
        result = e2tad(
            "actions", "two", "--decoder", "morphological", "--in-flight", mode, "-o", f"{mode}.csv"
        )
        assert result.returncode == 0, result.stderr
        rows[mode] = [line.split(",") for line in (tmp_path / f"{mode}.csv").read_text().split()[1:]]
    caught = [i for i, row in enumerate(rows["hold"]) if 110 < int(row[0]) < 135]
    assert [rows["hold"][i][1] for i in caught] == ["2"]
    assert [rows["zero"][i][1] for i in caught] == ["0"]


def test_persons_are_renamed_as_told(e2tad, tmp_path, game):
    tracks, _, labels = game
    result = e2tad("actions", tracks, "--person-ids", "1=2,2=1", "--labels", labels, "--json")
    assert [c["to"] for c in json.loads(result.stdout)["catches"]] == [1, 2]


def test_ids_that_the_tracks_lack_are_a_warning_not_an_error(e2tad, tmp_path, game):
    tracks, _, _ = game
    (tmp_path / "l.csv").write_text("frame,5,8\n0,1,9\n")
    result = e2tad("actions", tracks, "--labels", "l.csv")
    assert result.returncode == 0
    assert "warning: the tracks lack person 9 and ball 8 of the labels" in result.stderr


def test_the_plot_shows_contacts_catches_and_labels(e2tad, tmp_path, game):
    tracks, init, labels = game
    result = e2tad("actions", tracks, "--init", init, "--labels", labels, "--plot", "t.html")
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "t.html").read_text()
    assert "<title>clip: hmm, accuracy 1.000</title>" in page
    for name in ("raw", "holds", "catches", "labels"):
        assert f"<dt>{name}</dt>" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: No such file or directory"),
        (["clip_init.csv"], "clip_init.csv: expected tracks: a .json file of e2tad run"),
        (["empty"], "empty: "),
        (["clip/gt_tracks", "--init", "nowhere.csv"], "nowhere.csv: No such file or directory"),
        (["clip/gt_tracks", "--init", "clip"], "clip: Is a directory"),
        (["clip/gt_tracks", "--labels", "zero.csv"], "zero.csv: "),
        (["clip/gt_tracks", "--theta", "-1"], "options: /action/theta: expected in [0, 1000000], got -1"),
        (["clip/gt_tracks", "--set", "action.thetta=1"], "/action/thetta: unknown key, did you mean theta?"),
        (["clip/gt_tracks", "--set", "theta"], "--set: expected section.key=value, got 'theta'"),
        (["clip/gt_tracks", "--config", "bad.json"], "bad.json: not JSON at byte 2"),
        (["clip/gt_tracks", "--config", "nowhere.json"], "nowhere.json: No such file or directory"),
        (["clip/gt_tracks", "--person-ids", "1:2"], "1:2"),
        (["clip/gt_tracks", "--frame-size", "big"], "--frame-size: expected WxH in pixels"),
        (["clip/gt_tracks", "-o", "clip"], "clip: Is a directory"),
        (["clip/gt_tracks", "--decoder", "magic"], "magic"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line_and_exit_code_2(e2tad, tmp_path, game, arguments, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "zero.csv").touch()
    (tmp_path / "bad.json").write_text("{")
    before = sorted(path.name for path in tmp_path.iterdir())
    result = e2tad("actions", *arguments)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before, "something was left behind"
