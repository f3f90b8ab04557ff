"""What cells show that cxlab did not make: tables, words, pictures and HTML of other libraries.

None of it is trusted. A pandas table is built anew from its text; HTML inside Markdown is text;
other HTML keeps its structure, its text and links to the web (an allow-list, by nh3); a picture
becomes an image, in which nothing runs.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any

import nh3

from cxlab.report.html import Html, element, table

__all__ = ["foreign", "markdown", "text_of"]

_PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


def foreign(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> Html | None:
    """Return the markup of an output's MIME bundle; None when there is nothing to show."""
    source = text_of(data.get("text/html", ""))
    if "dataframe" in source[:400] or '<table id="T_' in source:  # pandas' frame, or its Styler
        rebuilt = _rebuilt_table(source)
        if rebuilt is not None:
            return rebuilt
    for kind in _PICTURES:
        if kind in data:
            return _picture(kind, data, metadata.get(kind) or {})
    if source.strip():
        return _cleaned(source)
    if "text/markdown" in data:
        return element("div", markdown(text_of(data["text/markdown"])))
    return plain(text_of(data.get("text/latex") or data.get("text/plain", "")))


def text_of(value: Any) -> str:
    """Return the text of a field of a notebook, which may be kept as lines."""
    return "".join(value) if isinstance(value, list) else str(value)


def plain(text: str) -> Html | None:
    """Return text as it is, but for addresses of memory: they differ from run to run."""
    told = _ADDRESS.sub("", text).strip()
    return element("pre", told) if told else None


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def markdown(source: str) -> Html:
    """Return Markdown as markup; HTML in it is shown as text, never passed through.

    >>> markdown("**a** <b>")
    '<p><strong>a</strong> &lt;b&gt;</p>\\n'
    """
    return Html(_markdown()(source))


@cache
def _markdown() -> Any:
    import mistune

    class Words(mistune.HTMLRenderer):
        """Writes pictures that lie elsewhere as links: a page loads nothing."""

        def image(self, text: str, url: str, title: str | None = None) -> str:
            if url.startswith("data:image/"):
                return super().image(text, url, title)
            return self.link(text or url, url) if url.startswith("https://") else text

    return mistune.create_markdown(renderer=Words(escape=True), plugins=["table"])


_TAGS = {
    "a", "b", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h3", "h4",
    "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}


def _cleaned(source: str) -> Html:
    """Return the structure and text of HTML, in a box that scrolls by itself."""
    kept = nh3.clean(source, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"})
    if not re.sub(r"<[^>]*>", "", kept).strip():
        words = "An output is left out here: it needs scripts, and a page runs none but its own."
        return element("p", words, class_="note")
    return element("div", Html(kept), class_="foreign", tabindex="0", role="group",
                   aria_label="Output of a cell")  # fmt: skip


def _picture(kind: str, data: Mapping[str, Any], about: Mapping[str, Any]) -> Html | None:
    """Return a picture inside the page, described by its `alt` or by its words."""
    source = text_of(data[kind])
    try:
        raw = source.encode("utf-8") if "svg" in kind else base64.b64decode(source)
    except (binascii.Error, ValueError):
        return plain(text_of(data.get("text/plain", "")))
    words = _ADDRESS.sub("", text_of(data.get("text/plain", ""))).strip("<> \n")
    inline = f"data:{kind};base64,{base64.b64encode(raw).decode('ascii')}"
    shown = element("img", src=inline, alt=about.get("alt") or words or "A picture")
    return element("figure", shown, class_="picture")


_WIDEST = 1000
"""No cell spans more columns or rows: what browsers take for columns."""


@dataclass
class _Cell:
    text: str = ""


class _TableReader(HTMLParser):
    """Reads the cells of a table as text; markup inside them is dropped, not kept.

    A cell that spans columns or rows stands in each of them, so that those after it stay in their
    own column: so pandas writes the levels of an index.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[_Cell]] = []
        self.heads = 0
        self._open: _Cell | None = None
        self._above: dict[int, tuple[_Cell, int]] = {}
        self._below: dict[int, tuple[_Cell, int]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._above, self._below = self._below, {}
            self.rows.append([])
            self._reach_down()
        elif tag in ("td", "th") and self.rows:
            self._open = _Cell()
            spans = dict(attrs)
            for _ in range(_span(spans.get("colspan"))):
                self._add(self._open, _span(spans.get("rowspan")))
            self._reach_down()

    def _add(self, cell: _Cell, rows: int) -> None:
        if rows > 1:
            self._below[len(self.rows[-1])] = (cell, rows - 1)
        self.rows[-1].append(cell)

    def _reach_down(self) -> None:
        """Add the cells of rows above that reach into the next columns of this one."""
        while (reaching := self._above.pop(len(self.rows[-1]), None)) is not None:
            self._add(*reaching)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = None
        elif tag == "thead" and not self.heads:
            self.heads = len(self.rows)

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data


def _span(given: str | None) -> int:
    return min(int(given), _WIDEST) or 1 if given and re.fullmatch("[0-9]{1,9}", given) else 1


def _rebuilt_table(source: str) -> Html | None:
    """Return the first row, or the rows of the head joined, over the others; None for no table."""
    reader = _TableReader()
    reader.feed(source)
    rows = [[cell.text.strip() for cell in row] for row in reader.rows]
    width = max(map(len, rows), default=0)
    if not width:
        return None
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    heads = reader.heads or 1
    names = [
        " ".join(dict.fromkeys(filter(None, levels))) for levels in zip(*rows[:heads], strict=True)
    ]
    return table(names, [row for row in rows[heads:] if any(row)], caption="Table")
