import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_sets import BALL_COLOURS, make_clips

from e2tad import InputError
from e2tad.data import reid
from e2tad.data.pictures import read_crops, read_picture
from e2tad.evaluation.reid import protocol_crops
from e2tad.sim import World


def picture(path, size=(64, 128), colour=(10, 200, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def market(root):
    for name in ("0002_c1s1_000451_03.jpg", "0002_c2s1_000776_01.jpg", "0007_c3s3_077419_03.jpg"):
        picture(root / "bounding_box_train" / name)
    (root / "bounding_box_train" / "Thumbs.db").write_bytes(b"")
    for name in (
        "-1_c1s1_000401_03.jpg",
        "0000_c1s1_000151_01.jpg",
        "0001_c1s1_001051_00.jpg",
        "0001_c2s1_001976_01.jpg.jpg",
    ):
        picture(root / "bounding_box_test" / name)
    picture(root / "query" / "0001_c3s1_000551_00.jpg")
    return root


def test_market1501_reads_identities_and_cameras_from_its_names(tmp_path):
    train = reid.load("market1501", market(tmp_path), "train")
    assert [path.name[:4] for path in train.path] == ["0002", "0002", "0007"]
    assert train.identity.tolist() == [2, 2, 7]
    assert train.camera.tolist() == [1, 2, 3]
    test = reid.load("market1501", tmp_path, "test")
    assert test.identity.tolist() == [-1, 0, 1, 1]
    assert reid.load("market1501", tmp_path, "query").camera.tolist() == [3]


def test_all_parts_together_leave_junk_and_distractors_out(tmp_path):
    everyone = reid.load("market1501", market(tmp_path), "all")
    assert sorted(everyone.identity.tolist()) == [1, 1, 1, 2, 2, 7]


def test_dukemtmc_reads_its_own_names(tmp_path):
    picture(tmp_path / "bounding_box_train" / "0001_c2_f0046182.jpg")
    picture(tmp_path / "bounding_box_train" / "0005_c8_f0046182.jpg")
    train = reid.load("dukemtmc", tmp_path)
    assert (train.identity.tolist(), train.camera.tolist()) == ([1, 5], [2, 8])


@pytest.mark.parametrize("folder", ["", "detected/", "labeled/"])
def test_cuhk03_in_markets_folders_is_read(tmp_path, folder):
    picture(tmp_path / f"{folder}bounding_box_train" / "0003_c1_21.png")
    picture(tmp_path / f"{folder}query" / "0009_c2_400.png")
    assert reid.load("cuhk03", tmp_path).identity.tolist() == [3]
    assert reid.load("cuhk03", tmp_path, "query").camera.tolist() == [2]


def test_cuhk03s_camera_pairs_have_persons_and_cameras_of_their_own(tmp_path):
    for name in ("1_001_1_01.png", "1_001_2_06.png", "2_001_1_01.png"):
        picture(tmp_path / "images_detected" / name)
    crops = reid.load("cuhk03", tmp_path, "all")
    assert crops.identity[0] == crops.identity[1] != crops.identity[2]
    assert crops.camera.tolist() == [1, 2, 3]


def test_simulated_persons_are_others_in_each_clip_and_the_view_is_the_camera(tmp_path):
    crops = reid.load("simulated", make_clips(tmp_path))
    assert len(crops) == 2 * 3 * 2 * 2
    assert crops.identity.tolist() == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [6] * 4
    assert crops.camera.tolist() == [1, 1, 2, 2] * 6
    assert crops.path[0] == tmp_path / "5p4b_s0" / "reid" / "person" / "2001_c1s1_000000_00.jpg"


def test_simulated_balls_of_one_colour_are_one_identity_in_all_clips(tmp_path):
    crops = reid.load("simulated", make_clips(tmp_path), kind="ball")
    colours = read_crops(crops.path, (64, 64)).mean(axis=(1, 2))
    for identity, name in enumerate(sorted(BALL_COLOURS), start=1):
        seen = colours[crops.identity == identity]
        assert len(seen) == 2 * 2 * 2
        np.testing.assert_allclose(seen, np.tile(BALL_COLOURS[name], (8, 1)), atol=5)
    # Two views of two clips are four cameras.
    assert len(np.unique(crops.camera)) == 4
    queries, gallery = protocol_crops("simulated", tmp_path, "one-query", kind="ball")
    assert (len(queries), len(gallery)) == (12, 12)


def test_one_clip_is_a_set_too(tmp_path):
    make_clips(tmp_path)
    assert len(reid.load("simulated", tmp_path / "5p4b_s1")) == 12


def test_simulated_crops_that_do_not_fit_are_told(tmp_path):
    with pytest.raises(InputError, match="no clip.json beside crops in reid/person"):
        reid.load("simulated", tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        reid.load("simulated", tmp_path / "none", kind="ball")
    with pytest.raises(InputError, match="market1501: has crops of persons only"):
        reid.load("market1501", tmp_path, kind="ball")
    make_clips(tmp_path, clips=1)
    with pytest.raises(InputError, match="protocol: expected one-query"):
        protocol_crops("simulated", tmp_path, "market")
    manifest = tmp_path / "5p4b_s0" / "clip.json"
    manifest.write_text('{"preset": "5p4b", "seed": 0, "balls": {"4": "red"}}')
    with pytest.raises(
        InputError, match=r"2005_c1s1_000000_00.jpg: its clip.json has no ball of that number"
    ):
        reid.load("simulated", tmp_path, kind="ball")
    manifest.write_text('{"preset": "5p4b", "seed": 0}')
    with pytest.raises(InputError, match=r"clip.json: expected preset, seed and balls of a clip \('balls'\)"):
        reid.load("simulated", tmp_path, kind="ball")


def test_check_counts_simulated_persons_and_balls(e2tad, tmp_path):
    make_clips(tmp_path / "clips")
    found = json.loads(e2tad("data", "check", "simulated", "clips", "--json").stdout)
    counts = {"images": 24, "identities": 6, "cameras": 2, "junk": 0, "distractors": 0}
    assert found["parts"]["person"] == {**counts, "sizes": ["32x64", "32x64"]}
    counts = {"images": 24, "identities": 3, "cameras": 4, "junk": 0, "distractors": 0}
    assert found["parts"]["ball"] == {**counts, "sizes": ["64x64", "64x64"]}
    assert found["problems"] == []
    (tmp_path / "clips" / "5p4b_s0" / "reid" / "ball" / "2004_c1s1_000000_00.jpg").write_bytes(b"x")
    result = e2tad("data", "check", "simulated", "clips")
    assert result.returncode == 1
    assert "2004_c1s1_000000_00.jpg: not a readable picture" in result.stderr.replace("\n", " ")


def test_check_counts_a_rendered_clips_pictures_and_crops(e2tad, tmp_path):
    options = ("--frames", "31", "--size", "320x180", "--crops-every", "30", "--no-video")
    assert e2tad("simulate", "clips/a", "--preset", "4p1b", *options).returncode == 0
    found = json.loads(e2tad("data", "check", "simulated", "clips", "--json").stdout)
    assert found["pictures"] == 2
    assert found["parts"]["person"]["identities"] == 4
    assert found["parts"]["ball"]["identities"] == 1
    clip = tmp_path / "clips" / "a"
    world = World("4p1b", frames=31, size=(320, 180))
    crops = reid.load("simulated", clip)
    names = [path.name for path in crops.path]
    for identity, seen in zip(world.truth(30, 2).person_id, world.truth(30, 2).person_visible, strict=True):
        assert (f"{identity:04d}_c3s1_000030_00.jpg" in names) == (seen >= 0.5)


def test_mixed_sets_share_no_person_and_no_camera(tmp_path):
    one = reid.load("market1501", market(tmp_path / "m"), "train")
    picture(tmp_path / "d" / "bounding_box_train" / "0002_c1_f0046182.jpg")
    two = reid.load("dukemtmc", tmp_path / "d")
    mixed = reid.mix([one, two])
    assert mixed.identity.tolist() == [1, 1, 2, 3]
    assert mixed.camera.tolist() == [1, 2, 3, 4]
    assert mixed.path == [*one.path, *two.path]
    assert len(reid.mix([])) == 0


def test_one_query_split_takes_the_first_name_of_each_identity_and_camera():
    names = [
        "0001_c1s1_000002_01.jpg",
        "0001_c1s1_000001_01.jpg",
        "0001_c2s1_000001_01.jpg",
        "0000_c1s1_000001_01.jpg",
        "-1_c1s1_000001_01.jpg",
    ]
    crops = reid.ReidCrops(
        [Path(n) for n in names],
        np.array([1, 1, 1, 0, -1], np.int32),
        np.array([1, 1, 2, 1, 1], np.int32),
    )
    queries, gallery = reid.query_split(crops)
    assert [p.name for p in queries.path] == [names[1], names[2]]
    assert [p.name for p in gallery.path] == [names[0], names[3]]


def test_identities_are_taken_in_the_order_of_their_numbers(tmp_path):
    crops = reid.load("market1501", market(tmp_path), "train")
    assert crops.identities(0, 1).identity.tolist() == [2, 2]
    assert crops.identities(-1, None).identity.tolist() == [7]


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        (
            "market1502",
            "train",
            "data: expected one of market1501, dukemtmc, cuhk03, simulated, got market1502",
        ),
        ("market1501", "val", "part: expected train, test, query or all, got val"),
        ("market1501", "train", "no folder bounding_box_train"),
        ("market1501", "all", "none of Market-1501's folders is there, expected bounding_box_train"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, name, part, message):
    with pytest.raises(InputError, match=message):
        reid.load(name, tmp_path, part)


def test_a_missing_root_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        reid.load("market1501", tmp_path / "nowhere")


def test_a_name_of_another_form_is_named_with_an_example(tmp_path):
    picture(tmp_path / "bounding_box_train" / "person7.jpg")
    with pytest.raises(
        InputError, match=r"person7\.jpg: not a name of Market-1501.*0007_c1s6_028546_01\.jpg"
    ):
        reid.load("market1501", tmp_path)


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "bounding_box_train").mkdir()
    with pytest.raises(InputError, match="bounding_box_train: no pictures"):
        reid.load("market1501", tmp_path)


def test_pictures_become_rgb_of_one_size(tmp_path):
    picture(tmp_path / "a.png", (64, 128), (250, 0, 0))
    Image.new("L", (32, 32), 77).save(tmp_path / "grey.png")
    crops = read_crops([tmp_path / "a.png", tmp_path / "grey.png"], (128, 64))
    assert crops.shape == (2, 128, 64, 3)
    assert crops[0, 5, 5].tolist() == [250, 0, 0]
    assert np.all(crops[1] == 77)


def test_a_picture_that_is_none_is_named(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with pytest.raises(InputError, match="a.jpg: not a readable picture"):
        read_picture(tmp_path / "a.jpg")


def test_data_check_counts_and_passes_a_sound_set(e2tad, tmp_path):
    result = e2tad("data", "check", "market1501", market(tmp_path), "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["parts"]["train"]["identities"] == 2
    assert found["parts"]["test"]["junk"] == 1
    assert found["parts"]["test"]["distractors"] == 1
    assert found["parts"]["query"]["sizes"] == ["64x128", "64x128"]
    assert found["problems"] == []


def test_data_check_tells_every_problem_and_exits_with_1(e2tad, tmp_path):
    root = market(tmp_path)
    (root / "bounding_box_train" / "0002_c1s1_000451_03.jpg").write_bytes(b"broken")
    picture(root / "query" / "0007_c1s1_000551_00.jpg")
    result = e2tad("data", "check", "market1501", root)
    assert result.returncode == 1
    text = " ".join(result.stderr.split())
    assert "0002_c1s1_000451_03.jpg: not a readable picture" in text
    assert "1 identities are in train and in query: 7" in text
    assert "1 queried identities are not in test: 7" in text


@pytest.mark.data
def test_the_real_market1501_sample_has_500_identities(data_root):
    crops = reid.load("market1501", data_root / "market1501")
    assert len(np.unique(crops.identity)) == 500
    assert len(np.unique(crops.camera)) == 6
    assert len(crops) == 8394
