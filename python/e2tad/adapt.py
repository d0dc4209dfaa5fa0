"""Adaptive inference: the region of a frame that is worth detecting in, and the boxes worth embedding."""

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from e2tad import _core
from e2tad._arrays import IntArray, as_float32, as_int32
from e2tad.config import section_json


class RegionReason(IntEnum):
    """Why a region was chosen; all but `CROPPED` mean the whole frame."""

    OFF = 0
    START = 1
    CROPPED = 2
    LOST = 3
    SEARCH = 4
    REFRESH = 5


class Region(NamedTuple):
    """What of a frame is fed to the detector."""

    letterbox: _core.Letterbox
    """`region` is `(left, top, width, height)` in pixels of the frame."""
    reason: RegionReason


def default_config() -> dict[str, Any]:
    """The defaults of the section `adaptive`.

    Returns:
        Every key with its default, which C++ holds.

    Raises:
        Nothing.

    Source:
        C++: `cpp/e2tad/adapt/config.hpp`.

    >>> default_config()["residual"]
    0.1
    """
    config: dict[str, Any] = json.loads(_core.default_adaptive_config())
    return config


class RegionCropper:
    """Chooses the region of each sampled frame from the detections of those before.

    Nobody is lost for good: fewer persons than at the frame before, or fewer balls than hands may hide,
    somebody missing for `search_every` sampled frames, or `refresh_every` in any case, bring a look at the
    whole frame.

    Args:
        frame_width: Pixels of the frames that are fed; boxes are in them.
        frame_height: Pixels.
        input: The detector's longer side, pixels.
        persons: How many there are; -1: not known.
        balls: How many there are; -1: not known.
        config: Keys of the section `adaptive` that differ from their defaults.

    Raises:
        ConfigError: If a key is unknown or out of range.
        ValueError: If a size isn't positive or a count below -1.

    Source:
        The paper, Section 3.2 (activity region cropping). C++: `cpp/e2tad/adapt/region.hpp`.
    """

    def __init__(
        self,
        frame_width: int,
        frame_height: int,
        input: int,
        *,
        persons: int = -1,
        balls: int = -1,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self._cropper = _core.RegionCropper(
            section_json(config, "adaptive"), frame_width, frame_height, input, persons, balls
        )

    def seed(self, boxes: Any) -> None:
        """Boxes that are known before the first sampled frame, as from init.csv.

        Args:
            boxes: `(N, 4)` ltrb pixels.

        Raises:
            ValueError: If a box is inverted or not finite.

        Source:
            C++: `cpp/e2tad/adapt/region.hpp`.
        """
        self._cropper.seed(as_float32(boxes, "boxes", (-1, 4)))

    def next(self) -> Region:
        """The region of the next sampled frame; each call is followed by one of `update`.

        Returns:
            The letterbox that feeds it, and why it was chosen.

        Raises:
            Nothing.

        Source:
            C++: `cpp/e2tad/adapt/region.hpp`.
        """
        letterbox, reason = self._cropper.next()
        return Region(letterbox, RegionReason(reason))

    def update(self, boxes: Any, classes: Any) -> None:
        """What was found in the region of the last `next`.

        Args:
            boxes: `(N, 4)` ltrb pixels of the whole frame.
            classes: `(N,)`. 0 person, 1 ball.

        Raises:
            ValueError: If columns differ in length, or a box is inverted or not finite.

        Source:
            C++: `cpp/e2tad/adapt/region.hpp`.
        """
        self._cropper.update(as_float32(boxes, "boxes", (-1, 4)), as_int32(classes, "classes", (-1,)))


def find_collisions(boxes: Any, classes: Any) -> IntArray:
    """Pairs of a ball and a person whose box holds the ball's centre.

    Args:
        boxes: `(N, 4)` ltrb pixels of one frame.
        classes: `(N,)`. 0 person, 1 ball.

    Returns:
        `(M, 2)` int32 rows of (ball's row, person's row), by ball, then by person.

    Raises:
        ValueError: If the columns differ in length.

    Source:
        The paper, Section 3.1. C++: `cpp/e2tad/adapt/collisions.hpp`.

    >>> find_collisions([[0, 0, 10, 30], [4, 4, 6, 6], [20, 0, 30, 30]], [0, 1, 0]).tolist()
    [[1, 0]]
    """
    pairs, _ = _core.find_collisions(as_float32(boxes, "boxes", (-1, 4)), as_int32(classes, "classes", (-1,)))
    return pairs


def rows_in_collision(boxes: Any, classes: Any) -> IntArray:
    """Rows worth an embedding: balls in collision and the persons they touch.

    Args:
        boxes: `(N, 4)` ltrb pixels of one frame.
        classes: `(N,)`. 0 person, 1 ball.

    Returns:
        `(K,)` int32, ascending; empty: the frame can be skipped whole.

    Raises:
        ValueError: If the columns differ in length.

    Source:
        The paper, Section 3.2 (collision inspection). C++: `cpp/e2tad/adapt/collisions.hpp`.
    """
    _, rows = _core.find_collisions(as_float32(boxes, "boxes", (-1, 4)), as_int32(classes, "classes", (-1,)))
    return rows
