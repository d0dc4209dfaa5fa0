import json

import numpy as np
import pytest
import torch
from training_sets import KillAfter, KilledError, document, make_set

from e2tad import InputError, models
from e2tad.compression.prune import (
    CRITERIA,
    DISTRIBUTIONS,
    GradualPruning,
    PruningOptions,
    agp_sparsity,
    choose,
    filter_scores,
    group_scores,
    groups_of,
    mask,
    pruning_start,
    remove,
)
from e2tad.compression.quantize import post_training
from e2tad.models.channels import channels_of
from e2tad.models.export import export
from e2tad.models.files import load_weights, save_weights
from e2tad.models.quantised import quiet
from e2tad.training.reid import train_reid
from e2tad.training.reid_settings import ReidTraining

pytestmark = pytest.mark.networks

NETWORKS = {
    "reid": {"width": 8, "neck": True},
    "yolo_mobile_v1": {"box_form": "C"},
    "yolo_mobile_v2": {},
    "yolov5s": {},
}


def network(name, **options):
    torch.manual_seed(0)
    options = {**NETWORKS[name], **options}
    net = models.build(name, **options)
    for module in net.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm1d)):
            torch.nn.init.uniform_(module.weight, 0.6, 1.4)
            if module.bias.requires_grad:
                torch.nn.init.normal_(module.bias, 0, 0.2)
            module.momentum = None
    net(torch.rand(4, 3, 64, 64))
    return net.eval(), options


def outputs(found):
    return [found] if isinstance(found, torch.Tensor) else found


def test_scores_are_those_of_the_definitions():
    weights = np.random.default_rng(0).normal(size=(7, 3, 2, 2))
    flat = weights.reshape(7, -1)
    expected = {
        "l1": [sum(abs(w) for w in row) for row in flat],
        "l2": [sum(w * w for w in row) ** 0.5 for row in flat],
        # He et al., Equation (4): the sum of distances to all filters of the layer.
        "fpgm": [sum(np.sqrt(((row - other) ** 2).sum()) for other in flat) for row in flat],
    }
    for criterion in CRITERIA:
        np.testing.assert_allclose(filter_scores(torch.tensor(weights), criterion), expected[criterion])


def test_fpgm_takes_the_filter_in_the_middle_and_not_the_smallest():
    filters = torch.tensor([[0.0, 0.1], [5.0, 5.0], [5.1, 5.0], [9.0, 9.0], [5.0, 5.2]])
    assert int(filter_scores(filters, "fpgm").argmin()) in (1, 2, 4)
    assert int(filter_scores(filters, "l1").argmin()) == int(filter_scores(filters, "l2").argmin()) == 0


@pytest.mark.parametrize("final", [0.3, 0.9])
def test_the_gradual_schedule_is_the_published_formula(final):
    """Zhu and Gupta, Equation (1): s_f + (s_i - s_f) (1 - (t - t_0) / (n dt))^3, with s_i = 0."""
    t0, n, dt = 100, 20, 5
    for t in range(t0, t0 + n * dt + 1, dt):
        expected = final + (0 - final) * (1 - (t - t0) / (n * dt)) ** 3
        assert agp_sparsity(final, (t - t0) / (n * dt)) == pytest.approx(expected, abs=1e-12)
    assert agp_sparsity(final, 1.7) == final
    assert agp_sparsity(final, -0.5) == 0


@pytest.mark.parametrize("schedule", ["iterative", "agp"])
def test_sparsity_rises_in_updates_to_its_end(schedule):
    gradual = GradualPruning([], PruningOptions(0.6), schedule, until=0.5, updates=5)
    found = [gradual.sparsity(share) for share in np.arange(0, 1, 0.05)]
    assert found == sorted(found)
    assert len(set(found)) == 5
    assert found[8] == found[-1] == pytest.approx(0.6)
    steps = np.diff(sorted(set(found)))
    if schedule == "iterative":
        np.testing.assert_allclose(steps, 0.12)
    else:
        assert (np.diff(steps) < 0).all()


def test_groups_of_a_residual_network_join_what_is_added():
    """By hand: a stage's sums join both second convolutions, and the shortcut where there is one."""
    net, _ = network("reid")
    groups = {frozenset(part.layer for part in group.filters) for group in groups_of(net)}
    expected = {frozenset({f"stages.{s}.{b}.conv1"}) for s in range(4) for b in range(2)}
    expected |= {
        frozenset({f"stages.{s}.0.shortcut.0", f"stages.{s}.0.conv2", f"stages.{s}.1.conv2"})
        for s in range(1, 4)
    }
    expected.add(frozenset({"conv", "stages.0.0.conv2", "stages.0.1.conv2"}))
    assert groups == expected


def test_scores_of_a_group_see_all_its_filters():
    net, _ = network("reid")
    group = next(g for g in groups_of(net) if len(g.filters) > 1)
    weights = [net.get_parameter(f"{part.layer}.weight").detach().numpy() for part in group.filters]
    expected = sum(np.abs(w).reshape(len(w), -1).sum(1) for w in weights)
    np.testing.assert_allclose(group_scores(net, group, "l1"), expected, rtol=1e-5)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_pruned_network_gives_what_the_masked_one_gives(name, distribution):
    net, options = network(name)
    groups = groups_of(net)
    plan = choose(net, groups, PruningOptions(0.5, "l2", distribution))
    small, _ = remove(net, name, options, plan)
    assert models.count_parameters(small) < 0.4 * models.count_parameters(net)
    masked, _ = network(name)
    mask(masked, groups, plan)
    x = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        expected, found = outputs(masked(x)), outputs(small(x))
    if name == "reid":
        # Features that are gone are zero in the masked network.
        gone = plan[next(g.name for g in groups if g.size == 64 and len(g.filters) == 3)]
        kept = np.setdiff1d(np.arange(64), gone)
        assert (expected[0][:, gone] == 0).all()
        expected = [expected[0][:, kept]]
        assert small.embedding == len(kept)
    for a, b in zip(expected, found, strict=True):
        assert float(b.std()) > 0
        torch.testing.assert_close(b, a, atol=2e-5, rtol=1e-4)


def test_uniform_takes_the_lowest_of_each_group():
    net, _ = network("yolo_mobile_v1")
    groups = groups_of(net)
    plan = choose(net, groups, PruningOptions(0.25, "l1"))
    for group in groups:
        weight = net.get_parameter(f"{group.name}.weight").detach().numpy()
        if len(group.filters) == 1:
            lowest = np.argsort(np.abs(weight).reshape(len(weight), -1).sum(1))[: group.size // 4]
            assert plan[group.name] == sorted(lowest.tolist())


def test_layerwise_takes_the_lowest_of_all_by_each_groups_mean():
    net, _ = network("yolo_mobile_v1")
    groups = groups_of(net)
    plan = choose(net, groups, PruningOptions(0.3, "l1", "layerwise"))
    shares = {group.name: len(plan.get(group.name, [])) / group.size for group in groups}
    assert len(set(shares.values())) > 3
    total = sum(group.size for group in groups)
    assert sum(map(len, plan.values())) == int(0.3 * total)
    relative = {g.name: group_scores(net, g, "l1") / group_scores(net, g, "l1").mean() for g in groups}
    kept = [
        float(relative[g.name][i]) for g in groups for i in range(g.size) if i not in plan.get(g.name, [])
    ]
    gone = [float(relative[name][i]) for name, channels in plan.items() for i in channels]
    assert max(gone) <= min(kept)


def test_layers_can_have_shares_of_their_own_and_counts_be_multiples():
    net, options = network("reid")
    how = PruningOptions(0.5, layers={"stages.3": 0.0, "stages.3.1.conv1": 0.75}, multiple=4)
    small, _ = remove(net, "reid", options, choose(net, groups_of(net), how))
    found = channels_of(small)
    assert found["stages.3.0.conv1"][1] == 64
    assert found["stages.3.1.conv1"][1] == 16
    assert small.embedding == 64
    assert all(counts[1] % 4 == 0 for name, counts in found.items() if "conv" in name)


def test_what_is_gone_stays_gone():
    net, _ = network("reid")
    groups = groups_of(net)
    first = choose(net, groups, PruningOptions(0.25, "fpgm"))
    mask(net, groups, first)
    second = choose(net, groups, PruningOptions(0.5, "fpgm"), first)
    assert all(set(channels) < set(second[name]) for name, channels in first.items())


def test_an_embedding_can_keep_its_length():
    for more in ({}, {"embedding": 20}):
        net, options = network("reid", **more)
        how = PruningOptions(0.5, keep_embedding=True)
        small, _ = remove(net, "reid", options, choose(net, groups_of(net, True), how))
        with torch.no_grad():
            assert small(torch.rand(1, 3, 64, 32)).shape == net(torch.rand(1, 3, 64, 32)).shape


def test_a_width_is_what_uniform_pruning_of_a_wider_network_leaves():
    """Paper Table 4: sparsity .875 at width 64 has the parameters of width 8."""
    net, options = network("reid", width=64)
    small, _ = remove(net, "reid", options, choose(net, groups_of(net), PruningOptions(0.875)))
    assert models.count_parameters(small) == models.info("reid", 128, width=8, neck=True)["parameters"]


@pytest.mark.filterwarnings("ignore:(?s).*deprecated:DeprecationWarning")
def test_a_pruned_network_is_saved_exported_and_quantised(tmp_path):
    net, options = network("reid")
    small, changed = remove(net, "reid", options, choose(net, groups_of(net), PruningOptions(0.3)))
    save_weights(tmp_path / "w.pt", "reid", small, (64, 32), **changed)
    again, kept = load_weights(tmp_path / "w.pt")
    assert kept["options"] == json.loads(json.dumps(changed))
    x = torch.rand(2, 3, 64, 32)
    with quiet(), torch.no_grad():
        expected = small(x)
        torch.testing.assert_close(again(x), expected, rtol=0, atol=0)
        card = export(tmp_path / "w.pt", tmp_path / "m.torchscript", "-", "noise")
        torch.testing.assert_close(torch.jit.load(tmp_path / "m.torchscript")(x), expected, rtol=0, atol=1e-5)
        assert card["embedding"] == small.embedding < 64
        crops = np.random.default_rng(0).integers(0, 256, (8, 64, 32, 3)).astype(np.uint8)
        eight = post_training(small, "reid", crops)
        save_weights(tmp_path / "q.pt", "reid", eight, (64, 32), quantised="qnnpack", **changed)
        loaded, _ = load_weights(tmp_path / "q.pt")
        torch.testing.assert_close(loaded(x), eight(x), rtol=0, atol=0)


@pytest.mark.parametrize(
    "channels", [{"nowhere": [1, 2, 1]}, {"conv": [3, 0, 1]}, {"conv": [3, 8]}, {"conv": "all"}]
)
def test_impossible_channels_in_a_file_are_one_clear_error(tmp_path, channels):
    net, options = network("reid")
    save_weights(tmp_path / "w.pt", "reid", net, (64, 32), **options, channels=channels)
    with pytest.raises(InputError, match=r"w\.pt: its weights don't fit.*channels"):
        load_weights(tmp_path / "w.pt")


@pytest.mark.parametrize("schedule", ["one-shot", "iterative", "agp"])
def test_pruning_in_training_ends_the_same_whether_killed_or_not(tmp_path, schedule):
    root = make_set(tmp_path / "set")
    settings = ReidTraining.parse(document(root, losses={"view": 0.0}))
    torch.manual_seed(1)
    options = {"width": 4, "neck": True}
    net = models.ReidNetwork(**options).eval()

    def train(folder, callbacks=()):
        start = pruning_start(net, "reid", options, PruningOptions(0.5), schedule, until=0.9, updates=3)
        return train_reid(settings, folder, progress=False, callbacks=callbacks, start=start)

    train(tmp_path / "whole")
    whole, kept = load_weights(tmp_path / "whole" / "weights.pt")
    assert kept["options"]["channels"]["conv"] == [3, 2, 1]
    assert whole.embedding == 16
    with pytest.raises(KilledError):
        train(tmp_path / "killed", (KillAfter(4),))
    train(tmp_path / "killed")
    again, _ = load_weights(tmp_path / "killed" / "weights.pt")
    for (name, a), b in zip(whole.state_dict().items(), again.state_dict().values(), strict=True):
        torch.testing.assert_close(b, a, rtol=0, atol=0, msg=name)


def test_prune_from_the_command_line(e2tad, tmp_path):
    net, options = network("yolo_mobile_v2")
    save_weights(tmp_path / "w.pt", "yolo_mobile_v2", net, (64, 64), **options)
    arguments = ("--sparsity", 0.5, "--criterion", "fpgm", "--multiple", 4, "-o", "small.pt", "--json")
    result = e2tad("compress", "prune", "w.pt", *arguments)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    small, _ = load_weights(tmp_path / "small.pt")
    assert told["parameters"]["after"] == models.count_parameters(small) < 0.4 * told["parameters"]["before"]
    assert told["flops"]["after"] == models.count_flops(small, torch.zeros(1, 3, 64, 64))


@pytest.mark.slow
def test_pruning_and_quantising_in_training_from_the_command_line(e2tad, tmp_path):
    root = make_set(tmp_path / "set")
    (tmp_path / "c.json").write_text(json.dumps(document(root, losses={"view": 0.0})))
    save_weights(tmp_path / "w.pt", "reid", models.ReidNetwork(4, neck=True), (32, 32), width=4, neck=True)
    common = ("--config", "c.json", "--json")
    result = e2tad("compress", "prune", "w.pt", "--sparsity", 0.5, "--schedule", "agp", *common, "-o", "p.pt")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["test"]["queries"] > 0
    result = e2tad(
        "compress", "quantize", "p.pt", "--method", "qat", *common, "-o", "q.ptl", "--source", "noise"
    )
    assert result.returncode == 0, result.stderr
    card = json.loads((tmp_path / "q.json").read_text())
    assert (card["quantised"], card["embedding"]) == ("qnnpack", 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sparsity", 1), "sparsity: expected a share from 0 to below 1, got 1"),
        (("--sparsity", 0.5, "--criterion", "l7"), "criterion: expected one of l1, l2, fpgm, got l7"),
        (("--sparsity", 0.5, "--schedule", "agp"), "--config: agp pruning is part of a training"),
        (("--sparsity", 0.5, "--schedule", "soon", "--config", "c"), "schedule: expected one of one-shot"),
        (("--sparsity", 0.5, "--layer", "x"), "--layer x: expected NAME=SHARE"),
        (("--sparsity", 0.5, "--layer", "x=0.5"), "no prunable layer starts with x"),
        (("--sparsity", 0.5, "--multiple", 0), "multiple: expected at least 1, got 0"),
    ],
)
def test_what_prune_refuses_is_one_line(e2tad, tmp_path, arguments, message):
    save_weights(tmp_path / "w.pt", "reid", models.ReidNetwork(2), (64, 32), width=2)
    result = e2tad("compress", "prune", "w.pt", "-o", "x.pt", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
