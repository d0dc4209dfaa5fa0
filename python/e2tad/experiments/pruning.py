"""Embedders pruned and scaled: retrieval by size (Tables 3 and 4)."""

from typing import Any, Literal

from pydantic import Field, model_validator

from e2tad.experiments.document import Kind, Needed, Unit
from e2tad.experiments.networks import TRAINING_CORE, start_of, trained, training_data
from e2tad.experiments.sets import needed_training
from e2tad.experiments.tasks import Stage, Task
from e2tad.settings import Settings
from e2tad.training.reid_settings import ReidTraining

_METRICS = ("map", "r1", "r5", "gflops", "mparams", "ms_per_crop", "size_mb")


class Pruner(Settings):
    """How much goes, and how it is chosen; see `e2tad compress prune`."""

    sparsity: float = Field(default=0.0, ge=0, lt=1)
    """Share of the filters that goes; 0: the training goes on without pruning."""
    criterion: Literal["l1", "l2", "fpgm"] = "l1"
    """How filters are ranked."""
    schedule: Literal["one-shot", "iterative", "agp"] = "one-shot"
    """At once, or step by step in training."""
    distribution: Literal["uniform", "layerwise"] = "uniform"
    """The same share of each layer, or of all layers together."""
    multiple: int = Field(default=1, ge=1)
    """Filters that stay are a multiple of this."""
    until: float = Field(default=0.6, gt=0, le=1)
    """Step by step: share of the training at whose end all are gone."""
    updates: int = Field(default=20, ge=1)
    """Step by step: how often more go."""


class PruningSettings(Settings):
    """An embedder that is trained, made smaller and trained on; the experiment's seeds are its seeds."""

    training: ReidTraining
    """What follows the pruning."""
    start: dict[str, Any] = Field(default={})
    """What differs from `training` in the first training, a merge patch; rows for which that comes to the
    same share it."""
    pruning: Pruner = Pruner()
    """What goes."""
    deployed: Literal["fp32", "int8"] | None = None
    """Also write a model file of this form and time it; `int8` trains quantisation-aware."""
    rounds: int = Field(default=15, ge=1)
    """Of timing; the least time counts."""

    @model_validator(mode="after")
    def _one_of_them(self) -> "PruningSettings":
        if self.deployed == "int8" and self.pruning.sparsity > 0:
            raise ValueError("deployed int8 goes with sparsity 0: a row prunes or quantises")
        return self


FINETUNE = Stage("finetune", "e2tad.experiments.stages.pruning:finetune", TRAINING_CORE)
"""Pruning with the training that mends it."""

DEPLOY = Stage(
    "deploy", "e2tad.experiments.stages.pruning:deploy", (*TRAINING_CORE, "reid", "nn_torch"), alone=True
)
"""A model file, timed."""


def _plan(settings: PruningSettings, seed: int) -> list[Unit]:
    seeded = ReidTraining.parse(settings.training.model_dump(mode="json") | {"seed": seed})
    document = seeded.model_dump(mode="json")
    # The network comes from the start.
    document["model"]["start"] = None
    training = ReidTraining.parse(document)
    sets, reads = training_data(training)
    how = {
        "training": document,
        "pruning": settings.pruning.model_dump() if settings.pruning.sparsity > 0 else None,
        "int8": settings.deployed == "int8",
    }
    task = Task(FINETUNE, how, (*sets, trained(start_of(seeded, settings.start))), reads)
    if settings.deployed is not None:
        task = Task(DEPLOY, {"rounds": settings.rounds}, (task,))
    return [Unit(None, task)]


def _needed(settings: PruningSettings) -> list[Needed]:
    found = needed_training(settings.training, "/training")
    return found + needed_training(start_of(settings.training, settings.start), "/start")


KIND = Kind(PruningSettings, _METRICS, _plan, _needed)
"""Tables 3 and 4."""
