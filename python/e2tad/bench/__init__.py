"""Speed beside what a user would pick instead; each area has a module with `rows()`."""

from collections.abc import Callable

from e2tad.bench import action, associate, detect, geometry, metric, nn, pipeline, sim, synth
from e2tad.bench.timing import BenchRow

SUITES: dict[str, Callable[[], list[BenchRow]]] = {
    "geometry": geometry.rows,
    "detect": detect.rows,
    "associate": associate.rows,
    "action": action.rows,
    "metric": metric.rows,
    "sim": sim.rows,
    "synth": synth.rows,
    "nn": nn.rows,
    "pipeline": pipeline.rows,
}
"""Suites by area, in the order in which `e2tad bench` runs them."""

__all__ = ["SUITES", "BenchRow"]
