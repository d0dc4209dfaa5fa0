"""INT8 networks: post-training quantisation, and quantisation-aware training."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch.callbacks import Callback
from PIL import Image
from torch import Tensor, nn

from e2tad import InputError
from e2tad.data.annotated import SUFFIXES, open_pictures
from e2tad.data.detection_samples import GREY
from e2tad.data.pictures import read_crops, read_picture
from e2tad.evaluation.embed import normalise
from e2tad.models.files import load_weights
from e2tad.models.quantised import Engine, convert, hold_normalisation, observers_on, prepare
from e2tad.models.sizes import build
from e2tad.training.detector import training_pictures
from e2tad.training.detector_settings import DetectorTraining
from e2tad.training.finetune import Kept, Start
from e2tad.training.loop import AveragedTraining
from e2tad.training.reid import training_crops
from e2tad.training.reid_settings import ReidModelSettings, ReidTraining
from e2tad.video import VideoReader

Images = npt.NDArray[np.uint8]

_BATCH = 16
"""Pictures a forward pass while ranges are recorded."""


def load_floats(weights: str | Path, activation: str | None = None) -> tuple[nn.Module, dict[str, Any]]:
    """Reads a network that is to be made small.

    Args:
        weights: `weights.pt` of a training.
        activation: Takes the place of a detector's own, which changes what it computes: its weights need
            training then. None keeps it.

    Returns:
        As `load_weights`.

    Raises:
        InputError: If the file isn't a network in floats, or the network has no such choice.
        OSError: If it can't be opened.

    Source:
        DESIGN, Command line: `e2tad compress`.
    """
    net, document = load_weights(weights)
    if document["quantised"] is not None:
        raise InputError(f"{weights}: expected a network in floats, this one is INT8 already")
    if activation is not None:
        if document["name"] == "reid":
            raise InputError(f"activation: {weights} is an embedder, which has no choice of it")
        document["options"] = {**document["options"], "activation": activation}
        state = net.state_dict()
        net = build(document["name"], **document["options"]).eval()
        net.load_state_dict(state)
    return net, document


def letterboxed(pixels: Images, size: tuple[int, int]) -> Images:
    """A picture scaled into a network's input as a whole, centred on grey.

    Args:
        pixels: `(h, w, 3)` uint8; not changed.
        size: `(H, W)` of the input.

    Returns:
        `(H, W, 3)` uint8; `GREY` where the picture isn't.

    Source:
        YOLOv5, release 5.0, `letterbox`.
    """
    height, width = pixels.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(pixels)
    if picture.size != fitted:
        picture = picture.resize(fitted, Image.Resampling.BILINEAR)
    laid = np.full((*size, 3), GREY, np.uint8)
    top, left = (size[0] - fitted[1]) // 2, (size[1] - fitted[0]) // 2
    laid[top : top + fitted[1], left : left + fitted[0]] = np.asarray(picture)
    return laid


def calibration_pictures(source: str | Path, name: str, size: tuple[int, int], most: int) -> Images:
    """Pictures as a network's input has them, spread evenly over a source.

    Args:
        source: A folder of pictures in any form of `open_pictures`, or a video.
        name: The network's: an embedder takes each picture as a crop, a detector takes it whole, with grey
            borders.
        size: `(height, width)` of its input.
        most: How many at most, at least 1.

    Returns:
        `(N, H, W, 3)` uint8, RGB.

    Raises:
        InputError: If there are no pictures, or one isn't readable.
        OSError: If something can't be opened.

    Source:
        Paper Sec. 3.1, footnote 1 (calibration data).
    """
    if most < 1:
        raise InputError(f"images: expected at least 1, got {most}")
    path = Path(source)
    if path.is_file() and path.suffix.lower() not in SUFFIXES:
        return np.stack([letterboxed(frame, size) for frame in _frames(path, most)])
    chosen = _spread([picture.path for picture in open_pictures(path)], most)
    if name == "reid":
        return read_crops(chosen, size)
    return np.stack([letterboxed(read_picture(picture), size) for picture in chosen])


def _frames(video: Path, most: int) -> list[Images]:
    count = sum(1 for _ in VideoReader(video, size=(32, 32)))
    wanted = sorted({i * count // most for i in range(min(most, count))})
    return [frame.image for frame in VideoReader(video, every=0, frames=wanted, rgb=True)]


def network_input(name: str, pictures: Images) -> Tensor:
    """Pictures as the floats that a network takes.

    Args:
        name: The network's.
        pictures: `(N, H, W, 3)` uint8, RGB.

    Returns:
        `(N, 3, H, W)` float32: an embedder's are normalised by ImageNet's mean and deviation, a detector's
        go from 0 to 1.

    Source:
        DESIGN, Models.
    """
    if name == "reid":
        return normalise(pictures)
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float() / 255


def calibrate(prepared: nn.Module, batches: Iterable[Tensor]) -> None:
    """Shows pictures to a network that records the ranges of its maps.

    Args:
        prepared: A network of `prepare`; its mode is as before afterwards.
        batches: `(N, 3, H, W)` each.

    Source:
        Jacob et al., arXiv:1712.05877, Sec. 3.1.
    """
    training = prepared.training
    prepared.eval()
    with torch.no_grad():
        for batch in batches:
            prepared(batch)
    prepared.train(training)


def in_batches(
    name: str, pictures: Images, progress: Callable[[int, int], None] | None = None
) -> Iterator[Tensor]:
    """Pictures in batches of a size that memory bears.

    Args:
        name: The network's.
        pictures: As `network_input`.
        progress: Called with pictures done and pictures in all.

    Yields:
        `(N, 3, H, W)` float32.

    Source:
        `network_input`.
    """
    for i in range(0, len(pictures), _BATCH):
        yield network_input(name, pictures[i : i + _BATCH])
        if progress:
            progress(min(i + _BATCH, len(pictures)), len(pictures))


def post_training(
    net: nn.Module,
    name: str,
    pictures: Images,
    engine: Engine = "qnnpack",
    progress: Callable[[int, int], None] | None = None,
) -> nn.Module:
    """An INT8 network by post-training quantisation.

    Args:
        net: The network in floats; not changed.
        name: The network's.
        pictures: Calibration data, `(N, H, W, 3)` uint8, RGB, N at least 1.
        engine: Who will run it.
        progress: Called with pictures done and pictures in all.

    Returns:
        The INT8 network in evaluation mode.

    Raises:
        InputError: If a part of the network has no INT8 form.

    Source:
        Paper Sec. 3.1, footnote 1 (PTQ); Jacob et al., arXiv:1712.05877.
    """
    prepared = prepare(net, engine, training=False)
    calibrate(prepared, in_batches(name, pictures, progress))
    return convert(prepared)


class RangeSchedule(Callback):
    """Holds the normalisation, later the ranges, of a network in quantisation-aware training.

    Args:
        normalisation: Share of the run after which running statistics are held.
        ranges: Share of the run after which the maps' ranges are.

    Source:
        Krishnamoorthi, arXiv:1806.08342, Sec. 3.2.
    """

    def __init__(self, normalisation: float = 0.5, ranges: float = 0.75) -> None:
        self._normalisation = normalisation
        self._ranges = ranges

    def on_train_batch_start(
        self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """By the step alone, so that a resumed run is where the whole one was."""
        assert isinstance(module, AveragedTraining)
        share = trainer.global_step / trainer.estimated_stepping_batches
        observers_on(module.net, share < self._ranges)
        if share >= self._normalisation:
            hold_normalisation(module.net)


def aware_start(
    net: nn.Module, name: str, options: dict[str, Any], pictures: Images, engine: Engine = "qnnpack"
) -> Start:
    """What a training goes on from to be quantisation-aware.

    Args:
        net: The network in floats; not changed.
        name: The network's.
        options: What it was built with.
        pictures: Some of the training's, for the first ranges; as `post_training`.
        engine: Who will run the INT8 network.

    Returns:
        The start; what the training keeps is INT8.

    Raises:
        InputError: If a part of the network has no INT8 form.

    Source:
        Paper Sec. 3.1 (QAT); Jacob et al., arXiv:1712.05877, Sec. 3.
    """
    prepared = prepare(net, engine, training=True)
    calibrate(prepared, in_batches(name, pictures))
    return Start(
        prepared, lambda trained: Kept(convert(trained), options, engine), callbacks=(RangeSchedule(),)
    )


def first_pictures(settings: ReidTraining | DetectorTraining, most: int = 128) -> Images:
    """Some of a training's pictures, for the first ranges of a network that it makes quantisation-aware.

    Args:
        settings: The training.
        most: How many at most.

    Returns:
        `(N, H, W, 3)` uint8, RGB, spread evenly over its pictures, as the network takes them.

    Raises:
        InputError: If data is missing.
        OSError: If something can't be opened.

    Source:
        `aware_start`.
    """
    if isinstance(settings, ReidTraining):
        size = (settings.data.height_px, settings.data.width_px)
        return read_crops(_spread(training_crops(settings).path, most), size)
    size = (settings.train.height_px, settings.train.width_px)
    chosen = _spread(training_pictures(settings), most)
    return np.stack([letterboxed(np.ascontiguousarray(p.read()[..., ::-1]), size) for p in chosen])


def with_model(
    settings: ReidTraining | DetectorTraining, name: str, options: dict[str, Any]
) -> ReidTraining | DetectorTraining:
    """A training whose document tells of the network that it goes on from.

    Args:
        settings: The training.
        name: The network's.
        options: What it was built with.

    Returns:
        A copy with the network's own settings in `model` and, of a detector, its boxes' form.

    Source:
        DESIGN, Configuration: every run writes the resolved document.
    """
    if isinstance(settings, ReidTraining):
        own = {key: value for key, value in options.items() if key != "channels"}
        return settings.model_copy(update={"model": ReidModelSettings.parse(own, "options")})
    circles = options.get("box_form", "R") == "C"
    changes = {
        "model": settings.model.model_copy(update={"name": name, "start": None}),
        "ablation": settings.ablation.model_copy(update={"CircAnchor": circles}),
    }
    return settings.model_copy(update=changes)


def _spread(all_of_them: Sequence[Any], most: int) -> list[Any]:
    n = len(all_of_them)
    return [all_of_them[i * n // most] for i in range(most)] if n > most else list(all_of_them)
