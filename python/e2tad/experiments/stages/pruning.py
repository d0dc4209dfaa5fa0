"""Embedders without some of their filters."""

from typing import Any

import numpy as np
import torch

from e2tad import nn as runtime
from e2tad.bench.timing import interleaved_minima
from e2tad.compression.prune import PruningOptions, pruning_start
from e2tad.compression.quantize import aware_start, first_pictures, load_floats
from e2tad.experiments.stages.networks import forget_state
from e2tad.experiments.stages.places import placed
from e2tad.experiments.stages.work import Work
from e2tad.models.export import write_model_file
from e2tad.models.files import load_weights
from e2tad.models.quantised import use_engine
from e2tad.models.sizes import count_flops, count_parameters
from e2tad.training.finetune import Kept, Start
from e2tad.training.reid import train_reid
from e2tad.training.reid_settings import ReidTraining

_CROPS = 8
"""A forward pass of the timed network: about as many as a frame has."""


def finetune(work: Work) -> dict[str, Any]:
    """Prunes an embedder, or makes it INT8, and trains on; `weights.pt`.

    Args:
        work: `training` (its document), `pruning` (None: nothing goes) and `int8`; the last task that it
            needs made the network.

    Returns:
        `metrics`: `map r1 r5 gflops mparams`.

    Source:
        The paper, Tables 3 and 4.
    """
    settings = ReidTraining.parse(placed(work.settings["training"], work.needs))
    net, document = load_floats(work.needs[-1] / "weights.pt")
    options = document["options"]
    pruning = work.settings["pruning"]
    if work.settings["int8"]:
        engine = use_engine("qnnpack")
        start = aware_start(net, "reid", options, first_pictures(settings), engine)
    elif pruning is None or pruning["sparsity"] == 0:
        # As long a training, so that a row is compared with what its filters alone would change.
        start = Start(net, lambda trained: Kept(trained, options))
    else:
        how = PruningOptions(
            pruning["sparsity"], pruning["criterion"], pruning["distribution"], multiple=pruning["multiple"]
        )
        start = pruning_start(
            net, "reid", options, how, pruning["schedule"], pruning["until"], pruning["updates"]
        )
    result = train_reid(settings, work.folder, progress=False, start=start)
    forget_state(work.folder)
    size = (settings.data.height_px, settings.data.width_px)
    floats = net if work.settings["int8"] else load_weights(work.folder / "weights.pt")[0]
    test = result["test"] or {}
    metrics = {
        "map": test.get("mAP"),
        "r1": test.get("R1"),
        "r5": test.get("R5"),
        "gflops": count_flops(floats, torch.zeros(1, 3, *size)) / 1e9,
        "mparams": count_parameters(floats) / 1e6,
    }
    return {"metrics": metrics}


def deploy(work: Work) -> dict[str, Any]:
    """Writes an embedder as a model file, and times it on one thread.

    Args:
        work: `rounds`; it needs the embedder.

    Returns:
        `metrics`: the embedder's own, `ms_per_crop` and `size_mb`.

    Source:
        The paper, Sec. 4.2 (INT8: 3 times faster, 3.7 times smaller).
    """
    net, document = load_weights(work.needs[0] / "weights.pt")
    path = work.folder / "model.ptl"
    write_model_file(path, net, document, "unstated", "an experiment's training")
    network = runtime.Network(path, "auto", threads=1)
    crops = np.random.default_rng(0).random((_CROPS, 3, *document["input_size"]), np.float32)
    milliseconds = interleaved_minima({"": lambda: network.run([crops])}, work.settings["rounds"])[""]
    metrics = {"ms_per_crop": milliseconds / _CROPS, "size_mb": path.stat().st_size / 1e6}
    return {"metrics": work.found[0]["metrics"] | metrics}
