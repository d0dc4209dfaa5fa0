"""Long calls let other threads run. Modules whose calls need more set-up have their own such test."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from e2tad import action, metric
from e2tad.data import motchallenge
from e2tad.data.files import load_labels, load_tracks, write_actions, write_tracks
from e2tad.sim import World

RunsBeside = Callable[[Callable[[], object]], bool]


@pytest.fixture(scope="module")
def world() -> World:
    return World("7p3b", 1, frames=1500, size=(1280, 720))


def test_decoding_and_repairing_tracks(world: World, runs_beside: RunsBeside) -> None:
    tracks = world.tracks()
    assert runs_beside(lambda: action.decode(tracks, {"decoder": "hmm", "repair": False}))
    assert runs_beside(lambda: action.decode(tracks, {"decoder": "morphological", "repair": False}))
    assert runs_beside(lambda: action.repair(tracks))


def test_scoring(world: World, tmp_path: Path, runs_beside: RunsBeside) -> None:
    rows = "".join(f"{i},{i % 7},{i % 5},{i % 3}\n" for i in range(20_000))
    path = tmp_path / "answer.csv"
    path.write_text("frame,8,9,10\n" + rows)
    table = load_labels(path)
    assert runs_beside(lambda: metric.accuracy(path, table))
    assert runs_beside(lambda: metric.accuracy(table, table))
    assert runs_beside(lambda: metric.missing_ids(table, world.tracks()))


def test_files(world: World, tmp_path: Path, runs_beside: RunsBeside) -> None:
    tracks = world.tracks()
    labels = world.labels()
    count = itertools.count()
    write_tracks(tracks, tmp_path / "tracks")
    motchallenge.write(tracks, tmp_path / "tracks.txt")
    assert runs_beside(lambda: load_tracks(tmp_path / "tracks"))
    assert runs_beside(lambda: write_tracks(tracks, tmp_path / f"again{next(count)}"))
    assert runs_beside(lambda: motchallenge.load(tmp_path / "tracks.txt"))
    assert runs_beside(lambda: motchallenge.write(tracks, tmp_path / "again.txt"))
    assert runs_beside(lambda: write_actions(labels, tmp_path / "again.csv"))


def test_the_simulator(world: World, runs_beside: RunsBeside) -> None:
    assert runs_beside(lambda: World("7p3b", 2, frames=500))
    assert runs_beside(lambda: world.render(3))
    assert runs_beside(lambda: world.tracks())
    assert runs_beside(lambda: world.labels())
