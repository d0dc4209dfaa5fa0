import json

import pytest
import torch
from torch.jit.mobile import _load_for_lite_interpreter

from e2tad import InputError, models
from e2tad.models.export import export
from e2tad.models.files import load_weights, save_weights

pytestmark = [
    pytest.mark.networks,
    # Reading the forms that are written here draws the same notice as writing them.
    pytest.mark.filterwarnings("ignore:(?s).*deprecated:DeprecationWarning"),
]

NETWORKS = {
    "reid": ({"width": 4, "neck": True}, (64, 32)),
    "yolo_mobile_v1": ({"box_form": "C"}, (64, 64)),
    "yolo_mobile_v2": ({}, (64, 64)),
}


def saved(folder, name):
    torch.manual_seed(0)
    options, size = NETWORKS[name]
    net = models.build(name, **options).eval()
    # Other statistics than those of a new network, so that a layer folded wrongly shows.
    for module in net.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm1d)):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    save_weights(folder / "weights.pt", name, net, size, **options)
    return net, torch.rand(2, 3, *size)


@pytest.mark.parametrize("suffix", [".ptl", ".torchscript"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_file_gives_the_networks_numbers(tmp_path, name, suffix):
    net, x = saved(tmp_path, name)
    export(tmp_path / "weights.pt", tmp_path / f"m{suffix}", "Apache-2.0", "nothing")
    load = _load_for_lite_interpreter if suffix == ".ptl" else torch.jit.load
    again = load(str(tmp_path / f"m{suffix}"))
    with torch.no_grad():
        expected, found = net(x), again(x)
    for a, b in zip(expected, found, strict=True):
        torch.testing.assert_close(b, a, atol=1e-5, rtol=1e-4)


def test_the_card_of_a_detector_says_how_to_read_its_head(tmp_path):
    saved(tmp_path, "yolo_mobile_v1")
    card = export(tmp_path / "weights.pt", tmp_path / "m.ptl", "Apache-2.0", "simulated frames")
    assert json.loads((tmp_path / "m.json").read_text()) == card
    assert card == {
        "kind": "detector",
        "name": "yolo_mobile_v1",
        "input_size": [64, 64],
        "channels": "rgb",
        "mean": [0.0, 0.0, 0.0],
        "deviation": [1.0, 1.0, 1.0],
        "classes": ["person", "ball"],
        "box_form": "C",
        "strides": [16],
        "anchors": [[[14.3, 14.4], [37.1, 68.6], [94.4, 158.8]]],
        "quantised": None,
        "licence": "Apache-2.0",
        "source": "simulated frames",
    }


def test_the_card_of_an_embedder_says_its_normalisation_and_length(tmp_path):
    saved(tmp_path, "reid")
    card = export(tmp_path / "weights.pt", tmp_path / "m.torchscript", "Apache-2.0", "nothing")
    assert (card["kind"], card["embedding"], card["input_size"]) == ("reid", 32, [64, 32])
    assert card["mean"] == [0.485, 0.456, 0.406]
    assert card["deviation"] == [0.229, 0.224, 0.225]


def test_another_suffix_is_named_and_nothing_is_written(tmp_path):
    saved(tmp_path, "reid")
    with pytest.raises(InputError, match=r"m\.onnx: expected a name ending in \.ptl or \.torchscript"):
        export(tmp_path / "weights.pt", tmp_path / "m.onnx", "", "")
    assert [p.name for p in tmp_path.iterdir()] == ["weights.pt"]


def test_export_writes_the_file_and_its_card(e2tad, tmp_path):
    saved(tmp_path, "reid")
    result = e2tad("export", "weights.pt", "-o", "m.ptl", "--source", "nothing", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["source"] == "nothing"
    assert (tmp_path / "m.ptl").exists()
    assert json.loads((tmp_path / "m.json").read_text())["licence"] == "unstated"


def test_a_model_files_card_tells_what_was_measured(e2tad, tmp_path):
    saved(tmp_path, "reid")
    words = ("export", "weights.pt", "-o", "m.ptl", "--source", "nothing", "--result", "result.json")
    (tmp_path / "result.json").write_text(json.dumps({"test": {"mAP": 0.5}}))
    assert e2tad(*words).returncode == 0
    assert json.loads((tmp_path / "m.json").read_text())["metrics"] == {"mAP": 0.5}
    for text in ("{}", "[1]", "no JSON", '{"test": 3}'):
        (tmp_path / "result.json").write_text(text)
        result = e2tad(*words)
        assert result.returncode == 2
        assert "result.json: expected a training's result.json, an object with `test`" in result.stderr


def test_where_weights_are_expected_a_model_file_is_named_so(e2tad, tmp_path):
    saved(tmp_path, "reid")
    export(tmp_path / "weights.pt", tmp_path / "m.ptl", "", "")
    result = e2tad("export", "m.ptl", "-o", "n.ptl", "--source", "nothing")
    assert result.returncode == 2
    assert result.stderr == (
        "e2tad: m.ptl: a model file, expected the weights (.pt) that it was exported from\n"
    )


def test_model_and_card_go_into_place_together(tmp_path):
    saved(tmp_path, "reid")
    (tmp_path / "m.json").mkdir()
    with pytest.raises(IsADirectoryError):
        export(tmp_path / "weights.pt", tmp_path / "m.ptl", "Apache-2.0", "nothing")
    assert not (tmp_path / "m.ptl").exists()


def test_nothing_that_is_read_is_replaced(e2tad, tmp_path):
    saved(tmp_path, "reid")
    (tmp_path / "weights.json").write_text('{"test": {"mAP": 0.5}}')
    before = (tmp_path / "weights.pt").read_bytes()
    for arguments in (
        ("export", "weights.pt", "-o", "weights.pt", "--source", "x"),
        ("export", "weights.pt", "-o", "weights.ptl", "--result", "weights.json", "--source", "x"),
        ("compress", "prune", "weights.pt", "-o", "weights.pt", "--sparsity", "0.5"),
    ):
        done = e2tad(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "is an input, and would be replaced by the output" in done.stderr
    assert (tmp_path / "weights.pt").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["weights.json", "weights.pt"]


def test_export_of_no_weights_exits_with_2(e2tad, tmp_path):
    (tmp_path / "weights.pt").write_bytes(b"PK")
    result = e2tad("export", "weights.pt", "-o", "m.ptl", "--source", "nothing")
    assert result.returncode == 2
    assert "weights.pt: not a weights file" in result.stderr


def test_shared_weights_are_half_as_large_and_the_same_but_for_rounding(tmp_path, e2tad):
    saved(tmp_path, "yolo_mobile_v1")
    weights = tmp_path / "weights.pt"
    (tmp_path / "result.json").write_text(json.dumps({"test": {"person": {"AP50": 0.5}}}))
    done = e2tad(
        "export", weights, "-o", "shared/v1.pt", "--source", "simulated clips", "--licence", "Apache-2.0",
        "--result", "result.json", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert json.loads((tmp_path / "shared" / "v1.json").read_text()) == card
    assert (card["precision"], card["source"], card["box_form"]) == ("float16", "simulated clips", "C")
    assert card["metrics"] == {"person": {"AP50": 0.5}}
    shared = tmp_path / "shared" / "v1.pt"
    assert shared.stat().st_size < 0.55 * weights.stat().st_size
    before, after = load_weights(weights)[0].state_dict(), load_weights(shared)[0].state_dict()
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, rtol=1e-3, atol=1e-4, check_dtype=True)
