"""Crops and features by which an identity is known again."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from e2tad import _core
from e2tad._arrays import as_float32, as_int32, load_array, load_arrays
from e2tad._core import InputError

if TYPE_CHECKING:
    from e2tad.nn import Embedder

__all__ = ["Embedder", "ReplayEmbedder", "crop"]


def __getattr__(name: str) -> Any:
    # Networks load LibTorch; whoever only replays recorded features need not wait for it.
    if name == "Embedder":
        from e2tad.nn import Embedder

        return Embedder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def crop(
    box: Any, object_class: int, frame_width: int, frame_height: int
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """Where a detection's crop is cut from, and the size that it is scaled to.

    Args:
        box: `(4,)` ltrb pixels.
        object_class: 0 person, 1 ball.
        frame_width: Pixels.
        frame_height: Pixels.

    Returns:
        `(left, top, width, height)` in whole pixels inside the frame, at least one pixel; and the crop's
        `(width, height)`: 64x128 for a person, 64x64 for a ball.

    Raises:
        ValueError: If the class is another one or the frame's size isn't positive.

    Source:
        The winners' program of LPCVC-2021. C++: `cpp/e2tad/reid/crop.hpp`.

    >>> crop([10.5, 20, 30, 200], 0, 100, 100)
    ((10, 20, 20, 80), (64, 128))
    """
    left, top, right, bottom = as_float32(box, "box", (4,)).tolist()
    return _core.crop_of([left, top, right, bottom], object_class, frame_width, frame_height)


class ReplayEmbedder(_core.ReplayEmbedder):
    """Recorded features in the place of a network, found again by frame, class and box."""

    @classmethod
    def from_columns(cls, frames: Any, classes: Any, boxes: Any, features: Any) -> "ReplayEmbedder":
        """A replay of features.

        Args:
            frames: `(N,)` frame of each row, in any order.
            classes: `(N,)` 0 person, 1 ball.
            boxes: `(N, 4)` ltrb pixels, exactly those of the detections.
            features: `(N, D)`.

        Returns:
            An embedder for `associate.track`.

        Raises:
            ValueError: If columns differ in length or a feature isn't finite.

        Source:
            C++: `cpp/e2tad/reid/replay.hpp`.
        """
        return cls(
            as_int32(frames, "frames", (-1,)),
            as_int32(classes, "classes", (-1,)),
            as_float32(boxes, "boxes", (-1, 4)),
            as_float32(features, "features", (-1, -1)),
        )

    @classmethod
    def from_tracks(cls, tracks: _core.Tracks, features: Any) -> "ReplayEmbedder":
        """A replay of the features of tracks' boxes.

        Args:
            tracks: N observations.
            features: `(N, D)` in the order of the tracks' rows (frame, class, id); or a `.npy` file of them.

        Returns:
            An embedder for `associate.track`.

        Raises:
            ValueError: If lengths differ or a feature isn't finite.
            InputError: If a file isn't a `.npy` file of numbers.

        Source:
            C++: `cpp/e2tad/reid/replay.hpp`.
        """
        if isinstance(features, (str, os.PathLike)):
            features = load_array(features)
        return cls.from_columns(tracks.frame, tracks.object_class, tracks.box, features)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "ReplayEmbedder":
        """A replay of the features in a `.npz` file.

        Args:
            path: File with the arrays `frame`, `object_class`, `box` and `features`, as `from_columns` takes
                them.

        Returns:
            An embedder for `associate.track`.

        Raises:
            InputError: If the file isn't a `.npz` file or lacks an array.
            ValueError: If the arrays don't fit.

        Source:
            C++: `cpp/e2tad/reid/replay.hpp`.
        """
        columns = load_arrays(path, ("frame", "object_class", "box", "features"))
        try:
            return cls.from_columns(*columns)
        except ValueError as error:
            raise InputError(f"{os.fspath(path)}: {error}") from error

    @classmethod
    def from_identities(cls, *known: _core.Tracks) -> "ReplayEmbedder":
        """Features that say what ids say: of one identity all are equal, of two their cosine distance is 1.

        Args:
            known: Tracks whose ids agree, such as those to replay and init.csv's.

        Returns:
            An embedder of all their boxes.

        Source:
            DESIGN, Data flow: replays run the pipeline on other people's tracks.
        """
        frame, kind, identity, box = (
            np.concatenate([getattr(tracks, name) for tracks in known])
            for name in ("frame", "object_class", "id", "box")
        )
        names, column = np.unique(np.stack([kind, identity]), axis=1, return_inverse=True)
        features = np.zeros((len(frame), max(names.shape[1], 1)), np.float32)
        features[np.arange(len(frame)), column.reshape(-1)] = 1
        return cls.from_columns(frame, kind, box, features)
