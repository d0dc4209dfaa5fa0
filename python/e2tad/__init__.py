"""Who catches which ball at which frame: an energy-efficient, tracking-based action detector."""

from e2tad import action, adapt, associate, data, detect, energy, geometry, metric, reid
from e2tad._core import ConfigError, InputError, __version__
from e2tad.config import Config
from e2tad.pipeline import Pipeline
from e2tad.tracks import Tracks

__all__ = [
    "Config",
    "ConfigError",
    "InputError",
    "Pipeline",
    "Tracks",
    "__version__",
    "action",
    "adapt",
    "associate",
    "data",
    "detect",
    "energy",
    "geometry",
    "metric",
    "reid",
]
