"""Reading pictures as RGB arrays."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from e2tad import InputError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of the channels R, G, B over ImageNet, for values from 0 to 1."""

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Standard deviation of the channels R, G, B over ImageNet, for values from 0 to 1."""


def read_picture(path: str | Path, size: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
    """Reads a picture file.

    Args:
        path: JPEG, PNG or what else Pillow reads.
        size: `(height, width)` to resize to, bilinear; None keeps the picture's own.

    Returns:
        `(H, W, 3)` uint8, RGB.

    Raises:
        InputError: If the file isn't a readable picture; names it.
        OSError: If it can't be opened.

    Source:
        Pillow.
    """
    with open(path, "rb") as file:
        try:
            with Image.open(file) as picture:
                colour = picture.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise InputError(f"{path}: not a readable picture ({error})") from error
    if size is not None and (colour.height, colour.width) != size:
        colour = colour.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.array(colour, np.uint8)


def picture_size(path: str | Path) -> tuple[int, int]:
    """Decodes a picture whole and gives its size.

    Args:
        path: The file.

    Returns:
        `(width, height)` in pixels.

    Raises:
        InputError: If the file isn't a readable picture; names it.
        OSError: If it can't be opened.

    Source:
        Pillow.
    """
    pixels = read_picture(path)
    return pixels.shape[1], pixels.shape[0]


def read_crops(
    paths: Sequence[str | Path], size: tuple[int, int], progress: Callable[[int, int], None] | None = None
) -> npt.NDArray[np.uint8]:
    """Reads pictures into one array.

    Args:
        paths: N files.
        size: `(height, width)` of every crop.
        progress: Called with pictures done and pictures in all.

    Returns:
        `(N, H, W, 3)` uint8, RGB; 24 KB a crop of 128x64.

    Raises:
        InputError: If a file isn't a readable picture; names it.
        OSError: If one can't be opened.

    Source:
        DESIGN, Models: crops of 128x64.
    """
    crops = np.empty((len(paths), *size, 3), np.uint8)
    for i, path in enumerate(paths):
        crops[i] = read_picture(path, size)
        if progress:
            progress(i + 1, len(paths))
    return crops
