"""Detection pictures in memory: scaled pixels, and what a detector is asked for in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from e2tad._arrays import FloatArray
from e2tad.data.annotated import PERSON_AND_BALL, Picture
from e2tad.data.detection import LEAST_VISIBLE

Pixels = npt.NDArray[np.uint8]

PERSON, BALL, IGNORED, EMPTY, UNLABELLED = 0, 1, 2, 3, 4
"""Kinds of a `Sample`'s objects: the detectors' classes, then kinds of regions. `IGNORED`: nothing in it is
held against the network. `EMPTY`: known to hold neither. `UNLABELLED` + a class: objects of that class
weren't annotated in it."""

GREY = 114
"""What stands around a picture that doesn't fill the network's input; of the three channels."""


@dataclass(frozen=True)
class Sample:
    """A picture with its objects in its pixels; the columns have one length.

    Attributes:
        pixels: `(H, W, 3)` uint8, RGB.
        kind: `(N,)` int64, `PERSON`, `BALL`, or that of a region.
        box: `(N, 4)` float32 ltrb; of a ball the square round its whole circle.
        visible: `(N,)` float32, share that can be seen where it is known, else 1.
    """

    pixels: Pixels
    kind: npt.NDArray[np.int64]
    box: FloatArray
    visible: FloatArray

    def with_objects(self, kind: Any, box: Any, visible: Any = None) -> "Sample":
        """The sample with more objects at the end.

        Args:
            kind: `(M,)`.
            box: `(M, 4)` ltrb.
            visible: `(M,)`; 1 each where it is left out.

        Returns:
            A new sample.

        Source:
            House rule: samples don't change.
        """
        seen = np.ones(len(kind)) if visible is None else visible
        return Sample(
            self.pixels,
            np.concatenate([self.kind, kind]).astype(np.int64),
            np.concatenate([self.box, np.reshape(box, (-1, 4))]).astype(np.float32),
            np.concatenate([self.visible, seen]).astype(np.float32),
        )


def objects_of(picture: Picture) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """What a detector is asked for in a picture.

    Args:
        picture: With its annotations.

    Returns:
        Kinds `(N,)`, boxes `(N, 4)` ltrb pixels as stored, visible shares `(N,)`. Balls of which less than
        `LEAST_VISIBLE` can be seen are `IGNORED`.

    Source:
        DESIGN, Models (truth of a partly hidden ball: its full circle, the visible fraction beside it).
    """
    kinds, boxes, shares = [], [], []
    for thing in picture.objects:
        visible = 1.0 if thing.visible is None else thing.visible
        hidden = thing.kind == "ball" and visible < LEAST_VISIBLE
        ignored = hidden or thing.kind == "ignored"
        kinds.append(IGNORED if ignored else PERSON_AND_BALL.index(thing.kind))
        box = thing.box
        if thing.circle is not None:
            x, y, r = thing.circle
            box = (x - r, y - r, x + r, y + r)
        boxes.append(box)
        shares.append(visible)
    return (
        np.array(kinds, np.int64),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(shares, np.float32),
    )


def scaled(pixels: Pixels, longest_px: int) -> Pixels:
    """Scales a picture down.

    Args:
        pixels: `(H, W, 3)` uint8.
        longest_px: Most pixels of the longer side; a smaller picture stays as it is.

    Returns:
        `(h, w, 3)` uint8, each pixel a mean over what it covers.

    Source:
        Pillow's box filter.
    """
    height, width = pixels.shape[:2]
    share = longest_px / max(height, width)
    if share >= 1:
        return pixels
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


class SampleStore:
    """The samples of a set, read when first used and kept as far as the memory allows.

    Args:
        pictures: The set.
        longest_px: See `scaled`.
        memory_mb: Megabytes of pixels that are kept; the other samples are read at each use.

    Source:
        DESIGN: records are bounded.
    """

    def __init__(self, pictures: Sequence[Picture], longest_px: int, memory_mb: int) -> None:
        self._pictures = pictures
        self._longest_px = longest_px
        self._left = memory_mb * 1_000_000
        self._kept: dict[int, Sample] = {}

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._pictures)

    def __getitem__(self, i: int) -> Sample:
        """The i-th sample; safe to call from several threads.

        Raises:
            InputError: If its picture can't be read.
            OSError: If its picture can't be opened.
        """
        kept = self._kept.get(i)
        if kept is not None:
            return kept
        picture = self._pictures[i]
        pixels = scaled(np.ascontiguousarray(picture.read()[..., ::-1]), self._longest_px)
        kind, box, visible = objects_of(picture)
        factor = np.array([pixels.shape[1] / picture.size[0], pixels.shape[0] / picture.size[1]], np.float32)
        unlabelled = [
            UNLABELLED + c for c, name in enumerate(PERSON_AND_BALL) if name not in picture.labelled
        ]
        whole = [0, 0, pixels.shape[1], pixels.shape[0]]
        sample = Sample(pixels, kind, box * np.tile(factor, 2), visible)
        sample = sample.with_objects(unlabelled, [whole] * len(unlabelled))
        if pixels.nbytes <= self._left:
            self._left -= pixels.nbytes
            self._kept[i] = sample
        return sample
