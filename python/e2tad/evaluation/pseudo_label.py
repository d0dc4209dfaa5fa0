"""A detector's boxes in a video as annotations to refine."""

import json
import os
from collections.abc import Callable
from typing import Any

from e2tad import InputError, _core
from e2tad.data.annotated import PERSON_AND_BALL, Annotation, coco_document
from e2tad.data.detection_samples import BALL
from e2tad.detect import Detections
from e2tad.evaluation.detection import detect
from e2tad.files import new_folder
from e2tad.geometry import circle_from_box
from e2tad.models.yolo import Detector
from e2tad.video import VideoReader


def _annotations(found: Detections, circles: bool, size: tuple[int, int]) -> list[tuple[Annotation, float]]:
    """With their scores, as far as they are in the picture: boxes end at the border, circles may cross it."""
    width, height = size
    out: list[tuple[Annotation, float]] = []
    for box, score, number in zip(found.boxes, found.scores.tolist(), found.classes.tolist(), strict=True):
        left, top, right, bottom = (float(value) for value in box)
        if circles and number == BALL:
            x, y, r = (float(value) for value in circle_from_box(box[None])[0])
            if 0 <= x <= width and 0 <= y <= height:
                out.append((Annotation("ball", (left, top, right, bottom), (x, y, r)), score))
            continue
        left, right = max(left, 0.0), min(right, float(width))
        top, bottom = max(top, 0.0), min(bottom, float(height))
        if left < right and top < bottom:
            out.append((Annotation(PERSON_AND_BALL[number], (left, top, right, bottom)), score))
    return out


def pseudo_label(
    net: Detector,
    video: str | os.PathLike[str],
    out: str | os.PathLike[str],
    input_px: int,
    *,
    every: int = 15,
    confidence: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Writes frames of a video with what a detector sees in them.

    Args:
        net: The detector, in evaluation mode.
        video: The file.
        out: A new or an empty folder. It gets `images/NNNNNN.jpg`, named by frame, and `annotations.json`:
            COCO, each annotation with its `score`, balls with `circle` where the detector has C-boxes.
        input_px: Pixels of the input's longer side.
        every: Frames whose number this divides.
        confidence: Lowest score; None: the detector's default.
        progress: Called with pictures done and pictures in all, as far as the video tells.

    Returns:
        `out`, `pictures`, `persons`, `balls`.

    Raises:
        InputError: If the video can't be read, or the folder isn't empty.
        OSError: If something can't be read or written.

    Source:
        Paper Sec. 4.1 (persons' boxes are refined pseudo labels, balls are labelled every 15 frames).
    """
    if every < 1:
        raise InputError(f"every: expected at least 1, got {every}")
    reader = VideoReader(video, every=every, rgb=True)
    total = -(-reader.info.frames // every)
    pictures: list[tuple[str, tuple[int, int], list[Annotation]]] = []
    scores: list[float] = []
    with new_folder(out) as part:
        (part / "images").mkdir()
        for frame in reader:
            height, width = frame.image.shape[:2]
            found = detect(net, frame.image, input_px, confidence, None)
            name = f"{frame.number:06d}.jpg"
            bgr = frame.image[..., ::-1].copy()
            (part / "images" / name).write_bytes(_core.encode_image(bgr, "jpg"))
            labels = _annotations(found, net.box_form == "C", (width, height))
            pictures.append((name, (width, height), [label for label, _ in labels]))
            scores += [score for _, score in labels]
            if progress:
                progress(len(pictures), max(total, len(pictures)))
        document = coco_document(pictures)
        for entry, value in zip(document["annotations"], scores, strict=True):
            entry["score"] = round(value, 4)
        (part / "annotations.json").write_text(json.dumps(document) + "\n")
    things = [thing.kind for _, _, objects in pictures for thing in objects]
    return {
        "out": str(out),
        "pictures": len(pictures),
        "persons": things.count("person"),
        "balls": things.count("ball"),
    }
