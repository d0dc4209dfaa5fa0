"""Settings that live in Python: JSON documents as pydantic models, with errors as the core words them."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from e2tad import ConfigError, InputError, _core
from e2tad.patches import merge_patch, parse_assignment

_MOST_SHOWN = 80
"""Characters of a wrong value in an error."""


class Settings(BaseModel):
    """Base of every section: unknown keys and other types are errors; nothing changes after reading.

    Source:
        DESIGN, Configuration.
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    @classmethod
    def load(cls, path: str | Path, changes: Iterable[str] = ()) -> Self:
        """Reads a JSON document.

        Args:
            path: The file.
            changes: Settings that replace the document's, each `section.key=value`; a value is JSON, or else
                a text.

        Returns:
            The settings, all defaults filled in.

        Raises:
            ConfigError: For an unknown key (with the nearest known one), a wrong type or a value out of
                range; the message starts with the file and the key's path.
            InputError: If the file isn't JSON, or a change isn't of the form `key=value`.
            OSError: If it can't be read.

        Source:
            DESIGN, Configuration and Command line (`--set a.b=v`).
        """
        text = Path(path).read_bytes()
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: not JSON ({error})") from error
        for change in changes:
            document = merge_patch(document, parse_assignment(change))
        return cls.parse(document, str(path))

    @classmethod
    def parse(cls, document: Any, source: str = "") -> Self:
        """Checks a document that is already read.

        Args:
            document: What `json.loads` gives.
            source: Where it came from, for the errors.

        Returns:
            The settings.

        Raises:
            ConfigError: As `load`.

        Source:
            As `load`.
        """
        try:
            return cls.model_validate_json(json.dumps(cls.expanded(document)))
        except ValidationError as error:
            # A misspelt key is told before what is missing because of it.
            first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
            where = f"{source}: " if source else ""
            path = "/".join(str(key) for key in first["loc"])
            raise ConfigError(f"{where}/{path}: {_reason(cls, first)}") from None

    @classmethod
    def expanded(cls, document: Any) -> Any:
        """Writes out what a document's switches mean, before it is checked.

        Args:
            document: As `parse`; not changed.

        Returns:
            The document that is checked in its place.

        Source:
            DESIGN, Configuration: one table maps each of the paper's switches to the settings it changes.
        """
        return document


def expand_path(text: str, field: str) -> Path:
    """Replaces `$NAME` in a path by that environment variable.

    Args:
        text: A path, perhaps with variables: `$E2TAD_DATA/market1501`.
        field: The setting's path in its document, for the error.

    Returns:
        The path.

    Raises:
        ConfigError: If a variable isn't set.

    Source:
        DESIGN: real data is found by E2TAD_DATA, which has no default.
    """
    expanded = os.path.expandvars(os.path.expanduser(text))
    if "$" in expanded:
        raise ConfigError(f"{field}: {text} names an environment variable that is not set")
    return Path(expanded)


def _reason(settings: type[Settings], error: Any) -> str:
    if error["type"] == "extra_forbidden":
        nearest = _core.nearest_name(str(error["loc"][-1]), _known_keys(settings, error["loc"][:-1]))
        return f"unknown key, did you mean {nearest}?" if nearest else "unknown key"
    if error["type"] == "missing":
        return "missing"
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "too_short":
        return f"expected at least {error['ctx']['min_length']}, got {error['ctx']['actual_length']}"
    text = str(error["msg"]).removeprefix("Input should be ")
    got = error["input"]
    shown = json.dumps(got) if not isinstance(got, (dict, list)) else type(got).__name__
    if len(shown) > _MOST_SHOWN:
        shown = f"{shown[:_MOST_SHOWN]}..."
    return f"expected {text}, got {shown}" if text != error["msg"] else f"{text}, got {shown}"


def _known_keys(settings: type[Settings], path: tuple[int | str, ...]) -> list[str]:
    section: type[Settings] | None = settings
    for key in path:
        # A number counts a list's entries, and a key that is no field names a dict's: their sections were
        # found with the list or the dict itself.
        if section is not None and key in section.model_fields:
            section = _section(section.model_fields[str(key)].annotation)
    return list(section.model_fields) if section is not None else []


def _section(annotation: Any) -> type[Settings] | None:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _section(inner))), None)
