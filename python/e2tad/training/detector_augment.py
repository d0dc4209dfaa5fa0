"""Changes of detection pictures: parts of pictures at a random scale, mosaics, balls, patches, colours."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from e2tad import synth
from e2tad._arrays import FloatArray
from e2tad.data.detection import LEAST_VISIBLE
from e2tad.data.detection_samples import BALL, EMPTY, GREY, IGNORED, PERSON, Pixels, Sample
from e2tad.training.detector_settings import DetectorAblation, DetectorAugment

# Persons of whom less is left by a cut, and those that end up smaller, aren't asked for.
_LEAST_LEFT = 0.25
_LEAST_SIDE_PX = 3.0


@cache
def _harmonizer(name: str) -> synth.Harmonizer:
    """A harmonizer that is kept: a network takes long to load."""
    return synth.harmonizer(name)


def make_picture(
    drawn: Iterator[Sample],
    size: tuple[int, int],
    settings: DetectorAugment,
    ablation: DetectorAblation,
    random: np.random.Generator,
    mosaic: bool = True,
) -> Sample:
    """Makes one training picture.

    Args:
        drawn: Source pictures: one is taken, or four for a mosaic.
        size: `(height, width)` of the result.
        settings: Which changes, how often and how far.
        ablation: Which syntheses.
        random: The source of the draws.
        mosaic: False: never a mosaic.

    Returns:
        The picture. Objects that a cut leaves too little of are `IGNORED`.

    Source:
        YOLOv5, release 5.0, `load_mosaic`; paper Sec. 3.3 (DebiasTr) and 4.1 (ImgComp).
    """
    height, width = size
    if mosaic and random.random() < settings.mosaic:
        x = round(width * random.uniform(0.3, 0.7))
        y = round(height * random.uniform(0.3, 0.7))
        tiles = [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]
    else:
        tiles = [(0, 0, width, height)]
    pixels = np.full((height, width, 3), GREY, np.uint8)
    parts = []
    for left, top, right, bottom in tiles:
        sample = next(drawn)
        scale = fitting_scale(sample.pixels, size) * math.exp(random.uniform(*np.log(settings.scale)))
        part = window(sample, (bottom - top, right - left), scale, random)
        pixels[top:bottom, left:right] = part.pixels
        parts.append(replace(part, box=part.box + np.array([left, top, left, top], np.float32)))
    made = Sample(
        pixels,
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.box for part in parts]),
        np.concatenate([part.visible for part in parts]),
    )
    made = synthesise(made, settings, ablation, random)
    return mirrored(made) if random.random() < settings.flip else made


def fitting_scale(pixels: Pixels, size: tuple[int, int]) -> float:
    """The scale at which a whole picture fits an input.

    Args:
        pixels: `(H, W, 3)`.
        size: `(height, width)` of the input.

    Returns:
        Pixels of the input a pixel.

    Source:
        C++: `cpp/e2tad/geometry/transform.hpp` (letterbox).
    """
    height, width = pixels.shape[:2]
    return float(min(size[0] / height, size[1] / width))


def window(sample: Sample, size: tuple[int, int], scale: float, random: np.random.Generator) -> Sample:
    """A part of a picture at a scale, around one of its objects where it doesn't show all of it.

    Args:
        sample: The picture.
        size: `(height, width)` of the part.
        scale: Pixels of the part a pixel of the picture.
        random: Decides where the part lies.

    Returns:
        The part; `GREY` where the picture ends. Objects outside of it are left out.

    Source:
        YOLOv5, release 5.0, `random_perspective` (translation and scale).
    """
    height, width = size
    shown = sample.box[sample.kind <= IGNORED]
    centres = (shown[:, :2] + shown[:, 2:]) / 2
    # One draw for each axis and one for the object, whatever the picture holds.
    place = random.random(3)
    chosen = centres[int(place[2] * len(centres))] if len(centres) else None
    offset = []
    for axis, (there, wanted) in enumerate(
        ((sample.pixels.shape[1], width), (sample.pixels.shape[0], height))
    ):
        slack = there * scale - wanted
        if slack <= 0 or chosen is None:
            offset.append(slack * place[axis])  # the picture lies anywhere in the part, or the part in it
        else:
            start = chosen[axis] * scale - wanted * place[axis]
            offset.append(float(min(max(start, 0.0), slack)))
    dx, dy = (math.floor(value) for value in offset)
    pixels = np.full((height, width, 3), GREY, np.uint8)
    left, top = max(0, -dx), max(0, -dy)
    right = min(width, math.floor(sample.pixels.shape[1] * scale) - dx)
    bottom = min(height, math.floor(sample.pixels.shape[0] * scale) - dy)
    if right > left and bottom > top:
        source = tuple(value / scale for value in (left + dx, top + dy, right + dx, bottom + dy))
        pixels[top:bottom, left:right] = np.asarray(
            Image.fromarray(sample.pixels).resize(
                (right - left, bottom - top), Image.Resampling.BILINEAR, box=source
            )
        )
    box = sample.box * np.float32(scale) - np.array([dx, dy, dx, dy], np.float32)
    return _cut(replace(sample, pixels=pixels, box=box))


def _cut(sample: Sample) -> Sample:
    """Clips persons and regions, drops what is outside, and ignores what a cut left too little of."""
    height, width = sample.pixels.shape[:2]
    limit = np.array([width, height], np.float32)
    low, high = np.clip(sample.box[:, :2], 0, limit), np.clip(sample.box[:, 2:], 0, limit)
    sides = sample.box[:, 2:] - sample.box[:, :2]
    left_over = (high - low).prod(1) / np.maximum(sides.prod(1), 1e-6)
    kind = sample.kind.copy()
    ball = kind == BALL
    visible = np.where(ball, sample.visible * left_over, sample.visible).astype(np.float32)
    centre = (sample.box[:, :2] + sample.box[:, 2:]) / 2
    # A ball's truth is its whole circle, but a cell is asked for it only if its centre is in the picture.
    seen = (visible >= LEAST_VISIBLE) & ((centre >= 0) & (centre < limit)).all(1)
    kind[ball & ~seen] = IGNORED
    person = kind == PERSON
    kind[person & ((left_over < _LEAST_LEFT) | (sides.min(1) < _LEAST_SIDE_PX))] = IGNORED
    box = np.where((kind == BALL)[:, None], sample.box, np.concatenate([low, high], 1))
    keep = left_over > 0
    return Sample(sample.pixels, kind[keep], box[keep].astype(np.float32), visible[keep])


def synthesise(
    sample: Sample, settings: DetectorAugment, ablation: DetectorAblation, random: np.random.Generator
) -> Sample:
    """Puts balls and patches on a picture.

    Args:
        sample: The picture; not changed.
        settings: How often, and the syntheses' own settings.
        ablation: Which of the two.
        random: The source of the draws.

    Returns:
        The picture with them; the balls are among its objects, the patches are `EMPTY`.

    Source:
        Paper Sec. 3.3 (texture-shape debiased training) and 4.1 (harmonization-aware image composition).
    """
    compose, debias = random.random(2)
    seeds = random.integers(2**63, size=2)
    persons = sample.box[sample.kind == PERSON]
    if ablation.ImgComp and compose < settings.composed:
        made = synth.compose(
            sample.pixels,
            persons=persons,
            balls=sample.box[_may_be_balls(sample)],
            seed=int(seeds[0]),
            harmonizer=_harmonizer(settings.harmonizer),
            config=settings.compose,
            channels="rgb",
        )
        kind = np.where(made.visible < LEAST_VISIBLE, IGNORED, BALL)
        sample = replace(sample, pixels=made.image).with_objects(kind, made.boxes, made.visible)
    if ablation.DebiasTr and debias < settings.debiased:
        patched = synth.debias(
            sample.pixels,
            persons=persons,
            balls=sample.box[_may_be_balls(sample)],
            seed=int(seeds[1]),
            config=settings.debias,
            channels="rgb",
        )
        # Hard negatives also where balls aren't annotated: what was put there is known.
        empty = np.full(len(patched.boxes), EMPTY)
        sample = replace(sample, pixels=patched.image).with_objects(empty, patched.boxes)
    return sample


def _may_be_balls(sample: Sample) -> npt.NDArray[np.bool_]:
    # Also those that are ignored for being hidden: they are about square, unlike other ignored regions.
    return np.asarray((sample.kind == BALL) | (sample.kind == IGNORED))


def mirrored(sample: Sample) -> Sample:
    """A picture as in a mirror.

    Args:
        sample: The picture; not changed.

    Returns:
        Left and right exchanged.

    Source:
        YOLOv5, release 5.0 (`fliplr`).
    """
    width = sample.pixels.shape[1]
    box: FloatArray = sample.box.copy()
    box[:, [0, 2]] = width - sample.box[:, [2, 0]]
    return replace(sample, pixels=sample.pixels[:, ::-1], box=box)


def colour_matrix(settings: DetectorAugment, random: np.random.Generator) -> FloatArray:
    """Draws a change of colours.

    Args:
        settings: How far.
        random: The source of the draws.

    Returns:
        `(3, 4)` float32: what RGB from 0 to 1 is multiplied with, and what is added.

    Source:
        ITU-R BT.601 (luma); hue turns about the grey axis.
    """
    bright, contrast = 1 + settings.brightness * random.uniform(-1, 1, 2)
    saturation = 1 + settings.saturation * random.uniform(-1, 1)
    angle = math.radians(settings.hue_degrees) * random.uniform(-1, 1)
    luma = np.tile([0.299, 0.587, 0.114], (3, 1))
    saturate = luma + saturation * (np.eye(3) - luma)
    # Rodrigues' formula about (1, 1, 1).
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    third = np.full((3, 3), 1 / 3)
    turn = math.cos(angle) * (np.eye(3) - third) + math.sin(angle) * across + third
    linear = bright * contrast * saturate @ turn
    shift = np.full((3, 1), bright * 0.45 * (1 - contrast))  # contrast is about a middling grey
    return np.concatenate([linear, shift], 1).astype(np.float32)


def recoloured(pixels: Pixels, matrix: FloatArray) -> Pixels:
    """A picture under a change of colours.

    Args:
        pixels: `(H, W, 3)` uint8, RGB.
        matrix: See `colour_matrix`.

    Returns:
        `(H, W, 3)` uint8.

    Source:
        Pillow's `convert` with a matrix.
    """
    scaled = matrix.copy()
    scaled[:, 3] *= 255
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.convert("RGB", tuple(scaled.ravel().tolist())))


def to_input(pictures: Sequence[Pixels]) -> Tensor:
    """The batch that the network takes.

    Args:
        pictures: N of `(H, W, 3)` uint8, RGB.

    Returns:
        `(N, 3, H, W)` float32 from 0 to 1, channels last in memory.

    Source:
        DESIGN, Models.
    """
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div_(255)
