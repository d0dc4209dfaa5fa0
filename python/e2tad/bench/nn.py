"""INT8 networks in every engine, beside PyTorch's own Python and onnxruntime; one thread each."""

import logging
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from e2tad._arrays import FloatArray
from e2tad.bench.timing import BenchRow, compare, optional

_CALIBRATION = 8
"""Random pictures; what a network is shown doesn't change its speed."""

_GOAL = 0.95
"""Not slower than the best, within what two minima of one call differ by."""


def rows() -> list[BenchRow]:
    """Times of a forward pass of YOLO-MobileV1 at 416x416 and of the deployed embedder on 8 crops.

    Returns:
        Rows of `auto` beside every engine of PyTorch and onnxruntime, then a row an engine beside PyTorch's
        Python in the same engine, and one in floats.

    Raises:
        ImportError: If a peer is installed but doesn't load.

    Source:
        PEERS: INT8 YOLO-MobileV1 416; DESIGN, Models.
    """
    # Building the networks needs torch, which the other suites don't.
    from e2tad.models import ReidNetwork, YoloMobileV1

    found = _rows("YOLO-MobileV1, 416x416", "yolo_mobile_v1", YoloMobileV1(), (1, 3, 416, 416))
    return found + _rows("ReID, 8 crops of 128x64", "reid", ReidNetwork(8), (8, 3, 128, 64))


def _rows(size: str, name: str, net: Any, shape: tuple[int, ...]) -> list[BenchRow]:
    import torch

    from e2tad import nn as runtime
    from e2tad.models.export import write_model_file
    from e2tad.models.quantised import convert, prepare, quiet

    x = np.random.default_rng(0).random(shape, np.float32)
    given = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
    document: dict[str, Any] = {"name": name, "input_size": shape[2:], "options": {}, "quantised": None}
    threads, engine_before = torch.get_num_threads(), torch.backends.quantized.engine
    ours: dict[str, Callable[[], object]] = {}
    python: dict[str, Callable[[], object]] = {}
    torch.manual_seed(0)
    net.eval()
    with tempfile.TemporaryDirectory() as folder, quiet():

        def add(engine: str, module: Any) -> None:
            path = Path(folder) / f"{engine}.ptl"
            write_model_file(path, module, document, "none", "random numbers")
            ours[engine] = _forward(path, engine, given.numpy())
            python[engine] = _in_python(module, engine, given)

        try:
            torch.set_num_threads(1)
            for engine in runtime.engines():
                prepared = prepare(net, engine, training=False)  # type: ignore[arg-type]
                with torch.inference_mode():
                    prepared(given)
                add(engine, convert(prepared))
            add("floats", net)
            best = runtime.auto_engine()
            peers: dict[str, Callable[[], object] | None] = {
                f"PyTorch, {engine}": call for engine, call in python.items()
            }
            peers["onnxruntime INT8"] = _onnxruntime(net, given, Path(folder))
            found = compare("INT8 forward, auto", size, ours[best], peers, goal=_GOAL)
            for engine, call in ours.items():
                work = "forward in floats" if engine == "floats" else f"INT8 forward, {engine}"
                found += compare(work, size, call, {f"PyTorch, {engine}": python[engine]})
            return found
        finally:
            torch.set_num_threads(threads)
            torch.backends.quantized.engine = engine_before


def _forward(path: Path, engine: str, x: FloatArray) -> Callable[[], object]:
    from e2tad import nn as runtime

    network = runtime.Network(path, "auto" if engine == "floats" else engine, threads=1)
    return lambda: network.run([x])


def _in_python(module: Any, engine: str, given: Any) -> Callable[[], object]:
    import torch

    scripted = torch.jit.freeze(torch.jit.script(module))

    def run() -> object:
        if engine != "floats":
            torch.backends.quantized.engine = engine
        with torch.inference_mode():
            return scripted(given)

    return run


def _onnxruntime(net: Any, given: Any, folder: Path) -> Callable[[], object] | None:
    """The network in onnxruntime's INT8, by its own static quantisation with a step for each filter."""
    if optional("onnx") is None or optional("onnxruntime") is None:
        return None
    import onnxruntime
    import torch
    from onnxruntime import quantization

    class Pictures(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            random = np.random.default_rng(1)
            self.left = [random.random(given.shape, np.float32) for _ in range(_CALIBRATION)]

        def get_next(self) -> dict[str, Any] | None:
            return {"x": self.left.pop()} if self.left else None

    plain, prepared, small = (folder / f"{name}.onnx" for name in ("plain", "prepared", "small"))
    with warnings.catch_warnings():
        # Its successor needs onnxscript, which nothing else here does.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        torch.onnx.export(net, (given,), plain, input_names=["x"], opset_version=17, dynamo=False)
    logging.disable(logging.WARNING)  # It recommends what is done in the next line.
    try:
        quantization.quant_pre_process(str(plain), str(prepared))
        quantization.quantize_static(
            str(prepared), str(small), Pictures(), quant_format=quantization.QuantFormat.QDQ, per_channel=True
        )
    finally:
        logging.disable(logging.NOTSET)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(small), options, providers=["CPUExecutionProvider"])
    x = given.contiguous().numpy()
    return lambda: session.run(None, {"x": x})
