import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from e2tad import InputError, models
from e2tad.models.files import load_weights, save_weights

pytestmark = pytest.mark.networks

# Paper, Tables 2 and 4: parameters in millions, FLOPs in billions.
TABLE_2 = [
    ("yolov5s", 640, 7.07, 16.4),
    ("yolov5s", 416, 7.07, 6.9),
    ("yolo_mobile_v1", 640, 1.08, 2.7),
    ("yolo_mobile_v1", 416, 1.08, 1.2),
    ("yolo_mobile_v2", 416, 0.241, 0.8),
]
# TorchScript is what the C++ side reads; PyTorch warns that its successor is elsewhere.
scripting = pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")
TABLE_4 = [(64, 11.16), (32, 2.79), (8, 0.17)]


@pytest.mark.parametrize(("name", "size", "parameters", "flops"), TABLE_2)
def test_detectors_have_the_sizes_of_table_2(name, size, parameters, flops):
    found = models.info(name, size)
    assert found["parameters"] / 1e6 == pytest.approx(parameters, rel=0.02)
    assert found["flops"] / 1e9 == pytest.approx(flops, rel=0.06)


@pytest.mark.parametrize(("width", "parameters"), TABLE_4)
def test_embedders_have_the_parameters_of_table_4(width, parameters):
    assert models.info("reid", 128, width=width)["parameters"] / 1e6 == pytest.approx(parameters, rel=0.05)


@pytest.mark.parametrize("name", ["yolov5s", "yolo_mobile_v1", "yolo_mobile_v2", "reid"])
def test_flops_equal_those_that_torch_counts_in_its_operators(name):
    size = 64
    counted = FlopCounterMode(display=False)
    with counted, torch.no_grad():
        models.build(name).eval()(torch.zeros(1, 3, size, size // 2 if name == "reid" else size))
    assert models.info(name, size)["flops"] == counted.get_total_flops()


def test_flops_count_groups_and_linear_layers_as_by_hand():
    net = torch.nn.Sequential(
        torch.nn.Conv2d(4, 6, 3, padding=1, groups=2), torch.nn.Flatten(), torch.nn.Linear(6 * 5 * 5, 7)
    )
    by_hand = 2 * (6 * 5 * 5) * (3 * 3 * 2) + 2 * 7 * 6 * 5 * 5
    assert models.count_flops(net, torch.zeros(1, 4, 5, 5)) == by_hand


@pytest.mark.parametrize(
    ("name", "strides"), [("yolov5s", (8, 16, 32)), ("yolo_mobile_v1", (16,)), ("yolo_mobile_v2", (16,))]
)
@pytest.mark.parametrize("classes", [1, 2])
def test_a_detector_gives_one_raw_tensor_a_stride(name, strides, classes):
    net = models.build(name, classes=classes).eval()
    assert net.strides == strides
    with torch.no_grad():
        heads = net(torch.zeros(2, 3, 64, 96))
    assert [tuple(h.shape) for h in heads] == [(2, 3, 64 // s, 96 // s, 5 + classes) for s in strides]


def test_a_raw_head_orders_its_convolution_by_anchor_then_value():
    head = models.RawHead(4, 3, 2, 16).eval()
    x = torch.rand(1, 4, 2, 5)
    with torch.no_grad():
        raw = head.conv(x)
        cells = head(x)
    for anchor in range(3):
        for value in range(7):
            torch.testing.assert_close(cells[0, anchor, :, :, value], raw[0, anchor * 7 + value])


@pytest.mark.parametrize("name", ["yolov5s", "yolo_mobile_v1", "yolo_mobile_v2", "reid"])
@scripting
def test_a_network_scripts_to_the_same_numbers(name):
    torch.manual_seed(0)
    net = models.build(name, **({"width": 8, "neck": True} if name == "reid" else {})).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        eager, scripted = net(x), torch.jit.script(net)(x)
    for a, b in zip(eager, scripted, strict=True):
        torch.testing.assert_close(a, b)


def test_spp_takes_maxima_over_squares_of_5_9_and_13():
    spp = models.blocks.Spp(8, "relu").eval()
    seen = []
    spp.join.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    x = torch.rand(1, 8, 20, 17)
    with torch.no_grad():
        spp(x)
        y = spp.reduce(x)
    direct = [y, *(torch.nn.functional.max_pool2d(y, k, 1, k // 2) for k in (5, 9, 13))]
    torch.testing.assert_close(seen[0], torch.cat(direct, 1))


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("yolov9", 416, "expected one of yolov5s, yolo_mobile_v1, yolo_mobile_v2, reid, rainnet, got yolov9"),
        ("yolo_mobile_v1", 400, "multiple of 32, got 400"),
        ("reid", 31, "even height of at least 32, got 31"),
    ],
)
def test_info_refuses_what_no_network_takes(name, size, message):
    with pytest.raises(InputError, match=message):
        models.info(name, size)


def test_features_have_length_one_and_the_asked_width():
    torch.manual_seed(0)
    x = torch.rand(3, 3, 128, 64)
    for options, length in [({"width": 8}, 64), ({"width": 4, "embedding": 48, "neck": True}, 48)]:
        with torch.no_grad():
            features = models.ReidNetwork(**options).eval()(x)
        assert features.shape == (3, length)
        torch.testing.assert_close(features.norm(dim=1), torch.ones(3))


def test_one_network_embeds_persons_and_balls():
    net = models.ReidNetwork(4).eval()
    with torch.no_grad():
        assert net(torch.rand(2, 3, 128, 64)).shape == net(torch.rand(2, 3, 64, 64)).shape


def test_the_last_stride_changes_the_map_and_not_the_parameters():
    two, one = models.ReidNetwork(4), models.ReidNetwork(4, last_stride=1)
    assert models.count_parameters(two) == models.count_parameters(one)
    x = torch.rand(1, 3, 64, 64)
    stem = two.pool(two.relu(two.bn(two.conv(x))))
    assert one.stages(stem).shape[2:] == (4, 4)
    assert two.stages(stem).shape[2:] == (2, 2)


@pytest.mark.parametrize("options", [{"width": 0}, {"embedding": 0}, {"last_stride": 3}])
def test_an_embedder_refuses_impossible_sizes(options):
    with pytest.raises(ValueError, match="must be"):
        models.ReidNetwork(**options)


def test_the_gradient_is_reversed_and_weighted():
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = models.reverse_gradient(x, 0.5)
    torch.testing.assert_close(y, x)
    (3 * y).sum().backward()
    torch.testing.assert_close(x.grad, torch.tensor([-1.5, -1.5]))


def test_the_view_classifier_descends_while_the_feature_ascends():
    """One step of Section 3.3's game: d/d f_v of +CE, d/d feature of -lambda CE."""
    torch.manual_seed(0)
    classifier = models.ViewClassifier(4, 3)
    feature = torch.rand(5, 4, requires_grad=True)
    views = torch.tensor([0, 1, 2, 0, 1])
    torch.nn.functional.cross_entropy(classifier(feature, 0.7), views).backward()

    plain = feature.detach().clone().requires_grad_()
    expected = torch.nn.functional.cross_entropy(classifier.scores(plain), views)
    wanted = torch.autograd.grad(expected, [plain, *classifier.parameters()])
    torch.testing.assert_close(feature.grad, -0.7 * wanted[0])
    for parameter, gradient in zip(classifier.parameters(), wanted[1:], strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_region_normalisation_equals_a_plain_model():
    random = np.random.default_rng(0)
    x = random.normal(3, 2, (2, 3, 6, 5))
    mask = (random.random((2, 1, 6, 5)) < 0.4).astype(float)
    expected = np.empty_like(x)
    for n in range(2):
        inside = mask[n, 0] == 1
        for c in range(3):
            back, fore = x[n, c][~inside], x[n, c][inside]
            expected[n, c][~inside] = (back - back.mean()) / back.std() * 1.5 + 0.25
            like_back = (fore - fore.mean()) / fore.std() * back.std() + back.mean()
            expected[n, c][inside] = like_back * 2 - 1
    norm = models.RegionNorm(3)
    with torch.no_grad():
        for name, value in {
            "background_scale": 1.5,
            "background_shift": 0.25,
            "foreground_scale": 2,
            "foreground_shift": -1,
        }.items():
            getattr(norm, name).fill_(value)
        found = norm(torch.tensor(x, dtype=torch.float32), torch.tensor(mask, dtype=torch.float32))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_an_empty_region_gives_finite_numbers(share):
    with torch.no_grad():
        found = models.RainNet(4, 3)(torch.rand(1, 3, 16, 16), torch.full((1, 1, 16, 16), share))
    assert torch.isfinite(found).all()


def test_rainnet_changes_the_foreground_alone_and_learns_to():
    torch.manual_seed(0)
    net = models.RainNet(4, 3)
    truth = torch.rand(2, 3, 16, 16)
    mask = torch.zeros(2, 1, 16, 16)
    mask[:, :, 4:11, 3:9] = 1
    disturbed = truth * (1 - mask) + (0.6 * truth) * mask
    torch.testing.assert_close(net(disturbed, mask), disturbed)
    before = (disturbed - truth).square().sum()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss = (net(disturbed, mask) - truth).square().sum()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        after = net(disturbed, mask)
    assert (after - truth).square().sum() < 0.5 * before
    torch.testing.assert_close(after * (1 - mask), disturbed * (1 - mask))


@scripting
def test_a_packaged_rainnet_fits_in_four_megabytes_and_scripts():
    net = models.RainNet().eval()
    assert 4 * models.count_parameters(net) <= 4_000_000
    torch.nn.init.normal_(net.change.weight)
    picture, mask = torch.rand(1, 3, 32, 64), torch.rand(1, 1, 32, 64)
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.script(net)(picture, mask), net(picture, mask))


def test_weights_come_back_as_they_were_saved(tmp_path):
    torch.manual_seed(0)
    net = models.ReidNetwork(4, neck=True).eval()
    save_weights(tmp_path / "weights.pt", "reid", net, (128, 64), width=4, neck=True)
    again, document = load_weights(tmp_path / "weights.pt")
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(again(x), net(x), rtol=0, atol=0)
    assert document == {
        "name": "reid",
        "input_size": (128, 64),
        "options": {"width": 4, "neck": True},
        "quantised": None,
    }


class _Attack:
    def __reduce__(self):
        return (open, ("attacked", "w"))


def test_a_weights_file_never_runs_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"form": "e2tad weights 1", "state": _Attack()}, "evil.pt")
    with pytest.raises(InputError, match="not a weights file"):
        load_weights("evil.pt")
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize("kept", [0, 10, 1000])
def test_a_truncated_weights_file_is_one_clear_error(tmp_path, kept):
    path = tmp_path / "weights.pt"
    save_weights(path, "reid", models.ReidNetwork(2), (128, 64), width=2)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="weights.pt: not a weights file"):
        load_weights(path)


def test_weights_of_another_width_are_one_clear_error(tmp_path):
    save_weights(tmp_path / "weights.pt", "reid", models.ReidNetwork(2), (128, 64), width=4)
    with pytest.raises(InputError, match="weights.pt: its weights don't fit"):
        load_weights(tmp_path / "weights.pt")


def test_model_info_prints_parameters_and_flops(e2tad):
    result = e2tad("model", "info", "yolo_mobile_v2", "--size", 416, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["parameters"] == pytest.approx(241_000, rel=0.02)
    assert found["flops"] == pytest.approx(0.8e9, rel=0.06)


def test_model_info_of_an_unknown_network_exits_with_2(e2tad):
    result = e2tad("model", "info", "resnet", "--size", 416)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "yolo_mobile_v1" in result.stderr


def test_the_package_and_its_help_import_no_torch():

    code = "import sys, e2tad.cli; print('torch' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
