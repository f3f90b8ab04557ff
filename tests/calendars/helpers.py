"""Schedules and instants that several test files draw from."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from cxlab.calendars import Hours, Schedule, SpecialDay

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # clocks change by half an hour
    "Africa/Cairo",  # clocks change at midnight
    "Pacific/Chatham",
]
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def clock(quarters: int) -> str:
    """Return the time of day so many quarters of an hour after midnight."""
    return f"{quarters // 4:02}:{quarters % 4 * 15:02}"


@st.composite
def intervals(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Return up to three disjoint intervals of one day."""
    cuts = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    return [(clock(a), clock(b)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]


@st.composite
def schedules(draw: st.DrawFn, id: str = "desk") -> Schedule:
    """Return a schedule with one to three versions and a few special days."""
    changes = sorted(draw(st.sets(st.dates(FIRST, LAST), max_size=2)))
    hours = []
    for begin, end in zip([None, *changes], [*changes, None], strict=True):
        for day in draw(st.sets(st.integers(0, 6), min_size=1)):
            hours += [Hours(day, a, b, begin, end) for a, b in draw(intervals())]
    special = []
    for date in draw(st.sets(st.dates(FIRST, LAST), max_size=3)):
        if draw(st.booleans()):
            special.append(SpecialDay(date, "closed"))
        else:
            special += [SpecialDay(date, "open", a, b) for a, b in draw(intervals())]
    return Schedule(id, draw(st.sampled_from(ZONES)), tuple(hours), tuple(special))


def instants() -> st.SearchStrategy[dt.datetime]:
    """Return instants of two years, to the microsecond; many on whole quarters of an hour."""
    first = int((dt.datetime(2024, 1, 1, tzinfo=dt.UTC) - EPOCH).total_seconds())
    free = st.integers(first * 10**6, (first + 730 * 86_400) * 10**6)
    round_ = st.integers(first // 900, first // 900 + 730 * 96).map(lambda q: q * 900 * 10**6)
    return (free | round_).map(lambda us: EPOCH + dt.timedelta(microseconds=us))


def random_pairs(n: int, seed: int) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return n starts within two years and ends up to sixty days later, to the microsecond."""
    rng = np.random.default_rng(seed)
    first = np.datetime64("2024-01-01", "us")
    start = first + rng.integers(0, 670 * 86_400_000_000, n).astype("m8[us]")
    end = start + rng.integers(0, 60 * 86_400_000_000, n).astype("m8[us]")
    return pd.DatetimeIndex(start, tz="UTC"), pd.DatetimeIndex(end, tz="UTC")
