import json

import pytest


@pytest.fixture
def files(tmp_path):
    (tmp_path / "labels.csv").write_text("frame,5_red,6\n0,1,2\n60,2,2\n140,1,2\n")
    (tmp_path / "answer.csv").write_text("frame,5,6\n0,1,2\n65,2,1\n300,1,2\n")
    return tmp_path


def test_the_contest_s_accuracy_by_hand(e2tad, files):
    # Two rows match (shares 1 and 1/2), one is wrong, one label is missed: 1.5 / (2 + 0.5 * 2).
    result = e2tad("score", "answer.csv", "labels.csv", "--json")
    report = json.loads(result.stdout)
    assert report["accuracy"] == 0.5
    assert (report["tp"], report["fp"], report["fn"], report["frame_score"]) == (2, 1, 1, 1.5)
    assert result.stderr == ""


def test_the_score_is_accuracy_by_energy(e2tad, files):
    report = json.loads(e2tad("score", "answer.csv", "labels.csv", "--energy", "0.25", "--json").stdout)
    assert report["score"] == 2.0


def test_a_wider_threshold_finds_more(e2tad, files):
    report = json.loads(e2tad("score", "answer.csv", "labels.csv", "--threshold", "4", "--json").stdout)
    assert report["tp"] == 1


def test_an_answer_without_rows_scores_0_and_says_why(e2tad, files):
    (files / "none.csv").write_text("frame,5,6\n")
    result = e2tad("score", "none.csv", "labels.csv", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["accuracy"] == 0
    assert "warning: " in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv", "labels.csv"], "nowhere.csv: No such file or directory"),
        (["answer.csv", "."], ".: Is a directory"),
        (["binary.csv", "labels.csv"], "binary.csv"),
        (["noframe.csv", "labels.csv"], "noframe.csv"),
        (["word.csv", "labels.csv"], "word.csv"),
        (["answer.csv", "labels.csv", "--threshold", "-1"], "threshold"),
        (["answer.csv", "labels.csv", "--energy", "0"], "energy"),
        (["answer.csv", "labels.csv", "--energy", "nan"], "energy"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(e2tad, files, arguments, message):
    (files / "binary.csv").write_bytes(bytes(range(256)) * 4)
    (files / "noframe.csv").write_text("when,5\n0,1\n")
    (files / "word.csv").write_text("frame,5\nsoon,1\n")
    result = e2tad("score", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""
