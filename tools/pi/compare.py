#!/usr/bin/env python3
"""The Pi program's answer and tracks beside this machine's.

compare.py VIDEO INIT MODELS CONFIG ACTIONS [TRACKS]: the answer and the identities must be equal, and all but
a few boxes within a pixel. The two machines' colour conversion differs in the last bit, which now and then
tips another candidate of a person over the best one.
"""

import json
import sys
from pathlib import Path

import numpy as np

from e2tad import Pipeline, Tracks
from e2tad.data import motchallenge
from e2tad.data.files import load_init, load_labels

# Measured .95 on the test's clip (57 of 60 boxes; the farthest 1.7 pixels off).
NEAR = 0.9


def main() -> None:
    """Compares; a difference ends it with a line that says which."""
    video, init, models, config_file, actions, *tracks = map(Path, sys.argv[1:])
    config = json.loads(config_file.read_text())
    for section, name in (("detector", "detector.ptl"), ("reid", "reid.ptl")):
        # The one engine that both machines have.
        config.setdefault(section, {}).update(model=str(models / name), engine="qnnpack")
    run = Pipeline(config).run(str(video), load_init(init))
    frames, holders = run.answer()
    table = load_labels(actions)
    if table.frame.tolist() != frames.tolist() or table.person.tolist() != holders.tolist():
        sys.exit(
            f"{actions}: {table.person.tolist()} at {table.frame.tolist()}, "
            f"here {holders.tolist()} at {frames.tolist()}"
        )
    print(f"{len(frames)} rows as here")
    for path in tracks:
        compare_boxes(run.tracks, motchallenge.load(path), path)


def compare_boxes(here: Tracks, there: Tracks, path: Path) -> None:
    """Holds boxes with their identities against this machine's."""
    rows = [np.lexsort((t.id, t.object_class, t.frame)) for t in (here, there)]
    for name in ("frame", "object_class", "id"):
        if getattr(here, name)[rows[0]].tolist() != getattr(there, name)[rows[1]].tolist():
            sys.exit(f"{path}: column {name} differs")
    apart = np.abs(here.box[rows[0]] - there.box[rows[1]]).max(axis=1)
    near = float((apart <= 1.0).mean())
    print(f"{len(apart)} boxes as here, {near:.3f} within a pixel, the farthest {apart.max():.2f}")
    if near < NEAR:
        sys.exit(f"{path}: expected at least {NEAR} of the boxes within a pixel")


if __name__ == "__main__":
    main()
