"""`e2tad report`: result files to verdicts on the paper's claims, pages and tables."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from e2tad import InputError
from e2tad.commands.common import JsonOption, messages, print_json, results
from e2tad.files import replacing, replacing_all

_BEGIN = "<!-- e2tad report: begin -->"
_END = "<!-- e2tad report: end -->"


def register(app: typer.Typer) -> None:
    """Adds the command.

    Args:
        app: The root of the command line.

    Source:
        DESIGN, Command line.
    """

    @app.command(epilog="Example: e2tad report experiments/results -o out/report")
    def report(
        folder: Annotated[
            Path, typer.Argument(metavar="DIR", help="Result files: table1.laptop.json and so on.")
        ],
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="Folder for the pages; default: DIR/report.")
        ] = None,
        claims_path: Annotated[
            Path | None,
            typer.Option("--claims", help="The claims; default: claims.json beside DIR, if there is one."),
        ] = None,
        readme: Annotated[
            Path | None,
            typer.Option(help="A Markdown file that gets the tables between its two marks."),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """Result files to pages, Markdown, LaTeX, CSV and DIR/claims.json: the paper's claims, judged."""
        from e2tad.experiments.claims import Claims, judge
        from e2tad.experiments.results import load_results

        found = load_results(folder)
        if claims_path is None:
            beside = folder.resolve().parent / "claims.json"
            claims_path = beside if beside.is_file() else None
        # A mistake in any file is told before anything is written.
        text = None if readme is None else readme.read_text(encoding="utf-8")
        if text is not None and not 0 <= text.find(_BEGIN) < text.find(_END):
            raise InputError(f"{readme}: expected a line {_BEGIN} and after it a line {_END}")
        claims = Claims(claims=[]) if claims_path is None else Claims.load(claims_path)
        with messages.status("judging claims"):
            verdicts = judge(claims.claims, found)
        out = output or folder / "report"
        files, summary = _write(out, found, verdicts, claims)
        judged = {
            "claims": [verdict.as_dict() for verdict in verdicts],
            "contradictions": [c.model_dump() for c in claims.contradictions],
        }
        if claims_path is not None:
            with replacing(folder / "claims.json") as part:
                part.write_text(json.dumps(judged, indent=2, allow_nan=False) + "\n", encoding="utf-8")
            files.append(str(folder / "claims.json"))
        if readme is not None and text is not None:
            before, after = text.split(_BEGIN)[0], text.split(_END, 1)[1]
            with replacing(readme) as part:
                part.write_text(f"{before}{_BEGIN}\n{summary}{_END}{after}", encoding="utf-8")
            files.append(str(readme))
        if as_json:
            print_json({"files": files, **judged})
            return
        _show(judged["claims"])
        messages.print(f"open {out / 'index.html'} in a browser", soft_wrap=True, markup=False)


def _write(out: Path, found: Any, verdicts: Any, claims: Any) -> tuple[list[str], str]:
    """All pages and tables; the files' names, and what goes into a README."""
    from e2tad.report.experiment_page import overview_page, table_page
    from e2tad.report.tables import Table, comma_separated, latex, markdown, verdicts_markdown

    tables = [Table(result) for result in found]
    contents: dict[str, str] = {}
    for table in tables:
        name = table.result.name
        about = [
            v
            for v in verdicts
            if v.claim.table == table.result.experiment and v.scale in (None, table.result.scale)
        ]
        contents[f"{name}.html"] = table_page(table, about)
        contents[f"{name}.md"] = markdown(table)
        contents[f"{name}.tex"] = latex(table)
        contents[f"{name}.csv"] = comma_separated(table)
    contents["index.html"] = overview_page(tables, verdicts, claims.contradictions)
    summary = "\n".join(contents[f"{table.result.name}.md"] for table in tables)
    if verdicts:
        summary += f"\n### The paper's claims\n\n{verdicts_markdown(verdicts)}"
    contents["tables.md"] = summary
    with replacing_all(out) as part:
        for name, content in contents.items():
            (part / name).write_bytes(content.encode())
    return [str(out / name) for name in contents], summary


def _show(verdicts: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    colors = {"reproduced": "green", "not reproduced": "red"}
    table = Table(box=None)
    for name in ("claim", "verdict", "seeds", "found", "95 %", "why"):
        widest = max((len(v["id"]) for v in verdicts), default=0) if name == "claim" else None
        table.add_column(name, min_width=widest)
    for v in verdicts:
        color = colors.get(v["verdict"], "default")
        estimate = "" if v["estimate"] is None else f"{v['estimate']:.4g}"
        ends = "" if v["interval"] is None else "{:.3g} to {:.3g}".format(*v["interval"])
        word = f"[{color}]{v['verdict']}[/{color}]"
        table.add_row(v["id"], word, str(len(v["seeds"])), estimate, ends, escape(v["reason"]))
    if verdicts:
        results.print(table)
