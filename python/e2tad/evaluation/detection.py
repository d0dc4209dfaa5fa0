"""Detectors measured on sets: their boxes, average precision, precision and recall."""

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import nn

from e2tad import InputError
from e2tad._arrays import FloatArray
from e2tad.data.annotated import Picture
from e2tad.data.detection_samples import BALL, GREY, IGNORED, PERSON, Pixels, objects_of
from e2tad.detect import Detections, decode
from e2tad.geometry import iou, letterbox, transform_boxes
from e2tad.models.files import load_weights
from e2tad.models.yolo import Detector

CLASSES = ("person", "ball")
"""By their numbers."""

Progress = Callable[[int, int], None]

# Published AP counts all but hopeless boxes; suppression is looser than in use, as YOLOv5's is.
_CONFIDENCE = 0.001
_OVERLAP = 0.6
_MOST = 300
# The larger of these is beyond every area range of the protocol, which is how it is told to ignore a truth
# that is compared by IoU; `iscrowd` compares by the share of the detection.
_ANY_AREA = 1e10
_NO_AREA = 2e10


@dataclass(frozen=True)
class Truth:
    """What a picture shows; the columns have one length.

    Attributes:
        kind: `(N,)` int64: 0 person, 1 ball, 2 a region in which nothing is counted.
        box: `(N, 4)` float32 ltrb pixels; of balls the square round the whole circle.
        hidden: `(N,)` bool: balls that are too hidden to count; their `kind` is 2.
        labelled: Numbers of the classes that were annotated.
    """

    kind: npt.NDArray[np.int64]
    box: FloatArray
    hidden: npt.NDArray[np.bool_]
    labelled: tuple[int, ...]


def truth_of(picture: Picture) -> Truth:
    """The truth that detections are scored against.

    Args:
        picture: With its annotations.

    Returns:
        Its objects. Balls of which less than .3 is visible are `hidden`.

    Source:
        DESIGN, Models (both box forms are scored on the circle's square).
    """
    kind, box, _ = objects_of(picture)
    hidden = np.array([thing.kind == "ball" for thing in picture.objects], np.bool_) & (kind == IGNORED)
    labelled = tuple(number for number, name in enumerate(CLASSES) if name in picture.labelled)
    return Truth(kind, box, hidden, labelled)


def load_detector(path: str | Path) -> tuple[Detector, tuple[int, int]]:
    """Reads a detector.

    Args:
        path: `weights.pt` of a training.

    Returns:
        The network in evaluation mode, and `(height, width)` of its input in training.

    Raises:
        InputError: If the file isn't a detector; names it.
        OSError: If it can't be opened.

    Source:
        DESIGN, Command line: `e2tad eval detector --model`.
    """
    net, document = load_weights(path)
    if not isinstance(net, Detector):
        raise InputError(f"{path}: expected a detector, got {document['name']}")
    return net, document["input_size"]


def detect(
    net: Detector,
    pixels: Pixels,
    input_px: int,
    confidence: float | None = _CONFIDENCE,
    overlap: float | None = _OVERLAP,
) -> Detections:
    """What a detector sees in one picture.

    Args:
        net: The network, in evaluation mode.
        pixels: `(H, W, 3)` uint8, RGB.
        input_px: Pixels of the input's longer side.
        confidence: Lowest score; None: the detector's default.
        overlap: IoU above which the weaker of two detections of a class is dropped; None: the
            detector's default.

    Returns:
        Detections by falling score, boxes in pixels of the picture.

    Source:
        DESIGN, Models and Data flow (the whole frame, padded to multiples of 32).
    """
    height, width = pixels.shape[:2]
    fed = letterbox(width, height, input_px)
    left, top, wide, high = fed.content
    canvas = np.full((fed.height, fed.width, 3), GREY, np.uint8)
    canvas[top : top + high, left : left + wide] = _resized(pixels, (wide, high))
    device = next(net.parameters()).device
    x = torch.from_numpy(canvas).permute(2, 0, 1)[None].to(device).float() / 255
    with torch.no_grad():
        heads = net(x.contiguous(memory_format=torch.channels_last))
    found = decode(
        [head.float().cpu().numpy() for head in heads],
        net.strides,
        net.anchors,
        confidence=confidence,
        iou=overlap,
        max_detections=_MOST,
        circle_class=BALL if net.box_form == "C" else None,
    )
    return Detections(transform_boxes(fed.frame_from_input, found.boxes), found.scores, found.classes)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """By means over areas where it gets smaller."""
    smaller = size[0] < pixels.shape[1]
    how = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize(size, how))


def detect_all(
    net: Detector, pictures: Sequence[Picture], input_px: int, progress: Progress | None = None
) -> list[Detections]:
    """What a detector sees in each picture of a set.

    Args:
        net: The network; its mode is as before afterwards.
        pictures: The set.
        input_px: Pixels of the input's longer side.
        progress: Called with pictures done and pictures in all.

    Returns:
        Detections of each.

    Raises:
        InputError: If a picture can't be read; names it.
        OSError: If one can't be opened.

    Source:
        As `detect`.
    """
    training = net.training
    net.eval()
    found = []
    for picture in pictures:
        found.append(detect(net, np.ascontiguousarray(picture.read()[..., ::-1]), input_px))
        if progress:
            progress(len(found), len(pictures))
    net.train(training)
    return found


def score(truths: Sequence[Truth], detections: Sequence[Detections]) -> dict[str, Any]:
    """The field's measures of detections.

    Args:
        truths: One a picture.
        detections: One a picture, with all scores.

    Returns:
        For `person`, `ball` and `all` (their mean) a dict of `AP50`, `AP50_95`, and `precision` and `recall`
        at IoU .5 and at the one confidence of the best mean F1 (YOLOv5's way); None for a class without
        truth. `pictures`, `confidence`, and of each class `truths`. A picture counts for the classes that
        it was annotated for.

    Raises:
        ValueError: If the two differ in length.

    Source:
        Lin et al., ECCV 2014, through faster-coco-eval; DESIGN, Models (precision and recall are those at the
        confidence of the best F1).
    """
    if len(truths) != len(detections):
        raise ValueError(f"expected as many truths as detections, got {len(truths)} and {len(detections)}")
    precisions = average_precisions(truths, detections)
    curves = {c: _curve(truths, detections, c) for c in (PERSON, BALL) if precisions[c] is not None}
    best = _best_confidence(list(curves.values()))
    result: dict[str, Any] = {"pictures": len(truths), "confidence": None if best is None else round(best, 4)}
    for number, name in enumerate(CLASSES):
        values: dict[str, Any] | None = None
        ap = precisions[number]
        if ap is not None and best is not None:
            precision, recall = curves[number].at(best)
            values = {
                "AP50": ap[0],
                "AP50_95": ap[1],
                "precision": precision,
                "recall": recall,
                "truths": curves[number].truths,
            }
        result[name] = values
    known = [result[name] for name in CLASSES if result[name] is not None]
    keys = ("AP50", "AP50_95", "precision", "recall")
    result["all"] = {key: float(np.mean([k[key] for k in known])) for key in keys} if known else None
    return result


def coco_documents(
    truths: Sequence[Truth], detections: Sequence[Detections], number: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Truth and results of one class in the form of COCO's protocol.

    Args:
        truths: One a picture.
        detections: One a picture.
        number: The class.

    Returns:
        The document with `images`, `annotations`, `categories`, and the list of results, over the pictures
        that were annotated for the class.

    Source:
        Lin et al., ECCV 2014.
    """
    pictures = [i for i, truth in enumerate(truths) if number in truth.labelled]
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for i in pictures:
        truth, found = truths[i], detections[i]
        for kind, box, hidden in zip(truth.kind, truth.box, truth.hidden, strict=True):
            if kind not in (number, IGNORED) or (hidden and number != BALL):
                continue
            left, top, right, bottom = (float(value) for value in box)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": i + 1,
                    "category_id": number + 1,
                    "bbox": [left, top, right - left, bottom - top],
                    "area": _NO_AREA if hidden else (right - left) * (bottom - top),
                    "iscrowd": int(kind == IGNORED and not hidden),
                }
            )
        for box, value in zip(
            found.boxes[found.classes == number], found.scores[found.classes == number], strict=True
        ):
            left, top, right, bottom = (float(v) for v in box)
            results.append(
                {
                    "image_id": i + 1,
                    "category_id": number + 1,
                    "bbox": [left, top, right - left, bottom - top],
                    "score": float(value),
                }
            )
    document = {
        "info": {},
        "images": [{"id": i + 1} for i in pictures],
        "annotations": annotations,
        "categories": [{"id": number + 1, "name": CLASSES[number]}],
    }
    return document, results


def average_precisions(
    truths: Sequence[Truth], detections: Sequence[Detections]
) -> list[tuple[float, float] | None]:
    """AP at IoU .5 and its mean over .5 to .95.

    Args:
        truths: One a picture.
        detections: One a picture.

    Returns:
        `(AP50, AP50_95)` of each class; None for one without truth.

    Source:
        Lin et al., ECCV 2014; faster-coco-eval.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    out: list[tuple[float, float] | None] = []
    for number in range(len(CLASSES)):
        document, results = coco_documents(truths, detections, number)
        if not any(a["iscrowd"] == 0 and a["area"] < _ANY_AREA for a in document["annotations"]):
            out.append(None)
            continue
        if not results:
            out.append((0.0, 0.0))
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            gt = COCO(document)
            run = COCOeval_faster(gt, gt.loadRes(results), "bbox")
            run.params.maxDets = [1, 10, _MOST]
            run.evaluate()
            run.accumulate()
        # Thresholds, recalls, classes, areas, numbers of detections.
        precision = np.asarray(run.eval["precision"])[:, :, 0, 0, -1]
        out.append((float(precision[0].mean()), float(precision.mean())))
    return out


@dataclass(frozen=True)
class _Curve:
    """Detections of a class that count, by falling score, and which are right."""

    scores: FloatArray
    right: npt.NDArray[np.bool_]
    truths: int

    def at(self, confidence: float) -> tuple[float, float]:
        n = int((self.scores >= confidence).sum())
        right = int(self.right[:n].sum())
        return (right / n if n else 0.0), right / self.truths

    def f1(self, confidences: FloatArray) -> npt.NDArray[np.float64]:
        n = np.searchsorted(-self.scores, -confidences, side="right")
        right = np.concatenate([[0], np.cumsum(self.right)])[n]
        return np.asarray(2 * right / (n + self.truths))


def _best_confidence(curves: list[_Curve]) -> float | None:
    if not curves:
        return None
    confidences = np.unique(np.concatenate([curve.scores for curve in curves]))
    if len(confidences) == 0:
        return 0.0
    mean = np.mean([curve.f1(confidences) for curve in curves], axis=0)
    return float(confidences[int(mean.argmax())])


def _curve(truths: Sequence[Truth], detections: Sequence[Detections], number: int) -> _Curve:
    """Greedy matching at IoU .5, by falling score within a picture, as COCO's."""
    scores: list[float] = []
    right: list[bool] = []
    count = 0
    for truth, found in zip(truths, detections, strict=True):
        if number not in truth.labelled:
            continue
        own = truth.kind == number
        count += int(own.sum())
        spare = truth.hidden if number == BALL else np.zeros_like(own)
        region = (truth.kind == IGNORED) & ~truth.hidden
        mine = found.classes == number
        boxes = found.boxes[mine]
        overlap = iou(boxes, truth.box)
        taken = np.zeros(len(own), np.bool_)
        for i in np.argsort(-found.scores[mine], kind="stable"):
            free = np.where(own & ~taken, overlap[i], 0)
            if free.size and free.max() >= 0.5:
                taken[int(free.argmax())] = True
                scores.append(float(found.scores[mine][i]))
                right.append(True)
                continue
            left_over = np.where(spare & ~taken, overlap[i], 0)
            if left_over.size and left_over.max() >= 0.5:
                taken[int(left_over.argmax())] = True
                continue
            if _inside(boxes[i], truth.box[region]) >= 0.5:
                continue
            scores.append(float(found.scores[mine][i]))
            right.append(False)
    order = np.argsort(-np.array(scores), kind="stable")
    return _Curve(np.array(scores, np.float32)[order], np.array(right, np.bool_)[order], count)


def _inside(box: FloatArray, regions: FloatArray) -> float:
    """Largest share of a box that lies in one of the regions."""
    if len(regions) == 0:
        return 0.0
    low, high = np.maximum(box[:2], regions[:, :2]), np.minimum(box[2:], regions[:, 2:])
    area = float((box[2:] - box[:2]).prod())
    return float((high - low).clip(min=0).prod(1).max()) / max(area, 1e-9)


def evaluate(
    net: nn.Module, pictures: Sequence[Picture], input_px: int, progress: Progress | None = None
) -> dict[str, Any]:
    """Runs a detector over a set and scores it.

    Args:
        net: A detector.
        pictures: The set.
        input_px: Pixels of the input's longer side.
        progress: Called with pictures done and pictures in all.

    Returns:
        See `score`.

    Raises:
        InputError: If a picture can't be read; names it.
        OSError: If one can't be opened.

    Source:
        DESIGN, Command line: `e2tad eval detector`.
    """
    assert isinstance(net, Detector)
    return score([truth_of(picture) for picture in pictures], detect_all(net, pictures, input_px, progress))


def evaluate_file(
    model: str | Path, pictures: Sequence[Picture], input_px: int = 0, progress: Progress | None = None
) -> dict[str, Any]:
    """Runs a detector's model file over a set, by the C++ core, and scores it.

    Args:
        model: `.ptl` or `.torchscript`, with its card beside it.
        pictures: The set.
        input_px: Pixels of the input's longer side; 0: as the card says.
        progress: Called with pictures done and pictures in all.

    Returns:
        See `score`.

    Raises:
        InputError: If model or card can't be used, or a picture can't be read; names it.
        OSError: If one can't be opened.

    Source:
        DESIGN, Command line: `e2tad eval detector`.
    """
    # LibTorch's own copy of the networks is of use only here.
    from e2tad import nn as runtime

    detector = runtime.Detector(
        model, input=input_px, confidence=_CONFIDENCE, nms_iou=_OVERLAP, max_detections=_MOST
    )
    found = []
    for picture in pictures:
        found.append(detector(np.ascontiguousarray(picture.read())))
        if progress:
            progress(len(found), len(pictures))
    return score([truth_of(picture) for picture in pictures], found)
