"""Writing H.264 video."""

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from e2tad import _core


@dataclass(frozen=True)
class H264Options:
    """How a video is encoded.

    Attributes:
        fps: Frames a second, 1 to 240.
        crf: x264's constant quality, 0 (lossless) to 51.
        b_frames: At most so many B-frames between two others, 0 to 16; 0: decoding order is display order.
        keyframe_every: Longest distance of two key frames, frames.
        preset: x264's trade of time for size: ultrafast ... medium ... veryslow.
    """

    fps: int = 30
    crf: int = 23
    b_frames: int = 3
    keyframe_every: int = 250
    preset: str = "veryfast"


class H264Writer:
    """Writes an MP4 with one H.264 track; the same pictures and options give the same bytes.

    Args:
        path: The file, replaced if it exists.
        size: Width and height, pixels; even, 64 to 8192.
        options: How to encode; None: the defaults.

    Raises:
        ConfigError: If an option is out of range; names it.
        OSError: If the file can't be made.

    Source:
        libx264 through libavcodec. C++: `cpp/e2tad/video/h264_writer.hpp`.
    """

    def __init__(
        self, path: str | os.PathLike[str], size: tuple[int, int], options: H264Options | None = None
    ) -> None:
        """Opens the file."""
        o = options or H264Options()
        self._core = _core.H264Writer(
            os.fspath(path), *size, o.fps, o.crf, o.b_frames, o.keyframe_every, o.preset
        )

    def write(self, image: npt.NDArray[np.uint8]) -> None:
        """Appends a picture.

        Args:
            image: `(height, width, 3)` uint8, BGR, C-contiguous.

        Raises:
            ValueError: If it has another size or type, or the video is closed.
            OSError: If the disk is full.

        Source:
            C++: `cpp/e2tad/video/h264_writer.hpp`.
        """
        self._core.write(image)

    def close(self) -> None:
        """Writes what the encoder holds back and the index; without it the file can't be played.

        Raises:
            OSError: If the disk is full.

        Source:
            C++: `cpp/e2tad/video/h264_writer.hpp`.
        """
        self._core.close()
