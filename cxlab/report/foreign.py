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
        return _rebuilt_table(source)
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


class _TableReader(HTMLParser):
    """Reads the cells of a table as text; markup inside them is dropped, not kept."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def _rebuilt_table(source: str) -> Html:
    reader = _TableReader()
    reader.feed(source)
    rows = [[cell.strip() for cell in row] for row in reader.rows if row]
    if not rows:
        return Html("")
    head, body = rows[0], rows[1:]
    width = max(len(r) for r in rows)
    head = [*head, *[""] * (width - len(head))]
    return table(head, [[*r, *[""] * (width - len(r))] for r in body], caption="Table")
