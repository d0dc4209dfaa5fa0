"""Pairwise IoU and suppression beside NumPy, OpenCV and onnxruntime."""

from collections.abc import Callable
from typing import Any

import numpy as np

from e2tad import geometry
from e2tad._arrays import FloatArray
from e2tad.bench.timing import BenchRow, compare, optional

_IOU = 0.5


def random_boxes(count: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Boxes of 20 to 100 pixels anywhere in a 1000x1000 frame, and scores.

    Args:
        count: N.
        seed: Of the random numbers.

    Returns:
        `(N, 4)` ltrb and `(N,)` scores, float32.

    Raises:
        ValueError: If the count is negative.

    Source:
        Own choice: few overlaps among 100, most among 10,000.
    """
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 1000, (count, 2))
    sizes = random.uniform(20, 100, (count, 2))
    boxes = np.concatenate([corners, corners + sizes], axis=1)
    return boxes.astype(np.float32), random.random(count).astype(np.float32)


def rows() -> list[BenchRow]:
    """Times of `geometry.iou` and `geometry.nms` beside their peers.

    Returns:
        A row a size and peer.

    Raises:
        ImportError: If a peer is installed but doesn't load.

    Source:
        PEERS: pairwise IoU; NMS, one class.
    """
    found: list[BenchRow] = []
    for count in (100, 1000):
        boxes, _ = random_boxes(count)
        found += compare(
            "pairwise IoU",
            f"{count}x{count}",
            lambda boxes=boxes: geometry.iou(boxes, boxes),  # type: ignore[misc]
            {"numpy by column": lambda boxes=boxes: _iou_by_column(boxes, boxes)},  # type: ignore[misc]
            goal=10,
        )
    for count in (100, 1000, 10_000):
        boxes, scores = random_boxes(count)
        found += compare(
            "NMS, one class",
            f"{count} boxes",
            lambda boxes=boxes, scores=scores: geometry.nms(boxes, scores, None, _IOU),  # type: ignore[misc]
            {
                "numpy": lambda boxes=boxes, scores=scores: _nms_by_numpy(boxes, scores),  # type: ignore[misc]
                "opencv": _opencv_nms(boxes, scores),
                "onnxruntime": _onnxruntime_nms(boxes, scores),
            },
            goal=5,
            rounds=15 if count < 10_000 else 3,
        )
    return found


def _iou_by_column(a: FloatArray, b: FloatArray) -> FloatArray:
    width = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0])
    height = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1])
    common = np.maximum(width, 0, out=width)
    common *= np.maximum(height, 0, out=height)
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    overlap: FloatArray = common / (area_a[:, None] + area_b - common)
    return overlap


def _nms_by_numpy(boxes: FloatArray, scores: FloatArray) -> list[int]:
    order = np.argsort(-scores, kind="stable")
    keep = []
    while len(order):
        keep.append(int(order[0]))
        overlap = _iou_by_column(boxes[order[:1]], boxes[order[1:]])[0]
        order = order[1:][overlap <= _IOU]
    return keep


def _opencv_nms(boxes: FloatArray, scores: FloatArray) -> Callable[[], object] | None:
    cv2 = optional("cv2")
    if cv2 is None:
        return None
    # Lists are what it takes fastest.
    corner_and_size = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).tolist()
    score_list = scores.tolist()
    return lambda: cv2.dnn.NMSBoxes(corner_and_size, score_list, 0.0, _IOU)


def _onnxruntime_nms(boxes: FloatArray, scores: FloatArray) -> Callable[[], object] | None:
    runtime: Any = optional("onnxruntime")
    onnx: Any = optional("onnx")
    if runtime is None or onnx is None:
        return None
    helper, number = onnx.helper, onnx.TensorProto
    names = ["boxes", "scores", "most", "iou"]
    graph = helper.make_graph(
        [helper.make_node("NonMaxSuppression", names, ["rows"])],
        "nms",
        [
            helper.make_tensor_value_info("boxes", number.FLOAT, [1, None, 4]),
            helper.make_tensor_value_info("scores", number.FLOAT, [1, 1, None]),
        ],
        [helper.make_tensor_value_info("rows", number.INT64, [None, 3])],
        [
            helper.make_tensor("most", number.INT64, [1], [len(boxes)]),
            helper.make_tensor("iou", number.FLOAT, [1], [_IOU]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feed = {"boxes": boxes[None], "scores": scores[None, None]}
    return lambda: session.run(None, feed)
