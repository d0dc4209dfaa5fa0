"""Structured pruning: which filters of a network matter least, and the network without them."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import lightning.pytorch as pl
import torch
import torch_pruning as tp
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from e2tad import InputError
from e2tad.models.channels import differing
from e2tad.models.reid import BasicBlock, ReidNetwork
from e2tad.models.sizes import build
from e2tad.models.yolo import Detector, RawHead
from e2tad.training.finetune import Kept, Start
from e2tad.training.loop import AveragedTraining

Criterion = Literal["l1", "l2", "fpgm"]
Schedule = Literal["one-shot", "iterative", "agp"]
Distribution = Literal["uniform", "layerwise"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
DISTRIBUTIONS: tuple[Distribution, ...] = get_args(Distribution)

Plan = dict[str, list[int]]
"""For each group, by its name, the channels that go."""

_MOST = 0.95
"""Largest share of a group that a layer-wise plan takes."""


@dataclass(frozen=True)
class PruningOptions:
    """How much goes, and how it is chosen.

    Attributes:
        sparsity: Share of the filters that goes, [0, 1).
        criterion: How filters are ranked; see `filter_scores`.
        distribution: `uniform`: the same share of each group; `layerwise`: of all groups together, the
            filters with the lowest scores, each group's divided by its mean.
        layers: Shares of groups of their own, by the start of a layer's name; the longest that fits counts.
        multiple: Channels that stay are rounded up to a multiple of this, up to what was there.
        keep_embedding: An embedder's feature keeps its length.
    """

    sparsity: float
    criterion: Criterion = "l1"
    distribution: Distribution = "uniform"
    layers: Mapping[str, float] | None = None
    multiple: int = 1
    keep_embedding: bool = False

    def validate(self) -> None:
        """Checks the values.

        Raises:
            InputError: If one is out of range; names it.

        Source:
            House rule: errors name what was expected.
        """
        for name, share in [("sparsity", self.sparsity), *(self.layers or {}).items()]:
            if not 0 <= share < 1:
                raise InputError(f"{name}: expected a share from 0 to below 1, got {share:g}")
        for name, value, known in (
            ("criterion", self.criterion, CRITERIA),
            ("distribution", self.distribution, DISTRIBUTIONS),
        ):
            if value not in known:
                raise InputError(f"{name}: expected one of {', '.join(known)}, got {value}")
        if self.multiple < 1:
            raise InputError(f"multiple: expected at least 1, got {self.multiple}")


def filter_scores(filters: Tensor, criterion: Criterion) -> Tensor:
    """How much each filter matters.

    Args:
        filters: `(C, ...)`: C filters, each with all its weights.
        criterion: `l1`: sum of the absolute weights. `l2`: root of the sum of their squares. `fpgm`: sum of
            the Euclidean distances to all filters; the smallest is next to their geometric median.

    Returns:
        `(C,)`; the lowest matter least.

    Source:
        Li et al., arXiv:1608.08710, Sec. 3.1 (l1); He et al., arXiv:1811.00250, Equation (4) (FPGM).
    """
    flat = filters.detach().flatten(1).double()
    if criterion == "l1":
        return flat.abs().sum(1)
    if criterion == "l2":
        return flat.square().sum(1).sqrt()
    return torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist").sum(1)


def agp_sparsity(final: float, progress: float) -> float:
    """The share of the filters that is gone on the way, by the automated gradual pruner.

    Args:
        final: Share at the end.
        progress: 0 at the start of pruning, 1 at its end and after it.

    Returns:
        The share: quick at first, slow near the end.

    Source:
        Zhu and Gupta, arXiv:1710.01878, Equation (1), from an initial share of 0.

    Example:
        >>> [agp_sparsity(0.5, p) for p in (0, 0.5, 1)]
        [0.0, 0.4375, 0.5]
    """
    return final * (1 - (1 - min(1.0, max(0.0, progress))) ** 3)


@dataclass(frozen=True)
class _Part:
    """One layer of a group: the i-th of `channels` goes with the group's i-th."""

    layer: str
    channels: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Filters that can only go together, since their maps are added to each other or follow each other.

    Attributes:
        name: Of its first convolution.
        size: How many channels it has.
        filters: Convolutions and linear layers that make the channels.
        norms: Normalisations that they pass.
    """

    name: str
    size: int
    filters: tuple[_Part, ...]
    norms: tuple[_Part, ...]


def groups_of(net: nn.Module, keep_embedding: bool = False) -> list[Group]:
    """The groups of filters that may go.

    Args:
        net: A detector or an embedder in floats.
        keep_embedding: Leave out the group that makes an embedder's feature.

    Returns:
        The groups, in the order of the layers. A detector's heads aren't among them.

    Raises:
        InputError: If there is no pruning of such a network.

    Source:
        Fang et al., arXiv:2301.12900 (DepGraph), through torch-pruning.
    """
    return _groups(net, _graph(net), keep_embedding)


def _graph(net: nn.Module) -> tp.DependencyGraph:
    if not isinstance(net, (Detector, ReidNetwork)):
        raise InputError(f"there is no pruning of {type(net).__name__}")
    mode = net.training
    trained = [parameter.requires_grad for parameter in net.parameters()]
    graph = tp.DependencyGraph()
    # The graph is that of the gradients, which the average of a training has none of.
    # Every size halves well here, and maps stay small.
    graph.build_dependency(net.eval().requires_grad_(True), torch.zeros(1, 3, 64, 64), verbose=False)
    for parameter, had in zip(net.parameters(), trained, strict=True):
        parameter.requires_grad_(had)
    net.train(mode)
    return graph


def _groups(net: nn.Module, graph: tp.DependencyGraph, keep_embedding: bool) -> list[Group]:
    names = {module: name for name, module in net.named_modules()}
    fixed: list[nn.Module] = [module.conv for module in net.modules() if isinstance(module, RawHead)]
    if isinstance(net, ReidNetwork):
        if isinstance(net.project, nn.Linear):
            fixed.append(net.project)
        elif keep_embedding:
            fixed.append(cast(BasicBlock, cast(nn.Sequential, net.stages[-1])[-1]).conv2)
    found = []
    for dependent in graph.get_all_groups(ignored_layers=fixed):
        filters, norms = [], []
        for dependency, channels in dependent:
            layer = dependency.target.module
            if not graph.is_out_channel_pruning_fn(dependency.handler) or layer not in names:
                continue
            part = _Part(names[layer], tuple(int(channel) for channel in channels))
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                filters.append(part)
            elif isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
                norms.append(part)
        # One layer may be reached by several ways.
        filters, norms = list(dict.fromkeys(filters)), list(dict.fromkeys(norms))
        found.append(Group(filters[0].layer, len(filters[0].channels), tuple(filters), tuple(norms)))
    return found


def group_scores(net: nn.Module, group: Group, criterion: Criterion) -> Tensor:
    """How much each channel of a group matters.

    Args:
        net: The network.
        group: One of its groups.
        criterion: See `filter_scores`, which sees for each channel the weights of all its filters.

    Returns:
        `(size,)`.

    Source:
        Fang et al., arXiv:2301.12900, Sec. 3.4 (scores over a group).
    """
    weights = []
    for part in group.filters:
        weight = net.get_parameter(f"{part.layer}.weight")
        weights.append(weight[list(part.channels)].flatten(1))
    return filter_scores(torch.cat(weights, 1), criterion)


def choose(
    net: nn.Module,
    groups: list[Group],
    options: PruningOptions,
    gone: Plan | None = None,
) -> Plan:
    """The filters that matter least.

    Args:
        net: The network.
        groups: Its groups.
        options: How many, and by what.
        gone: Channels that are gone already: they stay gone.

    Returns:
        The channels that go, of each group at least one stays.

    Raises:
        InputError: If an option is out of range, or names a layer that isn't in the groups.

    Source:
        Paper Sec. 3.1 (Pruning) and Sec. 4.2: uniform, or layer by layer.
    """
    options.validate()
    shares = _shares(groups, options)
    scores = {group.name: group_scores(net, group, options.criterion) for group in groups}
    for name, channels in (gone or {}).items():
        scores[name][channels] = -1.0
    if options.distribution == "layerwise":
        _spread(groups, scores, options, shares)
    plan: Plan = {}
    for group in groups:
        stay = (
            math.ceil(round(group.size * (1 - shares[group.name]), 9) / options.multiple) * options.multiple
        )
        stay = min(group.size, max(1, stay))
        count = max(group.size - stay, len((gone or {}).get(group.name, ())))
        if count:
            lowest = torch.argsort(scores[group.name], stable=True)[:count]
            plan[group.name] = sorted(int(channel) for channel in lowest)
    return plan


def _shares(groups: list[Group], options: PruningOptions) -> dict[str, float]:
    own = options.layers or {}
    for start in own:
        if not any(group.name.startswith(start) for group in groups):
            near = ", ".join(group.name for group in groups[:4])
            raise InputError(f"layers: no prunable layer starts with {start}; there are {near} and others")
    shares = {}
    for group in groups:
        fitting = [start for start in own if group.name.startswith(start)]
        shares[group.name] = own[max(fitting, key=len)] if fitting else options.sparsity
    return shares


def _spread(
    groups: list[Group], scores: dict[str, Tensor], options: PruningOptions, shares: dict[str, float]
) -> None:
    """Replaces the common share by each group's own, so that the lowest scores of all go."""
    free = [
        group for group in groups if not any(group.name.startswith(start) for start in options.layers or {})
    ]
    if not free:
        return
    ranked = []
    for group in free:
        score = scores[group.name]
        relative = score / score.clamp_min(0).mean().clamp_min(1e-12)
        # What a group may lose: the others of it are out of reach.
        most = int(_MOST * group.size)
        ranked += [(float(value), group.name) for value in relative.sort().values[:most]]
    wanted = int(options.sparsity * sum(group.size for group in free))
    taken = dict.fromkeys((group.name for group in free), 0)
    for _, name in sorted(ranked)[:wanted]:
        taken[name] += 1
    for group in free:
        shares[group.name] = taken[group.name] / group.size


def mask(net: nn.Module, groups: list[Group], plan: Plan) -> None:
    """Sets filters and their normalisation to zero, as if they weren't there.

    Args:
        net: The network; its weights are changed.
        groups: Its groups.
        plan: What goes.

    Source:
        Zhu and Gupta, arXiv:1710.01878, Sec. 3 (masks).
    """
    with torch.no_grad():
        for group in groups:
            channels = plan.get(group.name)
            if not channels:
                continue
            for part in (*group.filters, *group.norms):
                at = [part.channels[channel] for channel in channels]
                layer = net.get_submodule(part.layer)
                for parameter in layer.parameters(recurse=False):
                    parameter[at] = 0


def remove(
    net: nn.Module, name: str, options: dict[str, Any], plan: Plan
) -> tuple[nn.Module, dict[str, Any]]:
    """The network without some of its filters.

    Args:
        net: The network; not changed.
        name: One of `e2tad.models.sizes.NAMES`.
        options: What it was built with.
        plan: What goes.

    Returns:
        The smaller network in evaluation mode, and the options it is built with: `channels` says where it
        differs from its architecture.

    Source:
        Paper Sec. 3.1 (structured pruning).
    """
    small = copy.deepcopy(net).cpu()
    graph = _graph(small)
    for layer, channels in plan.items():
        module = small.get_submodule(layer)
        handler = graph.get_pruner_of_module(module).prune_out_channels
        graph.get_pruning_group(module, handler, channels).prune()
    plain = {key: value for key, value in options.items() if key != "channels"}
    changed = {**plain, "channels": differing(small, build(name, **plain))}
    made = build(name, **changed).eval()
    made.load_state_dict(small.state_dict())
    return made, changed


class GradualPruning(Callback):
    """Masks more and more filters of a network in training.

    Args:
        groups: The network's.
        options: How much is gone at the end, and how it is chosen.
        schedule: `iterative`: equal steps; `agp`: Zhu and Gupta's cubic.
        until: Share of the run at whose end all are gone.
        updates: How often more go.

    Source:
        Paper Sec. 4.2 (iterative, progressive); Zhu and Gupta, arXiv:1710.01878, Sec. 3.
    """

    def __init__(
        self,
        groups: list[Group],
        options: PruningOptions,
        schedule: Schedule = "agp",
        until: float = 0.6,
        updates: int = 20,
    ) -> None:
        options.validate()
        if not 0 < until <= 1 or updates < 1:
            raise InputError(
                f"until and updates: expected (0, 1] and at least 1, got {until:g} and {updates}"
            )
        self.groups = groups
        self.plan: Plan = {}
        self._options = options
        self._schedule = schedule
        self._until = until
        self._updates = updates
        self._done = -1

    def state_dict(self) -> dict[str, Any]:
        """The masks, for a resumed run."""
        return {"plan": self.plan, "done": self._done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gives."""
        self.plan, self._done = state["plan"], state["done"]

    def sparsity(self, share: float) -> float:
        """The share of the filters that is gone.

        Args:
            share: Of the run that is done.

        Returns:
            As the schedule has it at the last update.

        Source:
            As the class.
        """
        update = min(self._updates, math.floor(share / self._until * self._updates) + 1)
        progress = update / self._updates
        final = self._options.sparsity
        return agp_sparsity(final, progress) if self._schedule == "agp" else final * progress

    def on_train_batch_start(
        self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Takes more filters away where an update is due."""
        assert isinstance(module, AveragedTraining)
        share = trainer.global_step / trainer.estimated_stepping_batches
        update = min(self._updates, math.floor(share / self._until * self._updates) + 1)
        if update > self._done:
            self._done = update
            now = self.sparsity(share)
            factor = now / self._options.sparsity if self._options.sparsity else 0.0
            layers = {name: own * factor for name, own in (self._options.layers or {}).items()}
            options = replace(self._options, sparsity=now, layers=layers)
            self.plan = choose(module.net, self.groups, options, self.plan)
            mask(module.net, self.groups, self.plan)

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """What is gone stays gone: the optimiser's momentum would bring it back."""
        assert isinstance(module, AveragedTraining)
        mask(module.net, self.groups, self.plan)


def pruning_start(
    net: nn.Module,
    name: str,
    options: dict[str, Any],
    how: PruningOptions,
    schedule: Schedule,
    until: float = 0.6,
    updates: int = 20,
) -> Start:
    """What a training goes on from to end in a smaller network.

    Args:
        net: The network; not changed.
        name: One of `e2tad.models.sizes.NAMES`.
        options: What it was built with.
        how: How much goes, and how it is chosen.
        schedule: `one-shot`: all at once, then the training mends; others as `GradualPruning`.
        until: As `GradualPruning`.
        updates: As `GradualPruning`.

    Returns:
        The start; what the training keeps is the smaller network.

    Raises:
        InputError: If an option is out of range.

    Source:
        Paper Sec. 2 (one-shot and iterative pruning).
    """
    if schedule not in SCHEDULES:
        raise InputError(f"schedule: expected one of {', '.join(SCHEDULES)}, got {schedule}")
    groups = groups_of(net, how.keep_embedding)
    if schedule == "one-shot":
        small, changed = remove(net, name, options, choose(net, groups, how))
        return Start(small, lambda trained: Kept(trained, changed))
    gradual = GradualPruning(groups, how, schedule, until, updates)

    def keep(trained: nn.Module) -> Kept:
        return Kept(*remove(trained, name, options, gradual.plan))

    return Start(copy.deepcopy(net), keep, callbacks=(gradual,))
