"""Synthesis of training pictures beside the rate asked for; there is no program that does the same."""

from collections.abc import Callable
from time import process_time

import numpy as np

from e2tad import _core, synth
from e2tad.bench.timing import BenchRow

_SIZE = (765, 1360)
_ASKED_MS = 50.0  # 20 pictures a second
_PICTURES = 40


def rows() -> list[BenchRow]:
    """Processor time of a composite at VisDrone's size, over all threads: what one core would need.

    Returns:
        A row for composing alone, with harmonisation, and with compression to JPEG.

    Raises:
        ValueError: Never; the pictures are made here.

    Source:
        Own goal: 20 composites a second at 1360x765 on one core.
    """
    image, persons, instances = _street()

    def compose(seed: int, harmonizer: str) -> synth.Composite:
        return synth.compose(image, persons=persons, instances=instances, seed=seed, harmonizer=harmonizer)

    works: dict[str, Callable[[int], object]] = {
        "composite": lambda seed: compose(seed, "none"),
        "composite, harmonised": lambda seed: compose(seed, "statistics"),
        "composite, harmonised, JPEG": lambda seed: _core.encode_image(
            compose(seed, "statistics").image, "jpg"
        ),
    }
    return [
        BenchRow(work, "1360x765, 12 persons", _milliseconds(call), "20 a second, asked for", _ASKED_MS, 1)
        for work, call in works.items()
    ]


def _milliseconds(call: Callable[[int], object]) -> float:
    call(0)
    start = process_time()
    for seed in range(_PICTURES):
        call(seed)
    return 1e3 * (process_time() - start) / _PICTURES


def _street() -> tuple[synth.Image, np.typing.NDArray[np.float32], np.typing.NDArray[np.int32]]:
    """Uneven ground with twelve persons and their masks."""
    random = np.random.default_rng(0)
    height, width = _SIZE
    luma = 100 + 8 * (np.arange(width) // 16 % 3) + random.normal(0, 4, (height, width))
    image = np.clip(luma[..., None] * np.array([0.9, 1.1, 1.0]), 0, 255).astype(np.uint8)
    persons = np.array([[60 + 105 * i, 150 + 25 * i, 110 + 105 * i, 290 + 25 * i] for i in range(12)])
    instances = np.zeros((height, width), np.int32)
    for k, (left, top, right, bottom) in enumerate(persons, 1):
        instances[top:bottom, left:right] = k
    return image, persons.astype(np.float32), instances
