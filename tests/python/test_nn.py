"""Networks from model files against PyTorch, OpenCV and plain NumPy."""

import contextlib
import json
import shutil
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from e2tad import Config, ConfigError, InputError, detect, geometry, models, reid, synth
from e2tad import nn as runtime
from e2tad.evaluation.embed import mask_circle, normalise
from e2tad.models.export import write_model_file
from e2tad.models.quantised import ENGINES, convert, prepare, quiet, use_engine
from e2tad.pipeline import Pipeline
from e2tad.sim import World
from e2tad.video_writer import H264Writer

FORMS = (".ptl", ".torchscript")
STRIDE16 = [[[14.3, 14.4], [37.1, 68.6], [94.4, 158.8]]]


def document(net, size, quantised=None):
    names = {models.ReidNetwork: "reid", models.YoloMobileV1: "yolo_mobile_v1"}
    return {"name": names[type(net)], "input_size": size, "options": {}, "quantised": quantised}


def spread(net):
    """Random weights whose logits differ from cell to cell as a trained network's do: deviation 2."""
    net.eval()
    shown = picture(np.random.default_rng(100), 256, 256).transpose(2, 0, 1)[None].astype(np.float32) / 255
    with torch.no_grad():
        conv = net.head16.conv
        conv.bias.zero_()
        (raw,) = net(torch.from_numpy(shown))
        logits = raw.permute(1, 4, 0, 2, 3).flatten(2).flatten(0, 1)
        scale = 2 / logits.std(1)
        conv.weight *= scale[:, None, None, None]
        conv.bias.copy_(-logits.mean(1) * scale)
    return net


def write(path, net, size, quantised=None):
    write_model_file(path, net, document(net, size, quantised), "none", "random numbers")
    return path


def save(path, net, card):
    """Writes somebody's model file and card, without this project's help."""
    with quiet():
        script = torch.jit.script(net)
        script._save_for_lite_interpreter(str(path)) if path.suffix == ".ptl" else script.save(str(path))
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for each other are slow where tests share their cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def yolo():
    torch.manual_seed(3)
    return spread(models.YoloMobileV1())


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(4)
    return models.ReidNetwork(8).eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, yolo, resnet):
    """Model files of both networks in both forms."""
    root = tmp_path_factory.mktemp("models")
    for form in FORMS:
        write(root / f"yolo{form}", yolo, (128, 128))
        write(root / f"reid{form}", resnet, (128, 64))
    return root


def picture(rng, width, height):
    """Blobs of colour with sharp edges and some noise, BGR."""
    coarse = rng.integers(0, 256, (height // 12 + 1, width // 12 + 1, 3), np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return cv2.add(image, rng.integers(0, 40, image.shape, np.uint8))


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def published(raw, stride, anchors, confidence):
    """YOLOv5's decoding as published, in plain NumPy: xywh and scores, class by class."""
    _, count, rows, cols, _ = raw.shape
    y = sigmoid(raw)
    grid = np.stack(np.meshgrid(np.arange(cols), np.arange(rows)), -1).reshape(1, 1, rows, cols, 2)
    xy = (y[..., 0:2] * 2 - 0.5 + grid) * stride
    wh = (y[..., 2:4] * 2) ** 2 * np.asarray(anchors).reshape(1, count, 1, 1, 2)
    products = y[..., 4:5] * y[..., 5:]
    boxes = np.concatenate([xy - wh / 2, xy + wh / 2], -1).reshape(-1, 4)
    products = products.reshape(-1, raw.shape[-1] - 5)
    kept = products.max(1) > confidence
    return boxes[kept], products[kept].max(1), products[kept].argmax(1)


def suppressed(boxes, scores, classes, overlap):
    """Greedy suppression, class by class, in plain NumPy."""
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        for j in kept:
            if classes[i] == classes[j]:
                left, top = np.maximum(boxes[i][:2], boxes[j][:2])
                right, bottom = np.minimum(boxes[i][2:], boxes[j][2:])
                both = max(right - left, 0) * max(bottom - top, 0)
                areas = [np.prod(boxes[k][2:] - boxes[k][:2]) for k in (i, j)]
                if both / (sum(areas) - both) > overlap:
                    break
        else:
            kept.append(i)
    return kept


def by_python(net, image, size, confidence, overlap, region=None):
    """The detector again, from OpenCV, PyTorch and NumPy."""
    height, width = image.shape[:2]
    left, top, wide, high = region or (0, 0, width, height)
    scale = size / max(width, height)
    inner = (round(wide * scale), round(high * scale))
    part = image[top : top + high, left : left + wide]
    part = cv2.resize(part, inner, interpolation=cv2.INTER_AREA if inner[0] < wide else cv2.INTER_LINEAR)
    padded = [-(-side // 32) * 32 for side in inner]
    x0, y0 = ((padded[axis] - inner[axis]) // 2 for axis in (0, 1))
    canvas = np.full((padded[1], padded[0], 3), 114, np.uint8)
    canvas[y0 : y0 + inner[1], x0 : x0 + inner[0]] = part
    rgb = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    with torch.inference_mode():
        (raw,) = net(torch.from_numpy(np.ascontiguousarray(rgb)))
    boxes, scores, classes = published(raw.numpy(), 16, STRIDE16[0], confidence)
    kept = suppressed(boxes, scores, classes, overlap)
    sides = np.array([wide / inner[0], high / inner[1]] * 2)
    moved = (boxes - np.array([x0, y0] * 2)) * sides + np.array([left, top] * 2)
    return moved[kept], scores[kept], classes[kept]


@pytest.mark.parametrize("form", FORMS)
def test_a_detector_sees_what_python_sees_in_100_pictures(folder, yolo, form):
    detector = runtime.Detector(folder / f"yolo{form}", input=128, confidence=0.5, nms_iou=0.45)
    rng = np.random.default_rng(0)
    total = 0
    for number in range(100 if form == ".ptl" else 20):
        width, height = rng.integers(60, 400, 2)
        image = picture(rng, width, height)
        found = detector(image)
        boxes, scores, classes = by_python(yolo, image, 128, 0.5, 0.45)
        assert found.classes.tolist() == classes.tolist(), number
        np.testing.assert_allclose(found.boxes, boxes, atol=0.5)
        np.testing.assert_allclose(found.scores, scores, atol=0.01)
        total += len(found)
    assert total > 300


def test_a_region_is_fed_at_the_frames_scale_and_boxes_are_the_videos(folder, yolo):
    detector = runtime.Detector(folder / "yolo.ptl", input=128, confidence=0.5, nms_iou=0.45)
    image = picture(np.random.default_rng(1), 240, 136)
    region = (50, 20, 150, 90)
    view = geometry.letterbox(240, 136, 128, region=region)
    found = detector(image, view, frame_size=(1920, 1088))
    boxes, scores, _ = by_python(yolo, image, 128, 0.5, 0.45, region)
    assert len(found) == len(scores) > 0
    np.testing.assert_allclose(found.boxes, 8 * boxes, atol=0.5)
    with pytest.raises(ValueError, match="the view must lie inside the frame's picture"):
        detector(image[:100].copy(), view)
    with pytest.raises(ValueError, match="image: expected C-contiguous uint8 of shape"):
        detector(image.astype(np.float32))


def test_the_card_says_what_is_fed_unless_the_user_does(folder, tmp_path, yolo):
    image = picture(np.random.default_rng(3), 200, 200)
    for own, named, used in (([96, 160], 0, 160), ([96, 160], 128, 128), (None, 0, 416)):
        path = changed_card(folder, tmp_path, "yolo", lambda card, own=own: card.update(input_size=own))
        detector = runtime.Detector(path, input=named, confidence=0.5, nms_iou=0.45, max_detections=5000)
        assert detector.input_px == used
        boxes, _, _ = by_python(yolo, image, used, 0.5, 0.45)
        found = detector(image)
        assert len(found) == len(boxes) > 0
        np.testing.assert_allclose(found.boxes, boxes, atol=0.5)


def test_a_network_of_one_size_refuses_another_before_any_video(tmp_path):
    class OfOneSize(torch.nn.Module):
        def forward(self, x):
            return [x.reshape(1, 3, 64, 96)[:, :, ::16, ::16, None].expand(1, 3, 4, 6, 7) * 1.0]

    card = {"kind": "detector", "input_size": [64, 96], "classes": ["person", "ball"], "strides": [16]}
    path = save(tmp_path / "fixed.ptl", OfOneSize(), card | {"anchors": STRIDE16})
    assert runtime.Detector(path).input_px == 96
    with pytest.raises(InputError) as error:
        runtime.Detector(path, input=128)
    assert str(error.value) == (
        f"{path}: takes only its card's input of 96x64, but /detector/input is 128; 0 takes the card's"
    )


def test_a_run_tells_which_input_it_took(folder, tmp_path):
    path = changed_card(folder, tmp_path, "yolo", lambda card: card.update(input_size=[96, 160]))
    writer = H264Writer(tmp_path / "clip.mp4", (320, 180))
    for _ in range(3):
        writer.write(np.zeros((180, 320, 3), np.uint8))
    writer.close()
    settings = {
        "detector": {"model": str(path)},
        "reid": {"model": str(folder / "reid.ptl")},
        "pipeline": {"every": 1},
    }
    run = Pipeline(settings).run(tmp_path / "clip.mp4")
    assert run.config["detector"]["input"] == 160
    # The first frame is fed whole: 160x90, padded to 160x96.
    assert run.summary["stages"]["detect"]["bytes"] == 3 * (3 * 160 * 96)


def test_most_detections_and_unknown_settings(folder):
    image = picture(np.random.default_rng(2), 128, 128)
    all_of_them = runtime.Detector(folder / "yolo.ptl", input=128, confidence=0.3)(image)
    best = runtime.Detector(folder / "yolo.ptl", input=128, confidence=0.3, max_detections=3)(image)
    assert len(all_of_them) > 3
    np.testing.assert_array_equal(best.boxes, all_of_them.boxes[:3])
    with pytest.raises(ConfigError, match="/detector/confidnce: unknown key, did you mean confidence"):
        runtime.Detector(folder / "yolo.ptl", confidnce=0.3)
    with pytest.raises(ConfigError, match="/detector/engine: .*qnnpack"):
        runtime.Detector(folder / "yolo.ptl", engine="abacus")
    assert isinstance(detect.Detector(folder / "yolo.ptl"), runtime.Detector)
    assert isinstance(reid.Embedder(folder / "reid.ptl"), runtime.Embedder)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("size", "kind"), [((128, 64), 0), ((64, 64), 1)])
def test_features_are_those_of_python_whatever_the_batch(folder, resnet, form, size, kind):
    rng = np.random.default_rng(5)
    crops = np.stack([picture(rng, size[1], size[0]) for _ in range(50)])
    with torch.inference_mode():
        expected = resnet(normalise(np.ascontiguousarray(crops[..., ::-1]))).numpy()
    for batch in (1, 7, 64):
        embedder = runtime.Embedder(folder / f"reid{form}", batch=batch)
        assert embedder.width == 64
        np.testing.assert_allclose(embedder.crops(crops, kind), expected, atol=1e-3)
    assert embedder.crops(crops[:0], kind).shape == (0, 64)


def test_crops_are_cut_from_the_frame_as_described(folder):
    embedder = runtime.Embedder(folder / "reid.ptl", batch=2)
    image = picture(np.random.default_rng(6), 300, 200)
    boxes = np.array([[10, 20, 40, 90], [100.5, 50.2, 120, 70], [-5, 150, 400, 260]], np.float32)
    classes = [0, 1, 0]
    cut = []
    for box, kind in zip(boxes, classes, strict=True):
        (left, top, width, height), size = reid.crop(box, kind, 300, 200)
        how = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
        part = image[top : top + height, left : left + width]
        cut.append(embedder.crops(cv2.resize(part, size, interpolation=how)[None], kind)[0])
    np.testing.assert_allclose(embedder(image, boxes, classes), cut, atol=1e-3)
    larger = embedder(image, 4 * boxes, classes, frame_size=(1200, 800))
    np.testing.assert_allclose(larger, cut, atol=1e-3)
    with pytest.raises(ValueError, match="class must be 0 .person. or 1 .ball., got 2"):
        embedder(image, boxes, [0, 1, 2])
    with pytest.raises(ValueError, match="crop 0 must have 64x64 pixels"):
        embedder.crops(np.zeros((1, 128, 64, 3), np.uint8), 1)


class Pixels(nn.Module):
    """The crop itself, or of a person the upper half of it, as a feature."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, :64, :].flatten(1)


def test_training_masks_a_ball_as_the_core_does(folder, tmp_path):
    card = json.loads((folder / "reid.json").read_text()) | {"embedding": 3 * 64 * 64}
    save(tmp_path / "reid.ptl", Pixels(), card)
    balls = np.random.default_rng(5).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    got = runtime.Embedder(tmp_path / "reid.ptl", mask_balls=True).crops(balls, 1)
    values = mask_circle(normalise(np.ascontiguousarray(balls[..., ::-1])))
    flat = values.flatten(1).numpy()
    np.testing.assert_array_equal(got == 0, flat == 0)
    np.testing.assert_allclose(got, flat / np.linalg.norm(flat, axis=1, keepdims=True), atol=1e-6)


def test_a_masked_balls_corners_do_not_count(folder, resnet):
    rng = np.random.default_rng(7)
    ball = picture(rng, 64, 64)
    y, x = np.mgrid[:64, :64] + 0.5
    outside = (x - 32) ** 2 + (y - 32) ** 2 > 32**2
    other = ball.copy()
    other[outside] = rng.integers(0, 256, (outside.sum(), 3))
    masked = runtime.Embedder(folder / "reid.ptl", mask_balls=True).crops(np.stack([ball, other]), 1)
    np.testing.assert_array_equal(masked[0], masked[1])
    values = normalise(np.ascontiguousarray(ball[None, ..., ::-1]))
    values[:, :, torch.from_numpy(outside)] = 0
    with torch.inference_mode():
        np.testing.assert_allclose(masked[:1], resnet(values).numpy(), atol=1e-3)
    plain = runtime.Embedder(folder / "reid.ptl").crops(np.stack([ball, other]), 1)
    assert np.abs(plain[0] - plain[1]).max() > 1e-4


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_int8_networks_give_what_python_gives_within_a_step(tmp_path, yolo, resnet, engine, form):
    rng = np.random.default_rng(8)
    before = torch.backends.quantized.engine
    try:
        for name, net, shape in (("yolo", yolo, (3, 96, 128)), ("reid", resnet, (3, 128, 64))):
            prepared = prepare(net, engine, training=False)
            x = rng.random((4, *shape), np.float32)
            with torch.inference_mode():
                prepared(torch.from_numpy(x))
            int8 = convert(prepared)
            with quiet(), torch.inference_mode():
                expected = int8(torch.from_numpy(x))
            expected = expected[0] if name == "yolo" else expected
            path = write(tmp_path / f"{name}{form}", int8, shape[1:], engine)
            (got,) = runtime.Network(path, engine)(x)
            # The last INT8 map is pooled or weighed by floats; a step of it shows as this much at the end.
            step = float(expected.max() - expected.min()) / 127
            np.testing.assert_allclose(got, expected.numpy(), atol=step)
            assert runtime.Detector(path).engine in runtime.engines() if name == "yolo" else True
    finally:
        use_engine(before)


class ForeignHeads(nn.Module):
    """Somebody's raw heads: three strides, COCO's class names, BGR, no form of ours."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, 2 * 8, s, s) for s in (8, 16, 64))

    def forward(self, x):
        out = []
        for conv in self.convs:
            y = conv(x)
            n, _, h, w = y.shape
            out.append(y.view(n, 2, 8, h, w).permute(0, 1, 3, 4, 2))
        return tuple(out)


def test_a_foreign_raw_head_with_a_card_gives_the_published_boxes(tmp_path):
    torch.manual_seed(9)
    net = ForeignHeads().eval()
    with torch.no_grad():
        for conv in net.convs:
            conv.weight *= 4
    anchors = [[[10, 13], [33, 23]], [[30, 61], [59, 119]], [[116, 90], [373, 326]]]
    card = {
        "kind": "detector",
        "classes": ["bicycle", "sports ball", "person"],
        "channels": "bgr",
        "strides": [8, 16, 64],
        "anchors": anchors,
        "notes": "for people",
    }
    path = tmp_path / "foreign.torchscript"
    with quiet():
        torch.jit.trace(net, torch.zeros(1, 3, 128, 128)).save(path)
    path.with_suffix(".json").write_text(json.dumps(card))
    detector = runtime.Detector(path, input=128, confidence=0.4, nms_iou=0.45, max_detections=1000)
    assert detector.multiple == 64
    image = picture(np.random.default_rng(10), 128, 128)
    with torch.inference_mode():
        heads = net(torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32) / 255))
    parts = [published(h.numpy(), s, a, 0.4) for h, s, a in zip(heads, (8, 16, 64), anchors, strict=True)]
    boxes, scores, classes = (np.concatenate(column) for column in zip(*parts, strict=True))
    kept = [i for i in suppressed(boxes, scores, classes, 0.45) if classes[i] != 0]
    found = detector(image)
    assert len(found) == len(kept) > 20
    assert {1, 2} <= set(classes[kept])
    np.testing.assert_allclose(found.boxes, boxes[kept], atol=1e-3)
    np.testing.assert_allclose(found.scores, scores[kept], atol=1e-3)
    assert found.classes.tolist() == [{1: 1, 2: 0}[c] for c in classes[kept]]


def test_a_circle_heads_balls_are_squares_that_reach_past_the_frame(tmp_path):
    torch.manual_seed(11)
    net = spread(models.YoloMobileV1(box_form="C"))
    path = write(tmp_path / "c.ptl", net, (96, 96))
    found = runtime.Detector(path, input=96, confidence=0.3)(picture(np.random.default_rng(12), 96, 96))
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    balls = found.classes == 1
    assert balls.any()
    np.testing.assert_allclose(sides[balls, 0], sides[balls, 1], rtol=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_a_harmoniser_gives_what_python_gives(tmp_path, form):
    torch.manual_seed(13)
    net = models.RainNet(4, 6).eval()
    with torch.no_grad():
        net.change.weight.normal_(0, 0.2)
    path = save(tmp_path / f"rain{form}", net, {"kind": "harmonizer", "multiple": 64})
    rng = np.random.default_rng(14)
    image = picture(rng, 128, 64)
    mask = np.zeros((64, 128), np.uint8)
    cv2.circle(mask, (40, 30), 17, 255, -1)
    mask = cv2.GaussianBlur(mask, (5, 5), 0)
    harmonizer = synth.harmonizer(str(path))
    got = harmonizer.harmonize(image, mask)
    with torch.inference_mode():
        rgb = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255)
        out = net(torch.from_numpy(rgb), torch.from_numpy(mask[None, None].astype(np.float32) / 255))
    expected = out[0].numpy().transpose(1, 2, 0)[..., ::-1] * 255
    np.testing.assert_allclose(got, expected, atol=0.51)
    np.testing.assert_array_equal(got[mask == 0], image[mask == 0])
    assert np.abs(got.astype(int) - image).max() > 5
    # An extent that isn't such a multiple is padded, not refused.
    odd = harmonizer.harmonize(image[:50, :70].copy(), mask[:50, :70].copy())
    assert odd.shape == (50, 70, 3)
    with pytest.raises(ValueError, match="of the same size"):
        harmonizer.harmonize(image, mask[:50].copy())


def test_a_harmoniser_with_an_input_size_looks_at_each_foreground_by_itself(tmp_path):
    """Against windows cut and scaled by hand; the picture's detail stays as it is."""
    torch.manual_seed(13)
    net = models.RainNet(4, 4).eval()
    with torch.no_grad():
        net.change.weight.normal_(0, 0.1)
    card = {"kind": "harmonizer", "multiple": 16, "input_size": [64, 64]}
    path = save(tmp_path / "rain.ptl", net, card)
    image = picture(np.random.default_rng(14), 300, 200)
    mask = np.zeros((200, 300), np.uint8)
    # One of 33 pixels well inside, whose window is scaled down; one of 7 in a corner, scaled up.
    cv2.circle(mask, (120, 100), 16, 255, -1)
    cv2.circle(mask, (296, 3), 3, 255, -1)
    got = synth.harmonizer(str(path)).harmonize(image, mask)
    expected = image.copy()
    for left, top, side in ((104 - 33, 84 - 33, 99), (300 - 21, 0, 21)):
        window = (slice(top, top + side), slice(left, left + side))
        how = cv2.INTER_AREA if side > 64 else cv2.INTER_LINEAR
        small = cv2.resize(image[window], (64, 64), interpolation=how)
        share = cv2.resize(mask[window], (64, 64), interpolation=how)
        rgb = np.ascontiguousarray(small[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255)
        with torch.inference_mode():
            out = net(torch.from_numpy(rgb), torch.from_numpy(share[None, None].astype(np.float32) / 255))
        fitted = np.round(out[0].numpy().transpose(1, 2, 0)[..., ::-1] * 255)
        back = cv2.INTER_AREA if side < 64 else cv2.INTER_LINEAR
        change = cv2.resize(fitted - small.astype(np.float32), (side, side), interpolation=back)
        inside = mask[window] > 0
        expected[window][inside] = np.clip(np.round(image[window] + change), 0, 255)[inside]
    np.testing.assert_allclose(got, expected, atol=1)
    np.testing.assert_array_equal(got[mask == 0], image[mask == 0])
    assert np.abs(got.astype(int) - image)[mask > 0].mean() > 3


def test_both_schedules_give_the_same_tracks_with_networks(folder, tmp_path):
    world = World("5p4b", 1, frames=60, size=(480, 270))
    writer = H264Writer(tmp_path / "clip.mp4", world.size)
    for frame in range(world.frames):
        writer.write(world.render(frame))
    writer.close()
    runs = []
    for schedule in ("frame", "cached"):
        config = Config(
            {
                "detector": {"model": str(folder / "yolo.ptl"), "input": 256, "confidence": 0.6},
                "reid": {"model": str(folder / "reid.ptl"), "batch": 5},
                "adaptive": {"inspect_collisions": False},
                "pipeline": {"schedule": schedule, "queue_frames": 4},
            }
        )
        runs.append(Pipeline(config).run(tmp_path / "clip.mp4", world.init()))
    frame, cached = (run.tracks for run in runs)
    assert len(frame) > 40
    np.testing.assert_array_equal(frame.frame, cached.frame)
    np.testing.assert_array_equal(frame.id, cached.id)
    np.testing.assert_array_equal(frame.box, cached.box)
    assert runs[0].summary["counts"]["detected"] > 0


def changed_card(folder, tmp_path, name, change, form=".ptl"):
    shutil.copy(folder / f"{name}{form}", tmp_path / f"{name}{form}")
    card = json.loads((folder / f"{name}.json").read_text())
    change(card)
    (tmp_path / f"{name}.json").write_text(json.dumps(card))
    return tmp_path / f"{name}{form}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strides": [8]}, r"disagrees with its network: its anchors, strides and classes make head 0"),
        ({"classes": ["person"]}, r"\(1, 3, 8, 8, 6\) on an input of 128x128, .* \(1, 3, 8, 8, 7\)"),
        ({"anchors": [[[1, 2]]]}, r"make head 0 \(1, 1, 8, 8, 7\)"),
        ({"strides": [16, 32], "anchors": [[[1, 2]], [[1, 2]]]}, "2 strides, but the network has 1 heads"),
        ({"strides": None}, "strides: is missing: expected a list of whole numbers"),
        ({"strides": [16, 8]}, r"anchors: expected for each of the 2 strides a list of \[width, height\]"),
        ({"anchors": [[[1, -2]]]}, r"anchors: expected .* got -2"),
        ({"strides": [1.5]}, "strides: expected a list of whole numbers, .* got 1.5"),
        ({"kind": "reid"}, "kind: expected detector, got reid"),
        ({"kind": "oracle"}, 'kind: expected detector or reid or harmonizer, got "oracle"'),
        ({"classes": ["cat", "dog"]}, "classes: expected person or ball among them"),
        ({"classes": [1]}, "classes: expected a list of the classes' names, got 1"),
        ({"box_form": "Q"}, 'box_form: expected R or C, got "Q"'),
        ({"deviation": [1, 1, 0]}, "deviation: expected three numbers more than 0, got 0"),
        ({"mean": [1, 1]}, r"mean: expected three numbers, got \[1,1\]"),
        ({"channels": "gbr"}, 'channels: expected rgb or bgr, got "gbr"'),
        ({"input_size": [416]}, r"input_size: expected \[height, width\] in pixels, got \[416\]"),
        ({"input_size": [1, 416]}, "the card disagrees|the network fails"),
        ({"quantised": "abacus"}, "quantised: expected qnnpack or x86"),
    ],
)
def test_a_wrong_card_is_one_line_that_names_file_and_field(folder, tmp_path, change, message):
    path = changed_card(folder, tmp_path, "yolo", lambda card: card.update(change))
    with pytest.raises(InputError, match=message) as error:
        runtime.Detector(path)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_an_embedders_card_must_agree(folder, tmp_path):
    path = changed_card(folder, tmp_path, "reid", lambda card: card.update(embedding=128))
    with pytest.raises(InputError, match=r"reid.json: .*expected a feature \(1, 128\) .* gives \(1, 64\)"):
        runtime.Embedder(path)
    (tmp_path / "reid.json").write_text((folder / "yolo.json").read_text().replace("detector", "reid"))
    shutil.copy(folder / "yolo.ptl", tmp_path / "reid.ptl")
    with pytest.raises(InputError, match=r"expected a feature \(1, D\) of a crop, but the network gives"):
        runtime.Embedder(path)


def test_missing_files_are_told_apart(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="none.ptl"):
        runtime.Detector(tmp_path / "none.ptl")
    (tmp_path / "alone.ptl").touch()
    with pytest.raises(InputError, match=r"alone.json: no such file; expected the card of .*alone.ptl"):
        runtime.Detector(tmp_path / "alone.ptl")
    shutil.copy(folder / "yolo.json", tmp_path / "none.json")
    with pytest.raises(FileNotFoundError, match="none.ptl"):
        runtime.Detector(tmp_path / "none.ptl")
    shutil.copy(folder / "yolo.json", tmp_path / "weights.json")
    with pytest.raises(InputError, match="weights.pt: expected a model file, .ptl or .torchscript"):
        runtime.Detector(tmp_path / "weights.pt")


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_model_file_is_one_clear_error(folder, tmp_path, form):
    whole = (folder / f"reid{form}").read_bytes()
    path = tmp_path / f"reid{form}"
    shutil.copy(folder / "reid.json", tmp_path / "reid.json")
    rng = np.random.default_rng(15)
    damaged = [whole[:cut] for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1)]
    damaged += [rng.bytes(4096), b"PK\x03\x04" + rng.bytes(500), b"....PTMF" + rng.bytes(4000)]
    for data in damaged:
        path.write_bytes(data)
        with pytest.raises(InputError, match="not a model file that LibTorch reads") as error:
            runtime.Embedder(path)
        assert "\n" not in str(error.value)
    for _ in range(150):
        bad = bytearray(whole)
        at = int(rng.integers(len(bad)))
        bad[at : at + 8] = rng.bytes(8)
        path.write_bytes(bad)
        # Bytes of no account may change; anything else is the same error, never a crash.
        with contextlib.suppress(InputError):
            runtime.Embedder(path)


class Spy(nn.Module):
    """A model that tries to leave a file behind."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        torch.save(x, self.path)
        return x.mean((2, 3))


class Reader(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)) + torch.from_file("/etc/hostname", False, 1, dtype=torch.uint8)


class Sleeper(nn.Module):
    """Its code would run while it loads."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    @torch.jit.export
    def __getstate__(self):
        return self.path, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, bool]):
        self.path = state[0]
        self.training = state[1]
        torch.save(torch.zeros(1), self.path)

    def forward(self, x):
        return x.mean((2, 3))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("evil", [Spy, Reader, Sleeper])
def test_a_model_that_touches_files_is_refused_before_it_runs(tmp_path, form, evil):
    mark = tmp_path / "left_behind"
    net = evil() if evil is Reader else evil(str(mark))
    path = save(tmp_path / f"evil{form}", net, {"kind": "reid"})
    mark.unlink(missing_ok=True)
    with pytest.raises(InputError, match="the model reads or writes files"):
        runtime.Embedder(path)
    assert not mark.exists()


class Nothing(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)) / 0 * 0


def test_a_network_that_gives_no_numbers_is_an_error(tmp_path):
    path = save(tmp_path / "nan.torchscript", Nothing(), {"kind": "reid"})
    with pytest.raises(InputError, match="features that aren't numbers"):
        runtime.Embedder(path).crops(np.ones((2, 64, 64, 3), np.uint8), 1)


def test_networks_let_other_threads_run(folder, runs_beside):
    image = picture(np.random.default_rng(16), 416, 416)
    detector = runtime.Detector(folder / "yolo.ptl")
    assert runs_beside(lambda: detector(image))
    embedder = runtime.Embedder(folder / "reid.ptl")
    crops = np.zeros((32, 128, 64, 3), np.uint8)
    assert runs_beside(lambda: embedder.crops(crops))
    network = runtime.Network(folder / "reid.ptl")
    x = np.zeros((32, 3, 128, 64), np.float32)
    assert runs_beside(lambda: network(x))


def test_threads_share_a_network_by_taking_turns(folder):
    random = np.random.default_rng(18)
    pictures = [picture(random, *size) for size in ((64, 64), (90, 300), (300, 90), (240, 320))]
    detector = runtime.Detector(folder / "yolo.ptl", confidence=0.01)
    embedder = runtime.Embedder(folder / "reid.ptl")
    batches = [random.integers(0, 256, (count, 128, 64, 3), np.uint8) for count in (1, 40, 3, 17)]
    boxes = [detector(image).boxes for image in pictures]
    features = [embedder.crops(batch) for batch in batches]
    wrong = []

    def work(first):
        for turn in range(12):
            k = (first + turn) % 4
            if not np.array_equal(detector(pictures[k]).boxes, boxes[k]):
                wrong.append(k)
            if not np.array_equal(embedder.crops(batches[k]), features[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_networks_outputs_outlive_it(folder, resnet):
    x = np.random.default_rng(17).random((3, 3, 128, 64), np.float32)
    (out,) = runtime.Network(folder / "reid.ptl")(x)
    with torch.inference_mode():
        np.testing.assert_allclose(out, resnet(torch.from_numpy(x)).numpy(), atol=1e-5)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(runtime.Network(folder / "reid.ptl")(last)[0], out, atol=1e-5)
    with pytest.raises(InputError, match=r"the network fails on \(1, 2, 8, 8\)"):
        runtime.Network(folder / "reid.ptl")(np.zeros((1, 2, 8, 8), np.float32))


def test_importing_the_package_does_not_load_libtorch():
    code = "import sys, e2tad, e2tad.cli; print('e2tad._nn' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    code = "import sys; from e2tad import nn; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
