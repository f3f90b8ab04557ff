"""Periods as a command asks for them: several, and ranges."""

from __future__ import annotations

from collections.abc import Iterable

from cxlab.calendars.periods import LAST, WRITTEN, Period
from cxlab.errors import InputError, nearest

__all__ = ["MOST_PERIODS", "period_asked", "periods_asked"]

MOST_PERIODS = 600
"""More are not asked for in one call: ten years of weeks are 522."""


def periods_asked(texts: Iterable[str]) -> list[str]:
    """Return the periods that texts ask for, in their order, each once: a range is all in it.

    A text that is no period stays as it is: whoever reads it says what is wrong.
    Raises InputError for a range whose ends are no periods of one length in the order of time,
    and for more than 600 periods.

    >>> periods_asked(["2015-W52..2016-W01", "last-month"])
    ['2015-W52', '2015-W53', '2016-W01', 'last-month']
    """
    found: dict[str, None] = {}
    for text in texts:
        for period in _range(text) if ".." in text else [_plain(text)]:
            found[period] = None
        if len(found) > MOST_PERIODS:
            raise InputError("too many periods", given=text, expected=f"at most {MOST_PERIODS}")
    return list(found)


def _plain(text: str) -> str:
    """Return a period in the one way in which it is written."""
    name = text.strip()
    if name.lower() in LAST:
        return name.lower()
    try:
        return Period.parse(name).label
    except InputError:
        return name


def period_asked(text: str, zone: str) -> Period | str:
    """Return the period that a text names, or the name of a log's last one, such as "last-month".

    Raises InputError for a text that is neither, with the nearest.

    >>> period_asked("Last", "UTC"), period_asked("2016-W05", "UTC").label
    ('last', '2016-W05')
    """
    name = _plain(text)
    if name in LAST:
        return name
    try:
        return Period.parse(name, zone)
    except InputError as error:
        if error.expected != WRITTEN:
            raise
        guess = nearest(name, LAST)
        raise InputError(
            error.what, given=text, expected=f"{WRITTEN}, last, or last-month and so on",
            hint=f"did you mean {guess!r}?" if guess else None,
        ) from None  # fmt: skip


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
