"""INT8 forms of the networks: how they are observed while they learn their steps, and converted."""

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import torch
import torch.ao.quantization as ao
from torch import nn

from e2tad import InputError
from e2tad.models.blocks import Bottleneck, ConvBnAct
from e2tad.models.reid import BasicBlock, ReidNetwork
from e2tad.models.yolo import Detector, RawHead

Engine = Literal["qnnpack", "x86", "onednn"]
"""Who computes in INT8: `qnnpack` on ARM and anywhere, the others on x86."""

ENGINES: tuple[Engine, ...] = get_args(Engine)
"""All of them."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silences what PyTorch says about its own old interfaces, and nothing else.

    Source:
        PyTorch: eager quantisation and TorchScript have successors, neither of which LibTorch on the Pi has.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*deprecated", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="TypedStorage is deprecated", category=UserWarning)
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor, ", category=UserWarning)
        yield


def use_engine(engine: str) -> Engine:
    """Chooses who computes the INT8 networks that are made, loaded and run from now on in this process.

    Args:
        engine: One of `ENGINES`.

    Returns:
        The same.

    Raises:
        InputError: If the name is unknown, or this machine's PyTorch hasn't got it.

    Source:
        PyTorch's `torch.backends.quantized.engine`.
    """
    if engine not in ENGINES:
        raise InputError(f"engine: expected one of {', '.join(ENGINES)}, got {engine}")
    if engine not in torch.backends.quantized.supported_engines:
        raise InputError(f"engine: this machine's PyTorch has no {engine}")
    torch.backends.quantized.engine = engine
    return engine


def prepare(net: nn.Module, engine: Engine, training: bool) -> nn.Module:
    """A copy of a network that records the ranges of its maps.

    Convolutions are fused with their normalisation and their ReLU. What stays in floats: the detectors'
    heads, whose logits need finer steps, and all of the embedder after its last convolution.

    Args:
        net: A detector or an embedder, in floats; not changed.
        engine: Who will run it.
        training: Also rounds weights and maps as INT8 will, so that training feels it (QAT); normalisation
            is still learnt then. False: only records, as post-training quantisation needs.

    Returns:
        The copy, in training or in evaluation mode as `training` says. It has to see pictures before
        `convert`.

    Raises:
        InputError: If the network has an activation without an INT8 form.

    Source:
        Jacob et al., arXiv:1712.05877, Sec. 3; paper Sec. 3.1 (Quantization). Weights have a step for each
        filter (Krishnamoorthi, arXiv:1806.08342, Sec. 3.1).
    """
    if any(isinstance(module, nn.SiLU) for module in net.modules()):
        raise InputError("activation: silu has no INT8 form; choose hardswish, which is near it, or relu")
    use_engine(engine)
    prepared = copy.deepcopy(net).train(training)
    with quiet():
        fuse = ao.fuse_modules_qat if training else ao.fuse_modules
        fuse(prepared, _fused(prepared), inplace=True)  # type: ignore[no-untyped-call]
        prepared.qconfig = _qconfig(engine, training)  # type: ignore[assignment]
        for module in _in_floats(prepared):
            module.qconfig = None  # type: ignore[assignment]
        make = ao.prepare_qat if training else ao.prepare
        make(prepared, inplace=True)
    return prepared


def convert(prepared: nn.Module) -> nn.Module:
    """The INT8 network of one that has seen pictures.

    Args:
        prepared: A network of `prepare`; not changed.

    Returns:
        The INT8 network in evaluation mode; floats go in and come out. The engine is the one it was prepared
        for.

    Source:
        As `prepare`.
    """
    with quiet():
        converted = copy.deepcopy(prepared).to("cpu").eval()
        ao.convert(converted, inplace=True)  # type: ignore[no-untyped-call]
    return converted


def skeleton(net: nn.Module, engine: Engine) -> nn.Module:
    """An INT8 network whose numbers are to be filled in from a file.

    Args:
        net: The network in floats.
        engine: Who will run it.

    Returns:
        The INT8 network in evaluation mode; its weights and steps mean nothing yet.

    Raises:
        InputError: As `prepare`.

    Source:
        As `prepare`.
    """
    prepared = prepare(net, engine, training=False)
    with warnings.catch_warnings():
        # It has seen nothing, and need not.
        warnings.filterwarnings("ignore", message="must run observer before", category=UserWarning)
        return convert(prepared)


def observers_on(net: nn.Module, on: bool) -> None:
    """Lets the ranges of a network in training follow its maps, or holds them.

    Args:
        net: A network of `prepare`.
        on: Whether they follow.

    Source:
        Krishnamoorthi, arXiv:1806.08342, Sec. 3.2.1: held near the end, so that the weights settle.
    """
    net.apply(ao.enable_observer if on else ao.disable_observer)


def hold_normalisation(net: nn.Module) -> None:
    """Makes a network in training use the running statistics of its fused normalisation, unchanged.

    Args:
        net: A network of `prepare`.

    Source:
        Krishnamoorthi, arXiv:1806.08342, Sec. 3.2.2.
    """
    net.apply(torch.ao.nn.intrinsic.qat.freeze_bn_stats)


def _qconfig(engine: Engine, training: bool) -> ao.QConfig:
    # Without VNNI, x86's sums of two products overflow 16 bits unless maps keep to 7.
    maps: dict[str, Any] = {"quant_min": 0, "quant_max": 127 if engine == "x86" else 255}
    weights: dict[str, Any] = {
        "quant_min": -127,
        "quant_max": 127,
        "dtype": torch.qint8,
        "qscheme": torch.per_channel_symmetric,
    }
    map_observer: Any = ao.HistogramObserver
    weight_observer: Any = ao.PerChannelMinMaxObserver
    if training:
        map_observer = weight_observer = ao.FusedMovingAvgObsFakeQuantize
        maps["observer"] = ao.MovingAverageMinMaxObserver
        weights["observer"] = ao.MovingAveragePerChannelMinMaxObserver
    return ao.QConfig(  # type: ignore[no-untyped-call]
        activation=map_observer.with_args(**maps), weight=weight_observer.with_args(**weights)
    )


def _fused(net: nn.Module) -> list[list[str]]:
    groups: list[list[str]] = []
    for name, module in net.named_modules():
        at = f"{name}." if name else ""
        if isinstance(module, ConvBnAct):
            fused = [f"{at}conv", f"{at}bn"]
            groups.append([*fused, f"{at}act"] if isinstance(module.act, nn.ReLU) else fused)
        elif isinstance(module, BasicBlock):
            groups += [[f"{at}conv1", f"{at}bn1", f"{at}relu1"], [f"{at}conv2", f"{at}bn2"]]
            if isinstance(module.shortcut, nn.Sequential):
                groups.append([f"{at}shortcut.0", f"{at}shortcut.1"])
        elif isinstance(module, ReidNetwork):
            groups.append([f"{at}conv", f"{at}bn", f"{at}relu"])
    return groups


def _in_floats(net: nn.Module) -> list[nn.Module]:
    if isinstance(net, Detector):
        heads: list[nn.Module] = [module for module in net.modules() if isinstance(module, RawHead)]
        # A sum that is never taken has no range.
        return heads + [
            module.add for module in net.modules() if isinstance(module, Bottleneck) and not module.shortcut
        ]
    if isinstance(net, ReidNetwork):
        return [net.average, net.project, net.neck]
    raise InputError(f"there is no INT8 form of {type(net).__name__}")
