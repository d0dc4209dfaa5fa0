"""Batches of detection pictures as functions of their step."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from e2tad.data.detection_samples import IGNORED, Sample, SampleStore
from e2tad.training.detector_augment import colour_matrix, make_picture, recoloured, to_input
from e2tad.training.detector_loss import Targets
from e2tad.training.detector_settings import DetectorTraining

Batch = tuple[Tensor, Targets]
T = TypeVar("T")


class DetectorBatches:
    """Batches of changed pictures; functions of the seed, the step and the device.

    Args:
        samples: The training set.
        settings: The training.

    Source:
        `e2tad.training.loop.StepBatches`: exact resuming.
    """

    def __init__(self, samples: SampleStore, settings: DetectorTraining) -> None:
        self._samples = samples
        self._settings = settings
        train = settings.train
        self.steps_per_epoch = train.steps_per_epoch or -(-len(samples) // train.batch)

    def pictures(self, step: int, device: int = 0) -> list[Sample]:
        """The changed pictures of a step.

        Args:
            step: Counted from 0 over the run.
            device: Number of the device; each has other pictures.

        Returns:
            As many as a batch has.

        Source:
            As the class.
        """
        s = self._settings
        train = s.train
        mosaic = step < (train.epochs - train.plain_epochs) * self.steps_per_epoch
        made = []
        for slot in range(train.batch):
            random = np.random.default_rng([s.seed, step, device, slot])
            # The slot's own picture, and others beside it in a mosaic.
            others = random.integers(len(self._samples), size=3).tolist()
            drawn = map(self._samples.__getitem__, [self._index(step, device, slot), *others])
            size = (train.height_px, train.width_px)
            sample = make_picture(drawn, size, train.augment, s.ablation, random, mosaic)
            changed = recoloured(sample.pixels, colour_matrix(train.augment, random))
            made.append(replace(sample, pixels=changed))
        return made

    def __call__(self, step: int, device: int = 0) -> Batch:
        """The batch of a step: pictures `(N, 3, H, W)`, and what they show."""
        made = self.pictures(step, device)
        return to_input([sample.pixels for sample in made]), targets_of(made)

    def _index(self, step: int, device: int, slot: int) -> int:
        """Every picture once before any is seen again."""
        n, batch = len(self._samples), self._settings.train.batch
        position = (step * self._settings.train.devices + device) * batch + slot
        order = np.random.default_rng([self._settings.seed, position // n]).permutation(n)
        return int(order[position % n])


def targets_of(samples: list[Sample]) -> Targets:
    """What the loss is told about a batch.

    Args:
        samples: The pictures with their objects.

    Returns:
        All objects and regions, with the numbers of their pictures.

    Source:
        `e2tad.training.detector_loss.Targets`.
    """
    picture = np.concatenate([np.full(len(s.kind), i) for i, s in enumerate(samples)]).astype(np.int64)
    kind = np.concatenate([s.kind for s in samples])
    box = np.concatenate([s.box for s in samples])
    asked = kind < IGNORED
    centred = np.concatenate([(box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]], 1)
    return Targets(
        torch.from_numpy(picture[asked]),
        torch.from_numpy(kind[asked]),
        torch.from_numpy(centred[asked]),
        torch.from_numpy(picture[~asked]),
        torch.from_numpy(kind[~asked]),
        torch.from_numpy(box[~asked]),
    )


class Ahead(Generic[T]):
    """A function of steps, computed ahead on threads.

    Args:
        make: Gives what belongs to a step; the same, whenever it is asked.
        last: The first step that won't be asked for.
        workers: Threads; so many steps are ready or under way.

    Source:
        Reading, scaling and synthesis run without the interpreter's lock, so threads do.
    """

    def __init__(self, make: Callable[[int], T], last: int, workers: int) -> None:
        self._make = make
        self._last = last
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
        self._coming: dict[int, Future[T]] = {}

    def __call__(self, step: int) -> T:
        """What belongs to a step; the next ones are begun."""
        for ahead in range(step, min(step + self._workers + 1, self._last)):
            if ahead not in self._coming:
                self._coming[ahead] = self._pool.submit(self._make, ahead)
        return self._coming.pop(step).result()

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
