"""`e2tad model`: what the networks are."""

from typing import Annotated

import typer

from e2tad.commands.common import JsonOption, print_json, results


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """
    model = typer.Typer(no_args_is_help=True, help="The networks' sizes.")
    app.add_typer(model, name="model")

    @model.command(epilog="Example: e2tad model info yolo_mobile_v1 --size 416 --json")
    def info(
        name: Annotated[
            str,
            typer.Argument(
                help="yolov5s, yolo_mobile_v1, yolo_mobile_v2, reid or rainnet.", show_default=False
            ),
        ],
        size: Annotated[
            int, typer.Option("--size", help="Input in pixels: a detector's side, the height of a ReID crop.")
        ],
        width: Annotated[
            int | None,
            typer.Option("--width", min=1, max=512, help="ReID: channels of the first stage (default: 64)."),
        ] = None,
        embedding: Annotated[
            int | None,
            typer.Option(
                "--embedding", min=1, max=16384, help="ReID: length of the feature (default: 8 x width)."
            ),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """Parameters and FLOPs (2 x multiply-adds of convolutions and linear layers) of a network."""
        from e2tad import InputError, models

        given = {"width": width, "embedding": embedding}
        options = {key: value for key, value in given.items() if value is not None}
        if options and name != "reid":
            raise InputError(f"--{next(iter(options))}: only reid has it, got {name}")
        found = models.info(name, size, **options)
        if as_json:
            print_json(found)
            return
        results.print(
            f"{name} at {found['height']}x{found['width']}: {found['parameters']:,} parameters, "
            f"{found['flops'] / 1e9:.4g} GFLOPs"
        )
