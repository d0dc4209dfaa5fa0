"""The detectors: YOLOv5-S and the paper's two single-branch descendants, with their raw heads."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub

from e2tad.models.blocks import C3, Activation, ConvBnAct, Focus, Separable, SeparableResidual, Spp

BoxForm = Literal["R", "C"]
Anchors = tuple[tuple[float, float], ...]

YOLOV5_ANCHORS: tuple[Anchors, ...] = (
    ((10.0, 13.0), (16.0, 30.0), (33.0, 23.0)),
    ((30.0, 61.0), (62.0, 45.0), (59.0, 119.0)),
    ((116.0, 90.0), (156.0, 198.0), (373.0, 326.0)),
)
"""Width and height in pixels of the input, for the strides 8, 16 and 32. YOLOv5, release 5.0."""

MOBILE_ANCHORS: tuple[Anchors, ...] = (((14.3, 14.4), (37.1, 68.6), (94.4, 158.8)),)
"""The winners' anchors at stride 16."""


class RawHead(nn.Module):
    """The last 1x1 convolution at one stride.

    The tensor is the same for both box forms. In the R form a cell predicts centre, width and height. In the
    C form a ball's cell predicts centre and, in the width's place, the circle's diameter 2r; its height is
    ignored.

    Args:
        inputs: Channels of the map.
        anchors: How many a cell.
        classes: How many.
        stride: Pixels of the input a cell; sets how many objects a picture starts with.

    Source:
        YOLOv5, release 5.0, `Detect` (biases: `_initialize_biases`); DESIGN, Models (C-box head).
    """

    def __init__(self, inputs: int, anchors: int, classes: int, stride: int) -> None:
        super().__init__()
        self.anchors = anchors
        self.values = 5 + classes
        self.conv = nn.Conv2d(inputs, anchors * self.values, 1)
        with torch.no_grad():
            bias = self.conv.bias
            assert bias is not None
            cells = bias.view(anchors, self.values)
            # Eight objects in a picture of 640x640, and classes as rare as .6 of one.
            cells[:, 4] += math.log(8 / (640 / stride) ** 2)
            cells[:, 5:] += math.log(0.6 / (classes - 0.99))

    def forward(self, x: Tensor) -> Tensor:
        """The raw head.

        Args:
            x: `(N, inputs, H, W)`.

        Returns:
            `(N, anchors, H, W, 5 + classes)`: x, y, w, h, object, then the classes, all before their sigmoid.

        Source:
            DESIGN, Models (a raw YOLOv5 head).
        """
        raw = self.conv(x)
        n, _, height, width = raw.shape
        cells = raw.view(n, self.anchors, self.values, height, width)
        out: Tensor = cells.permute(0, 1, 3, 4, 2).contiguous()
        return out


class Detector(nn.Module):
    """What the three detectors share: where their heads stand and how these are read.

    A detector maps `(N, 3, H, W)` float32, RGB from 0 to 1, H and W multiples of 32, to one raw tensor `(N,
    A, H / stride, W / stride, 5 + classes)` a head.

    Args:
        classes: How many; 0 person and 1 ball in this project.
        strides: Of the heads.
        anchors: For each head, widths and heights in pixels of the input.
        box_form: How a ball's box is read from the tensor.

    Source:
        DESIGN, Models.
    """

    def __init__(
        self,
        classes: int,
        strides: tuple[int, ...],
        anchors: tuple[Anchors, ...],
        box_form: BoxForm,
    ) -> None:
        super().__init__()
        if classes < 1:
            raise ValueError(f"classes must be at least 1, got {classes}")
        if box_form not in ("R", "C"):
            raise ValueError(f"box_form must be R or C, got {box_form}")
        if len(strides) != len(anchors):
            raise ValueError(f"anchors: expected {len(strides)} heads, got {len(anchors)}")
        self.classes = classes
        self.strides = strides
        self.anchors = anchors
        self.box_form = box_form
        # Where an INT8 network goes back to floats: before its heads, whose logits need finer steps.
        self.dequant = DeQuantStub()


class YoloV5S(Detector):
    """YOLOv5-S: three heads at the strides 8, 16 and 32.

    Args:
        classes: How many.
        box_form: See `RawHead`.
        activation: See `activation_of`.

    Source:
        YOLOv5, release 5.0, `yolov5s.yaml` (depth .33, width .50); paper Table 2.
    """

    def __init__(self, classes: int = 2, box_form: BoxForm = "R", activation: Activation = "silu") -> None:
        super().__init__(classes, (8, 16, 32), YOLOV5_ANCHORS, box_form)
        a = activation
        self.stage8 = nn.Sequential(
            Focus(3, 32, a),
            ConvBnAct(32, 64, 3, 2, a),
            C3(64, 64, 1, True, a),
            ConvBnAct(64, 128, 3, 2, a),
            C3(128, 128, 3, True, a),
        )
        self.stage16 = nn.Sequential(ConvBnAct(128, 256, 3, 2, a), C3(256, 256, 3, True, a))
        self.stage32 = nn.Sequential(ConvBnAct(256, 512, 3, 2, a), Spp(512, a), C3(512, 512, 1, False, a))
        self.narrow32 = ConvBnAct(512, 256, 1, 1, a)
        self.top16 = C3(512, 256, 1, False, a)
        self.narrow16 = ConvBnAct(256, 128, 1, 1, a)
        self.out8 = C3(256, 128, 1, False, a)
        self.down8 = ConvBnAct(128, 128, 3, 2, a)
        self.out16 = C3(256, 256, 1, False, a)
        self.down16 = ConvBnAct(256, 256, 3, 2, a)
        self.out32 = C3(512, 512, 1, False, a)
        self.upsample = nn.Upsample(scale_factor=2.0, mode="nearest")
        # One each: in INT8 every concatenation has steps of its own.
        self.cat_top16, self.cat_out8 = FloatFunctional(), FloatFunctional()
        self.cat_out16, self.cat_out32 = FloatFunctional(), FloatFunctional()
        self.head8 = RawHead(128, 3, classes, 8)
        self.head16 = RawHead(256, 3, classes, 16)
        self.head32 = RawHead(512, 3, classes, 32)

    def forward(self, x: Tensor) -> list[Tensor]:
        """See `Detector`."""
        c8 = self.stage8(x)
        c16 = self.stage16(c8)
        p32 = self.narrow32(self.stage32(c16))
        p16 = self.narrow16(self.top16(self.cat_top16.cat([self.upsample(p32), c16], 1)))
        n8 = self.out8(self.cat_out8.cat([self.upsample(p16), c8], 1))
        n16 = self.out16(self.cat_out16.cat([self.down8(n8), p16], 1))
        n32 = self.out32(self.cat_out32.cat([self.down16(n16), p32], 1))
        return [
            self.head8(self.dequant(n8)),
            self.head16(self.dequant(n16)),
            self.head32(self.dequant(n32)),
        ]


class YoloMobileV1(Detector):
    """YOLOv5's backbone made thin, one upsampling, one head at stride 16.

    Args:
        classes: How many.
        box_form: See `RawHead`.
        activation: See `activation_of`.

    Source:
        Paper Figure 1 (top) and Table 2; DESIGN, Models.
    """

    def __init__(self, classes: int = 2, box_form: BoxForm = "R", activation: Activation = "relu") -> None:
        super().__init__(classes, (16,), MOBILE_ANCHORS, box_form)
        a = activation
        self.stage16 = nn.Sequential(
            Focus(3, 16, a),
            ConvBnAct(16, 32, 3, 2, a),
            C3(32, 32, 1, True, a),
            ConvBnAct(32, 64, 3, 2, a),
            C3(64, 64, 1, True, a),
            ConvBnAct(64, 128, 3, 2, a),
            C3(128, 128, 1, True, a),
        )
        self.stage32 = nn.Sequential(ConvBnAct(128, 256, 3, 2, a), C3(256, 256, 1, True, a), Spp(256, a))
        self.narrow32 = ConvBnAct(256, 128, 1, 1, a)
        self.upsample = nn.Upsample(scale_factor=2.0, mode="nearest")
        self.cat = FloatFunctional()
        self.out16 = C3(256, 128, 1, False, a)
        self.head16 = RawHead(128, 3, classes, 16)

    def forward(self, x: Tensor) -> list[Tensor]:
        """See `Detector`."""
        c16 = self.stage16(x)
        p32 = self.narrow32(self.stage32(c16))
        n16 = self.out16(self.cat.cat([self.upsample(p32), c16], 1))
        return [self.head16(self.dequant(n16))]


class YoloMobileV2(Detector):
    """YOLOv3 with depth-wise separable convolutions, no upsampling, one head at stride 16.

    Args:
        classes: How many.
        box_form: See `RawHead`.
        activation: See `activation_of`.

    Source:
        Paper Figure 1 (bottom) and Table 2; the widths, which the paper doesn't give, are DESIGN's.
    """

    def __init__(self, classes: int = 2, box_form: BoxForm = "R", activation: Activation = "relu") -> None:
        super().__init__(classes, (16,), MOBILE_ANCHORS, box_form)
        a = activation
        layers: list[nn.Module] = [ConvBnAct(3, 16, 3, 1, a)]
        inputs = 16
        for outputs, blocks in ((24, 1), (64, 1), (128, 1), (192, 3)):
            layers.append(Separable(inputs, outputs, 2, a))
            layers += [SeparableResidual(outputs, a) for _ in range(blocks)]
            inputs = outputs
        layers += [ConvBnAct(192, 128, 1, 1, a), Separable(128, 256, 1, a)]
        self.quant = QuantStub()
        self.stage16 = nn.Sequential(*layers)
        self.head16 = RawHead(256, 3, classes, 16)

    def forward(self, x: Tensor) -> list[Tensor]:
        """See `Detector`."""
        return [self.head16(self.dequant(self.stage16(self.quant(x))))]
