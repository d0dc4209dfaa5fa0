"""`e2tad export`: a trained network as a model file."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from e2tad import InputError
from e2tad.commands.common import JsonOption, print_json, results
from e2tad.files import refuse_replacing


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad export out/reid/weights.pt -o reid.ptl --source 'simulated crops'")
    def export(
        model: Annotated[Path, typer.Argument(help="weights.pt of a training.", show_default=False)],
        out: Annotated[
            Path, typer.Option("-o", "--out", help="The model file, .ptl or .torchscript; .pt: weights.")
        ],
        source: Annotated[str, typer.Option("--source", help="What the weights were trained on.")],
        licence: Annotated[str, typer.Option("--licence", help="Of the weights.")] = "unstated",
        result: Annotated[
            Path | None,
            typer.Option("--result", help="The training's result.json, whose `test` goes to the card."),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """A model file that the C++ core runs, FP32 or INT8 as the weights are, and its card beside it.

        A name ending in .pt gives weights in FP16, which a training can start from.
        """
        from e2tad.models import export as exporting
        from e2tad.models import share as sharing

        measured = _measured(result) if result is not None else None
        given = [model] if result is None else [model, result]
        refuse_replacing(given, [out, out.with_suffix(".json")])
        if out.suffix == sharing.SUFFIX:
            card = sharing.share(model, out, licence, source, measured)
        else:
            card = exporting.export(model, out, licence, source, measured)
        if as_json:
            print_json(card)
            return
        results.print(f"{out}: {card['kind']} {card['name']} at {card['input_size']}", soft_wrap=True)


def _measured(path: Path) -> dict[str, Any]:
    """What a training's result.json says of its test."""
    try:
        measured = json.loads(path.read_text(encoding="utf-8"))["test"]
    except (ValueError, KeyError, TypeError):
        measured = None
    if not isinstance(measured, dict):
        raise InputError(f"{path}: expected a training's result.json, an object with `test`")
    return measured
