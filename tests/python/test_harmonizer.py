import csv
import itertools
import json

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from training_sets import KillAfter, KilledError

from e2tad import InputError, models, synth
from e2tad.data.annotated import Annotation, Picture, open_pictures
from e2tad.data.foregrounds import Changes, Foregrounds, Window, recoloured, transferred
from e2tad.evaluation.harmonizer import by_name, by_network, compare, foreground_error, held_out
from e2tad.models.export import export
from e2tad.models.files import load_weights, save_weights
from e2tad.synth.colour import lab_of, rgb_of
from e2tad.training.harmonizer import foreground_loss, train_harmonizer
from e2tad.training.harmonizer_settings import HarmonizerTraining

ALL = Changes(0.9, 0.35, 0.5, 0.4, 0.6, 0.3)
NONE = Changes(0, 0, 0, 0, 0, 0)


def make_set(root, pictures=4):
    """Penn-Fudan's layout: a gradient with an ellipse of the same light as its person."""
    random = np.random.default_rng(0)
    (root / "PNGImages").mkdir(parents=True)
    (root / "PedMasks").mkdir()
    for i in range(pictures):
        light = random.uniform(0.3, 0.9, 3)
        pixels = np.linspace(0.5, 1, 96)[:, None, None] * light * np.ones((96, 128, 1))
        pixels += random.normal(0, 0.03, pixels.shape)
        mask = np.zeros((96, 128), np.uint8)
        cv2.ellipse(mask, (40 + 10 * i, 50), (14, 34), 0, 0, 360, 1, -1)
        pixels[mask > 0] *= 0.8
        Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8)).save(root / "PNGImages" / f"{i}.png")
        Image.fromarray(mask).save(root / "PedMasks" / f"{i}_mask.png")
    return root


@pytest.fixture
def persons(tmp_path):
    return make_set(tmp_path / "set")


def document(root, **train):
    return {
        "data": {
            "train": [{"set": "pennfudan", "root": str(root), "pictures": [0, None, 2]}],
            "test": [{"set": "pennfudan", "root": str(root), "pictures": [1, None, 2]}],
            "size_px": 16,
        },
        "model": {"width": 4, "levels": 2},
        "train": {
            "epochs": 2,
            "steps_per_epoch": 3,
            "batch": 2,
            "learning_rate": 0.01,
            "warmup_epochs": 0.5,
            "average_decay": 0.5,
            "checkpoint_steps": 1,
            "test_windows": 6,
            "accelerator": "cpu",
            "threads": 1,
            **train,
        },
    }


def test_lab_is_opencvs():
    rgb = np.random.default_rng(0).random((9, 11, 3)).astype(np.float32)
    # OpenCV takes gamma and cube roots from tables.
    np.testing.assert_allclose(lab_of(rgb), cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), atol=0.4)
    np.testing.assert_allclose(rgb_of(lab_of(rgb)), rgb, atol=1e-4)


def test_a_window_is_the_picture_under_its_mask_changed_inside_alone(persons):
    source = Foregrounds(open_pictures(persons), 32, ALL)
    assert len(source) == 4
    changed = 0
    for i in range(20):
        window = source.draw(np.random.default_rng(i))
        assert window.truth.shape == window.disturbed.shape == (32, 32, 3)
        assert window.mask.shape == (32, 32)
        assert 0.01 <= window.mask.mean() <= 0.7
        outside = window.mask == 0
        # Disturbed pictures have 8 bits.
        assert np.abs(window.truth - window.disturbed)[outside].max() <= 0.5 / 255 + 1e-6
        changed += np.abs(window.truth - window.disturbed)[window.mask == 1].mean() > 0.02
    assert changed > 12


def test_without_changes_a_window_is_its_truth(persons):
    window = Foregrounds(open_pictures(persons), 32, NONE).draw(np.random.default_rng(0))
    np.testing.assert_allclose(window.disturbed, window.truth, atol=0.5 / 255 + 1e-6)


def test_a_varied_window_is_another_picture_disturbed_inside_alone(persons):
    pictures = open_pictures(persons)
    for i in range(5):
        varied = Foregrounds(pictures, 32, ALL, 0.5).draw(np.random.default_rng(i))
        plain = Foregrounds(pictures, 32, ALL).draw(np.random.default_rng(i))
        outside = varied.mask == 0
        assert np.abs(varied.truth - varied.disturbed)[outside].max() <= 0.5 / 255 + 1e-6
        shown = plain.truth if (plain.mask == varied.mask).all() else plain.truth[:, ::-1]
        assert np.abs(varied.truth - shown).mean() > 0.01


def test_a_window_has_the_pictures_own_pixels(tmp_path):
    """A window over the whole of a square picture is that picture, and the mask the person."""
    root = tmp_path / "set"
    for folder in ("PNGImages", "PedMasks"):
        (root / folder).mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[2:62, 20:40] = 1
    Image.fromarray(pixels).save(root / "PNGImages" / "a.png")
    Image.fromarray(mask).save(root / "PedMasks" / "a_mask.png")
    source = Foregrounds(open_pictures(root), 64, NONE)
    for seed in range(20):
        window = source.draw(np.random.default_rng(seed))
        if window.mask[0].any() or window.mask[:, 0].any():
            continue  # cut tighter
        shown = window.truth if window.mask[30, 19] == 0 else window.truth[:, ::-1]
        np.testing.assert_allclose(shown * 255, pixels, atol=1e-3)
        np.testing.assert_array_equal(window.mask if shown is window.truth else window.mask[:, ::-1], mask)
        return
    pytest.fail("no window over the whole picture")


def test_balls_that_can_be_seen_whole_are_foregrounds(tmp_path):
    Image.new("RGB", (64, 64), (90, 120, 60)).save(tmp_path / "a.png")
    balls = [
        Annotation("ball", (20, 20, 40, 40), (30.0, 30.0, 10.0), 1.0),
        Annotation("ball", (0, 0, 10, 10), (5.0, 5.0, 5.0), 0.5),
        Annotation("ball", (50, 50, 54, 54), (52.0, 52.0, 2.0), 1.0),
    ]
    source = Foregrounds([Picture("a.png", tmp_path / "a.png", (64, 64), tuple(balls))], 64, NONE)
    assert len(source) == 1
    window = source.draw(np.random.default_rng(2))
    # A disc: as wide as high, and of a disc's area.
    rows, columns = (np.flatnonzero(window.mask.max(axis) > 0.5) for axis in (1, 0))
    assert abs(len(rows) - len(columns)) <= 1
    assert window.mask.sum() == pytest.approx(np.pi * (len(rows) / 2) ** 2, rel=0.1)


def test_pictures_without_foregrounds_are_named(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    with pytest.raises(
        InputError, match="expected masks of persons of 32 pixels or more, or circles of balls"
    ):
        Foregrounds(open_pictures(tmp_path), 32, ALL)


def test_a_transfer_gives_mean_and_deviation_of_the_other():
    random = np.random.default_rng(0)
    mask = np.zeros((40, 40), np.float32)
    mask[5:30, 8:35] = 1
    truth = np.clip(random.normal(0.4, 0.05, (40, 40, 3)), 0, 1).astype(np.float32)
    other = np.clip(random.normal(0.5, 0.06, (40, 40, 3)), 0, 1).astype(np.float32)
    found = lab_of(transferred(truth, mask, other, mask))[mask > 0]
    wanted = lab_of(other)[mask > 0]
    np.testing.assert_allclose(found.mean(0), wanted.mean(0), atol=0.1)
    np.testing.assert_allclose(found.std(0), wanted.std(0), atol=0.1)


def test_a_change_of_exposure_alone_scales_by_its_stops():
    truth = np.full((8, 8, 3), 0.25, np.float32)
    found = {
        float(
            recoloured(truth, truth[..., 0], Changes(1, 0, 0, 0, 0, 0), np.random.default_rng(seed))[0, 0, 0]
        )
        for seed in range(50)
    }
    assert min(found) >= 0.125 - 1e-6
    assert max(found) <= 0.5 + 1e-6
    assert max(found) - min(found) > 0.25


def test_errors_are_those_of_the_definition():
    truth = np.zeros((4, 4, 3), np.float32)
    mask = np.zeros((4, 4), np.float32)
    mask[:2, :2] = 1
    off = truth.copy()
    off[:2, :2] = 10 / 255
    found = foreground_error([Window(truth, mask, truth)], [off])
    assert found["fMSE"] == pytest.approx(100, rel=1e-5)
    assert found["MSE"] == pytest.approx(25, rel=1e-5)
    assert found["PSNR"] == pytest.approx(10 * np.log10(255**2 / 25), rel=1e-5)


def test_the_loss_is_the_squared_error_a_foreground_pixel():
    random = np.random.default_rng(0)
    fitted, truth = random.random((2, 2, 3, 12, 12))
    mask = (random.random((2, 1, 12, 12)) < 0.5).astype(float)
    expected = [
        sum(((fitted[n, c] - truth[n, c]) ** 2)[mask[n, 0] > 0].sum() for c in range(3)) / (3 * mask[n].sum())
        for n in range(2)
    ]
    found = foreground_loss(*(torch.tensor(part) for part in (fitted, truth, mask)), least=1.0)
    assert float(found) == pytest.approx(np.mean(expected))
    # A foreground smaller than `least` counts as that large.
    smaller = foreground_loss(*(torch.tensor(part) for part in (fitted, truth, mask)), least=1e4)
    sums = [e * 3 * mask[n].sum() / (3 * 1e4) for n, e in enumerate(expected)]
    assert float(smaller) == pytest.approx(np.mean(sums))


def test_harmonizers_by_name_are_those_of_synth(persons):
    windows = held_out(Foregrounds(open_pictures(persons), 32, ALL), 3, 5)
    for window, fitted in zip(windows, by_name("statistics")(windows), strict=True):
        bgr = np.ascontiguousarray(np.round(window.disturbed * 255).astype(np.uint8)[..., ::-1])
        mask = np.round(window.mask * 255).astype(np.uint8)
        expected = synth.harmonizer("statistics").harmonize(bgr, mask)[..., ::-1]
        np.testing.assert_array_equal(np.round(fitted * 255), expected)
    for window, fitted in zip(windows, by_name("none")(windows), strict=True):
        np.testing.assert_allclose(fitted, window.disturbed, atol=1e-6)
    # An untrained network changes nothing.
    for window, fitted in zip(windows, by_network(models.RainNet(4, 2))(windows), strict=True):
        np.testing.assert_allclose(fitted, window.disturbed, atol=1e-6)


def test_training_lowers_the_error_on_pictures_it_did_not_see(persons, tmp_path):
    more = {"epochs": 4, "steps_per_epoch": 20, "batch": 8, "average_decay": 0.9, "evaluate_every": 2}
    run = HarmonizerTraining.parse(document(persons, **more))
    result = train_harmonizer(run, tmp_path / "run", progress=False)
    test = result["test"]
    assert test["windows"] == 6
    assert test["rainnet"]["fMSE"] < 0.8 * test["none"]["fMSE"]
    log = (tmp_path / "run" / "logs" / "version_0" / "metrics.csv").read_text().splitlines()
    rows = list(csv.DictReader(log))
    assert sum(bool(row.get("test_fMSE")) for row in rows) == 2
    net, kept = load_weights(tmp_path / "run" / "weights.pt")
    assert (kept["name"], kept["input_size"]) == ("rainnet", (16, 16))
    assert models.count_parameters(net) == result["parameters"]


def test_a_killed_training_ends_as_the_whole_one(persons, tmp_path):
    run = HarmonizerTraining.parse(document(persons))
    train_harmonizer(run, tmp_path / "whole", progress=False)
    whole, _ = load_weights(tmp_path / "whole" / "weights.pt")
    for steps in (1, 4):
        folder = tmp_path / f"killed{steps}"
        with pytest.raises(KilledError):
            train_harmonizer(run, folder, progress=False, callbacks=(KillAfter(steps),))
        train_harmonizer(run, folder, progress=False)
        again, _ = load_weights(folder / "weights.pt")
        for a, b in zip(whole.parameters(), again.parameters(), strict=True):
            torch.testing.assert_close(b, a, rtol=0, atol=0)


def test_a_training_starts_from_given_weights(persons, tmp_path):
    train_harmonizer(HarmonizerTraining.parse(document(persons)), tmp_path / "first", progress=False)
    weights = tmp_path / "first" / "weights.pt"
    run = document(persons, average_decay=0.0, learning_rate=1e-12, epochs=1)
    run["model"]["start"] = str(weights)
    train_harmonizer(HarmonizerTraining.parse(run), tmp_path / "second", progress=False)
    (first, _), (second, kept) = load_weights(weights), load_weights(tmp_path / "second" / "weights.pt")
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(b, a)
    assert "start" not in kept["options"]
    run["model"]["width"] += 1
    with pytest.raises(InputError, match=r"/model/start: .*weights\.pt holds another network than /model"):
        train_harmonizer(HarmonizerTraining.parse(run), tmp_path / "third", progress=False)


def test_windows_change_their_channels_places_as_often_as_asked(persons):
    plain, mixed = (Foregrounds(open_pictures(persons), 16, ALL, recoloured=share) for share in (0.0, 1.0))
    orders = set()
    for seed in range(40):
        truth = plain.draw(np.random.default_rng(seed)).truth
        seen = mixed.draw(np.random.default_rng(seed)).truth
        # The order is drawn after the window: both show the same one, mirrored or not.
        found = [
            order
            for order in itertools.permutations(range(3))
            for shown in (truth, truth[:, ::-1])
            if np.array_equal(shown[..., order], seen)
        ]
        assert found
        orders.add(found[0])
    assert len(orders) == 6


@pytest.mark.filterwarnings("ignore:(?s).*deprecated:DeprecationWarning")
def test_a_model_file_gives_the_networks_picture_and_its_card_says_what_goes_in(tmp_path):
    torch.manual_seed(0)
    net = models.RainNet(4, 3).eval()
    torch.nn.init.normal_(net.change.weight, 0, 0.1)
    save_weights(tmp_path / "w.pt", "rainnet", net, (64, 64), width=4, levels=3)
    card = export(tmp_path / "w.pt", tmp_path / "m.torchscript", "Apache-2.0", "simulated frames")
    assert card == {
        "kind": "harmonizer",
        "name": "rainnet",
        "input_size": [64, 64],
        "channels": "rgb",
        "mean": [0.0, 0.0, 0.0],
        "deviation": [1.0, 1.0, 1.0],
        "multiple": 8,
        "quantised": None,
        "licence": "Apache-2.0",
        "source": "simulated frames",
    }
    picture, mask = torch.rand(2, 3, 40, 56), torch.rand(2, 1, 40, 56)
    with torch.no_grad():
        found = torch.jit.load(tmp_path / "m.torchscript")(picture, mask)
        torch.testing.assert_close(found, net(picture, mask), atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_train_and_evaluate_from_the_command_line(e2tad, tmp_path, persons):
    (tmp_path / "c.json").write_text(json.dumps(document(persons)))
    result = e2tad("train", "harmonizer", "--config", "c.json", "-o", "run", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert set(told["test"]) == {"windows", "none", "statistics", "rainnet"}
    result = e2tad(
        "eval", "harmonizer", "--data", "pennfudan", "--root", persons, "--pictures", "1::2",
        "--model", "run/weights.pt", "--windows", 6, "--json",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == told["test"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data.size_px=20", "/data/size_px must be a multiple of 2 to the power of 2 levels"),
        ("train.disturbance.exposre_stops=1", "unknown key, did you mean exposure_stops?"),
        ("train.disturbance.transfer=2", "/train/disturbance/transfer"),
    ],
)
def test_a_wrong_setting_is_one_line(e2tad, tmp_path, persons, change, message):
    document_ = document(persons)
    document_["data"]["size_px"] = 32
    document_["model"]["levels"] = 2 if "size" not in change else 3
    (tmp_path / "c.json").write_text(json.dumps(document_))
    result = e2tad("train", "harmonizer", "--config", "c.json", "--set", change)
    assert result.returncode == 2
    assert message.replace("of 2 levels", "of 3 levels") in result.stderr
    assert result.stderr.count("\n") == 1


def test_disturbed_pictures_are_the_same_for_the_same_seed(persons):
    source = Foregrounds(open_pictures(persons), 16, ALL)
    first, second = (held_out(source, 3, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.disturbed, b.disturbed)
    assert compare(first)["windows"] == 3
