"""A run as one HTML page that needs no network: clip, timeline, costs, score."""

import base64
import html
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2tad import _core
from e2tad.adapt import RegionReason
from e2tad.files import replacing
from e2tad.metric import AccuracyReport
from e2tad.pipeline import Run
from e2tad.report import style
from e2tad.report.overlay import Picture
from e2tad.report.timeline import BallTimeline, timeline_parts

MOST_CLIP_BYTES = 12 << 20
"""A larger clip isn't put into the page; base64 makes it a third larger still."""

_STAGE_WORK = {
    "decode": "video to pictures",
    "detect": "pictures to boxes",
    "crop": "boxes to crops",
    "embed": "crops to features",
    "associate": "features to identities",
    "action": "tracks to catches",
}

_REASONS = {
    RegionReason.OFF: "whole: cropping is off",
    RegionReason.START: "whole: nothing known yet",
    RegionReason.CROPPED: "cropped to the activity region",
    RegionReason.LOST: "whole: fewer than before",
    RegionReason.SEARCH: "whole: somebody is missing",
    RegionReason.REFRESH: "whole: now and then",
}

_STYLE = """
  video, .strip img { max-width: 100%; display: block; border-radius: 4px; }
  video { width: 100%; max-height: 75vh; background: #000; }
  .strip { display: grid; gap: .6rem;
           grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
  .strip figure { margin: 0; }
  .bar { background: #0072B2; height: .8rem; border-radius: 2px; min-width: 1px; }
  .bars td:nth-child(2) { width: 45%; vertical-align: middle; }
  @media (max-width: 40rem) { .strip { grid-template-columns: 1fr 1fr; } }
"""


@dataclass(frozen=True)
class Score:
    """An answer's score against labels.

    Attributes:
        report: The contest's accuracy, with its matches.
        label_frames: Frames of the labels' rows.
    """

    report: AccuracyReport
    label_frames: Sequence[int]


def write_run_page(
    path: str | os.PathLike[str],
    run: Run,
    title: str,
    timeline: tuple[list[BallTimeline], list[int]],
    *,
    clip: Path | None = None,
    stills: Iterable[tuple[str, Picture]] = (),
    score: Score | None = None,
) -> None:
    """Writes the page.

    Args:
        path: The page; written to a temporary name and moved into place.
        run: What was found and what it cost.
        title: Its heading.
        timeline: Balls and persons, as for `write_timeline`.
        clip: The overlay video; it is put into the page if it is small enough.
        stills: Captions and pictures, BGR, shown where there is no clip.
        score: The score, where there are labels.

    Raises:
        OSError: If the page can't be written.

    Source:
        DESIGN, Command line: `e2tad run`, report.html.
    """
    plot, meanings = timeline_parts(*timeline)
    parts = [_facts(run, score)]
    parts += [f'<p class="warning">{html.escape(line)}</p>' for line in run.warnings]
    parts.append(_clip(clip, stills))
    parts.append(f"<h2>Who holds which ball</h2>\n<div class='wide'><div>{plot}</div></div>")
    parts.append(f"<dl>{meanings}</dl>")
    parts.append(_catches(run, score))
    parts.append(_time(run))
    parts.append(_memory_and_energy(run))
    parts.append(_work(run))
    settings = html.escape(json.dumps(run.config, indent=1))
    parts.append(f"<h2>Settings</h2>\n<details><summary>all</summary><pre>{settings}</pre></details>")
    with replacing(path) as part:
        part.write_text(style.page(title, parts, _STYLE), encoding="utf-8")


def _facts(run: Run, score: Score | None) -> str:
    energy = run.summary["energy"]
    catches = len(run.actions.catches)
    facts = [
        (str(catches), "catch" if catches == 1 else "catches"),
        (f"{run.summary['seconds']:.2f} s", f"for {_duration(run)} of video"),
        (_bytes(run.summary["memory"]["peak_bytes"]), "peak memory of the process"),
        (_joules(energy["joules"]), energy["method"].replace("_", " ")),
    ]
    if score is not None:
        facts.insert(0, (f"{score.report.accuracy:.3f}", "accuracy"))
        if score.report.score is not None:
            facts.insert(1, (f"{score.report.score:.3f}", "score: accuracy / kJ"))
    return style.facts(facts)


def _duration(run: Run) -> str:
    video = run.video
    if video.frames > 0 and video.frames_per_second > 0:
        return f"{video.frames / video.frames_per_second:.1f} s"
    return "a stream"


def _clip(clip: Path | None, stills: Iterable[tuple[str, Picture]]) -> str:
    if clip is not None and clip.stat().st_size <= MOST_CLIP_BYTES:
        data = base64.b64encode(clip.read_bytes()).decode()
        return (
            "<h2>Clip</h2>\n<video controls muted playsinline preload='metadata' "
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    figures = []
    for caption, picture in stills:
        data = base64.b64encode(_core.encode_image(picture, "jpg")).decode()
        text = html.escape(caption)
        figures.append(
            f'<figure><img alt="{text}" src="data:image/jpeg;base64,{data}">'
            f"<figcaption>{text}</figcaption></figure>"
        )
    if clip is None and not figures:
        return "<h2>Clip</h2>\n<p>No pictures: the video could not be read a second time.</p>"
    note = "" if clip is None else f"<p>The whole clip is in {html.escape(clip.name)} beside this page.</p>"
    return f'<h2>Clip</h2>\n{note}<div class="strip">{"".join(figures)}</div>'


def _catches(run: Run, score: Score | None) -> str:
    """The catches; with labels, the rows of the answer as the metric matched them."""
    if score is None or score.report.label_row is None or score.report.row_score is None:
        body = style.rows(
            (str(frame), str(ball), "?" if before < 0 else str(before), str(to))
            for frame, ball, before, to in run.actions.catches.tolist()
        )
        return f"<h2>Catches</h2>\n{style.table(('frame', 'ball', 'from', 'to'), body)}"
    frames, holders = run.answer()
    rows = []
    for row, frame in enumerate(frames.tolist()):
        label = int(score.report.label_row[row])
        share = float(score.report.row_score[row])
        held = ", ".join(
            f"{ball}: {holder}" for ball, holder in zip(run.actions.balls, holders[row].tolist(), strict=True)
        )
        verdict = (
            '<span class="bad">no label near</span>'
            if label < 0
            else f'<span class="{"good" if share == 1 else "bad"}">label {score.label_frames[label]}, '
            f"{share:.0%} of balls</span>"
        )
        rows.append(f"<tr><td>{frame}</td><td>{html.escape(held)}</td><td>{verdict}</td></tr>")
    r = score.report
    sums = f"<p>{r.tp} rows matched, {r.fp} without a label, {r.fn} labels missed.</p>"
    return f"<h2>Score</h2>\n{sums}{style.table(('frame', 'ball: holder', 'matched'), ''.join(rows))}"


def _time(run: Run) -> str:
    stages = run.summary["stages"]
    longest = max((cost["seconds"] for cost in stages.values()), default=0) or 1
    rows = []
    for name, cost in stages.items():
        width = 100 * cost["seconds"] / longest
        rows.append(
            f'<tr><td>{name}</td><td><div class="bar" style="width:{width:.1f}%"></div></td>'
            f'<td class="n">{cost["seconds"]:.3f} s</td><td class="n">{cost["items"]}</td>'
            f'<td class="n">{_bytes(cost["bytes"])}</td><td class="minor">{_STAGE_WORK[name]}</td></tr>'
        )
    other = run.summary["seconds"] - sum(cost["seconds"] for cost in stages.values())
    beside = run.config["pipeline"]["threads"] > 1
    note = (
        "Decoding ran beside the other stages."
        if beside
        else f"Everything else took {max(other, 0):.3f} s of {run.summary['seconds']:.3f} s."
    )
    head = (
        '<tr><th>stage</th><th></th><th class="n">time</th><th class="n">items</th>'
        '<th class="n">bytes</th><th class="minor"></th></tr>'
    )
    return (
        f'<h2>Where the time went</h2>\n<table class="bars">{head}{"".join(rows)}</table>'
        f"<p>{note} Schedule: {run.config['pipeline']['schedule']}.</p>"
    )


def _memory_and_energy(run: Run) -> str:
    memory, energy = run.summary["memory"], run.summary["energy"]
    rows = style.rows(
        [
            ("image queue", _bytes(memory["queue_bytes"])),
            ("crop records, at most", _bytes(memory["crop_record_bytes"])),
            ("box records", _bytes(memory["box_record_bytes"])),
            ("peak of the process, libraries and decoder included", _bytes(memory["peak_bytes"])),
        ]
    )
    text = f"{_joules(energy['joules'])}, {energy['method'].replace('_', ' ')}"
    if energy["note"]:
        text += f": {energy['note']}"
    return (
        f"<h2>Where the memory went</h2>\n{style.table(None, rows)}"
        f"<h2>Energy</h2>\n<p>{html.escape(text)}, over {energy['seconds']:.3f} s.</p>"
    )


def _work(run: Run) -> str:
    counts = run.summary["counts"]
    found = counts["embedded"] + counts["skipped"]
    rows = [
        ("frames of the video decoded", f"{counts['decoded']} of {counts['packets']}"),
        ("frames used", f"{counts['frames']}: {counts['sampled']} sampled, {counts['seeded']} of init.csv"),
        ("persons and balls detected", f"{counts['persons']} and {counts['balls']}"),
        ("detections embedded", f"{counts['embedded']} of {found}"),
        ("frames without a collision", f"{counts['idle_frames']} of {counts['detected']}"),
        ("identities by features", str(counts["identified"])),
        ("identities by place", str(counts["linked"])),
    ]
    rows += [
        (_REASONS[RegionReason(i)], f"{count} frames") for i, count in enumerate(counts["regions"]) if count
    ]
    return f"<h2>What was looked at</h2>\n{style.table(None, style.rows(rows))}"


def _bytes(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def _joules(joules: float | None) -> str:
    return "missing" if joules is None else f"{joules:.1f} J"
