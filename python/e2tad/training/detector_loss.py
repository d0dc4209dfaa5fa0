"""The detectors' loss: who is asked for which object, overlaps of boxes and circles, objectness, classes."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from e2tad.data.detection_samples import BALL, EMPTY, UNLABELLED
from e2tad.models.yolo import Anchors, BoxForm
from e2tad.training.detector_settings import DetectorLosses

# The share of the objectness of each head of three: the fine one sees most of the cells.
_HEAD_WEIGHTS = {1: (1.0,), 3: (4.0, 1.0, 0.4)}
_TINY = 1e-7


@dataclass(frozen=True)
class Targets:
    """What a batch of pictures shows; M objects and K regions over all of them.

    Attributes:
        picture: `(M,)` int64, whose of the batch.
        kind: `(M,)` int64, 0 person, 1 ball.
        box: `(M, 4)` float32 centre x, centre y, width, height, pixels of the input; of a ball in the C form
            the square round its whole circle.
        region_picture: `(K,)` int64.
        region_kind: `(K,)` int64: `IGNORED`, `EMPTY`, or `UNLABELLED` + a class.
        region: `(K, 4)` float32 ltrb, pixels of the input.
    """

    picture: Tensor
    kind: Tensor
    box: Tensor
    region_picture: Tensor
    region_kind: Tensor
    region: Tensor

    def to(self, device: torch.device) -> "Targets":
        """The same on a device."""
        return Targets(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def complete_iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Overlap of boxes, plain and with penalties that have a gradient where nothing overlaps.

    Args:
        a: `(M, 4)` centre x, centre y, width, height; the predicted ones.
        b: `(M, 4)` the same of the truth.

    Returns:
        `(M,)` IoU in [0, 1], and `(M,)` CIoU, at most 1.

    Source:
        Zheng et al., arXiv:2005.03572, Equations (10) to (12).
    """
    half_a, half_b = a[:, 2:] / 2, b[:, 2:] / 2
    low_a, high_a, low_b, high_b = a[:, :2] - half_a, a[:, :2] + half_a, b[:, :2] - half_b, b[:, :2] + half_b
    inner = (torch.minimum(high_a, high_b) - torch.maximum(low_a, low_b)).clamp(min=0).prod(1)
    iou = inner / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - inner + _TINY)
    around = torch.maximum(high_a, high_b) - torch.minimum(low_a, low_b)
    distance = ((a[:, :2] - b[:, :2]) ** 2).sum(1) / ((around**2).sum(1) + _TINY)
    angle_a, angle_b = (torch.atan(x[:, 2] / (x[:, 3] + _TINY)) for x in (a, b))
    shape = 4 / math.pi**2 * (angle_b - angle_a) ** 2
    with torch.no_grad():
        weight = shape / (1 - iou + shape + _TINY)
    return iou, iou - distance - weight * shape


def circle_iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Overlap of circles, plain and less the distance of their centres.

    Args:
        a: `(M, 3)` centre x, centre y, diameter; the predicted ones.
        b: `(M, 3)` the same of the truth.

    Returns:
        `(M,)` IoU in [0, 1]: the exact lens over the area both cover; and `(M,)` the IoU less the squared
        distance of the centres over the squared diameter of the smallest circle around both.

    Source:
        Paper Sec. 3.3 (circular anchors); the penalty is that of Zheng et al., arXiv:1911.08287, Equation
        (7), for circles. The same lens in C++: `cpp/e2tad/geometry/circles.hpp`.
    """
    # In units of the larger radius, so that the limits below don't depend on the circles' sizes.
    unit = (torch.maximum(a[:, 2], b[:, 2]) / 2).clamp(min=_TINY)
    r, s = a[:, 2] / 2 / unit, b[:, 2] / 2 / unit
    square = (((a[:, :2] - b[:, :2]) / unit[:, None]) ** 2).sum(1)
    d = (square + 1e-12).sqrt()
    small = torch.minimum(r, s)
    # The lens' formula holds between these; its derivatives have no bound at the ends themselves.
    lens = (d > (r - s).abs() + 1e-4) & (d < r + s - 1e-4) & (small > 1e-4)
    one = torch.ones_like(d)
    dl, rl, sl = (torch.where(lens, x, one) for x in (d, r, s))
    cos_r = ((dl**2 + rl**2 - sl**2) / (2 * dl * rl)).clamp(-1 + 1e-6, 1 - 1e-6)
    cos_s = ((dl**2 + sl**2 - rl**2) / (2 * dl * sl)).clamp(-1 + 1e-6, 1 - 1e-6)
    kite = (-dl + rl + sl) * (dl + rl - sl) * (dl - rl + sl) * (dl + rl + sl)
    area = rl**2 * torch.acos(cos_r) + sl**2 * torch.acos(cos_s) - 0.5 * kite.clamp(min=1e-12).sqrt()
    inside = torch.where(d < torch.maximum(r, s), math.pi * small**2, torch.zeros_like(d))
    inner = torch.where(lens, area, inside)
    iou = inner / (math.pi * (r**2 + s**2) - inner + _TINY)
    around = torch.maximum(d + r + s, 2 * torch.maximum(r, s))
    return iou, iou - square / (around**2 + _TINY)


@dataclass(frozen=True)
class Assigned:
    """Which cells of a head are asked for which objects; P pairs.

    Attributes:
        target: `(P,)` index into the batch's objects.
        anchor: `(P,)` index of the anchor.
        row: `(P,)` of the cell.
        column: `(P,)` of the cell.
    """

    target: Tensor
    anchor: Tensor
    row: Tensor
    column: Tensor


def assign(
    box: Tensor,
    circle: Tensor,
    anchors: Anchors,
    stride: int,
    cells: tuple[int, int],
    ratio: float,
) -> Assigned:
    """Asks the anchors of a fitting size in an object's cell and in the two cells nearest to its centre.

    Args:
        box: `(M, 4)` centre x, centre y, width, height, pixels of the input.
        circle: `(M,)` bool: circles, whose diameter is compared with the anchor's width. Of circles with one
            centre the IoU is the squared ratio of their radii, so this is a bound on the circle IoU.
        anchors: Of the head, pixels.
        stride: Pixels a cell.
        cells: Rows and columns of the head.
        ratio: Largest factor between a side and the anchor's.

    Returns:
        The pairs. Objects whose centre is outside of the input, or whom no anchor fits, have none.

    Source:
        YOLOv5, release 5.0, `build_targets`; paper Sec. 3.3 (circular anchors).
    """
    sizes = torch.tensor(anchors, dtype=box.dtype, device=box.device)
    rows, columns = cells
    factor = box[None, :, 2:].clamp(min=_TINY) / sizes[:, None]
    worst = torch.maximum(factor, 1 / factor)
    fits = torch.where(circle, worst[..., 0], worst.amax(2)) < ratio
    x, y = box[:, 0] / stride, box[:, 1] / stride
    fits &= (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    anchor, target = fits.nonzero(as_tuple=True)
    column, row = x[target].long(), y[target].long()
    side_x = torch.where(x[target] - column < 0.5, -1, 1)
    side_y = torch.where(y[target] - row < 0.5, -1, 1)
    column = torch.cat([column, column + side_x, column])
    row = torch.cat([row, row, row + side_y])
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    return Assigned(target.repeat(3)[inside], anchor.repeat(3)[inside], row[inside], column[inside])


class DetectorLoss(nn.Module):
    """The loss of raw heads against what the pictures show.

    Boxes are read as `e2tad.detect.decode` reads them. Objectness is asked to be the overlap that the cell's
    box has; cells that no object is assigned to are asked for 0, but for those in ignored regions, and for
    those that hold their content for a class that wasn't annotated there: sparse labels say nothing about
    the rest. In regions that are known to be empty every cell is asked for 0.

    Args:
        strides: Of the heads.
        anchors: Of each head.
        box_form: `C`: balls are circles.
        settings: Weights.

    Source:
        YOLOv5, release 5.0, `ComputeLoss`; paper Sec. 3.3 (circular anchors) and 4.1 (sparse labels).
    """

    def __init__(
        self,
        strides: tuple[int, ...],
        anchors: tuple[Anchors, ...],
        box_form: BoxForm,
        settings: DetectorLosses,
    ) -> None:
        super().__init__()
        self.strides = strides
        self.anchors = anchors
        self.box_form = box_form
        self.settings = settings
        self.head_weights = _HEAD_WEIGHTS.get(len(strides), (1.0,) * len(strides))

    def forward(self, heads: list[Tensor], targets: Targets) -> dict[str, Tensor]:
        """The loss and its parts.

        Args:
            heads: `(N, A, H, W, 5 + classes)` logits each.
            targets: Of the N pictures.

        Returns:
            Scalars `loss`, `box`, `objectness` and `classes`; the parts before their weights.

        Source:
            As the class.
        """
        parts = {name: heads[0].new_zeros(()) for name in ("box", "objectness", "classes")}
        for head, stride, anchors, weight in zip(
            heads, self.strides, self.anchors, self.head_weights, strict=True
        ):
            box, objectness, classes = self._head(head.float(), stride, anchors, targets)
            parts["box"] = parts["box"] + box
            parts["objectness"] = parts["objectness"] + weight * objectness
            parts["classes"] = parts["classes"] + classes
        s = self.settings
        loss = s.box * parts["box"] + s.objectness * parts["objectness"] + s.classes * parts["classes"]
        return {"loss": loss, **parts}

    def _head(
        self, raw: Tensor, stride: int, anchors: Anchors, targets: Targets
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows, columns = raw.shape[2], raw.shape[3]
        circle = targets.kind == BALL if self.box_form == "C" else torch.zeros_like(targets.kind).bool()
        found = assign(targets.box, circle, anchors, stride, (rows, columns), self.settings.anchor_ratio)
        wanted = torch.zeros_like(raw[..., 4])
        counted = self._counted(raw.detach(), stride, targets)
        box = classes = raw.sum() * 0
        if len(found.target):
            picture = targets.picture[found.target]
            at = (picture, found.anchor, found.row, found.column)
            cell = raw[at]
            sizes = torch.tensor(anchors, dtype=raw.dtype, device=raw.device)[found.anchor]
            origin = torch.stack([found.column, found.row], 1)
            centre = (2 * cell[:, :2].sigmoid() - 0.5 + origin) * stride
            size = (2 * cell[:, 2:4].sigmoid()) ** 2 * sizes
            iou, penalised = self._overlap(centre, size, targets.box[found.target], circle[found.target])
            box = (1 - penalised).mean()
            kinds = nn.functional.one_hot(targets.kind[found.target], cell.shape[1] - 5).to(raw.dtype)
            classes = nn.functional.binary_cross_entropy_with_logits(cell[:, 5:], kinds)
            # Where two objects want one anchor, the better overlap is what it is asked for.
            flat = ((at[0] * raw.shape[1] + at[1]) * rows + at[2]) * columns + at[3]
            wanted.view(-1).scatter_reduce_(0, flat, iou.detach().clamp(min=0), "amax")
            counted.view(-1)[flat] = 1
        entropy = nn.functional.binary_cross_entropy_with_logits(raw[..., 4], wanted, reduction="none")
        objectness = (entropy * counted).sum() / counted.sum().clamp(min=1)
        return box, objectness, classes

    def _overlap(self, centre: Tensor, size: Tensor, truth: Tensor, circle: Tensor) -> tuple[Tensor, Tensor]:
        iou, penalised = complete_iou(torch.cat([centre, size], 1), truth)
        if bool(circle.any()):
            c_iou, c_penalised = circle_iou(torch.cat([centre, size[:, :1]], 1), truth[:, :3])
            iou = torch.where(circle, c_iou, iou)
            penalised = torch.where(circle, c_penalised, penalised)
        return iou, penalised

    def _counted(self, raw: Tensor, stride: int, targets: Targets) -> Tensor:
        """1 where an empty cell's objectness counts, `(N, A, H, W)`."""
        counted = torch.ones_like(raw[..., 4])
        regions = zip(
            targets.region_kind.tolist(),
            targets.region_picture.tolist(),
            (targets.region / stride).tolist(),
            strict=True,
        )
        # First what isn't known, then what is known all the same, then what doesn't count whatever it is.
        for kind, picture, (left, top, right, bottom) in sorted(regions, key=lambda region: -region[0]):
            # The cells that the region touches.
            rows = slice(max(0, math.floor(top)), max(0, math.ceil(bottom)))
            columns = slice(max(0, math.floor(left)), max(0, math.ceil(right)))
            cells = (picture, slice(None), rows, columns)
            if kind >= UNLABELLED:
                likeliest = raw[cells][..., 5:].argmax(-1)
                counted[cells] *= likeliest != kind - UNLABELLED
            else:
                counted[cells] = float(kind == EMPTY)
        return counted
