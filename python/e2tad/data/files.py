"""Readers and writers of the contest's files; the work is done in `cpp/e2tad/core/files/`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import IntArray, as_int32
from e2tad.tracks import Tracks

ActionTable = _core.ActionTable
"""Labels or an answer in memory: `frame` (N,) int64, `balls` (numbers as text), `person` (N, balls) int32
with 0 for nobody and -1 for a cell that is no person's id, `cell(row, ball)` the text of a cell."""

Path = str | os.PathLike[str]


def load_tracks(folder: Path, person_ids: Mapping[int, int] | str | None = None) -> Tracks:
    """Reads one `NNNNNN.json` a frame: `gt_tracks` and `pseudo_tracks` of the LPCVC-2021 samples.

    Args:
        folder: Its files are named by frame number. Each holds a list of objects with `class` (`person` or
            `ball`), `id`, and `bounding box (ltrb)` or `bounding box (ltwh)` in pixels; an empty list is a
            frame in which nothing was seen.
        person_ids: Track id -> label id of persons, or the text `FROM=TO,...`; None: ids stay.

    Returns:
        The tracks of every frame that has a file.

    Raises:
        OSError: If the folder can't be read.
        InputError: If a file isn't usable, naming it, the entry and the field; if there is none.

    Source:
        LPCVC-2021 UAV-Video samples. C++: `cpp/e2tad/core/files/tracks.hpp`.
    """
    tracks = _core.read_track_folder(os.fspath(folder))
    return tracks if person_ids is None else rename_persons(tracks, person_ids)


def write_tracks(tracks: Tracks, folder: Path, form: Literal["ltrb", "ltwh"] = "ltrb") -> None:
    """Writes what `load_tracks` reads, one file an observed frame.

    Args:
        tracks: The tracks.
        folder: A new or an empty folder; it appears whole or not at all.
        form: Corners, as `gt_tracks`, or corner and size, as `pseudo_tracks`.

    Raises:
        OSError: If the folder can't be written.
        InputError: If the folder exists and isn't empty.

    Source:
        C++: `cpp/e2tad/core/files/tracks.hpp`.
    """
    _core.write_track_folder(tracks, os.fspath(folder), form)


def parse_person_ids(text: str) -> dict[int, int]:
    """Reads the command line's `--person-ids`.

    Args:
        text: `FROM=TO,...`, whole numbers; empty for no change.

    Returns:
        Track id -> label id.

    Raises:
        InputError: If a part has another form, or a FROM occurs twice.

    Source:
        C++: `cpp/e2tad/core/files/person_ids.hpp`.

    Example:
        >>> parse_person_ids("2=1,3=2")
        {2: 1, 3: 2}
    """
    return _core.parse_person_ids(text)


def rename_persons(tracks: Tracks, person_ids: Mapping[int, int] | str) -> Tracks:
    """Gives persons other ids, all at once: `1=2,2=1` exchanges two.

    Args:
        tracks: The tracks; they stay as they are.
        person_ids: Old id -> new id, or the text `FROM=TO,...`; persons that aren't named keep theirs.

    Returns:
        New tracks.

    Raises:
        InputError: If two persons of a frame end up with one id.

    Source:
        C++: `cpp/e2tad/core/files/person_ids.hpp`.
    """
    ids = parse_person_ids(person_ids) if isinstance(person_ids, str) else dict(person_ids)
    return _core.rename_persons(tracks, list(ids), list(ids.values()))


@dataclass(frozen=True, eq=False)
class Init:
    """The contest's input beside a video: who and what stands where in some frames.

    Attributes:
        frame: `(N,)` int32.
        object_class: `(N,)` int32. 0 person, 1 ball.
        id: `(N,)` int32, the labels' ids.
        share: `(N, 4)` float64. Centre x, centre y, width, height as shares of the frame's size.
    """

    frame: IntArray
    object_class: IntArray
    id: IntArray
    share: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.frame)

    def tracks(self, frame_size: tuple[int, int]) -> Tracks:
        """The rows as boxes in pixels.

        Args:
            frame_size: Width and height of the video's frames, pixels.

        Returns:
            Tracks whose observed frames are those of the rows.

        Raises:
            ValueError: If the size is below 1x1.

        Source:
            C++: `cpp/e2tad/core/files/init.hpp`.
        """
        width, height = frame_size
        return _core.init_tracks(self.frame, self.object_class, self.id, self.share, width, height)

    @classmethod
    def from_tracks(cls, tracks: Tracks, frame_size: tuple[int, int]) -> "Init":
        """`tracks` undone: boxes in pixels as shares of the frame's size.

        Args:
            tracks: The frames that shall be known beforehand.
            frame_size: Width and height of the video's frames, pixels.

        Returns:
            One row an observation.

        Raises:
            ValueError: If the size is below 1x1.

        Source:
            C++: `cpp/e2tad/core/files/init.hpp`.
        """
        width, height = frame_size
        return cls(*_core.init_columns(tracks, width, height))


def load_init(path: Path) -> Init:
    """Reads `VIDEO_init.csv`: `Frame,Class,ID,X,Y,Width,Height`.

    Args:
        path: The file; column names in any case and order.

    Returns:
        Its rows, in file order.

    Raises:
        OSError: If the file can't be opened.
        InputError: If a value isn't usable, naming line and column; if a (frame, class, id) occurs twice or
            there are no rows.

    Source:
        LPCVC-2021 UAV-Video. C++: `cpp/e2tad/core/files/init.hpp`.
    """
    return Init(*_core.read_init_csv(os.fspath(path)))


def write_init(init: Init, path: Path) -> None:
    """Writes what `load_init` reads, shares with six decimals as in the contest's files.

    Args:
        init: The rows.
        path: The file; written under a temporary name and moved into place.

    Raises:
        OSError: If the file can't be written.
        InputError: If `load_init` would refuse it; names line and column. Nothing is written.

    Source:
        C++: `cpp/e2tad/core/files/init.hpp`.
    """
    share = np.ascontiguousarray(init.share, dtype=np.float64)
    _core.write_init_csv(
        os.fspath(path),
        as_int32(init.frame, "frame", (-1,)),
        as_int32(init.object_class, "object_class", (-1,)),
        as_int32(init.id, "id", (-1,)),
        share,
    )


def load_labels(path: Path) -> ActionTable:
    """Reads labels, or an answer: `frame,<ball>...`, a row per catch.

    Args:
        path: The file. A ball column is `5` or `5_blue`: names are reduced to their number.

    Returns:
        Its rows, in file order.

    Raises:
        OSError: If the file can't be opened.
        InputError: If it has no header or no column `frame`, or a frame is no integer.

    Source:
        LPCVC-2021 UAV-Video. C++: `cpp/e2tad/core/files/actions.hpp`.
    """
    return _core.read_actions(os.fspath(path))


def write_actions(table: ActionTable, path: Path) -> None:
    """Writes labels or an answer: the header `frame,5,6`, then the rows.

    Args:
        table: The rows; `to_table` makes one from dicts, lists or a frame.
        path: The file; written under a temporary name and moved into place.

    Raises:
        OSError: If the file can't be written.

    Source:
        C++: `cpp/e2tad/core/files/actions.hpp`.
    """
    _core.write_actions(table, os.fspath(path))


def to_table(source: Any, name: str = "table") -> ActionTable:
    """Labels or an answer from whatever holds them.

    Args:
        source: A path; a list of dicts (column name -> cell); a list of lists, the header first; a pandas or
            polars frame; or an ActionTable, which is given back. Cells become the text that a CSV file of
            them would have; a whole float is written without its ".0", None and NaN are empty.
        name: What to call it in errors; a path names itself.

    Returns:
        The rows, in their order. An empty list has no rows and no columns.

    Raises:
        OSError: If a file can't be opened.
        InputError: If there is no column `frame`, or a frame is no integer.
        TypeError: If `source` is none of these.

    Source:
        C++: `cpp/e2tad/core/files/actions.hpp`.

    Example:
        >>> table = to_table([["frame", "5_blue"], [0, 3], [137, 1]])
        >>> table.balls, table.person.tolist()
        (['5'], [[3], [1]])
    """
    if isinstance(source, ActionTable):
        return source
    if isinstance(source, str | os.PathLike):
        return load_labels(source)
    if isinstance(source, list | tuple):
        return _core.actions_from_rows(list(source), name)
    # Known by what they can do, so that neither library is imported for a user who has none.
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        names = [str(column) for column in source.columns]
        columns = [_cells(_column(source, position)) for position in range(len(names))]
        return _core.actions_from_columns(names, columns, name)
    got = type(source).__name__
    raise TypeError(f"{name}: expected a path, rows, or a pandas or polars frame, got {got}")


def _column(frame: Any, position: int) -> Any:
    """A column by its place, since two may have one name."""
    return frame.iloc[:, position] if hasattr(frame, "iloc") else frame.to_series(position)


def _cells(column: Any) -> Any:
    """int64 of a column without gaps, else a list with None in the gaps."""
    array = column.to_numpy()
    if array.dtype.kind in "iu" and array.dtype != np.uint64:
        return np.ascontiguousarray(array, dtype=np.int64)
    if hasattr(column, "isna"):
        return column.astype(object).where(column.notna(), None).tolist()
    return column.to_list()
