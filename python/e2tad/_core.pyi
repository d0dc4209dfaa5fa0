"""
The C++ core of e2tad. Strict about dtypes and layouts; use the wrappers of the package.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import os
import typing

__all__: list[str] = [
    "Accuracy",
    "ActionTable",
    "Associator",
    "AxisTransform",
    "ConfigError",
    "Decoded",
    "Detector",
    "Embedder",
    "EnergyModel",
    "EnergyReading",
    "EnergySource",
    "FrameResult",
    "Gallery",
    "H264Writer",
    "Harmonizer",
    "ImageQueue",
    "InputError",
    "Letterbox",
    "NO_CLASS",
    "ReaderCounts",
    "RegionCropper",
    "ReplayDetector",
    "ReplayEmbedder",
    "RunResult",
    "SIM_PRESETS",
    "SIM_VIEWS",
    "Session",
    "SimRenderer",
    "SimWorld",
    "Tracks",
    "VideoInfo",
    "VideoReader",
    "accuracy_of_file",
    "accuracy_of_table",
    "action_config",
    "actions_from_columns",
    "actions_from_rows",
    "assign",
    "assign_batch",
    "best_of_each",
    "box_from_circle",
    "box_iou",
    "box_nms",
    "build_type",
    "circle_from_box",
    "circle_iou",
    "circle_nms",
    "colour_name",
    "compose",
    "config_schema",
    "contest_score",
    "cosine_distance",
    "crop_from_frame",
    "crop_of",
    "debias",
    "decode_actions",
    "decode_heads",
    "default_adaptive_config",
    "detection_nms",
    "draw",
    "encode_image",
    "energy_model",
    "energy_source",
    "euclidean_distance",
    "expand_switches",
    "find_collisions",
    "foreground_distances",
    "gallery_distance",
    "init_columns",
    "init_tracks",
    "is_grey",
    "letterbox_region",
    "lpcvc21_person_ids",
    "make_harmonizer",
    "meter_log_joules",
    "missing_ids",
    "nearest_name",
    "occlude",
    "paper_table2",
    "paper_table5",
    "parse_meter_frame",
    "parse_person_ids",
    "predict_table5",
    "read_actions",
    "read_image",
    "read_image_info",
    "read_init_csv",
    "read_mask",
    "read_mot",
    "read_track_folder",
    "rename_persons",
    "repair_tracks",
    "resolve_config",
    "sim_crop",
    "source_versions",
    "stream_seed",
    "synth_resolve",
    "track",
    "without_tall_balls",
    "write_actions",
    "write_init_csv",
    "write_mot",
    "write_track_folder",
]

class InputError(ValueError):
    pass

class ConfigError(InputError):
    pass

class Tracks:
    """
    Boxes with identities over a video; see e2tad.Tracks.
    """
    def __getstate__(self) -> tuple: ...
    def __init__(
        self,
        frame: numpy.ndarray,
        object_class: numpy.ndarray,
        id: numpy.ndarray,
        box: numpy.ndarray,
        observed: numpy.ndarray,
    ) -> None: ...
    def __len__(self) -> int: ...
    def __setstate__(self, arg0: tuple) -> None: ...
    def ball_ids(self) -> list[int]: ...
    def every(self, step: typing.SupportsInt | typing.SupportsIndex) -> Tracks:
        """
        The frames whose number `step` divides.
        """
    def person_ids(self) -> list[int]: ...
    @property
    def box(self) -> numpy.ndarray: ...
    @property
    def frame(self) -> numpy.ndarray: ...
    @property
    def id(self) -> numpy.ndarray: ...
    @property
    def object_class(self) -> numpy.ndarray: ...
    @property
    def observed(self) -> numpy.ndarray: ...

class ActionTable:
    """
    Rows of labels or of an answer; see e2tad.data.ActionTable.
    """
    def __len__(self) -> int: ...
    def cell(
        self, row: typing.SupportsInt | typing.SupportsIndex, ball: typing.SupportsInt | typing.SupportsIndex
    ) -> str:
        """
        The text of a cell.
        """
    @property
    def balls(self) -> list[str]:
        """
        Ball numbers, as text, in the order of the columns.
        """
    @property
    def frame(self) -> numpy.typing.NDArray[numpy.int64]:
        """
        (N,) int64, in file order.
        """
    @property
    def person(self) -> numpy.typing.NDArray[numpy.int32]:
        """
        (N, balls) int32: who holds the ball; 0 nobody, -1 where the cell is no person's id.
        """

class AxisTransform:
    """
    Scaling and shifting along each axis.
    """
    def apply(self, boxes: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, 4) ltrb -> (N, 4).
        """
    def inverse(self) -> AxisTransform:
        """
        The transform that leads back.
        """
    @property
    def scale_x(self) -> float: ...
    @property
    def scale_y(self) -> float: ...
    @property
    def shift_x(self) -> float: ...
    @property
    def shift_y(self) -> float: ...

class Letterbox:
    """
    How a region of a frame is laid into a network's input.
    """
    @property
    def content(self) -> tuple[int, int, int, int]: ...
    @property
    def frame_from_input(self) -> AxisTransform: ...
    @property
    def height(self) -> int: ...
    @property
    def input_from_frame(self) -> AxisTransform: ...
    @property
    def region(self) -> tuple[int, int, int, int]: ...
    @property
    def width(self) -> int: ...

class Accuracy:
    """
    What e2tad.metric.accuracy reports.
    """
    @property
    def accuracy(self) -> float: ...
    @property
    def fn(self) -> int: ...
    @property
    def fp(self) -> int: ...
    @property
    def frame_score(self) -> float: ...
    @property
    def label_row(self) -> numpy.typing.NDArray[numpy.int64]: ...
    @property
    def reason(self) -> str: ...
    @property
    def row_score(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def tp(self) -> int: ...

class Detector:
    """
    Finds persons and balls in a frame.
    """

class ReplayDetector(Detector):
    """
    Recorded detections by frame; see e2tad.detect.
    """
    @typing.overload
    def __init__(self, tracks: Tracks) -> None: ...
    @typing.overload
    def __init__(
        self, frames: numpy.ndarray, boxes: numpy.ndarray, scores: numpy.ndarray, classes: numpy.ndarray
    ) -> None: ...
    def detect(
        self, frame: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[
        numpy.typing.NDArray[numpy.float32],
        numpy.typing.NDArray[numpy.float32],
        numpy.typing.NDArray[numpy.int32],
    ]:
        """
        The detections of a frame, by number: boxes, scores, classes.
        """

class Embedder:
    """
    Features of detections.
    """
    @property
    def width(self) -> int: ...

class ReplayEmbedder(Embedder):
    """
    Recorded features by frame, class and box; see e2tad.reid.
    """
    def __init__(
        self, frames: numpy.ndarray, classes: numpy.ndarray, boxes: numpy.ndarray, features: numpy.ndarray
    ) -> None: ...
    def embed(
        self,
        frame: typing.SupportsInt | typing.SupportsIndex,
        boxes: numpy.ndarray,
        scores: numpy.ndarray,
        classes: numpy.ndarray,
    ) -> numpy.typing.NDArray[numpy.float32]:
        """
        The features of a frame's detections, (N, width).
        """

class Harmonizer:
    """
    Fits a composite's foreground to its background.
    """
    def harmonize(self, image: numpy.ndarray, mask: numpy.ndarray) -> numpy.typing.NDArray[numpy.uint8]:
        """
        (H, W, 3) uint8 BGR, (H, W) uint8 -> (H, W, 3); see e2tad.synth.
        """

class SimWorld:
    """
    Players, balls and a drone; see e2tad.sim.World.
    """
    def __init__(
        self,
        preset: str,
        seed: typing.SupportsInt | typing.SupportsIndex,
        frames: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def labels(
        self, tracks: Tracks, kind: str
    ) -> tuple[numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int32]]:
        """
        -> frame (N,), holder (N, balls); see e2tad.sim.World.labels.
        """
    def throws(self) -> numpy.typing.NDArray[numpy.int32]:
        """
        -> (N, 5): ball, from, to, release, caught; see e2tad.sim.World.throws.
        """
    def tracks(
        self,
        width: typing.SupportsInt | typing.SupportsIndex,
        height: typing.SupportsInt | typing.SupportsIndex,
        exact: bool,
    ) -> Tracks: ...
    def truth(
        self,
        frame: typing.SupportsInt | typing.SupportsIndex,
        view: typing.SupportsInt | typing.SupportsIndex,
        width: typing.SupportsInt | typing.SupportsIndex,
        height: typing.SupportsInt | typing.SupportsIndex,
    ) -> dict: ...
    @property
    def ball_colors(self) -> list[str]: ...
    @property
    def balls(self) -> int: ...
    @property
    def frames(self) -> int: ...
    @property
    def persons(self) -> int: ...
    @property
    def split(self) -> str: ...

class SimRenderer:
    """
    Pixels of a SimWorld; see e2tad.sim.World.render.
    """
    def __init__(
        self,
        world: SimWorld,
        width: typing.SupportsInt | typing.SupportsIndex,
        height: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def persons(
        self,
        frame: typing.SupportsInt | typing.SupportsIndex,
        view: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.int32]:
        """
        -> (height, width) int32, ids of persons, 0 elsewhere
        """
    def render(
        self,
        frame: typing.SupportsInt | typing.SupportsIndex,
        view: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.uint8]:
        """
        -> (height, width, 3) BGR
        """

class Gallery:
    """
    The latest features of each track; see e2tad.associate.Gallery.
    """
    def __init__(
        self,
        width: typing.SupportsInt | typing.SupportsIndex,
        capacity: typing.SupportsInt | typing.SupportsIndex,
        distance: str,
    ) -> None: ...
    def distance(self, queries: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, tracks) smallest distance to each track, in the order of `ids`.
        """
    def push(self, id: typing.SupportsInt | typing.SupportsIndex, feature: numpy.ndarray) -> None: ...
    @property
    def ids(self) -> numpy.typing.NDArray[numpy.int32]: ...

class Associator:
    """
    Identities frame by frame; see e2tad.associate.Associator.
    """
    def __init__(self, config: str) -> None: ...
    def learn(self, classes: numpy.ndarray, ids: numpy.ndarray, features: numpy.ndarray) -> None: ...
    def locate(
        self,
        frame: typing.SupportsInt | typing.SupportsIndex,
        classes: numpy.ndarray,
        ids: numpy.ndarray,
        boxes: numpy.ndarray,
    ) -> None: ...
    def step(
        self,
        frame: typing.SupportsInt | typing.SupportsIndex,
        classes: numpy.ndarray,
        features: numpy.ndarray,
        boxes: numpy.ndarray | None,
        embedded: numpy.ndarray,
    ) -> numpy.typing.NDArray[numpy.int32]:
        """
        (N,) identities of a frame's detections, -1 none.
        """

class Decoded:
    """
    Catches and throws decoded from tracks; see e2tad.action.
    """
    def answer(
        self, in_flight: str, merge: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int32]]:
        """
        (N,) frames and (N, balls) holders, 0 for nobody.
        """
    @property
    def balls(self) -> list[int]: ...
    @property
    def catches(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def dilated(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def eroded(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def frames(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def holds(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def persons(self) -> list[int]: ...
    @property
    def raw(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def start(self) -> list[int]: ...
    @property
    def states(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def throws(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def voted(self) -> numpy.typing.NDArray[numpy.int32]: ...

class VideoInfo:
    """
    What the container says of a video.
    """
    @property
    def codec(self) -> str: ...
    @property
    def frames(self) -> int: ...
    @property
    def frames_per_second(self) -> float: ...
    @property
    def height(self) -> int: ...
    @property
    def rotation_degrees(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def width(self) -> int: ...

class ReaderCounts:
    """
    What a walk through a video has done so far.
    """
    @property
    def converted(self) -> int: ...
    @property
    def decoded(self) -> int: ...
    @property
    def packets(self) -> int: ...

class VideoReader:
    """
    Walks a video forward; see e2tad.video.VideoReader.
    """
    def __init__(
        self,
        source: str,
        every: typing.SupportsInt | typing.SupportsIndex,
        frames: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        end: typing.SupportsInt | typing.SupportsIndex | None,
        width: typing.SupportsInt | typing.SupportsIndex,
        height: typing.SupportsInt | typing.SupportsIndex,
        rgb: bool,
        threads: typing.SupportsInt | typing.SupportsIndex,
        skip: bool,
        format: str,
        timeout_s: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...
    def next(self) -> typing.Any:
        """
        The next wanted frame as (number, time_s, image), or None at the end.
        """
    @property
    def counts(self) -> ReaderCounts: ...
    @property
    def image_height(self) -> int: ...
    @property
    def image_width(self) -> int: ...
    @property
    def info(self) -> VideoInfo: ...
    @property
    def warnings(self) -> list[str]: ...

class ImageQueue:
    """
    Room for Q images; see e2tad.video.ImageQueue.
    """
    def __init__(
        self,
        capacity: typing.SupportsInt | typing.SupportsIndex,
        width: typing.SupportsInt | typing.SupportsIndex,
        height: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def __len__(self) -> int: ...
    def fill(self, reader: VideoReader) -> int:
        """
        Replaces the images by the reader's next ones; how many came.
        """
    @property
    def capacity(self) -> int: ...
    @property
    def images(self) -> numpy.ndarray: ...
    @property
    def numbers(self) -> numpy.typing.NDArray[numpy.int32]: ...

class H264Writer:
    """
    Writes an MP4; see e2tad.video.H264Writer.
    """
    def __init__(
        self,
        path: str,
        width: typing.SupportsInt | typing.SupportsIndex,
        height: typing.SupportsInt | typing.SupportsIndex,
        fps: typing.SupportsInt | typing.SupportsIndex,
        crf: typing.SupportsInt | typing.SupportsIndex,
        b_frames: typing.SupportsInt | typing.SupportsIndex,
        keyframe_every: typing.SupportsInt | typing.SupportsIndex,
        preset: str,
    ) -> None: ...
    def close(self) -> None: ...
    def write(self, image: numpy.ndarray) -> None: ...

class RegionCropper:
    """
    See e2tad.adapt.RegionCropper.
    """
    def __init__(
        self,
        config: str,
        frame_width: typing.SupportsInt | typing.SupportsIndex,
        frame_height: typing.SupportsInt | typing.SupportsIndex,
        input: typing.SupportsInt | typing.SupportsIndex,
        persons: typing.SupportsInt | typing.SupportsIndex,
        balls: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def next(self) -> tuple[Letterbox, int]: ...
    def seed(self, boxes: numpy.ndarray) -> None: ...
    def update(self, boxes: numpy.ndarray, classes: numpy.ndarray) -> None: ...

class EnergyReading:
    """
    Joules of an interval; see e2tad.energy.
    """
    @property
    def joules(self) -> float | None: ...
    @property
    def method(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def seconds(self) -> float: ...

class EnergySource:
    """
    See e2tad.energy.source.
    """
    def start(self) -> None:
        """
        Begins an interval.
        """
    def stop(self, frames: typing.SupportsInt | typing.SupportsIndex) -> EnergyReading:
        """
        Ends it; `frames` is how many sampled frames were worked on.
        """
    def tick(self) -> None:
        """
        To be called at least once a minute in long intervals.
        """

class EnergyModel:
    """
    Energy of the paper's workload: e0 + p t.
    """
    def kilojoules(self, seconds_per_frame: typing.SupportsFloat | typing.SupportsIndex) -> float: ...
    def seconds_per_frame(self, kilojoules: typing.SupportsFloat | typing.SupportsIndex) -> float:
        """
        Negative below e0: out of the model's reach.
        """
    @property
    def e0_kj(self) -> float: ...
    @property
    def p_kj_per_s(self) -> float: ...
    @property
    def rms_error_kj(self) -> float: ...

class FrameResult:
    """
    A frame that is done; see e2tad.pipeline.Frame.
    """
    @property
    def boxes(self) -> numpy.typing.NDArray[numpy.float32]: ...
    @property
    def classes(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def ids(self) -> numpy.typing.NDArray[numpy.int32]: ...
    @property
    def number(self) -> int: ...
    @property
    def reason(self) -> int: ...
    @property
    def region(self) -> tuple[int, int, int, int]: ...
    @property
    def sampled(self) -> bool: ...
    @property
    def scores(self) -> numpy.typing.NDArray[numpy.float32]: ...
    @property
    def seeded(self) -> bool: ...
    @property
    def time_s(self) -> float: ...

class RunResult:
    """
    What a run found; see e2tad.pipeline.Run.
    """
    @property
    def actions(self) -> Decoded: ...
    @property
    def summary(self) -> str: ...
    @property
    def tracks(self) -> Tracks: ...
    @property
    def video(self) -> VideoInfo: ...

class Session:
    """
    A walk through a video; see e2tad.pipeline.
    """
    def __init__(
        self,
        source: str,
        init: tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray, numpy.ndarray] | None,
        config: str,
        detector: Detector,
        embedder: Embedder,
        format: str,
        timeout_s: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...
    def actions(self) -> Decoded: ...
    def finish(self) -> RunResult:
        """
        Ends the walk and decodes the catches.
        """
    def keep_last(self, frames: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Forgets all but the last so many frames.
        """
    def next(self, progress: collections.abc.Callable[[int, int], None] | None) -> list[FrameResult]:
        """
        The frames that are done next, in order; none at the end.
        """
    def picture(self) -> numpy.typing.NDArray[numpy.uint8]:
        """
        The picture of the last frame, (H, W, 3) BGR.
        """
    def run(self, progress: collections.abc.Callable[[int, int], None] | None) -> RunResult:
        """
        All that is left, then `finish`.
        """
    def tracks(self) -> Tracks: ...
    @property
    def config(self) -> str: ...
    @property
    def info(self) -> VideoInfo: ...

def accuracy_of_file(
    answer: os.PathLike | str | bytes,
    labels: ActionTable,
    threshold: typing.SupportsInt | typing.SupportsIndex,
    keep_matches: bool,
) -> Accuracy:
    """
    Reads the answer a row at a time; see e2tad.metric.accuracy.
    """

def accuracy_of_table(
    answer: ActionTable,
    labels: ActionTable,
    threshold: typing.SupportsInt | typing.SupportsIndex,
    keep_matches: bool,
) -> Accuracy:
    """
    See e2tad.metric.accuracy.
    """

def action_config(config_json: str) -> str:
    """
    The section `action` with every field, as JSON.
    """

def actions_from_columns(names: collections.abc.Sequence[str], columns: list, source: str) -> ActionTable:
    """
    Lists or int64 arrays, one a column -> ActionTable.
    """

def actions_from_rows(rows: list, source: str) -> ActionTable:
    """
    Dicts, or lists with the header first -> ActionTable.
    """

def assign(
    cost: numpy.ndarray, gate: typing.SupportsFloat | typing.SupportsIndex
) -> tuple[numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int32]]:
    """
    See e2tad.associate.assign.
    """

def assign_batch(
    costs: numpy.ndarray, gate: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int32]:
    """
    See e2tad.associate.assign_batch.
    """

def best_of_each(
    boxes: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray,
    persons: typing.SupportsInt | typing.SupportsIndex,
    balls: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.int32],
]:
    """
    See e2tad.detect.best_of_each.
    """

def box_from_circle(circles: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    See e2tad.geometry.box_from_circle.
    """

def box_iou(a: numpy.ndarray, b: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    Pairwise IoU, (N, 4) x (M, 4) -> (N, M); see e2tad.geometry.iou.
    """

def box_nms(
    boxes: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray | None,
    iou: typing.SupportsFloat | typing.SupportsIndex,
    max_keep: typing.SupportsInt | typing.SupportsIndex | None,
) -> numpy.typing.NDArray[numpy.int32]:
    """
    See e2tad.geometry.nms.
    """

def circle_from_box(boxes: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    See e2tad.geometry.circle_from_box.
    """

def circle_iou(a: numpy.ndarray, b: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    Pairwise circle IoU, (N, 3) x (M, 3) -> (N, M); see e2tad.geometry.circle_iou.
    """

def circle_nms(
    circles: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray | None,
    iou: typing.SupportsFloat | typing.SupportsIndex,
    max_keep: typing.SupportsInt | typing.SupportsIndex | None,
) -> numpy.typing.NDArray[numpy.int32]:
    """
    See e2tad.geometry.circle_nms.
    """

def colour_name(
    blue: typing.SupportsInt | typing.SupportsIndex,
    green: typing.SupportsInt | typing.SupportsIndex,
    red: typing.SupportsInt | typing.SupportsIndex,
) -> str:
    """
    The palette's name nearest in hue, "" for greys.
    """

def compose(
    image: numpy.ndarray,
    persons: numpy.ndarray,
    instances: typing.Any,
    balls: numpy.ndarray,
    seed: typing.SupportsInt | typing.SupportsIndex,
    name: str,
    harmonizer: Harmonizer,
    config: str,
) -> tuple[
    numpy.typing.NDArray[numpy.uint8],
    numpy.typing.NDArray[numpy.uint8],
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.float32],
    str,
]:
    """
    -> (image, mask, circles (N, 3), visible (N,), details as JSON); see e2tad.synth.
    """

def config_schema() -> str:
    """
    JSON schema of the configuration document.
    """

def contest_score(
    accuracy: typing.SupportsFloat | typing.SupportsIndex,
    energy_kj: typing.SupportsFloat | typing.SupportsIndex,
) -> float:
    """
    Accuracy per kilojoule.
    """

def cosine_distance(queries: numpy.ndarray, gallery: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    Cosine distances, (N, D) x (M, D) -> (N, M); see e2tad.associate.
    """

def crop_from_frame(
    box: typing.Annotated[
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"
    ],
    width: typing.SupportsInt | typing.SupportsIndex,
    height: typing.SupportsInt | typing.SupportsIndex,
) -> AxisTransform:
    """
    See e2tad.geometry.crop_from_frame.
    """

def crop_of(
    box: typing.Annotated[
        collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"
    ],
    object_class: typing.SupportsInt | typing.SupportsIndex,
    frame_width: typing.SupportsInt | typing.SupportsIndex,
    frame_height: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """
    See e2tad.reid.crop.
    """

def debias(
    image: numpy.ndarray,
    persons: numpy.ndarray,
    balls: numpy.ndarray,
    seed: typing.SupportsInt | typing.SupportsIndex,
    name: str,
    config: str,
) -> tuple[
    numpy.typing.NDArray[numpy.uint8],
    numpy.typing.NDArray[numpy.uint8],
    numpy.typing.NDArray[numpy.float32],
    str,
]:
    """
    -> (image, mask, boxes (N, 4), details as JSON); see e2tad.synth.
    """

def decode_actions(tracks: Tracks, config_json: str, init: Tracks | None) -> Decoded:
    """
    Catches and throws; see e2tad.action.decode.
    """

def decode_heads(
    heads: collections.abc.Sequence[numpy.ndarray],
    strides: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    anchors: collections.abc.Sequence[
        collections.abc.Sequence[
            tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]
        ]
    ],
    confidence: typing.SupportsFloat | typing.SupportsIndex | None,
    iou: typing.SupportsFloat | typing.SupportsIndex | None,
    max_detections: typing.SupportsInt | typing.SupportsIndex | None,
    circle_class: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.int32],
]:
    """
    See e2tad.detect.decode.
    """

def default_adaptive_config() -> str:
    """
    The defaults as JSON.
    """

def detection_nms(
    boxes: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray,
    iou: typing.SupportsFloat | typing.SupportsIndex | None,
    max_keep: typing.SupportsInt | typing.SupportsIndex | None,
    circle_class: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.int32]:
    """
    See e2tad.detect.nms.
    """

def draw(
    image: numpy.ndarray,
    boxes: numpy.ndarray,
    ids: numpy.ndarray,
    round: collections.abc.Sequence[bool],
    labels: collections.abc.Sequence[str],
    caption: str,
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    A copy of the picture with marks; see e2tad.draw.
    """

def encode_image(image: numpy.ndarray, format: str) -> bytes:
    """
    The file's bytes, "jpg" or "png"; see e2tad.data.images.
    """

def energy_model() -> EnergyModel:
    """
    See e2tad.energy.model.
    """

def energy_source(config: str) -> EnergySource:
    """
    See e2tad.energy.source.
    """

def euclidean_distance(queries: numpy.ndarray, gallery: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    Euclidean distances, (N, D) x (M, D) -> (N, M); see e2tad.associate.
    """

def expand_switches(text: str) -> str:
    """
    A delta with the settings of the paper's switches written out, as JSON.
    """

def find_collisions(
    boxes: numpy.ndarray, classes: numpy.ndarray
) -> tuple[numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int32]]:
    """
    Pairs (ball, person) and the rows in them; see e2tad.adapt.
    """

def foreground_distances(image: numpy.ndarray, mask: numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
    """
    (N,) distances in Lab; see e2tad.synth.
    """

def gallery_distance(
    queries: numpy.ndarray, features: numpy.ndarray, counts: numpy.ndarray | None, distance: str
) -> numpy.typing.NDArray[numpy.float32]:
    """
    Smallest distances, (N, D) x (M, K, D) -> (N, M); see e2tad.associate.
    """

def init_columns(
    tracks: Tracks,
    frame_width: typing.SupportsInt | typing.SupportsIndex,
    frame_height: typing.SupportsInt | typing.SupportsIndex,
) -> tuple:
    """
    init_tracks undone; see e2tad.data.Init.
    """

def init_tracks(
    frame: numpy.ndarray,
    object_class: numpy.ndarray,
    id: numpy.ndarray,
    share: numpy.ndarray,
    frame_width: typing.SupportsInt | typing.SupportsIndex,
    frame_height: typing.SupportsInt | typing.SupportsIndex,
) -> Tracks:
    """
    Shares of the frame -> Tracks in pixels; see e2tad.data.Init.tracks.
    """

def is_grey(image: numpy.ndarray) -> bool:
    """
    True if the three channels are equal everywhere.
    """

def letterbox_region(
    region: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"
    ],
    frame_width: typing.SupportsInt | typing.SupportsIndex,
    frame_height: typing.SupportsInt | typing.SupportsIndex,
    input: typing.SupportsInt | typing.SupportsIndex,
    multiple: typing.SupportsInt | typing.SupportsIndex,
    zoom: bool,
) -> Letterbox:
    """
    See e2tad.geometry.letterbox.
    """

def lpcvc21_person_ids(video: str) -> dict[int, int]:
    """
    Person ids of an LPCVC-2021 sample's tracks -> those of its labels; see e2tad.data.lpcvc21.
    """

def make_harmonizer(name: str) -> Harmonizer:
    """
    "none" or "statistics".
    """

def meter_log_joules(
    path: str,
    from_s: typing.SupportsFloat | typing.SupportsIndex | None,
    to_s: typing.SupportsFloat | typing.SupportsIndex | None,
    longest_gap_s: typing.SupportsFloat | typing.SupportsIndex,
) -> float | None:
    """
    See e2tad.energy.log_joules.
    """

def missing_ids(labels: ActionTable, tracks: Tracks) -> tuple[list[int], list[str]]:
    """
    -> persons, balls; see e2tad.metric.missing_ids.
    """

def nearest_name(name: str, names: collections.abc.Sequence[str]) -> str:
    """
    The nearest of `names` by edit distance, or "" if none is within half of its length.
    """

def occlude(
    crop: numpy.ndarray,
    donors: collections.abc.Sequence[tuple[numpy.ndarray, numpy.ndarray]],
    seed: typing.SupportsInt | typing.SupportsIndex,
    name: str,
    config: str,
) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.uint8], str]:
    """
    -> (image, mask, details as JSON); see e2tad.synth.
    """

def paper_table2() -> list[tuple[str, int, float, float]]: ...
def paper_table5() -> list[tuple[str, float, float]]: ...
def parse_meter_frame(bytes: bytes) -> tuple[str, float, float, float, int] | None:
    """
    (model, volts, amperes, watts, celsius) of a UM34C's answer, or None.
    """

def parse_person_ids(text: str) -> dict[int, int]:
    """
    "FROM=TO,..." -> {from: to}.
    """

def predict_table5(
    seconds: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
) -> list[tuple[str, float, float, float]]:
    """
    See e2tad.energy.predict_table5.
    """

def read_actions(path: os.PathLike | str | bytes) -> ActionTable:
    """
    See e2tad.data.load_labels.
    """

def read_image(path: os.PathLike | str | bytes, upright: bool) -> numpy.typing.NDArray[numpy.uint8]:
    """
    (H, W, 3) uint8 BGR; see e2tad.data.images.
    """

def read_image_info(path: os.PathLike | str | bytes) -> tuple[int, int]:
    """
    (width, height) as stored, from the header; see e2tad.data.images.
    """

def read_init_csv(path: os.PathLike | str | bytes) -> tuple:
    """
    -> frame, object_class, id, share (N, 4); see e2tad.data.load_init.
    """

def read_mask(path: os.PathLike | str | bytes) -> numpy.typing.NDArray[numpy.uint8]:
    """
    (H, W) uint8 instance numbers; see e2tad.data.images.
    """

def read_mot(
    path: os.PathLike | str | bytes,
    person_class: typing.SupportsInt | typing.SupportsIndex,
    ball_class: typing.SupportsInt | typing.SupportsIndex,
    frame_count: typing.SupportsInt | typing.SupportsIndex,
) -> Tracks:
    """
    See e2tad.data.motchallenge.load.
    """

def read_track_folder(folder: os.PathLike | str | bytes) -> Tracks:
    """
    One NNNNNN.json a frame -> Tracks; see e2tad.data.load_tracks.
    """

def rename_persons(
    tracks: Tracks,
    old_ids: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    new_ids: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
) -> Tracks:
    """
    See e2tad.data.rename_persons.
    """

def repair_tracks(tracks: Tracks, config_json: str) -> Tracks:
    """
    Tracks with identities and gaps mended; see e2tad.action.repair.
    """

def resolve_config(text: str, source: str) -> str:
    """
    The defaults with a JSON merge patch applied, as JSON; see e2tad.Config.
    """

def sim_crop(
    image: numpy.ndarray,
    ltrb: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"
    ],
    width: typing.SupportsInt | typing.SupportsIndex,
    height: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    A box of a picture, scaled to a size.
    """

def source_versions() -> dict[str, str]:
    """
    Hashes of the modules' sources that this was built from, by module.
    """

def stream_seed(seed: typing.SupportsInt | typing.SupportsIndex, name: str) -> int:
    """
    The seed of the stream that belongs to a name; see cpp/e2tad/core/random.hpp.
    """

def synth_resolve(what: str, delta: str) -> str:
    """
    The defaults with the fields of `delta` replaced, as JSON text.
    """

def track(
    frames: numpy.ndarray, seeds: Tracks, detector: Detector, embedder: Embedder, config: str
) -> Tracks:
    """
    See e2tad.associate.track.
    """

def without_tall_balls(
    boxes: numpy.ndarray,
    scores: numpy.ndarray,
    classes: numpy.ndarray,
    share: typing.SupportsFloat | typing.SupportsIndex | None,
) -> tuple[
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.float32],
    numpy.typing.NDArray[numpy.int32],
]:
    """
    See e2tad.detect.without_tall_balls.
    """

def write_actions(table: ActionTable, path: os.PathLike | str | bytes) -> None:
    """
    See e2tad.data.write_actions.
    """

def write_init_csv(
    path: os.PathLike | str | bytes,
    frame: numpy.ndarray,
    object_class: numpy.ndarray,
    id: numpy.ndarray,
    share: numpy.ndarray,
) -> None:
    """
    See e2tad.data.write_init.
    """

def write_mot(
    tracks: Tracks,
    path: os.PathLike | str | bytes,
    person_class: typing.SupportsInt | typing.SupportsIndex,
    ball_class: typing.SupportsInt | typing.SupportsIndex,
) -> None:
    """
    See e2tad.data.motchallenge.write.
    """

def write_track_folder(tracks: Tracks, folder: os.PathLike | str | bytes, form: str) -> None:
    """
    See e2tad.data.write_tracks.
    """

NO_CLASS: int = -1
SIM_PRESETS: tuple = ("4p1b", "5p2b", "5p4b", "5p5b", "7p3b")
SIM_VIEWS: int = 4
__version__: str = "0.1.0"
build_type: str = "Release"
