"""What trainings of embedders measured."""

from typing import Any

from e2tad.experiments.stages.work import Work


def retrieved(work: Work) -> dict[str, Any]:
    """A training's tests as a row.

    Args:
        work: The task that it needs trained the embedder.

    Returns:
        `metrics`: `map r1 r5` of its own test, and of each further one with its name in front.

    Source:
        The paper, Sec. 3.3 and 4.2.
    """
    found = work.found[0]
    tests = {"": found["test"] or {}, **{f"{name}_": test for name, test in found["more_tests"].items()}}
    return {
        "metrics": {
            f"{test}{short}": measured.get(name)
            for test, measured in tests.items()
            for short, name in (("map", "mAP"), ("r1", "R1"), ("r5", "R5"))
        }
    }
