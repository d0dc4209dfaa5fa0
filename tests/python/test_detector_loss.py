import math

import numpy as np
import pytest
import torch

from e2tad import geometry
from e2tad.data.detection_samples import BALL, EMPTY, IGNORED, PERSON, UNLABELLED
from e2tad.training.detector_loss import DetectorLoss, Targets, assign, circle_iou, complete_iou
from e2tad.training.detector_settings import DetectorLosses

ANCHORS = ((14.3, 14.4), (37.1, 68.6), (94.4, 158.8))
STRIDE = 16


def targets(rows, regions=()):
    """Rows of picture, kind, x, y, w, h; regions of picture, kind, left, top, right, bottom."""
    rows = np.array(rows, np.float64).reshape(-1, 6)
    regions = np.array(regions, np.float64).reshape(-1, 6)
    return Targets(
        torch.tensor(rows[:, 0]).long(),
        torch.tensor(rows[:, 1]).long(),
        torch.tensor(rows[:, 2:]).float(),
        torch.tensor(regions[:, 0]).long(),
        torch.tensor(regions[:, 1]).long(),
        torch.tensor(regions[:, 2:]).float(),
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def entropy(logit, wanted):
    return np.logaddexp(0, logit) - wanted * logit


def plain_ciou(a, b):
    ax0, ay0, ax1, ay1 = a[0] - a[2] / 2, a[1] - a[3] / 2, a[0] + a[2] / 2, a[1] + a[3] / 2
    bx0, by0, bx1, by1 = b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2
    inner = max(0, min(ax1, bx1) - max(ax0, bx0)) * max(0, min(ay1, by1) - max(ay0, by0))
    iou = inner / (a[2] * a[3] + b[2] * b[3] - inner)
    diagonal = (max(ax1, bx1) - min(ax0, bx0)) ** 2 + (max(ay1, by1) - min(ay0, by0)) ** 2
    distance = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / diagonal
    v = 4 / math.pi**2 * (math.atan(b[2] / b[3]) - math.atan(a[2] / a[3])) ** 2
    alpha = v / (1 - iou + v) if v else 0.0
    return iou, iou - distance - alpha * v


def plain_circle_iou(a, b):
    r, s = a[2] / 2, b[2] / 2
    d = math.hypot(a[0] - b[0], a[1] - b[1])
    if d >= r + s:
        inner = 0.0
    elif d <= abs(r - s):
        inner = math.pi * min(r, s) ** 2
    else:
        inner = (
            r * r * math.acos((d * d + r * r - s * s) / (2 * d * r))
            + s * s * math.acos((d * d + s * s - r * r) / (2 * d * s))
            - 0.5 * math.sqrt((-d + r + s) * (d + r - s) * (d - r + s) * (d + r + s))
        )
    iou = inner / (math.pi * (r * r + s * s) - inner)
    return iou, iou - d * d / max(d + r + s, 2 * r, 2 * s) ** 2


def plain_loss(raw, rows, form, settings, regions=()):
    """The loss of one head, an object and a cell at a time."""
    n, anchors, height, width, values = raw.shape
    wanted = np.zeros((n, anchors, height, width))
    counted = np.ones((n, anchors, height, width))
    for i in range(n):
        for a in range(anchors):
            for y in range(height):
                for x in range(width):
                    here = {
                        kind
                        for picture, kind, left, top, right, bottom in regions
                        if picture == i
                        and left < (x + 1) * STRIDE
                        and right > x * STRIDE
                        and top < (y + 1) * STRIDE
                        and bottom > y * STRIDE
                    }
                    unknown = UNLABELLED + int(raw[i, a, y, x, 5:].argmax()) in here and EMPTY not in here
                    if unknown or IGNORED in here:
                        counted[i, a, y, x] = 0
    boxes, classes, asked = [], [], []
    for picture, kind, x, y, w, h in rows:
        circle = form == "C" and kind == 1
        for a, (aw, ah) in enumerate(ANCHORS):
            factors = [w / aw] if circle else [w / aw, h / ah]
            if max(max(f, 1 / f) for f in factors) >= settings.anchor_ratio:
                continue
            gx, gy = x / STRIDE, y / STRIDE
            if not (0 <= gx < width and 0 <= gy < height):
                continue
            cx, cy = int(gx), int(gy)
            cells = [
                (cx, cy),
                (cx - 1 if gx % 1 < 0.5 else cx + 1, cy),
                (cx, cy - 1 if gy % 1 < 0.5 else cy + 1),
            ]
            for ux, uy in cells:
                if not (0 <= ux < width and 0 <= uy < height):
                    continue
                t = raw[int(picture), a, uy, ux]
                px, py = (2 * sigmoid(t[0]) - 0.5 + ux) * STRIDE, (2 * sigmoid(t[1]) - 0.5 + uy) * STRIDE
                pw, ph = (2 * sigmoid(t[2])) ** 2 * aw, (2 * sigmoid(t[3])) ** 2 * ah
                overlap = (
                    plain_circle_iou((px, py, pw), (x, y, w))
                    if circle
                    else plain_ciou((px, py, pw, ph), (x, y, w, h))
                )
                boxes.append(1 - overlap[1])
                asked.append((int(picture), a, uy, ux, overlap[0]))
                for c in range(values - 5):
                    classes.append(entropy(t[5 + c], float(c == kind)))
    for i, a, y, x, overlap in asked:
        wanted[i, a, y, x] = max(wanted[i, a, y, x], overlap)
        counted[i, a, y, x] = 1
    objectness = (entropy(raw[..., 4], wanted) * counted).sum() / max(counted.sum(), 1)
    box = np.mean(boxes) if boxes else 0.0
    cls = np.mean(classes) if classes else 0.0
    total = settings.box * box + settings.objectness * objectness + settings.classes * cls
    return {"loss": total, "box": box, "objectness": objectness, "classes": cls}


def loss_of(form="C", **settings):
    return DetectorLoss((STRIDE,), (ANCHORS,), form, DetectorLosses(**settings))


ROWS = [
    (0, 0, 40.0, 50.0, 20.0, 60.0),
    (0, 1, 44.0, 40.0, 11.0, 11.0),
    (0, 1, 70.0, 90.0, 9.0, 9.0),
    (1, 0, 3.0, 2.0, 40.0, 70.0),
    (1, 0, 127.0, 95.0, 25.0, 50.0),
    (1, 1, 64.0, 48.0, 14.0, 14.0),
]


@pytest.mark.parametrize("form", ["C", "R"])
def test_the_loss_is_that_of_a_plain_model(form):
    raw = np.random.default_rng(0).normal(0, 1, (2, 3, 6, 8, 7))
    expected = plain_loss(raw, ROWS, form, DetectorLosses())
    found = loss_of(form)([torch.tensor(raw)], targets(ROWS))
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-4), name


def test_regions_are_those_of_a_plain_model():
    raw = np.random.default_rng(1).normal(0, 1, (2, 3, 6, 8, 7))
    rows = [row for row in ROWS if row[0] == 0 or row[1] == 0]
    regions = [
        (0, IGNORED, 33.0, 10.0, 60.0, 31.9),
        (0, UNLABELLED + PERSON, 64.0, 0.0, 128.0, 50.0),  # a part of a mosaic
        (1, IGNORED, 100.0, 60.0, 140.0, 120.0),
        (1, UNLABELLED + BALL, 0.0, 0.0, 128.0, 96.0),
        (1, EMPTY, 17.0, 17.0, 40.0, 30.0),
        (1, EMPTY, 90.0, 70.0, 110.0, 90.0),  # also where it is ignored
    ]
    expected = plain_loss(raw, rows, "C", DetectorLosses(), regions)
    found = loss_of()([torch.tensor(raw)], targets(rows, regions))
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-4), name
    for fewer in ([], regions[:4], regions[1:]):
        other = loss_of()([torch.tensor(raw)], targets(rows, fewer))
        assert float(other["objectness"]) != pytest.approx(expected["objectness"], rel=1e-4)


def test_circles_overlap_as_the_core_says():
    random = np.random.default_rng(2)
    a = np.concatenate([random.uniform(0, 20, (300, 2)), random.uniform(0.5, 15, (300, 1))], 1)
    b = np.concatenate([random.uniform(0, 20, (300, 2)), random.uniform(0.5, 15, (300, 1))], 1)
    b[:50, :2] = a[:50, :2]
    b[:10] = a[:10]
    b[50:60, 0] = a[50:60, 0] + (a[50:60, 2] + b[50:60, 2]) / 2  # they touch from outside
    b[50:60, 1] = a[50:60, 1]
    halved = np.array([1, 1, 0.5])
    core = np.diag(geometry.circle_iou(a * halved, b * halved))
    found, penalised = circle_iou(torch.tensor(a), torch.tensor(b))
    np.testing.assert_allclose(found.numpy(), core, atol=1e-4)
    plain = [plain_circle_iou(x, y)[1] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(penalised.numpy(), plain, atol=1e-4)


@pytest.mark.parametrize(
    "other",
    [
        (10.0, 10.0, 8.0),
        (10.0, 10.0, 2.0),
        (10.0, 10.0, 30.0),
        (18.0, 10.0, 8.0),
        (14.0, 10.0, 16.0),
        (90.0, 5.0, 8.0),
    ],
    ids=["equal", "inside", "around", "touching", "touching inside", "apart"],
)
def test_circles_have_bounded_gradients_everywhere(other):
    a = torch.tensor([[10.0, 10.0, 8.0]], requires_grad=True)
    (1 - circle_iou(a, torch.tensor([other]))[1]).sum().backward()
    assert torch.isfinite(a.grad).all()
    assert a.grad.abs().max() < 10


def test_circles_that_do_not_meet_are_drawn_together():
    a = torch.tensor([[10.0, 10.0, 8.0]], requires_grad=True)
    (1 - circle_iou(a, torch.tensor([[40.0, 10.0, 8.0]]))[1]).sum().backward()
    assert a.grad[0, 0] < 0


def test_complete_iou_is_that_of_the_paper():
    random = np.random.default_rng(3)
    a = np.concatenate([random.uniform(0, 20, (200, 2)), random.uniform(1, 15, (200, 2))], 1)
    b = np.concatenate([random.uniform(0, 20, (200, 2)), random.uniform(1, 15, (200, 2))], 1)
    iou, complete = complete_iou(torch.tensor(a), torch.tensor(b))
    plain = np.array([plain_ciou(x, y) for x, y in zip(a, b, strict=True)])
    np.testing.assert_allclose(iou.numpy(), plain[:, 0], atol=1e-6)
    np.testing.assert_allclose(complete.numpy(), plain[:, 1], atol=1e-5)


def test_an_object_is_asked_of_its_cell_and_the_two_nearest():
    found = assign(torch.tensor([[40.0, 52.0, 37.0, 68.0]]), torch.tensor([False]), ANCHORS, 16, (6, 8), 2.0)
    assert sorted(zip(found.anchor.tolist(), found.row.tolist(), found.column.tolist(), strict=True)) == [
        (1, 2, 2),
        (1, 3, 2),
        (1, 3, 3),
    ]


def test_objects_outside_or_of_no_anchors_size_have_no_cell():
    boxes = torch.tensor([[-1.0, 20.0, 20.0, 20.0], [20.0, 96.0, 20.0, 20.0], [20.0, 20.0, 2.0, 2.0]])
    assert len(assign(boxes, torch.zeros(3).bool(), ANCHORS, 16, (6, 8), 4.0).target) == 0


def test_a_circles_height_is_not_looked_at():
    raw = torch.zeros(1, 3, 6, 8, 7, requires_grad=True)
    loss_of("C")([raw], targets([(0, 1, 40.0, 50.0, 11.0, 11.0)]))["box"].backward()
    assert float(raw.grad[..., 3].abs().max()) == 0
    assert float(raw.grad[..., 2].abs().max()) > 0


def test_pictures_without_objects_only_lower_objectness():
    raw = torch.zeros(2, 3, 6, 8, 7, requires_grad=True)
    found = loss_of()([raw], targets([]))
    found["loss"].backward()
    assert found["box"].item() == found["classes"].item() == 0
    assert found["loss"].item() == pytest.approx(math.log(2))
    assert (raw.grad[..., 4] > 0).all()
    assert float(raw.grad[..., [0, 1, 2, 3, 5, 6]].abs().max()) == 0


@pytest.mark.parametrize("kind", [0, 1])
def test_one_class_alone_trains(kind):
    torch.manual_seed(0)
    raw = torch.zeros(1, 3, 6, 8, 7, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.1)
    truth = targets([(0, kind, 40.0, 50.0, 13.0, 13.0)])
    for _ in range(150):
        optimizer.zero_grad()
        loss_of()([raw], truth)["loss"].backward()
        optimizer.step()
    from e2tad.detect import decode

    found = decode([raw.detach().numpy()], [16], [ANCHORS], confidence=0.3, circle_class=1)
    assert found.classes.tolist() == [kind]
    np.testing.assert_allclose(found.boxes[0], [33.5, 43.5, 46.5, 56.5], atol=0.5)


def test_balls_seen_where_balls_are_not_labelled_are_not_held_against_the_network():
    raw = torch.zeros(1, 3, 6, 8, 7)
    raw[..., 6] = 2.0  # everything looks like a ball
    raw.requires_grad_()
    everywhere = (0.0, 0.0, 128.0, 96.0)
    loss_of()([raw], targets([], [(0, UNLABELLED + BALL, *everywhere)]))["loss"].backward()
    assert float(raw.grad.abs().max()) == 0
    raw.grad = None
    loss_of()([raw], targets([], [(0, UNLABELLED + PERSON, *everywhere)]))["loss"].backward()
    assert (raw.grad[..., 4] > 0).all()


def test_a_patch_that_looks_like_a_ball_is_held_against_the_network_where_balls_are_not_labelled():
    raw = torch.zeros(1, 3, 6, 8, 7)
    raw[..., 6] = 2.0
    raw.requires_grad_()
    regions = [(0, UNLABELLED + BALL, 0.0, 0.0, 128.0, 96.0), (0, EMPTY, 34.0, 50.0, 46.0, 70.0)]
    loss_of()([raw], targets([], regions))["loss"].backward()
    rows, columns = (raw.grad[0, 0, :, :, 4] > 0).nonzero(as_tuple=True)
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == {(3, 2), (4, 2)}


def test_three_heads_share_the_objects():
    from e2tad.models.yolo import YOLOV5_ANCHORS

    loss = DetectorLoss((8, 16, 32), YOLOV5_ANCHORS, "C", DetectorLosses())
    heads = [torch.zeros(1, 3, 96 // s, 96 // s, 7, requires_grad=True) for s in (8, 16, 32)]
    loss(heads, targets([(0, 0, 48.0, 48.0, 60.0, 60.0), (0, 1, 20.0, 20.0, 9.0, 9.0)]))["box"].backward()
    assert [bool(head.grad.abs().max() > 0) for head in heads] == [True, True, True]
