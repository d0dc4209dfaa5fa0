"""`e2tad report` as a user runs it on result files: pages, tables, verdicts, and what it refuses."""

import csv
import html
import io
import json
import re

import numpy as np
import pytest
import result_files
from browser import dom, needs_chromium, screenshot

from e2tad.experiments.results import Result, estimate
from e2tad.report.experiment_page import dot_figure, line_figure, overview_page, table_page, tradeoff_figure
from e2tad.report.tables import SMOKE, Table, comma_separated, latex, markdown

ROWS = [
    result_files.row(
        "a", {"m": [0.50, 0.52, 0.48], "s": [4.0, 4.1, 4.2]}, {"m": 0.647, "s": 5.0}, label="plain"
    ),
    result_files.row("b", {"m": [0.60, 0.63, 0.59], "s": [2.0, 2.1, 2.2]}, {"m": 0.656}, label="A & <b>_1|2"),
    result_files.row("c", {}, status="failed", error="no space left"),
]
CLAIMS = {
    "claims": [
        {
            "id": "b-a",
            "text": "b beats <a>.",
            "source": "Table 1",
            "table": "table1",
            "metric": "m",
            "rows": [["b", "a"]],
            "above": 0,
        },
        {
            "id": "c-a",
            "text": "c beats a.",
            "source": "Table 1",
            "table": "table1",
            "metric": "m",
            "rows": [["c", "a"]],
            "above": 0,
        },
    ],
    "contradictions": [
        {
            "id": "x",
            "text": "How much?",
            "stated": {"where": "Sec. 4.1", "figure": "16 times"},
            "found": {"where": "Table 2", "figure": "13.7 times"},
        }
    ],
}


def document(scale="laptop", rows=None, **more):
    given = {"tradeoffs": [["s", "m"]], "config": {"seed": "<7>"}}
    return result_files.result("table1", ROWS if rows is None else rows, scale, **(given | more))


def table(*args, **more):
    return Table(Result.parse(document(*args, **more)))


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "experiments" / "results"
    result_files.write(folder, document())
    (folder.parent / "claims.json").write_text(json.dumps(CLAIMS))
    return folder


def test_a_report_leaves_pages_tables_and_verdicts(e2tad, results, tmp_path):
    done = e2tad("report", results, "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "index.html",
        "tables.md",
        *(f"table1.laptop.{end}" for end in ("html", "md", "tex", "csv")),
    }
    judged = json.loads((results / "claims.json").read_text())
    told = json.loads(done.stdout)
    assert told["claims"] == judged["claims"]
    assert told["files"][-1] == str(results / "claims.json")
    first, second = judged["claims"]
    assert {"id", "text", "verdict", "interval", "seeds", "data", "energy", "reason"} <= set(first)
    assert (first["verdict"], first["seeds"], first["data"]) == ("reproduced", [0, 1, 2], "made by hand")
    assert first["estimate"] == pytest.approx(np.mean([0.10, 0.11, 0.11]))
    assert first["paper"] == pytest.approx(0.009)
    assert (second["verdict"], second["reason"]) == ("undecided", "row c failed: no space left")
    assert judged["contradictions"] == CLAIMS["contradictions"]
    again = e2tad("report", results, "-o", "out")
    assert again.returncode == 0, again.stderr
    assert re.search(r"b-a\s+reproduced\s+3\s+0\.1067", again.stdout)
    assert json.loads((results / "claims.json").read_text()) == judged


def test_without_claims_there_are_pages_and_no_verdicts(e2tad, results):
    (results.parent / "claims.json").unlink()
    assert e2tad("report", results).returncode == 0
    assert (results / "report" / "index.html").is_file()
    assert not (results / "claims.json").exists()


def test_the_tables_go_between_the_marks_of_a_readme(e2tad, results, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- e2tad report: begin -->\nold\n<!-- e2tad report: end -->\nafter\n")
    for _ in range(2):
        assert e2tad("report", results, "--readme", readme).returncode == 0
    text = readme.read_text()
    assert text.startswith("before\n<!-- e2tad report: begin -->\n### table1, by hand (laptop)\n")
    assert text.endswith("\n<!-- e2tad report: end -->\nafter\n")
    assert "old" not in text
    assert "| b beats <a>. | Table 1 | **reproduced** | 0.1067 [0.1, 0.11], claim > 0 | 0.009 |" in text


def test_a_mistake_is_one_line_and_nothing_is_written(e2tad, results, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("no marks")
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"claims": [{**CLAIMS["claims"][0], "metrik": "m"}]}))
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "table1.laptop.json").write_text(json.dumps(document() | {"scale": "huge"}))
    (tmp_path / "empty").mkdir()
    cases = [
        ((results, "--readme", readme), "README.md: expected a line <!-- e2tad report: begin -->"),
        ((results, "--claims", broken), "broken.json: /claims/0/metrik: unknown key, did you mean metric?"),
        ((bad,), "table1.laptop.json: /scale: expected 'smoke', 'laptop' or 'paper', got \"huge\""),
        ((tmp_path / "empty",), "empty: no result files"),
        ((tmp_path / "none",), "none: expected a folder"),
    ]
    for words, message in cases:
        done = e2tad("report", *words, "-o", "out")
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert not (results / "claims.json").exists()


def test_smoke_results_say_so_in_every_form():
    smoke = table("smoke")
    assert SMOKE in markdown(smoke)
    assert SMOKE in latex(smoke)
    assert SMOKE in table_page(smoke, [])
    assert SMOKE in overview_page([smoke], [], [])
    for text in (
        markdown(table()),
        latex(table()),
        table_page(table(), []),
        overview_page([table()], [], []),
    ):
        assert SMOKE not in text


def test_a_csv_reads_back_with_all_digits():
    rows = list(csv.DictReader(io.StringIO(comma_separated(table()))))
    assert [row["label"] for row in rows] == ["plain", "A & <b>_1|2", "c"]
    found = estimate(table().result.rows[1], "m")
    assert float(rows[1]["m"]) == found.value
    assert (float(rows[1]["m_low"]), float(rows[1]["m_high"])) == found.interval
    assert (rows[0]["m_paper"], rows[1]["s_paper"], rows[2]["m"]) == ("0.647", "", "")
    assert [row["status"] for row in rows] == ["done", "done", "failed"]


def test_markdown_and_latex_escape_what_is_theirs():
    text = markdown(table())
    line = next(line for line in text.splitlines() if line.startswith("| A"))
    assert line == r"| A & <b>_1\|2 | 0.607 [0.590, 0.630] | 0.656 | 2.10 [2.00, 2.20] |  |"
    assert "| c | failed |  | failed |  |" in text
    assert "c: no space left" in text
    tex = latex(table())
    assert r"A \& <b>\_1|2 & 0.607 (0.656) & 2.10 \\" in tex
    assert r" & {\scriptsize [0.590, 0.630]} & {\scriptsize [2.00, 2.20]} \\" in tex
    cells = {line.count(" & ") for line in tex.splitlines() if line.endswith(r"\\")}
    assert cells == {2}


def test_pages_escape_texts_and_need_no_network():
    for page in (table_page(table(), []), overview_page([table()], [], [])):
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
        assert "<b>_1" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "&quot;&lt;7&gt;&quot;" in table_page(table(), [])


def test_plots_show_means_with_intervals_beside_the_papers_figures():
    shown = table()
    m, s = shown.result.metrics
    ours, paper = dot_figure(shown, m, shown.result.rows).data
    np.testing.assert_allclose(ours.x, [0.5, 1.82 / 3])
    np.testing.assert_allclose(ours.error_x.array, [0.02, 0.63 - 1.82 / 3])
    np.testing.assert_allclose(ours.error_x.arrayminus, [0.02, 1.82 / 3 - 0.59])
    assert (list(paper.x), list(paper.y)) == ([0.647, 0.656], [0, 1])
    *points, theirs = tradeoff_figure(shown, s, m).data
    np.testing.assert_allclose([point.x[0] for point in points], [4.1, 2.1])
    assert [point.name for point in points] == [html.escape(row.label) for row in shown.result.rows[:2]]
    assert (list(theirs.x), list(theirs.y)) == ([5.0], [0.647])


def test_rows_of_a_series_become_a_line_over_x():
    rows = [
        result_files.row("p2", {"m": [0.2]}, {"m": 0.3}, series="p", x=0.5),
        result_files.row("p1", {"m": [0.4]}, {"m": 0.5}, series="p", x=0.1),
        result_files.row("base", {"m": [0.6]}),
    ]
    shown = table(rows=rows, x_label="sparsity", tradeoffs=[])
    lines, levels = shown.result.rows[:2], shown.result.rows[2:]
    figure = line_figure(shown, shown.result.metrics[0], lines, levels)
    ours, paper = figure.data
    assert (list(ours.x), list(ours.y)) == ([0.1, 0.5], [0.4, 0.2])
    assert list(paper.y) == [0.5, 0.3]
    assert [shape.y0 for shape in figure.layout.shapes] == [0.6]
    assert figure.layout.xaxis.title.text == "sparsity"
    assert table_page(shown, []).count('class="plotly-graph-div"') == 1
    more = table(rows=[*rows, result_files.row("other", {"m": [0.7]})], tradeoffs=[])
    assert table_page(more, []).count('class="plotly-graph-div"') == 2


def test_series_that_share_their_x_are_laid_out_as_the_papers_table_3():
    rows = [
        result_files.row(f"{name}_{x}", {"m": [value]}, {"m": 0.5}, series=name, x=x)
        for name, x, value in (("p", 0.1, 0.4), ("p", 0.5, 0.2), ("q", 0.5, 0.3))
    ]
    text = markdown(table(rows=rows, x_label="sparsity", tradeoffs=[]))
    assert "| sparsity | p | q |\n| --: | --: | --: |\n" in text
    assert "| 0.1 | 0.400 (0.500) |  |\n| 0.5 | 0.200 (0.500) | 0.300 (0.500) |\n" in text
    assert "| sparsity |" not in markdown(table(rows=rows[:2], x_label="sparsity", tradeoffs=[]))


def test_an_experiment_without_any_measured_row_still_makes_a_page():
    blank = table(
        rows=[result_files.row("c", {}, {"m": 0.5}, status="missing")], metrics=[{"name": "m", "label": "m"}]
    )
    assert "missing" in table_page(blank, [])
    assert "0.500" in markdown(blank)


@needs_chromium
@pytest.mark.slow
def test_chromium_shows_table_plots_and_claims_on_a_desktop_and_on_a_phone(e2tad, results, tmp_path):
    assert e2tad("report", results, "-o", "out").returncode == 0
    page = tmp_path / "out" / "table1.laptop.html"
    shown = dom(page, tmp_path)
    assert shown.count('class="main-svg"') >= 3
    assert "b beats &lt;a&gt;." in shown
    assert "reproduced" in dom(tmp_path / "out" / "index.html", tmp_path)
    for width in (1280, 520):  # headless Chromium has no narrower window than 500
        picture = screenshot(page, tmp_path, width, 1500).astype(np.int32)
        assert (np.abs(picture - (0xB2, 0x72, 0x00)).sum(axis=2) < 30).sum() > 100  # ours, BGR
        assert (np.abs(picture - (0x00, 0x5E, 0xD5)).sum(axis=2) < 30).sum() > 50  # the paper's
        assert (picture[:, -4:] > 240).all()  # nothing runs out of the page
