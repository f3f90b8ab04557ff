"""What a page without scripts has room for: its drawings first, then the data behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxlab.report.html import Html, element
from cxlab.report.outputs import place_of
from cxlab.report.smaller import without_optional_tags

__all__ = ["size", "with_drawings", "with_tables"]

_NO_DRAWING = element("p", "This drawing does not fit in a page without scripts.", class_="fine")
_NO_DATA = element("p", "The data of this chart do not fit in a page without scripts.",
                   class_="fine")  # fmt: skip


def size(text: str) -> int:
    """Return how many bytes a text is."""
    return len(text.encode("utf-8"))


def with_drawings(text: str, drawings: Sequence[Html], most: int) -> str:
    """Return a page with its drawings, from the first one on, as far as there is room."""
    return _filled(text, "drawing", drawings, range(len(drawings)), _NO_DRAWING, most)


def with_tables(text: str, tables: Sequence[Html], most: int) -> str:
    """Return a page with the tables of its charts, the smallest first, as far as there is room."""
    tables = [Html(without_optional_tags(table)) for table in tables]
    order = sorted(range(len(tables)), key=lambda i: len(tables[i]))
    return _filled(text, "table", tables, order, _NO_DATA, most)


def _filled(
    text: str, what: str, parts: Sequence[Html], order: Iterable[int], words: Html, most: int
) -> str:
    """Return a page with the parts that fit in its places, and words in the others."""
    room = most - size(text)
    if sum(map(size, parts)) > room:  # then some places need room for the words
        room -= len(parts) * len(words)
    for number in order:
        room -= size(parts[number])
        text = text.replace(place_of(what, number), parts[number] if room >= 0 else words)
    return text
