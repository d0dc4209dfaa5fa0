"""From crops to features with an embedder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from e2tad import InputError
from e2tad._arrays import FloatArray
from e2tad.data.pictures import IMAGENET_DEVIATION, IMAGENET_MEAN, read_crops
from e2tad.models.files import load_weights

BALL_SIZE = (64, 64)
"""Height and width of a ball's crop, as the pipeline cuts it."""


def normalise(crops: npt.NDArray[np.uint8]) -> Tensor:
    """What the embedder takes.

    Args:
        crops: `(N, H, W, 3)` uint8, RGB.

    Returns:
        `(N, 3, H, W)` float32, of ImageNet's mean 0 and deviation 1, channels last in memory.

    Source:
        DESIGN, Models ("ImageNet mean and deviation").
    """
    x = torch.from_numpy(crops).permute(0, 3, 1, 2).float()
    mean = torch.tensor(IMAGENET_MEAN).view(3, 1, 1) * 255
    deviation = torch.tensor(IMAGENET_DEVIATION).view(3, 1, 1) * 255
    return ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)


def mask_circle(crops: Tensor) -> Tensor:
    """Blanks crops of balls outside of the circle in them, as CircAnchor does.

    Args:
        crops: `(N, C, S, S)`, normalised; not changed.

    Returns:
        The crops, 0 where a pixel's centre is farther from the crop's than half its side.

    Raises:
        InputError: If they aren't square.

    Source:
        Paper Sec. 4.1. C++: `cpp/e2tad/nn_torch/torch_embedder.cpp`.

    >>> mask_circle(torch.ones(1, 1, 4, 4))[0, 0, 0].tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    height, side = crops.shape[2:]
    if height != side:
        raise InputError(f"crops of balls: expected squares, got {side}x{height}")
    offset = torch.arange(side, device=crops.device) + 0.5 - side / 2
    outside = offset[:, None] ** 2 + offset[None] ** 2 > (side / 2) ** 2
    return crops.masked_fill(outside, 0)


def embed_crops(
    net: nn.Module, crops: npt.NDArray[np.uint8], batch: int = 256, masked: bool = False
) -> FloatArray:
    """Features of crops.

    Args:
        net: Maps `(N, 3, H, W)` to `(N, D)`; its mode is as before afterwards.
        crops: `(N, H, W, 3)` uint8, RGB; N at least 1.
        batch: Crops a forward pass.
        masked: Show only the circle in each, see `mask_circle`.

    Returns:
        `(N, D)` float32.

    Source:
        DESIGN, Models.
    """

    def shown(some: npt.NDArray[np.uint8]) -> Tensor:
        return mask_circle(normalise(some)) if masked else normalise(some)

    device = next((p.device for p in net.parameters()), torch.device("cpu"))
    training = net.training
    net.eval()
    with torch.no_grad():
        features = [
            net(shown(crops[i : i + batch]).to(device)).float().cpu() for i in range(0, len(crops), batch)
        ]
    net.train(training)
    out: FloatArray = torch.cat(features).numpy()
    return out


def embedder(
    net: nn.Module,
    size: tuple[int, int],
    batch: int = 256,
    progress: Callable[[int, int], None] | None = None,
    masked: bool = False,
) -> Callable[[Sequence[Any]], FloatArray]:
    """A function from picture files to features.

    Args:
        net: Maps `(N, 3, H, W)` to `(N, D)`.
        size: `(height, width)` of its crops.
        batch: Crops read and embedded at a time.
        progress: Called with crops done and crops in all, for each call of the function.
        masked: As `embed_crops`.

    Returns:
        Maps N paths, at least 1, to `(N, D)` float32.

    Source:
        DESIGN, Models.
    """

    def embed(paths: Sequence[Any]) -> FloatArray:
        features = []
        for i in range(0, len(paths), batch):
            features.append(embed_crops(net, read_crops(paths[i : i + batch], size), batch, masked))
            if progress:
                progress(min(i + batch, len(paths)), len(paths))
        return np.concatenate(features)

    return embed


def load_embedder(path: str | Path) -> tuple[nn.Module, tuple[int, int]]:
    """Reads an embedder.

    Args:
        path: `weights.pt` of a training.

    Returns:
        The network in evaluation mode, and `(height, width)` of the crops it was trained on.

    Raises:
        InputError: If the file isn't an embedder; names it.
        OSError: If it can't be opened.

    Source:
        DESIGN, Command line: `e2tad eval reid --model`.
    """
    net, document = load_weights(path)
    if document["name"] != "reid":
        raise InputError(f"{path}: expected a ReID network, got {document['name']}")
    return net, document["input_size"]
