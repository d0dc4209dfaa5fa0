"""`e2tad compress`: smaller networks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.progress import Progress

from e2tad.commands.common import JsonOption, SetOption, messages, print_json, results

Out = Annotated[
    Path, typer.Option("-o", "--out", help=".pt: weights; .ptl, .torchscript: a model file and its card.")
]
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

    @compress.command(
        epilog="Example: e2tad compress quantize out/detector/weights.pt --data clips/ -o detector_int8.pt"
    )
    def quantize(
        weights: Weights,
        out: Out,
        method: Annotated[
            str, typer.Option("--method", help="ptq: ranges from pictures. qat: training that feels INT8.")
        ] = "ptq",
        data: Annotated[
            Path | None, typer.Option("--data", help="ptq: folder of pictures, or a video.")
        ] = None,
        images: Annotated[int, typer.Option("--images", help="ptq: how many pictures at most.")] = 256,
        config: Annotated[
            Path | None,
            typer.Option("--config", help="A training's JSON document; ptq: its pictures give the ranges."),
        ] = None,
        changes: SetOption = None,
        run: Annotated[
            Path | None, typer.Option("--run", help="qat: the training's folder (default: out/NAME_qat).")
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
        if method == "ptq" and data is None and config is None:
            raise InputError("--data or --config: post-training quantisation needs pictures for the ranges")
        if method == "qat" and config is None:
            raise InputError("--config: quantisation-aware training needs a training's document")
        _check_names(out, source, [weights] if config is None else [weights, config])
        # torch takes seconds to import.
        from e2tad.compression import quantize as quantizing
        from e2tad.models.quantised import use_engine

        runs_on = use_engine(engine)
        net, document = quantizing.load_floats(weights, activation)
        name = document["name"]
        if name == "rainnet":
            raise InputError(f"{weights}: expected a detector or an embedder, RainNet has no INT8 form")
        result: dict[str, Any] = {"weights": str(weights), "method": method, "engine": engine}
        if method == "ptq":
            if data is not None:
                pictures = quantizing.calibration_pictures(data, name, document["input_size"], images)
            else:
                assert config is not None
                training = _training(document, config, changes or [], run, "ptq")
                pictures = quantizing.first_pictures(training.settings, images)
            with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
                task = bar.add_task("recording ranges", total=len(pictures))
                document["net"] = quantizing.post_training(
                    net, name, pictures, runs_on, lambda done, _: bar.update(task, completed=done)
                )
            document["quantised"] = runs_on
            result["pictures"] = len(pictures)
        elif config is not None:
            training = _training(document, config, changes or [], run, "qat")
            start = quantizing.aware_start(net, name, document["options"], training.pictures(), runs_on)
            result |= training.finetune(start, document)
        _write(out, document, licence, source, weights, result)
        if as_json:
            print_json(result)
            return
        before, after = (result["bytes"][key] / 1e6 for key in ("before", "after"))
        results.print(f"{out}: INT8 for {engine}, {after:.2f} MB of {before:.2f} MB", soft_wrap=True)

    @compress.command(
        epilog="Example: e2tad compress prune out/reid/weights.pt --sparsity 0.5 --schedule agp "
        "--config configs/train_reid_market_w8.json --set train.epochs=20 -o pruned.pt"
    )
    def prune(
        weights: Weights,
        out: Out,
        sparsity: Annotated[float, typer.Option("--sparsity", help="Share of the filters that goes.")],
        criterion: Annotated[
            str, typer.Option("--criterion", help="l1, l2 or fpgm: how filters are ranked.")
        ] = "l1",
        schedule: Annotated[
            str,
            typer.Option("--schedule", help="one-shot; or step by step in training: iterative, agp (cubic)."),
        ] = "one-shot",
        distribution: Annotated[
            str,
            typer.Option(
                "--distribution", help="uniform: the same of each layer; layerwise: of all together."
            ),
        ] = "uniform",
        layer: Annotated[
            list[str] | None, typer.Option("--layer", help="NAME=SHARE for layers that start so; repeatable.")
        ] = None,
        multiple: Annotated[
            int, typer.Option("--multiple", help="Channels that stay are a multiple of this.")
        ] = 1,
        keep_embedding: Annotated[
            bool, typer.Option("--keep-embedding", help="An embedder's feature keeps its length.")
        ] = False,
        config: Annotated[
            Path | None, typer.Option("--config", help="A training's JSON document, for finetuning.")
        ] = None,
        changes: SetOption = None,
        run: Annotated[
            Path | None, typer.Option("--run", help="The finetuning's folder (default: out/NAME_pruned).")
        ] = None,
        source: Source = "",
        licence: Licence = "unstated",
        as_json: JsonOption = False,
    ) -> None:
        """A network without the filters that matter least; an interrupted finetuning goes on.

        Without --config nothing is trained, and all goes at once.
        """
        from e2tad import InputError

        if schedule != "one-shot" and config is None:
            raise InputError(f"--config: {schedule} pruning is part of a training, which needs its document")
        _check_names(out, source, [weights] if config is None else [weights, config])
        shares = dict(_share(text) for text in layer or [])
        import torch

        from e2tad.compression import prune as pruning
        from e2tad.compression.quantize import load_floats
        from e2tad.models.sizes import count_flops, count_parameters

        net, document = load_floats(weights)
        how = pruning.PruningOptions(
            sparsity,
            cast(pruning.Criterion, criterion),
            cast(pruning.Distribution, distribution),
            shares,
            multiple,
            keep_embedding,
        )
        start = pruning.pruning_start(
            net, document["name"], document["options"], how, cast(pruning.Schedule, schedule)
        )
        result: dict[str, Any] = {"weights": str(weights), "sparsity": sparsity, "schedule": schedule}
        if config is not None:
            result |= _training(document, config, changes or [], run, "pruned").finetune(start, document)
        else:
            kept = start.keep(start.net)
            document |= {"net": kept.net, "options": kept.options}
        _write(out, document, licence, source, weights, result)
        small, x = document["net"], torch.zeros(1, 3, *document["input_size"])
        for key, count in (("parameters", count_parameters), ("flops", lambda n: count_flops(n, x))):
            result[key] = {"before": count(net), "after": count(small)}
        if as_json:
            print_json(result)
            return
        told = ", ".join(
            f"{result[key]['after']:,} {key} of {result[key]['before']:,}" for key in ("parameters", "flops")
        )
        results.print(f"{out}: {told}", soft_wrap=True)


@dataclass(frozen=True)
class _Finetuning:
    """A training's document, and where it runs."""

    settings: Any
    folder: Path
    load_pictures: Callable[[Any], Any]
    train: Callable[..., dict[str, Any]]

    def pictures(self) -> Any:
        return self.load_pictures(self.settings)

    def finetune(self, start: Any, document: dict[str, Any]) -> dict[str, Any]:
        """Trains; the document tells of the network that is left."""
        from e2tad.models.files import load_weights

        trained = self.train(self.settings, self.folder, start=start)
        net, kept = load_weights(self.folder / "weights.pt")
        document |= {**kept, "net": net}
        return {"run": str(self.folder), "test": trained["test"]}


def _training(
    document: dict[str, Any], config: Path, changes: list[str], folder: Path | None, what: str
) -> _Finetuning:
    from e2tad import InputError
    from e2tad.compression.quantize import first_pictures, with_model
    from e2tad.training.detector import train_detector
    from e2tad.training.detector_settings import DetectorTraining
    from e2tad.training.reid import train_reid
    from e2tad.training.reid_settings import ReidTraining

    name = document["name"]
    if name == "rainnet":
        raise InputError(f"--config: there is no finetuning of {name}")
    loader: Any = ReidTraining if name == "reid" else DetectorTraining
    settings = with_model(loader.load(config, changes), name, document["options"])
    if what == "qat" and settings.train.precision != "32-true":
        raise InputError(
            f"{config}: /train/precision: quantisation-aware training needs 32-true, "
            f"got {settings.train.precision}"
        )
    train: Any = train_reid if name == "reid" else train_detector
    return _Finetuning(settings, folder or Path("out") / f"{config.stem}_{what}", first_pictures, train)


def _write(
    out: Path, document: dict[str, Any], licence: str, source: str, weights: Path, result: dict[str, Any]
) -> None:
    from e2tad.models.export import write_model_file
    from e2tad.models.files import save_weights

    if out.suffix == ".pt":
        save_weights(
            out,
            document["name"],
            document["net"],
            document["input_size"],
            quantised=document["quantised"],
            **document["options"],
        )
    else:
        write_model_file(out, document["net"], document, licence, source)
    result |= {"out": str(out), "bytes": {"before": weights.stat().st_size, "after": out.stat().st_size}}


def _share(text: str) -> tuple[str, float]:
    from e2tad import InputError

    name, equals, value = text.partition("=")
    try:
        if not (name and equals):
            raise ValueError
        return name, float(value)
    except ValueError:
        raise InputError(f"--layer {text}: expected NAME=SHARE, such as stages.3=0.7") from None


def _check_names(out: Path, source: str, inputs: list[Path]) -> None:
    from e2tad import InputError
    from e2tad.files import refuse_replacing
    from e2tad.models.files import MODEL_SUFFIXES

    if out.suffix not in (".pt", *MODEL_SUFFIXES):
        raise InputError(f"{out}: expected a name ending in .pt, {' or '.join(MODEL_SUFFIXES)}")
    if out.suffix in MODEL_SUFFIXES and not source:
        raise InputError("--source: a model file's card says what its weights were trained on")
    refuse_replacing(inputs, [out, out.with_suffix(".json")])
