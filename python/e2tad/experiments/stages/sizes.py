"""How large, how quick and how good a network is."""

import tempfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from e2tad import nn as runtime
from e2tad.bench.timing import interleaved_minima
from e2tad.compression.quantize import post_training
from e2tad.experiments.stages.detector import tested
from e2tad.experiments.stages.work import Work
from e2tad.models.export import write_model_file
from e2tad.models.quantised import quiet, use_engine
from e2tad.models.sizes import build, info

_CALIBRATION = 4
"""Random pictures; what a network is shown doesn't change its speed."""


def weigh(work: Work) -> dict[str, Any]:
    """Size, and time of a forward pass in INT8 on one thread by the C++ core.

    Args:
        work: `model`, `input`, `activation` (None: its own, where that has an INT8 form) and `rounds`.

    Returns:
        `metrics`: `gflops mparams seconds_per_frame fps`.

    Source:
        The paper, Table 2; the size is that of the architecture as published, its own activation included.
    """
    settings = work.settings
    name, side = settings["model"], settings["input"]
    size = info(name, side)
    options = {"activation": settings["activation"]} if settings["activation"] else {}
    torch.manual_seed(0)
    net = build(name, **options).eval()
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (_CALIBRATION, side, side, 3), np.uint8)
    engine = use_engine("qnnpack")
    document = {"name": name, "input_size": (side, side), "options": options, "quantised": engine}
    with tempfile.TemporaryDirectory() as folder, quiet():
        path = Path(folder) / "model.ptl"
        small = post_training(net, name, pictures, engine)
        write_model_file(path, small, document, "none", "random numbers")
        network = runtime.Network(path, "auto", threads=1)
        x = random.random((1, 3, side, side), np.float32)
        milliseconds = interleaved_minima({name: lambda: network.run([x])}, settings["rounds"])[name]
    metrics = {
        "gflops": size["flops"] / 1e9,
        "mparams": size["parameters"] / 1e6,
        "seconds_per_frame": milliseconds / 1e3,
        "fps": 1e3 / milliseconds,
    }
    return {"metrics": metrics}


def judge(work: Work) -> dict[str, Any]:
    """Average precision of a detector.

    Args:
        work: `weights` (None: of the last task that it needs), `test` (a set) and `input`.

    Returns:
        `map`, `person_map` and `ball_map`, AP.5:.95.

    Source:
        `e2tad eval detector`.
    """
    settings = work.settings
    weights = settings["weights"] or work.needs[-1] / "weights.pt"
    found = tested(work, Path(weights))
    of = {"map": "all", "person_map": "person", "ball_map": "ball"}
    return {name: (found[key] or {}).get("AP50_95") for name, key in of.items()}


def join(work: Work) -> dict[str, Any]:
    """A row of what several tasks found.

    Args:
        work: It needs `weigh`, and perhaps `judge`.

    Returns:
        `metrics`.

    Source:
        The paper, Table 2.
    """
    metrics = dict(cast(dict[str, Any], work.found[0]["metrics"]))
    for found in work.found[1:]:
        metrics |= found
    return {"metrics": metrics}
