"""What a run found, drawn into its video's pictures."""

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from e2tad import action
from e2tad._arrays import FloatArray, IntArray
from e2tad.action import NOBODY
from e2tad.draw import draw
from e2tad.pipeline import Run
from e2tad.tracks import BALL, Tracks
from e2tad.video import VideoReader
from e2tad.video_writer import H264Options, H264Writer

Picture = npt.NDArray[np.uint8]

_FLASH_FRAMES = 12
"""A catch is named for so many frames after it."""


class Drawing:
    """Boxes, identities and holders of a run at any frame of its video.

    Between two sampled frames boxes move along straight lines; where gaps are mended before decoding
    (`action.repair`), mended boxes are shown.

    Args:
        run: What was found.
        size: Width and height of the pictures, pixels.
    """

    def __init__(self, run: Run, size: tuple[int, int]) -> None:
        tracks: Tracks = run.tracks
        if run.config["action"]["repair"] and len(tracks):
            tracks = action.repair(tracks, run.config["action"])
        self._scale = np.array([size[0] / run.video.width, size[1] / run.video.height] * 2)
        self._observed = tracks.observed
        self._every: int = run.config["pipeline"]["every"]
        self._at = {
            int(frame): {
                (int(tracks.object_class[i]), int(tracks.id[i])): tracks.box[i]
                for i in np.flatnonzero(tracks.frame == frame)
            }
            for frame in self._observed
        }
        self._answer = run.answer()
        self._balls = run.actions.balls
        self._catches = run.actions.catches

    def boxes(self, frame: int) -> tuple[FloatArray, IntArray, IntArray]:
        """Where everybody is.

        Args:
            frame: Its number.

        Returns:
            `(N, 4)` boxes in pixels of the pictures, `(N,)` ids, `(N,)` classes.

        Source:
            This project's own.
        """
        after = int(np.searchsorted(self._observed, frame))
        shown: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
        left = int(self._observed[after - 1]) if after > 0 else None
        right = int(self._observed[after]) if after < len(self._observed) else None
        if right == frame:
            left = right
        before = self._at[left] if left is not None else {}
        later = self._at[right] if right is not None else {}
        for key in {*before, *later}:
            if key in before and key in later and left is not None and right is not None:
                share = 0.0 if left == right else (frame - left) / (right - left)
                shown[key] = (1 - share) * before[key] + share * later[key]
            # Whoever is in one of the two only is shown near that one.
            elif left is not None and key in before and 2 * (frame - left) <= self._every:
                shown[key] = before[key].astype(float)
            elif right is not None and key in later and 2 * (right - frame) < self._every:
                shown[key] = later[key].astype(float)
        keys = sorted(shown)
        box = np.array([shown[key] for key in keys], float).reshape(-1, 4) * self._scale
        kind, identity = np.array(keys, np.int32).reshape(-1, 2).T
        return box.astype(np.float32), identity, kind

    def caption(self, frame: int) -> str:
        """Who holds which ball, and who has just caught one.

        Args:
            frame: Its number.

        Returns:
            ASCII text.

        Source:
            This project's own.
        """
        frames, holders = self._answer
        row = int(np.searchsorted(frames, frame, side="right")) - 1
        held = []
        for ball, holder in zip(self._balls, holders[row] if row >= 0 else [], strict=False):
            held.append(f"ball {ball}: " + ("-" if holder == NOBODY else f"person {holder}"))
        text = f"frame {frame}   {', '.join(held)}"
        for at, ball, _, to in self._catches.tolist():
            if at <= frame < at + _FLASH_FRAMES:
                text += f"   CATCH: person {to}, ball {ball}"
        return text

    def draw(self, frame: int, picture: Picture, caption: bool = True) -> Picture:
        """A copy of a frame's picture with all that is known drawn in.

        Args:
            frame: Its number.
            picture: `(height, width, 3)` uint8, BGR, of the size given.
            caption: With `caption` at the top left.

        Returns:
            The same shape.

        Source:
            C++: `cpp/e2tad/video/draw.hpp`.
        """
        box, identity, kind = self.boxes(frame)
        labels = [f"{'ball ' if c == BALL else ''}{i}" for c, i in zip(kind, identity, strict=True)]
        return draw(picture, box, identity, kind, labels, self.caption(frame) if caption else "")


def write_overlay(
    path: str | os.PathLike[str],
    video: str,
    run: Run,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes the video with all that is known drawn in, in H.264.

    Args:
        path: The MP4.
        video: What the run was made of.
        run: What was found.
        progress: Called with frames done and frames in all, -1 if unknown.

    Raises:
        OSError: If the disk is full.
        InputError: If the video can't be read.

    Source:
        DESIGN, Command line: `e2tad run --overlay`.
    """
    width, height = (max(64, side // 2 * 2) for side in run.summary["picture"])
    drawing = Drawing(run, (width, height))
    rate = round(run.video.frames_per_second)
    writer = H264Writer(path, (width, height), H264Options(fps=min(max(rate, 1), 240) if rate else 30))
    for done, frame in enumerate(VideoReader(video, size=(width, height)), 1):
        writer.write(drawing.draw(frame.number, frame.image))
        if progress:
            progress(done, run.video.frames)
    writer.close()


def pictures(video: str, run: Run, frames: Sequence[int], width: int) -> Iterator[tuple[str, Picture]]:
    """Single frames with all that is known drawn in.

    Args:
        video: What the run was made of.
        run: What was found.
        frames: Their numbers.
        width: Of the pictures, pixels.

    Yields:
        Caption and picture, by rising number.

    Source:
        This project's own.
    """
    whole = run.summary["picture"]
    size = (width, max(1, round(width * whole[1] / whole[0])))
    drawing = Drawing(run, size)
    wanted = sorted(set(frames))
    if not wanted:
        return
    for frame in VideoReader(video, every=0, frames=wanted, end=wanted[-1] + 1, size=size):
        yield drawing.caption(frame.number), drawing.draw(frame.number, frame.image, caption=False)
