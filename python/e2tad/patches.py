"""JSON merge patches, and the command line's way to write one: `--set section.key=value`."""

import json
import math
from collections.abc import Mapping
from typing import Any

from e2tad._core import ConfigError


def merge_patch(document: Any, patch: Any, keep_nulls: bool = False) -> Any:
    """Applies a JSON merge patch; neither argument is changed.

    Args:
        document: Any JSON value.
        patch: Any JSON value; a null removes its key.
        keep_nulls: A null stays in its key's place: of two patches comes the one that does what both do.

    Returns:
        The patched value.

    Source:
        RFC 7386, Sec. 2.

    Example:
        >>> merge_patch({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": None}})
        {'a': {'b': 3}}
        >>> merge_patch({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": None}}, keep_nulls=True)
        {'a': {'b': 3, 'c': None}}
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None and not keep_nulls:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value, keep_nulls)
    return merged


def parse_assignment(text: str) -> Any:
    """The merge patch that one `--set` stands for.

    Args:
        text: `section.key=value`. A value is JSON; what isn't JSON is a text.

    Returns:
        Nested dicts with the value innermost.

    Raises:
        ConfigError: If the text has another form.

    Source:
        DESIGN, Command line: `--set a.b=v`.

    Example:
        >>> parse_assignment("action.theta=3"), parse_assignment("action.decoder=hmm")
        ({'action': {'theta': 3}}, {'action': {'decoder': 'hmm'}})
    """
    key, separator, written = text.partition("=")
    parts = key.split(".")
    if not separator or not all(parts):
        raise ConfigError(f"--set: expected section.key=value, got {text!r}")
    try:
        value: Any = json.loads(written, parse_constant=str)
    except ValueError:
        value = written
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"--set: {key}: expected a finite number, got {written}")
    return nested(parts, value)


def nested(keys: list[str], value: Any) -> Any:
    """A value inside one dict for each key.

    Args:
        keys: From the outermost.
        value: The innermost value.

    Returns:
        The outermost dict, or the value itself without keys.

    Source:
        RFC 7386: the patch that sets one value.

    Example:
        >>> nested(["a", "b"], 1)
        {'a': {'b': 1}}
    """
    for key in reversed(keys):
        value = {key: value}
    return value
