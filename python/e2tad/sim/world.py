"""The simulated world: truth, labels and pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import FloatArray, IntArray
from e2tad.data import ActionTable, Init, to_table
from e2tad.tracks import Tracks, make_tracks

PRESETS: tuple[str, ...] = _core.SIM_PRESETS
"""The contest's clips: persons `p` and balls `b`. 5p5b and 7p3b are the test split."""

VIEWS: int = _core.SIM_VIEWS
"""Cameras of a world: view 0 is the drone, the others stand on other sides, at other heights."""

LabelKind = Literal["exact", "noisy", "official"]


@dataclass(frozen=True)
class FrameTruth:
    """What is in a frame. Objects outside of the picture have no row.

    Attributes:
        person_id: `(P,)` int32, from 1.
        person_box: `(P, 4)` float32. Tight ltrb pixels, clipped to the picture.
        person_visible: `(P,)` float32 in [0, 1]. Share of the body that can be seen.
        ball_id: `(B,)` int32, after the persons' ids.
        ball_circle: `(B, 3)` float32. Centre and radius, pixels, of the whole ball.
        ball_visible: `(B,)` float32 in [0, 1]. Share of the disc that can be seen.
        ball_holder: `(B,)` int32. Id of the person whose hands hold it, -1 in flight.
    """

    person_id: IntArray
    person_box: FloatArray
    person_visible: FloatArray
    ball_id: IntArray
    ball_circle: FloatArray
    ball_visible: FloatArray
    ball_holder: IntArray


class World:
    """Players, balls and a drone over a clip; the same arguments give the same world, byte for byte.

    Args:
        preset: One of `PRESETS`.
        seed: 0 or more. Another seed, another ground, light, clothes, players and game.
        frames: Length of the clip, 30 frames a second; None: that of the contest's clip.
        size: Width and height of the pictures, pixels; even, 64 to 8192.

    Raises:
        InputError: If there is no such preset, or a length or size is out of range.

    Source:
        C++: `cpp/e2tad/sim/world.hpp`, `cpp/e2tad/sim/renderer.hpp`.

    Example:
        >>> world = World("4p1b", seed=1, frames=40, size=(320, 180))
        >>> world.truth(0).person_id.tolist(), world.render(0).shape
        ([1, 2, 3, 4], (180, 320, 3))
    """

    def __init__(
        self,
        preset: str,
        seed: int = 0,
        *,
        frames: int | None = None,
        size: tuple[int, int] = (1920, 1080),
    ) -> None:
        """Lays out all frames; pixels are rendered when asked for."""
        if not 0 <= seed < 2**64:
            raise _core.InputError(f"seed: expected 0 to 2^64 - 1, got {seed}")
        if frames is not None and not 1 <= frames <= 1_000_000:
            raise _core.InputError(f"frames: expected 1 to 1000000, got {frames}")
        width, height = size
        if not all(64 <= side <= 8192 and side % 2 == 0 for side in (width, height)):
            raise _core.InputError(f"size: expected even numbers from 64 to 8192, got {width}x{height}")
        self.preset = preset
        self.seed = seed
        self.size = (width, height)
        self._core = _core.SimWorld(preset, seed, frames or 0)
        self._renderer: _core.SimRenderer | None = None

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self._core.frames

    @property
    def split(self) -> str:
        """`train` or `test`: the splits have other clothes and grounds."""
        return self._core.split

    @property
    def person_ids(self) -> list[int]:
        """The persons' ids, from 1."""
        return list(range(1, self._core.persons + 1))

    @property
    def ball_ids(self) -> list[int]:
        """The balls' ids, after the persons'."""
        return [self._core.persons + 1 + ball for ball in range(self._core.balls)]

    @property
    def ball_colors(self) -> list[str]:
        """Colour name of each ball, in the order of `ball_ids`."""
        return self._core.ball_colors

    def __len__(self) -> int:
        """Number of frames."""
        return self.frames

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.uint8], FrameTruth]]:
        """Picture and truth of every frame, in order."""
        for frame in range(self.frames):
            yield self.render(frame), self.truth(frame)

    def truth(self, frame: int, view: int = 0) -> FrameTruth:
        """What is in a frame.

        Args:
            frame: From 0.
            view: 0 the drone, to `VIEWS` - 1.

        Returns:
            Boxes, circles and how much of them can be seen.

        Raises:
            IndexError: If there is no such frame or view.

        Source:
            C++: `cpp/e2tad/sim/truth.cpp`.
        """
        return FrameTruth(**self._core.truth(frame, view, *self.size))

    def render(self, frame: int, view: int = 0) -> npt.NDArray[np.uint8]:
        """The picture of a frame.

        Args:
            frame: From 0.
            view: 0 the drone, to `VIEWS` - 1.

        Returns:
            `(height, width, 3)` uint8, BGR. Safe to call from several threads.

        Raises:
            IndexError: If there is no such frame or view.

        Source:
            C++: `cpp/e2tad/sim/renderer.hpp`.
        """
        return self._drawn().render(frame, view)

    def instances(self, frame: int, view: int = 0) -> IntArray:
        """The persons' masks: what is visible of each.

        Args:
            frame: From 0.
            view: 0 the drone, to `VIEWS` - 1.

        Returns:
            `(height, width)` int32: the id of the person that the pixel shows, 0 elsewhere. What stands
            before a person, a ball in the hands too, is not part of the mask.

        Raises:
            IndexError: If there is no such frame or view.

        Source:
            C++: `cpp/e2tad/sim/renderer.hpp`.
        """
        return self._drawn().persons(frame, view)

    def _drawn(self) -> _core.SimRenderer:
        if self._renderer is None:
            self._renderer = _core.SimRenderer(self._core, *self.size)
        return self._renderer

    def tracks(self, exact: bool = False) -> Tracks:
        """Boxes with identities over the clip.

        Args:
            exact: False: as the contest's annotators draw them: whole pixels, a little loose, moved only
                when the object has visibly left its box. True: tight, in fractions of pixels; balls as the
                square round the whole circle.

        Returns:
            Tracks of every frame.

        Source:
            Fitted to the LPCVC-2021 UAV-Video samples. C++: `cpp/e2tad/sim/labels.hpp`.
        """
        return self._core.tracks(*self.size, exact)

    def labels(self, kind: LabelKind = "noisy", tracks: Tracks | None = None) -> ActionTable:
        """Who holds each ball, a row a catch, as the contest labels it.

        Args:
            kind: `exact`: a catch is the first frame of contact that leads to it, a ball in flight keeps its
                holder. `noisy`: the same with a human's delays. `official`: another human's delays, a ball
                in flight is 0.
            tracks: Boxes that decide about contact; None: `tracks()`.

        Returns:
            The rows; the first is frame 0 with the starting holders.

        Raises:
            ValueError: If there is no such kind.

        Source:
            The contest's two label conventions. C++: `cpp/e2tad/sim/labels.hpp`.
        """
        frame, holder = self._core.labels(self.tracks() if tracks is None else tracks, kind)
        header = [
            "frame",
            *(f"{ball}_{color}" for ball, color in zip(self.ball_ids, self.ball_colors, strict=True)),
        ]
        return to_table(
            [header, *([f, *row] for f, row in zip(frame.tolist(), holder.tolist(), strict=True))]
        )

    def throws(self) -> IntArray:
        """The game as played.

        Returns:
            `(N, 5)` int32 by frame of release: ball, thrower, catcher (ids), frame in which the ball leaves
            the hands, frame in which it reaches the catcher's hands (it may lie beyond the clip).

        Source:
            C++: `cpp/e2tad/sim/world.hpp`.
        """
        return self._core.throws()

    def init(self, tracks: Tracks | None = None) -> Init:
        """The contest's input beside a video: all boxes in frames 0 to 10 and 11 frames round the middle.

        Args:
            tracks: The boxes to take; None: `tracks()`.

        Returns:
            The rows of `VIDEO_init.csv`.

        Source:
            LPCVC-2021 UAV-Video, init.csv.
        """
        tracks = self.tracks() if tracks is None else tracks
        middle = self.frames // 2
        wanted = np.isin(tracks.frame, [*range(11), *range(middle, middle + 11)])
        some = make_tracks(
            tracks.frame[wanted], tracks.object_class[wanted], tracks.id[wanted], tracks.box[wanted]
        )
        return Init.from_tracks(some, self.size)
