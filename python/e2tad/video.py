"""Reading videos: the wanted frames only, scaled as they are decoded."""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from e2tad import _core

ImageQueue = _core.ImageQueue
"""Room for Q images of one size, allocated once: `ImageQueue(capacity, width, height)`.

`fill(reader)` replaces its images by the reader's next ones and returns how many came; `images` is a
read-only view of shape `(Q, H, W, 3)`, `numbers` their frame numbers.
"""

VideoInfo = _core.VideoInfo
ReaderCounts = _core.ReaderCounts


class VideoFrame(NamedTuple):
    """One frame of a walk."""

    number: int
    """In order of presentation, from 0."""
    time_s: float
    """Seconds since the first frame."""
    image: npt.NDArray[np.uint8]
    """`(H, W, 3)` BGR, or RGB where that was asked for."""


class VideoReader(_core.VideoReader):
    """Walks a video forward and delivers the wanted frames; iterate over it.

    A frame that no wanted frame refers to isn't decoded, which changes no delivered pixel. Images equal
    `cv2.VideoCapture` (8-bit 4:2:0 video of even size: to the byte), then `cv2.resize` with `INTER_AREA`.

    Args:
        source: A file, a stream's URL, or a camera's index.
        every: Frames whose number this divides; 0: none but `frames`.
        frames: Further frames by number, in any order.
        end: The first number that is no longer wanted; None: up to the video's end.
        size: `(width, height)` of the images in pixels; None: the video's own, after rotation.
        rgb: Red first instead of blue.
        threads: For decoding; 0: as many as FFmpeg sees fit.
        skip: False decodes every frame, for comparison.
        format: FFmpeg's name of the input format, where the source doesn't tell it.
        timeout_s: Longest wait for a source that sends nothing; 0: for ever.

    Raises:
        FileNotFoundError: If the file isn't there.
        InputError: If it can't be read as video, or has no frame; the message names it.
        ValueError: If an option is out of range.

    Source:
        The paper, Section 3.2 (cache-friendly pipeline). C++: `cpp/e2tad/video/reader.hpp`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | int,
        *,
        every: int = 1,
        frames: Iterable[int] = (),
        end: int | None = None,
        size: tuple[int, int] | None = None,
        rgb: bool = False,
        threads: int = 1,
        skip: bool = True,
        format: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        width, height = size or (0, 0)
        name = str(source) if isinstance(source, int) else os.fspath(source)
        super().__init__(
            source=name,
            every=every,
            frames=list(frames),
            end=end,
            width=width,
            height=height,
            rgb=rgb,
            threads=threads,
            skip=skip,
            format=format,
            timeout_s=timeout_s,
        )

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yields the wanted frames that are left."""
        while (frame := self.next()) is not None:
            yield VideoFrame(*frame)
