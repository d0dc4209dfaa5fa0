import csv
import io
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import reference_metric

import e2tad
from e2tad.metric import accuracy, missing_ids


def random_case(rng: random.Random) -> tuple[str, str]:
    """Answer and labels: ties, duplicate and unsorted frames, other columns, headers without rows."""

    def table() -> str:
        balls = rng.sample(range(5, 9), rng.choice([0, 1, 2, 3, 3, 4]))
        names = [f"{b}{rng.choice(['', '', '_red', '_Blue', ' x'])}" for b in balls]
        if balls and rng.random() < 0.15:
            names.append(f"{rng.choice(['', '0'])}{rng.choice(balls)}_again")
        if rng.random() < 0.15:
            names.append(rng.choice(["note", "ball", "_5", ""]))
        rng.shuffle(names)
        frame_name = rng.choice(["frame", "Frame", " FRAME "])
        names.insert(rng.choice([0, 0, 0, len(names)]), frame_name)
        if rng.random() < 0.05:
            names.insert(0, "frame")
        count = rng.choice([0, 1, 2, 5, 12, 30, 30])
        span = rng.choice([5, 40, 200, 200, 1000])
        frames = [rng.randint(-3, span) for _ in range(count)]
        if rng.random() < 0.7:
            frames.sort()
        lines = [",".join(names)]
        for frame in frames:
            row = []
            for name in names:
                if name.strip().lower() == "frame":
                    text = rng.choice(["{}", "{}", "{}", " {}", "{} "]).format(frame)
                    row.append("+" + text.strip() if frame >= 0 and rng.random() < 0.02 else text)
                else:
                    row.append(rng.choice(["1"] * 6 + ["2"] * 3 + ["0", " 1", "01", "", "1.0", "a", "-1"]))
            if rng.random() < 0.03:
                row = row[: names.index(frame_name) + 1] if names.count("frame") < 2 else row
            if rng.random() < 0.03:
                row.append("9")
            lines.append(",".join(row))
        end = rng.choice(["\n", "\n", "\r\n"])
        blank = end if rng.random() < 0.1 else ""
        return end.join(lines) + rng.choice(["", end, end + end]) + blank

    return table(), table()


def table_rows(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline="")) if any(c.strip() for c in row)]


def test_equals_the_transcription_on_10000_random_cases_to_the_last_bit(tmp_path):
    rng = random.Random(20211)
    answer_file = tmp_path / "answer.csv"
    labels_file = tmp_path / "labels.csv"
    seen = {"matched": 0, "no rows": 0, "partly right": 0}
    for _ in range(10_000):
        answer, labels = random_case(rng)
        threshold = rng.choice([10, 10, 10, 0, 3, 25])
        expected = reference_metric.accuracy(answer, labels, threshold)
        answer_file.write_bytes(answer.encode())
        labels_file.write_bytes(labels.encode())
        from_files = accuracy(answer_file, labels_file, threshold)
        assert {k: getattr(from_files, k) for k in expected} == expected, (answer, labels, threshold)
        header, *rows = table_rows(answer)
        from_rows = accuracy([header, *rows], labels_file, threshold)
        assert {k: getattr(from_rows, k) for k in expected} == expected, (answer, labels, threshold)
        seen["matched"] += expected["tp"] > 0
        seen["no rows"] += expected["tp"] + expected["fp"] == 0
        seen["partly right"] += expected["frame_score"] % 1 != 0
    # The cases must reach what they are made for.
    assert min(seen.values()) > 500, seen


GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "metric" / "cases.json").read_text())


@pytest.mark.parametrize("case", GOLDEN, ids=[case["name"] for case in GOLDEN])
def test_equals_the_frozen_results_of_the_transcription(tmp_path, case):
    for name in ("answer", "labels"):
        (tmp_path / f"{name}.csv").write_text(case[name], newline="")
    report = accuracy(tmp_path / "answer.csv", tmp_path / "labels.csv", case["threshold"])
    assert {key: getattr(report, key) for key in case["expected"]} == case["expected"]
    # The transcription itself has not moved.
    assert reference_metric.accuracy(case["answer"], case["labels"], case["threshold"]) == case["expected"]


ANSWER = [{"frame": 0, "5": 3, "6_red": 1}, {"frame": 140, "5": 2, "6_red": 1}, {"frame": 400, "5": 2}]
LABELS = "frame,5_blue,6\n0,3,1\n137,1,1\n200,1,2\n"


def forms_of_the_answer(tmp_path):
    columns = ["frame", "5", "6_red"]
    rows = [[row.get(c) for c in columns] for row in ANSWER]
    path = tmp_path / "answer.csv"
    path.write_text("\n".join(",".join("" if c is None else str(c) for c in row) for row in [columns, *rows]))
    yield "str path", str(path)
    yield "path", path
    yield "dicts", ANSWER
    yield "dicts of text", [{k: f" {v} " for k, v in row.items()} for row in ANSWER]
    yield "lists", [columns, *rows]
    yield "tuples", (tuple(columns), *(tuple(row) for row in rows))
    yield "integer names", [{"frame" if k == "frame" else int(k[0]): v for k, v in r.items()} for r in ANSWER]
    yield "numpy cells", [{k: np.int32(v) for k, v in row.items()} for row in ANSWER]
    yield "float cells", [{k: np.float32(v) for k, v in row.items()} for row in ANSWER]
    # The gap makes pandas' column a float one, in which 1 is 1.0 and the gap NaN.
    yield "pandas", pd.DataFrame(ANSWER)
    yield "pandas nullable", pd.DataFrame(ANSWER).convert_dtypes()
    yield "pandas text", pd.DataFrame(ANSWER).astype(object).astype(str)
    yield "pandas, index", pd.DataFrame(ANSWER, index=[7, 7, 7])
    yield "polars", pl.DataFrame(ANSWER)
    yield "table", e2tad.data.to_table(ANSWER)


def test_every_form_of_an_answer_scores_the_same(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(LABELS)
    for form, answer in forms_of_the_answer(tmp_path):
        report = accuracy(answer, labels)
        text_of_floats = form == "pandas text"
        # Matched are the first two rows; where floats were made text first, 1.0 is not 1.
        assert (report.tp, report.fp, report.fn) == (2, 1, 1), form
        assert report.frame_score == (0.5 if text_of_floats else 1.5), form
    assert accuracy(labels, pd.read_csv(labels)).accuracy == 1.0


def test_reports_matches_score_and_reason():
    labels = [["frame", "5"], [0, 3], [137, 1]]
    report = accuracy(ANSWER, labels, energy_kj=0.5, matches=True)
    assert report.label_row.tolist() == [0, 1, -1]
    assert report.row_score.tolist() == [1.0, 0.0, 0.0]
    assert report.accuracy == 1.0 / 2.5
    assert report.score == report.accuracy / 0.5
    assert accuracy(ANSWER, labels).label_row is None
    assert "reason" not in report.as_dict()
    empty = accuracy([], labels)
    assert (empty.accuracy, empty.fn, empty.score) == (0.0, 2, None)
    assert empty.as_dict()["reason"].startswith("the answer has no rows")
    header_only = accuracy([["frame", "5"]], labels)
    assert header_only.reason == "the answer has no rows"
    assert accuracy([], []).accuracy == 0.0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ([{"time": 0}], 'answer: no column frame, the columns are "time"'),
        ([["time", "5"], [0, 1]], 'answer: no column frame, the columns are "time,5"'),
        ([{"frame": 0}, {"frame": "x"}], 'answer: row 1, frame: expected an integer, got "x"'),
        ([{"frame": 0.5}], 'answer: row 0, frame: expected an integer, got "0.5"'),
        ([{"frame": "5.0"}], 'answer: row 0, frame: expected an integer, got "5.0"'),
        ([{"frame": float("nan")}], 'answer: row 0, frame: expected an integer, got "nan"'),
        ([{"frame": None}], 'answer: row 0, frame: expected an integer, got "None"'),
        ([{"frame": 0}, {"5": 1}], "answer: row 1, frame: expected an integer, got none"),
        ([{"frame": 10**30}], f'answer: row 0, frame: expected an integer, got "{10**30}"'),
        ([{"frame": "\ud800"}], 'answer: row 0, frame: expected an integer, got "\\xed\\xa0\\x80"'),
        ([{"frame": 0}, 3], "element 1 is a int"),
        ([3], "element 0 is a int"),
        ([["frame"], {"frame": 1}], "element 1 is a dict"),
        (pd.DataFrame({"time": [1]}), 'answer: no column frame, the columns are "time"'),
        (pd.DataFrame({"frame": [1.5]}), 'answer: row 0, frame: expected an integer, got "1.5"'),
        (pd.DataFrame({"frame": [1, None]}), 'answer: row 1, frame: expected an integer, got "None"'),
        (pl.DataFrame({"frame": ["a"]}), 'answer: row 0, frame: expected an integer, got "a"'),
    ],
)
def test_errors_name_the_row_and_what_was_expected(answer, error):
    with pytest.raises(e2tad.InputError) as caught:
        accuracy(answer, [["frame", "5"]])
    assert error in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_kinds_and_ranges_are_errors():
    with pytest.raises(
        TypeError, match="answer: expected a path, rows, or a pandas or polars frame, got int"
    ):
        accuracy(3, [["frame"]])
    with pytest.raises(ValueError, match="threshold: expected 0 or more, got -1"):
        accuracy([["frame"]], [["frame"]], threshold=-1)
    for energy in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="energy_kj: expected kilojoules above 0"):
            accuracy([["frame"]], [["frame"]], energy_kj=energy)
    with pytest.raises(FileNotFoundError, match="none.csv"):
        accuracy("none.csv", [["frame"]])


def test_integral_floats_and_numpy_scalars_are_frames():
    labels = [["frame", "5"], [10, 1]]
    for frame in (10, 10.0, np.int64(10), np.float32(10), " +10 ", True + 9):
        assert accuracy([{"frame": frame, "5": 1}], labels).accuracy == 1.0, frame


def test_neither_pandas_nor_polars_is_imported_unless_given():
    import subprocess
    import sys

    code = (
        "import sys, e2tad; e2tad.metric.accuracy([['frame','5'],[0,1]], [['frame','5'],[0,1]]);"
        "assert not {'pandas', 'polars'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_ids_name_what_the_tracks_lack():
    tracks = e2tad.tracks.make_tracks([0, 0], [0, 1], [1, 5], [[0, 0, 1, 1], [0, 0, 1, 1]])
    missing = missing_ids([["frame", "5", "8_red"], [0, 1, 9], [3, 0, "x"]], tracks)
    assert (missing.persons, missing.balls) == ((9,), ("8",))
    assert str(missing) == "the tracks lack person 9 and ball 8 of the labels"
    assert not missing_ids([["frame", "5"], [0, 1]], tracks)
