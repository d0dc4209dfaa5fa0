"""Where a run's detections and features come from: networks, or files of recorded ones."""

from e2tad import _core, data
from e2tad._core import InputError
from e2tad.config import Config
from e2tad.detect import ReplayDetector
from e2tad.reid import ReplayEmbedder
from e2tad.tracks import Tracks


def detector_of(config: Config) -> tuple[_core.Detector, Tracks | None]:
    """The detector that a configuration names.

    Args:
        config: `pipeline.detections` names recorded ones, else `detector.model` a network.

    Returns:
        The detector, and the tracks whose boxes it replays, if it replays tracks.

    Raises:
        InputError: If neither is named, or the file isn't usable.
        OSError: If the file can't be read.

    Source:
        DESIGN, Data flow: replays come with the core.
    """
    path = config["pipeline.detections"]
    if not path:
        if config["detector.model"]:
            # Networks load LibTorch; a replay need not wait for it.
            from e2tad.nn import Detector

            return Detector(**config["detector"]), None
        raise InputError(_missing("detector"))
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
        InputError: If neither is named, or the file isn't usable.
        OSError: If the file can't be read.

    Source:
        DESIGN, Data flow: replays come with the core.
    """
    path = config["pipeline.features"]
    if not path:
        if config["reid.model"]:
            from e2tad.nn import Embedder

            return Embedder(**config["reid"])
        raise InputError(_missing("embedder"))
    return ReplayEmbedder.load(path)


def _missing(what: str) -> str:
    section, recorded = {
        "detector": ("detector", "detections=TRACKS"),
        "embedder": ("reid", "features=F.npz"),
    }[what]
    return (
        f"/{section}/model: no {what} is named; train one (e2tad train), export it (e2tad export) and give "
        f"--set {section}.model=X.ptl, or replay recorded ones with --set pipeline.{recorded}"
    )
