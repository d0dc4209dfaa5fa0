"""Changes of person and ball crops that teach the embedder what does not matter."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from e2tad import synth
from e2tad.training.reid_settings import ReidAugment

Crops = npt.NDArray[np.uint8]
Donors = Sequence[tuple[Crops, Crops]]


def augment(crops: Crops, settings: ReidAugment, random: np.random.Generator, donors: Donors = ()) -> Crops:
    """Draws one change for each crop.

    Args:
        crops: `(N, H, W, 3)` uint8; not changed.
        settings: Which changes, how often and how far.
        random: The source of the draws.
        donors: Persons who stand in front, `(image, mask)` each, RGB; see `e2tad.synth.occlude`.

    Returns:
        `(N, H, W, 3)` uint8.

    Source:
        Zhong et al., arXiv:1708.04896, Algorithm 1 (erasing); paper Sec. 3.3 (occlusion).
    """
    out = np.empty_like(crops)
    for i, crop in enumerate(crops):
        if random.random() < settings.flip:
            crop = crop[:, ::-1]
        if settings.zoom:
            crop = _zoom(crop, settings.zoom, random)
        crop = _shift(crop, settings.shift_px, random)
        if settings.colour:
            crop = _colour(crop, settings.colour, random)
        if settings.ball or settings.person:
            in_front = {"ball_share": settings.ball, "person_share": settings.person}
            seed = int(random.integers(2**63))
            # One donor is drawn here: handing over all of them for each crop took ten times as long.
            drawn = [donors[int(random.integers(len(donors)))]] if donors else ()
            crop = synth.occlude(crop, drawn, seed=seed, config=in_front, channels="rgb").image
        out[i] = crop
        if random.random() < settings.erase:
            _erase(out[i], settings.erase_area, random)
    return out


def _shift(crop: Crops, most: int, random: np.random.Generator) -> Crops:
    dy, dx = random.integers(-most, most + 1, 2)
    height, width = crop.shape[:2]
    moved = np.zeros_like(crop)
    moved[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = crop[
        max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)
    ]
    return moved


def _zoom(crop: Crops, most: float, random: np.random.Generator) -> Crops:
    # Nearest neighbour: the network's own first steps blur more than this does.
    height, width = crop.shape[:2]
    shares = 1 - most * random.random(2)
    offsets = (1 - shares) * random.random(2)
    rows = ((offsets[0] + shares[0] * (np.arange(height) + 0.5) / height) * height).astype(np.intp)
    columns = ((offsets[1] + shares[1] * (np.arange(width) + 0.5) / width) * width).astype(np.intp)
    zoomed: Crops = crop[rows[:, None], columns]
    return zoomed


def _colour(crop: Crops, most: float, random: np.random.Generator) -> Crops:
    brightness, contrast, saturation = 1 + most * random.uniform(-1, 1, 3)
    x = crop.astype(np.float32) * np.float32(brightness)
    grey = x.mean(axis=2, keepdims=True)
    x = grey + (x - grey) * np.float32(saturation)
    mean = x.mean()
    x = mean + (x - mean) * np.float32(contrast)
    changed: Crops = np.clip(x, 0, 255).astype(np.uint8)
    return changed


def _erase(crop: Crops, area: tuple[float, float], random: np.random.Generator) -> None:
    height, width = crop.shape[:2]
    for _ in range(20):
        pixels = random.uniform(*area) * height * width
        aspect = np.exp(random.uniform(np.log(0.3), np.log(1 / 0.3)))
        h, w = round(float(np.sqrt(pixels * aspect))), round(float(np.sqrt(pixels / aspect)))
        if 0 < h < height and 0 < w < width:
            top, left = random.integers(0, height - h), random.integers(0, width - w)
            crop[top : top + h, left : left + w] = random.integers(0, 256, (h, w, 3))
            return
