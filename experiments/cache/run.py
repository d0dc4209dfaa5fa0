"""Cache misses of both schedules, by stage, at the sizes of a Raspberry Pi 3B+: L1 of 32 KB, L2 of 512 KB.

    python experiments/cache/run.py build/release/cpp/apps/e2tad-pi -o experiments/cache/results.json

Runs e2tad-pi with the packaged networks on a short simulated clip under Callgrind, whose cache simulator is
Cachegrind's; it also keeps who called whom, so that a stage has the misses of the libraries it calls. A run
takes some minutes. Identities are known at frame 0 alone, so that the networks have work from frame 1, and
adaptive inference is off, so that they see whole frames and all crops.
"""

import argparse
import json
import re
import subprocess
import zipfile
from collections import defaultdict
from pathlib import Path

from e2tad import data
from e2tad.sim import ClipOptions, World, save
from e2tad.sources import WEIGHTS

LINE = 64
CACHES = {"I1": "32768,2,64", "D1": "32768,4,64", "LL": "524288,16,64"}

# A stage is what is called through one of these.
STAGES = {
    "decode": "e2tad::video::VideoReader::next(",
    "of it, colours and scale": "e2tad::video::FrameConverter::convert(",
    "detect": "e2tad::nn_torch::TorchDetector::detect(",
    "crop": "e2tad::reid::cut_crop(",
    "embed": "e2tad::nn_torch::TorchEmbedder::embed(",
    "associate": "e2tad::associate::Associator::",
    "action": "e2tad::action::decode(",
}
WHOLE = "whole program, its start included"

RUNS = {
    "frame": {"schedule": "frame"},
    "cached": {"schedule": "cached"},
    "cached, one crop at a time": {"schedule": "cached", "batch": 1},
}


def measure(program: Path, clip: Path, settings: dict, work: Path) -> tuple[Path, dict]:
    """Runs the program under Callgrind, unless `work` holds what it gave; its file and the run's summary."""
    work.mkdir(parents=True, exist_ok=True)
    out, summary = work / "callgrind.out", work / "summary.json"
    if not summary.exists():
        document = {"pipeline": {"every": settings["every"], "schedule": settings["schedule"]}}
        document["ablation"] = {"AdpInf": False}
        for section in ("detector", "reid"):
            document[section] = {"model": str(WEIGHTS / f"{section}.ptl"), "engine": "qnnpack"}
        document["reid"]["batch"] = settings.get("batch", 32)
        (work / "config.json").write_text(json.dumps(document))
        caches = [f"--{name}={sizes}" for name, sizes in CACHES.items()]
        valgrind = ["valgrind", "--tool=callgrind", "--cache-sim=yes", *caches]
        init = work / "init.csv"
        data.write_init(start_of(data.load_init(f"{str(clip)[:-4]}_init.csv")), init)
        words = [str(clip), str(init), str(work / "actions.csv")]
        words += ["--config", str(work / "config.json"), "--threads", "1", "--summary", str(summary)]
        subprocess.run([*valgrind, f"--callgrind-out-file={out}", str(program), *words], check=True)
    return out, json.loads(summary.read_text())


def start_of(init: data.Init) -> data.Init:
    """The rows of frame 0."""
    first = init.frame == 0
    return data.Init(init.frame[first], init.object_class[first], init.id[first], init.share[first])


def stage_of(function: str) -> str | None:
    """The stage that a function begins."""
    return next((stage for stage, start in STAGES.items() if function.startswith(start)), None)


def costs(path: Path) -> dict[str, dict[str, int]]:
    """What Callgrind counted, by stage with all that it calls, by library, and in all.

    Source: Valgrind's manual, Callgrind Format Specification.
    """
    names: dict[str, dict[str, str]] = {"fn": {}, "ob": {}}
    events: list[str] = []
    totals: dict[str, list[int]] = defaultdict(lambda: [0] * len(events))
    function = library = called = ""
    is_call = False
    for line in path.read_text(errors="replace").splitlines():
        if match := re.match(r"(c?)(fn|ob)=\((\d+)\)(?: (.*))?$", line):
            by_caller, kind, number, text = match.groups()
            known = names[kind]
            if text:
                known[number] = text
            if kind == "fn":
                if by_caller:
                    called = known[number]
                else:
                    function = known[number]
            elif not by_caller:
                library = known[number]
        elif line.startswith("events:"):
            events = line.split()[1:]
        elif line.startswith("calls="):
            is_call = True
        elif re.match(r"[\d+*-]", line) and events:
            values = [int(value) for value in line.split()[1:]]
            values += [0] * (len(events) - len(values))
            # The line after calls= has what the called function took, with all that it called.
            stage = stage_of(called) if is_call else None
            keys = [WHOLE, f"library {group(library)}"] if not is_call else []
            if stage is not None and stage != stage_of(function):
                keys = [f"stage {stage}"]
            for key in keys:
                totals[key] = [a + b for a, b in zip(totals[key], values, strict=True)]
            is_call = False
    return {key: dict(zip(events, values, strict=True)) for key, values in totals.items()}


def group(library: str) -> str:
    """Libraries under the name of what they do."""
    name = Path(library).name
    for kind, pattern in {
        "FFmpeg": r"libav|libsw|libx26|libdav1d",
        "LibTorch": r"libtorch|libc10|libgomp",
        "OpenCV": r"libopencv",
        "e2tad": r"e2tad",
        "C and C++ libraries": r"libc\.|libc-|libm|libstdc|ld-linux|libpthread|libgcc",
    }.items():
        if re.match(pattern, name):
            return kind
    return "others"


def table(counted: dict[str, dict[str, int]], summary: dict) -> dict[str, dict]:
    """The numbers to report of each stage, library, and the whole."""
    items = {stage: cost["items"] for stage, cost in summary["stages"].items()}
    out = {}
    for key, c in sorted(counted.items()):
        first = c["I1mr"] + c["D1mr"] + c["D1mw"]
        last = c["ILmr"] + c["DLmr"] + c["DLmw"]
        row = {
            "instructions": c["Ir"],
            "accesses": c["Dr"] + c["Dw"],
            "l1_misses": first,
            "l2_misses": last,
            "l2_bytes": first * LINE,
            "memory_bytes": last * LINE,
        }
        name = key.removeprefix("stage ")
        if items.get(name):
            row["items"] = items[name]
            row["memory_bytes_per_item"] = round(last * LINE / items[name])
        out[key] = row
    return out


def weights(model: Path) -> dict[str, int]:
    """Bytes of the numbers in a model file: of all, and of the largest array, a layer's filters."""
    with zipfile.ZipFile(model) as file:
        sizes = [entry.file_size for entry in file.infolist() if "/constants/" in entry.filename]
    return {"bytes": sum(sizes), "largest_layer_bytes": max(sizes)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="e2tad-pi")
    parser.add_argument("--preset", default="5p2b")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080))
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--work", type=Path, default=Path("out/cache"), help="kept: clip, Callgrind's files")
    parser.add_argument("-o", "--out", type=Path, required=True, help="JSON file")
    options = parser.parse_args()

    name = f"{options.preset}_s{options.seed}"
    clip = options.work / f"clip_{options.frames}_{options.size[0]}" / f"{name}.mp4"
    if not clip.exists():
        world = World(options.preset, options.seed, frames=options.frames, size=tuple(options.size))
        save(world, clip.parent, ClipOptions(images_every=0, crops_every=0))
    runs = {}
    for run in options.runs:
        settings = RUNS[run] | {"every": options.every}
        folder = options.work / f"{re.sub('[^a-z]+', '_', run)}_{options.frames}_{options.size[0]}"
        out, summary = measure(options.program.resolve(), clip, settings, folder)
        runs[run] = {"counts": summary["counts"], "costs": table(costs(out), summary)}
        for key, row in runs[run]["costs"].items():
            print(f"{run:28} {key:36} {row['l2_bytes'] / 1e6:9.1f} {row['memory_bytes'] / 1e6:9.1f} MB")
    document = {
        "caches": CACHES,
        "clip": {"name": name, "frames": options.frames, "size": list(options.size), "every": options.every},
        "weights": {section: weights(WEIGHTS / f"{section}.ptl") for section in ("detector", "reid")},
        "runs": runs,
    }
    options.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
