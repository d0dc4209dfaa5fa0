import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import lpcvc21
import numpy as np
import pytest
import reference_action as reference
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_action import Scene

from e2tad import ConfigError, Tracks, action
from e2tad.tracks import BALL, PERSON, make_tracks

PLAIN = {"repair": False}


def tracks_of(scene: Scene) -> Tracks:
    rows = [(f, PERSON, i, box) for (f, i), box in scene.person_boxes.items()]
    rows += [(f, BALL, i, box) for (f, i), box in scene.ball_boxes.items()]
    frame, object_class, name, box = zip(*rows, strict=True) if rows else ((), (), (), ())
    return make_tracks(frame, object_class, name, box, observed=scene.frames)


def as_rows(actions: action.Actions, in_flight: str = "hold") -> list[tuple[int, dict[int, int]]]:
    frames, holders = actions.answer(in_flight)
    return [
        (int(f), dict(zip(actions.balls, map(int, row), strict=True)))
        for f, row in zip(frames, holders, strict=True)
    ]


def game(seed: int, frames: int = 400, persons: int = 5, balls: int = 3, lost: float = 0.1) -> Scene:
    """Persons who walk and throw balls to each other; irregular frames, lost detections, round numbers."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 900, (persons, 2))
    holder = rng.integers(0, persons, balls)
    flight = np.zeros(balls)
    origin = np.zeros((balls, 2))
    scene = Scene([], list(range(1, persons + 1)), [20 + b for b in range(balls)], {}, {})
    for frame in range(frames):
        at += rng.normal(0, 3, at.shape)
        for b in range(balls):
            if flight[b] > 0:
                flight[b] -= 1 / 30
            elif rng.random() < 0.02:
                origin[b] = at[holder[b]]
                holder[b] = rng.integers(0, persons)
                flight[b] = 1
        if rng.random() < 0.3 or 100 < frame < 140:
            continue
        scene.frames.append(frame)
        for p in range(persons):
            if rng.random() >= lost:
                x, y = np.round(at[p])
                scene.person_boxes[frame, p + 1] = (x - 40, y - 100, x + 40, y + 100)
        for b in range(balls):
            if rng.random() >= lost:
                share = max(flight[b], 0)
                x, y = np.round(share * origin[b] + (1 - share) * at[holder[b]] + rng.normal(0, 8, 2))
                scene.ball_boxes[frame, 20 + b] = (x - 10, y - 10, x + 10, y + 10)
    return scene


def assert_equals_reference(scene: Scene, init: Scene, config: dict[str, object]) -> None:
    actions = action.decode(tracks_of(scene), {**PLAIN, **config}, tracks_of(init))
    modelled = Scene(scene.frames, scene.persons, init.balls, scene.person_boxes, scene.ball_boxes)
    if config["decoder"] == "hmm":
        parts = reference.hmm(modelled)
    else:
        parts = reference.morphological(
            modelled,
            int(config.get("theta", 5)),
            bool(config.get("vote", True)),
            bool(config.get("assign", True)),
        )
    expected = [
        (ball, part.person, part.first, part.last, part.output)
        for ball, held in parts.items()
        for part in held
    ]
    assert [tuple(map(int, row)) for row in actions.holds] == expected
    start = reference.starting_holders(init)
    assert {b: max(s, 0) for b, s in zip(actions.balls, actions.start, strict=True)} == start
    for in_flight in ("hold", "zero"):
        assert as_rows(actions, in_flight) == reference.answer(parts, start, in_flight)


CONFIGS = [
    {"decoder": "hmm"},
    {"decoder": "morphological"},
    {"decoder": "morphological", "theta": 10},
    {"decoder": "morphological", "theta": 0, "vote": False},
    {"decoder": "morphological", "assign": False},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_decoders_equal_a_plain_model_of_their_description(config: dict[str, object], seed: int) -> None:
    scene = game(seed, persons=1 + seed, balls=1 + seed % 4, lost=0.1 * (seed % 3))
    assert_equals_reference(scene, scene, config)


@pytest.mark.data
@pytest.mark.parametrize("config", CONFIGS[:3], ids=str)
@pytest.mark.parametrize("every", [1, 10])
@pytest.mark.parametrize("video", lpcvc21.VIDEOS)
def test_decoders_equal_the_plain_model_on_real_tracks(
    config: dict[str, object], every: int, video: str, data_root: Path
) -> None:
    scene = lpcvc21.track_scene(data_root, video, every)
    assert_equals_reference(scene, lpcvc21.init_scene(data_root, video), config)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Anything that tracks may be: few frames, coinciding or flat boxes, ties."""
    persons, balls = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    frames = sorted(draw(st.sets(st.integers(0, 40), max_size=12)))
    scene = Scene(frames, [], [], {}, {})
    corner, side = st.integers(0, 6), st.integers(1, 6)
    for frame in frames:
        for name in range(persons):
            if draw(st.booleans()):
                x, y, w, h = draw(st.tuples(corner, corner, side, side))
                scene.person_boxes[frame, name + 1] = (x, y, x + w, y + h)
        for name in range(balls):
            if draw(st.booleans()):
                x, y = draw(st.tuples(corner, corner))
                scene.ball_boxes[frame, name + 1] = (x, y, x + 1, y + 1)
    return lpcvc21.with_names(scene)


@given(scenes(), st.sampled_from(["hmm", "morphological"]), st.booleans(), st.integers(0, 12))
@settings(deadline=None)
@example(Scene([], [], [], {}, {}), "hmm", True, 5)
def test_whatever_the_tracks_what_is_decoded_is_consistent(
    scene: Scene, decoder: str, repair: bool, theta: int
) -> None:
    config = {"decoder": decoder, "repair": repair, "theta": theta}
    actions = action.decode(tracks_of(scene), config)
    assert actions.balls == scene.balls
    assert actions.persons == scene.persons
    assert actions.frames.tolist() == scene.frames
    holder = dict(zip(actions.balls, actions.start, strict=True))
    assert actions.catches.tolist() == sorted(actions.catches.tolist())
    for _frame, ball, before, after in actions.catches.tolist():
        assert holder[ball] == before != after
        assert after in scene.persons
        holder[ball] = after
    for _ball, _person, first, last, _output in actions.holds.tolist():
        assert first <= last
        assert {first, last} <= set(scene.frames)
    thrown = {(row[1], row[2], row[3]) for row in actions.throws.tolist()}
    for frame, ball, before, after in actions.catches.tolist():
        held_before = any(h[0] == ball and h[1] == before and h[2] < frame for h in actions.holds.tolist())
        assert (ball, before, after) in thrown or not held_before
    frames, holders = actions.answer("hold")
    assert frames[0] == 0
    assert (np.diff(frames[1:]) > 0).all()
    assert holders.shape == (len(frames), len(scene.balls))


def test_without_anything_there_is_only_the_starting_row() -> None:
    for config in CONFIGS:
        actions = action.decode(make_tracks([], [], [], [], observed=range(5)), config)
        assert actions.rows() == [{"frame": 0}]
        assert actions.catches.shape == (0, 4)
    persons_only = make_tracks([1], [PERSON], [3], [[0, 0, 1, 1]])
    assert action.decode(persons_only).rows() == [{"frame": 0}]
    ball_only = make_tracks([1], [BALL], [3], [[0, 0, 1, 1]])
    assert action.decode(ball_only).rows() == [{"frame": 0, "3": 0}]


def test_frame_numbers_reach_up_to_the_largest() -> None:
    most = 2**31 - 1
    for decoder in ("hmm", "morphological"):
        for frames in ([most - 1, most], [0, most]):
            rows = [(f, PERSON, 1, [0, 0, 9, 9]) for f in frames] + [
                (f, BALL, 2, [4, 4, 5, 5]) for f in frames
            ]
            init = make_tracks([0], [BALL], [2], [[0, 0, 1, 1]])
            actions = action.decode(make_tracks(*zip(*rows, strict=True)), {"decoder": decoder}, init)
            assert [row["2"] for row in actions.rows()] == [0, 1]
            for _person, first, last in (part for stage in actions.signals(2).values() for part in stage):
                assert 0 <= first <= last <= most


def thrown_once(frames: int = 60) -> Scene:
    """Person 1 holds ball 5 to frame 20, person 2 from frame 40."""
    scene = Scene(list(range(frames)), [1, 2], [5], {}, {})
    for f in scene.frames:
        scene.person_boxes[f, 1] = (0, 0, 80, 200)
        scene.person_boxes[f, 2] = (600, 0, 680, 200)
        x = float(np.clip(40 + (f - 20) * 30, 40, 640))
        scene.ball_boxes[f, 5] = (x - 10, 90, x + 10, 110)
    return scene


@pytest.mark.parametrize("decoder", ["hmm", "morphological"])
def test_a_throw_and_its_catch_are_found_where_they_happen(decoder: str) -> None:
    actions = action.decode(tracks_of(thrown_once()), {"decoder": decoder})
    assert actions.catches[:, 1:].tolist() == [[5, 1, 2]]
    assert actions.throws[:, 1:].tolist() == [[5, 1, 2]]
    assert abs(actions.catches[0, 0] - 39) <= 2
    assert abs(actions.throws[0, 0] - 20) <= 2
    assert actions.start == [1]


def test_rows_follow_either_convention_for_a_ball_in_flight() -> None:
    scene = thrown_once()
    for f in scene.frames:  # ball 6 goes from 2 to 1 while ball 5 is still in flight
        x = float(np.clip(640 - (f - 10) * 30, 40, 640))
        scene.ball_boxes[f, 6] = (x - 10, 60, x + 10, 80)
    actions = action.decode(tracks_of(scene), {"decoder": "morphological"})
    assert [row["5"] for row in actions.rows("hold")] == [1, 1, 2]
    assert [row["5"] for row in actions.rows("zero")] == [1, 0, 2]
    with pytest.raises(ValueError, match="in_flight: expected hold or zero, got none"):
        actions.answer("none")


def test_merged_rows_stand_at_the_first_frame_with_the_last_holders() -> None:
    scene = thrown_once()
    for f in scene.frames:
        x = float(np.clip(640 - (f - 22) * 30, 40, 640))
        scene.ball_boxes[f, 6] = (x - 10, 60, x + 10, 80)
    actions = action.decode(tracks_of(scene), {"decoder": "morphological"})
    apart = actions.rows()
    assert len(apart) == 3
    gap = apart[2]["frame"] - apart[1]["frame"]
    assert gap == 2
    assert actions.rows(merge=gap) == [apart[0], {**apart[2], "frame": apart[1]["frame"]}]
    assert actions.rows(merge=gap - 1) == apart
    with pytest.raises(ValueError, match="merge: expected 0 or more, got -1"):
        actions.answer(merge=-1)


@pytest.mark.parametrize("decoder", ["hmm", "morphological"])
def test_the_balls_of_init_are_the_columns_and_those_never_seen_stay_with_their_holder(decoder: str) -> None:
    scene = thrown_once()
    init = Scene([0], [1], [4, 9], {(0, 2): (0, 0, 1, 1)}, {(0, 4): (0, 0, 1, 1), (0, 9): (7, 7, 8, 8)})
    actions = action.decode(tracks_of(scene), {"decoder": decoder}, tracks_of(init))
    assert actions.balls == [4, 9]
    assert actions.start == [2, action.UNKNOWN]
    assert actions.rows() == [{"frame": 0, "4": 2, "9": action.NOBODY}]


def test_only_frames_that_the_step_divides_are_decoded() -> None:
    actions = action.decode(tracks_of(thrown_once()), {"every": 10})
    assert actions.frames.tolist() == [0, 10, 20, 30, 40, 50]
    assert actions.catches[:, 1:].tolist() == [[5, 1, 2]]


def test_morphological_keeps_its_signals_for_plots() -> None:
    signals = action.decode(tracks_of(thrown_once()), {"decoder": "morphological", "theta": 4}).signals(5)
    assert signals["raw"] == [(1, 0, 21), (2, 39, 59)]
    assert signals["dilated"] == [(1, 0, 23), (2, 37, 61)]
    assert signals["voted"] == signals["dilated"]
    assert signals["eroded"] == signals["raw"] == signals["holds"]
    hmm = action.decode(tracks_of(thrown_once()), {"decoder": "hmm"})
    assert set(hmm.signals(5)) == {"holds"}
    assert set(hmm.states[0].tolist()) == {1, -1, -2, 2}
    with pytest.raises(ValueError, match=r"ball: expected one of \[5\], got 6"):
        hmm.signals(6)


def test_the_majority_owns_a_connected_part() -> None:
    scene = thrown_once()
    for f in (5, 6):  # the id of person 1 goes to an empty corner, person 2 stands there instead
        scene.person_boxes[f, 1], scene.person_boxes[f, 2] = (900, 0, 980, 200), scene.person_boxes[f, 1]
    config = {"decoder": "morphological", "repair": False}
    voted = action.decode(tracks_of(scene), config)
    assert voted.catches[:, 3].tolist() == [2]
    raw = action.decode(tracks_of(scene), {**config, "vote": False})
    assert raw.catches[:, 3].tolist() == [2, 1, 2]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"decodr": "hmm"}, "/action/decodr: unknown key, did you mean decoder?"),
        (
            {"decoder": "hmmm"},
            "/action/decoder: expected one of morphological hmm, got hmmm, did you mean hmm?",
        ),
        ({"theta": -1}, "/action/theta: expected in [0, 1000000], got -1"),
        ({"theta": 2.5}, "/action/theta: expected an integer, got 2.5"),
        ({"every": 0}, "/action/every: expected in [1, 1000000], got 0"),
        ({"hmm": {"hold_frames": 0}}, "/action/hmm/hold_frames: expected in [0.001, 1000000], got 0"),
        ({"theta": float("nan")}, "/action: Out of range float values are not JSON compliant"),
        ({"theta": [object()]}, "/action: expected a number, text, true or false, or a mapping, got object"),
    ],
)
def test_a_wrong_field_is_named(config: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        action.decode(make_tracks([], [], [], []), config)
    assert str(error.value).startswith(message)


def test_tracks_with_endless_identities_are_refused() -> None:
    n = 20_000
    many = make_tracks(np.arange(n), np.zeros(n), np.arange(n), np.tile([0, 0, 1, 1], (n, 1)))
    with pytest.raises(ValueError, match="20000 frames by 20000 identities are too many"):
        action.decode(many)


def test_something_else_than_tracks_is_refused() -> None:
    for nothing in (None, [[1, 2, 3]]):
        with pytest.raises(TypeError):
            action.decode(nothing)  # type: ignore[arg-type]


def test_numpy_scalars_are_fine_in_a_config() -> None:
    assert (
        action.resolve_config({"theta": np.int64(7), "hmm": {"unseen_cost": np.float64(0.5)}})["theta"] == 7
    )


def ticks_while(work: Iterator[None]) -> int:
    """How often another thread runs while `work` runs once."""
    count = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal count
        while not done.is_set():
            count += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=tick)
    thread.start()
    time.sleep(0.01)
    before = count
    next(work)
    ticked = count - before
    done.set()
    thread.join()
    return ticked


def test_decoding_releases_the_gil() -> None:
    scene = game(3, frames=4000, persons=7, balls=3, lost=0)
    tracks = tracks_of(scene)

    def work() -> Iterator[None]:
        for _ in range(8):
            action.decode(tracks)
        yield

    assert ticks_while(work()) > 20


# --- repair


def with_exchange(scene: Scene, first: int, last: int, names: list[int]) -> Scene:
    """Ids of persons rotate in frames first..last."""
    boxes = dict(scene.person_boxes)
    for f in range(first, last + 1):
        for name, other in zip(names, names[1:] + names[:1], strict=True):
            boxes.pop((f, other), None)
            if (f, name) in scene.person_boxes:
                boxes[f, other] = scene.person_boxes[f, name]
    return Scene(scene.frames, scene.persons, scene.balls, boxes, scene.ball_boxes)


@pytest.mark.parametrize("names", [[1, 2], [1, 2, 3], [3, 1, 4, 2, 5]])
def test_exchanged_identities_are_given_back(names: list[int]) -> None:
    scene = game(1, frames=100, lost=0)
    exchanged = with_exchange(scene, 30, 49, names)
    mended = action.repair(tracks_of(exchanged))
    truth = tracks_of(scene)
    assert not np.array_equal(tracks_of(exchanged).box, truth.box)
    np.testing.assert_array_equal(mended.box, truth.box)
    np.testing.assert_array_equal(mended.id, truth.id)


def test_an_exchange_with_somebody_unseen_is_given_back() -> None:
    scene = game(2, frames=100, persons=3, lost=0)
    for f in range(25, 60):
        scene.person_boxes.pop((f, 2), None)
    exchanged = with_exchange(scene, 30, 49, [1, 2])
    config = {"continuity": {"person_fill_frames": 0}}
    mended = action.repair(tracks_of(exchanged), config)
    np.testing.assert_array_equal(mended.id, tracks_of(scene).id)


@pytest.mark.parametrize("seed", range(4))
def test_clean_tracks_stay_as_they_are(seed: int) -> None:
    tracks = tracks_of(game(seed, lost=0))
    mended = action.repair(tracks)
    for column in ("frame", "object_class", "id", "box", "observed"):
        np.testing.assert_array_equal(getattr(mended, column), getattr(tracks, column))


def test_gaps_are_filled_along_a_line_at_observed_frames_only() -> None:
    frames = [0, 1, 2, 3, 5, 6, 90, 200]
    seen = {0: 0.0, 1: 10.0, 6: 60.0, 200: 80.0}
    tracks = make_tracks(
        list(seen), [BALL] * 4, [7] * 4, [[x, 0, x + 10, 10] for x in seen.values()], observed=frames
    )
    mended = action.repair(tracks, {"continuity": {"ball_fill_speed": 0}})
    assert mended.frame.tolist() == [0, 1, 2, 3, 5, 6, 200]
    np.testing.assert_allclose(mended.box[:, 0], [0, 10, 20, 30, 50, 60, 80])
    assert mended.observed.tolist() == frames


def test_a_lost_ball_flies_in_the_middle_of_its_gap() -> None:
    rows = [(f, PERSON, 1, [0, 0, 50, 100]) for f in range(42)]
    rows += [(f, BALL, 7, [x, 0, x + 10, 10]) for f, x in ((0, 0), (1, 0), (41, 60))]
    mended = action.repair(make_tracks(*zip(*rows, strict=True)), {"continuity": {"ball_fill_speed": 0.06}})
    left = mended.box[mended.object_class == BALL, 0]
    # 60 pixels at 6 a frame: ten frames around frame 21.
    np.testing.assert_allclose(left, np.clip((np.arange(42) - 16) * 6, 0, 60))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_ball_lost_in_flight_arrives_first_and_one_found_in_flight_leaves_last(backwards: bool) -> None:
    """Flies 10 pixels a frame until it is lost at frame 4, lies 60 pixels on when it is found at frame 30."""
    person = [(f, PERSON, 1, [0, 0, 50, 100]) for f in range(35)]
    at = {f: 10.0 * f for f in range(5)} | dict.fromkeys(range(30, 35), 100.0)
    expected = np.minimum(np.arange(35) * 10, 100)
    if backwards:
        at, expected = {34 - f: x for f, x in at.items()}, expected[::-1]
    rows = person + [(f, BALL, 7, [x, 0, x + 10, 10]) for f, x in sorted(at.items())]
    tracks = make_tracks(*zip(*rows, strict=True))
    mended = action.repair(tracks)
    np.testing.assert_allclose(mended.box[mended.object_class == BALL, 0], expected, atol=1e-3)
    # At rest by the same measure, it flies in the middle.
    mended = action.repair(tracks, {"continuity": {"ball_flying_speed": 1}})
    middle = np.flatnonzero(mended.frame[mended.object_class == BALL] == 17)[0]
    assert 40 < mended.box[mended.object_class == BALL, 0][middle] < 100


@pytest.mark.parametrize("run", [1, 3])
def test_a_jump_and_back_is_taken_for_a_false_detection(run: int) -> None:
    rows = [(f, PERSON, 1, [0, 0, 50, 100]) for f in range(30)]
    rows += [(f, BALL, 7, [f, 0, f + 10, 10]) for f in range(30) if not 10 <= f < 10 + run]
    clean = make_tracks(*zip(*rows, strict=True))
    rows += [(f, BALL, 7, [900, 900, 910, 910]) for f in range(10, 10 + run)]
    spoilt = make_tracks(*zip(*rows, strict=True))
    for other in ({}, {"ball_detour_frames": 0}, {"outlier_frames": 0}):
        config = {"continuity": {"ball_fill_frames": 0, **other}}
        np.testing.assert_array_equal(action.repair(spoilt, config).box, clean.box)
    kept = action.repair(spoilt, {"continuity": {"outlier_frames": run - 1, "ball_detour_frames": 0}})
    np.testing.assert_array_equal(kept.box, spoilt.box)


def _mended_by_detours(sightings: dict[int, tuple[float, float]], detour: float, longest: int) -> set[int]:
    """The frames that stay, by a plain model: whichever run lengthens the way most a sighting goes first.

    Distances are in the persons' height, 100; one stands at (0, 0), 50 wide, another at (1000, 0).
    """

    def away(x: float, y: float) -> bool:
        outside = [math.hypot(max(left - x, 0, x - left - 50), max(-y, 0, y - 100)) for left in (0, 1000)]
        return min(outside) > 10

    kept = sorted(sightings)
    while True:
        found = []
        for i in range(1, len(kept) - 1):
            for j in range(i, len(kept) - 1):
                run = kept[i : j + 1]
                if not all(away(*sightings[f]) for f in run) or kept[j + 1] - kept[i - 1] > longest:
                    break
                a, b, c, d = (np.array(sightings[kept[q]]) for q in (i - 1, i, j, j + 1))
                more = np.linalg.norm(b - a) + np.linalg.norm(d - c) - np.linalg.norm(d - a)
                if more / 100 > detour:
                    found.append((more / len(run), -i, -j))
        if not found:
            return set(kept)
        _, i, j = max(found)
        del kept[-i : -j + 1]


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.3, 1.0]), st.sampled_from([0, 20, 40, 60]))
@settings(deadline=None, max_examples=60)
def test_a_ball_makes_no_detour_away_from_everybody(seed: int, detour: float, longest: int) -> None:
    random = np.random.default_rng(seed)
    frames = np.flatnonzero(random.random(30) < 0.6) * 10
    # In the first person's hands, or anywhere; each within what it might fly from the one before.
    sightings = {
        int(f): (25.0, 50.0) if random.random() < 0.5 else tuple(random.uniform(-60, 160, 2)) for f in frames
    }
    rows = [(f, PERSON, p, [x, 0, x + 50, 100]) for f in range(0, 300, 10) for p, x in ((1, 0), (2, 1000))]
    rows += [(f, BALL, 7, [x - 5, y - 5, x + 5, y + 5]) for f, (x, y) in sightings.items()]
    config = {
        "continuity": {
            "ball_fill_frames": 0,
            "outlier_frames": 0,
            "ball_detour": detour,
            "ball_detour_frames": longest,
        }
    }
    mended = action.repair(make_tracks(*zip(*rows, strict=True)), config)
    left = set(mended.frame[mended.object_class == BALL].tolist())
    assert left == _mended_by_detours(sightings, detour, longest)


def test_filling_follows_the_camera() -> None:
    """The camera pans 20 pixels a frame from frame 2 on; a ball that lies still is lost for frames 1-3."""
    pan = [0, 0, 20, 40, 60, 80]
    rows = []
    for f, x in enumerate(pan):
        rows += [(f, PERSON, p, [x + 300 * p, 0, x + 300 * p + 50, 100]) for p in range(4)]
        if f not in (1, 2, 3):
            rows.append((f, BALL, 9, [x + 500, 0, x + 510, 10]))
    mended = action.repair(make_tracks(*zip(*rows, strict=True)))
    np.testing.assert_allclose(mended.box[mended.object_class == BALL][:, 0], [500 + x for x in pan])


@given(scenes())
@settings(deadline=None)
def test_repair_only_exchanges_and_fills(scene: Scene) -> None:
    tracks = tracks_of(scene)
    none = ("person_fill_frames", "ball_fill_frames", "outlier_frames", "ball_detour_frames")
    config = {"continuity": dict.fromkeys(none, 0)}
    mended = action.repair(tracks, config)
    assert mended.observed.tolist() == tracks.observed.tolist()

    def content(t: Tracks) -> list[tuple[int, ...]]:
        return sorted(zip(t.frame.tolist(), t.object_class.tolist(), map(tuple, t.box.tolist()), strict=True))

    assert content(mended) == content(tracks)


def test_many_identities_cost_what_is_in_sight() -> None:
    """As a tracker leaves them that opens an identity anew after each loss, and a crowd in one frame."""
    random = np.random.default_rng(0)
    frames, lives, in_sight = 200, 20, 6
    rows = [
        (frame, PERSON, in_sight * (frame // lives) + person, 100.0 * person + random.normal())
        for frame in range(frames)
        for person in range(in_sight)
    ]
    rows += [(frame, BALL, 1000, 50.0 + frame) for frame in range(frames)]
    left = np.array([row[3] for row in rows])
    tracks = make_tracks(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        np.stack([left, np.zeros_like(left), left + 40, np.full_like(left, 90)], axis=1),
    )
    assert len(action.repair(tracks)) >= len(tracks)
    crowd = np.arange(2000)
    box = np.stack([50 * crowd, 0 * crowd, 50 * crowd + 40, 0 * crowd + 90], axis=1)
    assert len(action.repair(make_tracks(0 * crowd, 0 * crowd, crowd, box))) == 2000


# --- real videos


@pytest.mark.data
@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize(
    ("decoder", "every", "kind", "least"),
    [
        ("hmm", 1, "noisy", (0.999, 0.979, 0.999)),
        ("hmm", 1, "official", (0.999, 0.610, 0.999)),
        ("hmm", 10, "noisy", (0.925, 0.759, 0.945)),
        ("morphological", 1, "noisy", (0.980, 0.849, 0.999)),
    ],
)
def test_accuracy_on_the_contests_videos(
    decoder: str, every: int, kind: str, least: tuple[float, ...], repair: bool, data_root: Path
) -> None:
    in_flight = "zero" if kind == "official" else "hold"
    for video, bound in zip(lpcvc21.VIDEOS, least, strict=True):
        config = {"decoder": decoder, "every": every, "repair": repair}
        tracks = tracks_of(lpcvc21.track_scene(data_root, video))
        actions = action.decode(tracks, config, tracks_of(lpcvc21.init_scene(data_root, video)))
        assert lpcvc21.accuracy(as_rows(actions, in_flight), lpcvc21.labels(data_root, video, kind)) >= bound
