"""Networks that experiments train, and their model files."""

from pathlib import Path
from typing import Any

from e2tad.compression.quantize import first_pictures, load_floats, post_training
from e2tad.experiments.stages.places import placed
from e2tad.experiments.stages.work import Work
from e2tad.models.export import write_model_file
from e2tad.models.quantised import use_engine
from e2tad.settings import expand_path
from e2tad.training.detector import train_detector
from e2tad.training.detector_settings import DetectorTraining
from e2tad.training.reid import train_reid
from e2tad.training.reid_settings import ReidTraining


def train(work: Work) -> dict[str, Any]:
    """Trains a network: `weights.pt`.

    Args:
        work: `network` (detector or embedder), `training` (its document), `start` (whether the last task
            that it needs made the weights to start from) and `harmonizer` (whether the last but that one
            made the model that harmonises).

    Returns:
        `test` and, of an embedder, `test_balls` and `more_tests`, as the training measured them.

    Source:
        `e2tad train`.
    """
    document = placed(work.settings["training"], work.needs)
    made = list(work.needs)
    if work.settings["start"]:
        document["model"]["start"] = str(made.pop() / "weights.pt")
    if work.settings["harmonizer"]:
        document["train"]["augment"]["harmonizer"] = str(made.pop() / "model.ptl")
    if work.settings["network"] == "detector":
        result = train_detector(DetectorTraining.parse(document), work.folder, progress=False)
    else:
        result = train_reid(ReidTraining.parse(document), work.folder, progress=False)
    forget_state(work.folder)
    return {key: result[key] for key in ("test", "test_balls", "more_tests") if key in result}


def forget_state(folder: Path) -> None:
    """Removes the state from which a training would go on.

    Args:
        folder: Of a training that is done.

    Source:
        It is four times as large as the weights.
    """
    (folder / "last.ckpt").unlink(missing_ok=True)


def export(work: Work) -> dict[str, Any]:
    """Writes weights as `model.ptl` with its card.

    Args:
        work: `network`, `weights` (a path; None: those of the first task that it needs), and for INT8 by
            post-training quantisation `int8` and `training`, whose pictures give the ranges.

    Returns:
        Nothing.

    Source:
        `e2tad compress quantize`, `e2tad export`.
    """
    settings = work.settings
    if settings["weights"] is None:
        weights, sets = work.needs[0] / "weights.pt", work.needs[1:]
    else:
        weights, sets = expand_path(settings["weights"], "/weights"), work.needs
    net, document = load_floats(weights)
    if settings["int8"]:
        loader: Any = DetectorTraining if settings["network"] == "detector" else ReidTraining
        engine = use_engine("qnnpack")
        pictures = first_pictures(loader.parse(placed(settings["training"], sets)))
        net = post_training(net, document["name"], pictures, engine)
        document["quantised"] = engine
    write_model_file(work.folder / "model.ptl", net, document, "unstated", "an experiment's training")
    return {}
