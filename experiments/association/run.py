"""How many boxes of simulated clips get the right identity from features and the association alone.

The boxes are the true ones and are embedded by the core from pictures of 960x540, the pipeline's queue; the
gallery is seeded by the clip's init. So what goes wrong here is the features' or the association's doing.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from e2tad.associate import Associator, gallery_distance
from e2tad.nn import Embedder
from e2tad.sim import World

SIZE = (960, 540)
KINDS = ("person", "ball")


def clip_features(preset, seed, embedder, every):
    """Features of every sampled frame's true boxes and of the init's: frame, class, id, visible share."""
    world = World(preset, seed, size=SIZE)
    init = world.init().tracks(SIZE)
    frames = sorted({*range(0, world.frames, every), *init.frame.tolist()})
    sampled, seeds = {}, {}
    for frame in frames:
        picture = world.render(frame)
        if frame % every == 0:
            truth = world.truth(frame)
            circles = truth.ball_circle
            squares = np.concatenate(
                [circles[:, :2] - circles[:, 2:], circles[:, :2] + circles[:, 2:]], axis=1
            )
            boxes = np.concatenate([truth.person_box, squares]).astype(np.float32)
            classes = np.repeat(np.int32([0, 1]), [len(truth.person_id), len(truth.ball_id)])
            visible = np.concatenate([truth.person_visible, truth.ball_visible])
            # What is hidden gives no box in a real run either.
            seen = visible >= 0.3
            ids = np.concatenate([truth.person_id, truth.ball_id])[seen]
            sampled[frame] = (
                classes[seen],
                ids,
                visible[seen],
                embedder(picture, boxes[seen], classes[seen]),
            )
        rows = init.frame == frame
        if rows.any():
            classes = init.object_class[rows].astype(np.int32)
            seeds[frame] = (classes, init.id[rows], embedder(picture, init.box[rows], classes))
    return sampled, seeds


def associate(sampled, seeds, config, before=False):
    """Truth beside answer: rows of class, id, given id, visible share; seeded frames are left out.

    With `before`, the middle's seeds are known from the start too.
    """
    associator = Associator(config)
    rows = []
    if before:
        for classes, ids, features in seeds.values():
            associator.seed(0, classes, ids, features)
    for frame in sorted({*sampled, *seeds}):
        if frame in seeds:
            if before:
                continue
            classes, ids, features = seeds[frame]
            associator.seed(frame, classes, ids, features)
        elif frame in sampled:
            classes, ids, visible, features = sampled[frame]
            given = associator.step(frame, classes, features)
            rows += list(zip(classes.tolist(), ids.tolist(), given.tolist(), visible.tolist(), strict=True))
    return rows


def share(rows):
    """Counts of right, wrong and no identity."""
    found = Counter("right" if i == g else "none" if g < 0 else "wrong" for _, i, g, _ in rows)
    n = max(1, len(rows))
    return {"boxes": len(rows), **{key: round(found[key] / n, 4) for key in ("right", "wrong", "none")}}


def failures(rows):
    """Shares, who is taken for whom, and who is not known, by how often."""
    confused = Counter((i, g) for _, i, g, _ in rows if g >= 0 and g != i)
    unknown = Counter(i for _, i, g, _ in rows if g < 0)
    return share(rows) | {
        "mostly_visible": share([row for row in rows if row[3] >= 0.7]),
        "confused": [[*pair, n] for pair, n in confused.most_common(4)],
        "unknown": [list(pair) for pair in unknown.most_common(4)],
    }


def distances(sampled, seeds):
    """Smallest cosine distance to the seeds of the right identity, and of the nearest other one."""
    out = {}
    for cls, kind in enumerate(KINDS):
        ids = np.concatenate([s[1][s[0] == cls] for s in seeds.values()])
        features = np.concatenate([s[2][s[0] == cls] for s in seeds.values()])
        own, other = [], []
        known = np.unique(ids)
        for classes, of, _, queries in sampled.values():
            queries, of = queries[classes == cls], of[classes == cls]
            if not len(queries) or len(known) < 1:
                continue
            table = np.concatenate(
                [gallery_distance(queries, features[ids == i][None]) for i in known], axis=1
            )
            mine = known[None] == of[:, None]
            own += table[mine].tolist()
            if len(known) > 1:
                other += np.where(mine, np.inf, table).min(axis=1).tolist()
        for name, values in (("own", own), ("nearest_other", other)):
            if values:
                quantiles = np.quantile(values, [0.05, 0.5, 0.95]).round(3).tolist()
                out.setdefault(kind, {})[name] = quantiles
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--presets", nargs="+", default=["5p5b", "7p3b"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1000, 1001])
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--gates", nargs="+", type=float, default=[0.15, 0.25, 0.35, 0.5])
    parser.add_argument("--no-mask", action="store_true", help="Show all of a ball's crop, not its circle.")
    parser.add_argument("-o", "--out", type=Path)
    args = parser.parse_args()
    embedder = Embedder(args.model, mask_balls=not args.no_mask, threads=1)
    report = {
        "masked": not args.no_mask,
        "every": args.every,
        "clips": {},
        "gates": {},
        "all_seeds_first": {},
    }
    features = {
        f"{preset}_s{seed}": clip_features(preset, seed, embedder, args.every)
        for preset in args.presets
        for seed in args.seeds
    }
    for gate in args.gates:
        for key, before in (("gates", False), ("all_seeds_first", True)):
            per_clip = {name: associate(*both, {"gate": gate}, before) for name, both in features.items()}
            table = report[key].setdefault(f"{gate:g}", {})
            for preset in args.presets:
                rows = [row for name in per_clip if name.startswith(preset) for row in per_clip[name]]
                table[preset] = {
                    kind: share([row for row in rows if row[0] == cls]) for cls, kind in enumerate(KINDS)
                }
            if gate == 0.25 and not before:
                for name, rows in per_clip.items():
                    report["clips"][name] = {
                        kind: failures([row for row in rows if row[0] == cls])
                        for cls, kind in enumerate(KINDS)
                    }
    for name, both in features.items():
        report["clips"].setdefault(name, {})["distances"] = distances(*both)
    text = json.dumps(report, indent=2) + "\n"
    if args.out:
        args.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
