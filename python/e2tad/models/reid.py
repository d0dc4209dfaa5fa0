"""ResNet-18 of any width as an embedder of crops, and the classifiers that train it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    Every operation is a module, so that eager quantisation can observe and fuse it.

    Args:
        inputs: Channels of the input.
        outputs: Channels of the output.
        stride: Of the first convolution and of the shortcut.

    Source:
        He et al., arXiv:1512.03385, Figure 2 and Table 1 (18 layers).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.add = FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(N, inputs, H, W)` to `(N, outputs, H / stride, W / stride)`."""
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        out: Tensor = self.add.add_relu(y, self.shortcut(x))
        return out


class ReidNetwork(nn.Module):
    """The embedder: ResNet-18 without its classifier.

    Args:
        width: Channels of the first stage; the others have 2, 4 and 8 times as many. 64 is the full network,
            8 the deployed one.
        embedding: Length of the feature; None for what the last stage gives, 8 times the width. Another
            length adds a linear layer.
        neck: Normalise the feature over the batch before it is compared and classified, while the triplet
            loss sees it before (Luo et al., arXiv:1903.07071, Sec. 3.5).
        last_stride: Of the last stage: 2 as published, 1 for a map of twice the height and width (ibid. Sec.
            3.4), which costs more and retrieves better.
        blocks: Of each of the four stages: 2 each make 18 layers, 1 each 10.

    Raises:
        ValueError: If a size isn't positive, there aren't four stages, or the stride isn't 1 or 2.

    Source:
        DESIGN, Models; paper Sec. 3.1 (Deep Association) and Table 4.
    """

    def __init__(
        self,
        width: int = 64,
        embedding: int | None = None,
        neck: bool = False,
        last_stride: int = 2,
        blocks: Sequence[int] = (2, 2, 2, 2),
    ) -> None:
        super().__init__()
        if width < 1 or (embedding is not None and embedding < 1):
            raise ValueError(f"width and embedding must be at least 1, got {width} and {embedding}")
        if last_stride not in (1, 2):
            raise ValueError(f"last_stride must be 1 or 2, got {last_stride}")
        if len(blocks) != 4 or min(blocks) < 1:
            raise ValueError(f"blocks must be four numbers of at least 1, got {list(blocks)}")
        self.width = width
        self.embedding = embedding or 8 * width
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)
        stages: list[nn.Module] = []
        inputs = width
        for stage, stride in enumerate((1, 2, 2, last_stride)):
            outputs = width << stage
            more = (BasicBlock(outputs, outputs, 1) for _ in range(blocks[stage] - 1))
            stages.append(nn.Sequential(BasicBlock(inputs, outputs, stride), *more))
            inputs = outputs
        self.stages = nn.Sequential(*stages)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.project: nn.Module = nn.Identity()
        if self.embedding != 8 * width:
            self.project = nn.Linear(8 * width, self.embedding)
        self.neck: nn.Module = nn.Identity()
        if neck:
            self.neck = nn.BatchNorm1d(self.embedding)
            # Without a shift, the classes stay spread round the origin, where cosines are taken.
            self.neck.bias.requires_grad_(False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def pooled(self, x: Tensor) -> Tensor:
        """The feature before the neck, as the triplet loss sees it.

        Args:
            x: `(N, 3, H, W)` float32, normalised RGB; H and W at least 32 for all stages to have an extent.

        Returns:
            `(N, embedding)` float32.

        Source:
            Luo et al., arXiv:1903.07071, Sec. 3.5.
        """
        y = self.pool(self.relu(self.bn(self.conv(self.quant(x)))))
        # Averages and all that follows are taken in floats: rounding would cost more than it saves there.
        y = self.average(self.dequant(self.stages(y)))
        y = torch.flatten(y, 1)
        out: Tensor = self.project(y)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Features divided by their norm.

        Args:
            x: `(N, 3, H, W)` float32, normalised RGB. Persons 128x64, balls 64x64.

        Returns:
            `(N, embedding)` float32, each row of length 1.

        Source:
            DESIGN, Models ("features divided by their norm").
        """
        return nn.functional.normalize(self.neck(self.pooled(x)))


def training_layout(net: nn.Module) -> torch.memory_format:
    """How the maps of a network in training lie in memory.

    Args:
        net: The network.

    Returns:
        Channels last, a third faster; unless a strided 1x1 convolution has fewer than 8 inputs: its gradient
        by PyTorch 2.13 writes past its memory then, on processors with AVX2 and no AVX-512.

    Source:
        Seen on an AMD Zen 3: `free(): invalid size` with 1 to 7 inputs, never with 8 or more.
    """
    for module in net.modules():
        if not isinstance(module, nn.modules.conv._ConvNd) or module.kernel_size != (1, 1):
            continue
        if module.stride != (1, 1) and module.in_channels < 8:
            return torch.contiguous_format
    return torch.channels_last


class _ReverseGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.weight * gradients[0], None


def reverse_gradient(x: Tensor, weight: float) -> Tensor:
    """Gives `x` forward, and its gradient times `-weight` backward.

    Args:
        x: Any tensor.
        weight: The lambda of the minimax game, 0 or more.

    Returns:
        `x`'s values.

    Source:
        Paper Sec. 3.3; Ganin et al., arXiv:1505.07818, Sec. 4.2.
    """
    out: Tensor = _ReverseGradient.apply(x, weight)  # type: ignore[no-untyped-call]
    return out


class IdentityClassifier(nn.Module):
    """Linear scores of the identities of a training set; left behind after training.

    Args:
        embedding: Length of a feature.
        identities: How many there are.

    Source:
        Paper Figure 6.
    """

    def __init__(self, embedding: int, identities: int) -> None:
        super().__init__()
        self.scores = nn.Linear(embedding, identities, bias=False)
        nn.init.normal_(self.scores.weight, std=0.01)

    def forward(self, feature: Tensor) -> Tensor:
        """Maps `(N, embedding)` to logits `(N, identities)`."""
        out: Tensor = self.scores(feature)
        return out


class ViewClassifier(nn.Module):
    """Guesses the camera from a feature; the embedder learns to defeat it. Left behind after training.

    The classifier itself descends its cross entropy while the gradient that reaches the feature is reversed
    and multiplied by lambda: adding its cross entropy to the loss plays Section 3.3's minimax game in one
    step.

    Args:
        embedding: Length of a feature.
        views: How many cameras there are.
        hidden: Widths of the hidden layers.

    Source:
        Paper Sec. 3.3 and Figure 6.
    """

    def __init__(self, embedding: int, views: int, hidden: Sequence[int] = (64,)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = embedding
        for outputs in hidden:
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
            inputs = outputs
        layers.append(nn.Linear(inputs, views))
        self.scores = nn.Sequential(*layers)

    def forward(self, feature: Tensor, weight: float) -> Tensor:
        """Maps features `(N, embedding)` to logits `(N, views)`; `weight` is lambda."""
        out: Tensor = self.scores(reverse_gradient(feature, weight))
        return out
