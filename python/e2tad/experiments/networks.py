"""Tasks that train networks and make their model files."""

from typing import Any, TypeVar

from e2tad.experiments.sets import read_by, rendered
from e2tad.experiments.tasks import Stage, Task
from e2tad.patches import merge_patch
from e2tad.settings import expand_path
from e2tad.training.detector_settings import DetectorTraining
from e2tad.training.reid_settings import ReidTraining

Training = TypeVar("Training", DetectorTraining, ReidTraining)
"""Of a detector or of an embedder."""

TRAINING_CORE = ("core", "geometry", "detect", "synth", "video")
"""Modules of the C++ core that trainings use."""

TRAIN = Stage("network", "e2tad.experiments.stages.networks:train", TRAINING_CORE)
"""A training."""

EXPORT = Stage("model", "e2tad.experiments.stages.networks:export", TRAINING_CORE)
"""A model file."""


def trained(
    training: DetectorTraining | ReidTraining, start: Task | None = None, harmonizer: Task | None = None
) -> Task:
    """A training as a task.

    Args:
        training: The training.
        start: The training whose weights it starts from; None: as `training` says.
        harmonizer: What makes the model that harmonises; None: as `training` says.

    Returns:
        The task; its folder gets `weights.pt`.

    Raises:
        ConfigError: If a set or a path in it isn't usable.

    Source:
        DESIGN, Command line (the experiments): shared stages run once.
    """
    document = training.model_dump(mode="json")
    settings: dict[str, Any] = {
        "network": network_of(training),
        "training": document,
        "start": start is not None,
        "harmonizer": harmonizer is not None,
    }
    sets, reads = training_data(training)
    if training.model.start is not None:
        reads = (*reads, expand_path(training.model.start, "/model/start"))
    made = tuple(task for task in (harmonizer, start) if task is not None)
    return Task(TRAIN, settings, (*sets, *made), reads)


def start_of(training: Training, start: dict[str, Any]) -> Training:
    """The training that another one goes on from.

    Args:
        training: That which goes on.
        start: What differs in the first one, a merge patch.

    Returns:
        It, without test data, which only what goes on is measured on.

    Raises:
        ConfigError: If the patch doesn't make a training.

    Source:
        As `trained`.
    """
    document = merge_patch(training.model_dump(mode="json"), start)
    document["data"] |= {key: None for key in ("test", "test_balls") if key in document["data"]}
    return type(training).parse(document, "/start")


def trained_from(
    training: DetectorTraining, start: dict[str, Any] | None, harmonizer: Task | None = None
) -> Task:
    """A detector's training with the one that it goes on from, as a task.

    Args:
        training: As in `trained`.
        start: As in `start_of`; rows for which that comes to the same share it. None: there is none.
        harmonizer: As in `trained`.

    Returns:
        As `trained`.

    Raises:
        ConfigError: As `trained` and `start_of`.

    Source:
        As `trained`.
    """
    first = None if start is None else trained(start_of(training, start))
    return trained(training, first, harmonizer)


def exported(weights: Task, training: DetectorTraining | ReidTraining, int8: bool) -> Task:
    """The model file of a trained network as a task.

    Args:
        weights: What trained it.
        training: Whose pictures give the ranges of INT8.
        int8: Quantise.

    Returns:
        The task; its folder gets `model.ptl`.

    Raises:
        ConfigError: As `trained`.

    Source:
        As `trained`.
    """
    document = training.model_dump(mode="json") if int8 else None
    sets, reads = training_data(training) if int8 else ((), ())
    settings = {"network": network_of(training), "weights": None, "int8": int8, "training": document}
    return Task(EXPORT, settings, (weights, *sets), reads)


def model_file(weights: str, field: str) -> Task:
    """The model file of given weights as a task.

    Args:
        weights: Weights (.pt) in floats.
        field: The setting that names them.

    Returns:
        The task; its folder gets `model.ptl`.

    Raises:
        ConfigError: If the path names a variable that isn't set.

    Source:
        `e2tad export`.
    """
    settings = {"network": "", "weights": weights, "int8": False, "training": None}
    return Task(EXPORT, settings, reads=(expand_path(weights, field),))


def training_data(training: DetectorTraining | ReidTraining) -> tuple[tuple[Task, ...], tuple[Any, ...]]:
    """What a training reads.

    Args:
        training: The training.

    Returns:
        The tasks that render its simulated sets, and the folders of the others.

    Raises:
        ConfigError: As `trained`.

    Source:
        As `trained`.
    """
    document = training.model_dump(mode="json")
    return rendered(document, crops=isinstance(training, ReidTraining)), read_by(document)


def network_of(training: DetectorTraining | ReidTraining) -> str:
    """`detector` or `embedder`."""
    return "detector" if isinstance(training, DetectorTraining) else "embedder"
