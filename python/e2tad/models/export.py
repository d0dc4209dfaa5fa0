"""Model files that run without this package: TorchScript, or the lite interpreter's, each with a card."""

import json
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from e2tad import InputError
from e2tad.data.pictures import IMAGENET_DEVIATION, IMAGENET_MEAN
from e2tad.files import replacing
from e2tad.models.files import MODEL_SUFFIXES, load_weights
from e2tad.models.quantised import quiet
from e2tad.models.rainnet import RainNet
from e2tad.models.yolo import Detector


def card_of(net: nn.Module, document: dict[str, Any], licence: str, source: str) -> dict[str, Any]:
    """What a program must know to feed a network and to read its answer.

    Args:
        net: The network.
        document: `name`, `input_size`, `options` and `quantised`, as `load_weights` gives them.
        licence: Of the weights.
        source: What they were trained on.

    Returns:
        `kind` (`reid`, `detector` or `harmonizer`), `name`, `input_size` (height, width), `channels`,
        `mean` and `deviation` of values from 0 to 1, `quantised` (the engine of INT8 layers; None: FP32),
        `licence`, `source`; of an embedder `embedding`; of a detector `classes`, `box_form`, and of each head
        its `strides` and `anchors`; of a harmonizer, which takes the picture and its mask, the `multiple`
        that height and width have to be of.

    Raises:
        InputError: If there is no card for this network.

    Source:
        DESIGN, Models (a model file has a JSON card beside it).
    """
    kinds = {"reid": "reid", "rainnet": "harmonizer"}
    card: dict[str, Any] = {
        "kind": kinds.get(document["name"], "detector"),
        "name": document["name"],
        "input_size": list(document["input_size"]),
        "channels": "rgb",
    }
    if isinstance(net, Detector):
        if net.classes > 2:
            raise InputError(f"card: expected the classes person and ball, got {net.classes} classes")
        card |= {
            "mean": [0.0, 0.0, 0.0],
            "deviation": [1.0, 1.0, 1.0],
            "classes": ["person", "ball"][: net.classes],
            "box_form": net.box_form,
            "strides": list(net.strides),
            "anchors": [[list(anchor) for anchor in head] for head in net.anchors],
        }
    elif isinstance(net, RainNet):
        card |= {
            "mean": [0.0, 0.0, 0.0],
            "deviation": [1.0, 1.0, 1.0],
            "multiple": 1 << len(net.downs),
        }
    else:
        card |= {
            "mean": list(IMAGENET_MEAN),
            "deviation": list(IMAGENET_DEVIATION),
            "embedding": net.embedding,
        }
    return card | {"quantised": document["quantised"], "licence": licence, "source": source}


def export(
    weights: str | Path, out: str | Path, licence: str, source: str, metrics: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Writes a network as a model file with its card beside it.

    Args:
        weights: `weights.pt` of a training.
        out: The model file; its suffix, one of `MODEL_SUFFIXES`, says the form. The card's is `.json`.
        licence: Of the weights.
        source: What they were trained on.
        metrics: What was measured of them.

    Returns:
        The card.

    Raises:
        InputError: If the weights aren't readable, or the suffix is another.
        OSError: If a file can't be opened or written.

    Source:
        DESIGN, Models and Command line (`e2tad export`).
    """
    check_suffix(out)
    net, document = load_weights(weights)
    return write_model_file(out, net, document, licence, source, metrics)


def check_suffix(out: str | Path) -> None:
    """Refuses the name of a model file that says no form.

    Args:
        out: The model file.

    Raises:
        InputError: If its suffix is none of `MODEL_SUFFIXES`.

    Source:
        DESIGN, Models.
    """
    if Path(out).suffix not in MODEL_SUFFIXES:
        raise InputError(f"{out}: expected a name ending in {' or '.join(MODEL_SUFFIXES)}")


def write_model_file(
    out: str | Path,
    net: nn.Module,
    document: dict[str, Any],
    licence: str,
    source: str,
    metrics: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Writes a network that is already in memory.

    Args:
        out: As `export`.
        net: The network, in evaluation mode.
        document: As `card_of`.
        licence: Of the weights.
        source: What they were trained on.
        metrics: What was measured of them, for the card.

    Returns:
        The card.

    Raises:
        InputError: If there is no card for this network, or the suffix is another.
        OSError: If a file can't be written.

    Source:
        As `export`.
    """
    check_suffix(out)
    path = Path(out)
    card = card_of(net, document, licence, source)
    if metrics is not None:
        card["metrics"] = metrics
    with quiet():
        script = cast(torch.jit.ScriptModule, torch.jit.freeze(torch.jit.script(net)))
        # To memory: LibTorch ends the process where a disk is full, and writes the file's own name into it.
        lite = path.suffix == ".ptl"
        content = script._save_to_buffer_for_lite_interpreter() if lite else script.save_to_buffer()
    # A model without its card can't be used: both go into place, or neither.
    with replacing(path.with_suffix(".json")) as card_part, replacing(path) as part:
        card_part.write_text(json.dumps(card, indent=2) + "\n")
        part.write_bytes(content)
    return card
