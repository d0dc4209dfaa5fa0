"""Boxes with identities over a video."""

from collections.abc import Iterable
from typing import Any

from e2tad import _core
from e2tad._arrays import as_float32, as_int32

Tracks = _core.Tracks

PERSON = 0
"""Class number of a person, as in the contest's init.csv."""

BALL = 1
"""Class number of a ball."""


def make_tracks(frame: Any, object_class: Any, id: Any, box: Any, observed: Iterable[int] = ()) -> Tracks:
    """Builds tracks from columns of one length.

    Args:
        frame: `(N,)` whole numbers, 0 or more. Frame of each observation.
        object_class: `(N,)`. 0 person, 1 ball.
        id: `(N,)` whole numbers, 0 or more. A (frame, class, id) occurs once.
        box: `(N, 4)` ltrb pixels, y down.
        observed: Frames that were looked at besides those of the observations.

    Returns:
        Tracks, sorted by (frame, class, id); their columns are read-only views.

    Raises:
        ValueError: If a column has another shape, or a value isn't usable; the message names it.

    Source:
        C++: `cpp/e2tad/core/tracks.hpp`.
    """
    return Tracks(
        frame=as_int32(frame, "frame", (-1,)),
        object_class=as_int32(object_class, "object_class", (-1,)),
        id=as_int32(id, "id", (-1,)),
        box=as_float32(box, "box", (-1, 4)),
        observed=as_int32(list(observed), "observed", (-1,)),
    )
