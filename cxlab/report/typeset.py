"""Small typography of a finished page: what belongs together stays on one line.

Only text is touched, no tag, script, code, formula or drawing; what stands between the tags reads
the same, and the CSV of a table has plain spaces.
"""

from __future__ import annotations

import re

from cxlab.report.html import Html

__all__ = ["typeset", "unbroken"]

_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|s|min|h|d|points|months|[A-Z]{3})(?!\w))|(?<=×) (?=\d)"
    r"|(?<=Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=\d\d:\d\d(?![\d:–-]))"
)

_INSIDE = r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*"
_TAG = re.compile(
    r"<!--.*?-->"
    rf"|<(script|style|title|pre|code|svg|math|textarea|h[1-3])\b{_INSIDE}>"
    r"[^<]*(?:<(?!/\1\s*>)[^<]*)*</\1\s*>"
    rf"|<{_INSIDE}>",
    re.DOTALL | re.IGNORECASE,
)
"""What is left as it is: a comment, a tag, and of some elements all that they hold."""

_HEADING = re.compile(rf"(<h[1-3]\b{_INSIDE}>)(.*)(</h[1-3]\s*>)", re.DOTALL | re.IGNORECASE)

_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TIME = r"\d\d:\d\d(?::\d\d)?"
_END = r"[.,;:)]*"
"""What ends a clause: a browser would break before it where it stands outside."""
_SPAN = re.compile(
    rf"(?:\b({_DAY})[-–]({_DAY})\b|(?<![\d:-])({_TIME})[-–]({_TIME})(?!\d|:\d|-))({_END})"
)
_DATE = re.compile(
    rf"(?<![\w./-])\(?\d{{4}}-(?:\d\d(?:-\d\d(?: {_TIME})?)?|W\d\d|Q\d)(?![\w/-]|\.\w){_END}"
)
_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?:-[^\W\d_]+)+(?![\w-])")
_SET = re.compile(r"[\d–-]")
"""Without one of these signs nothing in a text is touched."""

_LONGEST = 16
"""A longer word with a hyphen may break there: on a phone it might not fit otherwise."""


def unbroken(text: str) -> str:
    """Return text in which no line breaks between a number and its unit.

    >>> unbroken("71.0 % is below 74.2 % of the 12 periods") == (
    ...     "71.0\u00a0% is below 74.2\u00a0% of the 12 periods")
    True
    """
    return _UNIT.sub("\u00a0", text)


def typeset(page: str) -> Html:
    """Return markup in which numbers keep their units, and dates and spans of time their ends.

    In headings short words with a hyphen are kept whole too. Spans get an en dash.

    >>> typeset("<p>Mon-Fri 08:00-13:00 since 2026-01-05</p>").count("<span class=unbroken>")
    3
    """
    parts: list[str] = []
    place = 0
    for tag in _TAG.finditer(page):
        parts += [_text(page[place : tag.start()]), _heading(tag.group())]
        place = tag.end()
    return Html("".join([*parts, _text(page[place:])]))


def _heading(tag: str) -> str:
    """Return a heading with its text set; anything else as it is."""
    found = _HEADING.fullmatch(tag)
    if found is None or "<" in found[2]:
        return tag
    return found[1] + _WORD.sub(_short, _text(found[2])) + found[3]


def _short(word: re.Match[str]) -> str:
    return _whole(word.group()) if len(word.group()) <= _LONGEST else word.group()


def _text(text: str) -> str:
    if not _SET.search(text):
        return text
    set_ = _SPAN.sub(_span, text)
    return unbroken(_DATE.sub(lambda m: _whole(m.group()), set_))


def _span(found: re.Match[str]) -> str:
    *ends, stop = found.groups()
    return _whole("–".join(end for end in ends if end) + stop)


def _whole(text: str) -> str:
    return f"<span class=unbroken>{text}</span>"
