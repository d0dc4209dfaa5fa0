"""Training RainNet: foregrounds whose colours were disturbed get those of their surroundings back."""

import json
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from e2tad.data.detection import DetectionSource, mix, open_set
from e2tad.data.foregrounds import Changes, Foregrounds, Window
from e2tad.evaluation.harmonizer import as_input, by_network, compare, foreground_error, held_out
from e2tad.files import replacing
from e2tad.models.files import save_weights
from e2tad.models.rainnet import RainNet
from e2tad.models.sizes import count_parameters
from e2tad.training.finetune import take_start
from e2tad.training.harmonizer_settings import Disturbance, HarmonizerTraining, RainNetSettings
from e2tad.training.loop import AveragedTraining, StepBatches, run_training

TEST_SEED = 1_000_003
"""Of the windows that are measured: the same for every run, so that runs can be compared."""


def foregrounds(
    sources: tuple[DetectionSource, ...],
    size: int,
    disturbance: Disturbance,
    where: str,
    variation: float = 0.0,
    recoloured: float = 0.0,
) -> Foregrounds:
    """The windows of some sets.

    Args:
        sources: The sets.
        size: Height and width of a window.
        disturbance: Changes of the foregrounds.
        where: The sources' path in their document, for errors.
        variation: Of whole windows; see `Foregrounds`.
        recoloured: The same.

    Returns:
        The windows.

    Raises:
        InputError: If a set can't be read, or no foreground is in them.
        OSError: If something can't be opened.

    Source:
        DESIGN, Models (RainNet).
    """
    pictures = mix([open_set(source, f"{where}/{i}") for i, source in enumerate(sources)])
    return Foregrounds(pictures, size, Changes(**disturbance.model_dump()), variation, recoloured)


def foreground_loss(fitted: Tensor, truth: Tensor, mask: Tensor, least: float = 100.0) -> Tensor:
    """Squared error over the foreground, divided by its extent.

    Args:
        fitted: `(N, 3, H, W)`.
        truth: The same.
        mask: `(N, 1, H, W)`.
        least: Smaller foregrounds, in pixels, count as this large, so that they don't rule the batch.

    Returns:
        The mean over the batch.

    Source:
        Sofiiuk et al., arXiv:2006.00809, Equation (3) (foreground-normalised MSE).
    """
    error = ((fitted - truth).square() * mask).sum((1, 2, 3))
    return (error / (3 * mask.sum((1, 2, 3)).clamp_min(least))).mean()


class HarmonizerModule(AveragedTraining):
    """RainNet in training.

    Args:
        settings: The run.
        train: Windows to train on.
        test: Windows to measure on; none for no measuring.

    Source:
        Ling et al., CVPR 2021; `foreground_loss` takes the place of its adversarial losses.
    """

    def __init__(self, settings: HarmonizerTraining, train: Foregrounds, test: list[Window]) -> None:
        super().__init__(_network(settings.model), settings.train, settings.train.steps_per_epoch)
        self._run = settings
        self._train = train
        self._test = test

    def train_dataloader(self) -> StepBatches:
        """Batches by step."""
        return StepBatches(self.batch, self.steps_per_epoch, lambda: self.global_step)

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """The batch of a step: pictures, masks and truths."""
        random = np.random.default_rng([self._run.seed, step, self.global_rank])
        windows = [self._train.draw(random) for _ in range(self._run.train.batch)]
        truth = torch.from_numpy(np.stack([window.truth for window in windows]))
        return (*as_input(windows), truth.permute(0, 3, 1, 2).contiguous())

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Loss of a batch; `fMSE` is logged in squared steps of 255."""
        picture, mask, truth = batch
        loss = foreground_loss(self.net(picture, mask), truth, mask)
        self.log("loss", loss)
        self.log("fMSE", loss * 255**2, prog_bar=True)
        return loss

    def on_train_epoch_end(self) -> None:
        """Measures the kept network every few epochs."""
        epoch = self.current_epoch + 1
        if not self._test or (epoch % self.settings.evaluate_every and epoch != self.settings.epochs):
            return
        found = foreground_error(self._test, by_network(self.kept())(self._test))
        for name, value in found.items():
            self.log(f"test_{name}", value, prog_bar=name == "fMSE")


def train_harmonizer(
    settings: HarmonizerTraining,
    out: Path,
    *,
    progress: bool = True,
    callbacks: tuple[Callback, ...] = (),
) -> dict[str, Any]:
    """Trains RainNet; an interrupted run in `out` goes on where its last state was saved.

    Args:
        settings: The run.
        out: Its folder: `weights.pt`, `result.json`, `config.json`, `logs`, TensorBoard's events
            and `last.ckpt`.
        progress: Show a bar on stderr.
        callbacks: More of Lightning's callbacks.

    Returns:
        What `result.json` says: `config`, `parameters`, `train` (foregrounds), `test` (as
        `e2tad.evaluation.harmonizer.compare`; None without test data), `seconds` of this process, `versions`.

    Raises:
        InputError: If data is missing, or `out` holds a run with other settings.

    Source:
        DESIGN, Command line: `e2tad train harmonizer`.
    """
    started = time.monotonic()
    data, train = settings.data, settings.train
    source = foregrounds(
        data.train, data.size_px, train.disturbance, "/data/train", train.variation, train.recoloured
    )
    test: list[Window] = []
    if data.test:
        unseen = foregrounds(data.test, data.size_px, train.disturbance, "/data/test")
        test = held_out(unseen, train.test_windows, TEST_SEED)
    pl.seed_everything(settings.seed, verbose=False)
    module = HarmonizerModule(settings, source, test)
    run_training(module, settings, train, out, progress=progress, callbacks=callbacks)
    kept = module.kept()
    save_weights(
        out / "weights.pt", "rainnet", kept, (data.size_px, data.size_px), **_options(settings.model)
    )
    result = {
        "config": settings.model_dump(mode="json"),
        "parameters": count_parameters(kept),
        "train": {"foregrounds": len(source)},
        "test": compare(test, kept) if test else None,
        "seconds": round(time.monotonic() - started, 1),
        "versions": {"torch": version("torch"), "lightning": version("lightning")},
    }
    with replacing(out / "result.json") as part:
        part.write_text(json.dumps(result, indent=2) + "\n")
    return result


def _options(model: RainNetSettings) -> dict[str, Any]:
    return model.model_dump(exclude={"start"})


def _network(model: RainNetSettings) -> RainNet:
    net = RainNet(**_options(model))
    take_start(net, model.start)
    return net
