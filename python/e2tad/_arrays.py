"""The one place where array-likes become what the core takes; the copy, if any, happens here, visibly."""

import os
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from e2tad._core import InputError

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


def load_array(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """The array of a `.npy` file.

    Args:
        path: The file.

    Returns:
        The array.

    Raises:
        InputError: If it isn't a `.npy` file of numbers.
        OSError: If it can't be opened.

    Source:
        NumPy's `load`.
    """
    loaded = _load(path)
    if isinstance(loaded, dict):
        raise InputError(f"{os.fspath(path)}: expected a .npy file of one array")
    return loaded


def load_arrays(path: str | os.PathLike[str], names: Sequence[str]) -> list[npt.NDArray[Any]]:
    """The arrays of a `.npz` file.

    Args:
        path: The file.
        names: Which; others are ignored.

    Returns:
        The arrays, in the order of the names.

    Raises:
        InputError: If it isn't a `.npz` file or lacks one of them.
        OSError: If it can't be opened.

    Source:
        NumPy's `load`.
    """
    arrays = _load(path)
    if not isinstance(arrays, dict):
        raise InputError(f"{os.fspath(path)}: expected a .npz file with the arrays {' '.join(names)}")
    for name in names:
        if name not in arrays:
            raise InputError(f"{os.fspath(path)}: array {name} is missing")
    return [arrays[name] for name in names]


def _load(path: str | os.PathLike[str]) -> npt.NDArray[Any] | dict[str, npt.NDArray[Any]]:
    """The array of a `.npy` file, or the arrays of a `.npz` file by name."""
    # NumPy leaves a file open that it can't read, so it is opened and closed here.
    with open(path, "rb") as file:
        try:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else dict(loaded)
        except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{os.fspath(path)}: not a NumPy file ({error})") from error


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
