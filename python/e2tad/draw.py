"""Boxes, balls and names drawn into pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import as_float32, as_int32
from e2tad.tracks import BALL


def draw(
    image: npt.NDArray[np.uint8],
    boxes: Any,
    ids: Any,
    classes: Any,
    labels: Sequence[str] | None = None,
    caption: str = "",
) -> npt.NDArray[np.uint8]:
    """Draws objects into a copy of a picture: boxes for persons, circles for balls.

    Args:
        image: `(H, W, 3)` uint8, BGR.
        boxes: `(N, 4)` ltrb pixels of the picture; they may reach out of it.
        ids: `(N,)` whole numbers; an identity keeps its colour.
        classes: `(N,)`. 0 person, 1 ball.
        labels: `N` ASCII texts; None: the class and the identity.
        caption: ASCII text for the top left corner; empty: none.

    Returns:
        `(H, W, 3)` uint8, BGR; the input stays as it is.

    Raises:
        ValueError: If shapes don't fit or a box isn't finite.

    Source:
        C++: `cpp/e2tad/video/draw.hpp`.
    """
    box = as_float32(boxes, "boxes", (-1, 4))
    count = len(box)
    kind = as_int32(classes, "classes", (count,))
    identity = as_int32(ids, "ids", (count,))
    if labels is None:
        labels = [f"{'ball' if c == BALL else 'person'} {i}" for c, i in zip(kind, identity, strict=True)]
    drawn: npt.NDArray[np.uint8] = _core.draw(
        np.ascontiguousarray(image), box, identity, [bool(c == BALL) for c in kind], list(labels), caption
    )
    return drawn
