"""What the pages share: their frame, colours, tables and plots. A page is one file that needs no network."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

# Okabe and Ito's palette without its grey and yellow (too pale as a thin bar): distinct in the common
# forms of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'

_STYLE = """
  body { margin: 1.2rem auto; padding: 0 1rem; color: #222; background: #fff; font: 15px/1.45 FONT; }
  h1 { font-size: 1.35rem; font-weight: 600; margin: 0 0 .8rem; overflow-wrap: anywhere; }
  h2 { font-size: 1.05rem; font-weight: 600; margin: 1.8rem 0 .5rem; }
  .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; }
  .facts div { background: #f4f6f8; border-radius: 6px; padding: .5rem .8rem; }
  .facts b { display: block; font-size: 1.25rem; font-weight: 600; }
  .facts span, .note { color: #555; font-size: .85rem; }
  .warning { background: #fff6e0; border-left: 4px solid #E69F00; padding: .4rem .8rem; margin: .5rem 0; }
  /* A shadow where there is more to the side. */
  .wide { overflow-x: auto; background: linear-gradient(to right, #fff 2rem, transparent) left,
          linear-gradient(to left, #fff 2rem, transparent) right,
          linear-gradient(to right, #0003, transparent) left,
          linear-gradient(to left, #0003, transparent) right;
          background-size: 4rem 100%, 4rem 100%, .8rem 100%, .8rem 100%; background-repeat: no-repeat;
          background-attachment: local, local, scroll, scroll; }
  .wide > div { min-width: 30rem; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th { text-align: left; font-weight: 600; color: #555; font-size: .85rem; }
  td, th { padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #e6e6e6; vertical-align: top; }
  .n { text-align: right; white-space: nowrap; }
  .good { color: #00704f; } .bad { color: #b04000; }
  figcaption { color: #555; font-size: .85rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; color: #444;
       font-size: .9rem; }
  dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
  pre { overflow-x: auto; font-size: .8rem; background: #f4f6f8; padding: .6rem; }
  @media (max-width: 40rem) { .minor { display: none; } }
""".replace("FONT", FONT)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def page(title: str, parts: Iterable[str], style: str = "", width_px: int = 1200) -> str:
    """A whole page.

    Args:
        title: Plain text; it is the heading too.
        parts: HTML.
        style: CSS rules of this page alone.
        width_px: No wider than this.

    Returns:
        The document.

    Source:
        This project's own.
    """
    rules = f"{_STYLE}  body {{ max-width: {width_px}px; }}\n{style}"
    return _PAGE.format(title=html.escape(title), style=rules, body="\n".join(parts))


def color(index: int) -> str:
    """The colour of the index-th thing; beyond the palette, hues of golden-angle steps."""
    if index < len(PALETTE):
        return PALETTE[index]
    return f"hsl({(index * 137.508) % 360:.0f}, 60%, 42%)"


def facts(cards: Iterable[tuple[str, str]]) -> str:
    """Figures with what they are, side by side.

    Args:
        cards: Figure and meaning, plain texts.

    Returns:
        HTML.

    Source:
        This project's own.
    """
    inner = "".join(f"<div><b>{html.escape(a)}</b><span>{html.escape(b)}</span></div>" for a, b in cards)
    return f'<div class="facts">{inner}</div>'


def rows(cells: Iterable[Sequence[str]]) -> str:
    """Rows of a table, of plain texts."""
    return "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in cells)


def table(head: Sequence[str] | None, body: str) -> str:
    """A table.

    Args:
        head: Names of its columns, plain texts; None: none are shown.
        body: `rows`, or HTML.

    Returns:
        HTML.

    Source:
        This project's own.
    """
    names = ""
    if head is not None:
        names = "<tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in head) + "</tr>"
    return f"<table>{names}{body}</table>"


def lay_out(figure: Any, height_px: int, **layout: Any) -> Any:
    """Gives a Plotly figure the pages' look.

    Args:
        figure: Changed in place.
        height_px: Its height.
        layout: More of Plotly's own.

    Returns:
        The figure.

    Source:
        Plotly's layout reference.
    """
    figure.update_layout(
        height=height_px,
        template="plotly_white",
        hovermode="closest",
        font={"family": FONT.replace('"', ""), "size": 13},
        **layout,
    )
    return figure


def plot(figure: Any, library: bool = True, wheel: bool = True) -> str:
    """A Plotly figure as part of a page.

    Args:
        figure: The figure.
        library: With Plotly itself, 4.7 MB: once a page, in its first plot.
        wheel: The wheel zooms and a bar of tools is shown; else the wheel scrolls the page.

    Returns:
        HTML with a script that needs no network.

    Source:
        Plotly's `to_html`.
    """
    config = {"displaylogo": False, "responsive": True, "scrollZoom": wheel}
    if not wheel:
        config["displayModeBar"] = False
    return str(figure.to_html(full_html=False, include_plotlyjs=library, config=config))
