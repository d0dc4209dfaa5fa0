"""Where a run's detections and features come from: networks, or files of recorded ones."""

from pathlib import Path

from e2tad import _core, data
from e2tad.config import Config
from e2tad.detect import ReplayDetector
from e2tad.reid import ReplayEmbedder
from e2tad.tracks import Tracks

WEIGHTS = Path(__file__).parent / "weights"
"""The packaged networks with their cards: `detector.ptl` (YOLO-MobileV1), `detector_v2.ptl`, `reid.ptl`, and
`rainnet.ptl`, which `e2tad.synth` knows by name."""

_BY_NAME = {"yolo_mobile_v1": "detector.ptl", "yolo_mobile_v2": "detector_v2.ptl"}
"""Of `detector.model`, what means a packaged network."""


def with_packaged_networks(config: Config) -> Config:
    """The configuration with the packaged networks where it names neither one nor recorded results.

    Args:
        config: Any. As `detector.model`, `yolo_mobile_v1` and `yolo_mobile_v2` name packaged ones.

    Returns:
        One in which both networks are named, so that it can be written beside what they find.

    Source:
        DESIGN, Command line (`e2tad demo`: the packaged INT8 models).
    """
    delta = {}
    for section, recorded in (("detector", "detections"), ("reid", "features")):
        if not config[f"{section}.model"] and not config[f"pipeline.{recorded}"]:
            delta[section] = {"model": str(WEIGHTS / f"{section}.ptl")}
    if config["detector.model"] in _BY_NAME:
        delta["detector"] = {"model": str(WEIGHTS / _BY_NAME[config["detector.model"]])}
    return config.merged(delta) if delta else config


def detector_of(config: Config) -> tuple[_core.Detector, Tracks | None]:
    """The detector that a configuration names.

    Args:
        config: `pipeline.detections` names recorded ones, else `detector.model` a network.

    Returns:
        The detector, and the tracks whose boxes it replays, if it replays tracks.

    Raises:
        InputError: If the file isn't usable.
        OSError: If the file can't be read.

    Source:
        DESIGN, Data flow: replays come with the core.
    """
    path = config["pipeline.detections"]
    if not path:
        # Networks load LibTorch; a replay need not wait for it.
        from e2tad.nn import Detector

        return Detector(**config["detector"]), None
    if path.endswith(".npz"):
        return ReplayDetector.load(path), None
    tracks = data.open_tracks(path)
    return ReplayDetector(tracks), tracks


def embedder_of(config: Config) -> _core.Embedder:
    """The embedder that a configuration names.

    Args:
        config: `pipeline.features` names recorded features, else `reid.model` a network.

    Returns:
        The embedder.

    Raises:
        InputError: If the file isn't usable.
        OSError: If the file can't be read.

    Source:
        DESIGN, Data flow: replays come with the core.
    """
    path = config["pipeline.features"]
    if not path:
        from e2tad.nn import Embedder

        return Embedder(**config["reid"])
    return ReplayEmbedder.load(path)
