"""RainNet: a U-Net that gives a pasted foreground the colours of its background."""

from typing import cast

import torch
from torch import Tensor, nn


def region_statistics(x: Tensor, mask: Tensor, epsilon: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each channel over a region.

    Args:
        x: `(N, C, H, W)`.
        mask: `(N, 1, H, W)`, 1 inside the region, 0 outside; weights in between count in part.
        epsilon: Keeps empty regions and flat channels from dividing by zero.

    Returns:
        Mean and deviation, `(N, C, 1, 1)` each; an empty region has mean 0 and a deviation of almost 0.

    Source:
        Ling et al., CVPR 2021 (RainNet), Equations (4) and (5).
    """
    pixels = mask.sum(dim=(2, 3), keepdim=True).clamp_min(epsilon)
    mean = (x * mask).sum(dim=(2, 3), keepdim=True) / pixels
    variance = ((x - mean).square() * mask).sum(dim=(2, 3), keepdim=True) / pixels
    return mean, (variance + epsilon).sqrt()


class RegionNorm(nn.Module):
    """Region-aware instance normalisation: the foreground takes mean and deviation from the background.

    Args:
        channels: Of the map.

    Source:
        Ling et al., CVPR 2021, Sec. 3.2: the background is normalised by its own statistics; the foreground
        by its own and then given the background's; each region has a scale and a shift of its own.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.foreground_scale = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.foreground_shift = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.background_scale = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.background_shift = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Normalises `(N, C, H, W)`; `mask` is `(N, 1, H, W)`, 1 on the foreground."""
        outside = 1 - mask
        mean, deviation = region_statistics(x, outside)
        own_mean, own_deviation = region_statistics(x, mask)
        background = (x - mean) / deviation
        foreground = (x - own_mean) / own_deviation * deviation + mean
        return (background * self.background_scale + self.background_shift) * outside + (
            foreground * self.foreground_scale + self.foreground_shift
        ) * mask


class _Down(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 4, 2, 1)
        self.norm = RegionNorm(outputs)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.act(self.norm(self.conv(x), mask))
        return out


class _Up(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=False)
        self.conv = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.norm = RegionNorm(outputs)
        self.act = nn.ReLU()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.act(self.norm(self.conv(self.upsample(x)), mask))
        return out


class RainNet(nn.Module):
    """Harmonises the foreground of a composite picture; the background is given back as it came.

    Args:
        width: Channels of the first level; deeper levels double it up to eight times.
        levels: How often the extent is halved; H and W must be multiples of 2 to this power.

    Raises:
        ValueError: If width or levels isn't positive.

    Source:
        Ling et al., CVPR 2021, Figure 3: a U-Net with RAIN in its normalisation layers. The published width
        is 64; 16 (0.78 M parameters) fits a package.
    """

    def __init__(self, width: int = 16, levels: int = 5) -> None:
        super().__init__()
        if width < 1 or levels < 1:
            raise ValueError(f"width and levels must be at least 1, got {width} and {levels}")
        widths = [width * min(8, 1 << level) for level in range(levels)]
        self.downs = nn.ModuleList(
            _Down(inputs, outputs) for inputs, outputs in zip([4, *widths], widths, strict=False)
        )
        ups: list[_Up] = []
        inputs = widths[-1]
        for outputs in reversed(widths[:-1]):
            ups.append(_Up(inputs, outputs))
            # Each later level also gets the map of its extent from the way down.
            inputs = 2 * outputs
        self.ups = nn.ModuleList(ups)
        self.upsample = nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=False)
        self.change = nn.Conv2d(inputs + 3, 3, 3, 1, 1)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(cast(Tensor, self.change.bias))

    def forward(self, picture: Tensor, mask: Tensor) -> Tensor:
        """Harmonises composites.

        Args:
            picture: `(N, 3, H, W)` float32, RGB from 0 to 1, with foregrounds pasted in.
            mask: `(N, 1, H, W)` float32, 1 on the foreground, 0 on the background, in between at soft edges.

        Returns:
            `(N, 3, H, W)` from 0 to 1; equal to `picture` where the mask is 0. Untrained it changes nothing.

        Source:
            Ling et al., CVPR 2021, Equation (1): the composite of the network's foreground and the
            background.
        """
        masks: list[Tensor] = []
        maps: list[Tensor] = []
        x = torch.cat([picture, mask], 1)
        half = mask
        for down in self.downs:
            half = nn.functional.avg_pool2d(half, 2)
            x = down(x, half)
            masks.append(half)
            maps.append(x)
        level = len(maps) - 2
        for up in self.ups:
            x = torch.cat([up(x, masks[level]), maps[level]], 1)
            level -= 1
        changed = picture + self.change(torch.cat([self.upsample(x), picture], 1))
        out: Tensor = picture * (1 - mask) + changed.clamp(0, 1) * mask
        return out
