"""Writes the tiny networks beside it, whose answers can be worked out by hand."""

import json
from pathlib import Path

import torch
from torch import nn

from e2tad.models.quantised import quiet

HERE = Path(__file__).parent


class RedCells(nn.Module):
    """A raw head at stride 16 that sees a person of the anchor's size in each cell that is red."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(16)
        self.head = nn.Conv2d(3, 7, 1)
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.weight[4, :, 0, 0] = torch.tensor([20.0, -20.0, -20.0])
            self.head.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 0.0, -10.0, 5.0, -5.0]))

    def forward(self, x):
        y = self.head(self.pool(x))
        n, _, h, w = y.shape
        return y.view(n, 1, 7, h, w).permute(0, 1, 3, 4, 2)


class MeanColour(nn.Module):
    """Embeds a crop as the mean of each channel."""

    def forward(self, x):
        return x.mean((2, 3))


def write(name, net, card):
    with quiet():
        script = torch.jit.script(net.eval())
        script._save_for_lite_interpreter(str(HERE / f"{name}.ptl"))
        script.save(str(HERE / f"{name}.torchscript"))
    (HERE / f"{name}.json").write_text(json.dumps(card) + "\n")


write(
    "red_cells",
    RedCells(),
    {"kind": "detector", "classes": ["person", "ball"], "strides": [16], "anchors": [[[24, 40]]]},
)
write("mean_colour", MeanColour(), {"kind": "reid", "embedding": 3})
