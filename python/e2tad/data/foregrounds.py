"""Windows around foregrounds whose colours were disturbed: what a harmonizer learns from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from e2tad import InputError
from e2tad._arrays import FloatArray, IntArray
from e2tad.data.annotated import Picture
from e2tad.synth.colour import lab_of, rgb_of

_MIN_PERSON_PX = 32
_MIN_BALL_RADIUS_PX = 4
_LEAST_VISIBLE = 0.95
# The share of a window that its foreground takes.
_LEAST, _MOST = 0.01, 0.7
# Decoded pictures in memory: a hundred of a megapixel are some 700 MB with their masks.
_KEPT = 100


@dataclass(frozen=True)
class Changes:
    """How far a foreground's colours may go; see `e2tad.training.harmonizer_settings.Disturbance`."""

    exposure_stops: float
    balance_stops: float
    gamma: float
    contrast: float
    saturation: float
    transfer: float


@dataclass(frozen=True)
class _Foreground:
    """A person by its number in the picture's mask, or a ball by its circle."""

    picture: int
    box: tuple[float, float, float, float]
    number: int = 0
    circle: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Window:
    """A square of a picture.

    Attributes:
        truth: `(S, S, 3)` float32, RGB from 0 to 1: as it was taken.
        mask: `(S, S)` float32, 1 on the foreground, 0 on the background, in between at its edge.
        disturbed: As `truth`, with the foreground's colours changed.
    """

    truth: FloatArray
    mask: FloatArray
    disturbed: FloatArray


class Foregrounds:
    """Windows drawn from pictures.

    Args:
        pictures: With masks of persons, or circles of balls; others are passed over.
        size: Height and width of the windows in pixels.
        changes: Of the foregrounds' colours.
        variation: Whole windows are changed first, foreground and background alike, by up to this share of
            `changes`: what a foreground should look like then follows from its background alone, and can't be
            learnt by heart from few pictures.
        recoloured: Share of the windows whose colour channels change places first: which colours clothes and
            balls have can't be learnt by heart either.

    Raises:
        InputError: If no person of at least 32 pixels with a mask and no ball of at least 4 pixels' radius
            that can be seen whole is in them.

    Source:
        Tsai et al., arXiv:1703.00069, Sec. 4 (training pictures from changed foregrounds); Cong et al.,
        arXiv:1911.13239 (iHarmony4).
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        size: int,
        changes: Changes,
        variation: float = 0.0,
        recoloured: float = 0.0,
    ) -> None:
        self._pictures = pictures
        self._size = size
        self._changes = changes
        self._varied = Changes(
            exposure_stops=variation * changes.exposure_stops,
            balance_stops=variation * changes.balance_stops,
            gamma=variation * changes.gamma,
            contrast=variation * changes.contrast,
            saturation=variation * changes.saturation,
            transfer=0.0,
        )
        self._variation = variation
        self._recoloured = recoloured
        self._found = [found for i, picture in enumerate(pictures) for found in _foregrounds(i, picture)]
        if not self._found:
            raise InputError(
                f"{pictures[0].path.parent}: expected masks of persons of {_MIN_PERSON_PX} pixels or more, "
                f"or circles of balls that can be seen whole"
            )
        self._read = lru_cache(maxsize=_KEPT)(self._read_picture)

    def __len__(self) -> int:
        """How many foregrounds there are."""
        return len(self._found)

    def draw(self, random: np.random.Generator) -> Window:
        """A window around one of the foregrounds.

        Args:
            random: Decides all.

        Returns:
            The window.

        Source:
            As the class.
        """
        while True:
            chosen = self._found[int(random.integers(len(self._found)))]
            truth, mask = self._window(chosen, random)
            if _LEAST <= mask.mean() <= _MOST:
                break
        if self._recoloured and random.random() < self._recoloured:
            truth = truth[..., random.permutation(3)]
        if self._variation:
            truth = recoloured(truth, np.ones_like(mask), self._varied, random)
        donor = self._found[int(random.integers(len(self._found)))]
        if random.random() < self._changes.transfer:
            other, other_mask = self._window(donor, random)
            changed = transferred(truth, mask, other, other_mask) if other_mask.any() else truth
        else:
            changed = recoloured(truth, mask, self._changes, random)
        if random.random() < 0.5:
            truth, mask, changed = truth[:, ::-1], mask[:, ::-1], changed[:, ::-1]
        soft = mask[..., None]
        # Pictures have 8 bits; what is lost in them is lost.
        eight = np.round((truth * (1 - soft) + changed * soft) * 255) / np.float32(255)
        return Window(np.ascontiguousarray(truth), np.ascontiguousarray(mask), np.ascontiguousarray(eight))

    def _window(self, chosen: _Foreground, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        pixels, instances = self._read(chosen.picture)
        height, width = pixels.shape[:2]
        left, top, right, bottom = chosen.box
        widest = 2.5 if chosen.circle is None else 6.0
        side = max(right - left, bottom - top) * random.uniform(1.1, widest)
        side = float(min(side, height, width))
        # Anywhere that leaves the foreground's centre in the window's middle half.
        centre = (np.array([left + right, top + bottom]) + random.uniform(-0.5, 0.5, 2) * side) / 2
        x, y = (
            float(np.clip(middle - side / 2, 0, extent - side))
            for middle, extent in zip(centre, (width, height), strict=True)
        )
        # Only what is looked at is worked on.
        rows, columns = _whole(y, y + side, height), _whole(x, x + side, width)
        box = (x - columns.start, y - rows.start, x - columns.start + side, y - rows.start + side)
        truth = _resized(Image.fromarray(pixels[rows, columns]), self._size, box)
        if chosen.circle is not None:
            return truth, _disc(chosen.circle, (x, y), self._size, self._size / side)
        assert instances is not None
        # Now and then all persons are the foreground together.
        seen = instances[rows, columns]
        inside = seen > 0 if random.random() < 0.15 else seen == chosen.number
        mask = Image.fromarray(np.where(inside, np.uint8(255), np.uint8(0)))
        return truth, _resized(mask, self._size, box)

    def _read_picture(self, i: int) -> tuple[npt.NDArray[np.uint8], IntArray | None]:
        picture = self._pictures[i]
        return np.ascontiguousarray(picture.read()[..., ::-1]), picture.instances()


def recoloured(
    truth: FloatArray, mask: FloatArray, changes: Changes, random: np.random.Generator
) -> FloatArray:
    """A picture as another light, camera or development would have it.

    Args:
        truth: `(H, W, 3)` float32, RGB from 0 to 1; not changed.
        mask: `(H, W)` float32: where contrast has its mean from.
        changes: How far it may go.
        random: Decides how far it goes.

    Returns:
        `(H, W, 3)` float32 from 0 to 1.

    Source:
        Tsai et al., arXiv:1703.00069, Sec. 4.1.
    """
    draw = random.uniform(-1, 1, 7)
    gain = 2.0 ** (changes.exposure_stops * draw[0] + changes.balance_stops * draw[1:4])
    x = np.clip(truth * gain, 0, 1) ** (2.0 ** (changes.gamma * draw[4]))
    mean = (x * mask[..., None]).sum((0, 1)) / max(float(mask.sum()), 1e-6)
    x = (x - mean) * (1 + changes.contrast * draw[5]) + mean
    grey = x @ np.array([0.299, 0.587, 0.114])
    x = grey[..., None] + (x - grey[..., None]) * (1 + changes.saturation * draw[6])
    out: FloatArray = np.clip(x, 0, 1).astype(np.float32)
    return out


def transferred(truth: FloatArray, mask: FloatArray, other: FloatArray, other_mask: FloatArray) -> FloatArray:
    """A picture with the mean and the deviation that another one's foreground has in Lab.

    Args:
        truth: `(H, W, 3)` float32, RGB from 0 to 1; not changed.
        mask: `(H, W)` float32, its foreground.
        other: The other picture.
        other_mask: Its foreground, not empty.

    Returns:
        `(H, W, 3)` float32 from 0 to 1.

    Source:
        Reinhard et al., IEEE CG&A 21(5), 2001.
    """
    lab, wanted = lab_of(truth), lab_of(other)
    mean, deviation = _moments(lab, mask)
    to_mean, to_deviation = _moments(wanted, other_mask)
    # A flat foreground has no contrast that could be stretched to any other.
    ratio = np.clip(to_deviation / np.maximum(deviation, 1e-3), 0.4, 2.5)
    return rgb_of(((lab - mean) * ratio + to_mean).astype(np.float32))


def _moments(lab: FloatArray, mask: FloatArray) -> tuple[FloatArray, FloatArray]:
    weight = mask[..., None] / mask.sum()
    mean = (lab * weight).sum((0, 1))
    deviation = np.sqrt((np.square(lab - mean) * weight).sum((0, 1)))
    return mean.astype(np.float32), deviation.astype(np.float32)


def _foregrounds(i: int, picture: Picture) -> list[_Foreground]:
    found = []
    persons = picture.boxes("person")
    tall = [k for k in range(len(persons)) if persons[k][3] - persons[k][1] >= _MIN_PERSON_PX]
    if tall and picture.instances() is not None:
        for k in tall:
            left, top, right, bottom = (float(v) for v in persons[k])
            found.append(_Foreground(i, (left, top, right, bottom), number=k + 1))
    for ball in picture.objects:
        seen = ball.visible is None or ball.visible >= _LEAST_VISIBLE
        if ball.kind == "ball" and ball.circle is not None and seen:
            cx, cy, r = ball.circle
            if r >= _MIN_BALL_RADIUS_PX:
                found.append(_Foreground(i, (cx - r, cy - r, cx + r, cy + r), circle=ball.circle))
    return found


def _resized(picture: Image.Image, size: int, box: tuple[float, float, float, float]) -> FloatArray:
    small = picture.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.asarray(small, np.float32) / np.float32(255)


def _whole(first: float, last: float, extent: int) -> slice:
    return slice(int(first), min(extent, math.ceil(last)))


def _disc(
    circle: tuple[float, float, float], corner: tuple[float, float], size: int, scale: float
) -> FloatArray:
    cx, cy, r = (circle[0] - corner[0]) * scale, (circle[1] - corner[1]) * scale, circle[2] * scale
    at = np.arange(size) + 0.5
    distance = np.hypot(at[None, :] - cx, at[:, None] - cy)
    disc: FloatArray = np.clip(r + 0.5 - distance, 0, 1).astype(np.float32)
    return disc
