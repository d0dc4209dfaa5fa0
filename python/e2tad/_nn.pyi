"""
The networks of e2tad, by LibTorch. Importing it loads LibTorch; use the wrappers of the package.
"""

from __future__ import annotations
import collections.abc
import e2tad._core
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "Network",
    "TorchDetector",
    "TorchEmbedder",
    "TorchHarmonizer",
    "auto_engine",
    "engines",
]

class Network:
    """
    A model file that runs; see e2tad.nn.
    """
    def __init__(
        self, path: str, engine: str, threads: typing.SupportsInt | typing.SupportsIndex
    ) -> None: ...
    def run(self, inputs: collections.abc.Sequence[numpy.ndarray]) -> list:
        """
        Float arrays of four axes in, all tensors of the network out.
        """
    @property
    def path(self) -> str: ...

class TorchDetector(e2tad._core.Detector):
    """
    A detector from a model file; see e2tad.nn.
    """
    def __init__(self, settings: str) -> None: ...
    def detect(
        self,
        image: numpy.ndarray,
        view: e2tad._core.Letterbox | None,
        frame_size: tuple[
            typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex
        ]
        | None,
    ) -> tuple[
        numpy.typing.NDArray[numpy.float32],
        numpy.typing.NDArray[numpy.float32],
        numpy.typing.NDArray[numpy.int32],
    ]:
        """
        Boxes, scores and classes.
        """
    @property
    def engine(self) -> str: ...
    @property
    def input_px(self) -> int: ...
    @property
    def multiple(self) -> int: ...

class TorchEmbedder(e2tad._core.Embedder):
    """
    An embedder from a model file; see e2tad.nn.
    """
    def __init__(self, settings: str) -> None: ...
    def embed(
        self,
        image: numpy.ndarray,
        boxes: numpy.ndarray,
        scores: numpy.ndarray,
        classes: numpy.ndarray,
        frame_size: tuple[
            typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex
        ]
        | None,
    ) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, width) features of a frame's detections.
        """
    def embed_crops(
        self, crops: numpy.ndarray, object_class: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, width) features of crops.
        """
    @property
    def engine(self) -> str: ...

class TorchHarmonizer(e2tad._core.Harmonizer):
    """
    A harmoniser from a model file; see e2tad.synth.harmonizer.
    """
    def __init__(self, model: str) -> None: ...

def auto_engine(made_for: str) -> str:
    """
    The engine that `auto` means here.
    """

def engines() -> list[str]:
    """
    See e2tad.nn.engines.
    """
