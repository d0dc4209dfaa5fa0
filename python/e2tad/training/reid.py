"""Training the ReID network: PK batches of persons and of balls, triplets, identities, adversarial views."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
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

from e2tad import InputError, synth
from e2tad.data import simulated
from e2tad.data.annotated import Kind, Picture, open_pictures
from e2tad.data.pictures import read_crops
from e2tad.data.reid import ReidCrops, load, mix
from e2tad.evaluation.embed import BALL_SIZE, embed_crops, mask_circle, normalise
from e2tad.evaluation.reid import protocol_crops, retrieve
from e2tad.files import replacing
from e2tad.models.files import save_weights
from e2tad.models.reid import IdentityClassifier, ReidNetwork, ViewClassifier, training_layout
from e2tad.models.sizes import count_parameters
from e2tad.settings import expand_path
from e2tad.synth.batch import cut_donors
from e2tad.training.finetune import Kept, Start, take_start
from e2tad.training.loop import AveragedTraining, StepBatches, run_training
from e2tad.training.reid_augment import Donors, augment
from e2tad.training.reid_settings import ReidLosses, ReidModelSettings, ReidSource, ReidTest, ReidTraining

# The first is the channels' own order.
_CHANNELS = [list(order) for order in itertools.permutations(range(3))]

Measure = Callable[[nn.Module], dict[str, float | int]]


Batch = tuple[Tensor, Tensor, Tensor]


class PkBatches:
    """Batches of P persons with K crops each, augmented; functions of the seed, the step and the device.

    Args:
        pixels: `(N, H, W, 3)` uint8, all crops.
        identity: `(N,)` whole numbers from 0.
        camera: `(N,)` whole numbers from 0.
        settings: The training.
        donors: Persons who stand in front of others, `(image, mask)` each, RGB.
        balls: The crops are of balls, whose own settings hold.
        folder: `(N,)` whole numbers from 0, where each crop comes from; None: all from one.

    Raises:
        InputError: If there are fewer persons (or balls) than P.

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
        balls: bool = False,
        folder: npt.NDArray[np.intp] | None = None,
    ) -> None:
        train = settings.train
        self._pixels = pixels
        self._donors = donors
        self._identity = identity
        self._camera = camera
        self._seed = settings.seed
        self._p, self._k = train.persons_per_batch, train.crops_per_person
        self._augment, self._masked = train.augment, 0.0
        self._recoloured, self._of_few_folders = train.recoloured, train.of_few_folders
        if balls:
            self._p, self._k = train.balls.per_batch, train.balls.crops
            self._augment, self._masked = train.balls.augment, train.balls.masked
            self._recoloured = self._of_few_folders = 0.0
        self._known, self.views = int(identity.max()) + 1, int(camera.max()) + 1
        self.persons = self._known * (len(_CHANNELS) if self._recoloured else 1)
        self._crops_of = [np.flatnonzero(identity == person) for person in range(self._known)]
        where = np.zeros(len(pixels), np.intp) if folder is None else folder
        self._folder_of = np.array([where[crops[0]] for crops in self._crops_of])
        if len(self._crops_of) < self._p:
            key, what = ("balls/per_batch", "balls") if balls else ("persons_per_batch", "persons")
            raise InputError(
                f"/train/{key}: {self._p} {what} a batch, but the data has {len(self._crops_of)}"
            )
        self.steps_per_epoch = -(-len(pixels) // (self._p * self._k))

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

    def __call__(self, step: int, device: int = 0) -> Batch:
        """The batch of a step: crops `(P K, 3, H, W)`, identities and cameras `(P K,)`."""
        random = self._random(step, device)
        chosen = self._draw(random)
        pixels = augment(self._pixels[chosen], self._augment, random, self._donors)
        identity = self._identity[chosen]
        if self._recoloured and random.random() < self._recoloured:
            order = int(random.integers(1, len(_CHANNELS)))
            pixels = np.ascontiguousarray(pixels[..., _CHANNELS[order]])
            identity = identity + order * self._known
        crops = normalise(pixels)
        if self._masked:
            masked = torch.from_numpy(random.random(len(chosen)) < self._masked)
            crops = torch.where(masked[:, None, None, None], mask_circle(crops), crops)
        return (
            crops,
            torch.from_numpy(identity).long(),
            torch.from_numpy(self._camera[chosen]).long(),
        )

    def _random(self, step: int, device: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, step, device])

    def _draw(self, random: np.random.Generator) -> npt.NDArray[np.intp]:
        if self._of_few_folders and random.random() < self._of_few_folders:
            # A stable sort by the folders' drawn places, of persons in drawn order.
            place = random.permutation(int(self._folder_of.max()) + 1)
            shuffled = random.permutation(self._known)
            persons = shuffled[np.argsort(place[self._folder_of[shuffled]], kind="stable")][: self._p]
        else:
            persons = random.choice(self._known, self._p, replace=False)
        chosen = []
        for person in persons:
            own = self._crops_of[person]
            chosen.append(np.resize(random.permutation(own), self._k))
        return np.concatenate(chosen)


class MixedBatches:
    """Batches of persons, and every so often one of balls; functions of the step and the device.

    Balls' identities and cameras are numbered after the persons': both have one classifier.

    Args:
        persons: The persons' batches.
        balls: The balls'.
        share: Of the balls' batches in all, in (0, 1).

    Source:
        DESIGN, Data flow: "Ball crops are 64x64, person crops 128x64, one network for both".
    """

    def __init__(self, persons: PkBatches, balls: PkBatches, share: float) -> None:
        self._persons = persons
        self._balls = balls
        self._share = share
        self.persons, self.views = persons.persons + balls.persons, persons.views + balls.views
        # An epoch shows as many crops of persons as there are.
        self.steps_per_epoch = round(persons.steps_per_epoch / (1 - share))

    def of_balls(self, step: int) -> bool:
        """Whether a step's batch holds balls.

        Args:
            step: Counted from 0 over the run.

        Returns:
            True for `share` of the steps, spread evenly.

        Source:
            As the class.
        """
        return int((step + 1) * self._share) > int(step * self._share)

    def __call__(self, step: int, device: int = 0) -> Batch:
        """The batch of a step, as `PkBatches`."""
        if not self.of_balls(step):
            return self._persons(step, device)
        crops, identity, camera = self._balls(step, device)
        return crops, identity + self._persons.persons, camera + self._persons.views


class ReidModule(AveragedTraining):
    """The embedder with its losses.

    Args:
        settings: The training.
        batches: Its batches.
        persons: Identities in the training data.
        views: Cameras in the training data.
        measure: Gives the numbers of a network on the test data that are logged; None without any.
        start: A network to go on from, in place of a new one.

    Source:
        Paper Sec. 3.3 and Figure 6; Luo et al., arXiv:1903.07071 (neck, label smoothing).
    """

    def __init__(
        self,
        settings: ReidTraining,
        batches: PkBatches | MixedBatches,
        persons: int,
        views: int,
        measure: Callable[[nn.Module], dict[str, float | int]] | None = None,
        start: Start | None = None,
    ) -> None:
        model = settings.model
        net = cast(ReidNetwork, start.net).train() if start else _network(model)
        layout = training_layout(net)
        net = net.to(memory_format=layout)  # type: ignore[call-overload]
        super().__init__(net, settings.train, batches.steps_per_epoch)
        self._layout = layout
        self._start = start
        self._options = model.model_dump(mode="json", exclude={"start"})
        self._normalise_until = settings.train.normalise_until
        self._growing = settings.train.growing
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

    def crop_scale(self, step: int) -> float:
        """Size of the crops at a step.

        Args:
            step: Steps done.

        Returns:
            As a share of the full size, 1 at the end.

        Source:
            Tan and Le, arXiv:2104.00298, Sec. 4.2 (progressive learning).
        """
        steps = self.settings.epochs * self.steps_per_epoch
        return next((scale for until, scale in self._growing if step < until * steps), 1.0)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Holds the normalisation by the step alone, so that a resumed run is where the whole one was."""
        if self.global_step >= self._normalise_until * self.settings.epochs * self.steps_per_epoch:
            for module in self.net.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of a batch: triplets, identities, and the views' cross entropy, its gradient reversed."""
        crops, identity, camera = batch
        if (scale := self.crop_scale(self.global_step)) < 1:
            crops = nn.functional.interpolate(crops, scale_factor=scale, mode="bilinear", antialias=True)
        net = cast(ReidNetwork, self.net)
        pooled = net.pooled(crops.contiguous(memory_format=self._layout))
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
            self.log(name, float(value), prog_bar=name.endswith("mAP"))


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
        What `result.json` says: `config`, `parameters`, `train` (crops, identities, cameras; `balls` the
        same), `test` (`mAP`, `R1`, `R5`, `queries`, `skipped`; None without test data), `test_balls` the same
        (masked to their circles if any are in training), `more_tests` by their names, `seconds` of this
        process, and `versions`.

    Raises:
        InputError: If data is missing or too small, or `out` holds a run with other settings.

    Source:
        DESIGN, Command line: `e2tad train reid`.
    """
    started = time.monotonic()
    data = settings.data
    size = (data.height_px, data.width_px)
    crops, balls = training_crops(settings), _training_balls(settings)
    measures: dict[str, Measure] = {}
    if data.test is not None:
        measures["test"] = _person_test(settings, data.test, "/data/test")
    if data.test_balls is not None:
        tested = _test(data.test_balls, "/data/test_balls", "ball")
        measures["test_balls"] = _measure(*tested, BALL_SIZE, settings.train.balls.masked > 0)
    more = {
        name: _person_test(settings, test, f"/data/more_tests/{name}")
        for name, test in data.more_tests.items()
    }

    def measure(net: nn.Module) -> dict[str, float | int]:
        return {
            f"{'balls_' if part == 'test_balls' else ''}{name}": value
            for part, measured in measures.items()
            for name, value in measured(net).items()
        }

    augments = settings.train.augment, settings.train.balls.augment
    donors = _donors(settings) if any(changes.person > 0 for changes in augments) else ()
    _, folder = np.unique([str(path.parent) for path in crops.path], return_inverse=True)
    pixels = read_crops(crops.path, size)
    persons = PkBatches(pixels, crops.identity - 1, crops.camera - 1, settings, donors, folder=folder)
    batches: PkBatches | MixedBatches = persons
    if len(balls):
        pixels = read_crops(balls.path, BALL_SIZE)
        of_balls = PkBatches(pixels, balls.identity - 1, balls.camera - 1, settings, donors, balls=True)
        batches = MixedBatches(persons, of_balls, settings.train.balls.share)
    pl.seed_everything(settings.seed, verbose=False)
    module = ReidModule(
        settings, batches, batches.persons, batches.views, measure if measures else None, start
    )
    if start is not None:
        callbacks = (*callbacks, *start.callbacks)
    run_training(module, settings, settings.train, out, progress=progress, callbacks=callbacks)
    kept = module.finished()
    save_weights(out / "weights.pt", "reid", kept.net, size, quantised=kept.quantised, **kept.options)
    result = {
        "config": settings.model_dump(mode="json"),
        # INT8 layers hold theirs in another form; there are as many.
        "parameters": count_parameters(module.net if kept.quantised else kept.net),
        "train": _count(crops) | ({"balls": _count(balls)} if len(balls) else {}),
        "test": measures["test"](kept.net) if "test" in measures else None,
        "test_balls": measures["test_balls"](kept.net) if "test_balls" in measures else None,
        "more_tests": {name: measured(kept.net) for name, measured in more.items()},
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
        Those of persons in all its sets, persons and cameras numbered from 1.

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


def _training_balls(settings: ReidTraining) -> ReidCrops:
    return mix([_source(source, f"/data/balls/{i}", "ball") for i, source in enumerate(settings.data.balls)])


def _count(crops: ReidCrops) -> dict[str, int]:
    return {
        "crops": len(crops),
        "identities": int(crops.identity.max()),
        "cameras": int(crops.camera.max()),
    }


def _network(model: ReidModelSettings) -> ReidNetwork:
    net = ReidNetwork(**model.model_dump(exclude={"start"}))
    take_start(net, model.start)
    return net


def _measure(
    queries: ReidCrops,
    gallery: ReidCrops,
    size: tuple[int, int],
    masked: bool = False,
    donors: Donors | None = None,
) -> Measure:
    """Measures on these crops; `donors` (none: balls alone) stand in front of the queries."""
    # Read once: the same crops are measured many times.
    query_pixels, gallery_pixels = read_crops(queries.path, size), read_crops(gallery.path, size)
    if donors is not None:
        query_pixels = _occluded(query_pixels, donors)

    def measure(net: nn.Module) -> dict[str, float | int]:
        return retrieve(
            embed_crops(net, query_pixels, masked=masked),
            queries.identity,
            queries.camera,
            embed_crops(net, gallery_pixels, masked=masked),
            gallery.identity,
            gallery.camera,
        ).summary()

    return measure


def _person_test(settings: ReidTraining, test: ReidTest, where: str) -> Measure:
    queries, gallery = _test(test, where)
    size = (settings.data.height_px, settings.data.width_px)
    if not test.occluded:
        return _measure(queries, gallery, size)
    return _measure(queries, gallery, size, donors=_donors(settings, of_tests=True))


def _donors(settings: ReidTraining, of_tests: bool = False) -> Donors:
    """Persons for `occlude`; where a test needs some, those of every second picture are kept for it."""
    if settings.data.donors is None:
        return ()
    pictures: Sequence[Picture] = open_pictures(expand_path(settings.data.donors, "/data/donors"))
    if any(test.occluded for test in settings.data.tests()):
        pictures = pictures[1 if of_tests else 0 :: 2]
    cut, _ = cut_donors(pictures, 0 if of_tests else settings.seed)
    return [(np.ascontiguousarray(image[..., ::-1]), mask) for image, mask in cut]


def _occluded(crops: npt.NDArray[np.uint8], donors: Donors) -> npt.NDArray[np.uint8]:
    """Crops with something in front of each: persons and balls in turn, balls alone without donors."""
    out = np.empty_like(crops)
    for i, crop in enumerate(crops):
        person = bool(donors) and i % 2 == 0
        shares = {"ball_share": float(not person), "person_share": float(person)}
        out[i] = synth.occlude(crop, donors, seed=i, config=shares, channels="rgb").image
    return out


def _source(source: ReidSource, where: str, kind: Kind = "person") -> ReidCrops:
    crops = load(source.set, _root(source, where), source.part, kind)
    if source.identities != (0, None):
        crops = crops.identities(*source.identities)
    return _of_cameras(crops, source)


def _test(test: ReidTest, where: str, kind: Kind = "person") -> tuple[ReidCrops, ReidCrops]:
    root = _root(test, where)
    split = protocol_crops(test.set, root, test.protocol, test.part, test.identities, kind)
    queries, gallery = (_of_cameras(crops, test) for crops in split)
    if len(queries) == 0 or len(gallery) == 0:
        raise InputError(
            f"{where}: nothing to compare in {root} at the identities {list(test.identities)}"
            f"{'' if test.cameras is None else f' and the cameras {list(test.cameras)}'}"
        )
    return queries, gallery


def _of_cameras(crops: ReidCrops, source: ReidSource) -> ReidCrops:
    return crops if source.cameras is None else crops.take(np.isin(crops.camera, source.cameras))


def _root(source: ReidSource, where: str) -> Path:
    root = expand_path(source.root, f"{where}/root")
    if source.render is not None:
        render = source.render
        simulated.render_clips(
            root, render.presets, range(*render.seeds), render.stills, render.size, crops=True
        )
    return root
