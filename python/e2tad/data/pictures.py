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


def letterboxed(pixels: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A picture scaled into a network's input as a whole, centred on grey.

    Args:
        pixels: `(h, w, 3)` uint8; not changed.
        size: `(H, W)` of the input.

    Returns:
        `(H, W, 3)` uint8; 114 where the picture isn't.

    Source:
        YOLOv5, release 5.0, `letterbox`.
    """
    height, width = pixels.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(pixels)
    if picture.size != fitted:
        picture = picture.resize(fitted, Image.Resampling.BILINEAR)
    laid = np.full((*size, 3), 114, np.uint8)
    top, left = (size[0] - fitted[1]) // 2, (size[1] - fitted[0]) // 2
    laid[top : top + fitted[1], left : left + fitted[0]] = np.asarray(picture)
    return laid


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
