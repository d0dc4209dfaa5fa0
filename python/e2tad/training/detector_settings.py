"""What a training of a detector can be told; the only home of its defaults."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from e2tad import synth
from e2tad.data.detection import DetectionSource
from e2tad.patches import merge_patch
from e2tad.settings import Settings
from e2tad.training.loop_settings import LoopSettings

Share = Annotated[float, Field(ge=0, le=1)]
Side = Annotated[int, Field(ge=32, le=4096, multiple_of=32)]


class DetectorData(Settings):
    """Pictures to train on and to test on."""

    train: tuple[DetectionSource, ...] = Field(min_length=1)
    """Sets that are mixed."""
    test: DetectionSource | None = None
    """Measured every `evaluate_every` epochs and at the end; null for no test."""
    memory_mb: int = Field(default=4000, ge=0)
    """Pictures are kept in memory, scaled, up to so many megabytes; the others are read at each use."""
    longest_px: int = Field(default=640, ge=64, le=8192)
    """The longer side that larger pictures are scaled to as they are read."""


class DetectorModelSettings(Settings):
    """The network; see `e2tad.models`."""

    name: Literal["yolov5s", "yolo_mobile_v1", "yolo_mobile_v2"] = "yolo_mobile_v1"
    """Which detector."""
    start: str | None = None
    """Weights to start from, of the same network; null: random ones."""


class DetectorAblation(Settings):
    """The paper's switches of a detector's training, by the paper's names (Tables 1 and 5)."""

    ImgComp: bool = True
    """Balls are put on the pictures (harmonisation-aware image composition)."""
    DebiasTr: bool = True
    """Patches that aren't balls are put on the pictures (texture-shape debiased training)."""
    CircAnchor: bool = True
    """Balls are circles to the head, the assignment, the loss and the suppression: C-boxes."""
    Det: bool | None = None
    """Both ImgComp and DebiasTr, or neither, whatever these say; null: as they say."""


class DetectorAugment(Settings):
    """Changes of the training pictures, drawn for each anew."""

    mosaic: Share = 0.5
    """Probability that a picture is put together of parts of four."""
    scale: tuple[float, float] = (0.6, 1.5)
    """Smallest and largest scale, where 1 fits the whole picture into the input; evenly in the logarithm."""
    flip: Share = 0.5
    """Probability of a mirrored picture."""
    brightness: Share = 0.3
    """Largest relative change of brightness, and of contrast."""
    saturation: Share = 0.4
    """Largest relative change of saturation."""
    hue_degrees: float = Field(default=15, ge=0, le=180)
    """Largest turn of the hue."""
    composed: Share = 0.3
    """With ImgComp: share of the pictures that get balls."""
    compose: dict[str, Any] = Field(default={})
    """Of `e2tad.synth.compose`, what differs from its defaults."""
    harmonizer: str = "statistics"
    """What fits the balls to the picture: `none`, `statistics`, `rainnet` or a model file (see
    `e2tad.synth.harmonizer`)."""
    debiased: Share = 0.4
    """With DebiasTr: share of the pictures that get patches."""
    debias: dict[str, Any] = Field(default={})
    """Of `e2tad.synth.debias`, what differs from its defaults."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not 0.05 <= self.scale[0] <= self.scale[1] <= 20:
            raise ValueError(f"scale: expected two growing numbers from 0.05 to 20, got {list(self.scale)}")
        names = (*synth.HARMONIZERS, *synth.PACKAGED)
        if self.harmonizer not in names and not self.harmonizer.endswith(synth.MODEL_SUFFIXES):
            known = ", ".join(names)
            raise ValueError(
                f"harmonizer: expected {known} or a file ending in {' or '.join(synth.MODEL_SUFFIXES)}, "
                f"got {self.harmonizer}"
            )
        synth.settings("compose", self.compose)
        synth.settings("debias", self.debias)
        return self


class DetectorLosses(Settings):
    """Weights of the losses, and who is asked for what."""

    box: float = Field(default=0.3, ge=0)
    """Of the boxes' and circles' overlap."""
    objectness: float = Field(default=1.0, ge=0)
    """Of the objectness' cross entropy."""
    classes: float = Field(default=0.2, ge=0)
    """Of the classes' cross entropy."""
    anchor_ratio: float = Field(default=3.0, gt=1)
    """An anchor is asked for objects whose sides are within this factor of its own. YOLOv5 has 4, with
    which the smallest of `MOBILE_ANCHORS` would be asked for most persons too."""


class DetectorTrain(LoopSettings):
    """How it is trained."""

    batch: int = Field(default=16, ge=1)
    """Pictures a step."""
    width_px: Side = 416
    """Of the input."""
    height_px: Side = 256
    """Of the input; 256 holds a 16:9 picture of width 416."""
    steps_per_epoch: int | None = Field(default=None, ge=1)
    """Null: as many as show every picture once."""
    workers: int = Field(default=0, ge=0, le=64)
    """Threads that prepare batches ahead; 0: none. The weights don't depend on it."""
    losses: DetectorLosses = DetectorLosses()
    """The losses."""
    augment: DetectorAugment = DetectorAugment()
    """Changes of the pictures."""
    plain_epochs: int = Field(default=0, ge=0)
    """Last epochs without mosaic, so that training ends on pictures as they are met."""


class DetectorTraining(Settings):
    """A training of a detector: `e2tad train detector --config`."""

    seed: int = Field(default=0, ge=0, lt=1 << 32)
    """Of the starting weights, the batches and the augmentation."""
    data: DetectorData
    """Pictures to train on and to test on."""
    model: DetectorModelSettings = DetectorModelSettings()
    """The network."""
    ablation: DetectorAblation = DetectorAblation()
    """The paper's switches."""
    train: DetectorTrain = DetectorTrain()
    """How it is trained."""

    @classmethod
    def expanded(cls, document: Any) -> Any:
        """Writes out `ablation.Det`; see `Settings.expanded`."""
        both = document.get("ablation", {}) if isinstance(document, dict) else {}
        if not isinstance(both, dict) or not isinstance(both.get("Det"), bool):
            return document
        return merge_patch(document, {"ablation": {"ImgComp": both["Det"], "DebiasTr": both["Det"]}})
