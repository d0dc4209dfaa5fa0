"""Peak memory of a run by the length of its video: a simulated clip, looped without encoding it again.

    python experiments/memory/run.py -o experiments/memory/results.json

Each run is a process of its own, with the packaged networks.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from e2tad.sim import ClipOptions, World, save

RUN = """
import json, sys
from e2tad import Pipeline
video, init, schedule = sys.argv[1:]
run = Pipeline({"pipeline": {"schedule": schedule}}).run(video, init)
print(json.dumps({key: run.summary[key] for key in ("seconds", "memory", "counts")}))
"""


def looped(clip: Path, times: int) -> Path:
    """The clip so many times in a row."""
    path = clip.with_name(f"{times}.mp4")
    words = ["-stream_loop", str(times - 1), "-i", str(clip), "-c", "copy", str(path)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *words], check=True)
    return path


def measured(video: Path, init: Path, schedule: str) -> dict:
    """What a run of its own process says it took."""
    words = [sys.executable, "-c", RUN, str(video), str(init), schedule]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="5p2b")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=600, help="of the clip; 30 a second")
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080))
    parser.add_argument("--loops", type=int, nargs=2, default=(3, 30), help="of the short and the long video")
    parser.add_argument("--schedules", nargs="+", default=["cached", "frame"])
    parser.add_argument("-o", "--out", type=Path, required=True, help="JSON file")
    options = parser.parse_args()

    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clip"
        world = World(options.preset, options.seed, frames=options.frames, size=tuple(options.size))
        written = save(world, folder, ClipOptions(images_every=0, crops_every=0))
        init = folder / f"{written['name']}_init.csv"
        videos = [looped(folder / f"{written['name']}.mp4", times) for times in options.loops]
        for schedule in options.schedules:
            for times, video in zip(options.loops, videos, strict=True):
                found = measured(video, init, schedule)
                rows.append({"schedule": schedule, "video_seconds": times * options.frames / 30} | found)
                print(f"{schedule}: {times} times: {found['memory']['peak_bytes'] / 1e6:.1f} MB", flush=True)
    growth = {}
    for schedule in options.schedules:
        short, long = (row["memory"]["peak_bytes"] for row in rows if row["schedule"] == schedule)
        growth[schedule] = long / short
        print(f"{schedule}: the long video's peak is {long / short:.3f} times the short one's")
    document = {
        "clip": {"preset": options.preset, "seed": options.seed, "frames": options.frames},
        "size": list(options.size),
        "growth": growth,
        "runs": rows,
    }
    options.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
