"""Boxes and circles in pixels: overlap, suppression, and the transforms between a frame and an input."""

from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import FloatArray, IntArray, as_float32, as_int32

Letterbox = _core.Letterbox
AxisTransform = _core.AxisTransform


def iou(a: Any, b: Any) -> FloatArray:
    """Intersection over union of every pair of boxes.

    Args:
        a: `(N, 4)` ltrb pixels, y down.
        b: `(M, 4)` ltrb pixels of the same frame.

    Returns:
        `(N, M)` float32 in `[0, 1]`; 0 where the union has no area.

    Raises:
        ValueError: If an array has another shape, or a box is inverted or not finite.

    Source:
        C++: `cpp/e2tad/geometry/boxes.hpp`.

    >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [5, 5, 6, 6]]).round(3).tolist()
    [[0.3330000042915344, 0.0]]
    """
    return _core.box_iou(as_float32(a, "a", (-1, 4)), as_float32(b, "b", (-1, 4)))


def circle_iou(a: Any, b: Any) -> FloatArray:
    """Intersection over union of every pair of circles: the exact lens over the area both cover.

    Args:
        a: `(N, 3)` centre x, centre y, radius; pixels, radius 0 or more.
        b: `(M, 3)` the same.

    Returns:
        `(N, M)` float32 in `[0, 1]`. A circle inside the other gives the ratio of their areas; a radius
        of 0 gives 0.

    Raises:
        ValueError: If an array has another shape, or a circle isn't finite or has a negative radius.

    Source:
        The paper's geometry-aware anchor. C++: `cpp/e2tad/geometry/circles.hpp`.

    >>> circle_iou([[0, 0, 2]], [[0, 0, 1], [4, 0, 2]]).tolist()
    [[0.25, 0.0]]
    """
    return _core.circle_iou(as_float32(a, "a", (-1, 3)), as_float32(b, "b", (-1, 3)))


def nms(
    boxes: Any, scores: Any, classes: Any = None, iou: float = 0.5, max_keep: int | None = None
) -> IntArray:
    """Greedy non-maximum suppression of boxes, each class by itself.

    Args:
        boxes: `(N, 4)` ltrb pixels.
        scores: `(N,)` finite numbers.
        classes: `(N,)` whole numbers; None: one class.
        iou: A box that overlaps a kept one of its class by more is dropped, in `[0, 1]`.
        max_keep: Stop after so many; None: keep all that survive.

    Returns:
        `(K,)` int32, rows of the kept boxes by falling score; of equal scores the lower row comes first.

    Raises:
        ValueError: If columns differ in length, a box is inverted, or a number isn't finite.

    Source:
        C++: `cpp/e2tad/geometry/nms.hpp`.

    >>> nms([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], [0.8, 0.9, 0.7]).tolist()
    [1, 2]
    """
    return _core.box_nms(
        as_float32(boxes, "boxes", (-1, 4)),
        as_float32(scores, "scores", (-1,)),
        None if classes is None else as_int32(classes, "classes", (-1,)),
        iou,
        max_keep,
    )


def circle_nms(
    circles: Any, scores: Any, classes: Any = None, iou: float = 0.5, max_keep: int | None = None
) -> IntArray:
    """Greedy non-maximum suppression of circles, by circle IoU, each class by itself.

    Args:
        circles: `(N, 3)` centre x, centre y, radius; pixels.
        scores: `(N,)` finite numbers.
        classes: `(N,)` whole numbers; None: one class.
        iou: A circle that overlaps a kept one of its class by more is dropped, in `[0, 1]`.
        max_keep: Stop after so many; None: keep all that survive.

    Returns:
        `(K,)` int32, rows of the kept circles by falling score; of equal scores the lower row comes first.

    Raises:
        ValueError: If columns differ in length, a radius is negative, or a number isn't finite.

    Source:
        C++: `cpp/e2tad/geometry/nms.hpp`.
    """
    return _core.circle_nms(
        as_float32(circles, "circles", (-1, 3)),
        as_float32(scores, "scores", (-1,)),
        None if classes is None else as_int32(classes, "classes", (-1,)),
        iou,
        max_keep,
    )


def box_from_circle(circles: Any) -> FloatArray:
    """The squares around circles.

    Args:
        circles: `(N, 3)` centre x, centre y, radius; pixels.

    Returns:
        `(N, 4)` float32 ltrb.

    Raises:
        ValueError: If the array has another shape, or a circle isn't finite or has a negative radius.

    Source:
        C++: `cpp/e2tad/geometry/circles.hpp`.

    >>> box_from_circle([[5, 6, 2]]).tolist()
    [[3.0, 4.0, 7.0, 8.0]]
    """
    return _core.box_from_circle(as_float32(circles, "circles", (-1, 3)))


def circle_from_box(boxes: Any) -> FloatArray:
    """The circles about balls' boxes: their centres, and half of their longer sides.

    Args:
        boxes: `(N, 4)` ltrb pixels.

    Returns:
        `(N, 3)` float32 centre x, centre y, radius.

    Raises:
        ValueError: If the array has another shape, or a box is inverted or not finite.

    Source:
        C++: `cpp/e2tad/geometry/circles.hpp`.

    >>> circle_from_box([[3, 5, 7, 8]]).tolist()
    [[5.0, 6.5, 2.0]]
    """
    return _core.circle_from_box(as_float32(boxes, "boxes", (-1, 4)))


def letterbox(
    frame_width: int,
    frame_height: int,
    input: int,
    *,
    region: tuple[int, int, int, int] | None = None,
    multiple: int = 32,
    zoom: bool = False,
) -> Letterbox:
    """How a frame, or a region of it, is laid into a network's input.

    The whole frame's longer side becomes `input` pixels. A region is fed at that same scale, so that
    objects keep their size, unless `zoom` scales the region itself to `input`. Both sides are padded to
    multiples of `multiple`, the content centred.

    Args:
        frame_width: Pixels.
        frame_height: Pixels.
        input: Pixels.
        region: `(left, top, width, height)` in whole pixels of the frame; None: the whole frame.
        multiple: The network's largest stride.
        zoom: Scale the region, not the frame, to `input`.

    Returns:
        A `Letterbox` with `width`, `height`, `region`, `content` and the transforms `input_from_frame` and
        `frame_from_input`, whose `apply` takes `(N, 4)` float32 boxes.

    Raises:
        ValueError: If a size isn't positive or the region isn't inside the frame.

    Source:
        The paper's activity region cropper. C++: `cpp/e2tad/geometry/transform.hpp`.

    >>> fed = letterbox(1920, 1080, 416)
    >>> fed.width, fed.height, fed.content
    (416, 256, (0, 11, 416, 234))
    """
    whole = (0, 0, frame_width, frame_height)
    return _core.letterbox_region(
        whole if region is None else region, frame_width, frame_height, input, multiple, zoom
    )


def crop_from_frame(box: Any, width: int, height: int) -> AxisTransform:
    """The transform from a frame's pixels to those of a crop that shows `box`.

    Args:
        box: `(4,)` ltrb pixels, with an area.
        width: Of the crop, pixels.
        height: Of the crop, pixels.

    Returns:
        An `AxisTransform`; its `inverse()` leads back to the frame.

    Raises:
        ValueError: If the box has no area or a size isn't positive.

    Source:
        C++: `cpp/e2tad/geometry/transform.hpp`.
    """
    left, top, right, bottom = np.asarray(box, np.float32).reshape(4).tolist()
    return _core.crop_from_frame([left, top, right, bottom], width, height)


def transform_boxes(transform: AxisTransform, boxes: Any) -> npt.NDArray[np.float32]:
    """Boxes under an axis-aligned transform.

    Args:
        transform: Of a `Letterbox` or from `crop_from_frame`.
        boxes: `(N, 4)` ltrb.

    Returns:
        `(N, 4)` float32 ltrb in the other frame's pixels.

    Raises:
        ValueError: If the array has another shape.

    Source:
        C++: `cpp/e2tad/geometry/transform.hpp`.
    """
    return transform.apply(as_float32(boxes, "boxes", (-1, 4)))
