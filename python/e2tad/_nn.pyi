"""
The networks of e2tad, by LibTorch. Importing it loads LibTorch; use the wrappers of the package.
"""

from __future__ import annotations
import collections.abc
import numpy
import typing

__all__: list[str] = ["Network", "auto_engine", "engines"]

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

def auto_engine(made_for: str) -> str:
    """
    The engine that `auto` means here.
    """

def engines() -> list[str]:
    """
    See e2tad.nn.engines.
    """
