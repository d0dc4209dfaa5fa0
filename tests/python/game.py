"""A small game of tracks by hand: two persons, one ball that goes from 1 to 2 and back, and its labels."""

import json
from pathlib import Path

PERSONS = {1: (100, 100, 200, 400), 2: (700, 100, 800, 400)}
LABELS = "frame,5_red\n0,1\n61,2\n141,1\n"


def ball_x(frame: int) -> float:
    """Held by 1 until frame 40, by 2 from 60 to 120, by 1 from 140 on."""
    for first, last, start, end in ((40, 60, 150, 750), (120, 140, 750, 150)):
        if first <= frame <= last:
            return start + (end - start) * (frame - first) / (last - first)
    return 750 if 60 < frame < 120 else 150


def write_game(folder: Path) -> tuple[Path, Path, Path]:
    """Writes tracks, init.csv and labels of 200 frames of 1920x1080; gives their paths."""
    tracks = folder / "clip" / "gt_tracks"
    tracks.mkdir(parents=True)
    init = ["Frame,Class,ID,X,Y,Width,Height"]
    for frame in range(200):
        x = ball_x(frame)
        boxes = [("person", i, b) for i, b in PERSONS.items()] + [("ball", 5, (x - 10, 240, x + 10, 260))]
        entries = [
            {"class": kind, "id": number, "bounding box (ltrb)": list(box)} for kind, number, box in boxes
        ]
        (tracks / f"{frame:06d}.json").write_text(json.dumps(entries))
        if frame <= 10:
            for kind, number, (left, top, right, bottom) in boxes:
                shares = (
                    (left + right) / 2 / 1920,
                    (top + bottom) / 2 / 1080,
                    (right - left) / 1920,
                    (bottom - top) / 1080,
                )
                init.append(
                    ",".join(
                        [str(frame), str(int(kind == "ball")), str(number), *(f"{s:.6f}" for s in shares)]
                    )
                )
    (folder / "clip_init.csv").write_text("\n".join(init) + "\n")
    (folder / "clip_action_noisy.csv").write_text(LABELS)
    return tracks, folder / "clip_init.csv", folder / "clip_action_noisy.csv"
