"""Made-up sets for trainings, their document, and how to kill one."""

import json

import numpy as np
from lightning.pytorch.callbacks import Callback
from PIL import Image


def make_set(root, persons=6, cameras=2, shots=2):
    random = np.random.default_rng(0)
    folder = root / "bounding_box_train"
    folder.mkdir(parents=True)
    for person in range(1, persons + 1):
        colour = random.integers(0, 256, 3)
        for camera in range(1, cameras + 1):
            for shot in range(shots):
                pixels = np.clip(colour + random.integers(-30, 31, (32, 32, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{person:04d}_c{camera}s1_{shot:06d}_00.jpg")
    return root


BALL_COLOURS = {"red": (200, 30, 20), "blue": (20, 40, 190), "white": (230, 230, 220)}


def make_clips(root, clips=2, persons=3, views=2, shots=2, size=(64, 32)):
    """Crops as `e2tad simulate` names them; each clip has its balls in another order."""
    random = np.random.default_rng(0)
    for seed in range(clips):
        folder = root / f"5p4b_s{seed}"
        names = np.roll(list(BALL_COLOURS), seed).tolist()
        balls = {persons + 1 + i: name for i, name in enumerate(names)}
        for kind in ("person", "ball"):
            (folder / "reid" / kind).mkdir(parents=True)
        (folder / "clip.json").write_text(
            json.dumps({"preset": "5p4b", "seed": seed, "balls": {str(k): v for k, v in balls.items()}})
        )
        looks = {i: random.integers(0, 256, 3) for i in range(1, persons + 1)}
        for i, colour in {**looks, **{k: BALL_COLOURS[v] for k, v in balls.items()}}.items():
            kind, height = ("ball", 64) if i in balls else ("person", size[0])
            width = 64 if i in balls else size[1]
            for view in range(1, views + 1):
                for shot in range(shots):
                    noise = random.integers(-20, 21, (height, width, 3))
                    pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
                    name = f"{2000 + 10 * seed + i:04d}_c{view}s1_{shot:06d}_00.jpg"
                    Image.fromarray(pixels).save(folder / "reid" / kind / name)
    return root


def document_with_balls(root, **train):
    """Persons and balls of clips that are tested on themselves."""
    source = {"set": "simulated", "root": str(root)}
    run = document(root, **{"balls": {"share": 0.5, "per_batch": 3, "crops": 2}, **train})
    run["data"] |= {
        "train": [source],
        "balls": [source],
        "test": {**source, "protocol": "one-query"},
        "test_balls": {**source, "protocol": "one-query"},
    }
    return run


def document(root, **train):
    source = {"set": "market1501", "root": str(root)}
    return {
        "data": {
            "train": [{**source, "identities": [0, 4]}],
            "test": {**source, "part": "train", "identities": [4, None], "protocol": "one-query"},
            "height_px": 32,
            "width_px": 32,
        },
        "model": {"width": 2, "neck": True},
        "train": {
            "epochs": 2,
            "persons_per_batch": 2,
            "crops_per_person": 3,
            "warmup_epochs": 0.5,
            "average_decay": 0.5,
            "checkpoint_steps": 1,
            "accelerator": "cpu",
            "threads": 1,
            "losses": {"view": 0.1, "view_ramp_epochs": 1},
            **train,
        },
    }


class KilledError(Exception):
    pass


class KillAfter(Callback):
    def __init__(self, steps):
        self.steps = steps

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if trainer.global_step == self.steps:
            raise KilledError
