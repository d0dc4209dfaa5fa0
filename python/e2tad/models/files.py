"""Weights on disk: a network's state with what is needed to build it; reading one never runs code."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn

from e2tad import InputError
from e2tad.files import replacing
from e2tad.models.quantised import Engine, quiet, skeleton
from e2tad.models.sizes import build

_FORM = "e2tad weights 1"

MODEL_SUFFIXES = (".ptl", ".torchscript")
"""Of model files, which the C++ core runs: the lite interpreter's form, and the full one."""


def save_weights(
    path: str | Path,
    name: str,
    net: nn.Module,
    input_size: tuple[int, int],
    *,
    quantised: Engine | None = None,
    **options: Any,
) -> None:
    """Writes a network's weights.

    Args:
        path: The file, `.pt`.
        name: One of `e2tad.models.sizes.NAMES`.
        net: The network.
        input_size: `(height, width)` in pixels that it was trained at.
        quantised: The engine that an INT8 network was made for; None for floats.
        options: The arguments it was built with.

    Raises:
        OSError: If the file can't be written.

    Source:
        PyTorch's `save`.
    """
    document = {
        "form": _FORM,
        "name": name,
        "input_size": list(input_size),
        "quantised": quantised,
        "options": options,
        "state": net.state_dict(),
    }
    # To memory: torch tells of a full disk in words of its own.
    content = io.BytesIO()
    torch.save(document, content)
    with replacing(path) as part:
        part.write_bytes(content.getbuffer())


def load_weights(path: str | Path) -> tuple[nn.Module, dict[str, Any]]:
    """Reads a network.

    Args:
        path: A file of `save_weights`.

    Returns:
        The network in evaluation mode, and `name`, `input_size`, `options` and `quantised` (the engine of an
        INT8 network, which is then this process's engine; None for floats).

    Raises:
        InputError: If the file isn't weights of this program, is damaged, or doesn't fit the network that it
            names; names the file.
        OSError: If it can't be opened.

    Source:
        House rule: an untrusted file never runs code (`weights_only`).
    """
    with open(path, "rb") as file:
        if Path(path).suffix in MODEL_SUFFIXES:
            raise InputError(f"{path}: a model file, expected the weights (.pt) that it was exported from")
        try:
            with quiet():
                document = torch.load(file, map_location="cpu", weights_only=True)
        except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError, OSError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else "it ends too early"
            # PyTorch goes on with advice to let the file run its code.
            reason = reason.partition(". ")[0].removeprefix("Weights only load failed")
            reason = reason or "it holds more than weights"
            raise InputError(f"{path}: not a weights file ({reason})") from error
    if not isinstance(document, dict) or document.get("form") != _FORM:
        raise InputError(f"{path}: not a weights file of e2tad (no form {_FORM!r})")
    try:
        net = build(document["name"], **document["options"])
        engine = document.setdefault("quantised", None)
        if engine is not None:
            net = skeleton(net, engine)
            # INT8 layers take weights of any shape as they come.
            _check_shapes(net.state_dict(), document["state"])
        net.load_state_dict(document["state"])
        size = document["input_size"]
        document["input_size"] = (int(size[0]), int(size[1]))
    except (RuntimeError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        # The first line of PyTorch's only names the class.
        reason = str(error).strip().splitlines()[-1].strip()
        raise InputError(f"{path}: its weights don't fit the network that it names ({reason})") from error
    return net.eval(), {key: document[key] for key in ("name", "input_size", "options", "quantised")}


def _check_shapes(expected: dict[str, Any], found: dict[str, Any]) -> None:
    for key, value in expected.items():
        if isinstance(value, torch.Tensor):
            other = found[key]
            if other.shape != value.shape or other.dtype != value.dtype:
                raise ValueError(
                    f"{key}: expected {value.dtype} {tuple(value.shape)}, "
                    f"got {other.dtype} {tuple(other.shape)}"
                )
