"""The one place where array-likes become what the core takes; the copy, if any, happens here, visibly."""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]


def as_float32(values: Any, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Converts to C-contiguous float32.

    Args:
        values: Any array-like of numbers. An empty sequence fits a shape with a free first axis.
        name: The argument's name, for the error.
        shape: Expected shape; -1 stands for any length.

    Returns:
        The array itself where it already fits, else a converted copy.

    Raises:
        ValueError: If the values aren't numbers or don't have the shape.

    Source:
        House rule: public functions take any array-like and convert once.
    """
    return _convert(values, name, shape, np.dtype(np.float32))


def as_int32(values: Any, name: str, shape: tuple[int, ...]) -> IntArray:
    """Converts to C-contiguous int32; numbers with a fraction are refused.

    Args:
        values: Any array-like of whole numbers.
        name: The argument's name, for the error.
        shape: Expected shape; -1 stands for any length.

    Returns:
        The array itself where it already fits, else a converted copy.

    Raises:
        ValueError: If the values aren't whole numbers in the range of int32, or don't have the shape.

    Source:
        House rule: public functions take any array-like and convert once.
    """
    return _convert(values, name, shape, np.dtype(np.int32))


def _convert(values: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    # The core checks shapes again; an array that fits must not pay for the conversions below.
    if type(values) is np.ndarray and values.dtype is dtype and values.flags.c_contiguous:
        return values
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name}: expected numbers of shape {_text(shape)}, got a ragged sequence"
        ) from error
    if array.size == 0 and array.ndim == 1 and shape[0] == -1:
        array = array.reshape((0, *(max(extent, 0) for extent in shape[1:]))).astype(dtype)
    fits = array.ndim == len(shape) and all(
        want in (-1, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected numbers of shape {_text(shape)}, got {array.dtype} {array.shape}")
    if dtype.kind == "i" and array.dtype != dtype:
        with np.errstate(invalid="ignore"):
            whole = array.astype(dtype)
        if not np.array_equal(whole, array):
            raise ValueError(
                f"{name}: expected whole numbers in the range of int32, got {array.dtype} values"
            )
        array = whole
    return np.ascontiguousarray(array, dtype=dtype)


def _text(shape: tuple[int, ...]) -> str:
    names = iter("NMKL")
    inner = ", ".join(next(names) if extent == -1 else str(extent) for extent in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
