import json

import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

from e2tad import InputError
from e2tad.evaluation.embed import embed_crops, embedder, load_embedder, normalise
from e2tad.evaluation.reid import protocol_crops, retrieve
from e2tad.models import ReidNetwork, YoloMobileV2
from e2tad.models.files import save_weights


def plain_model(q, q_id, q_camera, g, g_id, g_camera):
    """Market-1501's protocol, word by word, in plain Python."""
    precisions, first, fifth = [], 0, 0
    for query, identity, camera in zip(q, q_id, q_camera, strict=True):
        ranked = []
        for i, feature in enumerate(g):
            if g_id[i] == -1 or (g_id[i] == identity and g_camera[i] == camera):
                continue
            cosine = float(np.dot(query, feature) / np.linalg.norm(query) / np.linalg.norm(feature))
            ranked.append((-cosine, i))
        right = [g_id[i] == identity for _, i in sorted(ranked)]
        if not any(right):
            continue
        hits, total = 0, 0.0
        for place, good in enumerate(right, 1):
            if good:
                hits += 1
                total += hits / place
        precisions.append(total / hits)
        first += right[0]
        fifth += any(right[:5])
    n = len(precisions)
    return np.mean(precisions), first / n, fifth / n


def random_case(seed, distractors=True):
    random = np.random.default_rng(seed)
    low = -1 if distractors else 1
    q_id, g_id = random.integers(1, 8, 20), random.integers(low, 8, 60)
    centres = random.normal(size=(9, 6))
    q = (centres[q_id] + random.normal(size=(20, 6))).astype(np.float32)
    g = (centres[g_id] + random.normal(size=(60, 6))).astype(np.float32)
    return q, q_id, random.integers(1, 4, 20), g, g_id, random.integers(1, 4, 60)


@pytest.mark.parametrize("seed", range(10))
def test_measures_equal_a_plain_model_of_the_protocol(seed):
    case = random_case(seed)
    found = retrieve(*case).summary()
    precision, first, fifth = plain_model(*case)
    assert found["mAP"] == pytest.approx(precision, abs=1e-9)
    assert (found["R1"], found["R5"]) == (first, fifth)


@pytest.mark.parametrize("seed", range(3))
def test_measures_equal_pytorch_metric_learnings(seed):
    q, q_id, _, g, g_id, _ = random_case(seed, distractors=False)
    # No camera in common: the library knows no cameras.
    found = retrieve(q, q_id, np.full(len(q), 1), g, g_id, np.full(len(g), 2))

    def nearest(query, k, reference, same):
        cosine = torch.nn.functional.normalize(query) @ torch.nn.functional.normalize(reference).T
        distance, order = torch.sort(-cosine, dim=1, stable=True)
        return distance[:, :k], order[:, :k]

    calculator = AccuracyCalculator(
        include=("mean_average_precision", "precision_at_1"), k=len(g), knn_func=nearest
    )
    theirs = calculator.get_accuracy(
        torch.tensor(q), torch.tensor(q_id), torch.tensor(g), torch.tensor(g_id), False
    )
    assert found.mean_average_precision == pytest.approx(theirs["mean_average_precision"], abs=1e-6)
    assert found.rank[0] == pytest.approx(theirs["precision_at_1"], abs=1e-6)


def test_junk_and_the_same_camera_are_left_out_and_distractors_stay():
    q = [[1.0, 0.0]]
    gallery = {
        # feature, identity, camera
        "junk": ([1.0, 0.0], -1, 2),
        "same camera": ([1.0, 0.01], 5, 1),
        "distractor": ([1.0, 0.1], 0, 2),
        "match": ([1.0, 0.2], 5, 2),
    }
    features, identities, cameras = zip(*gallery.values(), strict=True)
    found = retrieve(q, [5], [1], features, identities, cameras)
    assert found.mean_average_precision == 0.5
    assert found.rank[:3].tolist() == [0.0, 1.0, 1.0]


def test_a_query_without_a_match_counts_nowhere():
    q, g = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0]]
    found = retrieve(q, [1, 2], [1, 1], g, [1], [2])
    assert (found.queries, found.skipped) == (1, 1)
    assert found.mean_average_precision == 1.0
    assert np.isnan(found.average_precision).tolist() == [False, True]


def test_nothing_to_measure_is_an_error():
    with pytest.raises(InputError, match="no query has a match"):
        retrieve([[1.0]], [1], [1], [[1.0]], [1], [1])


def test_other_widths_and_lengths_are_named():
    with pytest.raises(ValueError, match="queries have 1 columns, gallery has 2"):
        retrieve([[1.0]], [1], [1], [[1.0, 2.0]], [1], [2])
    with pytest.raises(ValueError, match="gallery_camera"):
        retrieve([[1.0]], [1], [1], [[1.0]], [1], [2, 3])


def test_crops_are_normalised_by_imagenets_mean_and_deviation():
    crop = np.zeros((1, 2, 1, 3), np.uint8)
    crop[0, 1, 0] = [255, 51, 102]
    found = normalise(crop)
    assert found.shape == (1, 3, 2, 1)
    expected = [(1 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, (0.4 - 0.406) / 0.225]
    np.testing.assert_allclose(found[0, :, 1, 0], expected, rtol=1e-5)


def make_set(root, seed=0, persons=3, cameras=2, shots=2):
    random = np.random.default_rng(seed)
    for person in range(1, persons + 1):
        colour = random.integers(0, 256, 3)
        for camera in range(1, cameras + 1):
            for shot in range(shots):
                pixels = np.clip(colour + random.integers(-40, 41, (32, 32, 3)), 0, 255).astype(np.uint8)
                folder = root / ("query" if shot == 0 else "bounding_box_test")
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(folder / f"{person:04d}_c{camera}s1_{shot:06d}_00.jpg")
    return root


def test_batches_don_t_change_the_features(tmp_path):
    torch.manual_seed(0)
    net = ReidNetwork(2)
    crops = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    assert net.training
    np.testing.assert_allclose(embed_crops(net, crops, 2), embed_crops(net, crops, 5), atol=1e-6)
    assert net.training


@pytest.mark.parametrize("protocol", ["market", "one-query"])
def test_eval_reid_prints_what_the_protocol_gives(e2tad, tmp_path, protocol):
    root = make_set(tmp_path / "set", shots=3)
    torch.manual_seed(1)
    net = ReidNetwork(2).eval()
    save_weights(tmp_path / "weights.pt", "reid", net, (32, 32), width=2)
    args = ("--root", root, "--model", tmp_path / "weights.pt", "--protocol", protocol, "--json")
    result = e2tad("eval", "reid", *args)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    queries, gallery = protocol_crops("market1501", root, protocol)
    embed = embedder(net, (32, 32))
    expected = plain_model(
        embed(queries.path),
        queries.identity,
        queries.camera,
        embed(gallery.path),
        gallery.identity,
        gallery.camera,
    )
    assert (found["mAP"], found["R1"], found["R5"]) == pytest.approx(expected)
    assert (found["queries"], found["gallery"]) == (len(queries), len(gallery))


def test_the_protocols_differ_in_their_queries(tmp_path):
    root = make_set(tmp_path, shots=3)
    assert len(protocol_crops("market1501", root, "market")[0]) == 6
    queries, gallery = protocol_crops("market1501", root, "one-query", identities=(1, None))
    assert set(queries.identity.tolist()) == {2, 3}
    assert (len(queries), len(gallery)) == (4, 4)


def test_an_unknown_protocol_is_named():
    with pytest.raises(InputError, match="protocol: expected market or one-query, got cuhk"):
        protocol_crops("market1501", ".", "cuhk")


def test_a_detector_is_no_embedder(tmp_path):
    save_weights(tmp_path / "weights.pt", "yolo_mobile_v2", YoloMobileV2(), (416, 416))
    with pytest.raises(InputError, match="expected a ReID network, got yolo_mobile_v2"):
        load_embedder(tmp_path / "weights.pt")


def test_eval_reid_of_a_missing_model_exits_with_2(e2tad, tmp_path):
    root = make_set(tmp_path / "set")
    result = e2tad("eval", "reid", "--root", root, "--model", "none.pt")
    assert result.returncode == 2
    assert "none.pt: No such file" in result.stderr
    result = e2tad("eval", "reid", "--root", root, "--model", "none.pt", "--identities", "all")
    assert "--identities all: expected FIRST:LAST" in result.stderr


def test_the_chosen_persons_are_those_of_the_queries(tmp_path):
    make_set(tmp_path, persons=5)
    for path in (tmp_path / "query").glob("0001_*"):
        path.unlink()  # in the gallery alone
    queries, gallery = protocol_crops("market1501", tmp_path, "market", identities=(0, 2))
    assert set(queries.identity.tolist()) == set(gallery.identity.tolist()) == {2, 3}


def test_features_that_are_no_numbers_are_refused():
    nothing = np.full((2, 3), np.nan)
    with pytest.raises(InputError, match="features that aren't numbers"):
        retrieve(nothing, [1, 2], [1, 1], np.eye(3), [1, 2, 3], [2, 2, 2])
