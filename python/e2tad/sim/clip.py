"""Writing a simulated clip in the contest's forms."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from e2tad import InputError, _core
from e2tad._arrays import IntArray
from e2tad.data import write_init, write_tracks
from e2tad.files import new_folder
from e2tad.sim.world import PRESETS, VIEWS, FrameTruth, LabelKind, World
from e2tad.video_writer import H264Options, H264Writer

Progress = Callable[[int, int], None]
Picture = npt.NDArray[np.uint8]

CROP_SIZE = (64, 128)
"""Width and height of a ReID crop, pixels; balls have squares of the width."""


@dataclass(frozen=True)
class ClipOptions:
    """What `save` writes besides the labels.

    Attributes:
        images_every: COCO pictures are the frames that this number divides; 0: none.
        crops_every: ReID crops are cut from the frames that this number divides, in every view; 0: none.
        crop_visible: Crops show at least this share of the object.
        video: How the video is encoded; None: there is none, and only the frames of `images_every` and
            `crops_every` are rendered.
    """

    images_every: int = 30
    crops_every: int = 60
    crop_visible: float = 0.5
    video: H264Options | None = field(default_factory=H264Options)

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for name in ("images_every", "crops_every"):
            if getattr(self, name) < 0:
                raise InputError(f"{name}: expected 0 or more, got {getattr(self, name)}")


def save(
    world: World,
    folder: str | os.PathLike[str],
    options: ClipOptions | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Writes a clip: NAME is the preset and the seed, say `7p3b_s0`.

    - `NAME.mp4`, H.264, if asked for; `NAME_init.csv`; `gt_tracks/NNNNNN.json`
    - `NAME_action_official.csv`, `NAME_action_noisy.csv`, `NAME_action_exact.csv`
    - `images/NNNNNN.jpg` with `coco.json`: person boxes and the masks of what is visible of them (compressed
      run lengths), balls as the square round the whole circle, with `circle` (cx, cy, r), all with `visible`
      and `track_id`
    - `reid/person/`, `reid/ball/`: crops in Market-1501's naming, the view as camera
    - `clip.json`: what was asked for and what was written

    Args:
        world: The world.
        folder: A new or an empty folder; it appears whole or not at all.
        options: What to write; None: the defaults.
        threads: Threads that render; None: as many as there are cores. The bytes don't depend on it.
        progress: Called with rendered frames and how many there will be.

    Returns:
        The content of `clip.json`.

    Raises:
        InputError: If the folder exists and isn't empty.
        OSError: If the disk is full or the folder can't be written; names the folder.

    Source:
        The contest's forms; Market-1501's `IDENTITY_cCAMERAsSEQUENCE_FRAME_BOX.jpg`.
    """
    options = options or ClipOptions()
    threads = threads or len(os.sched_getaffinity(0))
    with new_folder(folder) as part:
        return _write(world, part, options, threads, progress)


@dataclass
class _Frame:
    """What a thread makes of one frame."""

    picture: Picture
    jpeg: bytes | None
    truth: FrameTruth | None
    masks: dict[int, dict[str, Any]]
    crops: list[tuple[str, bytes]]


def _write(
    world: World, folder: Path, options: ClipOptions, threads: int, progress: Progress | None
) -> dict[str, Any]:
    name = f"{world.preset}_s{world.seed}"
    tracks = world.tracks()
    write_tracks(tracks, folder / "gt_tracks")
    write_init(world.init(tracks), folder / f"{name}_init.csv")
    catches = {}
    header = ",".join(
        ["frame", *(f"{b}_{c}" for b, c in zip(world.ball_ids, world.ball_colors, strict=True))]
    )
    for kind in get_args(LabelKind):
        table = world.labels(kind, tracks)
        lines = [header]
        for frame, holders in zip(table.frame.tolist(), table.person.tolist(), strict=True):
            lines.append(",".join(map(str, [frame, *holders])))
        (folder / f"{name}_action_{kind}.csv").write_text("\n".join(lines) + "\n")
        catches[kind] = len(table.frame) - 1
    coco = _Coco(world)
    crops = 0
    if options.images_every:
        (folder / "images").mkdir()
    if options.crops_every:
        for kind in ("person", "ball"):
            (folder / "reid" / kind).mkdir(parents=True)

    def make(frame: int) -> _Frame:
        picture = world.render(frame)
        made = _Frame(picture, None, None, {}, [])
        if options.images_every and frame % options.images_every == 0:
            made.truth = world.truth(frame)
            made.masks = _masks(world.instances(frame), made.truth.person_id.tolist())
            made.jpeg = _core.encode_image(picture, "jpg")
        if options.crops_every and frame % options.crops_every == 0:
            for view in range(VIEWS):
                seen = picture if view == 0 else world.render(frame, view)
                made.crops += _crops(world, frame, view, seen, options.crop_visible)
        return made

    wanted = [
        frame
        for frame in range(world.frames)
        if options.video
        or any(every and frame % every == 0 for every in (options.images_every, options.crops_every))
    ]
    writer = H264Writer(folder / f"{name}.mp4", world.size, options.video) if options.video else None
    for done, (frame, made) in enumerate(zip(wanted, _in_order(make, wanted, threads), strict=True), start=1):
        if writer:
            writer.write(made.picture)
        if made.jpeg is not None and made.truth is not None:
            file = f"{frame:06d}.jpg"
            (folder / "images" / file).write_bytes(made.jpeg)
            coco.add(frame, file, made.truth, made.masks)
        for path, data in made.crops:
            (folder / "reid" / path).write_bytes(data)
        crops += len(made.crops)
        if progress:
            progress(done, len(wanted))
    if writer:
        writer.close()
    if options.images_every:
        (folder / "coco.json").write_text(json.dumps(coco.document, separators=(",", ":")) + "\n")
    manifest = {
        "name": name,
        "preset": world.preset,
        "seed": world.seed,
        "split": world.split,
        "frames": world.frames,
        "size": list(world.size),
        "balls": dict(zip(map(str, world.ball_ids), world.ball_colors, strict=True)),
        "catches": catches,
        "images": len(coco.document["images"]),
        "crops": crops,
        "options": asdict(options),
    }
    (folder / "clip.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def _in_order(make: Callable[[int], _Frame], frames: list[int], threads: int) -> Iterator[_Frame]:
    """What `make` gives of each frame, on some threads, a bounded number of frames ahead."""
    with ThreadPoolExecutor(threads) as pool:
        todo = iter(frames)
        ahead: list[Future[_Frame]] = [pool.submit(make, frame) for frame in islice(todo, 2 * threads)]
        try:
            while ahead:
                done = ahead.pop(0).result()
                ahead += [pool.submit(make, frame) for frame in islice(todo, 1)]
                yield done
        finally:
            for future in ahead:
                future.cancel()


class _Coco:
    """A COCO document that grows by a frame at a time."""

    def __init__(self, world: World) -> None:
        self._size = world.size
        self.document: dict[str, Any] = {
            "info": {"description": f"simulated clip {world.preset}, seed {world.seed}"},
            "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "ball"}],
            "images": [],
            "annotations": [],
        }

    def add(self, frame: int, file: str, truth: FrameTruth, masks: dict[int, dict[str, Any]]) -> None:
        width, height = self._size
        image = len(self.document["images"]) + 1
        self.document["images"].append(
            {"id": image, "file_name": file, "width": width, "height": height, "frame": frame}
        )
        rows = [
            (1, identity, _ltwh(box), visible, None)
            for identity, box, visible in zip(
                truth.person_id, truth.person_box, truth.person_visible, strict=True
            )
        ] + [
            (2, identity, _ltwh(_square(circle)), visible, circle)
            for identity, circle, visible in zip(
                truth.ball_id, truth.ball_circle, truth.ball_visible, strict=True
            )
        ]
        for category, identity, box, visible, circle in rows:
            annotation = {
                "id": len(self.document["annotations"]) + 1,
                "image_id": image,
                "category_id": category,
                "bbox": box,
                "area": round(box[2] * box[3], 2),
                "iscrowd": 0,
                "track_id": int(identity),
                "visible": round(float(visible), 3),
            }
            if circle is None:
                annotation["segmentation"] = masks[int(identity)]
            else:
                annotation["circle"] = [round(float(value), 2) for value in circle]
            self.document["annotations"].append(annotation)


def _masks(instances: IntArray, ids: list[int]) -> dict[int, dict[str, Any]]:
    """COCO's compressed run lengths of each person's mask."""
    # Loaded here: a clip without pictures doesn't need it.
    from faster_coco_eval.core import mask as masks

    out = {}
    for identity in ids:
        runs = masks.encode(np.asfortranarray(instances == identity).view(np.uint8))
        out[identity] = {"size": list(instances.shape), "counts": runs["counts"].decode("ascii")}
    return out


def _square(circle: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    x, y, r = circle
    return np.array([x - r, y - r, x + r, y + r], np.float32)


def _ltwh(box: npt.NDArray[np.float32]) -> list[float]:
    left, top, right, bottom = (float(value) for value in box)
    return [round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)]


def crop_identity(preset: str, seed: int, object_id: int) -> int:
    """The number that stands for an identity in the names of a clip's crops.

    Args:
        preset: The clip's, one of `PRESETS`.
        seed: The clip's.
        object_id: Of a person or a ball.

    Returns:
        Unlike for all presets and a hundred seeds: Market-1501's names have four digits.

    Raises:
        ValueError: If there is no such preset.

    Source:
        Market-1501's `IDENTITY_cCAMERAsSEQUENCE_FRAME_BOX.jpg`.

    >>> crop_identity("5p2b", 3, 6)
    1036
    """
    return 1000 * PRESETS.index(preset) + 10 * (seed % 100) + object_id


def _crops(world: World, frame: int, view: int, picture: Picture, least: float) -> list[tuple[str, bytes]]:
    truth = world.truth(frame, view)
    width, height = CROP_SIZE
    out = []
    for kind, ids, boxes, visible, size in (
        ("person", truth.person_id, truth.person_box, truth.person_visible, (width, height)),
        ("ball", truth.ball_id, [_square(c) for c in truth.ball_circle], truth.ball_visible, (width, width)),
    ):
        for identity, box, seen in zip(ids.tolist(), boxes, visible.tolist(), strict=True):
            if seen < least:
                continue
            left, top = np.floor(np.maximum(box[:2], 0)).astype(int).tolist()
            right, bottom = (
                np.ceil(np.minimum(box[2:], (picture.shape[1], picture.shape[0]))).astype(int).tolist()
            )
            if left < right and top < bottom:
                number = crop_identity(world.preset, world.seed, identity)
                crop = _core.sim_crop(picture, (left, top, right, bottom), *size)
                file = f"{number:04d}_c{view + 1}s1_{frame:06d}_00.jpg"
                out.append((f"{kind}/{file}", _core.encode_image(crop, "jpg")))
    return out
