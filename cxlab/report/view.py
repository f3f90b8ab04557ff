"""What a periodic report looks at: one period, the one before, and the months or weeks around."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from cxlab.calendars import Period, time_zone
from cxlab.errors import InputError
from cxlab.metrics import measure
from cxlab.tables import Tables

__all__ = ["View", "choose_period"]

PERIODS_SHOWN = 12
"""How many periods a trend shows, the report's own being the last."""


@dataclass(frozen=True, slots=True)
class View:
    """A period of a log, ready to be measured."""

    tables: Tables
    current: Period
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """The report's time zone."""
        return time_zone(self.time_zone)

    @property
    def previous(self) -> Period:
        """The period before."""
        return self.current.shift(-1)

    def measure(self, metrics: Sequence[str] | None = None, *, by: str = "") -> pd.DataFrame:
        """Return the metrics of the period, by group if asked."""
        return self._measured(self.current, metrics, by)

    def before(self, metrics: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the metrics of the period before."""
        return self._measured(self.previous, metrics, "")

    def _measured(self, period: Period, metrics: Sequence[str] | None, by: str) -> pd.DataFrame:
        names = [by] if by else []
        result = measure(self.tables, metrics, by=names, period=period, tz=self.time_zone)
        return result.assign(period=period.label)

    def trend(self, metric: str) -> pd.DataFrame:
        """Return one metric over the last periods, the report's own being the last."""
        return self.trends([metric])[metric]

    def trends(self, metrics: Sequence[str]) -> dict[str, pd.DataFrame]:
        """Return several metrics over the last periods, by id, from one query."""
        every = self.current.every
        labels = [self.current.shift(-i).label for i in range(PERIODS_SHOWN)]
        rows = measure(self.tables, metrics, by=[every], tz=self.time_zone)
        rows = rows[rows["period"].isin(labels)]
        return {m: rows[rows["metric"] == m].reset_index(drop=True) for m in metrics}


_LAST = {"last": "week", "last-day": "day", "last-week": "week", "last-month": "month",
         "last-quarter": "quarter", "last-year": "year"}  # fmt: skip


def choose_period(tables: Tables, period: str = "last", tz: str | None = None) -> View:
    """Return the view of a log's period.

    `period`: "2016-W15", "2016-04", "2016-Q2", "2016-04-11", "2016"; "last" is the last complete
    week in which tickets were created, "last-month" and so on likewise. `tz`: the report's time
    zone, by default the log's own, else UTC. Raises InputError when
    the log has no tickets, or is not about the period.
    """
    zone = tz or tables.time_zone or "UTC"
    time_zone(zone)
    created = tables["tickets"].created_at
    bounds = tables["tickets"].aggregate(low=created.min(), high=created.max()).execute()
    low, high = bounds.loc[0, "low"], bounds.loc[0, "high"]
    if pd.isna(high):
        raise InputError("the log is empty: it has no ticket", hint="nothing can be reported")
    first, last = (t.to_pydatetime().replace(tzinfo=dt.UTC) for t in (low, high))
    if period in _LAST:
        return View(tables, _last_complete(first, last, _LAST[period], zone), zone)
    try:
        chosen = Period.parse(period, zone)
    except InputError as error:
        raise InputError(error.what, given=period, expected=f"{error.expected}, or last") from None
    if chosen.end <= first or chosen.start > last:
        expected = f"a period between {first:%Y-%m-%d} and {last:%Y-%m-%d}"
        raise InputError("the log has no ticket of that period", given=period, expected=expected)
    return View(tables, chosen, zone)


def _last_complete(first: dt.datetime, last: dt.datetime, every: str, tz: str) -> Period:
    """Return the last period that the log covers whole; the first day's when it covers none."""
    newest = Period.containing(last, every, tz)
    before = newest.shift(-1)
    return before if before.end > first else newest
