"""The configuration document: defaults from the core, deltas as JSON merge patches."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from e2tad import _core
from e2tad._core import ConfigError
from e2tad.patches import merge_patch, nested, parse_assignment


class Config:
    """A resolved document; it never changes, deltas make new ones.

    Source:
        DESIGN, Configuration. C++: `cpp/e2tad/pipeline/config.hpp`; the sections' defaults stand in their
        modules.

    Example:
        >>> config = Config({"action": {"theta": 10}}).set("action.decoder=morphological")
        >>> config["action.theta"], config["action.decoder"]
        (10, 'morphological')
    """

    def __init__(self, delta: Mapping[str, Any] | None = None, source: str = "config") -> None:
        """Takes a delta to the defaults.

        Args:
            delta: Sections and keys that differ from the defaults: a JSON merge patch (RFC 7386), in which
                None resets a key.
            source: What to call the delta in errors.

        Raises:
            ConfigError: For an unknown key, a wrong type, or a value out of range; it names source and path.
        """
        try:
            text = json.dumps(dict(delta or {}), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{source}: {error}") from error
        self._document: dict[str, Any] = json.loads(_core.resolve_config(text, source))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Config":
        """Reads a delta from a JSON file.

        Args:
            path: The file; a full document is a delta too.

        Returns:
            The resolved document.

        Raises:
            OSError: If the file can't be read.
            ConfigError: If it is no JSON or a key or value isn't usable; names the file and the path.

        Source:
            DESIGN, Configuration.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: not UTF-8 text, expected JSON") from error
        config = cls.__new__(cls)
        config._document = json.loads(_core.resolve_config(text, os.fspath(path)))
        return config

    def merged(self, delta: Mapping[str, Any], source: str = "config") -> "Config":
        """This document with a delta applied.

        Args:
            delta: As in the constructor; None resets a key to the default. A switch of `ablation` changes its
                settings, but for those that the delta names too.
            source: What to call the delta in errors.

        Returns:
            A new document.

        Raises:
            ConfigError: As in the constructor.

        Source:
            RFC 7386, JSON merge patch.
        """
        try:
            written_out = json.loads(_core.expand_switches(json.dumps(dict(delta), allow_nan=False)))
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{source}: {error}") from error
        # A null has to stay one: without its key, the document's own switches would set it again.
        return Config(merge_patch(self._document, written_out, keep_nulls=True), source)

    def set(self, *assignments: str) -> "Config":
        """This document with single keys set, as the command line's `--set` does.

        Args:
            assignments: `section.key=value` each. A value is JSON; what isn't JSON is a text.

        Returns:
            A new document.

        Raises:
            ConfigError: If an assignment has another form, or as in the constructor.

        Source:
            DESIGN, Command line: `--set a.b=v`.
        """
        config = self
        for assignment in assignments:
            config = config.merged(parse_assignment(assignment), "--set")
        return config

    def __getitem__(self, key: str) -> Any:
        """The value at `section.key`, or a section as a dict."""
        value: Any = self._document
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise ConfigError(_unknown(key))
            value = value[part]
        return json.loads(json.dumps(value))

    def to_dict(self) -> dict[str, Any]:
        """The whole document, every key.

        Returns:
            A copy.

        Source:
            DESIGN, Configuration: every run writes the resolved document beside its result.
        """
        return dict(json.loads(json.dumps(self._document)))


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the document, with descriptions, defaults and ranges.

    Returns:
        The schema.

    Source:
        C++: `cpp/e2tad/core/config.hpp`.
    """
    return dict(json.loads(_core.config_schema()))


def explain(key: str) -> dict[str, Any]:
    """One key's entry of the schema.

    Args:
        key: `section.key`.

    Returns:
        Its `description`, and of a value `type`, `default` and what of `minimum`, `maximum`, `enum` there is.

    Raises:
        ConfigError: If there is no such key; it names the nearest.

    Source:
        DESIGN, Command line: `e2tad config --key`.

    Example:
        >>> explain("action.theta")["default"]
        5
    """
    entry = schema()
    for part in key.split("."):
        if part not in entry.get("properties", {}):
            raise ConfigError(_unknown(key))
        entry = entry["properties"][part]
    return entry


def _unknown(key: str) -> str:
    """The core's own message for a key that doesn't exist, so that its wording has one home."""
    try:
        _core.resolve_config(json.dumps(nested(key.split("."), 0)), "config")
    except ConfigError as error:
        return str(error)
    return f"config: {key}: no such key"


def resolve(
    path: str | os.PathLike[str] | None,
    assignments: Iterable[str] = (),
    delta: Mapping[str, Any] | None = None,
) -> Config:
    """What a command runs with: defaults, then its `--config`, its `--set`, and its own flags.

    Args:
        path: The file of `--config`, or None.
        assignments: The values of `--set`, in order.
        delta: What the command's own flags say.

    Returns:
        The resolved document.

    Raises:
        OSError: If the file can't be read.
        ConfigError: If a key or value isn't usable.

    Source:
        DESIGN, Command line.
    """
    config = Config.load(path) if path is not None else Config()
    return config.set(*assignments).merged(delta or {}, "options")


def section_json(config: Mapping[str, Any] | None, section: str) -> str:
    """A section's settings as the core reads them.

    Args:
        config: Fields that differ from the defaults; NumPy's scalars count as Python's.
        section: Its name, for errors.

    Returns:
        JSON.

    Raises:
        ConfigError: If a value has no form in JSON, as NaN has none.

    Source:
        RFC 8259.

    >>> section_json({"theta": 5}, "action")
    '{"theta": 5}'
    """
    try:
        return json.dumps(dict(config or {}), default=_plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"/{section}: {error}") from error


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's, mappings as dicts."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"expected a number, text, true or false, or a mapping, got {type(value).__name__}")
