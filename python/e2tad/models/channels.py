"""Networks whose layers have other channel counts than their architecture: what pruning leaves."""

from typing import cast

from torch import nn

from e2tad.models.reid import ReidNetwork

Channels = dict[str, list[int]]
"""For each layer by its name: `[inputs, outputs, groups]` of a convolution, `[inputs, outputs]` of a linear
layer, `[channels]` of a normalisation."""


def channels_of(net: nn.Module) -> Channels:
    """The channel counts of a network's layers.

    Args:
        net: Any network.

    Returns:
        The counts.

    Source:
        PyTorch's layers.
    """
    found: Channels = {}
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d):
            found[name] = [layer.in_channels, layer.out_channels, layer.groups]
        elif isinstance(layer, nn.Linear):
            found[name] = [layer.in_features, layer.out_features]
        elif isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            found[name] = [layer.num_features]
    return found


def differing(net: nn.Module, dense: nn.Module) -> Channels:
    """The counts by which a network differs from its architecture.

    Args:
        net: The network.
        dense: The architecture's own.

    Returns:
        The counts of the layers that differ.

    Source:
        `channels_of`.
    """
    usual = channels_of(dense)
    return {name: counts for name, counts in channels_of(net).items() if counts != usual[name]}


def resize(net: nn.Module, channels: Channels) -> None:
    """Gives layers of a network other channel counts; their weights are new.

    Args:
        net: The network; it is changed.
        channels: Of the layers that differ.

    Raises:
        ValueError: If a layer isn't there or can't have these counts.

    Source:
        `channels_of`.
    """
    layers = dict(net.named_modules())
    usual = channels_of(net)
    for name, counts in channels.items():
        good = isinstance(counts, list) and all(type(n) is int and n >= 1 for n in counts)
        if name not in usual or not good or len(counts) != len(usual[name]):
            raise ValueError(f"channels: {name} is no layer that could have the channels {counts}")
        parent, _, child = name.rpartition(".")
        setattr(layers[parent], child, _sized(layers[name], counts))
    if isinstance(net, ReidNetwork):
        last = cast(nn.Sequential, net.stages[-1])[-1]
        features = cast(nn.BatchNorm2d, last.bn2).num_features
        net.embedding = net.project.out_features if isinstance(net.project, nn.Linear) else features


def _sized(layer: nn.Module, counts: list[int]) -> nn.Module:
    if isinstance(layer, nn.Conv2d):
        made = nn.Conv2d(
            counts[0],
            counts[1],
            cast(tuple[int, int], layer.kernel_size),
            cast(tuple[int, int], layer.stride),
            cast(tuple[int, int], layer.padding),
            groups=counts[2],
            bias=layer.bias is not None,
        )
        nn.init.kaiming_normal_(made.weight, mode="fan_out", nonlinearity="relu")
        return made
    if isinstance(layer, nn.Linear):
        return nn.Linear(counts[0], counts[1], bias=layer.bias is not None)
    norm = cast(nn.BatchNorm2d, layer)
    new = type(norm)(counts[0], eps=norm.eps, momentum=norm.momentum)
    new.bias.requires_grad_(norm.bias.requires_grad)
    return new
