import colorsys
import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback
from PIL import Image
from training_sets import KillAfter, KilledError, document, document_with_balls, make_clips, make_set

from e2tad import ConfigError, InputError
from e2tad.data.pictures import read_crops
from e2tad.evaluation.embed import embed_crops, load_embedder, mask_circle, normalise
from e2tad.evaluation.reid import protocol_crops, retrieve
from e2tad.files import locked
from e2tad.synth import occlude
from e2tad.training import reid
from e2tad.training.loop import AveragedTraining, StepBatches, precision_of
from e2tad.training.loop_settings import LoopSettings
from e2tad.training.reid import MixedBatches, PkBatches, ReidModule, train_reid
from e2tad.training.reid_augment import augment
from e2tad.training.reid_settings import OCCLUDED, VIEW, BallBatches, ReidAugment, ReidTraining

pytestmark = pytest.mark.networks


def settings(root, **train):
    return ReidTraining.parse(document(root, **train))


@pytest.fixture
def market(tmp_path):
    return make_set(tmp_path / "set")


def state(folder):
    return load_embedder(folder / "weights.pt")[0].state_dict()


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=0, atol=0, msg=name)


@pytest.mark.parametrize("checkpoint_steps", [1, 2])
def test_a_run_killed_at_any_step_ends_with_the_weights_of_one_that_was_not(
    market, tmp_path, checkpoint_steps
):
    run = settings(market, checkpoint_steps=checkpoint_steps)
    train_reid(run, tmp_path / "whole", progress=False)
    whole = state(tmp_path / "whole")
    # 16 crops in batches of 6: 3 steps an epoch, 6 in all.
    for steps in range(1, 6):
        folder = tmp_path / f"killed{steps}"
        with pytest.raises(KilledError):
            train_reid(run, folder, progress=False, callbacks=(KillAfter(steps),))
        assert not (folder / "weights.pt").exists()
        train_reid(run, folder, progress=False)
        assert_same(state(folder), whole)


@pytest.mark.slow
def test_a_killed_process_goes_on_from_its_last_state(market, tmp_path):
    run = document(market, epochs=4)
    (tmp_path / "c.json").write_text(json.dumps(run))
    train_reid(ReidTraining.parse(run), tmp_path / "whole", progress=False)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from lightning.pytorch.callbacks import Callback\n"
        "from e2tad.training.reid import train_reid\n"
        "from e2tad.training.reid_settings import ReidTraining\n"
        "class Kill(Callback):\n"
        "    def on_train_batch_start(self, trainer, module, batch, batch_idx):\n"
        "        if trainer.global_step == 7: os.kill(os.getpid(), 9)\n"
        "train_reid(ReidTraining.load('c.json'), Path('out'), progress=False, callbacks=(Kill(),))\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert (tmp_path / "out" / "last.ckpt").exists()
    train_reid(ReidTraining.parse(run), tmp_path / "out", progress=False)
    assert_same(state(tmp_path / "out"), state(tmp_path / "whole"))


def test_a_seed_decides_the_weights(market, tmp_path):
    one = settings(market, epochs=1)
    other = one.model_copy(update={"seed": 1})
    for name, run in {"a": one, "b": one, "c": other}.items():
        train_reid(run, tmp_path / name, progress=False)
    assert_same(state(tmp_path / "a"), state(tmp_path / "b"))
    assert not torch.equal(state(tmp_path / "a")["conv.weight"], state(tmp_path / "c")["conv.weight"])


def test_a_run_leaves_its_settings_logs_and_measures(market, tmp_path):
    out = tmp_path / "out"
    run = settings(market, evaluate_every=1)
    result = train_reid(run, out, progress=False)
    assert json.loads((out / "result.json").read_text()) == result
    assert ReidTraining.load(out / "config.json") == run
    assert result["train"] == {"crops": 16, "identities": 4, "cameras": 2}
    assert set(result["test"]) == {"mAP", "R1", "R5", "queries", "skipped"}
    with (out / "logs" / "version_0" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    measured = [float(row["mAP"]) for row in rows if row["mAP"]]
    assert len(measured) == 2
    assert measured[-1] == pytest.approx(result["test"]["mAP"], abs=1e-6)
    assert any((out / "tensorboard").iterdir())


def test_other_settings_don_t_go_on_with_an_interrupted_run(market, tmp_path):
    with pytest.raises(KilledError):
        train_reid(settings(market), tmp_path / "out", progress=False, callbacks=(KillAfter(2),))
    with pytest.raises(InputError, match=r"config\.json: a run with other settings"):
        train_reid(settings(market, learning_rate=0.5), tmp_path / "out", progress=False)


def test_a_finished_run_is_not_replaced_by_one_with_other_settings(market, tmp_path):
    train_reid(settings(market, epochs=1, checkpoint_steps=100), tmp_path / "out", progress=False)
    kept = state(tmp_path / "out")
    with pytest.raises(InputError, match=r"config\.json: a run with other settings"):
        train_reid(settings(market, epochs=2), tmp_path / "out", progress=False)
    assert_same(state(tmp_path / "out"), kept)


def test_a_folder_that_is_damaged_or_in_use_is_one_clear_line(market, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(KilledError):
        train_reid(settings(market), out, progress=False, callbacks=(KillAfter(2),))
    whole = (out / "last.ckpt").read_bytes()
    with locked(out, "training"), pytest.raises(InputError, match=r"out: another training \(process \d+\)"):
        train_reid(settings(market), out, progress=False)
    for content in (b"", whole[: len(whole) // 2], b"no checkpoint"):
        (out / "last.ckpt").write_bytes(content)
        with pytest.raises(InputError, match=r"last\.ckpt: not a training's state, or damaged"):
            train_reid(settings(market), out, progress=False)
    (out / "last.ckpt").write_bytes(whole)
    (out / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"config\.json: not JSON"):
        train_reid(settings(market), out, progress=False)


@pytest.mark.slow
def test_several_devices_train_one_network(e2tad, market, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps(document(market, devices=2, accelerator="cpu")))
    done = e2tad("train", "reid", "--config", "c.json", "-o", "two", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["test"]["queries"] > 0  # of one process alone
    train_reid(settings(market), tmp_path / "one", progress=False)
    two, one = state(tmp_path / "two"), state(tmp_path / "one")
    assert two.keys() == one.keys()
    # Each device has batches of its own.
    assert not torch.equal(two["conv.weight"], one["conv.weight"])


@pytest.mark.slow
def test_ctrl_c_ends_a_training_that_goes_on_later(market, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps(document(market, epochs=200, checkpoint_steps=1)))
    command = [sys.executable, "-m", "e2tad", "train", "reid", "--config", "c.json", "-o", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not (tmp_path / "out" / "last.ckpt").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "the same command goes on" in told


def test_the_average_is_what_is_kept(market, tmp_path):
    """With a decay of almost 1 the average stays at the first step's weights; without one it moves on."""
    frozen = settings(market, average_decay=0.999999, epochs=3)
    plain = settings(market, average_decay=0.0, epochs=3)
    one_step = settings(market, average_decay=0.0, epochs=3)
    train_reid(frozen, tmp_path / "frozen", progress=False)
    train_reid(plain, tmp_path / "plain", progress=False)

    class After1(Callback):
        def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
            if trainer.global_step == 1:
                self.weights = {k: v.clone() for k, v in module.net.state_dict().items()}

    first = After1()
    train_reid(one_step, tmp_path / "first", progress=False, callbacks=(first,))
    name = "conv.weight"
    torch.testing.assert_close(state(tmp_path / "frozen")[name], first.weights[name], atol=1e-5, rtol=0)
    assert not torch.allclose(state(tmp_path / "plain")[name], first.weights[name], atol=1e-5)


def test_training_tells_the_persons_apart(tmp_path):
    """Colours of their own: a short training must know them better than the random start."""
    root = make_set(tmp_path / "set", persons=12)
    result = {}
    for name, rate in {"trained": 0.01, "start": 1e-9}.items():
        still = {"flip": 0.0, "shift_px": 0, "erase": 0.0}
        run = document(root, epochs=30, learning_rate=rate, augment=still)
        run["train"].update(persons_per_batch=6, crops_per_person=4, checkpoint_steps=100)
        run["train"]["losses"] = {"label_smoothing": 0.0}
        run["data"]["train"][0]["identities"] = [0, 8]
        run["data"]["test"]["identities"] = [8, None]
        run["model"] = {"width": 4, "neck": True}
        train = train_reid(ReidTraining.parse(run), tmp_path / name, progress=False)
        with (tmp_path / name / "logs" / "version_0" / "metrics.csv").open() as file:
            losses = [float(row["identity"]) for row in csv.DictReader(file) if row["identity"]]
        result[name] = losses[-1]
        assert train["test"]["queries"] == 8
    assert result["trained"] < 0.7 * result["start"]


def batches(persons_per_batch=3, crops_per_person=2, counts=(4, 4, 1, 5)):
    identity = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (len(identity), 32, 32, 3)).astype(np.uint8)
    run = ReidTraining.parse(
        {
            "data": {"train": [{"set": "market1501", "root": "."}]},
            "train": {"persons_per_batch": persons_per_batch, "crops_per_person": crops_per_person},
        }
    )
    return PkBatches(pixels, identity, np.zeros_like(identity), run), identity


def test_a_batch_holds_k_crops_of_each_of_p_persons():
    drawn, identity = batches()
    for step in range(20):
        chosen = drawn.indices(step)
        persons = identity[chosen].reshape(3, 2)
        assert np.all(persons == persons[:, :1])
        assert len(np.unique(persons[:, 0])) == 3
        for person, pair in zip(persons[:, 0], chosen.reshape(3, 2), strict=True):
            # The person with one crop has it twice; the others' crops differ.
            assert (pair[0] == pair[1]) == (person == 2)


def test_batches_depend_on_their_step_and_device_alone():
    drawn, _ = batches()
    again, _ = batches()
    for a, b in zip(drawn(7), again(7), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert not torch.equal(drawn(7)[0], drawn(8)[0])
    assert not torch.equal(drawn(7, 0)[0], drawn(7, 1)[0])
    everything = {int(i) for step in range(30) for i in drawn.indices(step)}
    assert everything == set(range(14))


def test_too_few_persons_are_an_error_that_names_the_setting():
    with pytest.raises(InputError, match="/train/persons_per_batch: 5 persons a batch, but the data has 4"):
        batches(persons_per_batch=5)


def test_an_epoch_goes_on_where_it_stopped():
    assert list(StepBatches(lambda step: step, 4, lambda: 0)) == [0, 1, 2, 3]
    assert list(StepBatches(lambda step: step, 4, lambda: 6)) == [6, 7]
    assert list(StepBatches(lambda step: step, 4, lambda: 8)) == [8, 9, 10, 11]


def test_the_rate_grows_along_a_line_and_falls_along_a_half_cosine():
    loop = LoopSettings(epochs=10, warmup_epochs=2, final_rate=0.1)
    module = AveragedTraining(torch.nn.Linear(2, 2), loop, 100)
    assert module.rate(0) == pytest.approx(0.01)
    assert module.rate(100) == pytest.approx(0.505)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 800, 0.1)
    for step in range(200, 1001):
        if step % 100 == 0:
            assert module.rate(step) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-6)
        optimizer.step()
        cosine.step()


def test_biases_and_normalisation_are_not_decayed():
    module = AveragedTraining(
        torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)), LoopSettings(), 1
    )
    decayed, others = module.configure_optimizers()["optimizer"].param_groups
    assert [p.shape for p in decayed["params"]] == [(3, 2)]
    assert [p.shape for p in others["params"]] == [(3,), (3,), (3,)]
    assert (decayed["weight_decay"], others["weight_decay"]) == (LoopSettings().weight_decay, 0)


def test_a_run_with_balls_killed_at_any_step_ends_with_the_same_weights(tmp_path):
    run = document_with_balls(make_clips(tmp_path / "clips", size=(32, 32)), normalise_until=0.5, epochs=1)
    run = ReidTraining.parse(run)
    result = train_reid(run, tmp_path / "whole", progress=False)
    assert result["train"] == {
        "crops": 24,
        "identities": 6,
        "cameras": 2,
        "balls": {"crops": 24, "identities": 3, "cameras": 4},
    }
    assert result["test_balls"]["queries"] == 12
    whole = state(tmp_path / "whole")
    # 24 crops in 4 batches of 6, and as many of balls.
    for steps in (1, 4, 7):
        folder = tmp_path / f"killed{steps}"
        with pytest.raises(KilledError):
            train_reid(run, folder, progress=False, callbacks=(KillAfter(steps),))
        train_reid(run, folder, progress=False)
        assert_same(state(folder), whole)


def ball_batches(**changes):
    """Balls of three colours, four crops each."""
    run = ReidTraining.parse(
        {
            "data": {"train": [{"set": "market1501", "root": "."}]},
            "train": {"balls": {"per_batch": 3, "crops": 2, "augment": NO_CHANGE, **changes}},
        }
    )
    identity = np.repeat(np.arange(3), 4).astype(np.int32)
    pixels = np.random.default_rng(0).integers(0, 256, (12, 64, 64, 3)).astype(np.uint8)
    return PkBatches(pixels, identity, np.tile(np.arange(2), 6).astype(np.int32), run, balls=True), pixels


@pytest.mark.parametrize("masked", [0.0, 1.0])
def test_balls_are_masked_to_their_circles_as_asked(masked):
    drawn, pixels = ball_batches(masked=masked)
    crops, _, _ = drawn(3)
    shown = normalise(pixels[drawn.indices(3)])
    torch.testing.assert_close(crops, mask_circle(shown) if masked else shown, rtol=0, atol=0)


def test_a_share_of_the_ball_crops_is_masked():
    drawn, _ = ball_batches(masked=0.5)
    corners = torch.cat([drawn(step)[0][:, :, 0, 0] for step in range(60)])
    masked = (corners == 0).all(dim=1)
    assert 0.4 < masked.float().mean() < 0.6


def test_balls_come_between_persons_with_numbers_of_their_own():
    persons, _ = batches()
    balls, _ = ball_batches()
    mixed = MixedBatches(persons, balls, 0.25)
    assert (mixed.persons, mixed.views) == (4 + 3, 1 + 2)
    # 14 crops of persons are 3 batches; a quarter of 4 is the balls'.
    assert mixed.steps_per_epoch == 4
    kinds = [mixed.of_balls(step) for step in range(400)]
    assert sum(kinds) == 100
    assert kinds[:8] == [False, False, False, True] * 2
    for step in range(8):
        crops, identity, camera = mixed(step)
        alone, of, seen = (balls if kinds[step] else persons)(step)
        torch.testing.assert_close(crops, alone, rtol=0, atol=0)
        first = (4, 1) if kinds[step] else (0, 0)
        assert (identity - of).unique().tolist() == [first[0]]
        assert (camera - seen).unique().tolist() == [first[1]]


def person_batches(persons=12, **changes):
    """Two crops of each person; three persons a folder."""
    run = ReidTraining.parse(
        {
            "data": {"train": [{"set": "market1501", "root": "."}]},
            "train": {"persons_per_batch": 6, "crops_per_person": 2, "augment": NO_CHANGE, **changes},
        }
    )
    identity = np.repeat(np.arange(persons), 2).astype(np.int32)
    pixels = np.random.default_rng(0).integers(0, 256, (2 * persons, 32, 32, 3)).astype(np.uint8)
    return PkBatches(pixels, identity, np.zeros_like(identity), run, folder=identity // 3), pixels


def test_recoloured_batches_are_other_identities_in_one_order_of_the_channels():
    drawn, pixels = person_batches(recoloured=0.5)
    assert drawn.persons == 6 * 12
    plain, orders = 0, set()
    for step in range(60):
        crops, identity, _ = drawn(step)
        # Who is in the batch is not drawn from what the colours are.
        _, plain_identity, _ = person_batches()[0](step)
        shift = (identity - plain_identity).unique().tolist()
        assert len(shift) == 1
        assert shift[0] % 12 == 0
        order = list(itertools.permutations(range(3)))[shift[0] // 12]
        shown = pixels[drawn.indices(step)][..., list(order)]
        torch.testing.assert_close(crops, normalise(np.ascontiguousarray(shown)), rtol=0, atol=0)
        plain += shift[0] == 0
        orders.add(order)
    assert 18 <= plain <= 42
    assert len(orders) == 6


def test_batches_of_few_folders_fill_one_after_the_other():
    drawn, _ = person_batches(of_few_folders=1.0)
    everyone = set()
    for step in range(40):
        persons = drawn.indices(step)[::2] // 2
        assert len(np.unique(persons)) == 6
        assert len(np.unique(persons // 3)) == 2
        everyone |= set(persons.tolist())
    assert everyone == set(range(12))
    usual, _ = person_batches()
    assert max(len(np.unique(usual.indices(step)[::2] // 6)) for step in range(40)) == 4


def test_too_few_colours_are_an_error_that_names_the_setting():
    with pytest.raises(InputError, match="/train/balls/per_batch: 4 balls a batch, but the data has 3"):
        ball_batches(per_batch=4)


def test_the_default_changes_of_a_ball_keep_its_hue():
    """By Python's own colorsys; a strong colour's light may change, what colour it is may not."""
    settings = BallBatches().augment
    ball = np.full((100, 64, 64, 3), (200, 40, 30), np.uint8)
    out = augment(ball, settings.model_copy(update={"erase": 0.0}), np.random.default_rng(0))
    hues, values = zip(*[colorsys.rgb_to_hsv(*crop[32, 32] / 255)[::2] for crop in out], strict=True)
    degrees = (np.array(hues) * 360 + 180) % 360 - 180
    assert np.ptp(degrees) < 4
    assert np.ptp(values) > 0.1


def test_normalisation_is_held_after_its_share_of_the_run(market, tmp_path):
    """The running averages stay, the weights go on."""

    class Watch(Callback):
        def __init__(self):
            self.means, self.weights = [], []

        def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
            self.means.append(module.net.bn.running_mean.clone())
            self.weights.append(module.net.conv.weight.detach().clone())

    watch = Watch()
    train_reid(settings(market, normalise_until=0.5), tmp_path / "out", progress=False, callbacks=(watch,))
    assert len(watch.means) == 6
    moved = [not torch.equal(a, b) for a, b in itertools.pairwise(watch.means)]
    assert moved == [True, True, False, False, False]
    assert all(not torch.equal(a, b) for a, b in itertools.pairwise(watch.weights))


def test_a_training_starts_from_given_weights(market, tmp_path):
    train_reid(settings(market), tmp_path / "first", progress=False)
    weights = tmp_path / "first" / "weights.pt"
    run = document(market, average_decay=0.0, learning_rate=1e-12, epochs=1, normalise_until=0.0)
    run["model"]["start"] = str(weights)
    train_reid(ReidTraining.parse(run), tmp_path / "second", progress=False)
    first, second = state(tmp_path / "first"), state(tmp_path / "second")
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, msg=name)
    run["model"]["width"] = 3
    with pytest.raises(InputError, match="/model/start: .*weights.pt holds another network than /model"):
        train_reid(ReidTraining.parse(run), tmp_path / "third", progress=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"render": {"presets": ["4p1b"], "seeds": [0, 1]}}, "render goes with simulated, not market1501"),
        ({}, "balls and test_balls: expected simulated, got market1501"),
    ],
)
def test_balls_and_rendering_go_with_simulated_clips(change, message):
    run = document(".")
    run["data"]["balls"] = [{"set": "market1501", "root": ".", **change}]
    with pytest.raises(ConfigError, match=message):
        ReidTraining.parse(run)


def test_crops_are_rendered_where_they_are_missing_and_measured_by_kind(e2tad, tmp_path):
    source = {"set": "simulated", "root": str(tmp_path / "clips")}
    rendered = {**source, "render": {"presets": ["5p4b"], "seeds": [0, 1], "stills": 2, "size": [320, 180]}}
    run = document_with_balls(tmp_path, epochs=1)
    run["data"] |= {"train": [rendered], "balls": [source], "height_px": 64}
    run["data"] |= {key: {**source, "protocol": "one-query"} for key in ("test", "test_balls")}
    result = train_reid(ReidTraining.parse(run), tmp_path / "out", progress=False)
    assert result["train"]["identities"] == 5
    assert result["train"]["balls"]["identities"] == 4
    options = ("--data", "simulated", "--root", tmp_path / "clips", "--mask-balls", "--json")
    measured = e2tad("eval", "reid", *options, "--model", tmp_path / "out" / "weights.pt")
    assert measured.returncode == 0, measured.stderr
    found = json.loads(measured.stdout)
    for kind, part in (("person", "test"), ("ball", "test_balls")):
        assert found[kind]["mAP"] == pytest.approx(result[part]["mAP"])
        assert found[kind]["queries"] == result[part]["queries"]


def make_module(root, **losses):
    run = ReidTraining.parse(document(root, losses=losses))
    drawn, _ = batches()
    torch.manual_seed(0)
    module = ReidModule(run, drawn, 4, 3)
    module.log = lambda *args, **kwargs: None
    return module


def features_of(module, crops):
    # Batch statistics, as in training, without a second change of the running ones.
    with torch.no_grad():
        return module.net.pooled(crops)


def test_the_triplet_loss_takes_each_crops_hardest_pair(tmp_path):
    module = make_module(tmp_path, identity=0, margin=0.3)
    crops = torch.rand(6, 3, 32, 32)
    identity = torch.tensor([0, 0, 0, 1, 1, 1])
    found = module.training_step((crops, identity, torch.zeros(6, dtype=torch.long)), 0)
    f = features_of(module, crops).numpy()
    distance = np.linalg.norm(f[:, None] - f[None], axis=2)
    same = identity.numpy()[:, None] == identity.numpy()[None]
    losses = []
    for i in range(6):
        others = same[i] & (np.arange(6) != i)
        losses.append(max(0, distance[i][others].max() - distance[i][~same[i]].min() + 0.3))
    # pytorch-metric-learning averages over the triplets that violate the margin.
    assert found.item() == pytest.approx(np.mean([loss for loss in losses if loss > 0]), rel=1e-4)


def test_the_losses_are_summed_with_their_weights(tmp_path):
    crops, identity = torch.rand(6, 3, 32, 32), torch.tensor([0, 0, 0, 1, 1, 1])
    camera = torch.tensor([0, 1, 2, 0, 1, 2])

    def loss(**losses):
        module = make_module(tmp_path, label_smoothing=0.0, **losses)
        return module, module.training_step((crops, identity, camera), 0).item()

    _, triplet = loss(triplet=1, identity=0)
    module, entropy = loss(triplet=0, identity=1)
    _, both = loss(triplet=2, identity=0.5)
    assert both == pytest.approx(2 * triplet + 0.5 * entropy, rel=1e-5)
    with torch.no_grad():
        logits = module.identities(module.net.neck(features_of(module, crops)))
    expected = -torch.log_softmax(logits, 1)[range(6), identity].mean()
    assert entropy == pytest.approx(expected.item(), rel=1e-4)


def test_lambda_grows_over_its_ramp(tmp_path):
    module = make_module(tmp_path, view=0.4, view_ramp_epochs=2)
    steps = 2 * module.steps_per_epoch
    assert [module.view_weight(s) for s in (0, steps // 2, steps, 5 * steps)] == pytest.approx(
        [0, 0.4 * (steps // 2) / steps, 0.4, 0.4]
    )


def test_without_lambda_there_is_no_view_classifier(tmp_path):
    assert make_module(tmp_path, view=0.0).views is None


NO_CHANGE = {"flip": 0.0, "shift_px": 0, "erase": 0.0}


def changed(crops, **change):
    return augment(crops, ReidAugment(**{**NO_CHANGE, **change}), np.random.default_rng(0))


@pytest.fixture
def crops():
    return np.random.default_rng(1).integers(1, 256, (50, 24, 12, 3)).astype(np.uint8)


def test_no_change_is_no_change_and_inputs_stay(crops):
    before = crops.copy()
    np.testing.assert_array_equal(changed(crops), crops)
    changed(crops, flip=0.5, shift_px=4, erase=1.0, colour=0.5, zoom=0.3)
    np.testing.assert_array_equal(crops, before)


def test_flips_mirror(crops):
    np.testing.assert_array_equal(changed(crops, flip=1.0), crops[:, :, ::-1])


def test_shifts_move_over_black_by_no_more_than_asked(crops):
    for before, after in zip(crops, changed(crops, shift_px=3), strict=True):
        padded = np.pad(before, ((3, 3), (3, 3), (0, 0)))
        assert any(np.array_equal(padded[y : y + 24, x : x + 12], after) for y in range(7) for x in range(7))


def test_erased_rectangles_have_an_area_in_the_asked_range(crops):
    shares = []
    for before, after in zip(crops, changed(crops, erase=1.0, erase_area=(0.1, 0.2)), strict=True):
        rows, columns = np.nonzero(np.any(before != after, axis=2))
        shares.append((np.ptp(rows) + 1) * (np.ptp(columns) + 1) / (24 * 12))
    # Sides are rounded to whole pixels.
    assert 0.07 < min(shares) < 0.13
    assert 0.17 < max(shares) < 0.25


def test_zoom_cuts_tighter_and_keeps_the_size():
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, :, None, None], (20, 100, 12, 3))
    spans = [int(after[-1, 0, 0]) - int(after[0, 0, 0]) for after in changed(ramp, zoom=0.5)]
    assert min(spans) < 65
    assert max(spans) > 85
    assert min(spans) >= 48


def test_colours_change_by_no_more_than_asked():
    grey = np.full((40, 4, 4, 3), 100, np.uint8)
    values = changed(grey, colour=0.2)
    assert values.min() >= 79
    assert values.max() <= 120
    assert values.std() > 5


def test_balls_and_persons_stand_in_front_as_often_as_asked():
    flat = np.full((200, 64, 32, 3), (10, 120, 240), np.uint8)
    donors = [(np.full((64, 24, 3), (255, 0, 0), np.uint8), np.full((64, 24), 255, np.uint8))]
    assert np.array_equal(changed(flat), flat)
    balls = changed(flat, ball=0.3)
    covered = np.any(balls != flat, axis=(1, 2, 3))
    assert 0.2 < covered.mean() < 0.4

    out = augment(flat, ReidAugment(**NO_CHANGE, person=1.0), np.random.default_rng(0), donors)
    hidden = np.any(out != flat, axis=3)
    assert np.all(hidden.any(axis=(1, 2)))
    # In the channels' own order: the donors are red.
    inside = out[hidden].mean(axis=0)
    assert inside[0] > 200
    assert inside[2] < 60


def test_persons_in_front_are_cut_out_of_a_set_with_masks(market, tmp_path):
    folder = tmp_path / "donors"
    pixels = np.full((160, 120, 3), 90, np.uint8)
    mask = np.zeros((160, 120), np.uint8)
    mask[20:150, 30:80] = 1
    pixels[mask == 1] = (200, 30, 30)
    for name, picture in {"PNGImages/a.png": pixels, "PedMasks/a_mask.png": mask}.items():
        (folder / name).parent.mkdir(parents=True)
        Image.fromarray(picture).save(folder / name)
    run = document(market, epochs=1, augment={"person": 1.0, "ball": 0.5})
    with pytest.raises(ConfigError, match="/train/augment/person needs /data/donors"):
        ReidTraining.parse(run)
    run["data"]["donors"] = str(folder)
    train_reid(ReidTraining.parse(run), tmp_path / "with", progress=False)
    run["train"]["augment"]["person"] = 0.0
    train_reid(ReidTraining.parse(run), tmp_path / "without", progress=False)
    name = "conv.weight"
    assert not torch.equal(state(tmp_path / "with")[name], state(tmp_path / "without")[name])


def test_nothing_to_learn_is_an_error():
    with pytest.raises(ConfigError, match="/train/losses: triplet and identity are both 0"):
        ReidTraining.parse(
            {
                "data": {"train": [{"set": "market1501", "root": "."}]},
                "train": {"losses": {"triplet": 0, "identity": 0}},
            }
        )


def test_train_reid_writes_a_network_that_eval_reid_measures_the_same(e2tad, market, tmp_path):
    (tmp_path / "small.json").write_text(json.dumps(document("$E2TAD_TEST_SET")))
    os.environ["E2TAD_TEST_SET"] = str(market)
    try:
        result = e2tad("train", "reid", "--config", "small.json", "--set", "train.epochs=1", "--json")
    finally:
        del os.environ["E2TAD_TEST_SET"]
    assert result.returncode == 0, result.stderr
    trained = json.loads(result.stdout)
    assert trained["config"]["train"]["epochs"] == 1
    options = ("--protocol", "one-query", "--identities", "4:", "--json")
    weights = tmp_path / "out" / "small" / "weights.pt"
    measured = e2tad("eval", "reid", "--root", market, "--model", weights, *options)
    assert json.loads(measured.stdout)["mAP"] == pytest.approx(trained["test"]["mAP"])


def test_a_misspelt_setting_exits_with_2_before_anything_is_read(e2tad, tmp_path):
    run = document("nowhere")
    run["train"]["epochz"] = 3
    (tmp_path / "c.json").write_text(json.dumps(run))
    result = e2tad("train", "reid", "--config", "c.json")
    assert result.returncode == 2
    assert result.stderr == "e2tad: c.json: /train/epochz: unknown key, did you mean epochs?\n"


def switched(change, donors=False, **ablation):
    document = {"data": {"train": [{"set": "market1501", "root": "."}]}, "train": change}
    document["data"] |= {"donors": "masks"} if donors else {}
    before = json.dumps(document)
    found = ReidTraining.parse({**document, "ablation": ablation})
    assert json.dumps(document) == before
    assert ReidTraining.parse(found.model_dump(mode="json")) == found
    return found.train


def test_the_switch_reid_is_occlusion_and_adversarial_views():
    plain = switched({})
    assert (plain.augment.ball, plain.augment.person, plain.losses.view) == (0, 0, 0)
    on = switched({}, ReID=True)
    assert (on.augment.ball, on.augment.person, on.losses.view) == (OCCLUDED, 0, VIEW)
    beside = switched({"augment": {"flip": 0.1}}, donors=True, ReID=True)
    assert (beside.augment.ball, beside.augment.person, beside.augment.flip) == (OCCLUDED, OCCLUDED, 0.1)
    chosen = {"augment": {"ball": 0.7}, "losses": {"view": 0.5, "margin": 0.2}}
    kept = switched(chosen, ReID=True)
    assert (kept.augment.ball, kept.losses.view, kept.losses.margin) == (0.7, 0.5, 0.2)
    off = switched(chosen | {"balls": {"augment": {"ball": 0.2, "erase": 0.9}}}, ReID=False)
    assert (off.augment.ball, off.losses.view, off.losses.margin) == (0, 0, 0.2)
    assert (off.balls.augment.ball, off.balls.augment.erase) == (0, 0.9)


def test_the_switch_circanchor_is_the_mask_of_balls_crops():
    default = switched({}).balls.masked
    assert default > 0
    assert switched({"balls": {"masked": 0.2}}, CircAnchor=False).balls.masked == 0
    assert switched({"balls": {"masked": 0.2}}, CircAnchor=True).balls.masked == 0.2
    assert switched({"balls": {"masked": 0}}, CircAnchor=True).balls.masked == default
    # The other settings of the balls are untouched.
    assert switched({}, CircAnchor=False).balls.augment == switched({}).balls.augment


def test_a_switch_beside_a_wrong_section_leaves_the_error_to_it():
    document = {"data": {"train": [{"set": "market1501", "root": "."}]}}
    for switch in ({"ReID": True}, {"CircAnchor": False}):
        with pytest.raises(ConfigError, match="/train: expected an object, got 3"):
            ReidTraining.parse({**document, "ablation": switch, "train": 3})
    with pytest.raises(ConfigError, match="/ablation/ReID: expected a valid boolean, got 1"):
        ReidTraining.parse({**document, "ablation": {"ReID": 1}})


def test_crops_grow_with_the_run(market, tmp_path):
    """Halved until a half of the run, whole afterwards."""

    class Watch(Callback):
        def __init__(self):
            self.sizes = []

        def on_train_start(self, trainer, module):
            module.net.conv.register_forward_pre_hook(lambda _, given: self.sizes.append(given[0].shape[2:]))

    watch = Watch()
    run = document(market, growing=[[0.5, 0.5]])
    run["data"] |= {"height_px": 128, "width_px": 64, "test": None}
    train_reid(ReidTraining.parse(run), tmp_path / "out", progress=False, callbacks=(watch,))
    assert [tuple(size) for size in watch.sizes] == [(64, 32)] * 3 + [(128, 64)] * 3


def test_small_crops_are_those_that_pillow_would_make():
    drawn, pixels = person_batches(growing=[[1.0, 0.5]])
    run = ReidTraining.parse(
        {
            "data": {"train": [{"set": "market1501", "root": "."}]},
            "model": {"width": 2},
            "train": {"growing": [[1.0, 0.5]]},
        }
    )
    module = ReidModule(run, drawn, 12, 1)
    seen = []
    module.net.conv.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    module.log = lambda *_, **__: None
    module._trainer = type("Trainer", (), {"global_step": 0})()
    module.training_step(drawn(0), 0)
    first = Image.fromarray(pixels[drawn.indices(0)[0]])
    halved = np.array(first.resize((16, 16), Image.Resampling.BILINEAR))
    # Pillow rounds to 8 bits: a step is 1 / 57 of the normalised range.
    torch.testing.assert_close(seen[0][:1], normalise(halved[None]), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("growing", "message"),
    [
        ([[0.5, 0.5], [0.5, 0.75]], "growing shares of the run, got .0.5, 0.5."),
        ([[0.5, 0.25]], "crops would be 16 pixels wide, at least 32 are needed"),
        ([[0.5, 1.0]], "less than 1"),
    ],
)
def test_growing_that_makes_no_sense_is_an_error(growing, message):
    run = document(".", growing=growing)
    run["data"] |= {"height_px": 128, "width_px": 64}
    with pytest.raises(ConfigError, match=message):
        ReidTraining.parse(run)


def test_crops_of_some_cameras_alone(tmp_path):
    root = make_set(tmp_path / "set", cameras=4)
    run = document(root, epochs=1)
    run["data"]["train"][0]["cameras"] = [2, 3]
    few = {**run["data"]["test"], "cameras": [1, 4]}
    run["data"]["more_tests"] = {"unseen": few}
    result = train_reid(ReidTraining.parse(run), tmp_path / "out", progress=False)
    assert result["train"] == {"crops": 16, "identities": 4, "cameras": 2}
    assert (result["test"]["queries"], result["more_tests"]["unseen"]["queries"]) == (8, 4)
    run["data"]["more_tests"]["unseen"]["cameras"] = [7]
    with pytest.raises(InputError, match=r"/data/more_tests/unseen: nothing to compare .* cameras \[7\]"):
        train_reid(ReidTraining.parse(run), tmp_path / "none", progress=False)


def test_occluded_queries_hide_part_of_each_and_the_gallery_stays(market, tmp_path):
    run = document(market, epochs=1)
    run["data"] |= {"height_px": 128, "width_px": 64}
    run["data"]["more_tests"] = {"occluded": {**run["data"]["test"], "occluded": True}}
    result = train_reid(ReidTraining.parse(run), tmp_path / "out", progress=False)
    net, _ = load_embedder(tmp_path / "out" / "weights.pt")
    queries, gallery = protocol_crops("market1501", market, "one-query", "train", (4, None))
    shown = read_crops(queries.path, (128, 64))
    hidden = np.stack(
        [
            occlude(crop, seed=i, config={"ball_share": 1.0}, channels="rgb").image
            for i, crop in enumerate(shown)
        ]
    )
    assert np.all((hidden != shown).any(axis=(1, 2, 3)))
    found = retrieve(
        embed_crops(net, hidden),
        queries.identity,
        queries.camera,
        embed_crops(net, read_crops(gallery.path, (128, 64))),
        gallery.identity,
        gallery.camera,
    )
    assert result["more_tests"]["occluded"] == pytest.approx(found.summary())
    with pytest.raises(ConfigError, match="occluded goes with tests of persons"):
        source = {"set": "simulated", "root": ".", "protocol": "one-query", "occluded": True}
        ReidTraining.parse({**run, "data": {**run["data"], "test_balls": source}})


def test_donors_of_tests_are_not_those_of_the_training(tmp_path, monkeypatch):
    asked = []
    pictures = [f"p{i}" for i in range(5)]
    monkeypatch.setattr(reid, "open_pictures", lambda path: pictures)
    monkeypatch.setattr(
        reid, "cut_donors", lambda some, seed: (asked.append((list(some), seed)), ([], []))[1]
    )
    run = document(".", augment={"person": 0.3})
    run["data"]["donors"] = "masks"
    reid._donors(ReidTraining.parse({**run, "seed": 4}))
    run["data"]["more_tests"] = {"occluded": {**run["data"]["test"], "occluded": True}}
    reid._donors(ReidTraining.parse({**run, "seed": 4}))
    reid._donors(ReidTraining.parse({**run, "seed": 4}), of_tests=True)
    assert asked == [(pictures, 4), (["p0", "p2", "p4"], 4), (["p1", "p3"], 0)]


@pytest.mark.parametrize(("bf16", "amx", "found"), [(False, False, "32-true"), (True, False, "bf16-mixed")])
def test_precision_auto_is_what_the_processor_has_instructions_for(monkeypatch, bf16, amx, found):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert precision_of(LoopSettings(precision="auto", accelerator="cpu")) == found
    assert precision_of(LoopSettings(precision="16-mixed", accelerator="cpu")) == "16-mixed"
