from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from e2tad import _core, geometry

Array = npt.NDArray[np.float32]


@st.composite
def box_arrays(draw: st.DrawFn, most: int = 40) -> Array:
    """Boxes at whole pixels: their areas and overlaps are exact in float32."""
    count = draw(st.integers(0, most))
    corners = draw(hnp.arrays(np.int32, (count, 2), elements=st.integers(-20, 20)))
    sizes = draw(hnp.arrays(np.int32, (count, 2), elements=st.integers(0, 20)))
    return np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)


def numpy_iou(a: Array, b: Array) -> npt.NDArray[np.float64]:
    one, two = a[:, None, :].astype(float), b[None, :, :].astype(float)
    sides = np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2])
    common = np.prod(np.maximum(sides, 0), axis=-1)
    area = np.prod(one[..., 2:] - one[..., :2], axis=-1) + np.prod(two[..., 2:] - two[..., :2], axis=-1)
    both = area - common
    return np.divide(common, both, out=np.zeros_like(common), where=both > 0)


def numpy_nms(boxes: Array, scores: Array, classes: npt.NDArray[np.int32], threshold: float) -> list[int]:
    overlap = numpy_iou(boxes, boxes)
    keep: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(classes[i] != classes[k] or overlap[i, k] <= threshold for k in keep):
            keep.append(int(i))
    return keep


@given(box_arrays(), box_arrays())
def test_iou_equals_numpy(a: Array, b: Array) -> None:
    np.testing.assert_allclose(geometry.iou(a, b), numpy_iou(a, b), atol=1e-6)


@given(box_arrays())
def test_iou_is_symmetric_and_one_with_itself_where_there_is_area(boxes: Array) -> None:
    overlap = geometry.iou(boxes, boxes)
    np.testing.assert_array_equal(overlap, overlap.T)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    np.testing.assert_array_equal(np.diag(overlap), (area > 0).astype(np.float32))


@given(box_arrays(), st.data())
def test_nms_equals_the_definition(boxes: Array, data: st.DataObject) -> None:
    n = len(boxes)
    scores = data.draw(hnp.arrays(np.int32, n, elements=st.integers(0, 5))).astype(np.float32) / 5
    classes = data.draw(hnp.arrays(np.int32, n, elements=st.integers(-1, 2)))
    assert geometry.nms(boxes, scores, classes, 0.5).tolist() == numpy_nms(boxes, scores, classes, 0.5)


def test_nms_equals_the_definition_for_many_boxes() -> None:
    random = np.random.default_rng(4)
    corners = random.integers(0, 300, (1500, 2))
    boxes = np.concatenate([corners, corners + random.integers(1, 40, (1500, 2))], axis=1).astype(np.float32)
    scores = random.random(1500).astype(np.float32)
    classes = np.zeros(1500, np.int32)
    assert geometry.nms(boxes, scores, None, 0.25).tolist() == numpy_nms(boxes, scores, classes, 0.25)


@given(
    hnp.arrays(np.int32, (3,), elements=st.integers(0, 30)),
    hnp.arrays(np.int32, (3,), elements=st.integers(0, 30)),
)
def test_circle_iou_equals_an_area_on_a_fine_grid(a: Array, b: Array) -> None:
    ys, xs = np.mgrid[-31:61:0.25, -31:61:0.25] + 0.125
    first = (xs - a[0]) ** 2 + (ys - a[1]) ** 2 < a[2] ** 2
    second = (xs - b[0]) ** 2 + (ys - b[1]) ** 2 < b[2] ** 2
    expected = (first & second).sum() / max((first | second).sum(), 1)
    got = geometry.circle_iou(a[None], b[None])[0, 0]
    assert got == pytest.approx(expected, abs=0.03 if min(a[2], b[2]) > 3 else 0.2)


def test_circles_are_suppressed_by_what_circles_share() -> None:
    circles = [[0, 0, 10], [15, 15, 10], [1, 0, 10]]
    assert geometry.circle_nms(circles, [0.9, 0.8, 0.7], iou=0.1).tolist() == [0, 1]


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(32, 1280), st.booleans())
def test_letterbox_inverse_returns_the_frame(width: int, height: int, size: int, zoom: bool) -> None:
    fed = geometry.letterbox(width, height, size, zoom=zoom)
    assert fed.width % 32 == 0
    assert fed.height % 32 == 0
    frame = np.array([[0, 0, width, height]], np.float32)
    left, top, inner_width, inner_height = fed.content
    content = np.array([[left, top, left + inner_width, top + inner_height]], np.float32)
    np.testing.assert_allclose(geometry.transform_boxes(fed.input_from_frame, frame), content, atol=1e-3)
    np.testing.assert_allclose(
        geometry.transform_boxes(fed.frame_from_input, content), frame, rtol=1e-5, atol=2e-3
    )


def test_a_crop_shows_its_box() -> None:
    crop = geometry.crop_from_frame([10, 20, 30, 100], 64, 128)
    np.testing.assert_allclose(
        geometry.transform_boxes(crop, [[10, 20, 30, 100]]), [[0, 0, 64, 128]], atol=1e-4
    )
    np.testing.assert_allclose(
        geometry.transform_boxes(crop.inverse(), [[0, 0, 64, 128]]), [[10, 20, 30, 100]], atol=1e-4
    )


def test_nothing_is_a_valid_set() -> None:
    assert geometry.iou([], [[0, 0, 1, 1]]).shape == (0, 1)
    assert geometry.circle_iou([[0, 0, 1]], []).shape == (1, 0)
    assert geometry.nms([], []).tolist() == []
    assert geometry.box_from_circle([]).shape == (0, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: geometry.iou([[0, 0, 1]], [[0, 0, 1, 1]]),
            r"a: expected numbers of shape \(N, 4\), got int64 \(1, 3\)",
        ),
        (
            lambda: geometry.iou([[0, 0, -1, 1]], []),
            "a: row 0: box must have left <= right and top <= bottom",
        ),
        (lambda: geometry.iou([], [[0, 0, np.inf, 1]]), "b: row 0: box must be finite numbers"),
        (lambda: geometry.circle_iou([[0, 0, -1]], []), "a: row 0: radius must be 0 or more"),
        (lambda: geometry.nms([[0, 0, 1, 1]], [np.nan]), "scores: row 0: must be a finite number"),
        (lambda: geometry.nms([[0, 0, 1, 1]], []), r"scores: expected C-contiguous float32 of shape \(1,\)"),
        (lambda: geometry.nms([[0, 0, 1, 1]], [1], [0.5]), "classes: expected whole numbers"),
        (lambda: geometry.nms([], [], None, 2), "iou threshold must be in"),
        (lambda: geometry.letterbox(0, 5, 416), "frame_width: must be 1 or more, got 0"),
        (
            lambda: geometry.letterbox(9, 9, 416, region=(5, 5, 5, 5)),
            "region: must lie inside the frame of 9x9",
        ),
        (lambda: geometry.crop_from_frame([0, 0, 0, 1], 64, 64), "box: must have an area"),
    ],
)
def test_bad_input_is_one_clear_line(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_the_core_converts_nothing() -> None:
    boxes = np.zeros((2, 4), np.float32)
    with pytest.raises(
        ValueError, match=r"a: expected C-contiguous float32 of shape \(N, 4\), got float64 \(2, 4\)"
    ):
        _core.box_iou(boxes.astype(np.float64), boxes)
    with pytest.raises(ValueError, match="b: .* got non-contiguous float32"):
        _core.box_iou(boxes, np.zeros((4, 2), np.float32).T)
    with pytest.raises(ValueError, match=r"scores: .* shape \(2,\), got float32 \(3,\)"):
        _core.box_nms(boxes, np.zeros(3, np.float32), None, 0.5, None)


def test_other_threads_run_during_long_calls(runs_beside: Callable[[Callable[[], object]], bool]) -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 3000, (6000, 2))
    boxes = np.concatenate([corners, corners + 30], axis=1).astype(np.float32)
    circles = np.ascontiguousarray(boxes[:1500, :3])
    scores = random.random(6000).astype(np.float32)
    assert runs_beside(lambda: _core.box_iou(boxes, boxes))
    assert runs_beside(lambda: _core.circle_iou(circles, circles))
    assert runs_beside(lambda: _core.box_nms(boxes, scores, None, 0.0, None))
    assert runs_beside(lambda: _core.circle_nms(circles, scores[:1500].copy(), None, 0.99, None))
