import json

import numpy as np
import pytest
from PIL import Image

from e2tad import ConfigError, InputError, sim
from e2tad.data import detection
from e2tad.data.detection import DetectionSource, check, open_set
from e2tad.data.simulated import open_clips, render_clips


def picture(path, size=(96, 54)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def source(name, root, **more):
    return DetectionSource.parse({"set": name, "root": str(root), **more})


def lpcvc21(root):
    video = root / "4p1b_01A2"
    person = {"class": "person", "id": 1, "bounding box (ltrb)": [400, 400, 800, 1600]}
    ball = {"class": "ball", "id": 5, "bounding box (ltrb)": [1000, 800, 1100, 900]}
    write(video / "gt_tracks" / "000003.json", [person, ball])
    write(video / "gt_tracks" / "000004.json", [person])
    for frame in (3, 4, 5):
        picture(video / "images" / f"{frame:06d}.jpg", (384, 216))
    return root


def mot(root):
    for frame in (1, 2):
        picture(root / "sequences" / "uav0000013_00000_v" / f"{frame:07d}.jpg")
    rows = [
        "1,0,10,5,20,30,1,1,0,0",
        "1,1,50,5,10,20,0,0,0,0",
        "2,0,11,5,20,30,1,2,0,1",
        "2,7,1,1,5,5,1,4,0,0",
    ]
    write(root / "annotations" / "uav0000013_00000_v.txt", "\n".join(rows) + "\n")
    return root


def panda(root):
    name = "01_University_Canteen/IMG_01_01.jpg"
    picture(root / "image_train" / name, (200, 100))
    rect = {"tl": {"x": 0.1, "y": 0.2}, "br": {"x": 0.2, "y": 0.7}}
    body = {"tl": {"x": -0.05, "y": 0.4}, "br": {"x": 0.05, "y": 0.8}}
    document = {
        name: {
            "image id": 1,
            "image size": {"height": 15052, "width": 26753},
            "objects list": [
                {"category": "person", "rects": {"head": rect, "visible body": rect, "full body": rect}},
                {"category": "person", "rects": {"head": body, "visible body": body, "full body": body}},
                {"category": "crowd", "rect": rect},
                {"category": "fake person", "rect": rect},
            ],
        },
        "02_OCT_Harbour/IMG_02_01.jpg": {"image id": 2, "objects list": []},
    }
    write(root / "image_annos" / "person_bbox_train.json", document)
    return root


def coco(root, names=("person", "sports ball", "car")):
    picture(root / "images" / "a.jpg")
    document = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 96, "height": 54}],
        "categories": [{"id": 10 * (i + 1), "name": name} for i, name in enumerate(names)],
        "annotations": [
            {"id": i, "image_id": 7, "category_id": 10 * (i + 1), "bbox": [10 * i, 5, 9, 9], "iscrowd": 0}
            for i in range(len(names))
        ],
    }
    write(root / "instances.json", document)
    return root


def test_simulated_clips_are_rendered_where_they_are_missing(tmp_path):
    root = tmp_path / "clips"
    render = {"presets": ["4p1b"], "seeds": [1, 2], "stills": 3, "size": [160, 90]}
    pictures = open_set(source("simulated", root, render=render))
    assert [p.name for p in pictures] == [f"4p1b_s1/images/{n}.jpg" for n in ("000000", "000604", "001208")]
    assert not list(root.rglob("*.mp4"))
    world = sim.World("4p1b", 1, size=(160, 90))
    truth = world.truth(604)
    np.testing.assert_allclose(pictures[1].boxes("person"), truth.person_box, atol=0.011)
    balls = [thing for thing in pictures[1].objects if thing.kind == "ball"]
    np.testing.assert_allclose([b.circle for b in balls], truth.ball_circle, atol=0.011)
    np.testing.assert_allclose([b.visible for b in balls], truth.ball_visible, atol=0.001)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    render_clips(root, ["4p1b"], [1], 3, (160, 90))
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    for stills, size in ((30, (160, 90)), (3, (320, 180))):
        with pytest.raises(InputError, match=r"4p1b_s1: holds 160x90, .*another root, or remove it"):
            render_clips(root, ["4p1b"], [1], stills, size)


def test_a_single_clip_is_read_too_and_a_folder_without_is_refused(tmp_path):
    sim.save(
        sim.World("4p1b", frames=4, size=(160, 90)),
        tmp_path / "clip",
        sim.ClipOptions(images_every=2, crops_every=0, video=None),
    )
    assert [p.name for p in open_clips(tmp_path / "clip")] == [
        "clip/images/000000.jpg",
        "clip/images/000002.jpg",
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no coco.json in it or in a folder of it"):
        open_clips(tmp_path / "empty")


def test_lpcvc21_boxes_are_scaled_to_the_users_frames(tmp_path):
    first, second = open_set(source("lpcvc21", lpcvc21(tmp_path)))
    assert [first.name, second.name] == ["4p1b_01A2/images/000003.jpg", "4p1b_01A2/images/000004.jpg"]
    np.testing.assert_allclose(first.boxes("person"), [[40, 40, 80, 160]])
    assert first.objects[1].circle == pytest.approx((105, 85, 5))
    # Frame 4 has no ball labelled: its balls are unknown, not absent. Frame 5 has no boxes at all.
    assert (first.labelled, second.labelled) == (("person", "ball"), ("person",))


def test_lpcvc21_refuses_frames_of_another_shape_or_name(tmp_path):
    lpcvc21(tmp_path)
    picture(tmp_path / "4p1b_01A2" / "images" / "000003.jpg", (300, 300))
    with pytest.raises(InputError, match="300x300 pixels, expected the shape of 3840x2160"):
        open_set(source("lpcvc21", tmp_path))
    (tmp_path / "4p1b_01A2" / "images" / "000003.jpg").rename(tmp_path / "4p1b_01A2" / "images" / "cover.jpg")
    with pytest.raises(InputError, match="expected a frame's number"):
        open_set(source("lpcvc21", tmp_path))


def test_visdrone_mot_reads_sequences(tmp_path):
    first, second = open_set(source("visdrone-mot", mot(tmp_path)))
    np.testing.assert_allclose(first.boxes("person"), [[10, 5, 30, 35]])
    np.testing.assert_allclose(first.boxes("ignored"), [[50, 5, 60, 25]])
    np.testing.assert_allclose(second.boxes("person"), [[11, 5, 31, 35]])
    assert first.labelled == ("person",)


def test_visdrone_mot_names_a_row_without_picture(tmp_path):
    mot(tmp_path)
    write(
        tmp_path / "annotations" / "uav0000013_00000_v.txt", "1,0,10,5,20,30,1,1,0,0\n9,0,1,1,2,2,1,1,0,0\n"
    )
    with pytest.raises(InputError, match=r"uav0000013_00000_v.txt:2: no picture of frame 9"):
        open_set(source("visdrone-mot", tmp_path))


def test_panda_reads_shares_of_the_pictures_size(tmp_path):
    (only,) = open_set(source("panda", panda(tmp_path)))
    np.testing.assert_allclose(only.boxes("person"), [[20, 20, 40, 70], [0, 40, 10, 80]], atol=1e-4)
    assert len(only.boxes("ignored")) == 2
    assert only.labelled == ("person",)


def test_panda_names_a_bad_entry(tmp_path):
    panda(tmp_path)
    file = tmp_path / "image_annos" / "person_bbox_train.json"
    document = json.loads(file.read_text())
    del document["01_University_Canteen/IMG_01_01.jpg"]["objects list"][0]["rects"]["full body"]
    write(file, document)
    with pytest.raises(
        InputError, match=r"IMG_01_01.jpg: objects list\[0\]: rects/full body: expected tl and br"
    ):
        open_set(source("panda", tmp_path))


def test_coco_knows_what_it_is_labelled_for(tmp_path):
    (both,) = open_set(source("coco", coco(tmp_path / "both")))
    assert [thing.kind for thing in both.objects] == ["person", "ball"]
    assert both.labelled == ("person", "ball")
    (persons,) = open_set(source("coco", coco(tmp_path / "persons", ("person", "car"))))
    assert persons.labelled == ("person",)


def test_a_mix_keeps_what_each_set_is_labelled_for(tmp_path):
    sources = [
        {"set": "coco", "root": str(coco(tmp_path / "coco"))},
        {"set": "panda", "root": str(panda(tmp_path / "panda"))},
        {"set": "visdrone-mot", "root": str(mot(tmp_path / "mot")), "pictures": [1, None, 1]},
    ]
    file = write(tmp_path / "mix.json", sources)
    pictures = open_set(source("mixdet", file))
    assert [p.labelled for p in pictures] == [("person", "ball"), ("person",), ("person",)]
    assert len({p.name for p in pictures}) == 3
    assert all(p.read().ndim == 3 for p in pictures)
    found = check("mixdet", file)
    assert (found["pictures"], found["labelled"]) == (3, {"person": 3, "ball": 1})


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({}, "expected a list of sources"),
        ([{"set": "coco"}], "/0: /root: missing"),
        ([{"set": "mixdet", "root": "x"}], "can't hold another mix"),
    ],
)
def test_a_bad_mix_is_named(tmp_path, document, text):
    with pytest.raises(InputError, match=text):
        open_set(source("mixdet", write(tmp_path / "mix.json", document)))


def test_every_so_manieth_picture_keeps_its_balls(tmp_path):
    document = json.loads((coco(tmp_path) / "instances.json").read_text())
    for i in range(4):
        picture(tmp_path / "images" / f"b{i}.jpg")
        document["images"].append({"id": 20 + i, "file_name": f"b{i}.jpg", "width": 96, "height": 54})
        document["annotations"].append(
            {"id": 50 + i, "image_id": 20 + i, "category_id": 20, "bbox": [1, 1, 9, 9], "iscrowd": 0}
        )
    write(tmp_path / "instances.json", document)
    pictures = open_set(source("coco", tmp_path, balls_every=3))
    assert ["ball" in p.labelled for p in pictures] == [True, False, False, True, False]
    assert [len(p.boxes("ball")) for p in pictures] == [1, 0, 0, 1, 0]
    pictures = open_set(source("coco", tmp_path, balls_every=3, other_balls="ignored"))
    assert [p.labelled for p in pictures] == [("person", "ball")] * 5
    assert [len(p.boxes("ball")) for p in pictures] == [1, 0, 0, 1, 0]
    assert [len(p.boxes("ignored")) for p in pictures] == [0, 1, 1, 0, 1]


def test_a_set_is_taken_to_have_no_balls(tmp_path):
    mot(tmp_path / "mot")
    assert [p.labelled for p in open_set(source("visdrone-mot", tmp_path / "mot"))] == [("person",)] * 2
    pictures = open_set(source("visdrone-mot", tmp_path / "mot", no_balls=True))
    assert [p.labelled for p in pictures] == [("person", "ball")] * 2
    picture(tmp_path / "plain" / "a.jpg")
    (plain,) = open_set(source("folder", tmp_path / "plain", no_balls=True))
    assert plain.labelled == ("ball",)  # its persons are as unknown as before
    with pytest.raises(InputError, match="holds a ball; expected none, since no_balls is true"):
        open_set(source("coco", coco(tmp_path / "coco"), no_balls=True))


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"pictures": [0, None, 0]}, "step of at least 1"),
        ({"render": {"presets": ["4p1b"], "seeds": [0, 1]}}, "render goes with simulated"),
        ({"set": "voc"}, "/set: expected"),
        ({"set": "mixdet", "no_balls": True}, "no_balls goes with a set"),
        ({"picture": [0, 1, 1]}, "did you mean pictures"),
    ],
)
def test_a_bad_source_is_named(more, text):
    with pytest.raises(ConfigError, match=text):
        DetectionSource.parse({"set": "coco", "root": "x", **more})


def test_pictures_beyond_the_set_are_refused(tmp_path):
    with pytest.raises(InputError, match="none of its 1 pictures"):
        open_set(source("coco", coco(tmp_path), pictures=[5, None, 1]))


def test_check_counts_and_finds_what_is_broken(tmp_path, e2tad):
    mot(tmp_path)
    done = e2tad("data", "check", "visdrone-mot", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["pictures"], found["objects"]) == (2, {"ignored": 1, "person": 2})
    assert found["heights_px"] == {"person": [30.0, 30.0, 30.0]}
    path = tmp_path / "sequences" / "uav0000013_00000_v" / "0000002.jpg"
    path.write_bytes(path.read_bytes()[:400])
    done = e2tad("data", "check", "visdrone-mot", tmp_path)
    assert done.returncode in (1, 2)
    assert "0000002.jpg" in done.stderr


def test_check_refuses_an_unknown_set(tmp_path, e2tad):
    done = e2tad("data", "check", "voc", tmp_path)
    assert done.returncode == 2
    assert "expected one of market1501" in done.stderr


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "pictures", "kinds"),
    [
        ("pennfudan", "pennfudan", 96, {"person"}),
        ("coco", "coco128", 128, {"person", "ball"}),
        ("visdrone-det", "visdrone/VisDrone2019-DET-train", 5, {"person"}),
    ],
)
def test_the_real_sets_are_healthy(data_root, name, folder, pictures, kinds):
    found = check(name, data_root / folder)
    assert found["pictures"] == pictures
    assert {kind for kind in ("person", "ball") if found["objects"].get(kind)} == kinds
    assert {kind for kind, count in found["labelled"].items() if count} == kinds
    assert found["problems"] == []


@pytest.mark.data
def test_the_real_lpcvc21_boxes_meet_made_up_frames(data_root, tmp_path):
    video = tmp_path / "4p1b_01A2"
    video.mkdir()
    (video / "gt_tracks").symlink_to(data_root / "lpcvc21" / "4p1b_01A2" / "gt_tracks")
    frames = sorted(int(path.stem) for path in (video / "gt_tracks").iterdir())[:3]
    for frame in frames:
        picture(video / "frames" / f"{frame}.jpg", (960, 540))
    pictures = open_set(source("lpcvc21", tmp_path))
    assert len(pictures) == 3
    truth = json.loads((video / "gt_tracks" / f"{frames[0]:06d}.json").read_text())
    boxes = [t["bounding box (ltrb)"] for t in truth if t["class"] == "person"]
    np.testing.assert_allclose(
        np.sort(pictures[0].boxes("person"), 0), np.sort(np.array(boxes) / 4, 0), atol=0.01
    )


def test_the_names_are_those_of_the_help(e2tad):
    text = " ".join(e2tad("data", "check", "--help").stdout.replace("│", " ").split())
    for name in detection.NAMES:
        assert name in text
