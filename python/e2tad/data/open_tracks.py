"""Tracks in whichever form a path has."""

import os
from pathlib import Path

from e2tad._core import InputError
from e2tad.data import motchallenge, tracks_json
from e2tad.data.files import load_tracks
from e2tad.tracks import Tracks


def open_tracks(path: str | os.PathLike[str]) -> Tracks:
    """Reads tracks by the form of their path.

    Args:
        path: A `.json` file of `e2tad run`, a MOTChallenge `.txt` file, or a folder of `NNNNNN.json`.

    Returns:
        The tracks.

    Raises:
        OSError: If it can't be read.
        InputError: If it isn't usable; names file and place.

    Source:
        DESIGN, Command line.
    """
    file = Path(path)
    if file.suffix == ".json" and not file.is_dir():
        return tracks_json.load(file)
    if file.suffix == ".txt" and not file.is_dir():
        return motchallenge.load(file)
    if file.is_file():
        raise InputError(
            f"{file}: expected tracks: a .json file of e2tad run, a MOTChallenge .txt, or a folder"
        )
    return load_tracks(path)
