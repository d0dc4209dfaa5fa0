"""From a video to catches: the whole system, as one call or frame by frame."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad import _core, data
from e2tad._arrays import FloatArray, IntArray
from e2tad._core import InputError
from e2tad.action import Actions
from e2tad.adapt import RegionReason
from e2tad.config import Config
from e2tad.data import Init
from e2tad.reid import ReplayEmbedder
from e2tad.sources import detector_of, embedder_of, with_packaged_networks
from e2tad.tracks import Tracks

Progress = Callable[[int, int], None]
"""Called with the number of the frame that was just detected and the video's frames in all, -1 if unknown."""

Source = str | os.PathLike[str] | int
"""A file, a stream's URL, or a camera's index."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a walk, when it is done.

    Attributes:
        number: From 0.
        time_s: Seconds since the first frame.
        sampled: False for a frame that was looked at only because init.csv names its boxes.
        seeded: The boxes and ids are those of init.csv.
        region: `(left, top, width, height)` that was fed to the detector, pixels of `picture`.
        reason: Why that region.
        boxes: `(N, 4)` float32 ltrb pixels of the video.
        scores: `(N,)` float32.
        classes: `(N,)` int32. 0 person, 1 ball.
        ids: `(N,)` int32; -1 where none.
        picture: `(H, W, 3)` uint8, BGR, as it lay in the image queue.
    """

    number: int
    time_s: float
    sampled: bool
    seeded: bool
    region: tuple[int, int, int, int]
    reason: RegionReason
    boxes: FloatArray
    scores: FloatArray
    classes: IntArray
    ids: IntArray
    picture: npt.NDArray[np.uint8]


class Run:
    """What a run found, and what it cost.

    Attributes:
        tracks: Boxes with identities at the sampled frames, pixels of the video.
        actions: Catches, throws and signals.
        config: The document that the run was made with.
        video: What the container says of the video.
        summary: `stages` (seconds, items and bytes of each), `counts`, `seconds`, `energy` (joules or None,
            method, seconds, note), `memory`, `picture` (width, height) and `warnings`.

    Source:
        C++: `cpp/e2tad/pipeline/report.hpp`.
    """

    def __init__(self, result: _core.RunResult, config: dict[str, Any]) -> None:
        self.config = config
        self.tracks: Tracks = result.tracks
        self.actions = Actions(result.actions, config["action"])
        self.video: _core.VideoInfo = result.video
        self.summary: dict[str, Any] = json.loads(result.summary)

    @property
    def warnings(self) -> list[str]:
        """What was wrong with the video, or is odd about the result; one line each."""
        return list(self.summary["warnings"])

    def answer(self) -> tuple[IntArray, IntArray]:
        """The rows of actions.csv.

        Returns:
            `(N,)` int32 frames and `(N, balls)` int32 holders, 0 for nobody; see `Actions.answer`.

        Source:
            LPCVC-2021 UAV-Video, the form of the labels.
        """
        return self.actions.answer()

    def frame(self) -> Any:
        """The tracks as a pandas frame.

        Returns:
            Columns `frame class id left top right bottom`, a row an observation; class is `person` or
            `ball`.

        Raises:
            ImportError: If pandas isn't installed.

        Source:
            DESIGN, Command line: what Python mirrors.
        """
        import pandas

        tracks = self.tracks
        columns: dict[str, Any] = {
            "frame": tracks.frame,
            "class": np.where(tracks.object_class == 0, "person", "ball"),
            "id": tracks.id,
        }
        for i, side in enumerate(("left", "top", "right", "bottom")):
            columns[side] = tracks.box[:, i]
        return pandas.DataFrame({name: np.array(column) for name, column in columns.items()})


class Stream:
    """A walk that gives each frame as it is done; iterate over it.

    Source:
        C++: `cpp/e2tad/pipeline/pipeline.hpp`.
    """

    def __init__(self, session: _core.Session, history: int) -> None:
        self._session = session
        self._history = history
        self.config: dict[str, Any] = json.loads(session.config)
        self.video: _core.VideoInfo = session.info

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames, in order, until the source ends."""
        while frames := self._session.next(None):
            self._session.keep_last(self._history)
            for frame in frames:
                yield Frame(
                    number=frame.number,
                    time_s=frame.time_s,
                    sampled=frame.sampled,
                    seeded=frame.seeded,
                    region=frame.region,
                    reason=RegionReason(frame.reason),
                    boxes=frame.boxes,
                    scores=frame.scores,
                    classes=frame.classes,
                    ids=frame.ids,
                    picture=self._session.picture(),
                )

    @property
    def tracks(self) -> Tracks:
        """Boxes with identities of the last `history` sampled frames."""
        return self._session.tracks()

    def actions(self) -> Actions:
        """Catches in the last `history` sampled frames; later frames may still change the latest ones.

        Returns:
            As `e2tad.action.decode` gives.

        Source:
            C++: `cpp/e2tad/action/decoder.hpp`.
        """
        return Actions(self._session.actions(), self.config["action"])

    def finish(self) -> Run:
        """Ends the walk, even before the source does.

        Returns:
            What was found and what it cost.

        Source:
            C++: `cpp/e2tad/pipeline/pipeline.hpp`.
        """
        return Run(self._session.finish(), self.config)


class Pipeline:
    """Video and init.csv in, tracks and catches out.

    Args:
        config: A `Config`, or keys that differ from its defaults.
        detector: Such as a `detect.ReplayDetector`; None: what the configuration names.
        embedder: Such as a `reid.ReplayEmbedder`; None: what the configuration names.

    Raises:
        ConfigError: If a key or value isn't usable.
        InputError: If the configuration names neither a network nor recorded detections or features, or if
            the file isn't usable.

    Source:
        The paper, Section 3. C++: `cpp/e2tad/pipeline/pipeline.hpp`.
    """

    def __init__(
        self,
        config: Config | Mapping[str, Any] | None = None,
        *,
        detector: _core.Detector | None = None,
        embedder: _core.Embedder | None = None,
    ) -> None:
        given = config if isinstance(config, Config) else Config(config)
        self.config = given if detector and embedder else with_packaged_networks(given)
        self._recorded: Tracks | None = None
        if detector is None:
            detector, self._recorded = detector_of(self.config)
        self._detector = detector
        self._by_identity = embedder is None and self.config["pipeline.features"] == "identities"
        if self._by_identity and self._recorded is None:
            raise InputError(
                "/pipeline/features: `identities` needs recorded detections with ids: a folder or .txt file "
                "as /pipeline/detections"
            )
        if embedder is None and not self._by_identity:
            embedder = embedder_of(self.config)
        self._embedder = embedder

    def run(self, video: Source, init: Any = None, progress: Progress | None = None) -> Run:
        """A whole video.

        Args:
            video: A file, or a stream that ends.
            init: The contest's init.csv: a path or an `e2tad.data.Init`; None: identities open freely.
            progress: Called with each detected frame's number and the frames in all; what it raises ends
                the run.

        Returns:
            Tracks, catches and costs.

        Raises:
            OSError: If a file can't be read.
            InputError: If the video or init.csv isn't usable, or a network fails.

        Source:
            C++: `cpp/e2tad/pipeline/pipeline.hpp`.
        """
        session = self._session(video, init, self.config, "", 10.0)
        result = session.run(progress)
        return Run(result, json.loads(session.config))

    def stream(
        self,
        source: Source,
        init: Any = None,
        *,
        history: int = 1000,
        format: str = "",
        timeout_s: float = 10,
    ) -> Stream:
        """A walk frame by frame, by the schedule `frame`: for cameras, streams and notebooks.

        Frames come as they are worked off, so rows of init.csv serve from their own frame on
        (`association.look_ahead` off).

        Args:
            source: A camera's index, a stream's URL, or a file.
            init: As for `run`.
            history: Sampled frames that `tracks` and `actions` look back on; older ones are forgotten.
            format: FFmpeg's name of the input format, where the source doesn't tell it.
            timeout_s: Longest wait for a source that sends nothing; 0: for ever.

        Returns:
            An iterator of `Frame`.

        Raises:
            OSError: As `run`.
            InputError: As `run`.
            ValueError: If `history` isn't positive.

        Source:
            C++: `cpp/e2tad/pipeline/pipeline.hpp`.
        """
        if history < 1:
            raise ValueError(f"history: expected 1 or more, got {history}")
        config = self.config.merged({"pipeline": {"schedule": "frame"}, "association": {"look_ahead": False}})
        return Stream(self._session(source, init, config, format, timeout_s), history)

    def _session(
        self, source: Source, init: Any, config: Config, format: str, timeout_s: float
    ) -> _core.Session:
        name = str(source) if isinstance(source, int) else os.fspath(source)
        rows = init if init is None or isinstance(init, Init) else data.load_init(init)
        columns = None
        if rows is not None:
            share = np.ascontiguousarray(rows.share, dtype=np.float64)
            columns = (rows.frame, rows.object_class, rows.id, share)
        embedder = self._embedder
        if self._by_identity:
            assert self._recorded is not None
            embedder = _identity_embedder(self._recorded, rows, name, format, timeout_s)
        assert embedder is not None
        return _core.Session(
            source=name,
            init=columns,
            config=json.dumps(config.to_dict()),
            detector=self._detector,
            embedder=embedder,
            format=format,
            timeout_s=timeout_s,
        )


def _identity_embedder(
    recorded: Tracks, init: Init | None, source: str, format: str, timeout_s: float
) -> ReplayEmbedder:
    """Features that say what the ids say, of recorded tracks and of init.csv's boxes in that video."""
    known = [recorded]
    if init is not None:
        info = _core.VideoReader(source, 0, [], None, 0, 0, False, 1, True, format, timeout_s).info
        known.append(init.tracks((info.width, info.height)))
    return ReplayEmbedder.from_identities(*known)
