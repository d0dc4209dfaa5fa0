"""MOTChallenge text, both ways: `frame,id,left,top,width,height,confidence,class,visibility`."""

import os

from e2tad import _core
from e2tad.tracks import Tracks

PERSON_CLASS = 1
"""MOTChallenge's pedestrian."""

BALL_CLASS = 2
"""MOTChallenge has no balls; trackers that follow its form number their classes on from 1."""


def load(
    path: str | os.PathLike[str],
    person_class: int = PERSON_CLASS,
    ball_class: int = BALL_CLASS,
    frame_count: int = 0,
) -> Tracks:
    """Reads ground truth or results; frames count from 1 there and from 0 here.

    Args:
        path: The file. The class stands in column 8; where it is -1 or missing, as in results, the row is a
            person. In files with a class, rows with confidence 0 are skipped (regions to ignore).
        person_class: Number of a person in the class column.
        ball_class: Number of a ball.
        frame_count: Frames 0 .. frame_count - 1 were looked at, also those without rows; 0: only those with.

    Returns:
        The tracks.

    Raises:
        OSError: If the file can't be opened.
        InputError: If a value isn't usable, naming line and column.

    Source:
        motchallenge.net. C++: `cpp/e2tad/core/files/mot.hpp`.
    """
    return _core.read_mot(os.fspath(path), person_class, ball_class, frame_count)


def write(
    tracks: Tracks,
    path: str | os.PathLike[str],
    person_class: int = PERSON_CLASS,
    ball_class: int = BALL_CLASS,
) -> None:
    """Writes `frame,id,left,top,width,height,1,class,1`; frames without rows can't be written in this form.

    Args:
        tracks: The tracks.
        path: The file; written under a temporary name and moved into place.
        person_class: Number of a person in the class column.
        ball_class: Number of a ball.

    Raises:
        OSError: If the file can't be written.

    Source:
        motchallenge.net. C++: `cpp/e2tad/core/files/mot.hpp`.
    """
    _core.write_mot(tracks, os.fspath(path), person_class, ball_class)
