"""Blocks of the YOLO networks; every operation is a module that eager quantisation can observe and fuse."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import QuantStub

Activation = Literal["silu", "relu", "hardswish"]

_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "hardswish": nn.Hardswish,
}


def activation_of(name: Activation) -> nn.Module:
    """A new activation.

    Args:
        name: `silu` as YOLOv5 was published with, `hardswish`, which is near it and has an INT8 form, or
            `relu`, which fuses into an INT8 convolution.

    Returns:
        The module.

    Raises:
        ValueError: If the name is another.

    Source:
        DESIGN, Models; Howard et al., arXiv:1905.02244, Sec. 5.2 (hard swish).
    """
    if name not in _ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(_ACTIVATIONS)}, got {name}")
    return _ACTIVATIONS[name]()


class ConvBnAct(nn.Module):
    """A convolution without bias, batch normalisation, an activation.

    Args:
        inputs: Channels of the input.
        outputs: Channels of the output.
        kernel: Odd size of the square kernel; padded so that only the stride changes the extent.
        stride: Of the convolution.
        activation: See `activation_of`.
        groups: Of the convolution; `inputs` for a depth-wise one.

    Source:
        YOLOv5, release 5.0, `Conv`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        activation: Activation = "silu",
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        self.act = activation_of(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, inputs, H, W)` to `(N, outputs, H / stride, W / stride)`."""
        out: Tensor = self.act(self.bn(self.conv(x)))
        return out


class Focus(nn.Module):
    """Four pixels of a 2x2 square become channels, then a 3x3 convolution: stride 2 without losing a pixel.

    Args:
        inputs: Channels of the picture.
        outputs: Channels of the output.
        activation: See `activation_of`.

    Source:
        YOLOv5, release 5.0, `Focus`.
    """

    def __init__(self, inputs: int, outputs: int, activation: Activation = "silu") -> None:
        super().__init__()
        self.quant = QuantStub()
        self.conv = ConvBnAct(4 * inputs, outputs, 3, 1, activation)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, inputs, H, W)` to `(N, outputs, H / 2, W / 2)`; H and W even."""
        x = self.quant(x)
        corners = [x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]]
        out: Tensor = self.conv(torch.cat(corners, 1))
        return out


class Bottleneck(nn.Module):
    """1x1 to `hidden` channels, 3x3 back, and a sum with the input where `shortcut` says so.

    Args:
        channels: Of the input and the output.
        hidden: In between.
        shortcut: Add the input.
        activation: See `activation_of`.

    Source:
        YOLOv5, release 5.0, `Bottleneck`.
    """

    def __init__(self, channels: int, hidden: int, shortcut: bool, activation: Activation) -> None:
        super().__init__()
        self.reduce = ConvBnAct(channels, hidden, 1, 1, activation)
        self.expand = ConvBnAct(hidden, channels, 3, 1, activation)
        self.shortcut = shortcut
        self.add = FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, channels, H, W)` to the same shape."""
        y: Tensor = self.expand(self.reduce(x))
        if self.shortcut:
            out: Tensor = self.add.add(x, y)
            return out
        return y


class C3(nn.Module):
    """Two 1x1 branches of half the outputs, bottlenecks on one of them, concatenated into a 1x1 convolution.

    Args:
        inputs: Channels of the input.
        outputs: Channels of the output.
        depth: How many bottlenecks.
        shortcut: Whether these add their input.
        activation: See `activation_of`.

    Source:
        YOLOv5, release 5.0, `C3`; Wang et al., arXiv:1911.11929 (cross stage partial networks).
    """

    def __init__(
        self, inputs: int, outputs: int, depth: int, shortcut: bool = True, activation: Activation = "silu"
    ) -> None:
        super().__init__()
        half = outputs // 2
        self.left = ConvBnAct(inputs, half, 1, 1, activation)
        self.right = ConvBnAct(inputs, half, 1, 1, activation)
        self.blocks = nn.Sequential(*(Bottleneck(half, half, shortcut, activation) for _ in range(depth)))
        self.join = ConvBnAct(2 * half, outputs, 1, 1, activation)
        self.cat = FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, inputs, H, W)` to `(N, outputs, H, W)`."""
        both: Tensor = self.cat.cat([self.blocks(self.left(x)), self.right(x)], 1)
        out: Tensor = self.join(both)
        return out


class Spp(nn.Module):
    """Maxima over 5x5, 9x9 and 13x13 beside the map itself, between two 1x1 convolutions.

    Args:
        channels: Of the input and the output.
        activation: See `activation_of`.

    Source:
        YOLOv5, release 5.0, `SPP`; He et al., arXiv:1406.4729. Maxima of 5x5 taken twice and three times are
        those of 9x9 and 13x13.
    """

    def __init__(self, channels: int, activation: Activation = "silu") -> None:
        super().__init__()
        half = channels // 2
        self.reduce = ConvBnAct(channels, half, 1, 1, activation)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = ConvBnAct(4 * half, channels, 1, 1, activation)
        self.cat = FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, channels, H, W)` to the same shape."""
        y = self.reduce(x)
        y5 = self.pool(y)
        y9 = self.pool(y5)
        all_four: Tensor = self.cat.cat([y, y5, y9, self.pool(y9)], 1)
        out: Tensor = self.join(all_four)
        return out


class Separable(nn.Module):
    """A depth-wise 3x3 convolution and a 1x1 convolution.

    Args:
        inputs: Channels of the input.
        outputs: Channels of the output.
        stride: Of the depth-wise convolution.
        activation: See `activation_of`.

    Source:
        Howard et al., arXiv:1704.04861, Figure 3.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, activation: Activation) -> None:
        super().__init__()
        self.depth = ConvBnAct(inputs, inputs, 3, stride, activation, groups=inputs)
        self.point = ConvBnAct(inputs, outputs, 1, 1, activation)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, inputs, H, W)` to `(N, outputs, H / stride, W / stride)`."""
        out: Tensor = self.point(self.depth(x))
        return out


class SeparableResidual(nn.Module):
    """1x1 to half the channels, depth-wise 3x3, 1x1 back, and a sum with the input.

    Args:
        channels: Of the input and the output.
        activation: See `activation_of`.

    Source:
        DESIGN, Models (YOLO-MobileV2): YOLOv3's residual with a depth-wise convolution.
    """

    def __init__(self, channels: int, activation: Activation) -> None:
        super().__init__()
        half = channels // 2
        self.reduce = ConvBnAct(channels, half, 1, 1, activation)
        self.depth = ConvBnAct(half, half, 3, 1, activation, groups=half)
        self.expand = ConvBnAct(half, channels, 1, 1, activation)
        self.add = FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, channels, H, W)` to the same shape."""
        out: Tensor = self.add.add(x, self.expand(self.depth(self.reduce(x))))
        return out
