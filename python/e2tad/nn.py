"""Networks from model files, run by LibTorch, which importing this loads: a fifth of a second."""

import json
import os
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

try:
    from e2tad import _nn
except ImportError:
    # Where torch isn't beside this package, it brings its libraries along by itself, which takes longer.
    import torch  # noqa: F401

    from e2tad import _nn
from e2tad._arrays import FloatArray, as_float32, as_int32
from e2tad._core import Letterbox
from e2tad.detect import Detections

__all__ = ["Detector", "Embedder", "Harmonizer", "Network", "auto_engine", "engines"]

Harmonizer = _nn.TorchHarmonizer
"""Harmonises composites by a network from a model file; see `e2tad.synth.harmonizer`."""


def engines() -> list[str]:
    """The INT8 engines that run here.

    Returns:
        Names of `qnnpack`, `x86` and `onednn`.

    Raises:
        Nothing.

    Source:
        LibTorch's `supportedQEngines`.

    >>> "qnnpack" in engines()
    True
    """
    return _nn.engines()


def auto_engine(made_for: str = "") -> str:
    """The engine that the setting `auto` means here.

    Args:
        made_for: The engine that a model was quantised for; empty: unknown.

    Returns:
        `onednn` where the processor adds products of 8-bit numbers exactly (VNNI); else `made_for` where it
        is at hand, else `qnnpack`.

    Raises:
        Nothing.

    Source:
        C++: `cpp/e2tad/nn_torch/network.hpp`.
    """
    return _nn.auto_engine(made_for)


class Network(_nn.Network):
    """A model file that runs, without a card: arrays in, arrays out.

    Args:
        path: `.ptl` or `.torchscript`.
        engine: What runs INT8 layers: `auto`, or one of `engines()`.
        threads: 0: LibTorch's own choice. Threads and engine are the process's: networks that run at the
            same time in several threads must share them.

    Raises:
        InputError: If the file isn't a model that LibTorch reads, or the engine isn't at hand.
        OSError: If the file can't be read.

    Source:
        C++: `cpp/e2tad/nn_torch/network.hpp`.
    """

    def __init__(self, path: str | os.PathLike[str], engine: str = "auto", threads: int = 1) -> None:
        super().__init__(os.fspath(path), engine, threads)

    def __call__(self, *inputs: Any) -> list[FloatArray]:
        """Runs the network.

        Args:
            inputs: `(N, C, H, W)` arrays. Contiguous float32 is read in place, with channels first or, as the
                transposed view of a picture `(N, H, W, C)`, last.

        Returns:
            All tensors that the network gives, as float32; lists and tuples flattened.

        Raises:
            InputError: If the network fails on these shapes, or gives something else than tensors.

        Source:
            C++: `cpp/e2tad/nn_torch/network.hpp`.
        """
        return self.run([_batch(x, f"inputs[{i}]") for i, x in enumerate(inputs)])


def _batch(values: Any, name: str) -> FloatArray:
    is_batch = isinstance(values, np.ndarray) and values.ndim == 4 and values.dtype == np.float32
    if is_batch and values.transpose(0, 2, 3, 1).flags.c_contiguous:
        return cast(FloatArray, values)
    return as_float32(values, name, (-1, -1, -1, -1))


class Detector(_nn.TorchDetector):
    """Persons and balls by a network with a raw YOLO head, as its card describes it.

    Args:
        model: `.ptl` or `.torchscript`, with its card (`.json`) beside it.
        settings: Keys of the section `detector`: `confidence`, `nms_iou`, `input`, `max_detections`,
            `engine`, `threads`.

    Raises:
        ConfigError: If a setting is unknown or out of range.
        InputError: If model or card can't be used, or disagree with each other.
        OSError: If one can't be read.

    Source:
        DESIGN, Models. C++: `cpp/e2tad/nn_torch/torch_detector.hpp`.
    """

    def __init__(self, model: str | os.PathLike[str], **settings: Any) -> None:
        super().__init__(json.dumps({"model": os.fspath(model), **settings}))

    def __call__(
        self,
        image: npt.NDArray[np.uint8],
        view: Letterbox | None = None,
        *,
        frame_size: tuple[int, int] | None = None,
    ) -> Detections:
        """What is seen in a picture; other threads run meanwhile.

        Args:
            image: `(H, W, 3)` uint8, C-contiguous, BGR; read in place.
            view: A region of the picture and how it is fed (`e2tad.geometry.letterbox`, with a `multiple` of
                this detector's); None: the whole picture, its longer side scaled to the setting `input`,
                or where that is 0 to what the card says.
            frame_size: `(width, height)` of the video where the picture is a smaller one of its frame; the
                boxes are in its pixels. None: the picture's.

        Returns:
            By falling score, in the contest's classes (0 person, 1 ball); a C-box is its circle's square.

        Raises:
            ValueError: If the image has another form, or the view isn't one of it.
            InputError: If the network gives something else than its card says.

        Source:
            DESIGN, Data flow. C++: `cpp/e2tad/nn_torch/torch_detector.hpp`.
        """
        return Detections(*self.detect(image, view, frame_size))


class Embedder(_nn.TorchEmbedder):
    """Features by which an identity is known again, by a network from a model file.

    Args:
        model: `.ptl` or `.torchscript`, with its card (`.json`) beside it.
        settings: Keys of the section `reid`: `engine`, `threads`, `batch`, `mask_balls`.

    Raises:
        ConfigError: If a setting is unknown or out of range.
        InputError: If model or card can't be used, or disagree with each other.
        OSError: If one can't be read.

    Source:
        DESIGN, Models. C++: `cpp/e2tad/nn_torch/torch_embedder.hpp`.
    """

    def __init__(self, model: str | os.PathLike[str], **settings: Any) -> None:
        super().__init__(json.dumps({"model": os.fspath(model), **settings}))

    def __call__(
        self,
        image: npt.NDArray[np.uint8],
        boxes: Any,
        classes: Sequence[int] | npt.NDArray[np.int32],
        *,
        frame_size: tuple[int, int] | None = None,
    ) -> FloatArray:
        """Features of a picture's detections; other threads run meanwhile.

        Args:
            image: `(H, W, 3)` uint8, C-contiguous, BGR; read in place.
            boxes: `(N, 4)` ltrb pixels.
            classes: `(N,)` 0 person, 1 ball.
            frame_size: As for `Detector`.

        Returns:
            `(N, width)` float32, each row of length 1.

        Raises:
            ValueError: If an array has another form, or a class is another.
            InputError: If the network gives something else than its card says.

        Source:
            DESIGN, Models. C++: `cpp/e2tad/nn_torch/torch_embedder.hpp`.
        """
        given = as_float32(boxes, "boxes", (-1, 4))
        scores = np.ones(len(given), np.float32)
        return self.embed(image, given, scores, as_int32(classes, "classes", (-1,)), frame_size)

    def crops(self, crops: npt.NDArray[np.uint8], object_class: int = 0) -> FloatArray:
        """Features of crops that are cut already.

        Args:
            crops: `(N, H, W, 3)` uint8, C-contiguous, BGR: 128x64 (height x width) for persons, 64x64 for
                balls.
            object_class: 0 person, 1 ball.

        Returns:
            `(N, width)` float32, each row of length 1.

        Raises:
            ValueError: If the crops have another form than their class, or the class is another.
            InputError: If the network gives something else than its card says.

        Source:
            As for calling it.
        """
        return self.embed_crops(crops, object_class)
