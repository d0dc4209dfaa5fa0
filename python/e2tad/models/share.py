"""Weights to hand on: FP16, with a card that says what they are and what they learnt from."""

import json
from pathlib import Path
from typing import Any

import torch

from e2tad import InputError
from e2tad.files import replacing
from e2tad.models.export import card_of
from e2tad.models.files import load_weights, save_weights

SUFFIX = ".pt"
"""Of weights that a training can start from."""


def share(
    weights: str | Path, out: str | Path, licence: str, source: str, metrics: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Writes weights in half the bytes, with their card beside them; `load_weights` reads them.

    Args:
        weights: `weights.pt` of a training, in floats.
        out: The file, ending in `SUFFIX`; the card has the suffix `.json`.
        licence: Of the weights.
        source: What they were trained on.
        metrics: What was measured of them.

    Returns:
        The card: that of a model file, with `precision` and `metrics`.

    Raises:
        InputError: If the weights aren't readable or are INT8, or the suffix is another.
        OSError: If a file can't be opened or written.

    Source:
        DESIGN, Models (a card says source, licence and metrics).
    """
    path = Path(out)
    if path.suffix != SUFFIX:
        raise InputError(f"{path}: expected a name ending in {SUFFIX}")
    net, document = load_weights(weights)
    if document["quantised"] is not None:
        raise InputError(f"{weights}: INT8 weights have no FP16 form")
    card = card_of(net, document, licence, source) | {"precision": "float16", "metrics": metrics}
    with torch.no_grad():
        save_weights(path, document["name"], net.half(), document["input_size"], **document["options"])
    with replacing(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(card, indent=2) + "\n")
    return card
