"""The LPCVC-2021 UAV-Video samples: a folder a video, with tracks, the contest's input and labels."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from e2tad import _core
from e2tad._core import InputError
from e2tad.data.files import ActionTable, Init, load_init, load_labels, load_tracks
from e2tad.tracks import Tracks


def person_ids(*paths: str | os.PathLike[str]) -> dict[int, int]:
    """What the person ids of a sample's tracks must become to be those of its init file and labels.

    Args:
        paths: Files or folders of the video: it is known by a folder's name or by the beginning of a file's,
            before `_init` or `_action`.

    Returns:
        Track id -> label id; empty for videos whose ids agree.

    Raises:
        Nothing.

    Source:
        Measured on the samples; the table stands in `cpp/e2tad/core/files/person_ids.cpp`.

    Example:
        >>> person_ids("samples/4p1b_01A2/gt_tracks")
        {1: 4, 2: 1, 3: 2, 4: 3}
    """
    for path in paths:
        for part in Path(path).absolute().parts:
            for end in ("_init", "_action"):
                part = part.split(end)[0]
            ids = _core.lpcvc21_person_ids(part)
            if ids:
                return ids
    return {}


@dataclass(frozen=True)
class Lpcvc21Video:
    """One sample's folder.

    Attributes:
        root: The folder; its name is the video's.
    """

    root: Path

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """Takes the video's folder; nothing is read yet."""
        object.__setattr__(self, "root", Path(root))

    @property
    def name(self) -> str:
        """The video's name, say 4p1b_01A2."""
        return self.root.absolute().name

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height of its frames, pixels: 7p3b is 1920x1080, the others 3840x2160."""
        return (1920, 1080) if self.name.startswith("7p3b") else (3840, 2160)

    def tracks(
        self, kind: Literal["gt", "pseudo"] = "gt", person_ids: dict[int, int] | None = None
    ) -> Tracks:
        """The tracks, with the labels' ids.

        Args:
            kind: `gt`: by hand; `pseudo`: from a detector and a tracker (not every release has them).
            person_ids: Replaces the table of the samples' ids; {} keeps those of the files.

        Returns:
            The tracks of every frame that has a file.

        Raises:
            OSError: If the video has no such tracks.
            InputError: If a file isn't usable.

        Source:
            C++: `cpp/e2tad/core/files/tracks.hpp`.
        """
        ids = _core.lpcvc21_person_ids(self.name) if person_ids is None else person_ids
        return load_tracks(self.root / f"{kind}_tracks", ids)

    def init(self) -> Init:
        """The contest's input.

        Returns:
            The rows of `VIDEO_init.csv`.

        Raises:
            OSError: If the file can't be opened.
            InputError: If it isn't usable.

        Source:
            C++: `cpp/e2tad/core/files/init.hpp`.
        """
        return load_init(self._file("init"))

    def labels(self, kind: Literal["official", "noisy"] = "noisy") -> ActionTable:
        """The catches.

        Args:
            kind: `noisy`: a ball in flight keeps its last holder; `official`: it is 0.

        Returns:
            The rows of `VIDEO_action_KIND.csv`.

        Raises:
            OSError: If the file can't be opened.
            InputError: If it isn't usable.

        Source:
            C++: `cpp/e2tad/core/files/actions.hpp`.
        """
        return load_labels(self._file(f"action_{kind}"))

    def _file(self, what: str) -> Path:
        if not self.root.is_dir():
            raise InputError(f"{self.root}: expected the folder of a video")
        return self.root / f"{self.name}_{what}.csv"
