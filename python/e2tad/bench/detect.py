"""Decoding of a raw head beside the published arithmetic in NumPy and torch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from e2tad import detect
from e2tad._arrays import FloatArray
from e2tad.bench.timing import BenchRow, compare, optional

_STRIDE = 16.0
_ANCHORS = ((14.3, 14.4), (37.1, 68.6), (94.4, 158.8))
_CONFIDENCE, _IOU = 0.4, 0.5


def rows() -> list[BenchRow]:
    """Times of `detect.decode` on the winners' head, with suppression, beside its peers.

    Returns:
        A row a peer.

    Raises:
        ImportError: If a peer is installed but doesn't load.

    Source:
        PEERS: head decode + NMS.
    """
    head = _head()
    kept = len(detect.decode([head], [_STRIDE], [_ANCHORS], confidence=_CONFIDENCE, iou=_IOU))
    cv2: Any = optional("cv2")
    torch: Any = optional("torch")
    peers: dict[str, Callable[[], object] | None] = {
        "numpy + opencv": None if cv2 is None else lambda: _by_numpy(head, cv2),
        "torch + opencv": None if cv2 is None or torch is None else _torch_peer(head, torch, cv2),
    }
    return compare(
        "head decode + NMS",
        f"(1,3,26,26,7), {kept} kept",
        lambda: detect.decode([head], [_STRIDE], [_ANCHORS], confidence=_CONFIDENCE, iou=_IOU),
        peers,
        goal=10,
    )


def _head() -> FloatArray:
    """Logits of a frame: 40 objects, each seen by a few neighbouring cells, over a quiet background."""
    random = np.random.default_rng(0)
    head = random.normal(0, 1, (1, 3, 26, 26, 7)).astype(np.float32)
    head[..., 4] -= 6
    cells = random.permutation(13 * 13)[:40]
    for cell in cells:
        y, x = 2 * (cell // 13), 2 * (cell % 13)
        for other in (x, x + 1):
            head[0, 0, y, other, :5] = (0.0, 0.0, 0.0, 0.0, 4.0)
            head[0, 0, y, other, 5 + cell % 2] = 5.0
        head[0, 0, y, x + 1, 0] = -4.0
    return head


def _suppress(boxes: FloatArray, scores: FloatArray, classes: Any, cv2: Any) -> Any:
    # Classes apart by an offset, as the published program does it.
    moved = boxes.copy()
    moved[:, :2] += 4096.0 * classes[:, None]
    return cv2.dnn.NMSBoxes(moved.tolist(), scores.tolist(), _CONFIDENCE, _IOU)


def _by_numpy(head: FloatArray, cv2: Any) -> Any:
    prediction = 1 / (1 + np.exp(-head[0]))
    ys, xs = np.mgrid[: head.shape[2], : head.shape[3]]
    centers = (2 * prediction[..., :2] - 0.5 + np.stack([xs, ys], axis=-1)) * _STRIDE
    sizes = (2 * prediction[..., 2:4]) ** 2 * np.asarray(_ANCHORS, np.float32)[:, None, None]
    likely = prediction[..., 4] > _CONFIDENCE
    products = prediction[likely, 4:5] * prediction[likely, 5:]
    boxes = np.concatenate([centers[likely] - sizes[likely] / 2, sizes[likely]], axis=1)
    return _suppress(boxes.astype(np.float32), products.max(axis=1), products.argmax(axis=1), cv2)


def _torch_peer(head: FloatArray, torch: Any, cv2: Any) -> Callable[[], object]:
    logits = torch.from_numpy(head)
    ys, xs = torch.meshgrid(torch.arange(26), torch.arange(26), indexing="ij")
    grid = torch.stack([xs, ys], dim=-1).float()
    anchors = torch.tensor(_ANCHORS)[:, None, None]

    def run() -> Any:
        prediction = logits[0].sigmoid()
        prediction[..., :2] = (2 * prediction[..., :2] - 0.5 + grid) * _STRIDE
        prediction[..., 2:4] = (2 * prediction[..., 2:4]) ** 2 * anchors
        flat = prediction.reshape(-1, 7)
        flat = flat[flat[:, 4] > _CONFIDENCE]
        scores, classes = (flat[:, 4:5] * flat[:, 5:]).max(dim=1)
        boxes = torch.cat([flat[:, :2] - flat[:, 2:4] / 2, flat[:, 2:4]], dim=1)
        return _suppress(boxes.numpy(), scores.numpy(), classes.numpy(), cv2)

    return run
