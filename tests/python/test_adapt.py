import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2tad import ConfigError, adapt
from e2tad.adapt import RegionCropper, RegionReason

Array = npt.NDArray[np.float32]
WIDTH, HEIGHT, INPUT = 960, 540, 416


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Array, npt.NDArray[np.int32]]:
    """Persons and balls, some partly outside of the frame."""
    count = draw(st.integers(1, 8))
    rows = [
        (x, y, x + draw(st.integers(1, 200)), y + draw(st.integers(1, 200)))
        for x, y in draw(
            st.lists(
                st.tuples(st.integers(-50, WIDTH - 1), st.integers(-50, HEIGHT - 1)),
                min_size=count,
                max_size=count,
            )
        )
    ]
    classes = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    return np.array(rows, np.float32), np.array(classes, np.int32)


def numpy_region(boxes: Array, residual: float) -> tuple[int, int, int, int]:
    """The paper's formula, then outward to whole pixels of the frame."""
    left, top = boxes[:, :2].min(axis=0).astype(float)
    right, bottom = boxes[:, 2:].max(axis=0).astype(float)
    dx, dy = residual * (right - left), residual * (bottom - top)
    x0 = min(max(math.floor(left - dx + 1e-3), 0), WIDTH - 1)
    y0 = min(max(math.floor(top - dy + 1e-3), 0), HEIGHT - 1)
    x1 = min(max(math.ceil(right + dx - 1e-3), x0 + 1), WIDTH)
    y1 = min(max(math.ceil(bottom + dy - 1e-3), y0 + 1), HEIGHT)
    return x0, y0, x1 - x0, y1 - y0


def contains(region: tuple[int, int, int, int], boxes: Array) -> bool:
    left, top, width, height = region
    inside = np.clip(boxes, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
    return bool(
        (inside[:, :2] >= [left, top]).all() and (inside[:, 2:] <= [left + width, top + height]).all()
    )


@given(scenes(), st.sampled_from([0.0, 0.1, 0.25]))
def test_the_region_is_the_papers(scene: tuple[Array, npt.NDArray[np.int32]], residual: float) -> None:
    boxes, classes = scene
    cropper = RegionCropper(
        WIDTH, HEIGHT, INPUT, config={"fill_padding": False, "residual": residual, "first_residual": 0.25}
    )
    cropper.update(boxes, classes)
    letterbox, reason = cropper.next()
    assert reason == RegionReason.CROPPED
    # A border within rounding of a whole pixel may fall to either side.
    np.testing.assert_allclose(letterbox.region, numpy_region(boxes, residual), atol=1)
    scale = INPUT / WIDTH
    for got, content, length in zip(
        (letterbox.width, letterbox.height), letterbox.content[2:], letterbox.region[2:], strict=True
    ):
        assert content == pytest.approx(max(length * scale, 1), abs=0.51)
        assert got == math.ceil(content / 32) * 32


@given(scenes(), st.booleans(), st.booleans())
def test_a_region_holds_every_box_inside_the_frame_and_feeds_multiples_of_32(
    scene: tuple[Array, npt.NDArray[np.int32]], zoom: bool, fill: bool
) -> None:
    boxes, classes = scene
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT, config={"zoom": zoom, "fill_padding": fill})
    cropper.seed(boxes)
    for _ in range(3):
        letterbox, _reason = cropper.next()
        left, top, width, height = letterbox.region
        assert contains(letterbox.region, boxes)
        assert left >= 0
        assert top >= 0
        assert left + width <= WIDTH
        assert top + height <= HEIGHT
        assert letterbox.width % 32 == 0
        assert letterbox.height % 32 == 0
        cropper.update(boxes, classes)


@given(scenes())
def test_filling_shows_more_at_the_same_cost(scene: tuple[Array, npt.NDArray[np.int32]]) -> None:
    boxes, _ = scene
    plain, filled = (
        RegionCropper(WIDTH, HEIGHT, INPUT, config={"fill_padding": fill}) for fill in (False, True)
    )
    plain.seed(boxes)
    filled.seed(boxes)
    a, b = plain.next().letterbox, filled.next().letterbox
    assert (a.width, a.height) == (b.width, b.height)
    assert b.region[0] <= a.region[0]
    assert b.region[1] <= a.region[1]
    assert b.region[0] + b.region[2] >= a.region[0] + a.region[2]
    assert b.region[1] + b.region[3] >= a.region[1] + a.region[3]
    # No grey is left where the frame goes on.
    assert b.content[2] > b.width - 4 or b.region[2] == WIDTH
    assert b.content[3] > b.height - 4 or b.region[3] == HEIGHT


def test_the_first_region_is_wider_than_later_ones() -> None:
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT, config={"fill_padding": False})
    boxes = np.array([[400, 200, 500, 300]], np.float32)
    cropper.seed(boxes)
    assert cropper.next().letterbox.region == (375, 175, 150, 150)
    cropper.update(boxes, [0])
    assert cropper.next().letterbox.region == (390, 190, 120, 120)


def test_zoom_enlarges_the_region_and_plain_cropping_keeps_the_scale() -> None:
    boxes = [[100, 100, 300, 200]]
    sizes = {}
    for zoom in (False, True):
        cropper = RegionCropper(WIDTH, HEIGHT, INPUT, config={"zoom": zoom})
        cropper.seed(boxes)
        letterbox = cropper.next().letterbox
        sizes[zoom] = letterbox.input_from_frame.scale_x
    assert sizes[False] == pytest.approx(INPUT / WIDTH, rel=0.01)
    assert sizes[True] == pytest.approx(INPUT / 300, rel=0.01)


@given(
    st.integers(1, 6),
    st.integers(1, 12),
    st.integers(1, 4),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 25)), max_size=4),
    st.integers(0, 2**31 - 1),
)
def test_whoever_comes_back_is_found_in_time(
    search_every: int,
    refresh_every: int,
    memory: int,
    known: bool,
    absences: list[tuple[int, int]],
    seed: int,
) -> None:
    """A detector that finds exactly who is inside the fed region; people leave and come back anywhere."""
    random = np.random.default_rng(seed)
    people = 4
    position = random.uniform([60, 60], [WIDTH - 60, HEIGHT - 60], (people, 2))
    gone = {i: range(start, start + length) for i, (start, length) in enumerate(absences)}
    cropper = RegionCropper(
        WIDTH,
        HEIGHT,
        INPUT,
        persons=people if known else -1,
        config={"search_every": search_every, "refresh_every": refresh_every, "memory": memory},
    )
    unseen = np.zeros(people, int)  # sampled frames in the picture without being found
    limit = min(search_every, refresh_every) if known else refresh_every
    for t in range(80):
        position += random.normal(0, 3, position.shape)
        position = np.clip(position, 30, [WIDTH - 30, HEIGHT - 30])
        for i, absence in gone.items():
            if t == absence.stop:  # somewhere else
                position[i] = random.uniform([30, 30], [WIDTH - 30, HEIGHT - 30])
        there = np.array([t not in gone.get(i, ()) for i in range(people)])
        boxes = np.concatenate([position - 20, position + 20], axis=1).astype(np.float32)
        region = cropper.next().letterbox.region
        found = np.array([contains(region, boxes[i : i + 1]) for i in range(people)]) & there
        unseen = np.where(there & ~found, unseen + 1, 0)
        assert unseen.max() < limit
        cropper.update(boxes[found], np.zeros(found.sum(), np.int32))


def reasons(counts: list[tuple[int, int]], **options: object) -> list[RegionReason]:
    """Why each frame was fed as it was, when these numbers of persons and balls are found in turn."""
    config = options.pop("config", {})
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT, config=config, **options)
    out = []
    for persons, balls in counts:
        out.append(cropper.next().reason)
        boxes = [[100 + 50 * i, 100, 130 + 50 * i, 180] for i in range(persons + balls)]
        cropper.update(boxes, [0] * persons + [1] * balls)
    return out


def test_the_whole_frame_is_looked_at_when_it_must_be() -> None:
    start, cropped, lost = RegionReason.START, RegionReason.CROPPED, RegionReason.LOST
    search, refresh = RegionReason.SEARCH, RegionReason.REFRESH
    assert reasons([(3, 1), (3, 0), (2, 0), (3, 1)]) == [start, cropped, lost, cropped]
    assert reasons([(3, 1)] * 5, config={"refresh_every": 3}) == [start, cropped, cropped, refresh, cropped]
    searched = reasons([(3, 1)] * 6, persons=4, config={"search_every": 2})
    assert searched == [start, cropped, search, cropped, search, cropped]
    assert reasons([(0, 0), (2, 0), (2, 0)]) == [start, start, cropped]
    assert reasons([(2, 1)] * 3, config={"crop_region": False}) == [RegionReason.OFF] * 3


def test_after_the_seed_the_known_numbers_tell_that_somebody_is_lost() -> None:
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT, persons=2, balls=0)
    cropper.seed([[100, 100, 150, 200], [400, 100, 450, 200]])
    assert cropper.next().reason == RegionReason.CROPPED
    cropper.update([[100, 100, 150, 200]], [0])
    assert cropper.next().reason == RegionReason.LOST


def test_the_region_holds_what_the_latest_frames_showed() -> None:
    boxes = [[400, 200, 430, 280], [500, 210, 530, 290], [460, 120, 464, 124]]
    for memory in (1, 2, 3):
        cropper = RegionCropper(WIDTH, HEIGHT, INPUT, config={"memory": memory, "residual": 0})
        cropper.update(boxes, [0, 0, 1])
        for seen in range(1, 5):
            # The ball isn't found again: its place counts for as many frames as are remembered.
            cropper.update(boxes[:2], [0, 0])
            held = cropper.next().letterbox.region
            if cropper.next().reason == RegionReason.CROPPED:
                assert contains(held, np.array(boxes[2:])) == (seen < memory)


def test_a_seed_takes_the_place_of_what_was_remembered() -> None:
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT, config={"fill_padding": False})
    cropper.update([[10, 10, 50, 90]], [0])
    cropper.seed([[500, 300, 600, 400]])
    assert cropper.next().letterbox.region == (490, 290, 120, 120)


@pytest.mark.parametrize(("centre", "reason"), [(115, RegionReason.CROPPED), (300, RegionReason.LOST)])
def test_a_ball_that_hands_may_hide_is_not_lost(centre: int, reason: RegionReason) -> None:
    """Seen in a person's box, then no more: hidden; seen in flight, then no more: lost."""
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT)
    person = [100, 100, 130, 180]
    cropper.update([person, [centre - 2, 120, centre + 2, 124]], [0, 1])
    assert cropper.next().reason == RegionReason.CROPPED
    cropper.update([person], [0])
    assert cropper.next().reason == reason


@given(scenes())
def test_collisions_equal_a_plain_search(scene: tuple[Array, npt.NDArray[np.int32]]) -> None:
    boxes, classes = scene
    expected = []
    for b in np.flatnonzero(classes == 1):
        x, y = (boxes[b, :2] + boxes[b, 2:]) / 2
        for p in np.flatnonzero(classes == 0):
            left, top, right, bottom = boxes[p]
            if left <= x <= right and top <= y <= bottom:
                expected.append([b, p])
    assert adapt.find_collisions(boxes, classes).tolist() == expected
    assert adapt.rows_in_collision(boxes, classes).tolist() == sorted(
        {row for pair in expected for row in pair}
    )


def test_a_frame_without_collision_has_no_rows() -> None:
    boxes = [[0, 0, 10, 30], [50, 50, 54, 54], [20, 0, 30, 30]]
    assert adapt.find_collisions(boxes, [0, 1, 0]).shape == (0, 2)
    assert adapt.rows_in_collision(boxes, [0, 1, 0]).tolist() == []
    assert adapt.rows_in_collision([], []).tolist() == []
    assert adapt.rows_in_collision([[0, 0, 10, 10]] * 2, [1, 1]).tolist() == []


def test_bad_input_is_named() -> None:
    with pytest.raises(ConfigError, match="/adaptive/residul: unknown key, did you mean residual"):
        RegionCropper(WIDTH, HEIGHT, INPUT, config={"residul": 1})
    with pytest.raises(ConfigError, match="/adaptive/search_every: expected in"):
        RegionCropper(WIDTH, HEIGHT, INPUT, config={"search_every": 0})
    with pytest.raises(ValueError, match="must be 1 or more"):
        RegionCropper(0, HEIGHT, INPUT)
    with pytest.raises(ValueError, match="persons, balls: must be -1 or more"):
        RegionCropper(WIDTH, HEIGHT, INPUT, persons=-2)
    cropper = RegionCropper(WIDTH, HEIGHT, INPUT)
    with pytest.raises(ValueError, match="boxes: row 0: box must have left <= right"):
        cropper.update([[5, 0, 1, 1]], [0])
    with pytest.raises(ValueError, match="classes: expected"):
        cropper.update([[0, 0, 1, 1]], [])
    with pytest.raises(ValueError, match="classes: expected"):
        adapt.find_collisions([[0, 0, 1, 1]], [0, 1])
