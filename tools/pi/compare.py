#!/usr/bin/env python3
"""The Pi program's answer and tracks beside this machine's: compare.py VIDEO INIT MODELS ACTIONS TRACKS.

Boxes may differ by a pixel: the two machines' colour conversion differs in the last bit.
"""

import json
import sys
from pathlib import Path

import numpy as np

from e2tad import Pipeline
from e2tad.data import motchallenge
from e2tad.data.files import load_init, load_labels


def main() -> None:
    """Compares; a difference ends it with a line that says which."""
    video, init, models, actions, tracks = map(Path, sys.argv[1:6])
    config = json.loads((models / "config.json").read_text())
    for section, name in (("detector", "detector.ptl"), ("reid", "reid.ptl")):
        # The one engine that both machines have.
        config.setdefault(section, {}).update(model=str(models / name), engine="qnnpack")
    run = Pipeline(config).run(str(video), load_init(init))
    here = run.tracks
    there = motchallenge.load(tracks, ball_class=2)
    frames, holders = run.answer()
    table = load_labels(actions)
    if table.frame.tolist() != frames.tolist() or table.person.tolist() != holders.tolist():
        sys.exit(
            f"{actions}: {table.person.tolist()} at {table.frame.tolist()}, "
            f"here {holders.tolist()} at {frames.tolist()}"
        )
    rows = [np.lexsort((t.id, t.object_class, t.frame)) for t in (here, there)]
    for name in ("frame", "object_class", "id"):
        if getattr(here, name)[rows[0]].tolist() != getattr(there, name)[rows[1]].tolist():
            sys.exit(f"{tracks}: column {name} differs")
    apart = float(np.abs(here.box[rows[0]] - there.box[rows[1]]).max(initial=0.0))
    if apart > 1.0:
        sys.exit(f"{tracks}: a box is {apart:.2f} pixels from this machine's")
    print(f"{len(frames)} rows and {len(here.box)} boxes as here, the farthest {apart:.3f} pixels apart")


if __name__ == "__main__":
    main()
