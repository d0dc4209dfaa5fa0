"""What a detector saw: decoding of raw heads, suppression, filters, and replay of recorded boxes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from e2tad import _core
from e2tad._arrays import FloatArray, IntArray, as_float32, as_int32, load_arrays
from e2tad._core import InputError

if TYPE_CHECKING:
    from e2tad.nn import Detector

__all__ = [
    "Detections",
    "Detector",
    "ReplayDetector",
    "best_of_each",
    "decode",
    "make_detections",
    "nms",
    "without_tall_balls",
]


def __getattr__(name: str) -> Any:
    # Networks load LibTorch; whoever only replays recorded boxes need not wait for it.
    if name == "Detector":
        from e2tad.nn import Detector

        return Detector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True, eq=False)
class Detections:
    """Detections of one frame, in columns of one length.

    Attributes:
        boxes: `(N, 4)` float32 ltrb pixels; of a C-box, the square around the circle.
        scores: `(N,)` float32 in `[0, 1]`.
        classes: `(N,)` int32; of the contest 0 person, 1 ball.
    """

    boxes: FloatArray
    scores: FloatArray
    classes: IntArray

    def __len__(self) -> int:
        return len(self.scores)


def make_detections(boxes: Any, scores: Any, classes: Any) -> Detections:
    """Detections from any array-likes.

    Args:
        boxes: `(N, 4)` ltrb pixels.
        scores: `(N,)`.
        classes: `(N,)` whole numbers.

    Returns:
        The columns as float32, float32 and int32.

    Raises:
        ValueError: If a column isn't of numbers or has another shape.

    Source:
        C++: `cpp/e2tad/detect/detections.hpp`.
    """
    return Detections(
        as_float32(boxes, "boxes", (-1, 4)),
        as_float32(scores, "scores", (-1,)),
        as_int32(classes, "classes", (-1,)),
    )


def nms(
    boxes: Any,
    scores: Any,
    classes: Any,
    iou: float | None = None,
    *,
    max_keep: int | None = None,
    circle_class: int | None = None,
) -> IntArray:
    """Greedy non-maximum suppression of detections, each class by itself.

    Args:
        boxes: `(N, 4)` ltrb pixels.
        scores: `(N,)` finite numbers.
        classes: `(N,)` whole numbers.
        iou: A box that overlaps a better one of its class by more is dropped; None: the detector's default.
        max_keep: Stop after so many; None: keep all that survive.
        circle_class: Class whose boxes are compared as the circles about them (C-boxes); None: none.

    Returns:
        `(K,)` int32, rows of the kept detections by falling score; of equal scores the lower row first.

    Raises:
        ValueError: If columns differ in length, a box is inverted, or a number isn't finite.

    Source:
        C++: `cpp/e2tad/detect/detections.hpp`.

    >>> nms([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10]], [0.8, 0.9, 0.7], [0, 0, 1], 0.5).tolist()
    [1, 2]
    """
    given = make_detections(boxes, scores, classes)
    circle = _core.NO_CLASS if circle_class is None else circle_class
    return _core.detection_nms(given.boxes, given.scores, given.classes, iou, max_keep, circle)


def decode(
    heads: Sequence[Any],
    strides: Sequence[float],
    anchors: Sequence[Any],
    *,
    confidence: float | None = None,
    iou: float | None = None,
    max_detections: int | None = None,
    circle_class: int | None = None,
) -> Detections:
    """Detections from the raw output of a YOLOv5 network's heads.

    A cell's centre is `(2 sigmoid(xy) - 0.5 + cell) * stride`, its size `(2 sigmoid(wh))^2 * anchor`, its
    class the likeliest one and its score `sigmoid(objectness) * sigmoid(class)`.

    Args:
        heads: One array a head, `(1, A, H, W, 5 + classes)` float32 logits.
        strides: Pixels of the input a cell, one a head.
        anchors: `(A, 2)` width and height in pixels of the input, one array a head.
        confidence: Scores at or below are dropped; None: the detector's default.
        iou: As for `nms`; None: the detector's default.
        max_detections: Most detections; None: the detector's default.
        circle_class: Class of a C-box head's balls: width carries twice the radius, height is ignored,
            suppression is by circle IoU. None: all are R-boxes.

    Returns:
        Detections by falling score, boxes in pixels of the input.

    Raises:
        ValueError: If an array's shape doesn't fit the anchors, a stride or anchor isn't positive, or a
            logit isn't a number.

    Source:
        YOLOv5 as published (models/yolo.py, utils/general.py). C++: `cpp/e2tad/detect/head.hpp`.
    """
    boxes, scores, classes = _core.decode_heads(
        [as_float32(head, f"heads[{h}]", (1, -1, -1, -1, -1)) for h, head in enumerate(heads)],
        list(strides),
        [as_float32(sizes, f"anchors[{h}]", (-1, 2)).tolist() for h, sizes in enumerate(anchors)],
        confidence,
        iou,
        max_detections,
        _core.NO_CLASS if circle_class is None else circle_class,
    )
    return Detections(boxes, scores, classes)


def without_tall_balls(detections: Detections, share: float | None = None) -> Detections:
    """Drops balls that are too tall to be balls.

    Args:
        detections: Of one frame, in the contest's classes.
        share: Of the mean height of the frame's persons; None: the detector's default.

    Returns:
        The others, in their order. A frame without persons keeps its balls.

    Raises:
        ValueError: If a column isn't usable.

    Source:
        The winners' program of LPCVC-2021. C++: `cpp/e2tad/detect/detections.hpp`.
    """
    d = detections
    return Detections(*_core.without_tall_balls(d.boxes, d.scores, d.classes, share))


def best_of_each(detections: Detections, persons: int, balls: int) -> Detections:
    """Keeps the best so many persons and balls.

    Args:
        detections: Of one frame, in the contest's classes.
        persons: Most persons kept.
        balls: Most balls kept.

    Returns:
        The kept ones, in their order; other classes are dropped.

    Raises:
        ValueError: If a column isn't usable.

    Source:
        The paper, Figure 5. C++: `cpp/e2tad/detect/detections.hpp`.
    """
    d = detections
    return Detections(*_core.best_of_each(d.boxes, d.scores, d.classes, persons, balls))


class ReplayDetector(_core.ReplayDetector):
    """Recorded detections in the place of a network: from tracks, or from columns with a frame each."""

    @classmethod
    def from_columns(cls, frames: Any, boxes: Any, scores: Any, classes: Any) -> "ReplayDetector":
        """A replay of detections.

        Args:
            frames: `(N,)` frame of each row, 0 or more, in any order.
            boxes: `(N, 4)` ltrb pixels.
            scores: `(N,)`.
            classes: `(N,)` 0 person, 1 ball.

        Returns:
            A detector whose `detect(frame)` gives boxes, scores and classes of that frame, in their order.

        Raises:
            ValueError: If a column isn't usable; the message names the row.

        Source:
            C++: `cpp/e2tad/detect/replay.hpp`.
        """
        given = make_detections(boxes, scores, classes)
        return cls(as_int32(frames, "frames", (-1,)), given.boxes, given.scores, given.classes)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "ReplayDetector":
        """A replay of the detections in a `.npz` file.

        Args:
            path: File with the arrays `frame`, `box`, `score` and `object_class`, as `from_columns` takes
                them.

        Returns:
            A detector.

        Raises:
            InputError: If the file isn't a `.npz` file, lacks an array, or the arrays don't fit.
            OSError: If it can't be opened.

        Source:
            C++: `cpp/e2tad/detect/replay.hpp`.
        """
        columns = load_arrays(path, ("frame", "box", "score", "object_class"))
        try:
            return cls.from_columns(*columns)
        except ValueError as error:
            raise InputError(f"{os.fspath(path)}: {error}") from error
