import re

import numpy as np
import pytest
from browser import dom, needs_chromium, screenshot

from e2tad.report.timeline import BallTimeline, timeline_figure, write_timeline

BALLS = [
    BallTimeline(
        name="6",
        signals={"raw": [(1, 10, 20), (1, 22, 40), (2, 70, 90)], "eroded": [(1, 10, 40), (2, 70, 90)]},
        catches=[(10, 1), (70, 2)],
        labels=[(0, 2), (9, 1)],
    ),
    BallTimeline(name="7", signals={"raw": [], "eroded": []}, catches=[]),
]


def test_every_stage_and_mark_is_drawn_at_its_frames():
    figure = timeline_figure(BALLS, persons=[1, 2])
    raw = [t for t in figure.data if t.legendgroup == "raw" and t.text is not None and "1" in t.text[0]]
    assert list(raw[0].x) == [9.6, 20.4, None, 21.6, 40.4, None]
    catches = next(t for t in figure.data if t.legendgroup == "catches")
    assert list(catches.x) == [10, 70]
    assert list(catches.y) == [0, 1]
    labels = next(t for t in figure.data if t.legendgroup == "labels")
    assert list(labels.x) == [0, 9]
    assert list(labels.y) == [1, 0]


def test_each_stage_has_one_legend_entry_for_all_balls():
    figure = timeline_figure(BALLS, persons=[1, 2])
    shown = [t.name for t in figure.data if t.showlegend is not False]
    assert sorted(shown) == ["catches", "eroded", "labels", "raw"]


def test_the_page_needs_no_network_and_escapes_its_title(tmp_path):
    page = tmp_path / "t.html"
    write_timeline(page, BALLS, [1, 2], "<b>clip</b>")
    text = page.read_text()
    assert "<h1>&lt;b&gt;clip&lt;/b&gt;</h1>" in text
    assert not re.search(r"<(script|link)[^>]+(src|href)=", text)


def test_no_balls_and_no_persons_still_make_a_page(tmp_path):
    write_timeline(tmp_path / "t.html", [], [], "empty")
    assert (tmp_path / "t.html").stat().st_size > 1000


@needs_chromium
@pytest.mark.slow
def test_chromium_draws_the_lanes_on_a_desktop_and_on_a_phone(tmp_path):
    page = tmp_path / "t.html"
    write_timeline(page, BALLS, [1, 2], "clip")
    document = dom(page, tmp_path)
    assert document.count("person 2") >= 2
    assert "ball 7" in document
    for width in (1280, 520):  # headless Chromium has no narrower window than 500
        picture = screenshot(page, tmp_path, width, 700).astype(np.int32)
        blue = np.abs(picture - (0xB2, 0x72, 0x00)).max(axis=2) < 40
        assert blue.sum() > 100, f"no bar of person 1 at {width} pixels"
        # The page doesn't run out of the window to the right.
        assert (picture[:, -2:] > 230).all()
