"""What a training of the ReID network can be told; the only home of its defaults."""

import copy
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from e2tad.data.detection import Rendered
from e2tad.settings import Settings
from e2tad.training.loop_settings import LoopSettings

Share = Annotated[float, Field(ge=0, le=1)]
Blocks = Annotated[int, Field(ge=1, le=64)]
SetName = Literal["market1501", "dukemtmc", "cuhk03", "simulated"]

SMALLEST_SIDE = 32
"""Of a crop, for all stages of the network to have an extent."""

OCCLUDED = 0.3
"""With `ablation.ReID`: probability that a ball, and that a person, stands in front."""
VIEW = 0.1
"""With `ablation.ReID`: lambda of the view-adversarial game."""


class ReidSource(Settings):
    """Crops of some identities of one part of a set."""

    set: SetName
    """Whose layout the folder has."""
    root: str
    """The set's folder; `$NAME` stands for that environment variable."""
    part: Literal["train", "test", "query", "all"] = "train"
    """Which of the set's parts; `all` takes the persons of every part. `simulated` has none."""
    identities: tuple[int, int | None] = (0, None)
    """The persons from and before these indices, in the order of their numbers; as in a slice."""
    cameras: tuple[int, ...] | None = Field(default=None, min_length=1)
    """Only crops of these cameras, by the set's own numbers; null: of all."""
    render: Rendered | None = None
    """Of `simulated`: the clips whose crops are rendered first, where they are missing."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.render is not None and self.set != "simulated":
            raise ValueError(f"render goes with simulated, not {self.set}")
        return self


class ReidTest(ReidSource):
    """Where the network is measured during and after training."""

    protocol: Literal["market", "one-query"] = "market"
    """`market`: the set's query and test parts. `one-query`: one query an identity and camera of `part`; the
    only one of `simulated`."""
    occluded: bool = False
    """Something stands in front of the person in every query: a ball, or a person of `/data/donors` where
    that is given. The same for every run; donors of tests are never those of the training."""


class ReidData(Settings):
    """Crops to train on and to test on."""

    train: tuple[ReidSource, ...] = Field(min_length=1)
    """Sets that are mixed: persons and cameras of different sets are different."""
    balls: tuple[ReidSource, ...] = ()
    """Simulated clips whose balls the network learns too, at 64x64."""
    donors: str | None = None
    """Folder of a set with masks of persons (as `e2tad synth occlude --donors`), who stand in front of others
    where `/train/augment/person` says so."""
    test: ReidTest | None = None
    """Measured every `evaluate_every` epochs and at the end; null for no test."""
    test_balls: ReidTest | None = None
    """The same for balls."""
    more_tests: dict[str, ReidTest] = Field(default={})
    """Further tests of persons, measured at the end, by names of your own."""
    height_px: int = Field(default=128, ge=SMALLEST_SIDE, le=1024)
    """Height of a crop."""
    width_px: int = Field(default=64, ge=SMALLEST_SIDE, le=1024)
    """Width of a crop."""

    def tests(self) -> tuple[ReidTest, ...]:
        """All tests that are named."""
        named = (self.test, self.test_balls, *self.more_tests.values())
        return tuple(test for test in named if test is not None)

    @model_validator(mode="after")
    def _balls_are_simulated(self) -> Self:
        for source in (*self.balls, *([self.test_balls] if self.test_balls else [])):
            if source.set != "simulated":
                raise ValueError(f"balls and test_balls: expected simulated, got {source.set}")
        if self.test_balls is not None and self.test_balls.occluded:
            raise ValueError("test_balls: occluded goes with tests of persons")
        return self


class ReidAblation(Settings):
    """The paper's switches of an embedder's training, by the paper's names."""

    ReID: bool | None = None
    """Trained with occlusion (balls in front, and persons where `/data/donors` has some) and adversarial
    views. On: where `ball`, `person` of `/train/augment` or `view` of `/train/losses` are 0, they get the
    values of `OCCLUDED` and `VIEW`. Off: they are 0. Null: they are as they stand."""
    CircAnchor: bool | None = None
    """Of balls' crops the circle is shown. On: `/train/balls/masked` is its default where it is 0. Off: it is
    0. Null: it is as it stands."""


class ReidModelSettings(Settings):
    """The network; see `e2tad.models.ReidNetwork`."""

    width: int = Field(default=64, ge=1, le=512)
    """Channels of the first stage."""
    embedding: int | None = Field(default=None, ge=1, le=4096)
    """Length of the feature; null for 8 times the width."""
    neck: bool = False
    """Batch normalisation between the triplet's feature and the one that is compared."""
    last_stride: Literal[1, 2] = 2
    """Of the last stage."""
    blocks: tuple[Blocks, Blocks, Blocks, Blocks] = (2, 2, 2, 2)
    """Of the four stages: the network's depth."""
    start: str | None = None
    """Weights to start from, of the same network; null: random ones."""


class ReidAugment(Settings):
    """Changes of the training crops, drawn for each crop anew."""

    flip: Share = 0.5
    """Probability of a mirrored crop."""
    shift_px: int = Field(default=8, ge=0, le=64)
    """Crops are moved by up to this much each way, over a black border."""
    zoom: Share = 0.0
    """Crops are cut tighter by up to this share of each side and scaled back; 0 never."""
    erase: Share = 0.5
    """Probability that a rectangle is replaced by noise (random erasing)."""
    erase_area: tuple[Share, Share] = (0.02, 0.33)
    """Smallest and largest share of the crop that is erased."""
    colour: Share = 0.0
    """Largest relative change of brightness, contrast and saturation, each."""
    ball: Share = 0.0
    """Probability that a ball stands in front of the person; `e2tad.synth.occlude` puts it there."""
    person: Share = 0.0
    """Probability that another person does, cut out of `/data/donors`."""


class BallBatches(Settings):
    """Batches of balls between those of persons, where `/data/balls` names some."""

    share: float = Field(default=0.25, gt=0, lt=1)
    """Of all batches."""
    per_batch: int = Field(default=6, ge=2)
    """Identities, that is colours, in a batch (P)."""
    crops: int = Field(default=10, ge=2)
    """Crops of each (K)."""
    masked: Share = 0.7
    """Probability that a crop shows the circle only, as ball crops do with CircAnchor."""
    augment: ReidAugment = ReidAugment(zoom=0.1, erase=0.2, erase_area=(0.02, 0.2), colour=0.1)
    """Changes of the crops. They keep to small changes of light: a ball is known by its colour."""


class ReidLosses(Settings):
    """What the network is trained to do."""

    triplet: float = Field(default=1.0, ge=0)
    """Weight of the triplet loss."""
    margin: float = Field(default=0.3, ge=0)
    """Of the triplet loss; with `soft_margin` it shifts the soft plus."""
    soft_margin: bool = False
    """Soft plus in place of the hinge."""
    mining: Literal["hard", "semihard", "all"] = "hard"
    """Which triplets of a batch count: each crop's hardest, its semi-hard ones, or all."""
    identity: float = Field(default=1.0, ge=0)
    """Weight of the identities' cross entropy."""
    label_smoothing: Share = 0.1
    """Of the identities' cross entropy."""
    view: float = Field(default=0.0, ge=0)
    """Lambda of the view-adversarial game; 0 trains without it."""
    view_ramp_epochs: float = Field(default=5.0, ge=0)
    """Epochs over which lambda grows from 0, so that the view classifier first learns something."""

    @model_validator(mode="after")
    def _learns_something(self) -> "ReidLosses":
        if self.triplet == 0 and self.identity == 0:
            raise ValueError("triplet and identity are both 0: nothing would be learnt")
        return self


class ReidTrain(LoopSettings):
    """How it is trained."""

    persons_per_batch: int = Field(default=16, ge=2)
    """Identities in a batch (P of PK sampling)."""
    crops_per_person: int = Field(default=4, ge=2)
    """Crops of each (K)."""
    losses: ReidLosses = ReidLosses()
    """The losses and their weights."""
    augment: ReidAugment = ReidAugment()
    """Changes of the crops."""
    recoloured: Share = 0.0
    """Share of the persons' batches whose colour channels change places, the same way in all crops: they are
    persons in other clothes, who count as other identities."""
    of_few_folders: Share = 0.0
    """Share of the persons' batches that are filled folder by folder: with simulated clips, by persons who
    stand on the same ground and are told apart by themselves alone."""
    balls: BallBatches = BallBatches()
    """The balls' batches."""
    growing: tuple[tuple[Share, Annotated[float, Field(gt=0, lt=1)]], ...] = ()
    """Crops start small: until each share of the run, in growing order, they are scaled by the number beside
    it, then they have their full size. Most of what is learnt at half the size costs a quarter."""
    normalise_until: Share = 1.0
    """Share of the run after which normalisation uses its running statistics, unchanged, as it will when the
    network is used. Persons and balls come in different batches, whose own statistics differ."""


class ReidTraining(Settings):
    """A training of the ReID network: `e2tad train reid --config`."""

    seed: int = Field(default=0, ge=0, lt=1 << 32)
    """Of the starting weights, the batches and the augmentation."""
    data: ReidData
    """Crops to train on and to test on."""
    model: ReidModelSettings = ReidModelSettings()
    """The network."""
    ablation: ReidAblation = ReidAblation()
    """The paper's switches."""
    train: ReidTrain = ReidTrain()
    """How it is trained."""

    @classmethod
    def expanded(cls, document: Any) -> Any:
        """Writes out `ablation`; see `Settings.expanded`."""
        switches = _section(document, "ablation")
        out = copy.deepcopy(document)
        if switches.get("ReID") is True:
            kinds = ("ball", "person") if _section(out, "data").get("donors") else ("ball",)
            _fill(out, ("train", "augment"), dict.fromkeys(kinds, OCCLUDED))
            _fill(out, ("train", "losses"), {"view": VIEW})
        elif switches.get("ReID") is False:
            for path in (("train", "augment"), ("train", "balls", "augment")):
                section = _section(out, *path)
                section.update(dict.fromkeys(section.keys() & {"ball", "person"}, 0))
            _section(out, "train", "losses").pop("view", None)
        balls = _section(out, "train", "balls")
        if switches.get("CircAnchor") is True and balls.get("masked") == 0:
            del balls["masked"]
        elif switches.get("CircAnchor") is False:
            balls.pop("masked", None)
            _fill(out, ("train", "balls"), {"masked": 0})
        return out

    @model_validator(mode="after")
    def _grows(self) -> "ReidTraining":
        shares = [share for share, _ in self.train.growing]
        if shares != sorted(set(shares)):
            raise ValueError(f"/train/growing: expected growing shares of the run, got {shares}")
        least = min(self.data.height_px, self.data.width_px) * min(
            (s for _, s in self.train.growing), default=1
        )
        if least < SMALLEST_SIDE:
            raise ValueError(
                f"/train/growing: crops would be {least:g} pixels wide, at least {SMALLEST_SIDE} are needed"
            )
        return self

    @model_validator(mode="after")
    def _persons_in_front_come_from_somewhere(self) -> "ReidTraining":
        in_front = max(self.train.augment.person, self.train.balls.augment.person)
        if in_front > 0 and self.data.donors is None:
            raise ValueError("/train/augment/person needs /data/donors, a set with masks of persons")
        return self


def _section(document: Any, *path: str) -> dict[str, Any]:
    """A part of a document that may not have it, or have something else there."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _fill(document: Any, path: tuple[str, ...], values: dict[str, Any]) -> None:
    """Sets what is missing or 0 in a section, which is made where it is missing."""
    for key in path:
        document = document.setdefault(key, {}) if isinstance(document, dict) else None
    if isinstance(document, dict):
        document.update({key: value for key, value in values.items() if document.get(key, 0) == 0})
