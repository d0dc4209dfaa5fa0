"""Embedders trained and measured on several tests: what makes them robust (paper Sec. 3.3)."""

from pydantic import model_validator

from e2tad.experiments.document import Kind, Needed, Unit
from e2tad.experiments.networks import trained
from e2tad.experiments.sets import needed, needed_training
from e2tad.experiments.tasks import Stage, Task
from e2tad.settings import Settings
from e2tad.training.reid_settings import ReidTraining

TESTS = ("occluded", "unseen")
"""The further tests that can be columns: occluded queries, and cameras that the training didn't have."""

_METRICS = ("map", "r1", "r5", *(f"{test}_{name}" for test in TESTS for name in ("map", "r1", "r5")))


class RetrievalSettings(Settings):
    """An embedder's training; the experiment's seeds are its seeds."""

    training: ReidTraining
    """The row's. Its `data.test` gives `map`, `r1` and `r5`, its `data.more_tests` those of `TESTS`."""

    @model_validator(mode="after")
    def _tests_are_known(self) -> "RetrievalSettings":
        if unknown := sorted(self.training.data.more_tests.keys() - set(TESTS)):
            raise ValueError(f"more_tests: expected {' or '.join(TESTS)}, got {', '.join(unknown)}")
        return self


RETRIEVED = Stage("retrieved", "e2tad.experiments.stages.retrieval:retrieved")
"""What a training measured, as a row's figures."""


def _plan(settings: RetrievalSettings, seed: int) -> list[Unit]:
    training = ReidTraining.parse(settings.training.model_dump(mode="json") | {"seed": seed})
    return [Unit(None, Task(RETRIEVED, {}, (trained(training),)))]


def _needed(settings: RetrievalSettings) -> list[Needed]:
    found = needed_training(settings.training, "/training")
    if settings.training.data.donors is not None:
        found.append(needed("/training/data/donors", settings.training.data.donors))
    return found


KIND = Kind(RetrievalSettings, _METRICS, _plan, _needed)
"""Robustness of re-identification."""
