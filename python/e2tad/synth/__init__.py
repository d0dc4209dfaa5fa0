"""Synthesis of training pictures: composite balls, patches that aren't balls, occluded crops."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from e2tad import _core
from e2tad._arrays import FloatArray, IntArray, as_float32, as_int32

Harmonizer = _core.Harmonizer
Image = npt.NDArray[np.uint8]
Channels = Literal["bgr", "rgb"]

HARMONIZERS = ("none", "statistics")
"""The harmonizers that need no network."""

MODEL_SUFFIXES = (".ptl", ".torchscript")
"""What the names of the others' model files end in."""

PACKAGED = {"rainnet": Path(__file__).parents[1] / "weights" / "rainnet.ptl"}
"""Names of packaged networks, which can be given in place of a model file."""


@dataclass(frozen=True)
class Composite:
    """A picture with balls; the columns have one length.

    Attributes:
        image: `(H, W, 3)` uint8, in the channel order of the input.
        mask: `(H, W)` uint8, how much of each pixel is ball, 0..255.
        circles: `(N, 3)` float32 centre x, centre y, radius: full circles, whatever is visible of them.
        visible: `(N,)` float32, share of each ball that is in the picture and not behind a person.
        details: Colour, place, motion and so on of each ball, and the picture's light.
    """

    image: Image
    mask: Image
    circles: FloatArray
    visible: FloatArray
    details: dict[str, Any]

    @property
    def boxes(self) -> FloatArray:
        """`(N, 4)` float32 ltrb: the squares of the circles; they may reach over the border."""
        centre, radius = self.circles[:, :2], self.circles[:, 2:]
        return np.concatenate([centre - radius, centre + radius], axis=1)


@dataclass(frozen=True)
class Debiased:
    """A picture with patches.

    Attributes:
        image: `(H, W, 3)` uint8, in the channel order of the input.
        mask: `(H, W)` uint8, how much of each pixel is patch, 0..255.
        boxes: `(N, 4)` float32 ltrb of the patches: negatives, not labels.
        details: Shape, colour and roundness of each patch.
    """

    image: Image
    mask: Image
    boxes: FloatArray
    details: dict[str, Any]


@dataclass(frozen=True)
class Occluded:
    """A crop with something in front.

    Attributes:
        image: `(H, W, 3)` uint8, in the channel order of the input.
        mask: `(H, W)` uint8, how much of each pixel is hidden, 0..255.
        visible: Share of the crop that isn't hidden.
        details: The ball's circle and colour, the donor's index and place, where there are any.
    """

    image: Image
    mask: Image
    visible: float
    details: dict[str, Any]


def settings(
    what: Literal["compose", "debias", "occlude"], config: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The resolved settings of one synthesis.

    Args:
        what: Which one.
        config: Fields that differ from the defaults (a JSON merge patch).

    Returns:
        Every field. `cpp/e2tad/synth/compose.hpp`, `debias.hpp` and `occlude.hpp` explain them.

    Raises:
        ConfigError: If a field is unknown or out of range; names it.

    Source:
        DESIGN, Configuration: defaults have one home, the C++ structs.

    Example:
        >>> settings("debias", {"patches_max": 3})["patches_max"]
        3
    """
    resolved: dict[str, Any] = json.loads(_core.synth_resolve(what, json.dumps(dict(config or {}))))
    return resolved


def harmonizer(name: str) -> Harmonizer:
    """Makes a harmonizer, which fits a composite's foreground to its background.

    Args:
        name: `none` leaves the composite as it was pasted; `statistics` moves mean and deviation of each
            object in Lab towards those of its surroundings, as far as it keeps its hue; `rainnet` runs the
            packaged network, a model file (`.ptl` or `.torchscript`, with its card beside it) that one.

    Returns:
        An object with `harmonize(image, mask)`, for BGR.

    Raises:
        ValueError: If the name is another.
        InputError: If model or card can't be used, or disagree with each other.
        OSError: If one can't be read.

    Source:
        Paper Fig. 7; Reinhard et al., IEEE CG&A 21(5), 2001. C++: `cpp/e2tad/synth/harmonizer.hpp`.
    """
    return _make_harmonizer(name)


def _make_harmonizer(name: str) -> Harmonizer:
    path = str(PACKAGED.get(name, name))
    if path.endswith(MODEL_SUFFIXES):
        from e2tad import nn

        return nn.Harmonizer(path)
    return _core.make_harmonizer(name)


def compose(
    image: Any,
    *,
    persons: Any = (),
    instances: Any = None,
    balls: Any = (),
    seed: int = 0,
    name: str = "",
    harmonizer: str | Harmonizer = "statistics",
    config: Mapping[str, Any] | None = None,
    channels: Channels = "bgr",
) -> Composite:
    """Puts balls of the contest's colours on a picture.

    Args:
        image: `(H, W, 3)` uint8; not changed. A picture without colour gets grey balls.
        persons: `(P, 4)` ltrb pixels: they give the balls' sizes and places. Without any, the picture's
            height does.
        instances: `(H, W)` whole numbers, k where the k-th person is (from 1), 0 elsewhere: persons that hide
            balls behind them. None: nobody does.
        balls: `(M, 4)` ltrb pixels of balls that are there already; none is covered.
        seed: Together with `name` it decides everything; 0 to 2**64 - 1.
        name: The picture's name in its set: pictures of one seed differ by it.
        harmonizer: A name of `HARMONIZERS` or `PACKAGED`, a model file, or a `Harmonizer`.
        config: Fields that differ from `settings("compose")`.
        channels: The channels' order in `image` and in the result.

    Returns:
        The composite; a ball that finds no room is left out.

    Raises:
        ValueError: If an array has another shape or type than stated, or a name is unknown.
        ConfigError: If a field of `config` is unknown or out of range.

    Source:
        Paper Sec. 4.1 (harmonization-aware image composition). C++: `cpp/e2tad/synth/compose.hpp`.
    """
    fitting = _make_harmonizer(harmonizer) if isinstance(harmonizer, str) else harmonizer
    out, mask, circles, visible, details = _core.compose(
        _as_bgr(image, "image", channels),
        as_float32(persons, "persons", (-1, 4)),
        None if instances is None else as_int32(instances, "instances", (-1, -1)),
        as_float32(balls, "balls", (-1, 4)),
        seed,
        name,
        fitting,
        json.dumps(dict(config or {})),
    )
    return Composite(_from_bgr(out, channels), mask, circles, visible, json.loads(details))


def debias(
    image: Any,
    *,
    persons: Any = (),
    balls: Any = (),
    seed: int = 0,
    name: str = "",
    config: Mapping[str, Any] | None = None,
    channels: Channels = "bgr",
) -> Debiased:
    """Puts random patches of one colour that are not balls on a picture.

    Args:
        image: `(H, W, 3)` uint8; not changed.
        persons: `(P, 4)` ltrb pixels: they give the sizes, and most of each stays uncovered.
        balls: `(M, 4)` ltrb pixels of the labelled balls: no patch touches one.
        seed: Together with `name` it decides everything; 0 to 2**64 - 1.
        name: The picture's name in its set.
        config: Fields that differ from `settings("debias")`.
        channels: The channels' order in `image` and in the result.

    Returns:
        The picture and its patches; a patch that finds no room is left out.

    Raises:
        ValueError: If an array has another shape or type than stated.
        ConfigError: If a field of `config` is unknown or out of range.

    Source:
        Paper Sec. 3.3 (texture-shape debiased training), Fig. 8. C++: `cpp/e2tad/synth/debias.hpp`.
    """
    out, mask, boxes, details = _core.debias(
        _as_bgr(image, "image", channels),
        as_float32(persons, "persons", (-1, 4)),
        as_float32(balls, "balls", (-1, 4)),
        seed,
        name,
        json.dumps(dict(config or {})),
    )
    return Debiased(_from_bgr(out, channels), mask, boxes, json.loads(details))


def occlude(
    crop: Any,
    donors: Sequence[tuple[Any, Any]] = (),
    *,
    seed: int = 0,
    name: str = "",
    config: Mapping[str, Any] | None = None,
    channels: Channels = "bgr",
) -> Occluded:
    """Puts a ball or another person, or both, in front of a person's crop.

    Args:
        crop: `(H, W, 3)` uint8; not changed.
        donors: Other persons, cut out: `(image, mask)` each, `(h, w, 3)` uint8 in the channel order of
            the crop and `(h, w)` uint8, over 127 where the person is. Without any, only balls occlude.
        seed: Together with `name` it decides everything; 0 to 2**64 - 1.
        name: The crop's name in its set.
        config: Fields that differ from `settings("occlude")`.
        channels: The channels' order in `crop`, `donors` and the result.

    Returns:
        The occluded crop; with the default shares a quarter of the crops stay as they are.

    Raises:
        ValueError: If an array has another shape or type than stated.
        ConfigError: If a field of `config` is unknown or out of range.

    Source:
        Paper Sec. 3.3 (occlusion-aware data augmentation). C++: `cpp/e2tad/synth/occlude.hpp`.
    """
    out, mask, details = _core.occlude(
        _as_bgr(crop, "crop", channels),
        [(_as_bgr(image, "donors", channels), _as_uint8(cover, "donors", 2)) for image, cover in donors],
        seed,
        name,
        json.dumps(dict(config or {})),
    )
    found = json.loads(details)
    visible = float(found.pop("visible"))
    return Occluded(_from_bgr(out, channels), mask, visible, found)


def foreground_distances(image: Any, mask: Any, channels: Channels = "bgr") -> FloatArray:
    """How far the colours of each foreground object are from those of its surroundings.

    Args:
        image: `(H, W, 3)` uint8.
        mask: `(H, W)` uint8, how much of each pixel is foreground, 0..255.
        channels: The channels' order in `image`.

    Returns:
        `(N,)` float32, one a connected part of the mask in reading order: the 2-Wasserstein distance between
        Gaussians of independent L, a and b (L 0..100). Parts of fewer than 12 pixels are left out.

    Raises:
        ValueError: If an array has another shape or type than stated.

    Source:
        Reinhard et al., IEEE CG&A 21(5), 2001 (the statistics). C++: `cpp/e2tad/synth/harmonizer.hpp`.
    """
    return _core.foreground_distances(_as_bgr(image, "image", channels), _as_uint8(mask, "mask", 2))


def cut_out(image: Any, instances: IntArray, box: Any, number: int) -> tuple[Image, Image]:
    """Cuts a person out of a picture, as a donor for `occlude`.

    Args:
        image: `(H, W, 3)` uint8.
        instances: `(H, W)` int32, `number` where the person is.
        box: `(left, top, right, bottom)` pixels; what reaches over the border is cut off.
        number: The person's number in `instances`.

    Returns:
        `(h, w, 3)` uint8 pixels and `(h, w)` uint8 mask, 255 where the person is; copies.

    Source:
        Paper Sec. 3.3: the person foreground is extracted by its mask.
    """
    left, top = (max(0, int(value)) for value in (box[0], box[1]))
    right, bottom = (int(np.ceil(value)) for value in (box[2], box[3]))
    window = (slice(top, bottom), slice(left, right))
    return np.array(image[window]), np.where(instances[window] == number, 255, 0).astype(np.uint8)


def _as_uint8(values: Any, name: str, dimensions: int) -> Image:
    array = np.asarray(values)
    if array.dtype != np.uint8 or array.ndim != dimensions or (dimensions == 3 and array.shape[2] != 3):
        shape = "(H, W, 3)" if dimensions == 3 else "(H, W)"
        raise ValueError(f"{name}: expected uint8 of shape {shape}, got {array.dtype} {array.shape}")
    return np.ascontiguousarray(array)


def _as_bgr(values: Any, name: str, channels: Channels) -> Image:
    if channels not in ("bgr", "rgb"):
        raise ValueError(f"channels: expected bgr or rgb, got {channels}")
    image = _as_uint8(values, name, 3)
    return image if channels == "bgr" else np.ascontiguousarray(image[:, :, ::-1])


def _from_bgr(image: Image, channels: Channels) -> Image:
    return image if channels == "bgr" else np.ascontiguousarray(image[:, :, ::-1])
