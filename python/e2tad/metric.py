"""The contest's accuracy and score."""

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad.data.files import to_table
from e2tad.tracks import Tracks


@dataclass(frozen=True)
class AccuracyReport:
    """The contest's accuracy and what it is made of.

    Attributes:
        accuracy: `frame_score / (tp + (fp + fn) / 2)`, in [0, 1]; 0 without any row.
        tp: Answer rows that are matched to a label row.
        fp: Answer rows that aren't.
        fn: Label rows that no answer row is matched to.
        frame_score: Sum over the matched answer rows of their share of right balls.
        score: Accuracy per kilojoule, the contest's final score; None where no energy is given.
        reason: Why nothing can be right ("the answer has no rows", say); else empty.
        label_row: `(N,)` int64, of each answer row the label row that it is matched to, -1 for none; None
            unless `matches` was asked for.
        row_score: `(N,)` float64, of each answer row its share of right balls; None likewise.
    """

    accuracy: float
    tp: int
    fp: int
    fn: int
    frame_score: float
    score: float | None
    reason: str
    label_row: npt.NDArray[np.int64] | None = None
    row_score: npt.NDArray[np.float64] | None = None

    def as_dict(self) -> dict[str, float | int | str | None]:
        """The numbers, as `e2tad score` prints them; `reason` only where there is one.

        Returns:
            A dict that JSON can hold.

        Source:
            DESIGN, "Command line".
        """
        shown: dict[str, float | int | str | None] = {
            "accuracy": self.accuracy,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
            "frame_score": self.frame_score,
            "score": self.score,
        }
        if self.reason:
            shown["reason"] = self.reason
        return shown


def accuracy(
    answer: Any,
    labels: Any,
    threshold: int = 10,
    *,
    energy_kj: float | None = None,
    matches: bool = False,
) -> AccuracyReport:
    """The contest's accuracy of an answer.

    An answer row is matched to the last label row at or before it that no earlier answer row has passed, or
    else to the next label row, within `threshold` frames; it scores the share of the labels' balls that it
    gives to the right person. Duplicate or unsorted frames, more rows than labels, and extra or missing
    columns are valid. A frame is an integer ("5.0" in a file is none); cells are compared as trimmed text. A
    ball column is one whose name starts with a number, and is reduced to it (`5_blue` is `5`); of two that
    become one the last counts.

    Args:
        answer: A path (read a row at a time: memory doesn't grow with the file); a list of dicts; a list of
            lists, the header first; a pandas or polars frame; or an `e2tad.data.ActionTable`.
        labels: The same kinds; held in memory.
        threshold: Frames that a match may lie apart, 0 or more.
        energy_kj: Energy that the answer took, kilojoules; gives `score`.
        matches: Report which answer row was matched to which label row.

    Returns:
        The report.

    Raises:
        OSError: If a file can't be opened.
        InputError: If there is no header or no column `frame`, or a frame is no integer; names file and line.
        ValueError: If `threshold` is negative, or `energy_kj` not above 0.
        TypeError: If `answer` or `labels` is none of the kinds.

    Source:
        LPCVC-2021 UAV-Video scorer. C++: `cpp/e2tad/metric/accuracy.hpp`.

    Example:
        >>> labels = [["frame", "5_blue"], [0, 3], [137, 1]]
        >>> accuracy([{"frame": 0, "5": 3}, {"frame": 140, "5": 2}], labels).accuracy
        0.5
    """
    if energy_kj is not None and not (energy_kj > 0 and math.isfinite(energy_kj)):
        raise ValueError(f"energy_kj: expected kilojoules above 0, got {energy_kj}")
    truth = to_table(labels, "labels")
    if isinstance(answer, str | os.PathLike):
        found = _core.accuracy_of_file(os.fspath(answer), truth, threshold, matches)
    else:
        found = _core.accuracy_of_table(to_table(answer, "answer"), truth, threshold, matches)
    return AccuracyReport(
        accuracy=found.accuracy,
        tp=found.tp,
        fp=found.fp,
        fn=found.fn,
        frame_score=found.frame_score,
        score=None if energy_kj is None else _core.contest_score(found.accuracy, energy_kj),
        reason=found.reason,
        label_row=found.label_row if matches else None,
        row_score=found.row_score if matches else None,
    )


@dataclass(frozen=True)
class MissingIds:
    """Ids in the labels that the tracks lack.

    Attributes:
        persons: Ascending.
        balls: Ball numbers as text, in the labels' order.
    """

    persons: tuple[int, ...]
    balls: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return bool(self.persons or self.balls)

    def __str__(self) -> str:
        """One line for a warning, such as `the tracks lack person 9 and ball 8 of the labels`."""
        parts = []
        if self.persons:
            parts.append(f"person {', '.join(map(str, self.persons))}")
        if self.balls:
            parts.append(f"ball {', '.join(self.balls)}")
        return f"the tracks lack {' and '.join(parts)} of the labels" if parts else "the tracks lack no id"


def missing_ids(labels: Any, tracks: Tracks) -> MissingIds:
    """Ids in the labels that the tracks lack: nothing decoded from these tracks can get them right.

    Args:
        labels: As for `accuracy`.
        tracks: The tracks.

    Returns:
        What is missing; false where nothing is.

    Raises:
        OSError: If a file can't be opened.
        InputError: If the labels aren't usable.

    Source:
        C++: `cpp/e2tad/metric/accuracy.hpp`.
    """
    persons, balls = _core.missing_ids(to_table(labels, "labels"), tracks)
    return MissingIds(tuple(persons), tuple(balls))
