"""How far a harmonised foreground is from what it was before its colours were disturbed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from e2tad import synth
from e2tad._arrays import FloatArray
from e2tad.data.foregrounds import Foregrounds, Window

Harmonize = Callable[[Sequence[Window]], list[FloatArray]]
"""Gives each window's picture with a foreground that fits: `(S, S, 3)`, RGB from 0 to 1."""


def held_out(foregrounds: Foregrounds, windows: int, seed: int) -> list[Window]:
    """The windows that harmonizers are measured on.

    Args:
        foregrounds: Of pictures that no training saw.
        windows: How many.
        seed: Decides them.

    Returns:
        The windows.

    Source:
        Cong et al., arXiv:1911.13239 (disturbed pictures as the test of harmonisation).
    """
    return [foregrounds.draw(np.random.default_rng([seed, i])) for i in range(windows)]


def by_name(name: str) -> Harmonize:
    """A harmonizer that needs no model file.

    Args:
        name: One of `e2tad.synth.HARMONIZERS`.

    Returns:
        It, over windows.

    Raises:
        ValueError: If the name is another.

    Source:
        `e2tad.synth.harmonizer`.
    """
    fitting = synth.harmonizer(name)

    def harmonize(windows: Sequence[Window]) -> list[FloatArray]:
        out = []
        for window in windows:
            bgr = np.ascontiguousarray(np.round(window.disturbed[..., ::-1] * 255).astype(np.uint8))
            mask = np.round(window.mask * 255).astype(np.uint8)
            fitted = fitting.harmonize(bgr, mask)[..., ::-1]
            out.append(np.asarray(fitted, np.float32) / np.float32(255))
        return out

    return harmonize


def by_network(net: nn.Module, batch: int = 16) -> Harmonize:
    """A network as a harmonizer.

    Args:
        net: As `e2tad.models.RainNet`; its mode is as before afterwards.
        batch: Windows a forward pass.

    Returns:
        It, over windows; what it gives is rounded to 8 bits, as pictures are.

    Source:
        DESIGN, Models (RainNet).
    """

    def harmonize(windows: Sequence[Window]) -> list[FloatArray]:
        device = next(net.parameters()).device
        training = net.training
        net.eval()
        out: list[FloatArray] = []
        with torch.no_grad():
            for i in range(0, len(windows), batch):
                fitted = net(*(part.to(device) for part in as_input(windows[i : i + batch])))
                eight = (fitted * 255).round().div(255).cpu()
                out += list(eight.permute(0, 2, 3, 1).numpy())
        net.train(training)
        return out

    return harmonize


def as_input(windows: Sequence[Window]) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows as RainNet takes them.

    Args:
        windows: N windows of one size S.

    Returns:
        Pictures `(N, 3, S, S)` and masks `(N, 1, S, S)`, float32.

    Source:
        `e2tad.models.RainNet`.
    """
    pictures = torch.from_numpy(np.stack([window.disturbed for window in windows]))
    masks = torch.from_numpy(np.stack([window.mask for window in windows]))
    return pictures.permute(0, 3, 1, 2).contiguous(), masks[:, None].contiguous()


def foreground_error(windows: Sequence[Window], harmonised: Sequence[FloatArray]) -> dict[str, float]:
    """Errors of harmonised foregrounds.

    Args:
        windows: What was disturbed, at least one.
        harmonised: `(S, S, 3)` each, RGB from 0 to 1.

    Returns:
        `fMSE`: the mean over the windows of the mean squared difference to the truth over the foreground, in
        squared steps of 255; `MSE`: over the whole window; `PSNR`: of the whole window, in decibels, the mean
        over the windows.

    Source:
        Cong et al., arXiv:1911.13239, Sec. 4.1 (MSE, PSNR); Ling et al., CVPR 2021, Sec. 4.1 (fMSE).
    """
    inside, whole = [], []
    for window, fitted in zip(windows, harmonised, strict=True):
        squared = np.square((np.asarray(fitted, np.float64) - window.truth) * 255).mean(-1)
        inside.append((squared * window.mask).sum() / window.mask.sum())
        whole.append(squared.mean())
    # A window without any error would have no finite PSNR; half a step everywhere bounds it.
    decibels = 10 * np.log10(255**2 / np.maximum(whole, 0.25))
    return {"fMSE": float(np.mean(inside)), "MSE": float(np.mean(whole)), "PSNR": float(np.mean(decibels))}


def compare(windows: Sequence[Window], net: nn.Module | None = None) -> dict[str, Any]:
    """Measures the harmonizers beside each other.

    Args:
        windows: What was disturbed.
        net: A network to measure beside those without one.

    Returns:
        `windows`, and of each harmonizer (`none`, `statistics`, `rainnet`) what `foreground_error` gives.

    Source:
        DESIGN, Command line: `e2tad eval`.
    """
    methods = {name: by_name(name) for name in synth.HARMONIZERS}
    if net is not None:
        methods["rainnet"] = by_network(net)
    return {
        "windows": len(windows),
        **{name: foreground_error(windows, method(windows)) for name, method in methods.items()},
    }
