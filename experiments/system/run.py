"""The whole system on simulated test clips: accuracy with everything on, one idea off, and on true tracks.

Clips are those of `e2tad simulate`; they are kept in the given folder and written where they are missing.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from e2tad import Pipeline, action, data, metric
from e2tad.sim import World
from e2tad.sim.clip import ClipOptions, save
from e2tad.tracks import make_tracks

# What differs from the defaults, and the paper's idea that is left out.
VARIANTS = {
    "everything": {},
    "without activity region": {"adaptive": {"crop_region": False}},
    "with zoom": {"adaptive": {"zoom": True}},
    "without collision inspection": {"adaptive": {"inspect_collisions": False}},
    "with zoom, without collision inspection": {"adaptive": {"zoom": True, "inspect_collisions": False}},
    "place_ratio 1": {"adaptive": {"place_ratio": 1}},
    "the paper's association": {
        "association": {"place_weight": 0, "learn_margin": 0, "look_ahead": False, "person_gate": 0.25}
    },
    "balls masked": {"reid": {"mask_balls": True}},
    "schedule frame": {"pipeline": {"schedule": "frame"}},
    "decoder morphological": {"action": {"decoder": "morphological", "theta": 10}},
}


def sampled(tracks, every):
    """The tracks' frames whose number `every` divides."""
    rows = tracks.frame % every == 0
    return make_tracks(tracks.frame[rows], tracks.object_class[rows], tracks.id[rows], tracks.box[rows])


def clip_of(clips, preset, seed, frames=None):
    """The path of a clip's files, up to their endings; the clip is written where it is missing."""
    folder = clips / f"{preset}_s{seed}_{frames or 'all'}"
    if not folder.exists():
        world = World(preset, seed, frames=frames, size=(960, 540))
        save(world, folder, ClipOptions(images_every=0, crops_every=0))
    return folder / f"{preset}_s{seed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, help="folder of the clips")
    parser.add_argument("--presets", nargs="+", default=["5p5b", "7p3b"])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(1000, 1005)))
    parser.add_argument("--frames", type=int, help="of a clip; by default the preset's own")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("-o", "--out", type=Path, required=True, help="JSON file")
    options = parser.parse_args()

    rows = []
    for preset in options.presets:
        for seed in options.seeds:
            stem = clip_of(options.clips, preset, seed, options.frames)
            init = data.load_init(Path(f"{stem}_init.csv"))
            labels = data.load_labels(Path(f"{stem}_action_noisy.csv"))
            for name in options.variants:
                run = Pipeline(VARIANTS[name]).run(f"{stem}.mp4", init)
                report = metric.accuracy(run.actions.rows(), labels)
                stages = {stage: cost["seconds"] for stage, cost in run.summary["stages"].items()}
                rows.append(
                    {"preset": preset, "seed": seed, "variant": name, "accuracy": report.accuracy}
                    | {"seconds": stages, "counts": run.summary["counts"], "peak_mb": _peak_mb(run)}
                )
                print(preset, seed, name, round(report.accuracy, 4), flush=True)
            truth = sampled(data.load_tracks(stem.parent / "gt_tracks"), 10)
            for decoder in ("hmm", "morphological"):
                decoded = action.decode(truth, {"decoder": decoder}, init.tracks((960, 540)))
                accuracy = metric.accuracy(decoded.rows(), labels).accuracy
                rows.append(
                    {"preset": preset, "seed": seed, "variant": f"true tracks, {decoder}"}
                    | {"accuracy": accuracy}
                )
    means: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(row["variant"] for row in rows):
        of_preset = [
            [row["accuracy"] for row in rows if row["variant"] == name and row["preset"] == preset]
            for preset in options.presets
        ]
        means[name] = {p: float(np.mean(a)) for p, a in zip(options.presets, of_preset, strict=True)}
        means[name]["mean"] = float(np.mean([np.mean(a) for a in of_preset]))
        for stage in ("detect", "embed"):
            spent = [row["seconds"][stage] for row in rows if row["variant"] == name and "seconds" in row]
            if spent:
                means[name][f"{stage}_seconds"] = float(np.sum(spent))
        print(f"{name:40}", {key: round(value, 4) for key, value in means[name].items()})
    options.out.write_text(json.dumps({"means": means, "runs": rows}, indent=1) + "\n")


def _peak_mb(run):
    return round(run.summary["memory"]["peak_bytes"] / 1e6)


if __name__ == "__main__":
    main()
