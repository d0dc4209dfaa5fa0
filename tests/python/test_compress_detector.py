"""Detectors that training makes smaller: in INT8, or with fewer filters."""

import json

import pytest
import torch
from test_training_detector import make_set, settings

from e2tad import models
from e2tad.compression.prune import PruningOptions, pruning_start
from e2tad.compression.quantize import aware_start, first_pictures, with_model
from e2tad.models.files import load_weights, save_weights
from e2tad.training.detector import train_detector

pytestmark = pytest.mark.networks

OPTIONS = {"box_form": "C", "activation": "relu"}


@pytest.fixture
def shapes(tmp_path):
    return make_set(tmp_path / "set")


@pytest.fixture
def detector():
    torch.manual_seed(0)
    return models.YoloMobileV2(**OPTIONS).eval()


@pytest.mark.slow
def test_a_detector_learns_its_steps_in_training(shapes, tmp_path, detector):
    run = with_model(settings(shapes), "yolo_mobile_v2", OPTIONS)
    start = aware_start(detector, "yolo_mobile_v2", OPTIONS, first_pictures(run, 4))
    result = train_detector(run, tmp_path / "run", progress=False, start=start)
    small, kept = load_weights(tmp_path / "run" / "weights.pt")
    assert kept == {
        "name": "yolo_mobile_v2",
        "input_size": (96, 160),
        "options": OPTIONS,
        "quantised": "qnnpack",
    }
    assert result["parameters"] == models.count_parameters(detector)
    assert result["config"]["model"]["name"] == "yolo_mobile_v2"
    assert "person" in result["test"]
    with torch.no_grad():
        assert small(torch.rand(1, 3, 96, 160))[0].isfinite().all()


@pytest.mark.slow
def test_a_detector_loses_filters_in_training(shapes, tmp_path, detector):
    run = with_model(settings(shapes), "yolo_mobile_v2", OPTIONS)
    how = PruningOptions(0.5, "fpgm", "layerwise", multiple=4)
    start = pruning_start(detector, "yolo_mobile_v2", OPTIONS, how, "agp", until=1.0, updates=3)
    result = train_detector(run, tmp_path / "run", progress=False, start=start)
    small, kept = load_weights(tmp_path / "run" / "weights.pt")
    assert result["parameters"] == models.count_parameters(small) < 0.6 * models.count_parameters(detector)
    assert kept["options"]["channels"]


def test_the_documents_box_form_is_that_of_the_weights(shapes):
    for form in ("R", "C"):
        run = with_model(settings(shapes), "yolov5s", {"box_form": form})
        assert (run.model.name, run.ablation.CircAnchor) == ("yolov5s", form == "C")


def test_half_precision_is_refused_for_training_that_feels_int8(e2tad, tmp_path, shapes, detector):
    save_weights(tmp_path / "w.pt", "yolo_mobile_v2", detector, (96, 160), **OPTIONS)
    document = settings(shapes, precision="bf16-mixed").model_dump(mode="json")
    (tmp_path / "c.json").write_text(json.dumps(document))
    result = e2tad("compress", "quantize", "w.pt", "--method", "qat", "--config", "c.json", "-o", "q.pt")
    assert result.returncode == 2
    assert (
        "c.json: /train/precision: quantisation-aware training needs 32-true, got bf16-mixed" in result.stderr
    )
