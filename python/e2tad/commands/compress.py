"""`e2tad compress`: smaller networks."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from e2tad.commands.common import JsonOption, SetOption, messages, print_json, results

Weights = Annotated[Path, typer.Argument(help="weights.pt of a training.", show_default=False)]
Source = Annotated[str, typer.Option("--source", help="Of a model file: what the weights were trained on.")]
Licence = Annotated[str, typer.Option("--licence", help="Of a model file: the weights'.")]


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line: `e2tad compress prune|quantize`.
    """
    compress = typer.Typer(no_args_is_help=True, help="Make a network smaller and quicker.")
    app.add_typer(compress, name="compress")

    @compress.callback()
    def _group() -> None:
        """Keeps `quantize` a subcommand while it is the only one."""

    @compress.command(
        epilog="Example: e2tad compress quantize out/detector/weights.pt --data clips/ -o detector_int8.pt"
    )
    def quantize(
        weights: Weights,
        out: Annotated[
            Path,
            typer.Option("-o", "--out", help=".pt: weights; .ptl, .torchscript: a model file and its card."),
        ],
        method: Annotated[
            str, typer.Option("--method", help="ptq: ranges from pictures. qat: training that feels INT8.")
        ] = "ptq",
        data: Annotated[
            Path | None, typer.Option("--data", help="ptq: folder of pictures, or a video.")
        ] = None,
        images: Annotated[int, typer.Option("--images", help="ptq: how many pictures at most.")] = 256,
        config: Annotated[
            Path | None, typer.Option("--config", help="qat: the training's JSON document.")
        ] = None,
        changes: SetOption = None,
        run: Annotated[
            Path | None, typer.Option("--run", help="qat: the training's folder [default: out/NAME_qat].")
        ] = None,
        engine: Annotated[
            str, typer.Option("--engine", help="Who will run it: qnnpack (ARM and others), x86 or onednn.")
        ] = "qnnpack",
        activation: Annotated[
            str | None,
            typer.Option("--activation", help="relu or hardswish, in place of a detector's silu."),
        ] = None,
        source: Source = "",
        licence: Licence = "unstated",
        as_json: JsonOption = False,
    ) -> None:
        """An INT8 network; an interrupted quantisation-aware training goes on.

        What stays in floats: a detector's heads, and of an embedder what follows its last convolution.
        """
        from e2tad import InputError

        if method not in ("ptq", "qat"):
            raise InputError(f"--method: expected ptq or qat, got {method}")
        if method == "ptq" and data is None:
            raise InputError("--data: post-training quantisation needs pictures for the ranges")
        if method == "qat" and config is None:
            raise InputError("--config: quantisation-aware training needs a training's document")
        # torch takes seconds to import.
        from e2tad.compression import quantize as quantizing
        from e2tad.models.files import load_weights, save_weights
        from e2tad.models.quantised import use_engine

        _check_name(out, source)
        runs_on = use_engine(engine)
        net, document = quantizing.load_floats(weights, activation)
        name, size = document["name"], document["input_size"]
        result: dict[str, Any] = {
            "weights": str(weights),
            "method": method,
            "engine": engine,
            "out": str(out),
        }
        if data is not None and method == "ptq":
            pictures = quantizing.calibration_pictures(data, name, size, images)
            with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
                task = bar.add_task("recording ranges", total=len(pictures))
                small = quantizing.post_training(
                    net, name, pictures, runs_on, lambda done, _: bar.update(task, completed=done)
                )
            result["pictures"] = len(pictures)
        elif config is not None:
            folder = run or Path("out") / f"{config.stem}_qat"
            trained = _train_aware(net, document, config, changes or [], folder, runs_on)
            small, _ = load_weights(folder / "weights.pt")
            result |= {"run": str(folder), "test": trained["test"]}
        document["quantised"] = engine
        if out.suffix == ".pt":
            save_weights(out, name, small, size, quantised=runs_on, **document["options"])
        else:
            from e2tad.models.export import write_model_file

            write_model_file(out, small, document, licence, source)
        result["bytes"] = {"before": weights.stat().st_size, "after": out.stat().st_size}
        if as_json:
            print_json(result)
            return
        before, after = (result["bytes"][key] / 1e6 for key in ("before", "after"))
        results.print(f"{out}: INT8 for {engine}, {after:.2f} MB of {before:.2f} MB", soft_wrap=True)


def _train_aware(
    net: Any, document: dict[str, Any], config: Path, changes: list[str], folder: Path, engine: Any
) -> dict[str, Any]:
    from e2tad import InputError
    from e2tad.compression.quantize import train_aware_reid
    from e2tad.training.reid_settings import ReidTraining

    if document["name"] != "reid":
        raise InputError(f"--method: quantisation-aware training of {document['name']} isn't there, use ptq")
    settings = ReidTraining.load(config, changes)
    return train_aware_reid(net, document["options"], settings, folder, engine=engine)


def _check_name(out: Path, source: str) -> None:
    from e2tad import InputError
    from e2tad.models.export import SUFFIXES

    if out.suffix not in (".pt", *SUFFIXES):
        raise InputError(f"{out}: expected a name ending in .pt, {' or '.join(SUFFIXES)}")
    if out.suffix in SUFFIXES and not source:
        raise InputError("--source: a model file's card says what its weights were trained on")
