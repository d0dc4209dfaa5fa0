"""The loop that every training shares: batches by step, schedule, averages, logs, resuming."""

import json
import logging
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from rich.progress import Progress, TextColumn
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from e2tad import InputError
from e2tad.commands.common import messages
from e2tad.files import locked, replacing
from e2tad.settings import Settings
from e2tad.training.loop_settings import LoopSettings

_STATE = "last.ckpt"


class StepBatches:
    """Batches that are functions of their step alone, so that a resumed run sees what it would have seen.

    Args:
        batch: Gives the batch of a step, counted from 0 over the whole run.
        steps_per_epoch: Batches of an epoch.
        done: Gives the steps that are done when an epoch starts or goes on.

    Source:
        Lightning resumes within an epoch where a loader has `state_dict`; here no random stream has to be
        saved.
    """

    def __init__(self, batch: Callable[[int], Any], steps_per_epoch: int, done: Callable[[], int]) -> None:
        self._batch = batch
        self._steps_per_epoch = steps_per_epoch
        self._done = done

    def __len__(self) -> int:
        """Batches of an epoch."""
        return self._steps_per_epoch

    def __iter__(self) -> Iterator[Any]:
        """The batches from the first one that is not done to the epoch's last."""
        first = self._done()
        last = (first // self._steps_per_epoch + 1) * self._steps_per_epoch
        return (self._batch(step) for step in range(first, last))

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the trainer knows the steps done; present so that Lightning resumes within an epoch."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gives."""


class AveragedTraining(pl.LightningModule):
    """A network in training, its moving average, AdamW, warm-up and cosine.

    Args:
        net: What is trained and kept.
        settings: The loop's.
        steps_per_epoch: Batches of an epoch.

    Source:
        DESIGN, Dependencies (Lightning: loops, resuming, several devices); Loshchilov et al.,
        arXiv:1608.03983.
    """

    def __init__(self, net: nn.Module, settings: LoopSettings, steps_per_epoch: int) -> None:
        super().__init__()
        self.net = net
        self.settings = settings
        self.steps_per_epoch = steps_per_epoch
        self.average: AveragedModel | None = None
        if settings.average_decay > 0:
            average = get_ema_multi_avg_fn(settings.average_decay)  # type: ignore[no-untyped-call]
            self.average = AveragedModel(net, multi_avg_fn=average, use_buffers=True)
            # Several devices wait for the gradient of everything that has one.
            self.average.requires_grad_(False)

    def kept(self) -> nn.Module:
        """The network whose weights the run leaves behind: the average, else the trained one."""
        return self.average.module if self.average is not None else self.net

    def rate(self, step: int) -> float:
        """Share of the highest learning rate.

        Args:
            step: Steps done.

        Returns:
            From .01 to 1 along a line over the warm-up, then along a half cosine to `final_rate`.

        Source:
            Loshchilov et al., arXiv:1608.03983, Equation (5), without restarts.
        """
        warmup = self.settings.warmup_epochs * self.steps_per_epoch
        total = self.settings.epochs * self.steps_per_epoch
        if step < warmup:
            return 0.01 + 0.99 * step / warmup
        share = min(1.0, (step - warmup) / max(1.0, total - warmup))
        low = self.settings.final_rate
        return low + (1 - low) * 0.5 * (1 + math.cos(math.pi * share))

    def configure_optimizers(self) -> Any:
        """AdamW; biases and normalisation are not decayed."""
        trained = [p for p in self.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": self.settings.weight_decay},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=self.settings.learning_rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Steps, then moves the average: before any callback, so that a saved state has both."""
        super().optimizer_step(*args, **kwargs)
        if self.average is not None:
            self.average.update_parameters(self.net)


class _StepBar(Callback):
    """Steps of the run on stderr, with what the module logs for the bar; stdout is kept for results."""

    def __init__(self) -> None:
        self._bar = Progress(
            *Progress.get_default_columns(), TextColumn("{task.fields[now]}"), console=messages
        )
        self._task = self._bar.add_task("training", now="")

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self._bar.update(self._task, total=trainer.estimated_stepping_batches)
        if messages.is_terminal and trainer.is_global_zero:
            self._bar.start()

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now = " ".join(f"{name} {float(value):.3g}" for name, value in trainer.progress_bar_metrics.items())
        self._bar.update(self._task, completed=trainer.global_step, now=now)

    def teardown(self, trainer: pl.Trainer, module: pl.LightningModule, stage: str) -> None:
        self._bar.stop()


def precision_of(loop: LoopSettings) -> Literal["32-true", "bf16-mixed", "16-mixed"]:
    """The arithmetic's precision on this machine.

    Args:
        loop: The loop's settings.

    Returns:
        As they say; of `auto` what the machine does well.

    Source:
        `LoopSettings.precision`.
    """
    if loop.precision != "auto":
        return loop.precision
    if loop.accelerator != "cpu" and torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


def run_training(
    module: AveragedTraining,
    settings: Settings,
    loop: LoopSettings,
    out: Path,
    *,
    progress: bool = True,
    callbacks: tuple[Callback, ...] = (),
) -> None:
    """Trains to the end, from the newest state in `out` where there is one.

    With several devices each has a process of its own, in which the whole program runs up to here; all but
    the first end with the training.

    Args:
        module: What is trained; it brings its batches (`train_dataloader`).
        settings: The run's whole document; it is written to `out/config.json`.
        loop: The loop's part of it.
        out: Folder of the run: `config.json`, `logs/version_N/metrics.csv` (one a start),
            TensorBoard's events and `last.ckpt`.
        progress: Show a bar on stderr.
        callbacks: More of Lightning's callbacks.

    Raises:
        InputError: If `out` holds a run with other settings, another training works in it, its state is
            damaged, or there is no such accelerator.
        KeyboardInterrupt: On Ctrl-C.

    Source:
        DESIGN, Command line: "training resumes after an interruption"; "every run writes the resolved
        document".
    """
    if loop.devices > 1 and parent_process() is not None:
        raise InputError("/train/devices: expected 1 in a table or sweep, whose trainings run side by side")
    out.mkdir(parents=True, exist_ok=True)
    if os.environ.get("LOCAL_RANK", "0") != "0":  # Of a further device: the first has the lock.
        _fit(module, loop, out, progress, callbacks)
        sys.exit(0)
    with locked(out, "training"):
        _keep_settings(settings, out)
        _fit(module, loop, out, progress, callbacks)


def _keep_settings(settings: Settings, out: Path) -> None:
    """Writes the settings beside the run, unless they are others than those that it was begun with."""
    document = settings.model_dump_json(indent=2) + "\n"
    kept = out / "config.json"
    if kept.exists() and any((out / name).exists() for name in (_STATE, "weights.pt")):
        try:
            begun = json.loads(kept.read_bytes())
        except ValueError as error:
            raise InputError(f"{kept}: not JSON ({error})") from error
        if begun != json.loads(document):
            raise InputError(f"{kept}: a run with other settings; go on with those, or choose another folder")
    with replacing(kept) as part:
        part.write_text(document)


def _state_of(out: Path) -> str | None:
    """The state to go on from, looked at first: Lightning's own errors don't name it."""
    state = out / _STATE
    if not state.exists():
        return None
    try:
        torch.load(state, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise InputError(
            f"{state}: not a training's state, or damaged; without it the training begins anew"
        ) from error
    return str(state)


def _fit(
    module: AveragedTraining, loop: LoopSettings, out: Path, progress: bool, callbacks: tuple[Callback, ...]
) -> None:
    state = _state_of(out)
    # Lightning tells about devices that aren't there and other products; warnings still come through.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    if loop.threads:
        torch.set_num_threads(loop.threads)
    with warnings.catch_warnings():
        # A folder with a run's state is meant to be gone on with; the other is between Lightning and torch.
        warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")
        warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated")
        trainer = _trainer(
            loop.accelerator,
            devices=loop.devices,
            precision=precision_of(loop),
            max_epochs=loop.epochs,
            gradient_clip_val=loop.gradient_norm or None,
            logger=[
                CSVLogger(out, name="logs"),
                TensorBoardLogger(out, name="", version="tensorboard"),
            ],
            callbacks=[
                ModelCheckpoint(
                    dirpath=out,
                    filename="last",
                    every_n_train_steps=loop.checkpoint_steps,
                    enable_version_counter=False,
                ),
                *([_StepBar()] if progress else []),
                *callbacks,
            ],
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            log_every_n_steps=min(10, module.steps_per_epoch),
        )
        try:
            trainer.fit(module, ckpt_path=state, weights_only=True)
        except SystemExit as ended:
            # Lightning ends the program itself on Ctrl-C.
            if not trainer.interrupted:
                raise
            messages.print("interrupted; the same command goes on from the last saved state")
            raise KeyboardInterrupt from ended


def _trainer(accelerator: str, **options: Any) -> pl.Trainer:
    try:
        return pl.Trainer(accelerator=accelerator, **options)
    except MisconfigurationException as error:
        reason = " ".join(str(error).split())
        raise InputError(f"/train/accelerator, /train/devices: {reason}") from error
