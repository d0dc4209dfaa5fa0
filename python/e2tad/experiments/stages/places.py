"""Where simulated sets and models lie that a sweep has made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLIPS = "$CLIPS"
"""As the `root` of a simulated set with `render`: the sweep's own folder of clips."""

MADE = "$MADE"
"""In place of a model's path: the model that a task made."""


def placed(document: Any, folders: Sequence[Path]) -> Any:
    """A document whose simulated sets lie where they were rendered.

    Args:
        document: As for `e2tad.experiments.sets.rendered`.
        folders: Those of its tasks, in their order; more may follow.

    Returns:
        A copy.

    Source:
        `e2tad.experiments.sets.rendered`.
    """
    left = iter(folders)

    def place(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("root") == CLIPS and "set" in value:
                return {**value, "root": str(next(left) / "clips"), "render": None}
            return {key: place(inner) for key, inner in value.items()}
        return [place(inner) for inner in value] if isinstance(value, list) else value

    return place(document)
