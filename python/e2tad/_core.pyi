"""
The C++ core of e2tad. Strict about dtypes and layouts; use the wrappers of the package.
"""

from __future__ import annotations
import numpy
import typing

__all__: list[str] = ["ConfigError", "InputError", "Tracks", "build_type"]

class InputError(ValueError):
    pass

class ConfigError(InputError):
    pass

class Tracks:
    """
    Boxes with identities over a video; see e2tad.Tracks.
    """
    def __init__(
        self,
        frame: numpy.ndarray,
        object_class: numpy.ndarray,
        id: numpy.ndarray,
        box: numpy.ndarray,
        observed: numpy.ndarray,
    ) -> None: ...
    def __len__(self) -> int: ...
    def ball_ids(self) -> list[int]: ...
    def every(self, step: typing.SupportsInt | typing.SupportsIndex) -> Tracks:
        """
        The frames whose number `step` divides.
        """
    def person_ids(self) -> list[int]: ...
    @property
    def box(self) -> numpy.ndarray: ...
    @property
    def frame(self) -> numpy.ndarray: ...
    @property
    def id(self) -> numpy.ndarray: ...
    @property
    def object_class(self) -> numpy.ndarray: ...
    @property
    def observed(self) -> numpy.ndarray: ...

__version__: str = "0.1.0"
build_type: str = "Debug"
