import hashlib
import json

import cv2
import numpy as np
import pytest
from scipy.stats import ks_2samp

import e2tad.sim as sim
from e2tad import InputError
from e2tad.data import Lpcvc21Video, load_init, load_labels, load_tracks
from e2tad.data.annotated import open_pictures
from e2tad.tracks import BALL, PERSON

SMALL = (320, 180)


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sim") / "clip"
    world = sim.World("5p2b", 4, frames=240, size=SMALL)
    options = sim.ClipOptions(images_every=60, crops_every=80)
    return world, folder, sim.save(world, folder, options, threads=1)


def test_one_seed_gives_one_byte_stream_on_one_and_on_two_threads(clip, tmp_path):
    _, folder, _ = clip
    again = sim.World("5p2b", 4, frames=240, size=SMALL)
    sim.save(again, tmp_path / "two", sim.ClipOptions(images_every=60, crops_every=80), threads=2)
    assert digests(tmp_path / "two") == digests(folder)
    other = sim.World("5p2b", 5, frames=240, size=SMALL)
    assert not np.array_equal(other.render(0), again.render(0))


def test_the_files_load_back_as_what_the_world_says(clip):
    world, folder, manifest = clip
    tracks = load_tracks(folder / "gt_tracks")
    expected = world.tracks()
    assert np.array_equal(tracks.observed, np.arange(240))
    assert np.array_equal(tracks.id, expected.id)
    assert np.array_equal(tracks.box, expected.box)
    for kind in ("exact", "noisy", "official"):
        table = load_labels(folder / f"5p2b_s4_action_{kind}.csv")
        assert np.array_equal(table.person, world.labels(kind).person)
        assert table.balls == ["6", "7"]
        assert len(table.frame) - 1 == manifest["catches"][kind] > 0
    header = (folder / "5p2b_s4_action_noisy.csv").read_text().split()[0]
    assert header == "frame," + ",".join(f"{b}_{c}" for b, c in manifest["balls"].items())
    init = load_init(folder / "5p2b_s4_init.csv")
    assert sorted(set(init.frame.tolist())) == [*range(11), *range(120, 131)]
    box = init.tracks(SMALL).box
    whole = expected.box[np.isin(expected.frame, init.frame)]
    np.testing.assert_allclose(np.sort(box, axis=0), np.sort(whole, axis=0), atol=0.01)


def test_the_video_holds_the_rendered_frames(clip):
    world, folder, _ = clip
    video = cv2.VideoCapture(str(folder / "5p2b_s4.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == 30
    count = 0
    while True:
        good, image = video.read()
        if not good:
            break
        if count % 60 == 0:
            assert np.abs(image.astype(int) - world.render(count)).mean() < 8
        count += 1
    assert count == 240


def test_coco_boxes_are_the_truth(clip):
    world, folder, _ = clip
    coco = json.loads((folder / "coco.json").read_text())
    assert [image["frame"] for image in coco["images"]] == [0, 60, 120, 180]
    names = {category["id"]: category["name"] for category in coco["categories"]}
    for image in coco["images"]:
        assert cv2.imread(str(folder / "images" / image["file_name"])).shape == (180, 320, 3)
        truth = world.truth(image["frame"])
        here = [a for a in coco["annotations"] if a["image_id"] == image["id"]]
        persons = {a["track_id"]: a for a in here if names[a["category_id"]] == "person"}
        balls = {a["track_id"]: a for a in here if names[a["category_id"]] == "ball"}
        assert sorted(persons) == truth.person_id.tolist()
        for identity, circle, visible in zip(
            truth.ball_id, truth.ball_circle, truth.ball_visible, strict=True
        ):
            ball = balls[int(identity)]
            np.testing.assert_allclose(ball["circle"], circle, atol=0.01)
            left, top, width, height = ball["bbox"]
            np.testing.assert_allclose([left + width / 2, top + height / 2], circle[:2], atol=0.02)
            assert width == pytest.approx(2 * circle[2], abs=0.02)
            assert ball["visible"] == pytest.approx(visible, abs=0.001)


def test_masks_show_what_is_visible_of_the_persons(clip):
    world, folder, _ = clip
    for picture, frame in zip(open_pictures(folder), (0, 60, 120, 180), strict=True):
        instances = picture.instances()
        np.testing.assert_array_equal(instances, world.instances(frame))
        truth = world.truth(frame)
        rows, columns = np.mgrid[: world.size[1], : world.size[0]] + 0.5
        for identity, (left, top, right, bottom), visible in zip(
            truth.person_id.tolist(), truth.person_box, truth.person_visible, strict=True
        ):
            mask = instances == identity
            inside = (columns > left) & (columns < right) & (rows > top) & (rows < bottom)
            assert not (mask & ~inside).any()
            assert mask.sum() > 0.2 * visible * inside.sum()
        for (x, y, radius), visible in zip(truth.ball_circle, truth.ball_visible, strict=True):
            # A ball before a person isn't the person.
            if visible > 0.99:
                assert not instances[np.hypot(columns - x, rows - y) < radius - 1].any()


def test_crops_have_market_1501s_names_and_the_view_as_camera(clip):
    _, folder, manifest = clip
    crops = sorted((folder / "reid" / "person").iterdir())
    balls = sorted((folder / "reid" / "ball").iterdir())
    assert len(crops) + len(balls) == manifest["crops"]
    parts = [path.stem.split("_") for path in crops]
    assert {part[1] for part in parts} == {f"c{view}s1" for view in range(1, sim.VIEWS + 1)}
    assert {int(part[0]) for part in parts} == {1041, 1042, 1043, 1044, 1045}
    assert {int(part[2]) for part in parts} == {0, 80, 160}
    assert cv2.imread(str(crops[0])).shape == (128, 64, 3)
    assert cv2.imread(str(balls[0])).shape == (64, 64, 3)


@pytest.mark.parametrize("preset", sim.PRESETS)
def test_exact_labels_agree_with_the_boxes(preset):
    world = sim.World(preset, 6)
    tracks = world.tracks()
    labels = world.labels("exact", tracks)
    row_of = {
        key: row
        for row, key in enumerate(
            zip(tracks.frame.tolist(), tracks.object_class.tolist(), tracks.id.tolist(), strict=True)
        )
    }
    inside = 0
    changes = 0
    for row in range(1, len(labels.frame)):
        for column, ball in enumerate(labels.balls):
            if labels.person[row, column] == labels.person[row - 1, column]:
                continue
            frame = int(labels.frame[row])
            left, top, right, bottom = tracks.box[row_of[frame, PERSON, int(labels.person[row, column])]]
            box = tracks.box[row_of[frame, BALL, int(ball)]]
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            changes += 1
            inside += left <= x <= right and top <= y <= bottom
    assert changes > 20
    assert inside == changes


def test_the_splits_differ_in_clothes_and_grounds():
    assert {p: sim.World(p, 0, frames=1).split for p in sim.PRESETS} == {
        "4p1b": "train",
        "5p2b": "train",
        "5p4b": "train",
        "5p5b": "test",
        "7p3b": "test",
    }


def test_the_distance_is_scipys_and_nan_without_values():
    generator = np.random.default_rng(3)
    values = {name: generator.normal(size=40) for name in sim.DISTRIBUTIONS}
    other = {name: generator.normal(0.5, size=70) for name in sim.DISTRIBUTIONS}
    for c in sim.compare([values], [other]):
        assert c.distance == pytest.approx(ks_2samp(values[c.name], other[c.name]).statistic)
    empty = {name: np.empty(0) for name in sim.DISTRIBUTIONS}
    assert all(np.isnan(c.distance) for c in sim.compare([values], [empty]))


@pytest.mark.data
@pytest.mark.slow
def test_simulated_tracks_are_near_real_ones(e2tad, data_root, tmp_path):
    videos = sorted((data_root / "lpcvc21").iterdir())
    run = e2tad("simulate", tmp_path / "report", "--compare", *videos, "--json")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    for name, row in report["distributions"].items():
        assert row["ks"] <= 0.15, name
    assert (tmp_path / "report" / "compare.html").stat().st_size > 100_000
    # The definition, once by hand: the size of a ball's box over the frame's height.
    sizes = []
    for video in map(Lpcvc21Video, videos):
        tracks = video.tracks()
        box = tracks.box[tracks.object_class == BALL]
        sizes.append((box[:, 2:] - box[:, :2]).max(axis=1) / video.frame_size[1])
    median = report["distributions"]["ball_size"]["real"]["quantiles"][2]
    assert median == pytest.approx(np.median(np.concatenate(sizes)), rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--preset: expected one of"),
        (("--preset", "9p9b"), "preset '9p9b': expected one of 4p1b 5p2b 5p4b 5p5b 7p3b"),
        (("--preset", "4p1b", "--size", "big"), "--size: expected WIDTHxHEIGHT"),
        (
            ("--preset", "4p1b", "--size", "641x480"),
            "size: expected even numbers from 64 to 8192, got 641x480",
        ),
        (("--preset", "4p1b", "--frames", "0"), "frames: expected 1 to 1000000, got 0"),
        (("--preset", "4p1b", "--seed", "-1"), "seed: expected 0"),
        (("--preset", "4p1b", "--frames", "2", "--crf", "99"), "/video/crf: expected 0 to 51"),
        (("--preset", "4p1b", "--threads", "0"), "--threads: expected 1 or more"),
        (("--compare",), "--compare: expected folders"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(e2tad, tmp_path, arguments, message):
    run = e2tad("simulate", "out", *arguments)
    assert run.returncode == 2
    assert message in run.stderr
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(e2tad, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    run = e2tad("simulate", "out", "--preset", "4p1b", "--frames", "2")
    assert run.returncode == 2
    assert "expected a new or an empty folder" in run.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_a_full_disk_is_one_line_and_leaves_nothing(monkeypatch, tmp_path):
    def no_room(self, image):
        raise OSError(28, "No space left on device", str(tmp_path / "half.mp4"))

    monkeypatch.setattr("e2tad.sim.clip.H264Writer.write", no_room)
    with pytest.raises(OSError, match="No space left") as raised:
        sim.save(sim.World("4p1b", frames=4, size=SMALL), tmp_path / "out")
    assert raised.value.errno == 28
    assert list(tmp_path.iterdir()) == []


def test_a_clip_by_command(e2tad, tmp_path):
    run = e2tad(
        "simulate", "out", "--preset", "4p1b", "--frames", "6", "--size", "128x72", "--seed", "2", "--json"
    )
    assert run.returncode == 0, run.stderr
    manifest = json.loads(run.stdout)
    assert manifest == json.loads((tmp_path / "out" / "clip.json").read_text())
    assert manifest["frames"] == 6
    assert manifest["size"] == [128, 72]


def test_frames_and_views_out_of_range_are_refused():
    world = sim.World("4p1b", frames=3, size=SMALL)
    with pytest.raises(IndexError, match="frame 3: expected 0 to 2"):
        world.render(3)
    with pytest.raises(IndexError, match="view 4: expected 0 to 3"):
        world.truth(0, 4)
    with pytest.raises(InputError, match="size"):
        sim.World("4p1b", size=(63, 64))
