from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from e2tad import ConfigError, _core, associate, detect, reid
from e2tad.tracks import make_tracks

Array = npt.NDArray[np.float32]


def scipy_assign(cost: npt.NDArray[np.float64], gate: float) -> tuple[int, float]:
    """Pairs and their sum: ruled-out costs become a number larger than all others together, then drop out."""
    allowed = (cost <= gate) & np.isfinite(cost)
    if not allowed.any():
        return 0, 0.0
    large = (2 + min(cost.shape)) * 2 * max(float(np.abs(cost[allowed]).max()), 1.0)
    rows, cols = linear_sum_assignment(np.where(allowed, cost, large))
    kept = allowed[rows, cols]
    return int(kept.sum()), float(cost[rows[kept], cols[kept]].sum())


def check_against_scipy(cost: npt.NDArray[np.float64], gate: float) -> None:
    rows, cols = associate.assign(cost, gate)
    assert (np.diff(rows) > 0).all()
    assert len(set(cols.tolist())) == len(cols)
    assert (cost[rows, cols] <= gate).all()
    assert np.isfinite(cost[rows, cols]).all()
    pairs, total = scipy_assign(cost, gate)
    assert len(rows) == pairs
    assert cost[rows, cols].sum() == pytest.approx(total, rel=1e-9, abs=1e-9)


def test_assignment_equals_scipy_on_ten_thousand_cases() -> None:
    random = np.random.default_rng(7)
    for case in range(10_000):
        shape = tuple(random.integers(1, 12, 2))
        kind = case % 4
        if kind == 0:
            cost = random.integers(0, 5, shape).astype(np.float64)
        elif kind == 1:
            cost = random.random(shape)
        elif kind == 2:
            cost = random.normal(0, 1000, shape)
        else:
            cost = random.random(shape).astype(np.float32).astype(np.float64)
        gate = float(np.quantile(cost, (1.0, 0.7, 0.2)[case % 3]))
        if case % 5 == 0:
            cost[random.random(shape) < 0.3] = np.inf
        check_against_scipy(cost, gate)


@pytest.mark.parametrize("shape", [(60, 60), (100, 117), (200, 90), (1, 300), (300, 1)])
@pytest.mark.parametrize("gate", [0.02, 0.3, 2.0])
@pytest.mark.parametrize("steps", [0, 10])
def test_assignment_equals_scipy_on_large_cases(shape: tuple[int, int], gate: float, steps: int) -> None:
    cost = np.random.default_rng(1).random(shape)
    check_against_scipy(np.round(cost * steps) / steps if steps else cost, gate)


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(-4, 4)))
def test_turning_the_costs_turns_the_answer(cost: npt.NDArray[np.float64]) -> None:
    rows, cols = associate.assign(cost, 2)
    turned_rows, turned_cols = associate.assign(cost.T, 2)
    assert len(rows) == len(turned_rows)
    assert cost[rows, cols].sum() == cost[turned_cols, turned_rows].sum()


def test_many_problems_in_one_call_equal_one_by_one() -> None:
    random = np.random.default_rng(3)
    for dtype in (np.float32, np.float64):
        costs = random.random((50, 5, 8)).astype(dtype)
        costs[::3, 4:] = np.inf
        matched = associate.assign_batch(costs, 0.4)
        for cost, cols_of in zip(costs, matched, strict=True):
            rows, cols = associate.assign(cost, 0.4)
            assert np.flatnonzero(cols_of >= 0).tolist() == rows.tolist()
            assert cols_of[rows].tolist() == cols.tolist()
    assert associate.assign_batch(np.zeros((0, 5, 8))).shape == (0, 5)


def normalised(rows: Array) -> Array:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@given(
    st.integers(0, 20), st.integers(0, 5), st.integers(1, 9), st.integers(1, 70), st.integers(0, 2**32 - 1)
)
def test_gallery_distance_equals_numpy(
    queries: int, tracks: int, capacity: int, width: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    q = random.normal(size=(queries, width)).astype(np.float32)
    f = random.normal(size=(tracks, capacity, width)).astype(np.float32)
    counts = random.integers(0, capacity + 1, tracks).astype(np.int32)
    unused = np.arange(capacity)[None, :] >= counts[:, None]
    cosine = 1 - np.einsum("nd,mkd->nmk", normalised(q), normalised(f))
    euclidean = np.linalg.norm(q[:, None, None] - f[None], axis=-1)
    for name, every in (("cosine", cosine), ("euclidean", euclidean)):
        expected = np.where(unused, np.inf, every).min(axis=2)
        np.testing.assert_allclose(associate.gallery_distance(q, f, counts, name), expected, atol=2e-5)


def test_a_gallery_equals_the_distance_to_its_latest_features() -> None:
    random = np.random.default_rng(2)
    features = random.normal(size=(3, 9, 12)).astype(np.float32)
    queries = random.normal(size=(5, 12)).astype(np.float32)
    gallery = associate.Gallery(12, size=4)
    for k in range(9):
        for track, id in enumerate((30, 10, 20)):
            gallery.push(id, features[track, k])
    assert gallery.ids == [30, 10, 20]
    np.testing.assert_allclose(
        gallery.distance(queries), associate.gallery_distance(queries, features[:, -4:]), atol=1e-6
    )


def test_a_gallery_refuses_sizes_that_cannot_be() -> None:
    for width, capacity, message in ((0, 4, "width"), (2, 0, "capacity"), (2, 2**32, "capacity")):
        with pytest.raises(ValueError, match=f"^{message}: must be 1"):
            associate.Gallery(width, capacity)


def test_distances_of_single_features() -> None:
    q, g = np.float32([[3, 4], [0, 0]]), np.float32([[3, 4], [0, 5]])
    np.testing.assert_allclose(associate.cosine_distance(q, g), [[0, 0.2], [1, 1]], atol=1e-6)
    np.testing.assert_allclose(associate.euclidean_distance(q, g), [[0, np.sqrt(10)], [5, 5]], atol=1e-6)


def test_identities_from_seeds_and_opened() -> None:
    seeded = associate.Associator()
    seeded.seed(0, [0, 0], [4, 9], [[1, 0, 0], [0, 1, 0]])
    assert seeded.step(1, [0, 0, 1], [[0, 1, 0.1], [0, 0, 1], [1, 0, 0]]).tolist() == [9, -1, -1]
    opening = associate.Associator({"identities": "open"})
    assert opening.step(1, [0, 0], [[1, 0], [0, 1]]).tolist() == [1, 2]  # 0 is nobody in answers
    assert opening.step(2, [0, 0], [[0, 1], [1, 0]]).tolist() == [2, 1]


def placed_identities(
    looks: npt.NDArray[np.float32],
    known: dict[int, list[npt.NDArray[np.float32]]],
    last: dict[int, tuple[int, npt.NDArray[np.float64], int]],
    frame: int,
    boxes: npt.NDArray[np.float32],
    embedded: list[int],
) -> list[int]:
    """One frame of one class of persons by the words of the configuration, in plain Python."""
    unit = float((boxes[:, 3].astype(float) - boxes[:, 1]).mean())
    names = list(known)
    cost = np.full((len(boxes), len(names)), 1e9)
    distance: dict[int, list[float]] = {}
    for k, box in enumerate(boxes):
        if k in embedded:
            look = looks[embedded.index(k)]
            distance[k] = [min(1 - float(look @ f) for f in known[name]) for name in names]
        for t, name in enumerate(names):
            when, was, by_place = last[name]
            deviation = min(0.15 + 0.05 * (frame - when), 3.0)
            gap = (box[:2].astype(float) + box[2:] - was[:2] - was[2:]) / 2 / unit
            nats = float(gap @ gap) / (2 * deviation**2) + 2 * np.log(deviation / 3.0)
            nats = min(max(nats, -4.0), 4.0)
            if k in distance:
                cost[k, t] = distance[k][t] + 0.05 * 0.75**by_place * nats
            elif nats < 0:
                cost[k, t] = 0.5 * 0.4 + 0.05 * nats
    cost[cost > 0.4] = 1e9
    # Each may stay nobody, for the gate.
    nobody = np.where(np.eye(len(boxes), dtype=bool), 0.4, 1e9)
    ids = [-1] * len(boxes)
    for k, t in zip(*linear_sum_assignment(np.hstack([cost, nobody])), strict=True):
        if t >= len(names):
            continue
        ids[k] = names[t]
        if k in distance and all(d >= distance[k][t] + 0.05 for q, d in enumerate(distance[k]) if q != t):
            known[names[t]].append(looks[embedded.index(k)])
    for k, name in enumerate(ids):
        if name >= 0:
            last[name] = (frame, boxes[k].astype(float), 0 if k in distance else last[name][2] + 1)
    return ids


def test_looks_and_places_together_equal_the_words() -> None:
    random = np.random.default_rng(5)
    seen = 0
    for _ in range(40):
        look = normalised(random.normal(size=(5, 8)) + 2)
        place = random.uniform(0, 600, (5, 2))
        size = np.float32([40, 100])

        everybody = np.arange(5)
        boxes = np.concatenate([place, place + size], axis=1).astype(np.float32)
        first = normalised(look + random.normal(0, 0.1, look.shape)).astype(np.float32)
        associator = associate.Associator()
        associator.seed(0, [0] * 5, everybody, first, boxes)
        known = {i: [first[i]] for i in range(5)}
        last = {i: (0, boxes[i].astype(float), 0) for i in range(5)}
        for frame in range(10, 80, 10):
            place += random.normal(0, 25, place.shape)
            order = random.permutation(5)[: random.integers(1, 6)]
            boxes = np.concatenate([place, place + size], axis=1).astype(np.float32)[order]
            embedded = sorted(random.permutation(len(order))[: random.integers(0, len(order) + 1)].tolist())
            noisy = look[order[embedded]] + random.normal(0, 0.25, (len(embedded), 8))
            looks = normalised(noisy).astype(np.float32) if embedded else np.zeros((0, 8), np.float32)
            found = associator.step(frame, [0] * len(order), looks, boxes, embedded)
            assert found.tolist() == placed_identities(looks, known, last, frame, boxes, embedded)
            seen += int((found >= 0).sum())
    assert seen > 300


def test_a_run_on_replayed_boxes_and_features_recovers_the_tracks() -> None:
    random = np.random.default_rng(0)
    look = random.normal(size=(4, 32))
    frame = np.repeat(np.arange(40), 4)
    ids = np.tile([1, 2, 1, 2], 40)
    classes = np.tile([0, 0, 1, 1], 40)
    boxes = random.uniform(0, 100, (160, 4))
    boxes[:, 2:] += 100
    truth = make_tracks(frame, classes, ids, boxes)
    features = np.tile(look, (40, 1)) + random.normal(0, 0.2, (160, 32))
    early = frame < 3
    seeds = make_tracks(frame[early], classes[early], ids[early], boxes[early])
    found = associate.track(
        np.arange(0, 40, 5),
        seeds,
        detect.ReplayDetector(truth),
        reid.ReplayEmbedder.from_tracks(truth, features),
    )
    expected = truth.every(5)
    np.testing.assert_array_equal(found.id, expected.id)
    np.testing.assert_array_equal(found.box, expected.box)


NAN = float("nan")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: associate.assign([[1, NAN]]),
            r"cost: entry \(0, 1\): must be a number or \+infinity, got nan",
        ),
        (
            lambda: associate.assign([[1], [-np.inf]]),
            r"cost: entry \(1, 0\): must be a number or \+infinity, got -inf",
        ),
        (lambda: associate.assign([1, 2]), r"cost: expected numbers in 2 dimensions, got int64 \(2,\)"),
        (lambda: associate.assign([["x"]]), "cost: expected numbers in 2 dimensions"),
        (lambda: associate.assign([[1]], NAN), "gate: must be a number, got nan"),
        (lambda: associate.assign_batch([[[1]], [[NAN]]]), r"problem 1: cost: entry \(0, 0\)"),
        (lambda: associate.assign_batch([[1]]), "costs: expected numbers in 3 dimensions"),
        (lambda: associate.cosine_distance([[1, 2]], [[1]]), "must have one width, got 2 and 1"),
        (lambda: associate.cosine_distance([[1], [NAN]], [[1]]), "queries: row 1: must be finite numbers"),
        (
            lambda: associate.gallery_distance([[1]], [[[1], [NAN]]]),
            "features: row 1: must be finite numbers",
        ),
        (
            lambda: associate.gallery_distance([[1]], [[[1]]], [2]),
            r"counts: track 0: must be in \[0, 1\], got 2",
        ),
        (
            lambda: associate.gallery_distance([[1]], [[[1]]], None, "cosin"),
            "expected one of cosine euclidean",
        ),
        (lambda: associate.Gallery(2, 0), "capacity: must be 1 to 1048576, got 0"),
        (
            lambda: associate.Gallery(2).push(1, [1]),
            r"feature: expected C-contiguous float32 of shape \(2,\)",
        ),
        (
            lambda: associate.Associator().seed(0, [0], [-1], [[1]]),
            "ids: row 0: must be 0 to 1073741823, got -1",
        ),
        (lambda: associate.Associator().step(-1, [], np.zeros((0, 3))), "frame: must be 0 or more, got -1"),
    ],
)
def test_bad_input_is_one_clear_line(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_what_cannot_be_changes_nothing() -> None:
    box = [[0, 0, 10, 20]]
    tracker = associate.Associator({"identities": "open"})
    for call in (
        lambda: tracker.locate(0, [0], [1], [[np.nan, 0, 10, 20]]),
        lambda: tracker.locate(0, [0], [-5], box),
        lambda: tracker.learn([0], [-1], [[1, 0, 0]]),
        lambda: tracker.learn([0], [2**31 - 2], [[1, 0]]),
        lambda: tracker.step(1, [0], [[1, 0, 0]], [[0, 0, np.inf, 20]]),
        lambda: tracker.step(1, [0], [[1, 0, 0]], [[10, 0, 0, 20]]),
    ):
        with pytest.raises(ValueError, match=r"^(boxes|ids): row 0: "):
            call()
    tracker.seed(0, [0], [1], [[1, 0]], box)
    assert tracker.step(1, [0], [[1, 0]], box).tolist() == [1]


def test_configuration_errors_name_the_key() -> None:
    with pytest.raises(ConfigError, match="/association/gat: unknown key, did you mean gate?"):
        associate.Associator({"gat": 1})
    with pytest.raises(ConfigError, match="/association/gate: expected at least 0, got -1"):
        associate.Associator({"gate": -1})


def test_other_threads_run_during_long_calls(runs_beside: Callable[[Callable[[], object]], bool]) -> None:
    random = np.random.default_rng(0)
    cost = random.random((700, 700))
    batch = random.random((3000, 12, 12)).astype(np.float32)
    queries = random.normal(size=(200, 64)).astype(np.float32)
    features = random.normal(size=(200, 50, 64)).astype(np.float32)
    flat = features.reshape(-1, 64)
    assert runs_beside(lambda: _core.assign(cost, np.inf))
    assert runs_beside(lambda: _core.assign(cost.astype(np.float32), np.inf))
    assert runs_beside(lambda: _core.assign_batch(batch, np.inf))
    assert runs_beside(lambda: _core.gallery_distance(queries, features, None, "cosine"))
    assert runs_beside(lambda: _core.cosine_distance(queries, flat))
    assert runs_beside(lambda: _core.euclidean_distance(queries, flat))
    gallery = _core.Gallery(64, 50, "cosine")
    for i, feature in enumerate(flat):
        gallery.push(i // 50, feature)
    assert runs_beside(lambda: gallery.distance(queries))
    associator = _core.Associator("{}")
    zeros, everybody = np.zeros(200, np.int32), np.arange(200, dtype=np.int32)
    for k in range(50):
        associator.learn(zeros, everybody, features[:, k].copy())
    frames = iter(range(1, 1000))
    assert runs_beside(lambda: associator.step(next(frames), zeros, queries, None, everybody))
