"""Parts of a week in words: "Mon–Fri 08:00–12:00" in place of a list of hours."""

from __future__ import annotations

from collections.abc import Sequence

from cxlab.scenario.week import DAYS

__all__ = ["week_spans"]


def week_spans(places: Sequence[int], *, minutes: int) -> list[str]:
    """Return parts of the week as spans, days with equal ones joined.

    `places` count parts of so many `minutes` from Monday 00:00 on; a day has whole ones.

    >>> week_spans([20, 21, 68, 69], minutes=30)
    ['Mon–Tue 10:00–11:00']
    >>> week_spans([8, 32, 56, 128], minutes=60)
    ['Mon–Wed, Sat 08:00–09:00']
    """
    a_day = 1440 // minutes
    days: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for day in range(7):
        mine = sorted(place % a_day for place in places if place // a_day == day)
        if mine:
            days.setdefault(tuple(_stretches(mine)), []).append(day)
    return [
        f"{_days(named)} {_time(start * minutes)}–{_time(end * minutes)}"
        for stretches, named in days.items()
        for start, end in stretches
    ]


def _stretches(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return rising numbers as (first, last + 1) of those that follow each other."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _days(days: Sequence[int]) -> str:
    parts = [
        DAYS[first] if last - first == 1 else f"{DAYS[first]}–{DAYS[last - 1]}"
        for first, last in _stretches(days)
    ]
    return ", ".join(parts)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
