"""Periods as a command asks for them: several, and ranges."""

from __future__ import annotations

from collections.abc import Iterable

from cxlab.calendars.periods import Period
from cxlab.errors import InputError

__all__ = ["MOST_PERIODS", "periods_asked"]

MOST_PERIODS = 600
"""More are not asked for in one call: ten years of weeks are 522."""


def periods_asked(texts: Iterable[str]) -> list[str]:
    """Return the periods that texts ask for, in their order, each once: a range is all in it.

    Raises InputError for a range whose ends are no periods of one length in the order of time,
    and for more than 600 periods.

    >>> periods_asked(["2015-W52..2016-W01", "last-month"])
    ['2015-W52', '2015-W53', '2016-W01', 'last-month']
    """
    found: dict[str, None] = {}
    for text in texts:
        for period in _range(text) if ".." in text else [text.strip()]:
            found[period] = None
        if len(found) > MOST_PERIODS:
            raise InputError("too many periods", given=text, expected=f"at most {MOST_PERIODS}")
    return list(found)


def _range(text: str) -> list[str]:
    first, _, last = text.partition("..")
    one, end = Period.parse(first), Period.parse(last)
    if one.every != end.every or end < one:
        expected = "two periods of one length, the earlier first: 2016-W10..2016-W15"
        raise InputError("not a range of periods", given=text, expected=expected)
    out = [one]
    while out[-1] < end and len(out) <= MOST_PERIODS:
        out.append(out[-1].shift(1))
    return [p.label for p in out]
