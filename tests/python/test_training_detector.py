import json

import numpy as np
import pytest
import torch
from PIL import Image
from training_sets import KillAfter, KilledError

from e2tad import ConfigError, InputError
from e2tad.evaluation.detection import detect, load_detector
from e2tad.models.files import save_weights
from e2tad.models.sizes import build
from e2tad.training.detector import train_detector
from e2tad.training.detector_settings import DetectorTraining

pytestmark = pytest.mark.networks


def make_set(root, pictures=6, size=(160, 96)):
    """Red persons and blue balls on green."""
    random = np.random.default_rng(0)
    (root / "images").mkdir(parents=True)
    images, annotations = [], []
    for i in range(pictures):
        pixels = np.full((size[1], size[0], 3), (60, 140, 60), np.uint8)
        left, top = int(random.integers(0, 40)), int(random.integers(0, 40))
        pixels[top : top + 48, left : left + 20] = (200, 40, 40)
        x, y, r = int(random.integers(80, 140)), int(random.integers(20, 70)), 7
        rows, columns = np.mgrid[: size[1], : size[0]]
        pixels[(rows - y) ** 2 + (columns - x) ** 2 <= r * r] = (40, 40, 220)
        Image.fromarray(pixels).save(root / "images" / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png", "width": size[0], "height": size[1]})
        for category, box, circle in (
            (1, [left, top, 20, 48], None),
            (2, [x - r, y - r, 2 * r, 2 * r], [x, y, r]),
        ):
            entry = {
                "id": len(annotations),
                "image_id": i,
                "category_id": category,
                "bbox": box,
                "iscrowd": 0,
            }
            annotations.append(entry | ({"circle": circle} if circle else {}))
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "ball"}],
    }
    (root / "instances.json").write_text(json.dumps(document))
    return root


def settings(root, model="yolo_mobile_v1", **train):
    source = {"set": "coco", "root": str(root)}
    return DetectorTraining.parse(
        {
            "data": {"train": [source], "test": {**source, "pictures": [0, 2, 1]}},
            "model": {"name": model},
            "train": {
                "epochs": 2,
                "batch": 2,
                "width_px": 160,
                "height_px": 96,
                "warmup_epochs": 0.5,
                "average_decay": 0.5,
                "checkpoint_steps": 1,
                "accelerator": "cpu",
                "threads": 1,
                "plain_epochs": 1,
                "evaluate_every": 1,
                **train,
            },
        }
    )


@pytest.fixture
def shapes(tmp_path):
    return make_set(tmp_path / "set")


def assert_same(one, two):
    a, b = (load_detector(folder / "weights.pt")[0].state_dict() for folder in (one, two))
    assert a.keys() == b.keys()
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=0, atol=0, msg=name)


def test_a_run_killed_at_any_step_ends_with_the_weights_of_one_that_was_not(shapes, tmp_path):
    whole = settings(shapes)
    result = train_detector(whole, tmp_path / "whole", progress=False)
    # 6 pictures in batches of 2: 3 steps an epoch, 6 in all.
    for steps in range(1, 6):
        folder = tmp_path / f"killed{steps}"
        with pytest.raises(KilledError):
            train_detector(whole, folder, progress=False, callbacks=(KillAfter(steps),))
        assert not (folder / "weights.pt").exists()
        train_detector(whole, folder, progress=False)
        assert_same(folder, tmp_path / "whole")
    assert result["train"] == {"pictures": 6, "persons": 6, "balls": 6}
    assert set(result["test"]) == {"pictures", "confidence", "person", "ball", "all"}
    assert json.loads((tmp_path / "whole" / "result.json").read_text()) == result


def test_the_weights_do_not_depend_on_the_workers(shapes, tmp_path):
    train_detector(settings(shapes, epochs=1), tmp_path / "none", progress=False)
    train_detector(settings(shapes, epochs=1, workers=3), tmp_path / "three", progress=False)
    assert_same(tmp_path / "none", tmp_path / "three")


@pytest.mark.slow
@pytest.mark.parametrize(("model", "steps"), [("yolo_mobile_v1", 250), ("yolo_mobile_v2", 400)])
def test_it_learns_to_find_red_persons_and_blue_balls(shapes, tmp_path, model, steps):
    run = settings(
        shapes,
        model,
        epochs=steps,
        batch=6,
        learning_rate=0.004,
        average_decay=0.9,
        checkpoint_steps=1000,
        evaluate_every=1000,
        augment={"brightness": 0.1, "hue_degrees": 5, "debiased": 0.2},
    )
    result = train_detector(run, tmp_path / "run", progress=False)
    assert result["test"]["person"]["AP50"] > 0.9
    assert result["test"]["ball"]["AP50"] > 0.9


def test_a_run_starts_from_given_weights(shapes, tmp_path):
    torch.manual_seed(7)
    start = build("yolo_mobile_v2", box_form="C")
    save_weights(tmp_path / "start.pt", "yolo_mobile_v2", start, (96, 160), box_form="C")
    document = settings(shapes, "yolo_mobile_v2", epochs=1, learning_rate=1e-12, average_decay=0).model_dump(
        mode="json"
    )
    document["model"]["start"] = str(tmp_path / "start.pt")
    train_detector(DetectorTraining.parse(document), tmp_path / "run", progress=False)
    trained = load_detector(tmp_path / "run" / "weights.pt")[0].state_dict()
    torch.testing.assert_close(trained["head16.conv.weight"], start.state_dict()["head16.conv.weight"])
    document["model"]["name"] = "yolo_mobile_v1"
    with pytest.raises(InputError, match="holds another network than yolo_mobile_v1"):
        train_detector(DetectorTraining.parse(document), tmp_path / "other", progress=False)


def test_the_box_form_follows_the_switch(shapes, tmp_path):
    document = settings(shapes, epochs=1).model_dump(mode="json")
    document["ablation"]["CircAnchor"] = False
    document["data"]["test"] = None
    result = train_detector(DetectorTraining.parse(document), tmp_path / "r", progress=False)
    net, size = load_detector(tmp_path / "r" / "weights.pt")
    assert (net.box_form, size, result["test"]) == ("R", (96, 160), None)
    assert detect(net, np.zeros((54, 96, 3), np.uint8), 160, 0.9).boxes.shape[1] == 4


def test_the_command_trains_and_tells_what_it_measured(shapes, tmp_path, e2tad):
    config = tmp_path / "c.json"
    config.write_text(settings(shapes, epochs=1).model_dump_json())
    done = e2tad("train", "detector", "--config", config, "-o", "run", "--set", "train.batch=3", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["config"]["train"]["batch"] == 3
    assert (tmp_path / "run" / "weights.pt").exists()
    done = e2tad(
        "eval", "detector", "--data", "coco", "--root", shapes, "--model", "run/weights.pt", "--json",
        "--pictures", "0:2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == result["test"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("train.width_px=100", "/train/width_px: expected a multiple of 32"),
        ("train.augment.scale=[2,1]", "/train/augment: scale: expected two growing numbers"),
        ('train.augment.compose={"balls":3}', "balls"),
        ("ablation.imgcomp=true", "did you mean ImgComp"),
        ("model.name=yolov9", "/model/name: expected"),
    ],
)
def test_a_wrong_setting_is_named(shapes, tmp_path, change, text):
    config = tmp_path / "c.json"
    config.write_text(settings(shapes).model_dump_json())
    with pytest.raises(ConfigError, match=text):
        DetectorTraining.load(config, [change])


def test_the_committed_configs_are_usable():
    from pathlib import Path

    configs = sorted((Path(__file__).parents[2] / "configs").glob("train_detector_*.json"))
    assert configs
    for config in configs:
        DetectorTraining.load(config)


def test_the_switch_det_is_both_syntheses():
    document = {"data": {"train": [{"set": "folder", "root": "."}]}}
    for both in (True, False):
        found = DetectorTraining.parse({**document, "ablation": {"Det": both, "ImgComp": not both}})
        assert (found.ablation.ImgComp, found.ablation.DebiasTr) == (both, both)
        assert DetectorTraining.parse(found.model_dump(mode="json")) == found
    one = DetectorTraining.parse({**document, "ablation": {"ImgComp": False}})
    assert (one.ablation.ImgComp, one.ablation.DebiasTr, one.ablation.Det) == (False, True, None)
    with pytest.raises(ConfigError, match="/ablation/Det: expected a valid boolean, got 1"):
        DetectorTraining.parse({**document, "ablation": {"Det": 1}})
