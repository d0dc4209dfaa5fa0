"""Crops and features by which an identity is known again."""

import os
import zipfile
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import as_float32, as_int32
from e2tad._core import InputError

Embedder = _core.Embedder


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
            features = _load(features)
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
        arrays = _load(path)
        names = ("frame", "object_class", "box", "features")
        if not isinstance(arrays, dict):
            raise InputError(f"{os.fspath(path)}: expected a .npz file with the arrays {' '.join(names)}")
        for name in names:
            if name not in arrays:
                raise InputError(f"{os.fspath(path)}: array {name} is missing")
        try:
            return cls.from_columns(*(arrays[name] for name in names))
        except ValueError as error:
            raise InputError(f"{os.fspath(path)}: {error}") from error


def _load(path: str | os.PathLike[str]) -> npt.NDArray[Any] | dict[str, npt.NDArray[Any]]:
    """The array of a `.npy` file, or the arrays of a `.npz` file by name."""
    # NumPy leaves a file open that it can't read, so it is opened and closed here.
    with open(path, "rb") as file:
        try:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else dict(loaded)
        except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{os.fspath(path)}: not a NumPy file ({error})") from error
