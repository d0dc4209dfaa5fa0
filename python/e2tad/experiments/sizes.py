"""Detectors beside each other: size, speed, precision, energy (Table 2)."""

from typing import Any, Literal

from pydantic import Field

from e2tad.data.detection import DetectionSource
from e2tad.experiments.document import Kind, Needed, Rows, Unit
from e2tad.experiments.networks import TRAINING_CORE, start_of, trained_from
from e2tad.experiments.paper_energy import as_on_the_paper_machine
from e2tad.experiments.sets import needed, needed_sets, needed_training, read_by, rendered
from e2tad.experiments.tasks import Stage, Task
from e2tad.patches import merge_patch
from e2tad.settings import Settings, expand_path
from e2tad.training.detector_settings import DetectorTraining

_METRICS = ("gflops", "mparams", "seconds_per_frame", "fps", "map", "person_map", "ball_map", "energy_kj")


class SizesSettings(Settings):
    """A detector at an input size."""

    model: Literal["yolov5s", "yolo_mobile_v1", "yolo_mobile_v2"]
    """Which one."""
    input: int = Field(ge=32, le=4096, multiple_of=32)
    """Side of the input, pixels."""
    activation: Literal["hardswish", "relu"] | None = None
    """For the time alone: in place of an activation that has no INT8 form."""
    rounds: int = Field(default=15, ge=1)
    """Of timing; the least time counts."""
    weights: str | None = None
    """Weights whose precision is measured at this input; null: those of `training`, or none."""
    training: DetectorTraining | None = None
    """Trained first; its network is `model`, and the experiment's seeds are its seeds."""
    start: dict[str, Any] | None = None
    """What differs from `training` in the training that it goes on from, as in Table 1, whose last row gives
    the same network where both files say the same; null: none."""
    test: DetectionSource | None = None
    """Where precision is measured."""


WEIGH = Stage(
    "weigh", "e2tad.experiments.stages.sizes:weigh", ("core", "detect", "geometry", "nn_torch"), alone=True
)
"""Size and speed."""

JUDGE = Stage("judge", "e2tad.experiments.stages.sizes:judge", TRAINING_CORE)
"""Precision."""

JOIN = Stage("sizes", "e2tad.experiments.stages.sizes:join")
"""A row."""


def _plan(settings: SizesSettings, seed: int) -> list[Unit]:
    weighed = {key: getattr(settings, key) for key in ("model", "input", "activation", "rounds")}
    tasks = [Task(WEIGH, weighed)]
    if settings.test is not None and (settings.weights is not None or settings.training is not None):
        tasks.append(_judged(settings, settings.test, seed))
    return [Unit(None, Task(JOIN, {}, tuple(tasks)))]


def _judged(settings: SizesSettings, source: DetectionSource, seed: int) -> Task:
    test = source.model_dump(mode="json")
    needs, reads = rendered(test, crops=False), read_by(test)
    weights = None
    if settings.weights is not None:
        weights = str(expand_path(settings.weights, "/weights"))
        reads = (*reads, expand_path(weights, "/weights"))
    elif settings.training is not None:
        needs = (*needs, trained_from(_training(settings.training, settings.model, seed), settings.start))
    return Task(JUDGE, {"weights": weights, "test": test, "input": settings.input}, needs, reads)


def _training(training: DetectorTraining, model: str, seed: int) -> DetectorTraining:
    return DetectorTraining.parse(
        merge_patch(training.model_dump(mode="json"), {"seed": seed, "model": {"name": model}})
    )


def _needed(settings: SizesSettings) -> list[Needed]:
    found = []
    if settings.weights is not None:
        found.append(needed("/weights", settings.weights))
    if settings.training is not None:
        found += needed_training(settings.training, "/training")
        if settings.start is not None:
            found += needed_training(start_of(settings.training, settings.start), "/start")
    if settings.test is not None:
        found += needed_sets(settings.test.model_dump(mode="json"), "/test")
    return found


def _energy(settings: SizesSettings) -> str:
    return (
        "modelled: the line through the paper's Table 2, with times scaled so that the first row costs what "
        "the paper's does, which it therefore meets by construction"
    )


def _finish(rows: Rows) -> None:
    as_on_the_paper_machine(rows, "seconds_per_frame")


KIND = Kind(SizesSettings, _METRICS, _plan, _needed, _energy, _finish)
"""Table 2."""
