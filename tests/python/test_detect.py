from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2tad import _core, detect, geometry
from e2tad.tracks import make_tracks

Array = npt.NDArray[np.float32]
ANCHORS = [[14.3, 14.4], [37.1, 68.6], [94.4, 158.8]]


def numpy_decode(
    heads: list[Array], strides: list[float], anchors: list[Array], confidence: float, iou: float
) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    """YOLOv5's published decoding and suppression, from its description, in double."""
    rows = []
    for head, stride, sizes in zip(heads, strides, anchors, strict=True):
        p = 1 / (1 + np.exp(-head[0].astype(np.float64)))
        _, height, width, _ = p.shape
        ys, xs = np.mgrid[:height, :width]
        centers = (2 * p[..., :2] - 0.5 + np.stack([xs, ys], axis=-1)) * stride
        sides = (2 * p[..., 2:4]) ** 2 * np.asarray(sizes, np.float64)[:, None, None, :]
        flat = np.concatenate([centers - sides / 2, centers + sides / 2, p[..., 4:5] * p[..., 5:]], axis=-1)
        rows.append(flat.reshape(-1, flat.shape[-1]))
    every = np.concatenate(rows)
    scores, classes = every[:, 4:].max(axis=1), every[:, 4:].argmax(axis=1)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > confidence]
    keep: list[int] = []
    for i in order:
        same = [k for k in keep if classes[k] == classes[i]]
        overlap = geometry.iou(every[i : i + 1, :4], every[same, :4]) if same else np.zeros((1, 1))
        if overlap.max() <= iou:
            keep.append(i)
    return every[keep, :4].astype(np.float32), scores[keep].astype(np.float32), classes[keep]


@pytest.mark.parametrize("classes", [1, 2, 5, 80])
@pytest.mark.parametrize("shapes", [[(26, 26)], [(12, 20), (6, 10), (3, 5)]])
def test_decoding_equals_numpy(classes: int, shapes: list[tuple[int, int]]) -> None:
    random = np.random.default_rng(classes)
    heads, strides, anchors = [], [], []
    for level, (height, width) in enumerate(shapes):
        logits = random.normal(0, 1.5, (1, 3, height, width, 5 + classes)).astype(np.float32)
        logits[..., 4] -= 1
        heads.append(logits)
        strides.append(8.0 * 2**level)
        anchors.append(np.asarray(ANCHORS, np.float32) * 2**level)
    got = detect.decode(heads, strides, anchors, confidence=0.4, iou=0.5, max_detections=10_000)
    boxes, scores, numbers = numpy_decode(heads, strides, anchors, 0.4, 0.5)
    assert len(got) == len(boxes) > 10
    np.testing.assert_array_equal(got.classes, numbers)
    np.testing.assert_allclose(got.scores, scores, atol=1e-5)
    np.testing.assert_allclose(got.boxes, boxes, atol=1e-3)


def test_a_c_box_takes_its_radius_from_the_width_alone() -> None:
    random = np.random.default_rng(5)
    head = random.normal(0, 2, (1, 3, 9, 9, 7)).astype(np.float32)
    other = head.copy()
    other[..., 3] += 1
    as_circles = detect.decode([head], [16], [ANCHORS], confidence=0.3, iou=1.0, circle_class=1)
    sides = as_circles.boxes[:, 2:] - as_circles.boxes[:, :2]
    balls = as_circles.classes == 1
    np.testing.assert_allclose(sides[balls, 0], sides[balls, 1], rtol=1e-4)
    again = detect.decode([other], [16], [ANCHORS], confidence=0.3, iou=1.0, circle_class=1)
    np.testing.assert_array_equal(again.boxes[again.classes == 1], as_circles.boxes[balls])
    as_boxes = detect.decode([head], [16], [ANCHORS], confidence=0.3, iou=1.0)
    np.testing.assert_allclose(
        np.sort(sides[balls, 0]),
        np.sort((as_boxes.boxes[:, 2] - as_boxes.boxes[:, 0])[as_boxes.classes == 1]),
        rtol=1e-4,
    )


def test_defaults_are_the_detectors() -> None:
    head = np.full((1, 1, 1, 1, 6), 20, np.float32)
    head[..., 4] = np.log(0.21 / 0.79)
    assert len(detect.decode([head], [8], [[[10, 10]]])) == 1
    head[..., 4] = np.log(0.19 / 0.81)
    assert len(detect.decode([head], [8], [[[10, 10]]])) == 0
    half = [[0, 0, 10, 10], [0, 0, 10, 5.1]]
    assert detect.nms(half, [1, 0.9], [0, 0]).tolist() == [0]
    assert detect.nms(half, [1, 0.9], [0, 0], 0.52).tolist() == [0, 1]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=12),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_best_of_each_equals_a_sort(rows: list[tuple[int, int]], persons: int, balls: int) -> None:
    scores = [score for score, _ in rows]
    classes = [cls for _, cls in rows]
    boxes = [[0, 0, i, 1] for i in range(len(rows))]
    kept = detect.best_of_each(detect.make_detections(boxes, scores, classes), persons, balls)
    wanted: set[int] = set()
    for cls, most in ((0, persons), (1, balls)):
        of_class = [i for i in range(len(rows)) if classes[i] == cls]
        wanted |= set(sorted(of_class, key=lambda i: -scores[i])[:most])
    assert kept.boxes[:, 2].tolist() == sorted(wanted)


def test_tall_balls_are_dropped() -> None:
    found = detect.make_detections([[0, 0, 9, 100], [0, 0, 9, 59], [0, 0, 9, 61]], [1, 1, 1], [0, 1, 1])
    assert len(detect.without_tall_balls(found)) == 2
    assert len(detect.without_tall_balls(found, 0.5)) == 1


def test_replay_by_columns_and_by_tracks() -> None:
    replay = detect.ReplayDetector.from_columns([4, 2], [[0, 0, 1, 1], [0, 0, 2, 2]], [0.5, 0.6], [1, 0])
    boxes, scores, classes = replay.detect(4)
    assert boxes.tolist() == [[0, 0, 1, 1]]
    assert scores.tolist() == [0.5]
    assert classes.tolist() == [1]
    tracks = make_tracks([3], [1], [7], [[0, 0, 1, 1]])
    assert detect.ReplayDetector(tracks).detect(3)[2].tolist() == [1]
    assert len(detect.ReplayDetector(tracks).detect(0)[0]) == 0


HEAD = np.zeros((1, 1, 2, 2, 7), np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: detect.decode([HEAD], [8], []), "strides and anchors: expected one a head, 1, got 1 and 0"),
        (
            lambda: detect.decode([HEAD], [8], [ANCHORS]),
            r"heads\[0\]: expected C-contiguous float32 of shape \(1, 3, N, M, K\), got .*\(1, 1, 2, 2, 7\)",
        ),
        (lambda: detect.decode([HEAD[..., :5]], [8], [[[1, 1]]]), "last axis must be 5 . classes, got 5"),
        (lambda: detect.decode([HEAD], [0], [[[1, 1]]]), "head 0: stride must be positive"),
        (lambda: detect.decode([HEAD], [8], [[[1, 0]]]), "head 0: anchors must be positive"),
        (lambda: detect.decode([HEAD * np.nan], [8], [[[1, 1]]]), "logits must be numbers"),
        (lambda: detect.decode([HEAD], [8], [[[1, 1]]], confidence=2), r"confidence: must be in \[0, 1\]"),
        (
            lambda: detect.nms([[0, 0, 1, 1]], [1], [0, 1]),
            r"classes: expected C-contiguous int32 of shape \(1,\)",
        ),
        (
            lambda: detect.ReplayDetector.from_columns([-1], [[0, 0, 1, 1]], [1], [0]),
            "frames: row 0: must be 0",
        ),
        (
            lambda: detect.ReplayDetector.from_columns([1], [[0, 0, -1, 1]], [1], [0]),
            "boxes: row 0: box must have left <= right",
        ),
    ],
)
def test_bad_input_is_one_clear_line(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_other_threads_run_during_long_calls(runs_beside: Callable[[Callable[[], object]], bool]) -> None:
    random = np.random.default_rng(0)
    head = random.normal(0, 1, (1, 3, 80, 80, 85)).astype(np.float32)
    anchors = [[(10.0, 20.0), (30.0, 30.0), (60.0, 90.0)]]
    assert runs_beside(lambda: _core.decode_heads([head], [8.0], anchors, 0.3, 0.5, None, -1))
    corners = random.uniform(0, 3000, (6000, 2))
    boxes = np.concatenate([corners, corners + 30], axis=1).astype(np.float32)
    scores = random.random(6000).astype(np.float32)
    classes = np.zeros(6000, np.int32)
    assert runs_beside(lambda: _core.detection_nms(boxes, scores, classes, 0.0, None, -1))
