"""What a detector's training measured."""

from typing import Any

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
    test = work.found[0]["test"] or {}
    ball, person = test.get("ball") or {}, test.get("person") or {}
    metrics = {name: ball.get(key) for name, key in _NAMES.items()}
    return {"metrics": metrics | {"person_ap50": person.get("AP50"), "person_ap50_95": person.get("AP50_95")}}
