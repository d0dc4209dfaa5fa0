"""Training the ReID network: PK batches, triplets, identities, and the game against the view classifier."""

import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch.callbacks import Callback
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchEasyHardMiner, BatchHardMiner
from torch import Tensor, nn

from e2tad import InputError
from e2tad.data.annotated import open_pictures
from e2tad.data.pictures import read_crops
from e2tad.data.reid import ReidCrops, load, mix
from e2tad.evaluation.embed import embed_crops, normalise
from e2tad.evaluation.reid import protocol_crops, retrieve
from e2tad.files import replacing
from e2tad.models.files import save_weights
from e2tad.models.reid import IdentityClassifier, ReidNetwork, ViewClassifier
from e2tad.models.sizes import count_parameters
from e2tad.settings import expand_path
from e2tad.synth.batch import cut_donors
from e2tad.training.finetune import Kept, Start
from e2tad.training.loop import AveragedTraining, StepBatches, run_training
from e2tad.training.reid_augment import Donors, augment
from e2tad.training.reid_settings import ReidLosses, ReidSource, ReidTest, ReidTraining


class PkBatches:
    """Batches of P persons with K crops each, augmented; functions of the seed, the step and the device.

    Args:
        pixels: `(N, H, W, 3)` uint8, all crops.
        identity: `(N,)` whole numbers from 0.
        camera: `(N,)` whole numbers from 0.
        settings: The training.
        donors: Persons who stand in front of others, `(image, mask)` each, RGB.

    Raises:
        InputError: If there are fewer persons than P.

    Source:
        Hermans et al., arXiv:1703.07737, Sec. 2 (PK sampling).
    """

    def __init__(
        self,
        pixels: npt.NDArray[np.uint8],
        identity: npt.NDArray[np.int32],
        camera: npt.NDArray[np.int32],
        settings: ReidTraining,
        donors: Donors = (),
    ) -> None:
        self._pixels = pixels
        self._donors = donors
        self._identity = identity
        self._camera = camera
        self._settings = settings
        self._crops_of = [np.flatnonzero(identity == person) for person in range(int(identity.max()) + 1)]
        train = settings.train
        if len(self._crops_of) < train.persons_per_batch:
            raise InputError(
                f"/train/persons_per_batch: {train.persons_per_batch} persons a batch, "
                f"but the data has {len(self._crops_of)}"
            )
        size = train.persons_per_batch * train.crops_per_person
        self.steps_per_epoch = -(-len(pixels) // size)

    def indices(self, step: int, device: int = 0) -> npt.NDArray[np.intp]:
        """Which crops a step's batch holds.

        Args:
            step: Counted from 0 over the run.
            device: Number of the device; each has other batches.

        Returns:
            `(P * K,)` indices, K after K; a person with fewer than K crops has some twice.

        Source:
            As the class.
        """
        return self._draw(self._random(step, device))

    def __call__(self, step: int, device: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """The batch of a step: crops `(P K, 3, H, W)`, identities and cameras `(P K,)`."""
        random = self._random(step, device)
        chosen = self._draw(random)
        crops = augment(self._pixels[chosen], self._settings.train.augment, random, self._donors)
        return (
            normalise(crops),
            torch.from_numpy(self._identity[chosen]).long(),
            torch.from_numpy(self._camera[chosen]).long(),
        )

    def _random(self, step: int, device: int) -> np.random.Generator:
        return np.random.default_rng([self._settings.seed, step, device])

    def _draw(self, random: np.random.Generator) -> npt.NDArray[np.intp]:
        train = self._settings.train
        persons = random.choice(len(self._crops_of), train.persons_per_batch, replace=False)
        chosen = []
        for person in persons:
            own = self._crops_of[person]
            shuffled = random.permutation(own)
            chosen.append(np.resize(shuffled, train.crops_per_person))
        return np.concatenate(chosen)


class ReidModule(AveragedTraining):
    """The embedder with its losses.

    Args:
        settings: The training.
        batches: Its batches.
        persons: Identities in the training data.
        views: Cameras in the training data.
        measure: Gives `mAP`, `R1` and `R5` of a network on the test data; None without any.

    Source:
        Paper Sec. 3.3 and Figure 6; Luo et al., arXiv:1903.07071 (neck, label smoothing).
    """

    def __init__(
        self,
        settings: ReidTraining,
        batches: PkBatches,
        persons: int,
        views: int,
        measure: Callable[[nn.Module], dict[str, float | int]] | None = None,
        start: Start | None = None,
    ) -> None:
        model = settings.model
        net = cast(ReidNetwork, start.net).train() if start else ReidNetwork(**model.model_dump())
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        super().__init__(net, settings.train, batches.steps_per_epoch)
        self._start = start
        self._options = model.model_dump(mode="json")
        self.losses: ReidLosses = settings.train.losses
        self.identities = IdentityClassifier(net.embedding, persons)
        self.views = ViewClassifier(net.embedding, views) if self.losses.view > 0 else None
        distance = LpDistance(normalize_embeddings=not model.neck)
        self._triplet = TripletMarginLoss(
            margin=self.losses.margin, smooth_loss=self.losses.soft_margin, distance=distance
        )
        self._miner: nn.Module | None = None
        if self.losses.mining == "hard":
            self._miner = BatchHardMiner(distance=distance)
        elif self.losses.mining == "semihard":
            self._miner = BatchEasyHardMiner("hard", "semihard", distance=distance)
        self._identity = nn.CrossEntropyLoss(label_smoothing=self.losses.label_smoothing)
        self._batches = batches
        self._measure = measure

    def finished(self) -> Kept:
        """The network as the run would leave it behind now."""
        if self._start is not None:
            return self._start.keep(self.kept())
        return Kept(self.kept(), self._options)

    def train_dataloader(self) -> StepBatches:
        """Batches by step."""
        return StepBatches(
            lambda step: self._batches(step, self.global_rank),
            self._batches.steps_per_epoch,
            lambda: self.global_step,
        )

    def view_weight(self, step: int) -> float:
        """Lambda at a step: it grows along a line over the ramp.

        Args:
            step: Steps done.

        Returns:
            From 0 to the settings' `view`.

        Source:
            Ganin et al., arXiv:1505.07818, Sec. 5.2.2 (a growing weight).
        """
        ramp = self.losses.view_ramp_epochs * self.steps_per_epoch
        return self.losses.view * min(1.0, step / ramp if ramp else 1.0)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Loss of a batch: triplets, identities, and the views' cross entropy, its gradient reversed."""
        crops, identity, camera = batch
        net = cast(ReidNetwork, self.net)
        pooled = net.pooled(crops)
        compared = net.neck(pooled)
        loss = pooled.sum() * 0
        if self.losses.triplet > 0:
            mined = self._miner(pooled, identity) if self._miner is not None else None
            triplet = self._triplet(pooled, identity, mined)
            self.log("triplet", triplet)
            loss = loss + self.losses.triplet * triplet
        if self.losses.identity > 0:
            scores = self.identities(compared)
            entropy = self._identity(scores, identity)
            self.log("identity", entropy)
            self.log("identified", (scores.argmax(1) == identity).float().mean(), prog_bar=True)
            loss = loss + self.losses.identity * entropy
        if self.views is not None:
            guesses = self.views(compared, self.view_weight(self.global_step))
            views = nn.functional.cross_entropy(guesses, camera)
            self.log("view", views)
            self.log("views_guessed", (guesses.argmax(1) == camera).float().mean())
            loss = loss + views
        self.log("loss", loss, prog_bar=True)
        return loss

    def on_train_epoch_end(self) -> None:
        """Measures the kept network every few epochs."""
        epoch = self.current_epoch + 1
        every = self.settings.evaluate_every
        if self._measure is None or (epoch % every and epoch != self.settings.epochs):
            return
        for name, value in self._measure(self.finished().net).items():
            self.log(name, float(value), prog_bar=name == "mAP")


def train_reid(
    settings: ReidTraining,
    out: Path,
    *,
    progress: bool = True,
    callbacks: tuple[Callback, ...] = (),
    start: Start | None = None,
) -> dict[str, Any]:
    """Trains the ReID network; an interrupted run in `out` goes on where its last state was saved.

    Args:
        settings: The run.
        out: Its folder: `weights.pt` (the embedder's state, FP32), `result.json`, `config.json`,
            `logs`, TensorBoard's events and `last.ckpt`.
        progress: Show a bar on stderr.
        callbacks: More of Lightning's callbacks.
        start: A network to go on from, in place of a new one of the settings' `model`.

    Returns:
        What `result.json` says: `config`, `parameters`, `train` (crops, identities, cameras), `test` (`mAP`,
        `R1`, `R5`, `queries`, `skipped`; None without test data), `seconds` of this process, and `versions`.

    Raises:
        InputError: If data is missing or too small, or `out` holds a run with other settings.

    Source:
        DESIGN, Command line: `e2tad train reid`.
    """
    started = time.monotonic()
    data = settings.data
    size = (data.height_px, data.width_px)
    crops = training_crops(settings)
    test = _test(data.test) if data.test is not None else None
    pixels = read_crops(crops.path, size)
    pl.seed_everything(settings.seed, verbose=False)
    batches = PkBatches(pixels, crops.identity - 1, crops.camera - 1, settings, _donors(settings))

    measure = _measure(*test, size) if test is not None else None
    persons, cameras = int(crops.identity.max()), int(crops.camera.max())
    module = ReidModule(settings, batches, persons, cameras, measure, start)
    if start is not None:
        callbacks = (*callbacks, *start.callbacks)
    run_training(module, settings, settings.train, out, progress=progress, callbacks=callbacks)
    kept = module.finished()
    save_weights(out / "weights.pt", "reid", kept.net, size, quantised=kept.quantised, **kept.options)
    result = {
        "config": settings.model_dump(mode="json"),
        # INT8 layers hold theirs in another form; there are as many.
        "parameters": count_parameters(module.net if kept.quantised else kept.net),
        "train": {"crops": len(crops), "identities": persons, "cameras": cameras},
        "test": measure(kept.net) if measure is not None else None,
        "seconds": round(time.monotonic() - started, 1),
        "versions": {"torch": version("torch"), "lightning": version("lightning")},
    }
    with replacing(out / "result.json") as part:
        part.write_text(json.dumps(result, indent=2) + "\n")
    return result


def training_crops(settings: ReidTraining) -> ReidCrops:
    """The crops that a run trains on.

    Args:
        settings: The run.

    Returns:
        Those of all its sets, persons and cameras numbered from 1.

    Raises:
        InputError: If data is missing, or there are no persons in it.

    Source:
        DESIGN, Command line: `e2tad train reid`.
    """
    train = settings.data.train
    crops = mix([_source(source, f"/data/train/{i}") for i, source in enumerate(train)])
    if len(crops) == 0:
        raise InputError("/data/train: no persons in these sets")
    return crops


def _measure(
    queries: ReidCrops, gallery: ReidCrops, size: tuple[int, int]
) -> Callable[[nn.Module], dict[str, float | int]]:
    # Read once: the same crops are measured many times.
    query_pixels, gallery_pixels = read_crops(queries.path, size), read_crops(gallery.path, size)

    def measure(net: nn.Module) -> dict[str, float | int]:
        return retrieve(
            embed_crops(net, query_pixels),
            queries.identity,
            queries.camera,
            embed_crops(net, gallery_pixels),
            gallery.identity,
            gallery.camera,
        ).summary()

    return measure


def _donors(settings: ReidTraining) -> Donors:
    if settings.data.donors is None or settings.train.augment.person == 0:
        return ()
    pictures = open_pictures(expand_path(settings.data.donors, "/data/donors"))
    cut, _ = cut_donors(pictures, settings.seed)
    return [(np.ascontiguousarray(image[..., ::-1]), mask) for image, mask in cut]


def _source(source: ReidSource, where: str) -> ReidCrops:
    crops = load(source.set, expand_path(source.root, f"{where}/root"), source.part)
    return crops if source.identities == (0, None) else crops.identities(*source.identities)


def _test(test: ReidTest) -> tuple[ReidCrops, ReidCrops]:
    root = expand_path(test.root, "/data/test/root")
    return protocol_crops(test.set, root, test.protocol, test.part, test.identities)
