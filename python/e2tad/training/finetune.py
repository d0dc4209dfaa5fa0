"""Trainings that go on from a network, and leave it in another form than they trained it in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lightning.pytorch.callbacks import Callback
from torch import nn

from e2tad import InputError
from e2tad.models.files import load_weights
from e2tad.models.quantised import Engine
from e2tad.settings import expand_path


@dataclass(frozen=True)
class Kept:
    """A network as it goes to disk.

    Attributes:
        net: The network.
        options: What it is built with; see `e2tad.models.files.save_weights`.
        quantised: Its engine if it is INT8.
    """

    net: nn.Module
    options: dict[str, Any]
    quantised: Engine | None = None


@dataclass(frozen=True)
class Start:
    """A network that a training goes on from, in place of a new one.

    Attributes:
        net: What is trained; it is changed.
        keep: Makes of a copy of the trained network what is measured and kept; its argument isn't changed.
        callbacks: What has to happen on the way.
    """

    net: nn.Module
    keep: Callable[[nn.Module], Kept]
    callbacks: tuple[Callback, ...] = field(default=())


def take_start(net: nn.Module, start: str | None) -> None:
    """Gives a new network the weights that its settings' `model.start` names.

    Args:
        net: The network; changed.
        start: Weights of the same network, `$NAME` standing for an environment variable; None: none.

    Raises:
        ConfigError: If the path names a variable that isn't set.
        InputError: If the file isn't weights, or is of another network.
        OSError: If it can't be opened.

    Source:
        DESIGN, Command line: `e2tad train`.
    """
    if start is None:
        return
    path = expand_path(start, "/model/start")
    given, _ = load_weights(path)
    try:
        net.load_state_dict(given.state_dict())
    except RuntimeError:
        raise InputError(f"/model/start: {path} holds another network than /model describes") from None
