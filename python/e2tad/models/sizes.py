"""Sizes of networks: parameters, and floating-point operations counted while they run."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from e2tad import InputError
from e2tad.models.channels import resize
from e2tad.models.rainnet import RainNet
from e2tad.models.reid import ReidNetwork
from e2tad.models.yolo import YoloMobileV1, YoloMobileV2, YoloV5S

_NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "yolov5s": YoloV5S,
    "yolo_mobile_v1": YoloMobileV1,
    "yolo_mobile_v2": YoloMobileV2,
    "reid": ReidNetwork,
    "rainnet": RainNet,
}

NAMES = tuple(_NETWORKS)
"""The networks that `build` and `info` know."""

_LARGEST_PX = 4096
"""Input whose feature maps still fit into the memory of a common machine."""


def build(name: str, **options: Any) -> nn.Module:
    """Makes a network with random weights.

    Args:
        name: One of `NAMES`.
        options: The network's own arguments, such as ReID's `width`; `channels` gives layers other channel
            counts than the architecture's (see `e2tad.models.channels`).

    Returns:
        The network.

    Raises:
        InputError: If the name is unknown.
        ValueError: If an option is out of range.

    Source:
        DESIGN, Command line: `e2tad model info`.
    """
    if name not in _NETWORKS:
        raise InputError(f"model: expected one of {', '.join(NAMES)}, got {name}")
    channels = options.pop("channels", None)
    net = _NETWORKS[name](**options)
    if channels:
        resize(net, channels)
    return net


def count_parameters(net: nn.Module) -> int:
    """How many numbers training changes, those of batch normalisation included.

    Args:
        net: Any network.

    Returns:
        The count; running means and variances are not parameters.

    Source:
        PyTorch's `Module.parameters`.
    """
    return sum(p.numel() for p in net.parameters())


def count_flops(net: nn.Module, *inputs: Tensor) -> int:
    """Twice the multiply-adds of a network's convolutions and linear layers.

    Args:
        net: Any network; its mode is as before afterwards.
        inputs: What its forward takes; the count is for this whole batch.

    Returns:
        The count, as these layers saw their inputs in one forward pass.

    Source:
        DESIGN, Models: "FLOPs are 2 x multiply-adds".
    """
    total = 0

    def add(module: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        weight = module.weight
        assert isinstance(weight, Tensor)
        # Each number of the output is one dot product with a filter (a row, for a linear layer).
        total += 2 * output.numel() * (weight.numel() // weight.shape[0])

    counted = [module for module in net.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    handles = [module.register_forward_hook(add) for module in counted]
    training = net.training
    net.eval()
    try:
        with torch.no_grad():
            net(*inputs)
    finally:
        net.train(training)
        for handle in handles:
            handle.remove()
    return total


def info(name: str, size: int, **options: Any) -> dict[str, Any]:
    """Parameters and FLOPs of a network at an input size.

    Args:
        name: One of `NAMES`.
        size: Detectors: height and width of the square input, a multiple of 32. ReID: the height of a
            person's crop, which is half as wide, an even number of at least 32. RainNet: height and width, a
            multiple of 2 to the power of its levels.
        options: As `build`.

    Returns:
        `name`, `height`, `width`, `parameters`, `flops`.

    Raises:
        InputError: If the name is unknown or the size doesn't fit.

    Source:
        DESIGN, Command line: `e2tad model info`.
    """
    if size > _LARGEST_PX:
        raise InputError(f"size: expected at most {_LARGEST_PX}, got {size}")
    net = build(name, **options)
    if name == "reid":
        if size < 32 or size % 2:
            raise InputError(f"size: expected an even height of at least 32, got {size}")
        height, width = size, size // 2
    else:
        multiple = 1 << len(net.downs) if isinstance(net, RainNet) else 32
        if size < multiple or size % multiple:
            raise InputError(f"size: expected a positive multiple of {multiple}, got {size}")
        height = width = size
    inputs = [torch.zeros(1, 3, height, width)]
    if isinstance(net, RainNet):
        inputs.append(torch.zeros(1, 1, height, width))
    return {
        "name": name,
        "height": height,
        "width": width,
        "parameters": count_parameters(net),
        "flops": count_flops(net, *inputs),
    }
