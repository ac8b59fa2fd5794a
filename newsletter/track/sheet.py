"""One HTML page that stands alone: to open in any browser, to print, to send to whoever asks.

Pure. What is put in as text stays text, never markup; the page loads nothing and runs nothing.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

Cells = Sequence[str | int]
"""A row of a table: what it is about, then its texts and numbers."""

_STYLE = Markup("""
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 54rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: right; padding: .3rem .4rem; border-bottom: 1px solid #c8c8c8; vertical-align: bottom; }
th { font-weight: 400; } thead th { font-size: .8rem; }
th:first-child { text-align: left; min-width: 9rem; }
.words th, .words td { text-align: left; vertical-align: top; } .words td { overflow-wrap: anywhere; }
.words th:first-child { min-width: 0; }
.wide { overflow-x: auto; }
.advice { border-left: 4px solid #7a1f1f; padding: .25rem 1rem; }
code { font-size: .9em; overflow-wrap: anywhere; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: #1a1a1a; }
svg .part { stroke: #1a1a1a; stroke-width: .6; } svg .grid { stroke: #dcdcdc; } svg .tick { stroke: #1a1a1a; }
@media print {
  html { font-size: 10pt; } body { margin: 0; padding: 0; max-width: none; font-size: 1rem; }
  table { font-size: .8rem; } thead th { font-size: .68rem; } th, td { padding: .2rem; }
  th:first-child { min-width: 7rem; overflow-wrap: anywhere; } .wide { overflow: visible; }
  article + article { break-before: page; } figure, table, .advice { break-inside: avoid; }
  thead { display: table-header-group; }
  svg .part { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
""")


def sheet(title: str, *, heading: str, body: Markup, foot: str) -> str:
    """Write the page around its body."""
    page = Markup(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n"
        "<h1>{}</h1>\n{}\n</main>\n<footer><p>{}</p></footer>\n</body>\n</html>\n"
    )
    return page.format(title, _STYLE, heading, body, foot)


def table(caption: str, headings: Sequence[str], rows: Iterable[Cells], *, kind: str = "") -> Markup:
    """Write a table whose first column names the row."""
    head = Markup().join(Markup('<th scope="col">{}</th>').format(heading) for heading in headings)
    body = [
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup().join(Markup("<td>{}</td>").format(_cell(cell)) for cell in row[1:])
        )
        for row in rows
    ]
    return Markup(
        '<div class="wide">\n<table class="{}">\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n'
        "<tbody>\n{}\n</tbody>\n</table>\n</div>"
    ).format(kind, caption, head, Markup("\n").join(body))


def _cell(value: str | int) -> str:
    """Write a number so that it can be read, and text as it is."""
    return value if isinstance(value, str) else f"{value:,}"
