from pathlib import Path

import numpy as np
import pytest

from e2tad import InputError, reid
from e2tad.tracks import make_tracks


def embed(replay: reid.ReplayEmbedder, frame: int, boxes: object, classes: object) -> list[list[float]]:
    given = np.asarray(boxes, np.float32)
    return replay.embed(frame, given, np.ones(len(given), np.float32), np.asarray(classes, np.int32)).tolist()


def test_a_crop_is_cut_at_the_frames_border() -> None:
    assert reid.crop([-5, -5, 10.2, 9], 1, 100, 80) == ((0, 0, 11, 9), (64, 64))
    with pytest.raises(ValueError, match=r"object_class: must be 0 \(person\) or 1 \(ball\), got 2"):
        reid.crop([0, 0, 1, 1], 2, 100, 80)
    with pytest.raises(ValueError, match="width: must be 1 or more, got 0"):
        reid.crop([0, 0, 1, 1], 1, 0, 80)


def test_features_of_tracks_come_back_by_box(tmp_path: Path) -> None:
    tracks = make_tracks([1, 0, 1], [0, 0, 0], [5, 5, 6], [[0, 0, 1, 1], [0, 0, 2, 2], [0, 0, 3, 3]])
    features = np.arange(6, dtype=np.float32).reshape(3, 2)  # rows sorted by frame, class, id
    np.save(tmp_path / "f.npy", features)
    for replay in (
        reid.ReplayEmbedder.from_tracks(tracks, features),
        reid.ReplayEmbedder.from_tracks(tracks, tmp_path / "f.npy"),
    ):
        assert replay.width == 2
        assert embed(replay, 1, [[0, 0, 3, 3], [0, 0, 1, 1]], [0, 0]) == [[4, 5], [2, 3]]
        with pytest.raises(InputError, match="frame 0: no feature of class 0 at box"):
            embed(replay, 0, [[0, 0, 3, 3]], [0])


def test_features_from_a_file(tmp_path: Path) -> None:
    columns = {"frame": [3], "object_class": [1], "box": [[0, 0, 1, 1]], "features": [[7.0, 8.0]]}
    np.savez(tmp_path / "f.npz", **columns)
    assert embed(reid.ReplayEmbedder.load(tmp_path / "f.npz"), 3, [[0, 0, 1, 1]], [1]) == [[7, 8]]


def test_files_that_arent_usable_are_named(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    np.savez(path, frame=[3], object_class=[1], box=[[0, 0, 1, 1]])
    with pytest.raises(InputError, match=r"f\.npz: array features is missing"):
        reid.ReplayEmbedder.load(path)
    np.savez(path, frame=[3], object_class=[1], box=[[0, 0, 1, 1]], features=[[np.nan]])
    with pytest.raises(InputError, match=r"f\.npz: features: row 0: must be finite numbers"):
        reid.ReplayEmbedder.load(path)
    np.savez(path, frame=[3, 4], object_class=[1], box=[[0, 0, 1, 1]], features=[[1]])
    with pytest.raises(InputError, match=r"f\.npz: "):
        reid.ReplayEmbedder.load(path)
    for content in (b"", b"\x00\x01garbage", path.read_bytes()[:100]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"f\.npz: not a NumPy file"):
            reid.ReplayEmbedder.load(path)
    np.save(tmp_path / "f.npy", np.ones((1, 2)))
    with pytest.raises(InputError, match="expected a .npz file"):
        reid.ReplayEmbedder.load(tmp_path / "f.npy")
    with pytest.raises(FileNotFoundError):
        reid.ReplayEmbedder.load(tmp_path / "none.npz")
