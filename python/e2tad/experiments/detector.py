"""Detectors trained from a shared start, measured on balls (Table 1)."""

from typing import Any

from pydantic import Field

from e2tad.experiments.document import Kind, Needed, Unit
from e2tad.experiments.networks import model_file, trained
from e2tad.experiments.sets import needed, needed_training
from e2tad.experiments.tasks import Stage, Task
from e2tad.patches import merge_patch
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


BALLS = Stage("balls", "e2tad.experiments.stages.detector:balls")
"""What a training measured, as a row's figures."""


def start_of(settings: DetectorSettings, seed: int) -> DetectorTraining | None:
    """The training that a row goes on from.

    Args:
        settings: The row's.
        seed: The run's.

    Returns:
        It, without test data, which only rows are measured on; None where there is none.

    Raises:
        ConfigError: If the patch doesn't make a training.

    Source:
        DESIGN, Command line (the experiments): shared stages run once.
    """
    if settings.start is None:
        return None
    document = merge_patch(_seeded(settings.training, seed), settings.start)
    document["data"]["test"] = None
    return DetectorTraining.parse(document, "/start")


def _plan(settings: DetectorSettings, seed: int) -> list[Unit]:
    first = start_of(settings, seed)
    start = trained(first) if first is not None else None
    row = DetectorTraining.parse(_seeded(settings.training, seed))
    harmonizer = model_file(settings.harmonizer, "/harmonizer") if settings.harmonizer else None
    return [Unit(None, Task(BALLS, {}, (trained(row, start, harmonizer),)))]


def _seeded(training: DetectorTraining, seed: int) -> dict[str, Any]:
    return training.model_dump(mode="json") | {"seed": seed}


def _needed(settings: DetectorSettings) -> list[Needed]:
    start = start_of(settings, 0)
    found = needed_training(settings.training, "/training")
    if settings.harmonizer is not None:
        found.append(needed("/harmonizer", settings.harmonizer))
    return found + (needed_training(start, "/start") if start else [])


KIND = Kind(DetectorSettings, _METRICS, _plan, _needed)
"""Table 1."""
