"""Detectors trained from a shared start, measured on balls (Table 1)."""

from typing import Any

from pydantic import Field

from e2tad.experiments.document import Kind, Needed, Unit
from e2tad.experiments.networks import TRAINING_CORE, model_file, start_of, trained_from
from e2tad.experiments.sets import needed, needed_training, read_by, rendered
from e2tad.experiments.tasks import Stage, Task
from e2tad.settings import Settings
from e2tad.training.detector_settings import DetectorTraining

_METRICS = ("precision", "recall", "ap50", "ap50_95", "person_ap50", "person_ap50_95")


class DetectorSettings(Settings):
    """A detector's training; the experiment's seeds are its seeds."""

    training: DetectorTraining
    """The row's. Its `ablation` has the paper's switches."""
    start: dict[str, Any] | None = Field(default=None)
    """What differs from `training` in the training that it goes on from, a merge patch; rows for which that
    comes to the same share it. Null: none."""
    harmonizer: str | None = None
    """Weights (.pt) of a RainNet that harmonises, in place of what `training` says."""
    test_px: int | None = Field(default=None, ge=32, le=8192)
    """Longer side of the input that it is measured at; null: that of `training`. With larger scales of
    augmentation a training on parts of pictures is measured on whole ones."""


BALLS = Stage("balls", "e2tad.experiments.stages.detector:balls")
"""What a training measured, as a row's figures."""

MEASURED = Stage("balls", "e2tad.experiments.stages.detector:measured", TRAINING_CORE)
"""The same of a detector that is measured at an input of its own."""


def _plan(settings: DetectorSettings, seed: int) -> list[Unit]:
    training = DetectorTraining.parse(settings.training.model_dump(mode="json") | {"seed": seed})
    harmonizer = model_file(settings.harmonizer, "/harmonizer") if settings.harmonizer else None
    weights = trained_from(training, settings.start, harmonizer)
    if settings.test_px is None or training.data.test is None:
        return [Unit(None, Task(BALLS, {}, (weights,)))]
    test = training.data.test.model_dump(mode="json")
    given = {"test": test, "input": settings.test_px}
    return [Unit(None, Task(MEASURED, given, (*rendered(test, crops=False), weights), read_by(test)))]


def _needed(settings: DetectorSettings) -> list[Needed]:
    found = needed_training(settings.training, "/training")
    if settings.harmonizer is not None:
        found.append(needed("/harmonizer", settings.harmonizer))
    if settings.start is not None:
        found += needed_training(start_of(settings.training, settings.start), "/start")
    return found


KIND = Kind(DetectorSettings, _METRICS, _plan, _needed)
"""Table 1."""
