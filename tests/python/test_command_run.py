"""`e2tad run` as a user runs it, on a small simulated clip with recorded detections."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import dom, needs_chromium, screenshot

from e2tad import Pipeline, data, metric
from e2tad.report.overlay import Drawing
from e2tad.sim import ClipOptions, World, save

SIZE = (480, 270)
FRAMES = 240
FILES = ["actions.csv", "report.html", "run.json", "tracks.json"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips") / "clip"
    save(World("5p2b", 3, frames=FRAMES, size=SIZE), folder, ClipOptions(images_every=0, crops_every=0))
    return folder


def words(clip: Path, *more: object) -> list[object]:
    name = "5p2b_s3"
    recorded = ["--detections", clip / "gt_tracks", "--features", "identities"]
    return ["run", clip / f"{name}.mp4", "--init", clip / f"{name}_init.csv", *recorded, *more]


def test_a_run_leaves_its_four_files_and_prints_its_result(e2tad, clip, tmp_path):
    labels = clip / "5p2b_s3_action_noisy.csv"
    done = e2tad(*words(clip, "--labels", labels, "-o", "out", "--json", "--energy", "model"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    assert told["files"] == [f"out/{name}" for name in FILES]
    assert json.loads((tmp_path / "out/run.json").read_text()) == told
    report = metric.accuracy(tmp_path / "out/actions.csv", labels)
    assert told["score"]["accuracy"] == report.accuracy > 0.5
    assert told["score"]["score"] == pytest.approx(report.accuracy / (told["energy"]["joules"] / 1000))
    assert told["config"]["pipeline"]["detections"] == str(clip / "gt_tracks")
    assert told["video"]["size"] == list(SIZE)
    assert [row["to"] for row in told["catches"]]
    again = e2tad(*words(clip, "-o", "out", "--schedule", "frame"))
    assert again.returncode == 0, again.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    rerun = json.loads((tmp_path / "out/run.json").read_text())
    assert rerun["config"]["pipeline"]["schedule"] == "frame"
    assert rerun["catches"] == told["catches"]
    assert re.search(r"\d+ catch(es)? in [\d.]+ s \(decode ", again.stdout.replace("\n", " "))


def test_the_tracks_read_back(e2tad, clip, tmp_path):
    e2tad(*words(clip, "--set", "ablation.AdpInf=false"))
    tracks = data.open_tracks(tmp_path / "out/run/tracks.json")
    sampled = data.load_tracks(clip / "gt_tracks").every(10)
    np.testing.assert_array_equal(tracks.observed, sampled.observed)
    np.testing.assert_array_equal(tracks.id, sampled.id)
    np.testing.assert_allclose(tracks.box, sampled.box, atol=0.01)
    done = e2tad("eval", "tracks", "out/run/tracks.json", "--data", clip / "gt_tracks", "--json")
    found = json.loads(done.stdout)
    assert found["frames"] == FRAMES // 10
    assert found["all"]["HOTA"] == pytest.approx(1)
    catches = e2tad("actions", "out/run/tracks.json", "-o", "a.csv")
    assert catches.returncode == 0, catches.stderr


def test_the_overlay_plays_and_is_drawn_where_things_are(e2tad, clip, tmp_path):
    assert e2tad(*words(clip, "--overlay", "-o", "out")).returncode == 0
    video = cv2.VideoCapture(str(tmp_path / "out/overlay.mp4"))
    assert int(video.get(cv2.CAP_PROP_FRAME_COUNT)) == FRAMES
    drawn = video.read()[1]
    plain = cv2.VideoCapture(str(clip / "5p2b_s3.mp4")).read()[1]
    change = np.abs(drawn.astype(int) - plain).max(axis=2)
    edges = np.zeros(change.shape, bool)
    truth = data.load_tracks(clip / "gt_tracks")
    for box in truth.box[(truth.frame == 0) & (truth.object_class == 0)].astype(int):
        left, top, right, bottom = box
        for x in (left, right):
            edges[top:bottom, x - 1 : x + 2] = True
    assert change[edges].mean() > 4 * change[~edges].mean()
    page = (tmp_path / "out/report.html").read_text()
    assert 'src="data:video/mp4;base64,' in page
    probe = subprocess.run(
        [
            "ffprobe",
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,pix_fmt",
            tmp_path / "out/overlay.mp4",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "codec_name=h264" in probe.stdout
    assert "pix_fmt=yuv420p" in probe.stdout


def test_boxes_move_evenly_between_two_sampled_frames(clip):
    settings = {
        "pipeline": {"detections": str(clip / "gt_tracks"), "features": "identities"},
        "ablation": {"AdpInf": False},
    }
    run = Pipeline(settings).run(clip / "5p2b_s3.mp4", clip / "5p2b_s3_init.csv")
    drawing = Drawing(run, (SIZE[0] // 2, SIZE[1] // 2))
    first, middle, last = (drawing.boxes(frame)[0] for frame in (20, 25, 30))
    np.testing.assert_allclose(middle, (first + last) / 2, atol=0.01)
    sampled = run.tracks.box[run.tracks.frame == 20]
    np.testing.assert_allclose(first, sampled / 2, atol=0.01)
    frame, ball, _, person = run.actions.catches[0].tolist()
    assert f"CATCH: person {person}, ball {ball}" in drawing.caption(frame)
    assert "CATCH" not in drawing.caption(frame - 1)


@needs_chromium
@pytest.mark.slow
def test_the_report_is_one_page_that_chromium_shows_on_a_desktop_and_a_phone(e2tad, clip, tmp_path):
    labels = clip / "5p2b_s3_action_noisy.csv"
    assert e2tad(*words(clip, "--labels", labels, "-o", "out")).returncode == 0
    page = tmp_path / "out/report.html"
    text = page.read_text()
    assert not re.search(r"<(script|link|img|video)[^>]+(src|href)=[\"'](?!data:)", text)
    document = dom(page, tmp_path)
    for heading in ("Clip", "Who holds which ball", "Score", "Where the time went", "Energy", "Settings"):
        assert f"<h2>{heading}</h2>" in document
    assert document.count("person 2") >= 2
    for width in (1280, 520):  # headless Chromium has no narrower window than 500
        picture = screenshot(page, tmp_path, width, 2400).astype(int)
        # Nothing runs out of the page: its right margin is white.
        assert (picture[:, -8:] > 240).all()
        assert (picture.max(axis=2) - picture.min(axis=2) > 60).mean() > 0.01


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--features", "none.npz"], "e2tad: none.npz: No such file or directory"),
        (
            ["--energy", "sun"],
            "--energy: expected one of auto rapl meter log model, with :PATH, got sun",
        ),
        (["--set", "pipeline.shedule=frame"], "unknown key, did you mean schedule?"),
        (["--set", "pipeline.every=0"], "/pipeline/every: "),
        (["--set", "detector.confidence=1e400"], "detector.confidence: expected a finite number, got 1e400"),
        (["--set", "detector.confidence=NaN"], "/detector/confidence: "),
        (["--threshold", "-1"], "--threshold: expected 0 to 1000000 frames, got -1"),
        (["--threshold", "99999999999999999999"], "--threshold: expected 0 to 1000000 frames"),
        (["--jobs", "0"], "--jobs: expected at least 1, got 0"),
        (["--detections", "clip.csv"], "clip.csv: expected tracks: a .json file of e2tad run"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(e2tad, clip, tmp_path, more, message):
    (tmp_path / "clip.csv").touch()
    done = e2tad(*words(clip, *more, "-o", "out"))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_a_model_the_packaged_networks_run_and_are_named(e2tad, clip, tmp_path):
    done = e2tad("run", clip / "5p2b_s3.mp4", "--init", clip / "5p2b_s3_init.csv", "-o", "out")
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "out" / "run.json").read_text())["config"]
    assert [Path(config[section]["model"]).name for section in ("detector", "reid")] == [
        "detector.ptl",
        "reid.ptl",
    ]


def test_a_broken_video_or_output_leaves_nothing(e2tad, clip, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    bad = [tmp_path / "bad.mp4" if str(word).endswith(".mp4") else word for word in words(clip, "-o", "out")]
    done = e2tad(*bad)
    assert done.returncode == 2
    assert "bad.mp4" in done.stderr
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").touch()
    done = e2tad(*words(clip, "-o", "file"))
    assert (done.returncode, done.stderr) == (2, "e2tad: file: expected a folder\n")


def test_what_is_read_is_not_replaced(e2tad, clip, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    labels = out / "actions.csv"
    labels.write_bytes((clip / "5p2b_s3_action_noisy.csv").read_bytes())
    video = out / "overlay.mp4"
    video.write_bytes((clip / "5p2b_s3.mp4").read_bytes())
    before = video.read_bytes(), labels.read_bytes()
    done = e2tad(*words(clip, "--labels", labels, "-o", "out"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "actions.csv: is an input, and would be replaced by the output out/actions.csv" in done.stderr
    done = e2tad(*(video if str(word).endswith(".mp4") else word for word in words(clip, "-o", out)))
    assert done.returncode == 2
    assert "overlay.mp4: is an input" in done.stderr
    assert (video.read_bytes(), labels.read_bytes()) == before


def test_a_stream_that_is_read_once_keeps_its_answer(clip, tmp_path):
    stream = tmp_path / "clip.ts"
    make_stream = ["ffmpeg", "-v", "error", "-i", clip / "5p2b_s3.mp4", "-c", "copy", stream]
    subprocess.run(make_stream, check=True, timeout=60)
    init = clip / "5p2b_s3_init.csv"
    command = [sys.executable, "-m", "e2tad", "run", "/dev/stdin", "--init", init, "--overlay", "-o", "out"]
    with subprocess.Popen(["cat", stream], stdout=subprocess.PIPE) as cat:
        done = subprocess.run(
            command, stdin=cat.stdout, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "/dev/stdin: no overlay.mp4: " in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES


def test_a_full_disk_is_one_line_and_what_was_there_stays(clip, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "actions.csv").write_text("frame,5\n0,1\n")

    def small_disk() -> None:
        # A file may not grow beyond this, as if the disk were full there.
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [sys.executable, "-m", "e2tad", *map(str, words(clip, "--overlay", "-o", out))],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=small_disk,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1] == f"e2tad: {out}: File too large"
    assert [path.name for path in out.iterdir()] == ["actions.csv"]
    assert (out / "actions.csv").read_text() == "frame,5\n0,1\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_killed_in_the_middle_leaves_no_half_file_and_runs_again(e2tad, clip, tmp_path, how):
    out = tmp_path / "out"
    args = [sys.executable, "-m", "e2tad", *map(str, words(clip, "--overlay", "-o", out))]
    process = subprocess.Popen(args, stderr=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"})
    until = time.monotonic() + 60
    # The overlay is being written: its temporary folder holds it.
    while not list(out.glob(".writing-*/overlay.mp4")) and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.01)
    for _ in range(2):  # as whoever is impatient, or a shell's `timeout`
        process.send_signal(how)
    _, told = process.communicate(timeout=60)
    assert b"Traceback" not in told
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[how]
    if how == signal.SIGKILL:
        assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []
    else:
        assert not out.exists()
    out.mkdir(exist_ok=True)
    (out / "overlay.mp4").touch()  # of an earlier run
    assert e2tad(*words(clip, "-o", out)).returncode == 0
    assert sorted(path.name for path in out.iterdir()) == FILES
