"""Who catches which ball at which frame, from tracks."""

import json
from collections.abc import Mapping
from typing import Any

from e2tad import _core
from e2tad._arrays import IntArray
from e2tad.config import section_json
from e2tad.tracks import Tracks

NOBODY = 0
"""A ball that nobody holds, in an answer."""

UNKNOWN = -1
"""A holder that isn't known, in events."""

SIGNALS = ("raw", "dilated", "voted", "eroded", "holds")
"""The signals that a decoder may keep: the stages of `morphological`, and the holds of either decoder."""


class Actions:
    """What was decoded from tracks; every array is a copy of its own.

    Attributes:
        balls: Ids of the balls, the answer's columns.
        persons: Ids of the persons.
        start: Holder of each ball at the start; -1 where none is known.
        frames: `(T,)` int32. The observed frames that were decoded.
        catches: `(N, 4)` int32 rows of (frame, ball, from-person, to-person), sorted by frame and ball. The
            former holder is -1 where none was known, and never the new one.
        throws: `(N, 4)` int32, the same form: the last frame of a hold that another person's hold follows, or
            nobody's (`to` is -1).
        holds: `(N, 5)` int32 rows of (ball, person, first frame, last frame, frame of the catch).
        states: `(balls, T)` int32, decoder `hmm` only (else `(0, 0)`): the person's id, -1 just thrown,
            -2 about to be caught.

    Source:
        C++: `cpp/e2tad/action/decoder.hpp`.
    """

    def __init__(self, decoded: _core.Decoded, config: dict[str, Any]) -> None:
        self._decoded = decoded
        self._config = config
        self.balls: list[int] = decoded.balls
        self.persons: list[int] = decoded.persons
        self.start: list[int] = decoded.start
        self.frames: IntArray = decoded.frames
        self.catches: IntArray = decoded.catches
        self.throws: IntArray = decoded.throws
        self.holds: IntArray = decoded.holds
        self.states: IntArray = decoded.states

    @property
    def config(self) -> dict[str, Any]:
        """The section `action` that was decoded with, every field."""
        return self._config

    def answer(self, in_flight: str | None = None, merge: int | None = None) -> tuple[IntArray, IntArray]:
        """The rows of an answer: the start, then the catches.

        Args:
            in_flight: `hold`: a ball in flight keeps its last holder; `zero`: it has none. Default: as
                configured.
            merge: A row up to so many frames after the first row of a group joins it; the group stands at its
                first frame, with the holders of its last. Default: as configured.

        Returns:
            `(N,)` int32 frames, ascending from 0, and `(N, balls)` int32 holders, 0 for nobody.

        Raises:
            ValueError: If `in_flight` is neither, or `merge` is negative.

        Source:
            LPCVC-2021 UAV-Video, the form of the labels. C++: `cpp/e2tad/action/decoder.hpp`.
        """
        merge = self._config["merge"] if merge is None else merge
        if merge < 0:
            raise ValueError(f"merge: expected 0 or more, got {merge}")
        frames, holders = self._decoded.answer(in_flight or self._config["in_flight"], merge)
        return frames, holders

    def rows(self, in_flight: str | None = None, merge: int | None = None) -> list[dict[str, int]]:
        """The answer as one dict a row: `frame`, then each ball's number.

        Args:
            in_flight: See `answer`.
            merge: See `answer`.

        Returns:
            Rows that `e2tad.metric.accuracy` takes.

        Raises:
            ValueError: See `answer`.

        Source:
            LPCVC-2021 UAV-Video, the form of the labels.
        """
        frames, holders = self.answer(in_flight, merge)
        names = [str(ball) for ball in self.balls]
        return [
            {"frame": int(frame), **{name: int(holder) for name, holder in zip(names, row, strict=True)}}
            for frame, row in zip(frames, holders, strict=True)
        ]

    def signals(self, ball: int) -> dict[str, list[tuple[int, int, int]]]:
        """The gated signals of one ball, for a plot.

        Args:
            ball: The ball's id.

        Returns:
            Stage (`raw dilated voted eroded holds`, those that the decoder keeps) to rows of (person, first
            frame, last frame), both included.

        Raises:
            ValueError: If there is no such ball.

        Source:
            The paper, Figure 3.
        """
        if ball not in self.balls:
            raise ValueError(f"ball: expected one of {self.balls}, got {ball}")
        signals = {}
        for stage in SIGNALS:
            rows: IntArray = getattr(self._decoded, stage)
            if stage == "holds" or self._config["decoder"] == "morphological":
                signals[stage] = [(int(r[1]), int(r[2]), int(r[3])) for r in rows[rows[:, 0] == ball]]
        return signals


def resolve_config(config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The section `action` with every field.

    Args:
        config: Fields that differ from the defaults, e.g. `{"decoder": "morphological", "theta": 10}`.

    Returns:
        The defaults with those fields replaced.

    Raises:
        ConfigError: For an unknown field, a wrong type, or a value out of range; it names the field.

    Source:
        C++: `cpp/e2tad/action/config.hpp`, the only home of the defaults.

    >>> resolve_config({"theta": 10})["theta"]
    10
    """
    resolved: dict[str, Any] = json.loads(_core.action_config(section_json(config, "action")))
    return resolved


def decode(tracks: Tracks, config: Mapping[str, Any] | None = None, init: Tracks | None = None) -> Actions:
    """Decodes tracks into catches and throws.

    Args:
        tracks: Boxes with identities, in pixels of the video.
        config: Fields of the section `action` that differ from the defaults.
        init: Sightings of the start, in any unit of length (the rows of the contest's init.csv): its balls
            are the answer's columns, its frames 0-10 tell who holds them then. Default: the tracks' own.

    Returns:
        The catches, throws, holds and signals.

    Raises:
        ConfigError: See `resolve_config`.
        InputError: If the tracks have far too many identities.

    Source:
        `morphological`: the paper, Section 3.3 and Figure 3. C++: `cpp/e2tad/action/`.

    >>> import numpy as np
    >>> from e2tad.tracks import make_tracks
    >>> frame = np.repeat(np.arange(40), 3)
    >>> left = np.clip(np.arange(40) * 20 - 200, 0, 400)
    >>> box = [b for x in left for b in ([0, 0, 50, 100], [400, 0, 450, 100], [x, 40, x + 10, 50])]
    >>> tracks = make_tracks(frame, [0, 0, 1] * 40, [1, 2, 5] * 40, box)
    >>> decode(tracks, {"decoder": "morphological"}).rows()
    [{'frame': 0, '5': 1}, {'frame': 30, '5': 2}]
    """
    resolved = resolve_config(config)
    return Actions(_core.decode_actions(tracks, json.dumps(resolved), init), resolved)


def repair(tracks: Tracks, config: Mapping[str, Any] | None = None) -> Tracks:
    """Mends exchanged identities and fills gaps, as `decode` does first where `repair` is set.

    Args:
        tracks: Boxes with identities, in pixels of the video.
        config: Fields of the section `action` that differ from the defaults; `continuity` is used.

    Returns:
        New tracks of the same observed frames; filled boxes are ordinary rows.

    Raises:
        ConfigError: See `resolve_config`.
        InputError: If the tracks have far too many identities.

    Source:
        C++: `cpp/e2tad/action/repair.hpp`.
    """
    return _core.repair_tracks(tracks, section_json(config, "action"))
