"""What a detector's training measured."""

from pathlib import Path
from typing import Any

from e2tad.data.detection import DetectionSource, open_set
from e2tad.evaluation.detection import evaluate, load_detector
from e2tad.experiments.stages.places import placed
from e2tad.experiments.stages.work import Work

_NAMES = {"precision": "precision", "recall": "recall", "ap50": "AP50", "ap50_95": "AP50_95"}


def balls(work: Work) -> dict[str, Any]:
    """The figures of balls, and of persons beside them.

    Args:
        work: It needs the training.

    Returns:
        `metrics`; None where the test data has no such object.

    Source:
        The paper, Table 1.
    """
    return _figures(work.found[0]["test"] or {})


def measured(work: Work) -> dict[str, Any]:
    """The same figures of a detector at a given input.

    Args:
        work: `test` (a set) and `input`; the last task that it needs made the weights.

    Returns:
        As `balls`.

    Source:
        As `balls`.
    """
    return _figures(tested(work, work.needs[-1] / "weights.pt"))


def tested(work: Work, weights: Path) -> dict[str, Any]:
    """What a detector scores on a work's test set.

    Args:
        work: `test` (a set) and `input`.
        weights: The detector's.

    Returns:
        See `e2tad.evaluation.detection.score`.

    Source:
        `e2tad eval detector`.
    """
    net, _ = load_detector(weights)
    test = DetectionSource.parse(placed(work.settings["test"], work.needs))
    return evaluate(net, open_set(test), work.settings["input"])


def _figures(test: dict[str, Any]) -> dict[str, Any]:
    ball, person = test.get("ball") or {}, test.get("person") or {}
    metrics = {name: ball.get(key) for name, key in _NAMES.items()}
    return {"metrics": metrics | {"person_ap50": person.get("AP50"), "person_ap50_95": person.get("AP50_95")}}
