from dataclasses import replace

import numpy as np
import pytest
import torch

from e2tad.data.annotated import Annotation, Picture
from e2tad.data.detection_samples import (
    BALL,
    EMPTY,
    GREY,
    IGNORED,
    PERSON,
    UNLABELLED,
    Sample,
    SampleStore,
    objects_of,
    scaled,
)
from e2tad.training.detector_augment import (
    colour_matrix,
    make_picture,
    mirrored,
    recoloured,
    to_input,
    window,
)
from e2tad.training.detector_batches import Ahead, targets_of
from e2tad.training.detector_settings import DetectorAblation, DetectorAugment

NOTHING = DetectorAblation(ImgComp=False, DebiasTr=False)


def sample(boxes, kinds=None, size=(180, 320), visible=None):
    """A black picture whose objects are white."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    pixels = np.zeros((*size, 3), np.uint8)
    for left, top, right, bottom in boxes.astype(int):
        pixels[max(top, 0) : bottom, max(left, 0) : right] = 255
    n = len(boxes)
    return Sample(
        pixels,
        np.array(kinds if kinds is not None else [PERSON] * n, np.int64),
        boxes,
        np.array(visible if visible is not None else [1.0] * n, np.float32),
    )


def white(pixels):
    """The box round the white part."""
    rows, columns = np.nonzero(pixels[..., 0] > 160)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("scale", [0.4, 0.8, 1.0, 1.7])
def test_boxes_follow_the_pixels_at_every_scale(scale):
    for seed in range(20):
        cut = window(sample([[100, 60, 140, 120]]), (128, 160), scale, np.random.default_rng(seed))
        if len(cut.box) == 0:
            assert cut.pixels.max() <= GREY
            continue
        np.testing.assert_allclose(cut.box[0], white(cut.pixels), atol=1.5)


def test_a_window_shows_an_object_where_the_picture_is_larger():
    for seed in range(20):
        cut = window(sample([[300, 10, 310, 20]]), (60, 60), 1.0, np.random.default_rng(seed))
        centre = (cut.box[0, :2] + cut.box[0, 2:]) / 2
        assert ((centre >= 0) & (centre < 60)).all()


def test_a_small_picture_is_surrounded_by_grey():
    cut = window(sample([], size=(50, 50)), (100, 100), 1.0, np.random.default_rng(0))
    assert (cut.pixels == GREY).all(axis=2).sum() == 100 * 100 - 50 * 50


def test_persons_are_clipped_and_balls_keep_their_circle():
    whole = sample([[0, 0, 100, 180], [90, 80, 110, 100]], [PERSON, BALL])
    for seed in range(40):
        cut = window(whole, (100, 100), 1.0, np.random.default_rng(seed))
        for kind, box in zip(cut.kind, cut.box, strict=True):
            if kind == PERSON:
                assert (box >= 0).all()
                assert (box <= 100).all()
            if kind == BALL:
                np.testing.assert_allclose(box[2:] - box[:2], 20)


def test_what_a_cut_leaves_too_little_of_is_ignored():
    # A person of 40x60 of whom a fifth remains, and a ball whose centre is outside.
    part = sample([[-32, 20, 8, 80], [-12, 90, 8, 110], [-6, 120, 14, 140]], [PERSON, BALL, BALL])
    cut = window(replace(part, pixels=part.pixels[:180, :100]), (180, 100), 1.0, np.random.default_rng(0))
    assert cut.kind.tolist() == [IGNORED, IGNORED, BALL]
    np.testing.assert_allclose(cut.box[0], [0, 20, 8, 80])


def test_hidden_balls_are_ignored_and_circles_are_the_truth():
    things = (
        Annotation("ball", (10, 10, 20, 15), (15, 15, 5), 0.5),
        Annotation("ball", (30, 10, 40, 20), (35, 15, 5), 0.2),
        Annotation("person", (50, 10, 60, 40)),
        Annotation("ignored", (70, 10, 80, 40)),
    )
    kind, box, visible = objects_of(Picture("a", None, (100, 50), things))
    assert kind.tolist() == [BALL, IGNORED, PERSON, IGNORED]
    np.testing.assert_allclose(box[0], [10, 10, 20, 20])
    np.testing.assert_allclose(visible, [0.5, 0.2, 1, 1])


def test_a_mosaic_holds_four_pictures_and_their_boxes():
    settings = DetectorAugment(mosaic=1, scale=(1.0, 1.0), flip=0)
    parts = [sample([[150, 80, 170, 100]], size=(180, 320)) for _ in range(4)]
    made = make_picture(iter(parts), (192, 320), settings, NOTHING, np.random.default_rng(3))
    assert len(made.box) == 4
    for left, top, right, bottom in np.clip(np.round(made.box), 0, None).astype(int):
        inside = made.pixels[top + 2 : bottom - 2, left + 2 : right - 2]
        assert inside.min() > 200


def test_balls_are_unlabelled_in_the_part_of_a_mosaic_whose_picture_lacks_them():
    settings = DetectorAugment(mosaic=1, scale=(1.0, 1.0), flip=0)
    plain = [sample([[150, 80, 170, 100]], size=(180, 320)) for _ in range(4)]
    parts = [*plain[:3], plain[3].with_objects([UNLABELLED + BALL], [[0, 0, 320, 180]])]
    made = make_picture(iter(parts), (192, 320), settings, NOTHING, np.random.default_rng(3))
    same = make_picture(iter(plain), (192, 320), settings, NOTHING, np.random.default_rng(3))
    np.testing.assert_array_equal(made.pixels, same.pixels)  # regions don't decide where a part lies
    assert made.kind.tolist() == [PERSON] * 4 + [UNLABELLED + BALL]
    left, top, right, bottom = made.box[4]
    assert 320 * 0.3 <= left <= 320 * 0.7
    assert 192 * 0.3 <= top <= 192 * 0.7
    assert right == 320
    assert bottom == 192
    turned = mirrored(made)
    np.testing.assert_allclose(turned.box[4], [0, top, 320 - left, 192])


def test_without_mosaic_one_picture_is_taken():
    settings = DetectorAugment(mosaic=1)
    drawn = iter([sample([[10, 10, 30, 60]])] * 4)
    make_picture(drawn, (192, 320), settings, NOTHING, np.random.default_rng(0), mosaic=False)
    assert len(list(drawn)) == 3


def test_mirroring_twice_gives_the_picture_back():
    whole = sample([[10, 20, 40, 60], [100, 30, 110, 40]])
    once = mirrored(whole)
    np.testing.assert_allclose(once.box[0], [280, 20, 310, 60])
    again = mirrored(once)
    np.testing.assert_array_equal(again.pixels, whole.pixels)
    np.testing.assert_array_equal(again.box, whole.box)


def test_the_switches_decide_about_balls_and_patches():
    random = np.random.default_rng(0)
    scene = replace(
        sample([[60, 40, 90, 130], [200, 50, 230, 140]]),
        pixels=random.integers(60, 160, (192, 320, 3)).astype(np.uint8),
    )
    settings = DetectorAugment(
        mosaic=0, scale=(1.0, 1.0), flip=0, composed=1, debiased=1, compose={"balls_min": 2}
    )

    def make(ImgComp, DebiasTr):  # noqa: N803 (the paper's names)
        switches = DetectorAblation(ImgComp=ImgComp, DebiasTr=DebiasTr)
        return make_picture(iter([scene]), (192, 320), settings, switches, np.random.default_rng(5))

    plain, balls, patches, both = make(False, False), make(True, False), make(False, True), make(True, True)
    np.testing.assert_array_equal(plain.pixels, scene.pixels)
    assert (balls.kind != PERSON).sum() >= 2
    assert set(patches.kind) == {PERSON, EMPTY}
    changed = (patches.pixels != plain.pixels).any(axis=2)
    assert changed.any()
    for left, top, right, bottom in patches.box[patches.kind == EMPTY].astype(int):
        assert changed[top:bottom, left:right].mean() > 0.3
        changed[top:bottom, left:right] = False
    assert not changed.any()
    np.testing.assert_array_equal(both.box[both.kind != EMPTY], balls.box)
    for kind, box in zip(balls.kind, balls.box, strict=True):
        if kind == BALL:
            x, y = ((box[:2] + box[2:]) / 2).astype(int)
            around = (slice(max(y - 2, 0), y + 3), slice(max(x - 2, 0), x + 3))
            assert not np.array_equal(balls.pixels[around], plain.pixels[around])


def test_no_change_of_colours_is_the_identity():
    nothing = DetectorAugment(brightness=0, saturation=0, hue_degrees=0)
    matrix = colour_matrix(nothing, np.random.default_rng(0))
    np.testing.assert_allclose(matrix, np.eye(3, 4), atol=1e-6)
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(recoloured(pixels, matrix), pixels)


def test_colours_change_as_the_matrix_says():
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    matrix = colour_matrix(DetectorAugment(), np.random.default_rng(2))
    expected = np.clip(pixels @ matrix[:, :3].T + 255 * matrix[:, 3], 0, 255)
    assert np.abs(recoloured(pixels, matrix) - expected).max() <= 1
    grey = np.full((2, 2, 3), 100, np.uint8)
    turned = recoloured(grey, colour_matrix(DetectorAugment(brightness=0), np.random.default_rng(3)))
    assert np.abs(turned.astype(int) - 100).max() <= 1


def test_the_batch_is_rgb_from_0_to_1_channels_last():
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[..., 0] = 255
    x = to_input([pixels, pixels[:, ::-1]])
    assert x.shape == (2, 3, 32, 64)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert (x[:, 0].min(), x[:, 1:].max()) == (1, 0)


def test_targets_number_the_pictures_and_part_what_is_ignored():
    found = targets_of(
        [sample([[0, 0, 10, 20]]), sample([]), sample([[4, 4, 8, 8], [1, 2, 3, 4]], [BALL, IGNORED])]
    )
    assert found.picture.tolist() == [0, 2]
    assert found.kind.tolist() == [PERSON, BALL]
    assert found.box.tolist() == [[5, 10, 10, 20], [6, 6, 4, 4]]
    assert found.region_picture.tolist() == [2]
    assert found.region_kind.tolist() == [IGNORED]
    assert found.region.tolist() == [[1, 2, 3, 4]]


def test_a_picture_without_balls_labels_is_a_region_without_them(tmp_path):
    from PIL import Image

    Image.new("RGB", (100, 50)).save(tmp_path / "a.png")
    person = (Annotation("person", (10, 10, 20, 40)),)
    picture = Picture("a", tmp_path / "a.png", (100, 50), person, labelled=("person",))
    found = SampleStore([picture], 50, 1)[0]
    assert found.kind.tolist() == [PERSON, UNLABELLED + BALL]
    np.testing.assert_allclose(found.box, [[5, 5, 10, 20], [0, 0, 50, 25]])


def test_pictures_are_scaled_by_means():
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[::2] = 200
    small = scaled(pixels, 40)
    assert small.shape == (20, 40, 3)
    assert (small == 100).all()
    assert scaled(pixels, 80) is pixels


def test_the_store_keeps_no_more_than_it_may(tmp_path):
    from PIL import Image

    pictures = []
    for i in range(3):
        Image.new("RGB", (100, 50), (i, 0, 0)).save(tmp_path / f"{i}.png")
        pictures.append(Picture(str(i), tmp_path / f"{i}.png", (100, 50)))
    large, none = SampleStore(pictures, 640, 1), SampleStore(pictures, 640, 0)
    assert large[1] is large[1]
    assert none[1] is not none[1]
    assert [int(large[i].pixels[0, 0, 0]) for i in range(3)] == [0, 1, 2]
    small = SampleStore(pictures, 50, 1)[0]
    assert small.pixels.shape == (25, 50, 3)


def test_steps_made_ahead_are_those_that_are_asked_for():
    made = []

    def make(step):
        made.append(step)
        return step * step

    ahead = Ahead(make, 6, 2)
    assert [ahead(step) for step in range(2, 6)] == [4, 9, 16, 25]
    ahead.close()
    assert sorted(made) == [2, 3, 4, 5]


def test_an_error_in_a_thread_reaches_who_asks():
    def fail(step):
        raise ValueError(f"step {step}")

    ahead = Ahead(fail, 3, 1)
    with pytest.raises(ValueError, match="step 0"):
        ahead(0)
    ahead.close()
