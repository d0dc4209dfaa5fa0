"""Who is who: distances between features, exact assignment, and identities frame by frame."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import FloatArray, IntArray, as_float32, as_int32
from e2tad.config import section_json


def _as_costs(values: Any, name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """C-contiguous float64 or float32 of the shape's dimensions; other numbers become float64."""
    array = np.asarray(values)
    if array.dtype == np.float32:
        return as_float32(array, name, shape)
    if array.ndim != len(shape) or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name}: expected numbers in {len(shape)} dimensions, got {array.dtype} {array.shape}"
        )
    return np.ascontiguousarray(array, np.float64)


def assign(cost: Any, gate: float = math.inf) -> tuple[IntArray, IntArray]:
    """Exact minimum-cost assignment; a pair that is infinite or above the gate is never matched.

    Of all assignments of the remaining pairs, one with the most pairs is chosen, and among those one with
    the smallest sum. `scipy.optimize.linear_sum_assignment` gives the same if every ruled-out cost is
    replaced by a number larger than all others together and the pairs that got it are dropped; with
    infinities left in, it may refuse instead.

    Args:
        cost: `(N, M)` numbers or +infinity. float32 and float64 are read in place.
        gate: Larger costs are ruled out.

    Returns:
        `(K,)` rows, rising, and their `(K,)` columns, both int32.

    Raises:
        ValueError: If a cost is NaN or -infinity, or the array isn't a matrix.

    Source:
        Jonker and Volgenant, Computing 38 (1987); Crouse, IEEE TAES 52 (2016). C++:
        `cpp/e2tad/associate/assignment.hpp`.

    >>> rows, cols = assign([[0.1, 0.2, 0.9], [0.1, 0.7, 0.9]], gate=0.5)
    >>> rows.tolist(), cols.tolist()
    ([0, 1], [1, 0])
    """
    if type(cost) is np.ndarray and cost.dtype.char in "df" and cost.ndim == 2 and cost.flags.c_contiguous:
        return _core.assign(cost, gate)  # a small problem takes less time than a look at its array
    return _core.assign(_as_costs(cost, "cost", (-1, -1)), gate)


def assign_batch(costs: Any, gate: float = math.inf) -> IntArray:
    """Many assignments of one size in one call; pad smaller ones with infinity.

    Args:
        costs: `(B, N, M)` numbers or +infinity. float32 and float64 are read in place.
        gate: Larger costs are ruled out.

    Returns:
        `(B, N)` int32: the column of each row, -1 where it has none.

    Raises:
        ValueError: If a cost is NaN or -infinity, or the array hasn't three axes.

    Source:
        C++: `cpp/e2tad/associate/assignment.hpp`.

    >>> assign_batch([[[0.1, 0.2]], [[0.3, 0.1]]]).tolist()
    [[0], [1]]
    """
    return _core.assign_batch(_as_costs(costs, "costs", (-1, -1, -1)), gate)


def cosine_distance(queries: Any, gallery: Any) -> FloatArray:
    """Cosine distances between features.

    Args:
        queries: `(N, D)`; rows need not be normalised.
        gallery: `(M, D)`.

    Returns:
        `(N, M)` float32 in `[0, 2]`; 0 means the same direction. A row of zeros is at distance 1 from all.

    Raises:
        ValueError: If the widths `D` differ or a feature isn't finite.

    Source:
        Wojke et al., arXiv:1703.07402, Sec. 2.2. C++: `cpp/e2tad/associate/features.hpp`.

    >>> cosine_distance([[2, 0]], [[5, 0], [0, 1], [-1, 0]]).tolist()
    [[0.0, 1.0, 2.0]]
    """
    return _core.cosine_distance(
        as_float32(queries, "queries", (-1, -1)), as_float32(gallery, "gallery", (-1, -1))
    )


def euclidean_distance(queries: Any, gallery: Any) -> FloatArray:
    """Euclidean distances between features.

    Args:
        queries: `(N, D)`.
        gallery: `(M, D)`.

    Returns:
        `(N, M)` float32.

    Raises:
        ValueError: If the widths `D` differ or a feature isn't finite.

    Source:
        C++: `cpp/e2tad/associate/features.hpp`.

    >>> euclidean_distance([[0, 0]], [[3, 4]]).tolist()
    [[5.0]]
    """
    return _core.euclidean_distance(
        as_float32(queries, "queries", (-1, -1)), as_float32(gallery, "gallery", (-1, -1))
    )


def gallery_distance(queries: Any, features: Any, counts: Any = None, distance: str = "cosine") -> FloatArray:
    """Smallest distance from each query to each track's features.

    Args:
        queries: `(N, D)` features of the frame's detections.
        features: `(M, K, D)` the latest K features of each track.
        counts: `(M,)` how many of a track's K are used; None: all.
        distance: `cosine` or `euclidean`.

    Returns:
        `(N, M)` float32; infinite for a track without features.

    Raises:
        ValueError: If widths or lengths don't fit, or a feature isn't finite.

    Source:
        The paper, Section 3.1. C++: `cpp/e2tad/associate/features.hpp`.

    >>> gallery_distance([[1, 0]], [[[0, 1], [2, 0]], [[0, 1], [0, 3]]]).tolist()
    [[0.0, 1.0]]
    """
    return _core.gallery_distance(
        as_float32(queries, "queries", (-1, -1)),
        as_float32(features, "features", (-1, -1, -1)),
        None if counts is None else as_int32(counts, "counts", (-1,)),
        distance,
    )


class Gallery:
    """The latest K features of each track of one class."""

    def __init__(self, width: int, size: int = 50, distance: str = "cosine") -> None:
        """Opens an empty gallery.

        Args:
            width: Length of a feature.
            size: K; the oldest feature of a full track makes room for the newest.
            distance: `cosine` or `euclidean`.
        """
        self._core = _core.Gallery(width, size, distance)

    @property
    def ids(self) -> list[int]:
        """Identity of each track, in the order of the columns of `distance`."""
        return [int(i) for i in self._core.ids]

    def push(self, id: int, feature: Any) -> None:
        """Adds a feature to an identity's track, which is opened where there is none.

        Args:
            id: Identity.
            feature: `(width,)`.

        Raises:
            ValueError: If the feature has another length or isn't finite.

        Source:
            The paper, Section 3.1. C++: `cpp/e2tad/associate/gallery.hpp`.
        """
        self._core.push(id, as_float32(feature, "feature", (-1,)))

    def distance(self, queries: Any) -> FloatArray:
        """Smallest distance from each query to each track.

        Args:
            queries: `(N, width)`.

        Returns:
            `(N, tracks)` float32, columns in the order of `ids`.

        Raises:
            ValueError: If the width differs or a query isn't finite.

        Source:
            C++: `cpp/e2tad/associate/gallery.hpp`.
        """
        return self._core.distance(as_float32(queries, "queries", (-1, -1)))


class Associator:
    """Identities of detections, frame by frame, by what they look like and where they are.

    Classes don't mix. With boxes, a detection's cost for an identity is the least distance of its features to
    the identity's, plus `place_weight` for every nat by which its place speaks against it.
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        """Starts without tracks.

        Args:
            config: Keys of the section `association` that differ from its defaults.
        """
        self._core = _core.Associator(section_json(config, "association"))

    def learn(self, classes: Any, ids: Any, features: Any) -> None:
        """Adds features of known identities, of whatever frame they are.

        Args:
            classes: `(N,)` 0 person, 1 ball.
            ids: `(N,)` 0 or more.
            features: `(N, D)`.

        Raises:
            ValueError: If lengths or widths don't fit, or a feature isn't finite.

        Source:
            C++: `cpp/e2tad/associate/associator.hpp`.
        """
        self._core.learn(
            as_int32(classes, "classes", (-1,)),
            as_int32(ids, "ids", (-1,)),
            as_float32(features, "features", (-1, -1)),
        )

    def locate(self, frame: int, classes: Any, ids: Any, boxes: Any) -> None:
        """Tells where identities are.

        Args:
            frame: Of the boxes, not before that of an earlier call of this or of `step`.
            classes: `(N,)` 0 person, 1 ball.
            ids: `(N,)` 0 or more.
            boxes: `(N, 4)` ltrb pixels; none tells the frame alone.

        Raises:
            ValueError: If lengths or the order of frames don't fit.

        Source:
            As `learn`.
        """
        self._core.locate(
            frame,
            as_int32(classes, "classes", (-1,)),
            as_int32(ids, "ids", (-1,)),
            as_float32(boxes, "boxes", (-1, 4)),
        )

    def seed(self, frame: int, classes: Any, ids: Any, features: Any, boxes: Any = None) -> None:
        """Identities given in a frame, at the start and wherever more are given: `learn` and `locate`.

        Args:
            frame: Of the features.
            classes: `(N,)` 0 person, 1 ball.
            ids: `(N,)` 0 or more.
            features: `(N, D)`.
            boxes: `(N, 4)` ltrb pixels; None: places aren't known.

        Raises:
            ValueError: As `learn` and `locate`.

        Source:
            As `learn`.
        """
        if boxes is None:
            self.locate(frame, (), (), np.zeros((0, 4), np.float32))
        else:
            self.locate(frame, classes, ids, boxes)
        self.learn(classes, ids, features)

    def step(
        self, frame: int, classes: Any, features: Any, boxes: Any = None, embedded: Any = None
    ) -> IntArray:
        """Matches a frame's detections with the tracks and adds their features to them.

        Args:
            frame: After the last step's.
            classes: `(N,)` 0 person, 1 ball.
            features: `(M, D)`, a row for each of `embedded`.
            boxes: `(N, 4)` ltrb pixels; None: by looks alone.
            embedded: `(M,)` rows that have features, ascending; None: all.

        Returns:
            `(N,)` int32 identities, -1 where none.

        Raises:
            ValueError: As `learn` and `locate`; also if rows don't ascend or aren't there.

        Source:
            The paper, Section 3.1, which has the looks alone. C++: `cpp/e2tad/associate/associator.hpp`.
        """
        kind = as_int32(classes, "classes", (-1,))
        return self._core.step(
            frame,
            kind,
            as_float32(features, "features", (-1, -1)),
            None if boxes is None else as_float32(boxes, "boxes", (-1, 4)),
            np.arange(len(kind), dtype=np.int32)
            if embedded is None
            else as_int32(embedded, "embedded", (-1,)),
        )


def track(
    frames: Any,
    seeds: _core.Tracks,
    detector: _core.Detector,
    embedder: _core.Embedder,
    config: Mapping[str, Any] | None = None,
) -> _core.Tracks:
    """Runs a detector, an embedder and the association over frames.

    Args:
        frames: `(N,)` frame numbers, ascending.
        seeds: Boxes with known identities, such as the contest's init. Those of any frame seed the gallery
            when the run reaches it; in one of `frames` they are also the result.
        detector: Such as a `detect.ReplayDetector`.
        embedder: Such as a `reid.ReplayEmbedder`.
        config: Keys of the section `association` that differ from its defaults.

    Returns:
        The identified detections; those without an identity are left out.

    Raises:
        ValueError: If frames don't ascend, or a feature is missing.

    Source:
        The paper, Section 3.1. C++: `cpp/e2tad/associate/associator.hpp`.
    """
    return _core.track(
        as_int32(frames, "frames", (-1,)), seeds, detector, embedder, section_json(config, "association")
    )
