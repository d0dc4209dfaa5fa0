"""A made-up set for trainings, their document, and how to kill one."""

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
