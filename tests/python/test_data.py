import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import e2tad
from e2tad import InputError, data

GOLDEN = Path(__file__).parents[1] / "golden" / "lpcvc21" / "2p1b_made_up"
CLASSES = {"person": 0, "ball": 1}


def plain_tracks(folder: Path, rename: dict[int, int]) -> list[tuple[int, int, int, list[float]]]:
    """The rows of a folder of gt_tracks, read by json and sorted as Tracks promises."""
    rows = []
    for path in folder.glob("*.json"):
        for entry in json.loads(path.read_text()):
            person = entry["class"] == "person"
            identity = rename.get(entry["id"], entry["id"]) if person else entry["id"]
            rows.append((int(path.stem), CLASSES[entry["class"]], identity, entry["bounding box (ltrb)"]))
    return sorted(rows)


def assert_equals_a_plain_reading(video: data.Lpcvc21Video, rename: dict[int, int]) -> None:
    tracks = video.tracks()
    rows = plain_tracks(video.root / "gt_tracks", rename)
    assert tracks.frame.tolist() == [row[0] for row in rows]
    assert tracks.object_class.tolist() == [row[1] for row in rows]
    assert tracks.id.tolist() == [row[2] for row in rows]
    np.testing.assert_array_equal(tracks.box, np.array([row[3] for row in rows], dtype=np.float32))
    assert tracks.observed.tolist() == sorted(int(p.stem) for p in (video.root / "gt_tracks").iterdir())

    init = video.init()
    with open(video.root / f"{video.name}_init.csv", newline="") as file:
        plain = list(csv.DictReader(file))
    assert init.frame.tolist() == [int(row["Frame"]) for row in plain]
    assert init.id.tolist() == [int(row["ID"]) for row in plain]
    np.testing.assert_array_equal(
        init.share, [[float(row[k]) for k in ("X", "Y", "Width", "Height")] for row in plain]
    )
    for kind in ("noisy", "official"):
        labels = video.labels(kind)
        with open(video.root / f"{video.name}_action_{kind}.csv", newline="") as file:
            header, *rows = csv.reader(file)
        assert labels.balls == [name.split("_")[0] for name in header[1:]]
        assert labels.frame.tolist() == [int(row[0]) for row in rows]
        assert labels.person.tolist() == [[int(cell) for cell in row[1:]] for row in rows]


def test_a_made_up_video_reads_as_json_and_csv_read_it():
    video = data.Lpcvc21Video(GOLDEN)
    assert_equals_a_plain_reading(video, {})
    assert video.frame_size == (3840, 2160)
    # Frame 70 was looked at and shows nothing.
    assert 70 in video.tracks().observed
    assert 70 not in video.tracks().frame


@pytest.mark.data
@pytest.mark.parametrize("name", ["4p1b_01A2", "5p2b_01A1", "5p4b_01A2"])
def test_real_samples_read_as_json_and_csv_read_them(data_root, name):
    rename = {2: 1, 3: 2, 1: 4, 4: 3} if name == "4p1b_01A2" else {}
    video = data.Lpcvc21Video(data_root / "lpcvc21" / name)
    assert_equals_a_plain_reading(video, rename)
    # With the labels' ids, tracks and init agree on who stands where.
    tracks, init = video.tracks(), video.init().tracks(video.frame_size)
    boxes = {key: box for *key_, box in columns(tracks) for key in [tuple(key_)]}
    for frame, object_class, identity, box in columns(init):
        if (frame, object_class, identity) in boxes:
            there = boxes[frame, object_class, identity]
            np.testing.assert_allclose(box[:2] + box[2:], there[:2] + there[2:], atol=100)
    assert not e2tad.metric.missing_ids(video.labels(), tracks)


def columns(tracks):
    return zip(
        tracks.frame.tolist(), tracks.object_class.tolist(), tracks.id.tolist(), tracks.box, strict=True
    )


def test_person_ids_replace_the_samples_table(tmp_path):
    root = tmp_path / "4p1b_01A2"
    shutil.copytree(GOLDEN, root)
    video = data.Lpcvc21Video(root)
    assert video.tracks().person_ids() == [1, 4]  # 1 -> 4, 2 -> 1
    assert video.tracks(person_ids={}).person_ids() == [1, 2]
    assert video.tracks(person_ids={2: 7}).person_ids() == [1, 7]
    assert data.load_tracks(root / "gt_tracks").person_ids() == [1, 2]
    assert data.load_tracks(root / "gt_tracks", "1=2,2=1").person_ids() == [1, 2]
    assert data.lpcvc21.person_ids(root / "gt_tracks") == {1: 4, 2: 1, 3: 2, 4: 3}
    assert data.lpcvc21.person_ids("elsewhere", "x/4p1b_01A2_init.csv") == {1: 4, 2: 1, 3: 2, 4: 3}
    assert data.lpcvc21.person_ids("x/5p2b_01A1_init.csv") == {}


def test_what_is_written_reads_back(tmp_path):
    video = data.Lpcvc21Video(GOLDEN)
    tracks = video.tracks()

    def same(other, but_empty_frames=False):
        for name in ("frame", "object_class", "id", "box"):
            np.testing.assert_array_equal(getattr(other, name), getattr(tracks, name))
        seen = np.unique(tracks.frame) if but_empty_frames else tracks.observed
        np.testing.assert_array_equal(other.observed, seen)

    data.write_tracks(tracks, tmp_path / "ltrb")
    data.write_tracks(tracks, tmp_path / "ltwh", form="ltwh")
    same(data.load_tracks(tmp_path / "ltrb"))
    same(data.load_tracks(tmp_path / "ltwh"))
    assert "ltwh" in (tmp_path / "ltwh" / "000000.json").read_text()
    data.motchallenge.write(tracks, tmp_path / "mot.txt")
    same(data.motchallenge.load(tmp_path / "mot.txt"), but_empty_frames=True)
    data.motchallenge.write(tracks, tmp_path / "mot.txt", person_class=4, ball_class=9)
    same(data.motchallenge.load(tmp_path / "mot.txt", 4, 9), but_empty_frames=True)

    data.write_init(video.init(), tmp_path / "init.csv")
    np.testing.assert_allclose(data.load_init(tmp_path / "init.csv").share, video.init().share, atol=5e-7)
    back = data.Init.from_tracks(video.init().tracks((3840, 2160)), (3840, 2160))
    assert len(back) == len(video.init())
    data.write_actions(video.labels(), tmp_path / "answer.csv")
    assert (tmp_path / "answer.csv").read_text() == "frame,5\n0,1\n48,2\n"
    data.write_actions(data.to_table([{"frame": 3, "5": None, 6: 2.0}]), tmp_path / "answer.csv")
    assert (tmp_path / "answer.csv").read_text() == "frame,5,6\n3,,2\n"
    # Nothing temporary stays.
    assert sorted(os.listdir(tmp_path)) == ["answer.csv", "init.csv", "ltrb", "ltwh", "mot.txt"]


def test_motchallenge_text_is_what_trackeval_reads(tmp_path):
    trackeval = pytest.importorskip("trackeval")
    tracks = data.Lpcvc21Video(GOLDEN).tracks()
    persons = e2tad.tracks.make_tracks(
        *(getattr(tracks, k)[tracks.object_class == 0] for k in ("frame", "object_class", "id", "box"))
    )
    length = int(tracks.observed.max()) + 1
    truth, tracker = tmp_path / "gt", tmp_path / "trackers"
    (truth / "one" / "gt").mkdir(parents=True)
    (truth / "one" / "seqinfo.ini").write_text(f"[Sequence]\nname=one\nseqLength={length}\n")
    data.motchallenge.write(persons, truth / "one" / "gt" / "gt.txt")
    (tracker / "mine" / "data").mkdir(parents=True)
    data.motchallenge.write(persons, tracker / "mine" / "data" / "one.txt")
    dataset = trackeval.datasets.MotChallenge2DBox(
        {
            "GT_FOLDER": str(truth),
            "TRACKERS_FOLDER": str(tracker),
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": {"one": length},
            "PRINT_CONFIG": False,
            "DO_PREPROC": False,
        }
    )
    raw = dataset.get_raw_seq_data("mine", "one")
    sequence = dataset.get_preprocessed_seq_data(raw, "pedestrian")
    assert sequence["num_gt_dets"] == sequence["num_tracker_dets"] == len(persons)
    hota = trackeval.metrics.HOTA({"PRINT_CONFIG": False}).eval_sequence(sequence)
    assert hota["HOTA"].min() == 1.0


def one_frame(text: str) -> dict[str, str]:
    return {"000000.json": text}


def boxes(**fields) -> dict[str, str]:
    entry = {"class": "ball", "id": 5, "bounding box (ltrb)": [0, 0, 1, 1], **fields}
    return one_frame(json.dumps([entry]))


BAD_TRACKS = {
    "empty folder": ({}, "no tracks: expected files NNNNNN.json, one a frame"),
    "truncated": (one_frame('[{"class": "ball", "id": 5'), "is truncated"),
    "empty file": (one_frame(""), "000000.json: is empty: expected JSON"),
    "binary": (one_frame("\x89PNG\x00"), "000000.json: byte 1: not JSON"),
    "nan": (boxes(**{"bounding box (ltrb)": [0, 0, float("nan"), 1]}), "NaN and Infinity are no JSON"),
    "infinite": (boxes(**{"bounding box (ltrb)": [0, 0, float("inf"), 1]}), "NaN and Infinity are no JSON"),
    "too large": (boxes(**{"bounding box (ltrb)": [0, 0, 1e300, 1]}), "expected finite numbers of pixels"),
    "inverted": (boxes(**{"bounding box (ltrb)": [2, 0, 1, 1]}), "expected left <= right and top <= bottom"),
    "unknown class": (boxes(**{"class": "dog"}), 'class: expected "person" or "ball", got "dog"'),
    "negative id": (boxes(id=-3), "id: expected a whole number, 0 or more, got -3"),
    "negative frame": ({"-1.json": "[]"}, "-1.json: expected a frame number, 0 or more"),
    "repeated frame": ({"1.json": "[]", "001.json": "[]"}, "frame 1 occurs twice: 001.json and 1.json"),
    "repeated id": (
        one_frame(json.dumps(2 * json.loads(boxes()["000000.json"]))),
        "frame 0, ball 5: occurs twice",
    ),
    "deep": (one_frame("[" * 1_000_000), "is nested deeper than 64 levels"),
    "no list": (one_frame("{}"), "expected a list of boxes, got {}"),
}


@pytest.mark.parametrize("case", BAD_TRACKS)
def test_bad_tracks_are_one_line_that_names_the_place(tmp_path, case):
    files, error = BAD_TRACKS[case]
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        data.load_tracks(tmp_path)
    assert error in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


INIT = "Frame,Class,ID,X,Y,Width,Height\n"
BAD_TABLES = {
    "empty": ("", "is empty: expected a header"),
    "blank": ("\n \n", "is empty: expected a header"),
    "binary": ("\x89PNG\r\n\x1a\n\x00", "line 1: isn't text: expected a header"),
    "zeros": ("\nframe,5\x00\n", "line 2: has a NUL byte: expected a text file"),
    "long line": ("frame," + "5" * (1 << 20), "line 1: is longer than 1048576 bytes"),
    "wide": ("frame" + ",5" * 1000, "line 1: has more than 1000 columns"),
}
BAD_ACTIONS = {
    "no frame": ("5,6\n1,2\n", 'no column frame, the header is "5,6"'),
    "no header": ("0,3\n137,1\n", 'no column frame, the header is "0,3"'),
    "word": ("frame,5\n1,2\nten,2\n", 'line 3: frame: expected an integer, got "ten"'),
    "decimal": ("frame,5\n1.5,2\n", 'line 2: frame: expected an integer, got "1.5"'),
    "nan": ("frame,5\nnan,2\n", 'line 2: frame: expected an integer, got "nan"'),
    "gap": ("frame,5\n,2\n", 'line 2: frame: expected an integer, got ""'),
    "huge": ("frame,5\n10000000000000000000,2\n", "line 2: frame: expected an integer"),
    "open quote": ('frame,5\n1,"2\n', "line 2: has a quoted cell that isn't closed on its line"),
}
BAD_INIT = {
    "no column": ("Frame,Class,ID,X,Y,Width\n", "no column height, the header is"),
    "no rows": (INIT, "has a header and no rows"),
    "class": (INIT + "0,2,1,.5,.5,.1,.1\n", 'line 2: class: expected 0 (person) or 1 (ball), got "2"'),
    "class name": (INIT + "0,dog,1,.5,.5,.1,.1\n", 'class: expected 0 (person) or 1 (ball), got "dog"'),
    "pixels": (INIT + "0,0,1,1626,772,116,109\n", "line 2: x: expected a share of the frame's size"),
    "nan": (INIT + "0,0,1,nan,.5,.1,.1\n", "line 2: x: expected a share of the frame's size"),
    "infinite": (INIT + "0,0,1,.5,.5,inf,.1\n", "line 2: width: expected a share of the frame's size"),
    "inverted": (INIT + "0,0,1,.5,.5,.1,-.1\n", "line 2: height: expected a share of the frame's size"),
    "negative frame": (INIT + "-1,0,1,.5,.5,.1,.1\n", "line 2: frame: expected a whole number, 0 or more"),
    "twice": (INIT + 2 * "0,0,1,.5,.5,.1,.1\n", "line 3: frame 0, person 1 occurs twice"),
}


@pytest.mark.parametrize(
    ("reader", "case"),
    [
        *((reader, case) for reader in ("labels", "answer", "init") for case in BAD_TABLES),
        *((reader, case) for reader in ("labels", "answer") for case in BAD_ACTIONS),
        *(("init", case) for case in BAD_INIT),
    ],
)
def test_bad_tables_are_one_line_that_names_the_place(tmp_path, reader, case):
    text, error = {**BAD_TABLES, **(BAD_INIT if reader == "init" else BAD_ACTIONS)}[case]
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        {
            "labels": data.load_labels,
            "init": data.load_init,
            "answer": lambda answer: e2tad.metric.accuracy(answer, [["frame", "5"], [0, 1]]),
        }[reader](path)
    assert error in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_in_their_place_are_os_errors(tmp_path):
    for read in (data.load_labels, data.load_init, data.load_tracks, data.motchallenge.load):
        with pytest.raises(FileNotFoundError) as caught:
            read(tmp_path / "none")
        assert caught.value.filename == str(tmp_path / "none")
    for read in (data.load_labels, data.load_init, data.motchallenge.load):
        with pytest.raises(IsADirectoryError):
            read(tmp_path)
    (tmp_path / "file").write_text("[]")
    with pytest.raises(NotADirectoryError):
        data.load_tracks(tmp_path / "file")
    with pytest.raises(InputError, match="expected the folder of a video"):
        data.Lpcvc21Video(tmp_path / "none").labels()
    with pytest.raises(IsADirectoryError):
        data.write_actions(data.to_table([["frame"]]), tmp_path)
    with pytest.raises(InputError, match="exists already"):
        data.write_tracks(data.Lpcvc21Video(GOLDEN).tracks(), tmp_path)


def test_wrong_shapes_and_types_from_python_are_value_errors():
    init = data.Lpcvc21Video(GOLDEN).init()
    with pytest.raises(ValueError, match=r"share: expected C-contiguous float64 of shape \(33, 4\)"):
        data.Init(init.frame, init.object_class, init.id, init.share[:, :3]).tracks((10, 10))
    with pytest.raises(ValueError, match="frame_size: expected at least 1x1, got 0x10"):
        init.tracks((0, 10))
    with pytest.raises(InputError, match="class must be 0 .person. or 1 .ball., got"):
        data.Init(init.frame, init.object_class + 2, init.id, init.share).tracks((10, 10))
    with pytest.raises(InputError, match="expected FROM=TO"):
        data.parse_person_ids("1:2")


# Any bytes at all: a reader gives a result or an InputError, whose message is one line.

CSV_LIKE = st.text(alphabet='frameclsidxywht,0159-+.enN"_ \r\n\t\x00é', max_size=200).map(str.encode)
HEADERS = st.sampled_from(
    [b"", b"frame,5\n", b"\xef\xbb\xbfFrame,5_blue,6\r\n", INIT.encode(), b"1,1,0,0,5,5\n"]
)
TABLES = st.one_of(
    st.binary(max_size=300), CSV_LIKE, st.builds(lambda head, rows: head + rows, HEADERS, CSV_LIKE)
)
JSON_LIKE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["class", "id", "bounding box (ltrb)", "bounding box (ltwh)", "x"]), inner
        ),
    ),
    max_leaves=20,
).map(lambda value: json.dumps(value).encode())


def message_of(read, *arguments) -> str:
    """The text of the InputError, or "" where the input was usable; anything else fails the test."""
    try:
        read(*arguments)
    except InputError as error:
        return str(error) or "\n"
    return ""


def check(read, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "\n" not in message_of(read, path)


@settings(deadline=None, max_examples=400)
@given(content=TABLES)
def test_no_table_whatever_its_bytes_crashes_a_reader(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for read in (
        data.load_labels,
        data.load_init,
        data.motchallenge.load,
        lambda p: e2tad.metric.accuracy(p, [["frame", "5"], [0, 1], [3, 2]]),
        lambda p: e2tad.metric.accuracy([["frame", "5"], [0, 1], [3, 2]], p),
    ):
        check(read, path, content)


@settings(deadline=None, max_examples=400)
@given(content=st.one_of(st.binary(max_size=200), JSON_LIKE, JSON_LIKE.map(lambda text: b"[" + text + b"]")))
def test_no_track_file_whatever_its_bytes_crashes_the_reader(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp() / "any_tracks"
    folder.mkdir(exist_ok=True)
    check(lambda path: data.load_tracks(path.parent), folder / "000000.json", content)


@settings(deadline=None, max_examples=300)
@given(
    rows=st.lists(
        st.one_of(
            st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5)), max_size=4),
            st.dictionaries(
                st.one_of(st.sampled_from(["frame", "5", 5, "5_x"]), st.text(max_size=3)),
                st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5), st.booleans()),
                max_size=4,
            ),
        ),
        max_size=6,
    )
)
def test_no_rows_whatever_they_hold_crash_the_table(rows):
    tables = []
    assert "\n" not in message_of(lambda: tables.append(data.to_table(rows)))
    for table in tables:
        assert table.person.shape == (len(table), len(table.balls))


@settings(deadline=None, max_examples=200)
@given(
    boxes=st.dictionaries(
        st.tuples(st.integers(0, 2**31 - 2), st.integers(0, 1), st.integers(0, 2**31 - 1)),
        st.tuples(*[st.floats(-1e6, 1e6, width=32)] * 2, *[st.floats(0, 1e6, width=32)] * 2),
        min_size=1,
        max_size=8,
    )
)
def test_any_tracks_come_back_from_each_form(tmp_path_factory, boxes):
    root = tmp_path_factory.mktemp("forms")
    frame, object_class, identity = np.array(list(boxes), dtype=np.int64).T
    box = np.array([[x, y, x + w, y + h] for x, y, w, h in boxes.values()], dtype=np.float32)
    tracks = e2tad.tracks.make_tracks(frame, object_class, identity, box)
    data.write_tracks(tracks, root / "ltrb")
    data.write_tracks(tracks, root / "ltwh", "ltwh")
    data.motchallenge.write(tracks, root / "mot.txt")
    for back in (
        data.load_tracks(root / "ltrb"),
        data.load_tracks(root / "ltwh"),
        data.motchallenge.load(root / "mot.txt"),
    ):
        for name in ("frame", "object_class", "id", "box"):
            np.testing.assert_array_equal(getattr(back, name), getattr(tracks, name))
    shutil.rmtree(root)


def peak_mb(code: str, *arguments: object) -> float:
    """Peak memory of a Python that runs the code. getrusage() of a child counts its parent's memory too."""
    tail = "\nprint(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run(
        [sys.executable, "-c", code + tail, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[1]) / 1024


SCORE = "import sys, e2tad; e2tad.metric.accuracy(sys.argv[1], [['frame', '5'], [0, 1], [50, 2]])"


@pytest.mark.slow
def test_a_large_answer_is_scored_in_bounded_memory(tmp_path):
    answer = tmp_path / "answer.csv"
    answer.write_text("frame,5\n0,1\n")
    small = peak_mb(SCORE, answer)
    block = "".join(f"{frame},{frame % 7}\n" for frame in range(100_000)).encode()
    with open(answer, "ab") as file:
        while file.tell() < 200_000_000:
            file.write(block)
    large = peak_mb(SCORE, answer)
    assert large - small < 20
    # The measure sees a file that is held.
    held = peak_mb("import sys; text = open(sys.argv[1], 'rb').read()", answer)
    assert held > 190


def test_reading_releases_the_interpreter(tmp_path):
    """Another thread runs on while a file is read."""
    import threading
    import time

    answer = tmp_path / "answer.csv"
    answer.write_text("frame,5\n" + "".join(f"{frame},1\n" for frame in range(1_000_000)))
    labels = data.to_table([["frame", "5"], [0, 1]])
    ticks = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.001):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.perf_counter()
    e2tad.metric.accuracy(answer, labels)
    ended = time.perf_counter()
    stop.set()
    thread.join()
    # If the call held the interpreter, no tick could fall into the middle of it.
    quarter = (ended - began) / 4
    assert any(began + quarter < tick < ended - quarter for tick in ticks), (quarter, len(ticks))
