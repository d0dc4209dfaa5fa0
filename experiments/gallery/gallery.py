#!/usr/bin/env python3
"""Contact sheets of what the synthesis makes, to be looked at, and what harmonisation does in numbers.

    python experiments/gallery/gallery.py sheets OUT --pictures SET --pictures SET --crops FOLDER
    python experiments/gallery/gallery.py own experiments/gallery
    python experiments/gallery/gallery.py harmonisation OUT.json --pictures SET --composites 500

SET is what `e2tad synth compose` reads. `own` makes the sheets that stand beside this file, from simulated
pictures alone.
"""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from PIL import Image, ImageDraw

from e2tad import _core, synth
from e2tad.data.annotated import Picture, open_pictures
from e2tad.files import replacing
from e2tad.sim import PRESETS, World
from e2tad.synth import batch

Pixels = npt.NDArray[np.uint8]
Sets = Annotated[
    list[Path], typer.Option("--pictures", help="A set of pictures; may be given more than once.")
]

TILE = (480, 300)
CLIP_TILE = (400, 225)
CAPTION_PX = 16

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=True)


class Shown:
    """One picture with its annotations, from a set or from the simulator."""

    def __init__(self, name: str, image: Pixels, persons: Any, balls: Any, instances: Any = None) -> None:
        self.name = name
        self.image = image
        self.persons = np.asarray(persons, np.float32).reshape(-1, 4)
        self.balls = np.asarray(balls, np.float32).reshape(-1, 4)
        self.instances = instances

    @classmethod
    def of(cls, picture: Picture) -> "Shown":
        return cls(
            picture.name, picture.read(), picture.boxes("person"), picture.boxes("ball"), picture.instances()
        )

    def compose(self, seed: int, harmonizer: str, config: dict[str, Any] | None = None) -> synth.Composite:
        return synth.compose(
            self.image,
            persons=self.persons,
            instances=self.instances,
            balls=self.balls,
            seed=seed,
            name=self.name,
            harmonizer=harmonizer,
            config=config,
        )


def simulated(n: int, size: tuple[int, int]) -> list[Shown]:
    """Frames of different worlds."""
    shown = []
    for seed in range(n):
        preset = ("4p1b", "5p2b", "5p4b")[seed % 3]
        world = World(preset, seed=seed, frames=200, size=size)
        frame = 20 + 30 * (seed % 6)
        truth = world.truth(frame)
        centre, radius = truth.ball_circle[:, :2], truth.ball_circle[:, 2:]
        balls = np.concatenate([centre - radius, centre + radius], axis=1)
        # The masks number the persons of the world, `Shown` those in the picture.
        order = np.zeros(max(world.person_ids) + 1, np.int32)
        order[truth.person_id] = np.arange(1, len(truth.person_id) + 1)
        instances = order[world.instances(frame)]
        shown.append(Shown(f"{preset} seed {seed}", world.render(frame), truth.person_box, balls, instances))
    return shown


# ---- sheets --------------------------------------------------------------------------------------------


def to_tile(image: Pixels, caption: str, size: tuple[int, int] = TILE) -> Image.Image:
    """A BGR picture scaled into a tile with a line of text under it."""
    tile = Image.new("RGB", (size[0], size[1] + CAPTION_PX), "white")
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
    scale = min(size[0] / picture.width, size[1] / picture.height)
    fitted = picture.resize((max(1, int(picture.width * scale)), max(1, int(picture.height * scale))))
    tile.paste(fitted, ((size[0] - fitted.width) // 2, 0))
    ImageDraw.Draw(tile).text((4, size[1] + 2), caption, fill="black")
    return tile


def save_sheet(rows: Sequence[Sequence[Image.Image]], path: Path) -> None:
    width = max(sum(tile.width + 4 for tile in row) for row in rows)
    sheet = Image.new("RGB", (width, sum(row[0].height + 4 for row in rows)), "white")
    y = 0
    for row in rows:
        x = 0
        for tile in row:
            sheet.paste(tile, (x, y))
            x += tile.width + 4
        y += row[0].height + 4
    with replacing(path) as part:
        sheet.save(part, quality=84)
    print(path)


def around(out: synth.Composite) -> tuple[slice, slice]:
    """The whole picture, or where its balls would be too small in a tile: round the most hidden one."""
    height, width = out.mask.shape
    if len(out.circles) == 0 or 2 * out.circles[:, 2].max() > 0.08 * height:
        return slice(0, height), slice(0, width)
    cx, cy, r = out.circles[out.visible.argmin()]
    half_width, half_height = (min(width / 2, 13 * r), min(height / 2, 8 * r))
    left = int(np.clip(cx - half_width, 0, width - 2 * half_width))
    top = int(np.clip(cy - half_height, 0, height - 2 * half_height))
    return slice(top, int(top + 2 * half_height)), slice(left, int(left + 2 * half_width))


def with_circles(image: Pixels, boxes: Any, visible_shares: Any) -> Pixels:
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
    draw = ImageDraw.Draw(picture)
    for (left, top, right, bottom), visible in zip(boxes, visible_shares, strict=True):
        draw.ellipse((left, top, right, bottom), outline=(255, 255, 255), width=2)
        draw.text((right + 2, top), f"{visible:.2f}", fill=(255, 255, 255))
    return np.asarray(picture)[:, :, ::-1]


def with_boxes(image: Pixels, boxes: Any) -> Pixels:
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
    draw = ImageDraw.Draw(picture)
    for left, top, right, bottom in boxes:
        draw.rectangle((left - 2, top - 2, right + 1, bottom + 1), outline=(255, 0, 0), width=2)
    return np.asarray(picture)[:, :, ::-1]


def composite_sheet(shown: Iterable[Shown], path: Path, seed: int) -> None:
    # More balls at and behind persons than in a training set: that is what has to be looked at.
    config = {"balls_min": 3, "balls_max": 5, "near_share": 0.8, "behind_share": 0.7}
    rows = []
    for scene in shown:
        plain, fitted = (scene.compose(seed, name, config) for name in synth.HARMONIZERS)
        window = around(plain)
        rows.append(
            [
                to_tile(plain.image[window], f"{scene.name}: pasted"),
                to_tile(fitted.image[window], "harmonised: statistics"),
                to_tile(
                    with_circles(fitted.image, fitted.boxes, fitted.visible)[window],
                    "labels: full circle, visible share",
                ),
            ]
        )
    save_sheet(rows, path)


def patch_sheet(shown: Iterable[Shown], path: Path, seed: int) -> None:
    rows = []
    for scene in shown:
        balls = scene.compose(seed, "statistics")
        out = synth.debias(
            balls.image,
            persons=scene.persons,
            balls=np.concatenate([scene.balls, balls.boxes]),
            seed=seed,
            name=scene.name,
            config={"patches_min": 4, "patches_max": 8},
        )
        shapes = ", ".join(patch["shape"] for patch in out.details["patches"])
        rows.append(
            [
                to_tile(out.image, f"{scene.name}: {shapes}"[:90]),
                to_tile(with_boxes(out.image, out.boxes), "patches"),
            ]
        )
    save_sheet(rows, path)


def occlusion_sheet(
    crops: Sequence[Pixels], donors: Sequence[tuple[Pixels, Pixels]], path: Path, seed: int
) -> None:
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("ball", {"ball_share": 1, "person_share": 0}),
        ("black mask", {"ball_share": 1, "person_share": 0, "fill": "black"}),
    ]
    if donors:
        kinds += [
            ("person", {"ball_share": 0, "person_share": 1}),
            ("both", {"ball_share": 1, "person_share": 1}),
        ]
    size = (96, 192)
    rows = []
    for first in range(0, len(crops), 2):
        row = []
        for i, crop in enumerate(crops[first : first + 2], first):
            row.append(to_tile(crop, "crop", size))
            for name, config in kinds:
                out = synth.occlude(crop, donors, seed=seed, name=str(i), config=config)
                row.append(to_tile(out.image, f"{name} {out.visible:.2f}", size))
        rows.append(row)
    save_sheet(rows, path)


def clip_sheet(path: Path, seed: int) -> None:
    """A clip of every preset, a row each: frames round a throw, and the last with its true labels."""
    rows = []
    for k, preset in enumerate(PRESETS):
        world = World(preset, seed=seed + k, size=(960, 540))
        throws = world.throws()
        _, _, _, release, caught = throws[len(throws) // 2].tolist()
        frames = (release - 15, release + 4, (release + caught) // 2, min(caught + 3, world.frames - 1))
        row = [
            to_tile(world.render(frame), f"{preset} seed {seed + k}, frame {frame}", CLIP_TILE)
            for frame in frames
        ]
        truth = world.truth(frames[-1])
        balls = np.concatenate(
            [
                truth.ball_circle[:, :2] - truth.ball_circle[:, 2:],
                truth.ball_circle[:, :2] + truth.ball_circle[:, 2:],
            ],
            axis=1,
        )
        drawn = with_circles(world.render(frames[-1]), balls, truth.ball_visible)
        row.append(to_tile(with_boxes(drawn, truth.person_box), "labels", CLIP_TILE))
        rows.append(row)
    save_sheet(rows, path)


def spread(pictures: Sequence[Picture], n: int) -> list[Picture]:
    """About n of them, evenly over the set."""
    return list(pictures[:: max(1, len(pictures) // n)][:n])


@app.command()
def sheets(
    out: Path,
    sets: Sets,
    crops: Annotated[Path | None, typer.Option(help="Folder of persons' crops.")] = None,
    rows: Annotated[int, typer.Option(help="Pictures a sheet.")] = 5,
    seed: int = 0,
) -> None:
    """Sheets of the user's own sets. They show those sets' pictures: mind their licences."""
    donors: list[tuple[Pixels, Pixels]] = []
    for root in sets:
        pictures = open_pictures(root)
        with_persons = [picture for picture in pictures if len(picture.boxes("person"))] or pictures
        shown = [Shown.of(picture) for picture in spread(with_persons, rows)]
        composite_sheet(shown, out / f"composites_{root.name}.png", seed)
        patch_sheet(shown, out / f"patches_{root.name}.png", seed)
        if not donors and any(scene.instances is not None for scene in shown):
            donors, _ = batch.cut_donors(pictures, seed)
    if crops is not None:
        chosen = [picture.read() for picture in spread(open_pictures(crops, "folder"), 2 * rows)]
        occlusion_sheet(chosen, donors, out / f"occlusion_{crops.name}.png", seed)


@app.command()
def own(out: Path, seed: int = 0) -> None:
    """The sheets of simulated pictures."""
    composite_sheet(simulated(6, (1920, 1080)), out / "composites.jpg", seed)
    patch_sheet(simulated(4, (960, 540)), out / "patches.jpg", seed)
    crops, donors = [], []
    for scene in simulated(6, (1920, 1080)):
        for k, box in enumerate(scene.persons):
            left, top, right, bottom = box.astype(int)
            if k < 2:
                crops.append(scene.image[top:bottom, left:right])
            else:
                donors.append(synth.cut_out(scene.image, scene.instances, box, k + 1))
    occlusion_sheet([c for c in crops if c.shape[0] > 60][:10], donors, out / "occlusion.jpg", seed)
    clip_sheet(out / "clips.jpg", seed)


@app.command()
def harmonizers(
    out: Path,
    model: Annotated[Path, typer.Option(help="weights.pt of a RainNet.")],
    seed: int = 0,
    rows: Annotated[int, typer.Option(help="Balls on the sheet.")] = 6,
) -> None:
    """Simulated balls whose colours were disturbed, and what each harmonizer makes of them."""
    from e2tad.data.foregrounds import Changes, Foregrounds
    from e2tad.data.simulated import open_clips, render_clips
    from e2tad.evaluation.harmonizer import by_name, by_network, held_out
    from e2tad.models.files import load_weights
    from e2tad.training.harmonizer_settings import Disturbance

    with tempfile.TemporaryDirectory() as folder:
        render_clips(folder, ("4p1b", "5p2b", "5p4b"), range(seed, seed + 2), 4, (1280, 720))
        source = Foregrounds(open_clips(folder), 96, Changes(**Disturbance().model_dump()))
        windows = held_out(source, rows, seed)
    net, _ = load_weights(model)
    columns = {
        "truth": [window.truth for window in windows],
        "disturbed": [window.disturbed for window in windows],
        "statistics": by_name("statistics")(windows),
        "RainNet": by_network(net)(windows),
    }
    tiles = [
        [
            to_tile(np.round(made[i][..., ::-1] * 255).astype(np.uint8), name, (192, 192))
            for name, made in columns.items()
        ]
        for i in range(rows)
    ]
    save_sheet(tiles, out)


# ---- numbers -------------------------------------------------------------------------------------------


@app.command()
def harmonisation(
    out: Path,
    sets: Annotated[
        list[Path] | None, typer.Option("--pictures", help="A set; without any: simulated.")
    ] = None,
    composites: Annotated[int, typer.Option(help="How many composites.")] = 500,
    seed: int = 0,
) -> None:
    """Distance between the colours of balls and of what surrounds them, before and after harmonisation."""
    if sets:
        pictures = [picture for root in sets for picture in open_pictures(root)]
        source = [str(root.name) for root in sets]
        scenes = lambda i: Shown.of(pictures[i % len(pictures)])  # noqa: E731
    else:
        shown = simulated(20, (960, 540))
        source = ["simulated"]
        scenes = lambda i: shown[i % len(shown)]  # noqa: E731
    before: list[float] = []
    after: list[float] = []
    kept = named = 0
    for i in range(composites):
        scene = scenes(i)
        plain, fitted = (scene.compose(seed + i, name) for name in synth.HARMONIZERS)
        before += synth.foreground_distances(plain.image, plain.mask).tolist()
        after += synth.foreground_distances(fitted.image, plain.mask).tolist()
        for circle, ball in zip(plain.circles, plain.details["balls"], strict=True):
            name = name_of(fitted.image, plain.mask, circle)
            if name is not None and ball["paint"]["name"] != "grey":
                named += 1
                kept += name == ball["paint"]["name"]
    result = {
        "composites": composites,
        "seed": seed,
        "pictures": source,
        "objects": len(before),
        "distance_before": summary(before),
        "distance_after": summary(after),
        "nearer_share": float(np.mean(np.array(after) < np.array(before))),
        "mean_ratio": float(np.mean(after) / np.mean(before)),
        "balls_that_keep_their_colour_name": kept / named,
        "unit": "CIE Lab, 2-Wasserstein between Gaussians of independent channels",
    }
    with replacing(out) as part:
        part.write_text(json.dumps(result, indent=2) + "\n")
    print(out)


def name_of(image: Pixels, mask: Pixels, circle: npt.NDArray[np.float32]) -> str | None:
    """The colour name of a ball's visible inner part, None where there is too little of it."""
    cx, cy, r = circle
    left, top = max(0, int(cx - r)), max(0, int(cy - r))
    window = (slice(top, int(cy + r) + 1), slice(left, int(cx + r) + 1))
    yy, xx = np.mgrid[window[0], window[1]][:, : mask[window].shape[0], : mask[window].shape[1]]
    inner = (np.hypot(xx + 0.5 - cx, yy + 0.5 - cy) < 0.7 * r) & (mask[window] == 255)
    if inner.sum() < 20:
        return None
    blue, green, red = (int(v) for v in image[window][inner].mean(axis=0).round())
    return _core.colour_name(blue, green, red)


def summary(values: Sequence[float]) -> dict[str, float]:
    low, middle, high = np.percentile(values, [10, 50, 90])
    return {"mean": float(np.mean(values)), "p10": float(low), "median": float(middle), "p90": float(high)}


if __name__ == "__main__":
    app()
