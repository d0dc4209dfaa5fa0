"""The data of experiments: simulated clips, rendered once and shared, and sets that a user has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from e2tad import ConfigError
from e2tad.experiments.document import Needed
from e2tad.experiments.stages.places import CLIPS
from e2tad.experiments.tasks import Stage, Task
from e2tad.settings import expand_path
from e2tad.training.detector_settings import DetectorTraining
from e2tad.training.reid_settings import ReidTraining

STILLS = Stage("stills", "e2tad.experiments.stages.clips:render_stills", ("core", "geometry", "video", "sim"))
"""Pictures or crops of simulated clips."""

FILM = Stage("film", "e2tad.experiments.stages.clips:render_film", ("core", "geometry", "video", "sim"))
"""A simulated clip with its video, labels and tracks."""


def rendered(document: Any, crops: bool) -> tuple[Task, ...]:
    """The tasks that render the simulated sets of a document.

    Args:
        document: Any JSON; a set is an object with `set` and `root`.
        crops: ReID crops in place of pictures.

    Returns:
        One a set whose root is `CLIPS`, in the order of the document.

    Raises:
        ConfigError: If such a set doesn't say what to render.

    Source:
        DESIGN, Command line (the experiments): shared stages run once.
    """
    tasks = []
    for field, source in _sources(document):
        if source["root"] == CLIPS:
            if not source.get("render"):
                raise ConfigError(f"{field}: a set at {CLIPS} needs render")
            tasks.append(Task(STILLS, {**source["render"], "crops": crops}))
    return tuple(tasks)


def needed_sets(document: Any, where: str = "") -> list[Needed]:
    """The sets of a document that a user has to have.

    Args:
        document: As for `rendered`.
        where: The document's place in its experiment.

    Returns:
        One a set that isn't rendered.

    Source:
        DESIGN, Command line (the experiments).
    """
    return [
        needed(f"{where}{field}/root", source["root"])
        for field, source in _sources(document)
        if source["root"] != CLIPS
    ]


def needed_training(training: DetectorTraining | ReidTraining, where: str) -> list[Needed]:
    """What a training can't do without: sets, and weights to start from.

    Args:
        training: The training.
        where: Its place in the experiment.

    Returns:
        One a set that isn't rendered, and the weights.

    Source:
        As `needed_sets`.
    """
    found = needed_sets(training.model_dump(mode="json"), where)
    if training.model.start is not None:
        found.append(needed(f"{where}/model/start", training.model.start))
    return found


def needed(field: str, path: str) -> Needed:
    """A file or folder that has to be there.

    Args:
        field: The setting that names it.
        path: As the setting has it.

    Returns:
        Whether it is.

    Source:
        As `needed_sets`.
    """
    try:
        return Needed(field, path, expand_path(path, field).exists())
    except ConfigError:
        return Needed(field, f"{path}, which names an environment variable that is not set", False)


def read_by(document: Any) -> tuple[Path, ...]:
    """The folders of the sets that a document names and that aren't rendered.

    Args:
        document: As for `rendered`.

    Returns:
        The folders; one that isn't known yet stays as it is written.

    Source:
        `Task.reads`.
    """
    paths = []
    for field, source in _sources(document):
        if source["root"] != CLIPS:
            try:
                paths.append(expand_path(source["root"], field))
            except ConfigError:
                paths.append(Path(source["root"]))
    return tuple(paths)


def _sources(document: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(document, dict):
        if "set" in document and "root" in document:
            yield path, document
        else:
            for key, inner in document.items():
                yield from _sources(inner, f"{path}/{key}")
    elif isinstance(document, list):
        for i, inner in enumerate(document):
            yield from _sources(inner, f"{path}/{i}")
