"""What a stage gets to work with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Work:
    """What a stage gets to work with.

    Attributes:
        settings: The task's.
        folder: Its own folder; a task that was cut off finds there what it had written.
        needs: Folders of the tasks that it needs, in their order.
        found: What these tasks gave.
    """

    settings: dict[str, Any]
    folder: Path
    needs: tuple[Path, ...]
    found: tuple[Any, ...]
