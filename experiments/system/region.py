"""Rules of region cropping on the detections of whole frames: pixels fed, and boxes that a region loses.

Clips are those of `run.py`; they are kept in the given folder and written where they are missing.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from run import clip_of

from e2tad.adapt import RegionCropper, RegionReason
from e2tad.nn import Detector
from e2tad.sim import World
from e2tad.sources import WEIGHTS
from e2tad.video import VideoReader

INPUT = 416

# What differs from the defaults.
RULES = {
    "the defaults": {},
    "memory 1": {"memory": 1, "search_every": 4},
    "memory 3": {"search_every": 4},
    "residual .2": {"memory": 1, "search_every": 4, "residual": 0.2},
    "memory 3, residual .15": {"residual": 0.15},
}


def replayed(frames, size, counts, config):
    """Share of the pixels fed, share of whole frames, and persons and balls that a region lost."""
    persons, balls = counts
    cropper = RegionCropper(*size, INPUT, persons=persons, balls=balls, config=config)
    fed, whole, lost = [], 0, np.zeros(2, int)
    for boxes, classes in frames:
        letterbox, reason = cropper.next()
        left, top, width, height = letterbox.region
        # A box that reaches over the region's border by a few pixels is still found.
        inside = np.ones(len(boxes), bool)
        if reason == RegionReason.CROPPED:
            low, high = np.array([left, top]) - 4, np.array([left + width, top + height]) + 4
            inside = (boxes[:, :2] >= low).all(1) & (boxes[:, 2:] <= high).all(1)
        fed.append(letterbox.width * letterbox.height)
        whole += reason != RegionReason.CROPPED
        lost += [np.sum(~inside & (classes == kind)) for kind in (0, 1)]
        cropper.update(boxes[inside], classes[inside])
    return np.mean(fed) / max(fed), whole / len(frames), lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, help="folder of the clips")
    parser.add_argument("--presets", nargs="+", default=["5p5b", "7p3b"])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(2000, 2003)))
    parser.add_argument("--frames", type=int, default=1859, help="of a clip")
    parser.add_argument("-o", "--out", type=Path, required=True, help="JSON file")
    options = parser.parse_args()

    detector = Detector(WEIGHTS / "detector.ptl", confidence=0.3)
    seen = {}
    for preset in options.presets:
        for seed in options.seeds:
            stem = clip_of(options.clips, preset, seed, options.frames)
            frames = []
            for frame in VideoReader(f"{stem}.mp4", every=10):
                found = detector(frame.image)
                frames.append((np.asarray(found.boxes), np.asarray(found.classes)))
            truth = World(preset, seed, frames=1).truth(0)
            seen[preset, seed] = (frames, (len(truth.person_id), len(truth.ball_id)))
            print(preset, seed, flush=True)
    result = {"boxes": [int(sum((c == k).sum() for f, _ in seen.values() for _, c in f)) for k in (0, 1)]}
    for name, config in RULES.items():
        rows = {key: replayed(frames, (960, 540), counts, config) for key, (frames, counts) in seen.items()}
        result[name] = {
            "pixels": {
                preset: float(np.mean([row[0] for (p, _), row in rows.items() if p == preset]))
                for preset in options.presets
            },
            "whole_frames": float(np.mean([row[1] for row in rows.values()])),
            "lost_persons": int(sum(row[2][0] for row in rows.values())),
            "lost_balls": int(sum(row[2][1] for row in rows.values())),
        }
        print(name, json.dumps(result[name]))
    options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
