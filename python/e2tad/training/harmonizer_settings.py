"""What a training of RainNet can be told; the only home of its defaults."""

from typing import Annotated

from pydantic import Field, model_validator

from e2tad.data.detection import DetectionSource
from e2tad.settings import Settings
from e2tad.training.loop_settings import LoopSettings

Share = Annotated[float, Field(ge=0, le=1)]


class HarmonizerData(Settings):
    """Pictures to train on and to test on."""

    train: tuple[DetectionSource, ...] = Field(min_length=1)
    """Sets whose foregrounds are disturbed: persons with masks, and balls' circles that can be seen whole."""
    test: tuple[DetectionSource, ...] = ()
    """Sets that are measured every `evaluate_every` epochs and at the end; none for no test."""
    size_px: int = Field(default=128, ge=16, le=1024)
    """Height and width of what the network sees: a window around a foreground."""


class RainNetSettings(Settings):
    """The network; see `e2tad.models.RainNet`."""

    width: int = Field(default=16, ge=1, le=256)
    """Channels of the first level."""
    levels: int = Field(default=5, ge=1, le=8)
    """How often the extent is halved."""
    start: str | None = None
    """Weights to start from, of the same network; null: random ones."""


class Disturbance(Settings):
    """How a foreground's colours are changed; each change is drawn anew for each window."""

    exposure_stops: float = Field(default=0.9, ge=0, le=3)
    """Light is doubled or halved up to so many times."""
    balance_stops: float = Field(default=0.35, ge=0, le=2)
    """Each channel is scaled by up to so many doublings of its own."""
    gamma: float = Field(default=0.5, ge=0, le=2)
    """Values are raised to the power of 2 to at most plus or minus this."""
    contrast: float = Field(default=0.4, ge=0, lt=1)
    """Relative change of the contrast around the mean, either way."""
    saturation: float = Field(default=0.6, ge=0, le=1)
    """Relative change of the distance from grey, either way."""
    transfer: Share = 0.3
    """Probability that the foreground takes another picture's mean and deviation in Lab instead."""


class HarmonizerTrain(LoopSettings):
    """How it is trained."""

    batch: int = Field(default=16, ge=1)
    """Windows in a batch."""
    steps_per_epoch: int = Field(default=100, ge=1)
    """Batches in an epoch; windows are drawn, so that no epoch sees all."""
    disturbance: Disturbance = Disturbance()
    """Changes of the foregrounds."""
    variation: Share = 0.5
    """Whole windows, foreground and background alike, are changed first by up to this share of `disturbance`:
    few pictures can't be learnt by heart then. Not in the test."""
    recoloured: Share = 0.0
    """Share of the windows whose channels change places first, for the same reason. Not in the test."""
    test_windows: int = Field(default=200, ge=1)
    """Windows that are measured."""


class HarmonizerTraining(Settings):
    """A training of RainNet: `e2tad train harmonizer --config`."""

    seed: int = Field(default=0, ge=0, lt=1 << 32)
    """Of the starting weights and of the windows."""
    data: HarmonizerData
    """Pictures to train on and to test on."""
    model: RainNetSettings = RainNetSettings()
    """The network."""
    train: HarmonizerTrain = HarmonizerTrain()
    """How it is trained."""

    @model_validator(mode="after")
    def _halves_well(self) -> "HarmonizerTraining":
        if self.data.size_px % (1 << self.model.levels):
            raise ValueError(
                f"/data/size_px must be a multiple of 2 to the power of {self.model.levels} levels"
            )
        return self
