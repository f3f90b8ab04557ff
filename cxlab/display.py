"""Rich display: the HTML that objects show in a notebook, light or dark, every text escaped.

Colours are those of JupyterLab's theme, else of VS Code's, else the page's own: nothing brings a
ground of its own. Whatever takes no HTML shows the text of `__repr__`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["facts", "frame", "heading", "lines", "link", "shown", "table"]

_QUIET = "var(--jp-content-font-color2,var(--vscode-descriptionForeground,inherit))"
_LINE = "var(--jp-border-color2,var(--vscode-panel-border,#8886))"

_CELLS = ".cxlab-out.cxlab-out table th,.cxlab-out.cxlab-out table td"
_RIGHT = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"

STYLE = (
    ".cxlab-out{line-height:1.45;max-width:78rem}"
    ".cxlab-out .wide{overflow-x:auto}"
    ".cxlab-out h4{margin:.3em 0;font-size:1.1em}"
    ".cxlab-out table{border-collapse:collapse;border:0;margin:.5em 0;font-size:.93em}"
    f".cxlab-out caption{{text-align:left;caption-side:top;color:{_QUIET};padding:.2em .7em}}"
    f"{_CELLS}{{text-align:left;vertical-align:top;padding:.3em .7em;border:0;"
    f"border-bottom:1px solid {_LINE}}}"
    f".cxlab-out.cxlab-out table .num{{{_RIGHT}}}"
    ".cxlab-out tbody th{font-weight:500}"
    ".cxlab-out p{margin:.25em 0}"
    f".cxlab-out p.quiet{{color:{_QUIET};font-size:.93em}}"
)
# Two classes in a rule for a cell's side: JupyterLab's own rule, which puts all to the right, has
# as many.


def shown(*parts: str, as_frame: bool = False) -> str:
    """Return parts made by this module as one output.

    `as_frame`: a page may take it for a table of pandas and build that anew; else it prints the
    object's text.
    """
    names = "cxlab-out dataframe" if as_frame else "cxlab-out"
    return f'<div class="{names}"><style>{STYLE}</style>{"".join(parts)}</div>'


def heading(text: str, code: str = "") -> str:
    """Return a heading, with an id or a name behind it.

    >>> heading("Time < 1", "frt")
    '<h4>Time &lt; 1 <code>frt</code></h4>'
    """
    return f"<h4>{escape(text)}{f' <code>{escape(code)}</code>' if code else ''}</h4>"


def lines(texts: Iterable[str], *, quiet: bool = True) -> str:
    """Return a paragraph for each text; quiet ones are notes.

    >>> lines(["a < b"])
    '<p class="quiet">a &lt; b</p>'
    """
    how = ' class="quiet"' if quiet else ""
    return "".join(f"<p{how}>{escape(text)}</p>" for text in texts)


def link(address: str, text: str) -> str:
    """Return a link that opens beside the notebook."""
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(text)}</a>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and what they stand for, one below the other."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
        for name, text in pairs
    )
    return f'<div class="wide"><table><tbody>{rows}</tbody></table></div>'


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numeric: Collection[str] = (),
    caption: str = "",
) -> str:
    """Return a table; the columns in `numeric` stand to the right, digit below digit."""
    how = [' class="num"' if name in numeric else "" for name in columns]

    def cells(tag: str, row: Sequence[object]) -> str:
        return "".join(
            f"<{tag}{side}>{escape(str(cell))}</{tag[:2]}>"
            for side, cell in zip(how, row, strict=True)
        )

    head = cells("th", columns).replace("<th", '<th scope="col"')
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="wide"><table class="dataframe">{named}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


_NUMBERS = ("value", "95 % interval", "n", "p", "base", "other", "change")


def frame(
    data: pd.DataFrame,
    *,
    numeric: Collection[str] = _NUMBERS,
    caption: str = "",
    most: int | None = None,
) -> str:
    """Return a frame of text as a table; of more than `most` rows the first and the last."""
    names = [str(c) for c in data.columns]
    rows = data.astype(str).to_numpy().tolist()
    if most and len(rows) > most:
        rows = [*rows[: most // 2], ["…"] * len(names), *rows[-(most // 2) :]]
    return table(names, rows, numeric=numeric, caption=caption)
