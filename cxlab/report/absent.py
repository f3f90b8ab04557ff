"""Charts that have nothing to draw: one note in each section says which, and why."""

from __future__ import annotations

import re

from cxlab.report.html import Html, element, join

__all__ = ["absent", "gathered"]

_ONE = re.compile(r'<div class="note absent"><h3>(.*?)</h3><p>(.*?)</p></div>', re.DOTALL)


def absent(heading: str, reason: str) -> Html:
    """Return the note of one chart that has nothing to draw."""
    return element("div", element("h3", heading), element("p", reason), class_="note absent")


def gathered(body: Html) -> Html:
    """Return a section with its notes of such charts as one, where the first of them stood.

    >>> gathered(Html(absent("A", "No log.") + absent("B", "No log.")))
    '<div class="note"><p><strong>A; B:</strong> not drawn. No log.</p></div>'
    """
    found = [(Html(heading), Html(reason)) for heading, reason in _ONE.findall(body)]
    if not found:
        return body
    names: dict[Html, list[Html]] = {}
    for heading, reason in found:
        names.setdefault(reason, []).append(heading)
    lines = [
        join([element("strong", join(headings, "; "), ":"), " not drawn. ", reason])
        for reason, headings in names.items()
    ]
    listed = (
        element("p", lines[0])
        if len(lines) == 1
        else element("ul", join(element("li", line) for line in lines))
    )
    place = _ONE.search(body)
    assert place is not None
    rest = _ONE.sub("", body[place.end() :])
    return Html(body[: place.start()] + element("div", listed, class_="note") + rest)
