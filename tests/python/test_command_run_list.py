"""`e2tad run` over several videos."""

import json
from pathlib import Path

import pytest

from e2tad.commands.run_list import of_video
from e2tad.sim import ClipOptions, World, save

SIZE = (320, 180)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("clips")
    options = ClipOptions(images_every=0, crops_every=0)
    for seed in (3, 4):
        save(World("5p2b", seed, frames=90, size=SIZE), root / f"s{seed}", options)
        # Beside the video, so that its name leads to them.
        (root / f"s{seed}" / "gt_tracks").rename(root / f"s{seed}" / f"5p2b_s{seed}_tracks")
    return [root / f"s{seed}" / f"5p2b_s{seed}.mp4" for seed in (3, 4)]


NAMED = [
    "--init", "{video}_init.csv", "--labels", "{video}_action_noisy.csv",
    "--detections", "{video}_tracks", "--features", "identities",
]  # fmt: skip


def answers(folder):
    return [(folder / name / "actions.csv").read_text() for name in ("5p2b_s3", "5p2b_s4")]


def test_several_videos_give_what_each_gives_by_itself(e2tad, clips, tmp_path):
    done = e2tad("run", *clips, *NAMED, "-o", "many", "--jobs", 2, "--json")
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)["runs"]
    assert [run["folder"] for run in runs] == ["many/5p2b_s3", "many/5p2b_s4"]
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == ["5p2b_s3", "5p2b_s4"]
    for clip, run in zip(clips, runs, strict=True):
        own = [word.replace("{video}", str(clip.with_suffix(""))) for word in NAMED]
        assert e2tad("run", clip, *own, "-o", Path("one") / clip.stem).returncode == 0
        kept = json.loads((tmp_path / run["folder"] / "run.json").read_text())
        assert kept["score"] == run["score"]
        assert kept["config"]["pipeline"]["detections"] == str(clip.with_suffix("")) + "_tracks"
    assert answers(tmp_path / "many") == answers(tmp_path / "one")


def test_a_video_that_fails_is_told_and_the_others_go_on(e2tad, clips, tmp_path):
    (tmp_path / "broken.mp4").write_text("no video")
    done = e2tad(
        "run", "broken.mp4", *clips, "--features", "identities", "--detections", "{video}_tracks", "-o", "o"
    )
    assert done.returncode == 2
    assert done.stderr.count("broken.mp4") == 1
    assert "Traceback" not in done.stderr
    assert "2 of 3 videos" in done.stdout
    assert (tmp_path / "o" / "5p2b_s4" / "run.json").exists()
    assert not (tmp_path / "o" / "broken" / "run.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a/x.mp4", "b/x.mp4"), "x: 2 videos of this name would write into one folder"),
        (("a.mp4", "b.mp4", "--jobs", 0), "--jobs: expected at least 1, got 0"),
        (("a.mp4", "b.mp4", "--executor", "cloud"), "--executor: expected local or ray, got cloud"),
    ],
)
def test_what_cannot_be_is_one_line(e2tad, arguments, message):
    done = e2tad("run", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_path_is_named_after_its_video():
    assert of_video(None, "a.mp4") is None
    assert of_video(Path("labels.csv"), "a.mp4") == Path("labels.csv")
    assert of_video(Path("{video}/gt_tracks"), "x/a.b.mp4") == Path("x/a.b/gt_tracks")
