"""`e2tad train`: networks from a JSON document each."""

from pathlib import Path
from typing import Annotated

import typer

from e2tad.commands.common import JsonOption, messages, print_json, results

ConfigOption = Annotated[Path, typer.Option("--config", help="The run's JSON document.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", help="The run's folder (default: out/NAME of the config).")
]
SetOption = Annotated[
    list[str], typer.Option("--set", help="Replace a setting: section.key=value. Can be given several times.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """
    train = typer.Typer(no_args_is_help=True, help="Train a network; an interrupted training goes on.")
    app.add_typer(train, name="train")

    @train.command(epilog="Example: e2tad train reid --config configs/train_reid_w8.json -o out/reid_w8")
    def reid(
        config: ConfigOption,
        out: OutOption = None,
        changes: SetOption = [],  # noqa: B006 (Typer reads the default; nothing changes it)
        as_json: JsonOption = False,
    ) -> None:
        """The ReID network: crops to features that tell persons and balls apart."""
        from e2tad.training.reid_settings import ReidTraining

        settings = ReidTraining.load(config, changes)
        # torch and Lightning take seconds to import; a wrong document is told before.
        from e2tad.training.reid import train_reid

        folder = out or Path("out") / config.stem
        result = train_reid(settings, folder)
        if as_json:
            print_json(result)
            return
        test = result["test"]
        measured = f": mAP {test['mAP']:.4f}, R1 {test['R1']:.4f}, R5 {test['R5']:.4f}" if test else ""
        results.print(f"{result['parameters']:,} parameters{measured}")
        messages.print(f"weights and logs are in {folder}", soft_wrap=True)

    @train.command(epilog="Example: e2tad train detector --config configs/train_detector_v1.json -o out/v1")
    def detector(
        config: ConfigOption,
        out: OutOption = None,
        changes: SetOption = [],  # noqa: B006 (Typer reads the default; nothing changes it)
        as_json: JsonOption = False,
    ) -> None:
        """A detector: persons as boxes, balls as circles or boxes."""
        from e2tad.training.detector_settings import DetectorTraining

        settings = DetectorTraining.load(config, changes)
        from e2tad.training.detector import train_detector

        folder = out or Path("out") / config.stem
        result = train_detector(settings, folder)
        if as_json:
            print_json(result)
            return
        measured = ""
        for name in ("person", "ball"):
            if result["test"] and result["test"][name]:
                measured += f", {name} AP.5 {result['test'][name]['AP50']:.4f}"
        results.print(f"{result['parameters']:,} parameters{measured}")
        messages.print(f"weights and logs are in {folder}", soft_wrap=True)

    @train.command(
        epilog="Example: e2tad train harmonizer --config configs/train_rainnet_pennfudan.json -o out/rainnet"
    )
    def harmonizer(
        config: ConfigOption,
        out: OutOption = None,
        changes: SetOption = [],  # noqa: B006 (Typer reads the default; nothing changes it)
        as_json: JsonOption = False,
    ) -> None:
        """RainNet: foregrounds whose colours were disturbed get those of their surroundings back."""
        from e2tad.training.harmonizer_settings import HarmonizerTraining

        settings = HarmonizerTraining.load(config, changes)
        from e2tad.training.harmonizer import train_harmonizer

        folder = out or Path("out") / config.stem
        result = train_harmonizer(settings, folder)
        if as_json:
            print_json(result)
            return
        test = result["test"]
        measured = ""
        if test:
            errors = ", ".join(
                f"{test[name]['fMSE']:.1f} {name}" for name in ("rainnet", "none", "statistics")
            )
            measured = f": fMSE {errors}"
        results.print(f"{result['parameters']:,} parameters{measured}")
        messages.print(f"weights and logs are in {folder}", soft_wrap=True)
