"""
The C++ core of e2tad. Strict about dtypes and layouts; use the wrappers of the package.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "AxisTransform",
    "ConfigError",
    "InputError",
    "Letterbox",
    "Tracks",
    "box_from_circle",
    "box_iou",
    "box_nms",
    "build_type",
    "circle_from_box",
    "circle_iou",
    "circle_nms",
    "crop_from_frame",
    "letterbox_region",
]

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

class AxisTransform:
    """
    Scaling and shifting along each axis.
    """
    def apply(self, boxes: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, 4) ltrb -> (N, 4).
        """
    def inverse(self) -> AxisTransform:
        """
        The transform that leads back.
        """
    @property
    def scale_x(self) -> float: ...
    @property
    def scale_y(self) -> float: ...
    @property
    def shift_x(self) -> float: ...
    @property
    def shift_y(self) -> float: ...

class Letterbox:
    """
    How a region of a frame is laid into a network's input.
    """
    @property
    def content(self) -> tuple[int, int, int, int]: ...
    @property
    def frame_from_input(self) -> AxisTransform: ...
    @property
    def height(self) -> int: ...
    @property
    def input_from_frame(self) -> AxisTransform: ...
    @property
    def region(self) -> tuple[int, int, int, int]: ...
    @property
    def width(self) -> int: ...

def box_from_circle(circles: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    See e2tad.geometry.box_from_circle.
    """

def box_iou(a: numpy.ndarray, b: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    Pairwise IoU, (N, 4) x (M, 4) -> (N, M); see e2tad.geometry.iou.
    """

def box_nms(
    boxes: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray | None,
    iou: typing.SupportsFloat | typing.SupportsIndex,
    max_keep: typing.SupportsInt | typing.SupportsIndex | None,
) -> numpy.typing.NDArray[numpy.int32]:
    """
    See e2tad.geometry.nms.
    """

def circle_from_box(boxes: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    See e2tad.geometry.circle_from_box.
    """

def circle_iou(a: numpy.ndarray, b: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    Pairwise circle IoU, (N, 3) x (M, 3) -> (N, M); see e2tad.geometry.circle_iou.
    """

def circle_nms(
    circles: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray | None,
    iou: typing.SupportsFloat | typing.SupportsIndex,
    max_keep: typing.SupportsInt | typing.SupportsIndex | None,
) -> numpy.typing.NDArray[numpy.int32]:
    """
    See e2tad.geometry.circle_nms.
    """

def crop_from_frame(
    box: typing.Annotated[
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"
    ],
    width: typing.SupportsInt | typing.SupportsIndex,
    height: typing.SupportsInt | typing.SupportsIndex,
) -> AxisTransform:
    """
    See e2tad.geometry.crop_from_frame.
    """

def letterbox_region(
    region: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"
    ],
    frame_width: typing.SupportsInt | typing.SupportsIndex,
    frame_height: typing.SupportsInt | typing.SupportsIndex,
    input: typing.SupportsInt | typing.SupportsIndex,
    multiple: typing.SupportsInt | typing.SupportsIndex,
    zoom: bool,
) -> Letterbox:
    """
    See e2tad.geometry.letterbox.
    """

__version__: str = "0.1.0"
build_type: str = "Release"
