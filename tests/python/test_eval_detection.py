import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from e2tad import InputError, sim
from e2tad.data.annotated import Annotation, Picture, open_pictures
from e2tad.detect import make_detections
from e2tad.evaluation.detection import coco_documents, detect, load_detector, score, truth_of
from e2tad.evaluation.pseudo_label import pseudo_label
from e2tad.models.files import save_weights
from e2tad.models.sizes import build


def picture(things, labelled=("person", "ball")):
    return Picture("a", None, (400, 300), tuple(things), labelled=labelled)


def ball(x, y, r, visible=1.0):
    return Annotation("ball", (x - r, y - r, x + r, y + r), (x, y, r), visible)


def person(left, top, right, bottom, kind="person"):
    return Annotation(kind, (left, top, right, bottom))


def found(*rows):
    """Rows of left, top, right, bottom, score, class."""
    rows = np.array(rows, np.float64).reshape(-1, 6)
    return make_detections(rows[:, :4], rows[:, 4], rows[:, 5].astype(int))


def scene(random):
    """Truth with hidden balls and regions to ignore, and detections about it, wrong ones too."""
    things, rows = [], []
    for _ in range(random.integers(0, 6)):
        left, top = random.uniform(0, 300, 2)
        wide, high = random.uniform(20, 80, 2)
        things.append(
            person(left, top, left + wide, top + high, random.choice(["person", "person", "ignored"]))
        )
    for _ in range(random.integers(0, 5)):
        things.append(
            ball(*random.uniform(20, 280, 2), random.uniform(5, 15), random.choice([1.0, 0.6, 0.1]))
        )
    for thing in things:
        for _ in range(random.integers(0, 3)):
            box = np.array(thing.box) + random.normal(0, 4, 4)
            rows.append([*box[:2], *np.maximum(box[2:], box[:2] + 2), random.random(), thing.kind == "ball"])
    for _ in range(random.integers(0, 4)):
        corner = random.uniform(0, 300, 2)
        rows.append([*corner, *(corner + random.uniform(5, 60, 2)), random.random(), random.integers(2)])
    return picture(things), found(*rows)


def published_ap(truths, detections, number):
    """COCO's AP by pycocotools: at .5, and the mean."""
    document, results = coco_documents(truths, detections, number)
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = document
        gt.createIndex()
        run = COCOeval(gt, gt.loadRes(results), "bbox")
        run.params.maxDets = [1, 10, 300]
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][:, :, 0, 0, -1]
    return precision[0].mean(), precision.mean()


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_pycocotools(seed):
    random = np.random.default_rng(seed)
    scenes = [scene(random) for _ in range(20)]
    truths, detections = [truth_of(p) for p, _ in scenes], [d for _, d in scenes]
    result = score(truths, detections)
    for number, name in enumerate(("person", "ball")):
        expected = published_ap(truths, detections, number)
        assert (result[name]["AP50"], result[name]["AP50_95"]) == pytest.approx(expected, abs=1e-9)


def interpolated_ap(right, truths):
    """COCO's AP of detections in falling order: precision at 101 recalls, each the best from there on."""
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    recall = hits / truths
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return np.mean([best[i] if i < len(best) else 0 for i in at])


def test_precision_and_recall_match_the_way_of_the_average_precision():
    from e2tad.evaluation.detection import _curve

    random = np.random.default_rng(9)
    scenes = [scene(random) for _ in range(60)]
    truths, detections = [truth_of(p) for p, _ in scenes], [d for _, d in scenes]
    result = score(truths, detections)
    for number, name in enumerate(("person", "ball")):
        curve = _curve(truths, detections, number)
        # One matcher looks at the whole set, the other is the library's.
        assert interpolated_ap(curve.right, curve.truths) == pytest.approx(result[name]["AP50"], abs=0.01)


def test_precision_and_recall_stand_at_the_best_mean_f1():
    things = [person(0, 0, 50, 100), person(100, 0, 150, 100), ball(200, 50, 10), ball(300, 50, 10)]
    rows = [
        (0, 0, 50, 100, 0.9, 0),
        (100, 0, 150, 100, 0.6, 0),
        (200, 200, 250, 300, 0.5, 0),  # wrong
        (190, 40, 210, 60, 0.8, 1),
        (20, 200, 40, 220, 0.7, 1),  # wrong
        (290, 40, 310, 60, 0.2, 1),
    ]
    result = score([truth_of(picture(things))], [found(*rows)])
    # At .6: persons 2 of 2 right, F1 1; balls 1 of 2 right, 1 of 2 found, F1 .5. At .8: 2/3 and 2/3.
    # At .2: persons 2 of 3, F1 .8; balls 2 of 3, F1 .8: the best mean.
    assert result["confidence"] == pytest.approx(0.2)
    assert (result["person"]["precision"], result["person"]["recall"]) == pytest.approx((2 / 3, 1))
    assert (result["ball"]["precision"], result["ball"]["recall"]) == pytest.approx((2 / 3, 1))
    assert result["all"]["AP50"] == pytest.approx((result["person"]["AP50"] + result["ball"]["AP50"]) / 2)


def test_hidden_balls_are_neither_asked_for_nor_held_against():
    things = [ball(100, 100, 10), ball(200, 100, 10, visible=0.29)]
    right = (90, 90, 110, 110, 0.9, 1)
    for rows in ([right], [right, (190, 90, 210, 110, 0.95, 1)]):
        result = score([truth_of(picture(things))], [found(*rows)])
        assert result["ball"]["AP50"] == pytest.approx(1)
        assert (result["ball"]["precision"], result["ball"]["recall"]) == (1, 1)
        assert result["ball"]["truths"] == 1
    wrong = score([truth_of(picture(things))], [found(right, (300, 90, 320, 110, 0.95, 1))])
    assert wrong["ball"]["AP50"] < 0.6


def test_regions_to_ignore_swallow_what_lies_in_them():
    things = [person(0, 0, 50, 100), person(200, 0, 400, 300, "ignored")]
    inside = [(210 + 30 * i, 50, 230 + 30 * i, 100, 0.95, 0) for i in range(4)]
    result = score([truth_of(picture(things))], [found((0, 0, 50, 100, 0.9, 0), *inside)])
    assert result["person"]["AP50"] == pytest.approx(1)
    assert result["person"]["precision"] == 1


def test_a_ball_is_scored_on_the_square_of_its_whole_circle():
    cut = Annotation("ball", (0, 90, 8, 110), (-2, 100, 10), 0.4)
    square = (-12, 90, 8, 110, 0.9, 1)
    assert score([truth_of(picture([cut]))], [found(square)])["ball"]["AP50_95"] == pytest.approx(1)


def test_pictures_without_labels_of_a_class_dont_count_for_it():
    labelled = picture([person(0, 0, 50, 100), ball(100, 100, 10)])
    sparse = picture([person(0, 0, 50, 100)], labelled=("person",))
    seen = found((0, 0, 50, 100, 0.9, 0), (90, 90, 110, 110, 0.9, 1))
    result = score([truth_of(labelled), truth_of(sparse)], [seen, seen])
    assert (result["ball"]["AP50"], result["ball"]["precision"]) == pytest.approx((1, 1))
    assert (result["person"]["truths"], result["ball"]["truths"]) == (2, 1)


def test_nothing_found_and_nothing_there():
    result = score([truth_of(picture([person(0, 0, 50, 100)]))], [found()])
    assert result["person"]["AP50"] == result["person"]["recall"] == 0
    assert result["ball"] is None
    empty = score([truth_of(picture([]))], [found((0, 0, 50, 100, 0.9, 0))])
    assert (empty["person"], empty["ball"], empty["all"]) == (None, None, None)
    with pytest.raises(ValueError, match="as many truths as detections"):
        score([], [found()])


def test_detections_are_in_pixels_of_the_picture():
    class OneBox(torch.nn.Module):
        """Answers one cell of each input."""

        def __init__(self, net):
            super().__init__()
            self.strides, self.anchors, self.box_form = net.strides, net.anchors, net.box_form
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.seen = None

        def forward(self, x):
            self.seen = x
            raw = torch.full((1, 3, x.shape[2] // 16, x.shape[3] // 16, 7), -20.0)
            raw[0, 1, 7, 12] = torch.tensor([0.0, 0.0, 0.0, 0.0, 20.0, 20.0, -20.0])
            return [raw]

    net = OneBox(build("yolo_mobile_v1", box_form="C"))
    pixels = np.full((1080, 1920, 3), 255, np.uint8)
    seen = detect(net, pixels, 416)
    # The cell's centre is (200, 120) in an input of 416x256, whose content starts at y 11; scale 416/1920.
    width, height = 37.1 * 1920 / 416, 68.6 * 1920 / 416
    x, y = 200 * 1920 / 416, (120 - 11) * 1920 / 416
    np.testing.assert_allclose(
        seen.boxes[0], [x - width / 2, y - height / 2, x + width / 2, y + height / 2], rtol=1e-3
    )
    assert net.seen.shape == (1, 3, 256, 416)
    assert net.seen[0, :, 11:245].min() == 1
    assert net.seen[0, :, :11].max() == pytest.approx(114 / 255)


@pytest.fixture(scope="module")
def eager_weights(tmp_path_factory):
    """A random detector that sees things everywhere."""
    torch.manual_seed(0)
    net = build("yolo_mobile_v1", box_form="C")
    with torch.no_grad():
        net.head16.conv.bias.view(3, 7)[:, 4:] = 3
    path = tmp_path_factory.mktemp("weights") / "weights.pt"
    save_weights(path, "yolo_mobile_v1", net, (256, 416), box_form="C")
    return path


def test_pseudo_labels_are_a_set_that_can_be_read(tmp_path, e2tad, eager_weights):
    clip = tmp_path / "clip"
    sim.save(sim.World("4p1b", frames=40, size=(320, 180)), clip, sim.ClipOptions(0, 0))
    done = e2tad(
        "data", "pseudo-label", clip / "4p1b_s0.mp4", "--model", eager_weights, "-o", "labels", "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    pictures = open_pictures(tmp_path / "labels")
    assert [p.name for p in pictures] == [f"images/{n:06d}.jpg" for n in (0, 15, 30)]
    assert told["pictures"] == 3
    assert (told["persons"], told["balls"]) == (
        sum(len(p.boxes("person")) for p in pictures),
        sum(len(p.boxes("ball")) for p in pictures),
    )
    assert told["persons"] + told["balls"] > 0
    document = json.loads((tmp_path / "labels" / "annotations.json").read_text())
    assert all(0.4 < entry["score"] <= 1 for entry in document["annotations"])
    assert all("circle" in entry for entry in document["annotations"] if entry["category_id"] == 2)
    done = e2tad("data", "pseudo-label", clip / "4p1b_s0.mp4", "--model", eager_weights, "-o", "labels")
    assert done.returncode == 2
    assert "expected a new or an empty folder" in done.stderr


def test_pseudo_labels_are_the_detectors_boxes(tmp_path, eager_weights):
    from e2tad.video import VideoReader

    clip = tmp_path / "clip"
    sim.save(sim.World("4p1b", frames=3, size=(320, 180)), clip, sim.ClipOptions(0, 0))
    net, _ = load_detector(eager_weights)
    pseudo_label(net, clip / "4p1b_s0.mp4", tmp_path / "out", 416, every=2, confidence=0.6)
    frames = list(VideoReader(clip / "4p1b_s0.mp4", every=2, rgb=True))
    written = open_pictures(tmp_path / "out")
    for frame, labels in zip(frames, written, strict=True):
        seen = detect(net, frame.image, 416, 0.6, None)
        persons = np.clip(seen.boxes[seen.classes == 0], 0, [320, 180, 320, 180])
        np.testing.assert_allclose(labels.boxes("person"), persons, atol=0.011)
    with pytest.raises(InputError, match="every: expected at least 1"):
        pseudo_label(net, clip / "4p1b_s0.mp4", tmp_path / "none", 416, every=0)


def test_a_model_file_is_measured_as_its_weights_are(tmp_path, e2tad):
    weights = Path(__file__).parents[2] / "experiments" / "weights" / "detector_v1.pt"
    # Of the input's width, so that both feed every pixel as it is.
    sim.save(sim.World("4p1b", 1000, frames=61, size=(416, 234)), tmp_path / "clip", sim.ClipOptions(30, 0))
    assert e2tad("export", weights, "-o", "m.ptl", "--source", "none").returncode == 0
    told = []
    for model in (weights, "m.ptl"):
        done = e2tad("eval", "detector", "--data", "simulated", "--root", "clip", "--model", model, "--json")
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert told[0]["pictures"] == told[1]["pictures"] == 3
    assert told[0]["person"]["AP50"] > 0.5
    for key in ("AP50", "AP50_95", "recall"):
        assert told[1]["person"][key] == pytest.approx(told[0]["person"][key], abs=0.02)


def test_the_command_refuses_what_is_no_detector(tmp_path, e2tad):
    save_weights(tmp_path / "reid.pt", "reid", build("reid", width=2), (128, 64), width=2)
    for folder in ("images", "annotations"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "images" / "a.jpg")
    (tmp_path / "annotations" / "a.txt").write_text("10,10,20,40,1,1,0,0\n")
    command = ("eval", "detector", "--data", "visdrone-det", "--root", tmp_path, "--model", "reid.pt")
    done = e2tad(*command)
    assert done.returncode == 2
    assert "reid.pt: expected a detector, got reid" in done.stderr
    done = e2tad(*command, "--pictures", "3")
    assert done.returncode == 2
    assert "expected FIRST:LAST:STEP" in done.stderr
