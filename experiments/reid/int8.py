"""An embedder in floats and in INT8: retrieval, size of the file, and time on one thread, by engine.

The times are those of frozen TorchScript, the floats' and the INT8 network's alike, in interleaved runs.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from e2tad.bench.timing import interleaved_minima
from e2tad.compression.quantize import first_pictures, load_floats, post_training
from e2tad.evaluation.embed import embedder
from e2tad.evaluation.reid import evaluate, protocol_crops
from e2tad.experiments.sweep import machine
from e2tad.models.export import write_model_file
from e2tad.models.quantised import ENGINES, use_engine
from e2tad.settings import expand_path
from e2tad.training.reid_settings import ReidTraining

CROPS = 8  # about as many as a frame has


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="weights of a training, in floats")
    parser.add_argument("config", type=Path, help="the training's; its data gives ranges and test")
    parser.add_argument("--images", type=int, default=256, help="crops that give the ranges")
    parser.add_argument("--rounds", type=int, default=15, help="of timing; the least time counts")
    parser.add_argument("-o", "--out", type=Path, required=True, help="JSON file")
    options = parser.parse_args()

    torch.set_num_threads(1)
    settings = ReidTraining.load(options.config)
    test = settings.data.test
    root = expand_path(test.root, "/data/test/root")
    queries, gallery = protocol_crops(test.set, root, test.protocol, test.part, test.identities)
    pictures = first_pictures(settings, options.images)
    floats, document = load_floats(options.weights)
    size = (settings.data.height_px, settings.data.width_px)
    crops = torch.from_numpy(np.random.default_rng(0).random((CROPS, 3, *size), np.float32))
    crops = crops.contiguous(memory_format=torch.channels_last)

    result = {}
    for name in ("fp32", *ENGINES):
        net = floats
        if name != "fp32":
            use_engine(name)
            net = post_training(floats, "reid", pictures, name)
        # The engine is the process's, so each is timed beside the floats while it is chosen.
        scripts = {
            key: torch.jit.freeze(torch.jit.script(one.eval()))
            for key, one in (("fp32", floats), (name, net))
        }
        with torch.inference_mode():
            runs = {key: (lambda script=script: script(crops)) for key, script in scripts.items()}
            milliseconds = interleaved_minima(runs, options.rounds)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.ptl"
            quantised = None if name == "fp32" else name
            write_model_file(path, net, {**document, "quantised": quantised}, "unstated", "int8.py")
            found = {"bytes": path.stat().st_size}
        found |= evaluate(embedder(net, size), queries, gallery).summary()
        found |= {"ms_per_crop": milliseconds[name] / CROPS}
        if name != "fp32":
            found["times_as_fast"] = milliseconds["fp32"] / milliseconds[name]
            found["times_smaller"] = result["fp32"]["bytes"] / found["bytes"]
        result[name] = found
        print(name, json.dumps(found), flush=True)
    head = {"machine": machine(), "weights": str(options.weights), "config": str(options.config)}
    options.out.write_text(json.dumps({**head, "images": options.images, **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
