"""`e2tad eval`: networks measured on the field's sets."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from e2tad import InputError
from e2tad.commands.common import JsonOption, bar, messages, print_json, results
from e2tad.data.annotated import PERSON_AND_BALL, Kind


def _slice(text: str) -> tuple[int, int | None]:
    from e2tad import InputError

    first, colon, last = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return int(first or 0), int(last) if last else None
    except ValueError:
        raise InputError(f"--identities {text}: expected FIRST:LAST, such as 400:500 or 400:") from None


def _every(text: str) -> list[int | None]:
    from e2tad import InputError

    parts = text.split(":")
    try:
        if len(parts) not in (2, 3):
            raise ValueError
        first, last, step = (int(part) if part else None for part in [*parts, ""][:3])
    except ValueError:
        raise InputError(f"--pictures {text}: expected FIRST:LAST:STEP, such as 0:100 or 1::2") from None
    return [first or 0, last, 1 if step is None else step]


def register(app: typer.Typer) -> None:
    """Adds the commands.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """
    evaluate = typer.Typer(no_args_is_help=True, help="Measure a network on a data set.")
    app.add_typer(evaluate, name="eval")

    @evaluate.command(
        epilog="Example: e2tad eval reid --data market1501 --root Market-1501 --model weights.pt --json"
    )
    def reid(
        root: Annotated[Path, typer.Option("--root", help="The set's folder.")],
        model: Annotated[Path, typer.Option("--model", help="weights.pt of a training.")],
        data: Annotated[
            str, typer.Option("--data", help="market1501, dukemtmc, cuhk03; or simulated: persons and balls.")
        ] = "market1501",
        protocol: Annotated[
            str | None,
            typer.Option(
                "--protocol",
                help="market: the set's own query and test parts. "
                "one-query: the first name of each identity and camera against all others; "
                "the only one of simulated (default: market where it is).",
            ),
        ] = None,
        part: Annotated[
            str | None,
            typer.Option("--part", help="one-query: train, test, query or all (default: test where it is)."),
        ] = None,
        identities: Annotated[
            str, typer.Option("--identities", help="Persons FIRST:LAST in the order of their numbers.")
        ] = ":",
        mask_balls: Annotated[
            bool, typer.Option("--mask-balls", help="Of a ball's crop only the circle is shown (CircAnchor).")
        ] = False,
        as_json: JsonOption = False,
    ) -> None:
        """MAP, R1 and R5 of an embedder; the same person by the same camera and junk are left out.

        Of simulated clips persons and balls are measured apart.
        """
        from e2tad.evaluation.reid import evaluate, protocol_crops

        chosen = _slice(identities)
        kinds: tuple[Kind, ...] = PERSON_AND_BALL if data == "simulated" else ("person",)
        how = protocol or ("one-query" if data == "simulated" else "market")
        crops = {kind: protocol_crops(data, root, how, part, chosen, kind) for kind in kinds}
        for kind, (queries, gallery) in crops.items():
            if not len(queries) or not len(gallery):
                raise InputError(
                    f"{root}: nothing to measure: {len(queries)} queries of {kind}s and {len(gallery)} crops "
                    "in the gallery"
                )
        from e2tad.evaluation.embed import BALL_SIZE, embedder, load_embedder

        net, size = load_embedder(model)
        found: dict[str, dict[str, Any]] = {}
        for kind, (queries, gallery) in crops.items():
            messages.print(f"{kind}s: {len(queries)} queries, {len(gallery)} crops in the gallery")
            embed = embedder(net, size)
            if kind == "ball":
                embed = embedder(net, BALL_SIZE, masked=mask_balls)
            found[kind] = evaluate(embed, queries, gallery).summary() | {"gallery": len(gallery)}
        if as_json:
            print_json(found if len(kinds) > 1 else found["person"])
            return
        for name, one in found.items():
            of = f"{name}s: " if len(kinds) > 1 else ""
            results.print(f"{of}mAP {one['mAP']:.4f}, R1 {one['R1']:.4f}, R5 {one['R5']:.4f}")

    @evaluate.command(
        epilog="Example: e2tad eval detector --data pennfudan --root PennFudanPed --model weights.pt --json"
    )
    def detector(
        data: Annotated[str, typer.Option("--data", help="The set; `e2tad data check --help` lists them.")],
        root: Annotated[Path, typer.Option("--root", help="The set's folder.")],
        model: Annotated[Path, typer.Option("--model", help="weights.pt of a training, or a model file.")],
        pictures: Annotated[
            str, typer.Option("--pictures", help="FIRST:LAST:STEP in the order of the names.")
        ] = "::",
        annotations: Annotated[
            Path | None, typer.Option("--annotations", help="The JSON file of a COCO set.")
        ] = None,
        input_px: Annotated[
            int | None,
            typer.Option("--input", max=8192, help="Longer side of the input (default: its own)."),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """AP.5, AP.5:.95, precision and recall of a detector; balls less than 30 % visible don't count."""
        from e2tad.data.detection import DetectionSource, open_set

        document = {"set": data, "root": str(root), "pictures": _every(pictures)}
        if annotations is not None:
            document["annotations"] = str(annotations)
        chosen = open_set(DetectionSource.parse(document))
        if not any(picture.objects for picture in chosen):
            raise InputError(f"{root}: nothing to measure: no person or ball is labelled in its pictures")
        from e2tad.evaluation import detection
        from e2tad.models.files import MODEL_SUFFIXES

        if model.suffix in MODEL_SUFFIXES:
            with bar("pictures") as tell:
                found = detection.evaluate_file(model, chosen, input_px or 0, tell)
        else:
            net, size = detection.load_detector(model)
            with bar("pictures") as tell:
                found = detection.evaluate(net, chosen, input_px or max(size), tell)
        if as_json:
            print_json(found)
            return
        table = Table("class", "AP.5", "AP.5:.95", "precision", "recall", box=None)
        for name in (*detection.CLASSES, "all"):
            if found[name] is not None:
                keys = ("AP50", "AP50_95", "precision", "recall")
                table.add_row(name, *(f"{found[name][key]:.4f}" for key in keys))
        results.print(table)
        messages.print(f"{found['pictures']} pictures; precision and recall at {found['confidence']}")

    @evaluate.command(epilog="Example: e2tad eval tracks out/run/tracks.json --data clip/gt_tracks --json")
    def tracks(
        answer: Annotated[
            Path,
            typer.Argument(metavar="TRACKS", help="A run's tracks.json, a MOTChallenge .txt, a folder."),
        ],
        data: Annotated[Path, typer.Option("--data", help="The true tracks, in any of these forms.")],
        every: Annotated[
            int | None,
            typer.Option(
                help="Compare at frames whose number this divides (default: those that both looked at; "
                "all of the truth's where TRACKS is a .txt, which can't tell an empty frame)."
            ),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """HOTA, IDF1 and MOTA of tracks, by class."""
        from e2tad.data import open_tracks
        from e2tad.evaluation.tracks import METRICS, evaluate

        if every is None and answer.suffix == ".txt":
            every = 1
        found = evaluate(open_tracks(answer), open_tracks(data), every=every)
        if as_json:
            print_json(found)
            return
        table = Table("class", *METRICS, "boxes", "truth", box=None)
        for name in ("person", "ball", "all"):
            row = found[name]
            if row is not None:
                cells = [row[key] for key in (*METRICS, "detections", "truth")]
                table.add_row(name, *(f"{c:.4f}" if isinstance(c, float) else str(c) for c in cells))
        results.print(table)
        messages.print(f"at {found['frames']} frames")

    @evaluate.command(
        epilog="Example: e2tad eval harmonizer --data pennfudan --root PennFudanPed --pictures 1::2 "
        "--model weights.pt"
    )
    def harmonizer(
        data: Annotated[str, typer.Option("--data", help="A set with masks of persons or circles of balls.")],
        root: Annotated[Path, typer.Option("--root", help="The set's folder.")],
        model: Annotated[
            Path | None, typer.Option("--model", help="weights.pt of a training (default: none).")
        ] = None,
        pictures: Annotated[
            str, typer.Option("--pictures", help="FIRST:LAST:STEP in the order of the names.")
        ] = "::",
        windows: Annotated[int, typer.Option("--windows", help="How many foregrounds are disturbed.")] = 200,
        size_px: Annotated[
            int | None,
            typer.Option("--size", min=16, max=1024, help="Of a window (default: as in training, else 128)."),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """Error of foregrounds whose colours were disturbed: RainNet beside harmonizers without a network."""
        from e2tad.data.detection import DetectionSource

        if windows < 1:
            raise InputError(f"--windows: expected at least 1, got {windows}")
        source = DetectionSource.parse({"set": data, "root": str(root), "pictures": _every(pictures)})
        from e2tad.evaluation.harmonizer import compare, held_out
        from e2tad.models.files import load_weights
        from e2tad.training.harmonizer import TEST_SEED, foregrounds
        from e2tad.training.harmonizer_settings import Disturbance

        net, size = None, size_px or 128
        if model is not None:
            net, document = load_weights(model)
            if document["name"] != "rainnet":
                raise InputError(f"{model}: expected a RainNet, got {document['name']}")
            size = size_px or document["input_size"][0]
            multiple = 1 << len(net.downs)  # type: ignore[arg-type]
            if size % multiple:
                raise InputError(f"--size: expected a multiple of {multiple}, got {size}")
        found = compare(held_out(foregrounds((source,), size, Disturbance(), ""), windows, TEST_SEED), net)
        if as_json:
            print_json(found)
            return
        table = Table("harmonizer", "fMSE", "MSE", "PSNR", box=None)
        for name, errors in found.items():
            if isinstance(errors, dict):
                table.add_row(name, *(f"{errors[key]:.2f}" for key in ("fMSE", "MSE", "PSNR")))
        results.print(table)
