"""Synthesis: functions on arrays, and `e2tad synth` on sets of pictures."""

import errno
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from concurrent.futures import wait
from pathlib import Path

import cv2
import numpy as np
import pytest

import e2tad.synth as synth
from e2tad import ConfigError, InputError, _core
from e2tad.data import annotated
from e2tad.synth import batch


def ground(seed=0, size=(240, 320)):
    """Grass with texture and light that falls off; BGR."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.normal(0, 12, (size[0] // 8, size[1] // 8)), size[::-1])
    luma = 105 + coarse + rng.normal(0, 3, size) + np.linspace(-15, 15, size[1])
    return np.clip(luma[..., None] * np.array([0.6, 1.1, 0.8]), 0, 255).astype(np.uint8)


PERSONS = np.array([[60, 40, 100, 160], [180, 60, 240, 220]], np.float32)


def instances(size=(240, 320)):
    mask = np.zeros(size, np.int32)
    for k, (left, top, right, bottom) in enumerate(PERSONS.astype(int), 1):
        mask[top:bottom, left:right] = k
    return mask


def write_folder(folder: Path, n=4):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        cv2.imwrite(str(folder / f"p{i}.png"), ground(i))
    return folder


def write_pennfudan(folder: Path, n=3):
    (folder / "PNGImages").mkdir(parents=True)
    (folder / "PedMasks").mkdir()
    for i in range(n):
        cv2.imwrite(str(folder / "PNGImages" / f"Ped{i}.png"), ground(i))
        cv2.imwrite(str(folder / "PedMasks" / f"Ped{i}_mask.png"), instances().astype(np.uint8))
    return folder


def coco(boxes, segmentation=None, **image):
    return {
        "images": [{"id": 7, "file_name": "p0.png", "width": 320, "height": 240, **image}],
        "categories": [{"id": 1, "name": "person"}, {"id": 37, "name": "sports ball"}],
        "annotations": [
            {"id": i, "image_id": 7, "category_id": category, "bbox": box, "iscrowd": 0}
            | ({} if segmentation is None else {"segmentation": segmentation})
            for i, (category, box) in enumerate(boxes)
        ],
    }


def write_coco(folder: Path, document):
    write_folder(folder, 1)
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder


def files(folder: Path):
    """Name to bytes of every file under a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def error_line(result):
    """The one line of a refusal."""
    assert result.returncode == 2, (result.returncode, result.stderr)
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert result.stdout == ""
    return lines[0]


# ---- on arrays -----------------------------------------------------------------------------------------


def test_circles_visible_shares_and_mask_agree():
    for seed in range(20):
        out = synth.compose(ground(), persons=PERSONS, instances=instances(), seed=seed)
        area = np.pi * out.circles[:, 2] ** 2
        assert out.mask.sum() / 255 == pytest.approx((area * out.visible).sum(), rel=0.02, abs=2)
        radius = out.circles[:, 2:]
        np.testing.assert_array_equal(out.boxes[:, :2], out.circles[:, :2] - radius)
        np.testing.assert_array_equal(out.boxes[:, 2:], out.circles[:, :2] + radius)


def test_without_masks_nobody_hides_a_ball():
    masked = [
        synth.compose(ground(), persons=PERSONS, instances=instances(), seed=s, config={"near_share": 0.85})
        for s in range(30)
    ]
    bare = [synth.compose(ground(), persons=PERSONS, seed=s, config={"near_share": 0.85}) for s in range(30)]
    inside = [
        v
        for out in bare
        for (cx, cy, r), v in zip(out.circles, out.visible, strict=True)
        if min(cx - r, cy - r) > 3 and cx + r < 317 and cy + r < 237 and v < 0.999
    ]
    # A moving ball's blur may reach over the border from further in.
    assert all(v > 0.9 for v in inside)
    assert sum((out.visible < 0.8).sum() for out in masked) > 5


def test_rgb_and_bgr_are_the_same_picture():
    image = ground()
    bgr = synth.compose(image, persons=PERSONS, seed=4)
    rgb = synth.compose(image[..., ::-1], persons=PERSONS, seed=4, channels="rgb")
    np.testing.assert_array_equal(rgb.image[..., ::-1], bgr.image)


def test_inputs_stay_as_they_are():
    image, before = ground(), ground()
    synth.compose(image, persons=PERSONS, instances=instances())
    synth.debias(image, persons=PERSONS)
    synth.occlude(image)
    np.testing.assert_array_equal(image, before)


def test_a_drawn_ball_has_the_colour_of_its_name():
    """Against OpenCV's hue, an independent conversion."""
    hues = {"red": 0, "orange": 12, "yellow": 26, "green": 62, "blue": 108, "purple": 141}
    config = {
        "balls_min": 1,
        "balls_max": 1,
        "gloss_max": 0,
        "near_share": 0,
        "ground_share": 0,
        "noise": False,
    }
    for seed in range(40):
        out = synth.compose(ground(), seed=seed, harmonizer="none", config=config)
        pixels = out.image[out.mask == 255].reshape(-1, 1, 3)
        hue = np.median(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)[..., 0])
        name = out.details["balls"][0]["paint"]["name"]
        assert abs((hue - hues[name] + 90) % 180 - 90) <= 13, (name, hue)


def test_harmonisation_brings_balls_nearer_and_they_keep_their_names():
    closer = kept = total = 0
    for seed in range(40):
        plain, fitted = (
            synth.compose(ground(seed), persons=PERSONS, seed=seed, harmonizer=h) for h in synth.HARMONIZERS
        )
        np.testing.assert_array_equal(plain.circles, fitted.circles)
        np.testing.assert_array_equal(plain.mask, fitted.mask)
        before = synth.foreground_distances(plain.image, plain.mask)
        after = synth.foreground_distances(fitted.image, plain.mask)
        closer += (after < before).sum()
        total += len(before)
        for (cx, cy, r), ball in zip(plain.circles, plain.details["balls"], strict=True):
            yy, xx = np.mgrid[0:240, 0:320]
            core = ((xx + 0.5 - cx) ** 2 + (yy + 0.5 - cy) ** 2 < (0.8 * r) ** 2) & (plain.mask == 255)
            if core.sum() > 20:
                mean = fitted.image[core].mean(axis=0).round().astype(int)
                kept += _core.colour_name(*mean.tolist()) == ball["paint"]["name"]
    assert closer >= 0.99 * total
    assert kept >= 0.9 * total


def test_patches_leave_labelled_balls_alone():
    balls = np.array([[20, 20, 60, 60], [140, 100, 170, 130], [270, 180, 310, 220]], np.float32)
    image = ground()
    n = 0
    for seed in range(50):
        out = synth.debias(image, persons=PERSONS, balls=balls, seed=seed, config={"patches_max": 12})
        n += len(out.boxes)
        for left, top, right, bottom in balls.astype(int):
            np.testing.assert_array_equal(
                out.image[top:bottom, left:right], image[top:bottom, left:right], err_msg=f"seed {seed}"
            )
    assert n > 100


def test_a_donor_hides_part_of_the_crop():
    donor = (np.full((90, 40, 3), (0, 200, 0), np.uint8), np.full((90, 40), 255, np.uint8))
    crop = np.full((128, 64, 3), (90, 80, 100), np.uint8)
    out = synth.occlude(crop, [donor], seed=1, config={"ball_share": 0, "person_share": 1})
    assert 0.5 < out.visible < 0.91
    assert out.visible == pytest.approx(1 - out.mask.mean() / 255, abs=1e-6)
    np.testing.assert_array_equal(out.image[out.mask == 0], crop[out.mask == 0])
    assert (out.image[out.mask == 255] == (0, 200, 0)).all()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: synth.compose(np.zeros((4, 4), np.uint8)),
            "image: expected uint8 of shape (H, W, 3), got uint8 (4, 4)",
        ),
        (
            lambda: synth.compose(ground().astype(np.uint16)),
            "image: expected uint8 of shape (H, W, 3), got uint16 (240, 320, 3)",
        ),
        (
            lambda: synth.compose(ground(), persons=[[1, 2, 3]]),
            "persons: expected numbers of shape (N, 4), got int64 (1, 3)",
        ),
        (
            lambda: synth.compose(ground(), instances=np.zeros((5, 5), int)),
            "instances: expected C-contiguous int32 of shape (240, 320), got int32 (5, 5)",
        ),
        (
            lambda: synth.compose(ground(), instances=instances()),
            "instances: expected numbers from 0 to the number of persons, 0",
        ),
        (
            lambda: synth.compose(ground(), harmonizer="magic"),
            "harmonizer: expected none or statistics, got magic",
        ),
        (lambda: synth.compose(ground(), channels="hsv"), "channels: expected bgr or rgb, got hsv"),
        (
            lambda: synth.occlude(ground(), [(ground(), np.zeros((2, 2), np.uint8))]),
            "donors: expected 8-bit BGR pixels and an 8-bit mask of their size",
        ),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole text is compared)
        call()
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("what", "config", "text"),
    [
        ("compose", {"bals_max": 3}, "/bals_max: unknown key, did you mean balls_max?"),
        ("compose", {"size": {"median": 9}}, "/size/median: expected in [0.02, 2], got 9"),
        ("compose", {"balls_min": 9}, "/balls_max: expected at least balls_min (9), got 4"),
        ("debias", {"max_roundness": 1}, "/max_roundness: expected in [0.3, 0.8], got 1"),
        ("occlude", {"fill": "red"}, "/fill: expected one of ball black, got red"),
    ],
)
def test_wrong_settings_are_named(what, config, text):
    with pytest.raises(ConfigError) as error:
        synth.settings(what, config)
    assert str(error.value) == text


def test_the_gil_is_released(runs_beside):
    image = ground(size=(720, 1280))
    mask = np.zeros((720, 1280), np.uint8)
    mask[300:500, 300:500] = 255
    assert runs_beside(lambda: synth.harmonizer("statistics").harmonize(image, mask))
    assert runs_beside(lambda: synth.compose(image))


# ---- readers -------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_coco_masks_equal_pycocotools_for_every_encoding(tmp_path):
    masks = pytest.importorskip("pycocotools.mask")
    polygon = [[60.0, 40.0, 100.0, 40.0, 110.0, 160.0, 55.0, 150.0]]
    expected = masks.decode(masks.merge(masks.frPyObjects(polygon, 240, 320))) > 0
    compressed = masks.encode(np.asfortranarray(expected.astype(np.uint8)))
    plain = [0]
    for value in expected.T.ravel():
        if value != (len(plain) % 2 == 0):
            plain.append(0)
        plain[-1] += 1
    for i, segmentation in enumerate(
        [
            polygon,
            {"size": [240, 320], "counts": compressed["counts"].decode()},
            {"size": [240, 320], "counts": plain},
        ]
    ):
        folder = write_coco(tmp_path / str(i), coco([(1, [55, 40, 55, 120])], segmentation))
        (picture,) = annotated.open_pictures(folder)
        np.testing.assert_array_equal(picture.instances() == 1, expected)


def test_every_form_gives_the_same_boxes(tmp_path):
    expected = PERSONS
    pennfudan = annotated.open_pictures(write_pennfudan(tmp_path / "pf", 1))
    boxes = [[60, 40, 40, 120], [180, 60, 60, 160]]
    cocos = annotated.open_pictures(write_coco(tmp_path / "coco", coco([(1, b) for b in boxes])))
    visdrone = tmp_path / "vis"
    write_folder(visdrone / "images", 1)
    (visdrone / "annotations").mkdir()
    rows = [
        "60,40,40,120,1,1,0,0",
        "180,60,60,160,1,2,0,0,",
        "0,0,20,20,0,0,0,0",
        "5,5,20,20,1,4,0,0",
        "9,9,0,4,1,1,0,0",
    ]
    (visdrone / "annotations" / "p0.txt").write_text("\n".join(rows) + "\n")
    drone = annotated.open_pictures(visdrone)
    for (picture,) in (pennfudan, cocos, drone):
        np.testing.assert_array_equal(picture.boxes("person"), expected)
        assert picture.size == (320, 240)
    assert drone[0].boxes("ignored").tolist() == [[0, 0, 20, 20]]
    np.testing.assert_array_equal(pennfudan[0].instances(), instances())
    assert cocos[0].instances() is None


def test_an_annotation_whose_picture_is_gone_is_named(tmp_path):
    pennfudan = write_pennfudan(tmp_path / "pf", 2)
    (pennfudan / "PNGImages" / "Ped1.png").unlink()
    with pytest.raises(InputError, match=r"Ped1_mask.png: its picture Ped1 isn't in .*PNGImages"):
        annotated.open_pictures(pennfudan)
    visdrone = tmp_path / "vis"
    write_folder(visdrone / "images", 1)
    (visdrone / "annotations").mkdir()
    for name in ("p0", "p1"):
        (visdrone / "annotations" / f"{name}.txt").write_text("60,40,40,120,1,1,0,0\n")
    with pytest.raises(InputError, match=r"p1.txt: its picture p1 isn't in .*images"):
        annotated.open_pictures(visdrone)


def test_nearer_persons_cover_those_behind(tmp_path):
    document = coco([(1, [50, 50, 100, 150]), (1, [100, 40, 80, 100])])
    for entry, (x, y, w, h) in zip(
        document["annotations"], [(50, 50, 100, 150), (100, 40, 80, 100)], strict=True
    ):
        entry["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
    (picture,) = annotated.open_pictures(write_coco(tmp_path / "c", document))
    assert picture.instances()[100, 120] == 1
    assert picture.instances()[100, 170] == 2


BAD_COCO = [
    ("not json", "not a JSON document"),
    ([], "images: expected a list of objects"),
    (
        coco([(1, [10, 10, 400, 20])]),
        "annotations[0]: bbox: the box 10 10 410 30 (ltrb) reaches outside its 320x240 picture p0.png",
    ),
    (
        coco([(1, [10, 10, -5, 20])]),
        "annotations[0]: bbox: expected a box with a width and a height, got 10 10 5 30 (ltrb)",
    ),
    (coco([(1, [10, 10, 5])]), "annotations[0]: bbox: expected 4 numbers, got [10, 10, 5]"),
    (coco([], width=300), "images[0]: 300x240 pixels are stated"),
    (coco([], file_name="x.png"), "x.png is there"),
    (coco([], file_name="../p0.png"), "file_name: expected a path inside the set, got ../p0.png"),
    (
        coco([(1, [10, 10, 5, 5])], {"size": [100, 90], "counts": [9000]}),
        "segmentation: the mask's size is [100, 90], expected [240, 320]",
    ),
]


@pytest.mark.parametrize(("document", "text"), BAD_COCO)
def test_bad_coco_files_are_refused_in_one_line(tmp_path, document, text):
    folder = write_folder(tmp_path / "in", 1)
    raw = document if isinstance(document, str) else json.dumps(document)
    (folder / "annotations.json").write_text(raw)
    with pytest.raises(InputError) as error:
        annotated.open_pictures(folder)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("segmentation", "text"),
    [
        ({"size": [240, 320], "counts": [5, 5]}, "the runs don't fill 320x240 pixels"),
        ({"size": [240, 320], "counts": [-1, 76801]}, "the runs don't fill 320x240 pixels"),
        ({"size": [240, 320], "counts": "zzzz"}, "the runs don't fill 320x240 pixels"),
        ([[1, 2, 3, 4]], "expected polygons of x, y pairs"),
        ([[1, 2, 3, 4, 1e9, 9]], "a polygon reaches outside its 320x240 picture"),
    ],
)
def test_bad_masks_are_refused_in_one_line(tmp_path, segmentation, text):
    folder = write_coco(tmp_path / "in", coco([(1, [10, 10, 50, 50])], segmentation))
    (picture,) = annotated.open_pictures(folder)
    with pytest.raises(InputError) as error:
        picture.instances()
    assert text in str(error.value)


# ---- over sets -----------------------------------------------------------------------------------------


def test_the_bytes_do_not_depend_on_the_workers(tmp_path, e2tad):
    source = write_pennfudan(tmp_path / "in", 4)
    for workers in (1, 2, 3):
        result = e2tad(
            "synth", "compose", source, f"out{workers}", "--count", 3, "--workers", workers, "--json"
        )
        assert json.loads(result.stdout)["pictures"] == 12, result.stderr
    assert files(tmp_path / "out1") == files(tmp_path / "out2") == files(tmp_path / "out3")
    assert e2tad("synth", "compose", source, "other", "--count", 3, "--seed", 1).returncode == 0
    assert files(tmp_path / "other") != files(tmp_path / "out1")


def test_a_pictures_result_does_not_depend_on_its_neighbours(tmp_path):
    all_of_them = annotated.open_pictures(write_folder(tmp_path / "in", 4))
    batch.compose_set(all_of_them, tmp_path / "a")
    batch.compose_set(all_of_them[2:3], tmp_path / "b")
    assert files(tmp_path / "a")["images/p2.jpg"] == files(tmp_path / "b")["images/p2.jpg"]


def test_the_labels_are_those_of_the_manifest_and_of_the_source(tmp_path):
    source = annotated.open_pictures(write_pennfudan(tmp_path / "in"))
    batch.compose_set(source, tmp_path / "out", image_format="png", harmonizer="none")
    header, *rows = [json.loads(line) for line in (tmp_path / "out/manifest.jsonl").read_text().splitlines()]
    assert header["config"] == synth.settings("compose")
    again = annotated.open_pictures(tmp_path / "out")
    assert len(again) == len(rows) == 3
    for row, picture, original in zip(rows, again, source, strict=True):
        np.testing.assert_array_equal(picture.boxes("person"), original.boxes("person"))
        labelled = [o for o in picture.objects if o.kind == "ball"]
        assert [o.circle for o in labelled] == [tuple(ball["circle"]) for ball in row["balls"]]
        # Made again from the manifest's seed, and read from the file: the same pixels.
        made = synth.compose(
            original.read(),
            persons=original.boxes("person"),
            instances=original.instances(),
            seed=header["seed"],
            name=f"{original.name}#{row['copy']}",
            harmonizer="none",
        )
        np.testing.assert_array_equal(picture.read(), made.image)
        for o, visible in zip(labelled, made.visible, strict=True):
            assert o.visible == pytest.approx(visible, abs=1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_output_is_valid_coco(tmp_path):
    coco_api = pytest.importorskip("pycocotools.coco")
    batch.compose_set(annotated.open_pictures(write_pennfudan(tmp_path / "in")), tmp_path / "out")
    read = coco_api.COCO(str(tmp_path / "out/annotations.json"))
    assert len(read.getImgIds()) == 3
    balls = read.loadAnns(read.getAnnIds(catIds=read.getCatIds(catNms=["ball"])))
    assert balls
    for ball in balls:
        cx, cy, r = ball["circle"]
        np.testing.assert_allclose(ball["bbox"], [cx - r, cy - r, 2 * r, 2 * r], atol=0.011)


def test_debias_keeps_the_labels_and_the_balls(tmp_path):
    batch.compose_set(
        annotated.open_pictures(write_pennfudan(tmp_path / "in")), tmp_path / "c", image_format="png"
    )
    composites = annotated.open_pictures(tmp_path / "c")
    summary = batch.debias_set(composites, tmp_path / "d", image_format="png")
    assert summary["patches"] > 0
    after = annotated.open_pictures(tmp_path / "d")
    assert [p.objects for p in after] == [p.objects for p in composites]
    for old, new in zip(composites, after, strict=True):
        for left, top, right, bottom in np.clip(old.boxes("ball"), 0, None).round().astype(int):
            np.testing.assert_array_equal(
                new.read()[top:bottom, left:right], old.read()[top:bottom, left:right]
            )


def test_occluded_crops_keep_their_names(tmp_path, e2tad):
    crops = tmp_path / "crops"
    crops.mkdir()
    for i in range(6):
        cv2.imwrite(str(crops / f"0007_c1s6_02854{i}_01.jpg"), ground(i, (128, 64)))
    donors = write_pennfudan(tmp_path / "pf")
    result = e2tad("synth", "occlude", crops, "out", "--donors", donors, "--json")
    told = json.loads(result.stdout)
    assert told["donors"] > 0
    assert told["balls"] + told["persons"] > 0
    assert sorted(p.name for p in (tmp_path / "out/images").iterdir()) == sorted(
        p.name for p in crops.iterdir()
    )
    rows = [json.loads(line) for line in (tmp_path / "out/manifest.jsonl").read_text().splitlines()][1:]
    assert np.mean([row["visible"] for row in rows]) == pytest.approx(told["mean_visible"], abs=1e-4)


def test_grey_pictures_get_grey_balls_and_a_note(tmp_path, e2tad):
    folder = tmp_path / "in"
    folder.mkdir()
    cv2.imwrite(str(folder / "grey.png"), ground()[..., 1])
    result = e2tad("synth", "compose", folder, "out")
    assert result.returncode == 0
    assert "1 pictures have no colour" in result.stderr
    made = cv2.imread(str(tmp_path / "out/images/grey.jpg"))
    assert np.ptp(made.astype(int), axis=2).max() <= 1


def bad_png(width, height, bits=8):
    """A PNG with this header and no pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("bad.png", b"no picture", "bad.png: not a JPEG, PNG or BMP picture"),
        ("bad.png", b"", "bad.png: empty file, expected a picture"),
        ("deep.png", bad_png(10, 10, 16), "deep.png: 16 bits a channel, expected 8: convert it first"),
        (
            "huge.png",
            bad_png(20000, 20000),
            "huge.png: 20000x20000 pixels, at most 67108864 in all are read: scale it down first",
        ),
        ("hollow.png", bad_png(10, 10), "hollow.png: unreadable, the pixels are damaged or end early"),
    ],
)
def test_bad_pictures_end_the_run_with_one_line_and_nothing_left(tmp_path, e2tad, name, data, text):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_bytes(data)
    line = error_line(e2tad("synth", "compose", folder, "out"))
    assert text in line
    assert not (tmp_path / "out").exists()


def test_cut_jpegs_are_refused(tmp_path, e2tad):
    folder = tmp_path / "in"
    folder.mkdir()
    whole = cv2.imencode(".jpg", ground())[1].tobytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    assert "cut.jpg: unreadable" in error_line(e2tad("synth", "debias", folder, "out"))


def test_masks_of_another_size_are_refused(tmp_path, e2tad):
    folder = write_pennfudan(tmp_path / "in", 1)
    cv2.imwrite(str(folder / "PedMasks/Ped0_mask.png"), np.zeros((100, 90), np.uint8))
    line = error_line(e2tad("synth", "compose", folder, "out"))
    assert "Ped0_mask.png: 90x100 pixels, expected 320x240, the size of Ped0.png" in line


def test_annotations_outside_the_picture_are_refused(tmp_path, e2tad):
    folder = tmp_path / "in"
    write_folder(folder / "images", 1)
    (folder / "annotations").mkdir()
    (folder / "annotations/p0.txt").write_text("300,200,50,20,1,1,0,0\n")
    line = error_line(e2tad("synth", "compose", folder, "out"))
    assert "p0.txt:1: the box 300 200 350 220 (ltrb) reaches outside its 320x240 picture p0.png" in line


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("none", "out"), "none: no such folder"),
        (("in", "full"), "full: has something in it (note.txt), expected a new or an empty folder"),
        (("in", "in/note.txt"), "a file, expected a folder"),
        (("empty", "out"), "empty: no pictures (.jpg .jpeg .png .bmp) in it"),
        (
            ("in", "out", "--format", "yolo"),
            "format: expected auto or one of folder, coco, pennfudan, visdrone",
        ),
        (("in", "out", "--format", "coco"), "no annotations.json or instances.json or coco.json in it"),
        (("in", "out", "--harmonizer", "magic"), "harmonizer: expected none or statistics, got magic"),
        (("in", "out", "--count", "0"), "count: expected at least 1, got 0"),
        (("in", "out", "--seed", "-1"), "seed: expected 0 to 18446744073709551615, got -1"),
        (("in", "out", "--workers", "0"), "workers: expected at least 1, got 0"),
        (("in", "out", "--image-format", "gif"), "image format: expected jpg or png, got gif"),
        (("in", "out", "--config", "in/note.txt"), "not a JSON document"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(tmp_path, e2tad, arguments, text):
    write_folder(tmp_path / "in", 1)
    (tmp_path / "in/note.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/note.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert text in error_line(e2tad("synth", "compose", *arguments))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_killed_run_is_resumed_to_the_same_bytes(tmp_path, e2tad):
    source = write_folder(tmp_path / "in", 12)
    arguments = ("synth", "compose", source, "out", "--count", 15, "--workers", 1)
    with subprocess.Popen(
        [sys.executable, "-m", "e2tad", *map(str, arguments)], cwd=tmp_path, stderr=subprocess.DEVNULL
    ) as process:
        journal = tmp_path / "out/.unfinished/journal.jsonl"
        deadline = time.monotonic() + 60
        while (
            not (journal.exists() and journal.read_bytes().count(b"\n") > 10) and time.monotonic() < deadline
        ):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [".unfinished"]
    with open(journal, "ab") as file:  # as if the kill had come in the middle of a line
        file.write(b'{"file_name": "p0_')
    refused = error_line(e2tad(*arguments))
    assert "out: an interrupted run is there; --resume goes on with it" in refused
    other = error_line(e2tad(*arguments, "--resume", "--seed", 5))
    assert "the interrupted run has other settings (seed)" in other
    result = e2tad(*arguments, "--resume", "--json")
    told = json.loads(result.stdout)
    assert 10 <= told["resumed"] < 180
    assert e2tad("synth", "compose", source, "whole", "--count", 15).returncode == 0
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("together", [False, True])
def test_a_full_disk_leaves_what_is_finished_and_one_line(tmp_path, monkeypatch, together):
    """Fault injection: the writer fails as a full disk does, half a file in."""
    pictures = annotated.open_pictures(write_folder(tmp_path / "in", 6))
    write = batch._write
    room = [40_000]

    def limited(path, data, append=False):
        if len(data) > room[0]:
            with open(path, "ab" if append else "wb") as file:
                file.write(data[: room[0]])
            # The half is removed again, which gives its room back.
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        room[0] -= len(data)
        write(path, data, append)

    monkeypatch.setattr(batch, "_write", limited)
    if together:  # a busy machine sees several pictures end at once, in any order

        def failures_first(futures, **_):
            done = wait(futures).done
            return sorted(done, key=lambda future: future.exception() is None), set()

        monkeypatch.setattr(batch, "wait", failures_first)
    with pytest.raises(OSError, match="No space left on device") as error:
        batch.compose_set(pictures, tmp_path / "out", workers=1)
    assert error.value.filename == str(tmp_path / "out")
    assert "of 6 pictures are finished, --resume goes on from there" in error.value.strerror
    assert [p.name for p in (tmp_path / "out").iterdir()] == [".unfinished"]
    monkeypatch.setattr(batch, "_write", write)
    told = batch.compose_set(pictures, tmp_path / "out", resume=True)
    assert 0 < told["resumed"] < 6
    batch.compose_set(pictures, tmp_path / "whole")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path, monkeypatch):
    pictures = annotated.open_pictures(write_folder(tmp_path / "in", 2))

    def full(path, data, append=False):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(batch, "_write", full)
    with pytest.raises(OSError, match="No space left on device"):
        batch.compose_set(pictures, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_small_file_system_fills_up_in_one_line(tmp_path, e2tad):
    source = write_folder(tmp_path / "in", 10)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("tmpfs can't be mounted here")
    try:
        line = error_line(e2tad("synth", "compose", source, disk, "--count", 5))
        assert "No space left on device" in line
        assert [p.name for p in disk.iterdir()] in ([], [".unfinished"])
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_run_stopped_while_publishing_is_resumed(tmp_path, monkeypatch):
    pictures = annotated.open_pictures(write_folder(tmp_path / "in", 3))
    replace = os.replace

    def stop_at_manifest(old, new):
        if str(new).endswith("manifest.jsonl"):
            raise OSError(errno.EIO, "Input/output error", str(new))
        replace(old, new)

    monkeypatch.setattr(os, "replace", stop_at_manifest)
    with pytest.raises(OSError, match="Input/output error"):
        batch.compose_set(pictures, tmp_path / "out")
    monkeypatch.setattr(os, "replace", replace)
    assert batch.compose_set(pictures, tmp_path / "out", resume=True)["resumed"] == 3
    batch.compose_set(pictures, tmp_path / "whole")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.data
@pytest.mark.parametrize("name", ["pennfudan", "coco128", "visdrone/VisDrone2019-DET-train"])
def test_real_sets_go_through(tmp_path, data_root, name):
    pictures = annotated.open_pictures(data_root / name)[:6]
    told = batch.compose_set(pictures, tmp_path / "out")
    assert told["pictures"] == len(pictures)
    assert told["balls"] >= len(pictures)
    assert len(annotated.open_pictures(tmp_path / "out")) == len(pictures)
