"""Tracks, init files, labels and answers: reading and writing every form of the contest's files."""

from e2tad.data import lpcvc21, motchallenge, tracks_json
from e2tad.data.files import (
    ActionTable,
    Init,
    load_init,
    load_labels,
    load_tracks,
    parse_person_ids,
    rename_persons,
    to_table,
    write_actions,
    write_init,
    write_tracks,
)
from e2tad.data.lpcvc21 import Lpcvc21Video
from e2tad.data.open_tracks import open_tracks

__all__ = [
    "ActionTable",
    "Init",
    "Lpcvc21Video",
    "load_init",
    "load_labels",
    "load_tracks",
    "lpcvc21",
    "motchallenge",
    "open_tracks",
    "parse_person_ids",
    "rename_persons",
    "to_table",
    "tracks_json",
    "write_actions",
    "write_init",
    "write_tracks",
]
