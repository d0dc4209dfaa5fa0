"""The pipeline against its plain-Python reference on simulated clips, and against what goes wrong."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference_pipeline as reference
from meter import SimulatedMeter

import e2tad
from e2tad import Config, ConfigError, InputError, Pipeline, metric
from e2tad.data import Init
from e2tad.detect import ReplayDetector
from e2tad.evaluation.perturbations import drop
from e2tad.reid import ReplayEmbedder
from e2tad.sim import ClipOptions, World, save
from e2tad.tracks import make_tracks
from e2tad.video import VideoReader

SIZE = (480, 270)
FRAMES = 400


class Clip:
    """A simulated clip with noisy detections and features of its true tracks."""

    def __init__(self, folder: Path, preset: str, seed: int) -> None:
        world = World(preset, seed, frames=FRAMES, size=SIZE)
        save(world, folder, ClipOptions(images_every=0, crops_every=0), threads=1)
        self.video = next(folder.glob("*.mp4"))
        self.labels = next(folder.glob("*_action_noisy.csv"))
        self.init_path = next(folder.glob("*_init.csv"))
        self.init = e2tad.data.load_init(self.init_path)
        rng = np.random.default_rng(seed)
        self.truth = world.tracks()
        seen = drop(self.truth, 0.1, 3, rng)
        noise = rng.normal(0, 0.5, seen.box.shape).astype(np.float32)
        box = np.sort((seen.box + noise).reshape(-1, 2, 2), axis=1).reshape(-1, 4)
        pairs = {*zip(self.truth.object_class, self.truth.id, strict=True)}
        ids = {pair: i for i, pair in enumerate(sorted(pairs))}
        centers = rng.normal(0, 1, (len(ids), 16)).astype(np.float32)

        def features(kind: Any, identity: Any) -> Any:
            rows = centers[[ids[pair] for pair in zip(kind, identity, strict=True)]]
            return rows + rng.normal(0, 0.2, rows.shape).astype(np.float32)

        self.recorded = reference.Recorded(
            seen.frame,
            box,
            rng.uniform(0.4, 1, len(seen)).astype(np.float32),
            seen.object_class,
            features(seen.object_class, seen.id),
        )
        self.seeds = self.init.tracks(SIZE)
        self.init_features = features(self.seeds.object_class, self.seeds.id)

    def detector(self) -> ReplayDetector:
        r = self.recorded
        return ReplayDetector.from_columns(r.frame, r.box, r.score, r.object_class)

    def embedder(self) -> ReplayEmbedder:
        r, s = self.recorded, self.seeds
        return ReplayEmbedder.from_columns(
            np.r_[s.frame, r.frame],
            np.r_[s.object_class, r.object_class],
            np.vstack([s.box, r.box]),
            np.vstack([self.init_features, r.features]),
        )

    def pipeline(self, settings: Mapping[str, Any] | None = None) -> Pipeline:
        return Pipeline(settings, detector=self.detector(), embedder=self.embedder())


@pytest.fixture(scope="module", params=[("5p2b", 3), ("7p3b", 1)], ids=["5p2b", "7p3b"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(tmp_path_factory.mktemp("clips") / "clip", *request.param)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(tmp_path_factory.mktemp("clips") / "clip", "4p1b", 2)


def same_tracks(left: e2tad.Tracks, right: e2tad.Tracks) -> None:
    for column in ("observed", "frame", "object_class", "id", "box"):
        np.testing.assert_array_equal(getattr(left, column), getattr(right, column))


SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "known counts": {"detector": {"known_counts": True}},
    "no adaptive inference": {"ablation": {"AdpInf": False}},
    "the paper's action": {"ablation": {"Action": True}, "adaptive": {"inspect_collisions": False}},
    "every fourth frame": {"pipeline": {"every": 4}, "detector": {"input": 640}},
    "small pictures": {"pipeline": {"queue_size": {"width": 240, "height": 135}}},
}


@pytest.mark.parametrize("seeded", [True, False], ids=["seeded", "open"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_every_schedule_equals_the_plain_reference(
    clip: Clip, settings: Mapping[str, Any], seeded: bool
) -> None:
    small_pictures = "queue_size" in settings.get("pipeline", {})
    expected = reference.run(
        clip.recorded,
        clip.init if seeded else None,
        clip.init_features,
        FRAMES,
        SIZE,
        (240, 135) if small_pictures else SIZE,
        settings,
    )
    assert len(expected.tracks) > 50
    for schedule in (
        {"schedule": "frame"},
        {"schedule": "cached"},
        {"queue_frames": 5, "records_mb": 1},
        {"queue_frames": 5, "records_mb": 1, "threads": 2},
    ):
        config = Config(settings).merged({"pipeline": schedule})
        run = clip.pipeline(config).run(clip.video, clip.init if seeded else None)
        same_tracks(run.tracks, expected.tracks)
        assert run.actions.rows() == expected.answer
        counts = run.summary["counts"]
        assert counts["embedded"] == expected.embedded
        assert counts["idle_frames"] == expected.idle
        assert counts["regions"] == np.bincount(expected.reasons, minlength=6).tolist()


def test_catches_of_a_simulated_clip_are_found(clip: Clip) -> None:
    run = clip.pipeline().run(clip.video, clip.init_path)
    assert metric.accuracy(run.actions.rows(), clip.labels).accuracy > 0.5
    frames, holders = run.answer()
    assert holders.shape == (len(frames), len(run.actions.balls))


def test_a_run_tells_what_it_cost(small: Clip) -> None:
    run = small.pipeline({"energy": {"source": "model"}}).run(small.video, small.init)
    stages = run.summary["stages"]
    assert list(stages) == ["decode", "detect", "crop", "embed", "associate", "action"]
    assert all(cost["items"] > 0 and cost["bytes"] > 0 for cost in stages.values())
    assert sum(cost["seconds"] for cost in stages.values()) <= run.summary["seconds"]
    assert run.summary["energy"]["method"] == "modelled"
    assert run.summary["energy"]["joules"] > 0
    assert run.summary["memory"]["queue_bytes"] == 16 * SIZE[0] * SIZE[1] * 3
    assert run.config["pipeline"]["every"] == 10
    json.dumps({"config": run.config, **run.summary})


def test_the_tracks_are_a_pandas_frame(small: Clip) -> None:
    run = small.pipeline().run(small.video, small.init)
    table = run.frame()
    assert list(table.columns) == ["frame", "class", "id", "left", "top", "right", "bottom"]
    assert len(table) == len(run.tracks)
    assert set(table["class"]) == {"person", "ball"}
    np.testing.assert_array_equal(table["right"], run.tracks.box[:, 2])


def test_frame_by_frame_gives_the_same(small: Clip) -> None:
    whole = small.pipeline().run(small.video, small.init)
    stream = small.pipeline().stream(small.video, small.init)
    frame, kind, identity, box, observed = [], [], [], [], []
    for item in stream:
        assert item.picture.shape == (SIZE[1], SIZE[0], 3)
        if item.sampled:
            observed.append(item.number)
            known = item.ids >= 0
            frame += [item.number] * int(known.sum())
            kind += item.classes[known].tolist()
            identity += item.ids[known].tolist()
            box += item.boxes[known].tolist()
    same_tracks(make_tracks(frame, kind, identity, box, observed), whole.tracks)
    assert stream.actions().rows() == whole.actions.rows()
    assert stream.finish().actions.rows() == whole.actions.rows()


def test_a_stream_can_end_early_and_forgets_what_is_old(small: Clip) -> None:
    stream = small.pipeline().stream(small.video, small.init, history=3)
    numbers = []
    for item in stream:
        numbers.append(item.number)
        assert len(stream.tracks.observed) <= 3
        if item.number >= 200:
            break
    assert stream.finish().tracks.observed.tolist() == [180, 190, 200]
    assert list(stream) == []
    with pytest.raises(ValueError, match="history: expected 1 or more, got 0"):
        small.pipeline().stream(small.video, history=0)


def test_pictures_of_a_stream_are_the_videos(small: Clip) -> None:
    pictures = {item.number: item.picture for item in small.pipeline().stream(small.video)}
    for frame in VideoReader(small.video, every=10, size=SIZE):
        np.testing.assert_array_equal(pictures[frame.number], frame.image)


def test_recorded_tracks_carry_their_identities_along(small: Clip, tmp_path: Path) -> None:
    e2tad.data.write_tracks(small.truth, tmp_path / "tracks")
    e2tad.data.motchallenge.write(small.truth, tmp_path / "tracks.txt")
    for recorded in ("tracks", "tracks.txt"):
        settings = {
            "pipeline": {"detections": str(tmp_path / recorded), "features": "identities"},
            "ablation": {"AdpInf": False},
        }
        run = Pipeline(settings).run(small.video, small.init)
        sampled = small.truth.every(10)
        np.testing.assert_array_equal(run.tracks.frame, sampled.frame)
        np.testing.assert_array_equal(run.tracks.id, sampled.id)
        np.testing.assert_allclose(run.tracks.box, sampled.box, atol=0.01)


def test_recorded_detections_and_features_are_read_from_files(small: Clip, tmp_path: Path) -> None:
    r, s = small.recorded, small.seeds
    np.savez(tmp_path / "d.npz", frame=r.frame, box=r.box, score=r.score, object_class=r.object_class)
    np.savez(
        tmp_path / "f.npz",
        frame=np.r_[s.frame, r.frame],
        object_class=np.r_[s.object_class, r.object_class],
        box=np.vstack([s.box, r.box]),
        features=np.vstack([small.init_features, r.features]),
    )
    files = {"detections": str(tmp_path / "d.npz"), "features": str(tmp_path / "f.npz")}
    run = Pipeline({"pipeline": files}).run(small.video, small.init)
    same_tracks(run.tracks, small.pipeline().run(small.video, small.init).tracks)
    with pytest.raises(InputError, match=r"d\.npz: array features is missing"):
        Pipeline({"pipeline": {**files, "features": files["detections"]}})
    with pytest.raises(InputError, match="`identities` needs recorded detections with ids"):
        Pipeline({"pipeline": {**files, "features": "identities"}})


def test_the_packaged_networks_stand_in_where_nothing_is_named(small: Clip) -> None:
    pipeline = Pipeline()
    assert Path(pipeline.config["detector.model"]).name == "detector.ptl"
    assert Path(pipeline.config["reid.model"]).name == "reid.ptl"
    run = pipeline.run(small.video, small.init)
    assert run.config["reid"]["model"] == pipeline.config["reid.model"]
    with pytest.raises(FileNotFoundError, match="none"):
        Pipeline({"reid": {"model": "none.ptl"}})


def test_switches_given_later_change_a_resolved_document() -> None:
    config = Config().set("ablation.AdpInf=false")
    assert config["adaptive.crop_region"] is False
    again = config.set("adaptive.crop_region=true")
    assert (again["adaptive.crop_region"], again["adaptive.inspect_collisions"]) == (True, False)
    assert again.set("ablation.Pipeline=false")["pipeline.schedule"] == "frame"
    with pytest.raises(ConfigError, match="did you mean AdpInf"):
        Config({"ablation": {"AdpInv": True}})


def ffmpeg(*args: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, args)], check=True, timeout=60)


def test_a_video_cut_in_the_middle_is_run_as_far_as_it_goes(small: Clip, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    ffmpeg("-i", small.video, "-c", "copy", "-movflags", "faststart", whole)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    for threads in (1, 2):
        run = small.pipeline({"pipeline": {"threads": threads}}).run(cut, small.init)
        assert 10 < len(run.tracks.observed) < FRAMES // 10
        assert any("ends" in line for line in run.warnings)
        same = small.pipeline().run(small.video, small.init).tracks
        last = int(run.tracks.observed[-1])
        np.testing.assert_array_equal(run.tracks.id, same.id[same.frame <= last])


def test_a_video_without_frames_is_an_error(tmp_path: Path, small: Clip) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "0", tmp_path / "none.mp4")
    for schedule in ("frame", "cached"):
        for threads in (1, 2):
            pipeline = small.pipeline({"pipeline": {"schedule": schedule, "threads": threads}})
            with pytest.raises(InputError, match=r"none\.mp4"):
                pipeline.run(tmp_path / "none.mp4", small.init)


def test_a_size_that_changes_keeps_the_first_ones_coordinates(small: Clip, tmp_path: Path) -> None:
    parts = []
    for i, size in enumerate(("480x270", "320x180")):
        part = tmp_path / f"{i}.ts"
        parts.append(part)
        trim = f"trim=start_frame={200 * i}:end_frame={200 * (i + 1)},setpts=PTS-STARTPTS"
        ffmpeg("-i", small.video, "-vf", f"{trim},scale={size}", "-c:v", "libx264", "-g", "20", part)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    run = small.pipeline().run(joined, small.init)
    assert any("size" in line for line in run.warnings)
    same_tracks(run.tracks, small.pipeline().run(small.video, small.init).tracks)


def test_a_variable_rate_changes_no_frame_number(small: Clip, tmp_path: Path) -> None:
    wild = tmp_path / "vfr.mp4"
    ffmpeg("-i", small.video, "-vf", "setpts='(N+0.3*mod(N,3))/(30*TB)'", "-vsync", "vfr", wild)
    same_tracks(
        small.pipeline().run(wild, small.init).tracks, small.pipeline().run(small.video, small.init).tracks
    )


def test_a_turned_video_is_run_upright(small: Clip, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-i", small.video, "-c", "copy", "-metadata:s:v", "rotate=90", turned)
    nothing = ReplayDetector(make_tracks([], [], [], np.zeros((0, 4))))
    pipeline = Pipeline(
        {"pipeline": {"queue_size": {"width": 240, "height": 135}}},
        detector=nothing,
        embedder=small.embedder(),
    )
    stream = pipeline.stream(turned)
    assert (stream.video.width, stream.video.height) == (270, 480)
    assert next(iter(stream)).picture.shape == (240, 135, 3)


def test_people_of_init_who_are_never_seen_again_and_a_ball_that_never_appears(small: Clip) -> None:
    i = small.init
    extra = Init(
        np.r_[i.frame, [0, 1]].astype(np.int32),
        np.r_[i.object_class, [0, 1]].astype(np.int32),
        np.r_[i.id, [77, 88]].astype(np.int32),
        np.vstack([i.share, [[0.5, 0.5, 0.1, 0.1], [0.02, 0.98, 0.01, 0.01]]]),
    )
    seeds = extra.tracks(SIZE)
    away = seeds.box[np.isin(seeds.id, [77, 88])]
    embedder = ReplayEmbedder.from_columns(
        np.r_[small.seeds.frame, small.recorded.frame, [0, 1]],
        np.r_[small.seeds.object_class, small.recorded.object_class, [0, 1]],
        np.vstack([small.seeds.box, small.recorded.box, away]),
        np.vstack([small.init_features, small.recorded.features, -np.ones((2, 16), np.float32)]),
    )
    often = {"adaptive": {"inspect_collisions": False, "search_every": 3}}
    run = Pipeline(often, detector=small.detector(), embedder=embedder).run(small.video, extra)
    assert "person 77 of init.csv never found again" in run.warnings
    assert "ball 88 of init.csv never found again" in run.warnings
    assert 88 in run.actions.balls
    assert not (run.actions.catches[:, 1] == 88).any()
    # Whole frames are looked for them, but not all.
    regions = run.summary["counts"]["regions"]
    assert regions[e2tad.adapt.RegionReason.SEARCH] > 0
    assert regions[e2tad.adapt.RegionReason.CROPPED] > regions[e2tad.adapt.RegionReason.SEARCH]


@pytest.mark.slow
def test_a_meter_that_is_unplugged_costs_the_figure_only(small: Clip) -> None:
    meter = SimulatedMeter(lambda _: 4.0)
    settings = {"energy": {"source": "meter", "path": meter.path}}
    unplugged = False

    def progress(frame: int, frames: int) -> None:
        nonlocal unplugged
        if frame > 100 and not unplugged:
            unplugged = True
            meter.unplug()
            time.sleep(6)  # longer than a gap in a meter's figures may be

    run = small.pipeline(settings).run(small.video, small.init, progress)
    assert unplugged
    assert run.summary["energy"]["joules"] is None
    assert run.summary["energy"]["method"] == "measured_meter"
    assert run.summary["energy"]["note"]
    same_tracks(run.tracks, small.pipeline().run(small.video, small.init).tracks)


def test_progress_is_told_and_may_end_the_run(small: Clip) -> None:
    told: list[tuple[int, int]] = []
    small.pipeline().run(small.video, None, lambda frame, frames: told.append((frame, frames)))
    assert told == [(frame, FRAMES) for frame in range(0, FRAMES, 10)]

    def stop(frame: int, frames: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        small.pipeline({"pipeline": {"threads": 2}}).run(small.video, None, stop)


def test_a_session_in_use_refuses_another_call(small: Clip) -> None:
    stream = small.pipeline().stream(small.video)
    session = stream._session
    refused: list[str] = []

    def again(frame: int, frames: int) -> None:
        with pytest.raises(ValueError, match="another call is under way"):
            session.tracks()
        refused.append("yes")

    session.next(again)
    assert refused == ["yes"]


def test_other_threads_run_meanwhile(
    small: Clip, runs_beside: Callable[[Callable[[], object]], bool]
) -> None:
    # A callback takes the GIL, so none is given.
    assert runs_beside(lambda: small.pipeline().run(small.video, small.init))


@pytest.mark.data
@pytest.mark.parametrize("name", ["pedestrian_crossing", "basketball"])
def test_every_schedule_gives_one_answer_on_a_real_clip(data_root: Path, name: str) -> None:
    from e2tad.nn import Embedder

    video = data_root / "video" / f"{name}.mp4"
    info = VideoReader(video, every=0).info
    # Boxes that drift over the pictures; what they show is real, and the network says who is who.
    rng = np.random.default_rng(0)
    frames = np.repeat(np.arange(0, max(info.frames, 300), 5), 6).astype(np.int32)
    place = rng.uniform(0.1, 0.8, (6, 2)) + np.cumsum(rng.normal(0, 0.01, (len(frames) // 6, 6, 2)), axis=0)
    corner = np.clip(place, 0, 0.85).reshape(-1, 2) * (info.width, info.height)
    size = np.tile([[60, 150]] * 5 + [[20, 20]], (len(frames) // 6, 1))
    box = np.hstack([corner, corner + size]).astype(np.float32)
    kind = np.tile([0, 0, 0, 0, 0, 1], len(frames) // 6).astype(np.int32)
    detector = ReplayDetector.from_columns(frames, box, np.full(len(frames), 0.9), kind)
    embedder = Embedder(Path(__file__).parents[2] / "experiments" / "weights" / "reid_market_w8.ptl")
    runs = []
    for schedule in (
        {"schedule": "frame"},
        {"schedule": "cached"},
        {"queue_frames": 3, "records_mb": 1},
        {"schedule": "frame", "threads": 2},
        {"threads": 2},
    ):
        settings = {"pipeline": {"every": 5, **schedule}, "adaptive": {"inspect_collisions": False}}
        runs.append(Pipeline(settings, detector=detector, embedder=embedder).run(video))
    assert len(runs[0].tracks) > 100
    for run in runs[1:]:
        same_tracks(run.tracks, runs[0].tracks)
        assert run.actions.rows() == runs[0].actions.rows()


def test_a_hundred_runs_do_not_grow(small: Clip) -> None:
    program = """
import sys, resource
from e2tad import Pipeline
video, init, tracks = sys.argv[1:]
def run():
    settings = {"pipeline": {"detections": tracks, "features": "identities", "every": 50, "threads": 2}}
    Pipeline(settings).run(video, init)
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
for _ in range(15):
    run()
before = resident()
for _ in range(100):
    run()
print(resident() - before)
"""
    short = small.video.with_name("short.mp4")
    ffmpeg("-i", small.video, "-frames:v", "60", "-c:v", "libx264", "-preset", "ultrafast", short)
    folder = small.video.with_name("some_tracks")
    if not folder.exists():
        rows = small.truth.frame < 60
        t = small.truth
        e2tad.data.write_tracks(
            make_tracks(t.frame[rows], t.object_class[rows], t.id[rows], t.box[rows]), folder
        )
    done = subprocess.run(
        [sys.executable, "-c", program, str(short), str(small.init_path), str(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    # A leak of one picture of the queue a run would be 39 MB.
    assert int(done.stdout) < 8 << 20
