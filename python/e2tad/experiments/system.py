"""The whole system on simulated clips: accuracy, time, energy and tracks, idea by idea (Table 5)."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from e2tad.config import Config
from e2tad.experiments.document import Kind, Needed, Rows, Unit
from e2tad.experiments.networks import exported, model_file, trained
from e2tad.experiments.paper_energy import as_on_the_paper_machine
from e2tad.experiments.sets import FILM, needed, needed_training
from e2tad.experiments.stages.places import MADE
from e2tad.experiments.tasks import Stage, Task
from e2tad.settings import Settings, expand_path
from e2tad.training.detector_settings import DetectorTraining
from e2tad.training.reid_settings import ReidTraining

_METRICS = (
    "accuracy",
    "energy_kj",
    "score",
    "hota",
    "idf1",
    "seconds",
    "decode_seconds",
    "detect_seconds",
    "embed_seconds",
    "embedded",
    "peak_mb",
)


class Clips(Settings):
    """What the system is shown; the experiment's seeds are the worlds'."""

    presets: tuple[str, ...] = Field(min_length=1)
    """One clip a preset and seed."""
    frames: int | None = Field(default=None, ge=1)
    """Their length; null: that of the contest's clips."""
    size: tuple[int, int] = (960, 540)
    """Width and height, pixels."""
    labels: Literal["noisy", "exact", "official"] = "noisy"
    """Against which the catches are scored."""


class Switches(Settings):
    """The paper's switches."""

    ReID: bool = False
    """The embedder `on`, trained with occlusion and adversarial views."""
    Det: bool = False
    """The detector `on`, trained with DebiasTr and ImgComp."""
    Action: bool = False
    """Morphology against raw contacts."""
    AdpInf: bool = False
    """Activity region cropping and collision inspection."""
    Pipeline: bool = False
    """The schedule `cached` against `frame`."""
    CircAnchor: bool | None = None
    """Of balls' crops only the circle is shown to the embedder; null: as the defaults have it."""


class Detector(Settings):
    """A detector: a file, or a training."""

    weights: str | None = None
    """A model file (.ptl), or weights (.pt); null with `training`: those that it makes; null without it: the
    packaged ones."""
    training: DetectorTraining | None = None
    """Trained first, once for all rows."""
    int8: bool = True
    """Of `training`: quantised, with ranges from its pictures."""


class Embedder(Settings):
    """An embedder: a file, or a training."""

    weights: str | None = None
    """As of `Detector`."""
    training: ReidTraining | None = None
    """As of `Detector`."""
    int8: bool = True
    """As of `Detector`."""


class Detectors(Settings):
    """The detectors that `Det` chooses from."""

    off: Detector = Detector()
    """Without the switch."""
    on: Detector = Detector()
    """With it."""


class Embedders(Settings):
    """The embedders that `ReID` chooses from."""

    off: Embedder = Embedder()
    """Without the switch."""
    on: Embedder = Embedder()
    """With it."""


class SystemSettings(Settings):
    """A configuration of the whole system."""

    clips: Clips
    """What it is shown."""
    ablation: Switches = Switches()
    """The paper's switches."""
    detectors: Detectors = Detectors()
    """Which networks `Det` means."""
    embedders: Embedders = Embedders()
    """Which networks `ReID` means."""
    config: dict[str, Any] = Field(default={})
    """What else differs from the defaults of `e2tad config`; it has the last word."""
    repeats: int = Field(default=1, ge=1)
    """Runs of a clip; the quickest one's times count."""

    def resolved(self) -> Config:
        """The pipeline's document, networks aside.

        Returns:
            The defaults, the switches and `config`, in this order.

        Source:
            DESIGN, Configuration.
        """
        return (
            Config({"ablation": self.ablation.model_dump(exclude_none=True)})
            .merged({"energy": {"source": "model"}})
            .merged(self.config, "/config")
        )


_MODULES = "core geometry metric video detect reid associate action adapt energy pipeline nn_torch"
MEASURE = Stage("system", "e2tad.experiments.stages.system:measure", tuple(_MODULES.split(" ")), alone=True)
"""The system on a clip."""


def _model(network: Detector | Embedder) -> tuple[str, Task | None]:
    """The model's path, or `MADE` and the task that makes it."""
    weights = network.weights
    if weights is not None and weights.endswith(".ptl"):
        return str(expand_path(weights, "/weights")), None
    if network.training is not None:
        return MADE, exported(trained(network.training), network.training, network.int8)
    if weights is not None:
        return MADE, model_file(weights, "/weights")
    return "", None


def _plan(settings: SystemSettings, seed: int) -> list[Unit]:
    switches = settings.ablation
    detectors, embedders = settings.detectors, settings.embedders
    detector, detector_task = _model(detectors.on if switches.Det else detectors.off)
    embedder, embedder_task = _model(embedders.on if switches.ReID else embedders.off)
    made = [task for task in (detector_task, embedder_task) if task is not None]
    reads = tuple(Path(path) for path in (detector, embedder) if path and path != MADE)
    units = []
    for preset in settings.clips.presets:
        clip = f"{preset}_s{seed}"
        film = {
            "preset": preset,
            "seed": seed,
            "frames": settings.clips.frames,
            "size": list(settings.clips.size),
        }
        measured = {
            "clip": clip,
            "labels": settings.clips.labels,
            "config": settings.resolved().to_dict(),
            "detector": detector,
            "reid": embedder,
            "repeats": settings.repeats,
        }
        units.append(Unit(clip, Task(MEASURE, measured, (Task(FILM, film), *made), reads or _packaged())))
    return units


def _packaged() -> tuple[Path, ...]:
    from e2tad.sources import WEIGHTS

    return (WEIGHTS / "detector.ptl", WEIGHTS / "reid.ptl")


def _needed(settings: SystemSettings) -> list[Needed]:
    found = []
    for name, pair in (("detectors", settings.detectors), ("embedders", settings.embedders)):
        switch = settings.ablation.Det if name == "detectors" else settings.ablation.ReID
        side = "on" if switch else "off"
        network: Detector | Embedder = getattr(pair, side)
        where = f"/{name}/{side}"
        if network.weights is not None:
            found.append(needed(f"{where}/weights", network.weights))
        if network.training is not None:
            found += needed_training(network.training, f"{where}/training")
    return found


def _energy(settings: SystemSettings) -> str:
    source = settings.resolved()["energy.source"]
    modelled = (
        "modelled: the line through the paper's Table 2, with times scaled so that the first row costs what "
        "the paper's does, which it therefore meets by construction"
    )
    if source == "auto":
        return f"the processor's counters (rapl) where they can be read, else {modelled}"
    return modelled if source == "model" else str(source)


def _finish(rows: Rows) -> None:
    as_on_the_paper_machine(rows, "seconds")
    for _, runs in rows:
        for run in runs:
            accuracy, energy = run["metrics"]["accuracy"], run["metrics"].get("energy_kj")
            run["metrics"]["score"] = accuracy / energy if energy else None


KIND = Kind(SystemSettings, _METRICS, _plan, _needed, _energy, _finish)
"""Table 5, and other ablations of the whole system."""
