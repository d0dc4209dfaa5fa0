"""Memory doesn't grow with the video: experiments/memory on a small one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "experiments" / "memory" / "run.py"


@pytest.mark.slow
def test_ten_times_as_much_video_takes_the_same_memory(tmp_path):
    words = ["--frames", "60", "--size", "640", "360", "--loops", "3", "30", "-o", tmp_path / "m.json"]
    subprocess.run([sys.executable, RUN, *map(str, words)], check=True, capture_output=True, timeout=300)
    found = json.loads((tmp_path / "m.json").read_text())
    counts = [run["counts"] for run in found["runs"]]
    assert [c["sampled"] for c in counts] == [18, 180, 18, 180]
    assert all(c["persons"] > c["detected"] for c in counts)
    assert sorted(found["growth"]) == ["cached", "frame"]
    # A frame of the queue that stayed would be 691 kB, 112 MB in all.
    assert max(found["growth"].values()) < 1.1
