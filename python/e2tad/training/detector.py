"""Training a detector: persons as boxes, balls as boxes or circles."""

import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from e2tad import InputError
from e2tad.data.annotated import Picture
from e2tad.data.detection import mix, open_set
from e2tad.data.detection_samples import SampleStore
from e2tad.evaluation.detection import evaluate, load_detector
from e2tad.files import replacing
from e2tad.models.files import save_weights
from e2tad.models.sizes import build, count_parameters
from e2tad.models.yolo import BoxForm, Detector
from e2tad.settings import expand_path
from e2tad.training.detector_batches import Ahead, Batch, DetectorBatches
from e2tad.training.detector_loss import DetectorLoss
from e2tad.training.detector_settings import DetectorTraining
from e2tad.training.finetune import Kept, Start
from e2tad.training.loop import AveragedTraining, StepBatches, run_training

Measure = Callable[[Detector], dict[str, Any]]


class DetectorModule(AveragedTraining):
    """A detector with its loss.

    Args:
        settings: The training.
        batches: Its batches.
        measure: Scores a network on the test data; None without any.
        start: A network to go on from; None: as the settings say.

    Source:
        YOLOv5, release 5.0; paper Sec. 3.3.
    """

    def __init__(
        self,
        settings: DetectorTraining,
        batches: DetectorBatches,
        measure: Measure | None = None,
        start: Start | None = None,
    ) -> None:
        net = cast(Detector, start.net).train() if start else _network(settings)
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        super().__init__(net, settings.train, batches.steps_per_epoch)
        self._loss = DetectorLoss(net.strides, net.anchors, net.box_form, settings.train.losses)
        self._batches = batches
        self._measure = measure
        self._start = start
        self._ahead: Ahead[Batch] | None = None
        self._workers = settings.train.workers

    def finished(self) -> Kept:
        """The network as the run would leave it behind now."""
        if self._start is not None:
            return self._start.keep(self.kept())
        kept = cast(Detector, self.kept())
        return Kept(kept, {"box_form": kept.box_form})

    def train_dataloader(self) -> StepBatches:
        """Batches by step."""

        def make(step: int) -> Batch:
            return self._batches(step, self.global_rank)

        source: Callable[[int], Batch] = make
        if self._workers:
            last = self.settings.epochs * self.steps_per_epoch
            source = self._ahead = Ahead(make, last, self._workers)
        return StepBatches(source, self.steps_per_epoch, lambda: self.global_step)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Moves the pictures and what they show."""
        return batch[0].to(device, non_blocking=True), batch[1].to(device)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of a batch."""
        pictures, targets = batch
        parts = cast(dict[str, Tensor], self._loss(self.net(pictures), targets))
        for name, value in parts.items():
            self.log(name, value.detach(), prog_bar=name == "loss")
        return parts["loss"]

    def on_train_epoch_end(self) -> None:
        """Measures the kept network every few epochs."""
        epoch = self.current_epoch + 1
        if self._measure is None or epoch % self.settings.evaluate_every or epoch == self.settings.epochs:
            return
        found = self._measure(cast(Detector, self.finished().net))
        for name in ("person", "ball"):
            if found[name] is not None:
                self.log(f"{name}_AP50", found[name]["AP50"], prog_bar=True)

    def close(self) -> None:
        """Ends the threads that prepare batches."""
        if self._ahead is not None:
            self._ahead.close()


def train_detector(
    settings: DetectorTraining,
    out: Path,
    *,
    progress: bool = True,
    callbacks: tuple[Callback, ...] = (),
    start: Start | None = None,
) -> dict[str, Any]:
    """Trains a detector; an interrupted run in `out` goes on where its last state was saved.

    Args:
        settings: The run.
        out: Its folder: `weights.pt` (FP32), `result.json`, `config.json`, `logs`, TensorBoard's events and
            `last.ckpt`.
        progress: Show a bar on stderr.
        callbacks: More of Lightning's callbacks.
        start: A network to go on from, in place of the settings' `model`.

    Returns:
        What `result.json` says: `config`, `parameters`, `train` (pictures, persons, balls), `test` (see
        `e2tad.evaluation.detection.score`; None without test data), `seconds` of this process, and
        `versions`.

    Raises:
        InputError: If data is missing or not usable, or `out` holds a run with other settings.

    Source:
        DESIGN, Command line: `e2tad train detector`.
    """
    started = time.monotonic()
    data, train = settings.data, settings.train
    pictures = training_pictures(settings)
    test = open_set(data.test, "/data/test") if data.test is not None else None
    pl.seed_everything(settings.seed, verbose=False)
    batches = DetectorBatches(SampleStore(pictures, data.longest_px, data.memory_mb), settings)
    measure = _measure(test, train.width_px) if test is not None else None
    module = DetectorModule(settings, batches, measure, start)
    if start is not None:
        callbacks = (*callbacks, *start.callbacks)
    try:
        run_training(module, settings, train, out, progress=progress, callbacks=callbacks)
    finally:
        module.close()
    kept = module.finished()
    size = (train.height_px, train.width_px)
    name = settings.model.name
    save_weights(out / "weights.pt", name, kept.net, size, quantised=kept.quantised, **kept.options)
    result = {
        "config": settings.model_dump(mode="json"),
        # INT8 layers hold theirs in another form; there are as many.
        "parameters": count_parameters(module.net if kept.quantised else kept.net),
        "train": {
            "pictures": len(pictures),
            "persons": sum(len(p.boxes("person")) for p in pictures),
            "balls": sum(len(p.boxes("ball")) for p in pictures),
        },
        "test": measure(cast(Detector, kept.net)) if measure is not None else None,
        "seconds": round(time.monotonic() - started, 1),
        "versions": {"torch": version("torch"), "lightning": version("lightning")},
    }
    with replacing(out / "result.json") as part:
        part.write_text(json.dumps(result, indent=2) + "\n")
    return result


def training_pictures(settings: DetectorTraining) -> list[Picture]:
    """The pictures that a run trains on.

    Args:
        settings: The run.

    Returns:
        Those of all its sets.

    Raises:
        InputError: If data is missing or not usable.

    Source:
        DESIGN, Command line: `e2tad train detector`.
    """
    return mix([open_set(source, f"/data/train/{i}") for i, source in enumerate(settings.data.train)])


def _measure(pictures: list[Picture], input_px: int) -> Measure:
    return lambda net: evaluate(net, pictures, input_px)


def _network(settings: DetectorTraining) -> Detector:
    form: BoxForm = "C" if settings.ablation.CircAnchor else "R"
    net = cast(Detector, build(settings.model.name, box_form=form))
    if settings.model.start is not None:
        path = expand_path(settings.model.start, "/model/start")
        start, _ = load_detector(path)
        if type(start) is not type(net):
            raise InputError(f"/model/start: {path} holds another network than {settings.model.name}")
        # The tensors are the same in both box forms; what they mean is learnt anew.
        net.load_state_dict(start.state_dict())
    return net
