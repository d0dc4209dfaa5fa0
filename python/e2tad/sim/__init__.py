"""A world to run in: players who throw and catch balls, seen by a drone.

`World` is the truth and the pixels, frame by frame; `save` writes a clip in the contest's forms; `compare`
sets the statistics of simulated and real tracks side by side.
"""

from e2tad.sim.clip import ClipOptions, save
from e2tad.sim.compare import DISTRIBUTIONS, Distribution, compare, distributions, plot
from e2tad.sim.world import PRESETS, VIEWS, FrameTruth, World

__all__ = [
    "DISTRIBUTIONS",
    "PRESETS",
    "VIEWS",
    "ClipOptions",
    "Distribution",
    "FrameTruth",
    "World",
    "compare",
    "distributions",
    "plot",
    "save",
]
