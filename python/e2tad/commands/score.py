"""`e2tad score`: an answer against labels, as the contest's scorer does."""

from pathlib import Path
from typing import Annotated

import typer

from e2tad import metric
from e2tad.commands.common import JsonOption, ThresholdOption, print_json, results, warn


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad score actions.csv clip_action_noisy.csv --energy 0.142")
    def score(
        answer: Annotated[
            Path, typer.Argument(metavar="ANSWER.csv", help="frame,BALL,..., a row per catch.")
        ],
        labels: Annotated[Path, typer.Argument(metavar="LABELS.csv", help="The same form, the truth.")],
        threshold: ThresholdOption = 10,
        energy: Annotated[
            float | None, typer.Option(metavar="KJ", help="Energy of the run; score = accuracy / energy.")
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """An answer against labels: the contest's accuracy, and its score where the energy is known."""
        report = metric.accuracy(answer, labels, threshold, energy_kj=energy)
        if report.reason:
            warn(report.reason)
        if as_json:
            print_json(report.as_dict())
            return
        results.print(f"accuracy     [bold]{report.accuracy:.4f}[/bold]")
        results.print(f"right        {report.tp}\nwrong        {report.fp}\nmissed       {report.fn}")
        results.print(f"frame score  {report.frame_score:.4f}")
        if report.score is not None:
            results.print(f"score        {report.score:.4f}   (accuracy / {energy} kJ)")
