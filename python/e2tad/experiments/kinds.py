"""The kinds of experiments by their names."""

from importlib import import_module

from e2tad import ConfigError, _core
from e2tad.experiments.document import Kind

KINDS = ("system", "sizes", "detector", "pruning", "retrieval")
"""The kinds that an experiment's file can name; each is a module beside this one, with its `KIND`."""


def kind_of(name: str, source: str) -> Kind:
    """A kind by its name.

    Args:
        name: One of `KINDS`.
        source: The experiment's file, for the error.

    Returns:
        The kind.

    Raises:
        ConfigError: If there is none of this name.

    Source:
        DESIGN, Command line (the experiments).
    """
    if name not in KINDS:
        nearest = _core.nearest_name(name, list(KINDS))
        hint = f"did you mean {nearest}?" if nearest else f"expected one of {', '.join(KINDS)}"
        raise ConfigError(f"{source}: /kind: unknown kind {name}, {hint}")
    kind = import_module(f"e2tad.experiments.{name}").KIND
    assert isinstance(kind, Kind)
    return kind
