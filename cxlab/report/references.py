"""Links between tiles and definitions: each leads somewhere, and each place has one name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxlab.report.html import Html

__all__ = ["settled"]

# What the helpers of html.py make: text from outside has its quotes and brackets escaped, so
# that it can never look like this.
_PLACE = re.compile(r' id="((?:def|kpi)-[\w-]+)"')
_BACK = re.compile(r'<p class="back"><a href="#(kpi-[\w-]+)">.*?</a></p>')
_LINK = re.compile(r'<a href="#((?:def|kpi)-[\w-]+)">(.*?)</a>')


def settled(parts: Sequence[Html]) -> list[Html]:
    """Return parts of a page in which a link to a place that is not there is plain text.

    A place that is there twice keeps its name the first time only.
    """
    places: set[str] = set()

    def once(match: re.Match[str]) -> str:
        first = match.group(1) not in places
        places.add(match.group(1))
        return match.group(0) if first else ""

    named = [_PLACE.sub(once, part) for part in parts]

    def link(match: re.Match[str]) -> str:
        return match.group(0) if match.group(1) in places else match.group(2)

    def back(match: re.Match[str]) -> str:
        return match.group(0) if match.group(1) in places else ""

    return [Html(_LINK.sub(link, _BACK.sub(back, part))) for part in named]
