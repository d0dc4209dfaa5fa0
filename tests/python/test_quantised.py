import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch.ao.nn.intrinsic.quantized import ConvReLU2d
from torch.jit.mobile import _load_for_lite_interpreter
from training_sets import KillAfter, KilledError, document, make_set

from e2tad import InputError, models
from e2tad.compression.quantize import (
    aware_start,
    calibration_pictures,
    first_pictures,
    network_input,
    post_training,
)
from e2tad.models.export import export
from e2tad.models.files import load_weights, save_weights
from e2tad.models.quantised import ENGINES, convert, prepare, quiet
from e2tad.training.reid import train_reid
from e2tad.training.reid_settings import ReidTraining

pytestmark = pytest.mark.networks

NETWORKS = {
    "reid": ({"width": 8, "neck": True}, (64, 32)),
    "yolo_mobile_v1": ({"box_form": "C"}, (64, 96)),
    "yolo_mobile_v2": ({}, (64, 64)),
    "yolov5s": ({"activation": "hardswish"}, (64, 64)),
}


def network(name):
    """Random weights whose maps neither vanish nor explode, with statistics unlike a new network's."""
    torch.manual_seed(0)
    options, size = NETWORKS[name]
    net = models.build(name, **options)
    for module in net.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm1d)):
            torch.nn.init.uniform_(module.weight, 0.6, 1.4)
            module.momentum = None
    with torch.no_grad():
        net(network_input(name, pictures(size, 8)))
    return net.eval(), options, size


def pictures(size, n=16):
    """Smooth colours and edges, as pictures have them."""
    random = np.random.default_rng(3)
    coarse = random.integers(0, 256, (n, 4, 4, 3)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(c).resize((size[1], size[0]))) for c in coarse])


def outputs(found):
    return [found] if isinstance(found, torch.Tensor) else found


def test_int8_features_point_where_those_in_floats_do():
    """Random weights magnify every rounding; trained ones are nearer."""
    net, _, size = network("reid")
    seen = pictures(size)
    x = network_input("reid", seen)
    with torch.no_grad():
        cosines = (net(x) * post_training(net, "reid", seen)(x)).sum(1)
    assert (cosines > 0.9).all()
    assert cosines.mean() > 0.97
    assert (cosines < 1 - 1e-6).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_each_int8_convolution_is_the_convolution_of_what_its_numbers_stand_for(name):
    """What the INT8 input and weights stand for, convolved in floats, rounded to the output's steps."""
    net, _, size = network(name)
    seen = pictures(size)
    small = post_training(net, name, seen)
    checked = []

    def compare(module, inputs, output):
        weight, bias = module.weight().dequantize(), module.bias()
        x = inputs[0].dequantize()
        y = torch.nn.functional.conv2d(x, weight, bias, module.stride, module.padding, 1, module.groups)
        if isinstance(module, ConvReLU2d):
            y = y.relu()
        expected = (y / output.q_scale()).round().add(output.q_zero_point()).clamp(0, 255)
        off = (output.int_repr().float() - expected).abs()
        # A number in the middle between two steps may go either way.
        assert off.max() <= 1
        assert off.mean() < 0.05
        checked.append(module)

    convolutions = [module for module in small.modules() if isinstance(module, torch.ao.nn.quantized.Conv2d)]
    for module in convolutions:
        module.register_forward_hook(compare)
    with torch.no_grad():
        small(network_input(name, seen[:2]))
    assert len(checked) == len(convolutions) > 15


@pytest.mark.parametrize("name", NETWORKS)
def test_every_convolution_but_the_heads_is_int8(name):
    net, _, size = network(name)
    small = post_training(net, name, pictures(size, 2))
    in_floats = {path for path, module in small.named_modules() if type(module) is torch.nn.Conv2d}
    assert in_floats == {path for path, _ in net.named_modules() if path.startswith("head") and "." in path}
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in small.modules())


def test_steps_and_rounding_are_those_of_the_definition():
    """A plain model of the text: q = clip(round(x / scale) + zero); a scale a filter, zero 0 for weights."""
    net, _, size = network("reid")
    small = post_training(net, "reid", pictures(size))
    fused = prepare(net, "qnnpack", training=False)
    weight = fused.conv.weight if hasattr(fused.conv, "weight") else fused.conv[0].weight
    weight = weight.detach().numpy()
    scale = np.abs(weight).reshape(len(weight), -1).max(1) / 127
    expected = np.clip(np.round(weight / scale[:, None, None, None]), -127, 127)
    # Products that lie at a half may round either way.
    assert np.abs(small.conv.weight().int_repr().numpy() - expected).max() <= 1
    assert np.mean(small.conv.weight().int_repr().numpy() != expected) < 1e-3
    np.testing.assert_allclose(small.conv.weight().q_per_channel_scales().numpy(), scale, rtol=1e-5)

    x = network_input("reid", pictures(size, 2))
    step, zero = float(small.quant.scale), int(small.quant.zero_point)
    rounded = np.clip(np.round(x.numpy() / np.float32(step)) + zero, 0, 255)
    with torch.no_grad():
        assert np.abs(small.quant(x).int_repr().numpy().astype(int) - rounded).max() <= 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["reid", "yolo_mobile_v1"])
def test_weights_and_model_files_give_the_same_int8_numbers(tmp_path, name, engine):
    net, options, size = network(name)
    small = post_training(net, name, pictures(size), engine)
    x = network_input(name, pictures(size, 2))
    with torch.no_grad():
        expected = outputs(small(x))
    save_weights(tmp_path / "w.pt", name, small, size, quantised=engine, **options)
    again, document = load_weights(tmp_path / "w.pt")
    assert document["quantised"] == engine
    cards = [export(tmp_path / "w.pt", tmp_path / file, "-", "noise") for file in ("m.ptl", "m.torchscript")]
    assert [card["quantised"] for card in cards] == [engine, engine]
    with quiet(), torch.no_grad():
        loaded = [
            again,
            _load_for_lite_interpreter(str(tmp_path / "m.ptl")),
            torch.jit.load(tmp_path / "m.torchscript"),
        ]
        for other in loaded:
            for a, b in zip(expected, outputs(other(x)), strict=True):
                torch.testing.assert_close(b, a, rtol=0, atol=0)


def test_an_int8_file_is_about_a_quarter_of_the_one_in_floats(tmp_path):
    net, options, size = network("yolo_mobile_v1")
    small = post_training(net, "yolo_mobile_v1", pictures(size, 2))
    save_weights(tmp_path / "floats.pt", "yolo_mobile_v1", net, size, **options)
    save_weights(tmp_path / "int8.pt", "yolo_mobile_v1", small, size, quantised="qnnpack", **options)
    assert (tmp_path / "floats.pt").stat().st_size > 3.3 * (tmp_path / "int8.pt").stat().st_size


def test_int8_weights_of_another_shape_are_one_clear_error(tmp_path):
    net, options, size = network("reid")
    small = post_training(net, "reid", pictures(size, 2))
    save_weights(tmp_path / "w.pt", "reid", small, size, quantised="qnnpack", **{**options, "width": 4})
    with pytest.raises(InputError, match=r"w\.pt: its weights don't fit"):
        load_weights(tmp_path / "w.pt")


def test_an_unknown_engine_in_a_file_is_one_clear_error(tmp_path):
    save_weights(tmp_path / "w.pt", "reid", models.ReidNetwork(2), (64, 32), quantised="tpu", width=2)
    with pytest.raises(InputError, match=r"w\.pt: .*expected one of qnnpack, x86, onednn, got tpu"):
        load_weights(tmp_path / "w.pt")


def test_silu_is_refused_and_not_replaced_in_silence():
    with pytest.raises(InputError, match="silu has no INT8 form; choose hardswish"):
        prepare(models.YoloV5S(), "qnnpack", training=False)


def test_preparing_leaves_the_network_as_it_was():
    net, _, size = network("yolo_mobile_v2")
    x = network_input("yolo_mobile_v2", pictures(size, 2))
    with torch.no_grad():
        before = net(x)
        prepared = prepare(net, "qnnpack", training=True)
        prepared.train()(x)
        convert(prepared)
        assert prepared.training
        torch.testing.assert_close(net(x), before, rtol=0, atol=0)


@pytest.mark.slow
def test_training_that_feels_int8_ends_the_same_whether_killed_or_not(tmp_path):
    root = make_set(tmp_path / "set")
    settings = ReidTraining.parse(document(root, losses={"view": 0.0}))
    net = models.ReidNetwork(2, neck=True).eval()

    def train(folder, callbacks=()):
        options = settings.model.model_dump(mode="json", exclude={"start"})
        start = aware_start(net, "reid", options, first_pictures(settings))
        return train_reid(settings, folder, progress=False, callbacks=callbacks, start=start)

    result = train(tmp_path / "whole")
    whole, kept = load_weights(tmp_path / "whole" / "weights.pt")
    assert kept["quantised"] == "qnnpack"
    assert result["test"]["queries"] > 0

    with pytest.raises(KilledError):
        train(tmp_path / "killed", (KillAfter(4),))
    train(tmp_path / "killed")
    again, _ = load_weights(tmp_path / "killed" / "weights.pt")
    x = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(again(x), whole(x), rtol=0, atol=0)


def test_calibration_pictures_are_spread_over_a_folder(tmp_path):
    for i in range(10):
        Image.new("RGB", (20, 10), (i, 0, 0)).save(tmp_path / f"{i}.png")
    crops = calibration_pictures(tmp_path, "reid", (8, 4), 5)
    assert crops.shape == (5, 8, 4, 3)
    assert crops[:, 0, 0, 0].tolist() == [0, 2, 4, 6, 8]
    laid = calibration_pictures(tmp_path, "yolo_mobile_v1", (32, 32), 100)
    assert laid.shape == (10, 32, 32, 3)
    assert (laid[:, :8] == 114).all()
    assert (laid[3, 8:24] == (3, 0, 0)).all()
    assert (laid[:, 24:] == 114).all()


def test_quantize_and_export_from_the_command_line(e2tad, tmp_path):
    net, options, size = network("reid")
    save_weights(tmp_path / "w.pt", "reid", net, size, **options)
    folder = tmp_path / "crops"
    folder.mkdir()
    for i, crop in enumerate(pictures(size, 4)):
        Image.fromarray(crop).save(folder / f"{i}.png")
    result = e2tad("compress", "quantize", "w.pt", "--data", "crops", "-o", "small.pt", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["pictures"] == 4
    assert told["bytes"]["after"] == (tmp_path / "small.pt").stat().st_size < told["bytes"]["before"]
    exported = e2tad("export", "small.pt", "-o", "small.ptl", "--source", "noise", "--json")
    assert json.loads(exported.stdout)["quantised"] == "qnnpack"
    direct = e2tad("compress", "quantize", "w.pt", "--data", "crops", "-o", "d.ptl", "--source", "noise")
    assert direct.returncode == 0, direct.stderr
    assert json.loads((tmp_path / "d.json").read_text()) == json.loads((tmp_path / "small.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "magic"), "--method: expected ptq or qat, got magic"),
        ((), "--data or --config: post-training quantisation needs pictures"),
        (("--method", "qat"), "--config: quantisation-aware training needs"),
        (("--data", ".", "--engine", "tpu"), "engine: expected one of qnnpack, x86, onednn, got tpu"),
        (("--data", ".", "-o", "x.onnx"), "x.onnx: expected a name ending in .pt, .ptl or .torchscript"),
        (("--data", ".", "-o", "x.ptl"), "--source: a model file's card"),
        (("--data", "empty"), "empty: no pictures"),
        (("--data", ".", "--activation", "relu"), "w.pt is an embedder"),
    ],
)
def test_what_quantize_refuses_is_one_line(e2tad, tmp_path, arguments, message):
    save_weights(tmp_path / "w.pt", "reid", models.ReidNetwork(2), (64, 32), width=2)
    (tmp_path / "empty").mkdir()
    result = e2tad("compress", "quantize", "w.pt", "-o", "x.pt", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
