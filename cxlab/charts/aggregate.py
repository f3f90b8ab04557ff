"""Aggregates for charts: a week of 168 hours or a few dozen bins from any number of rows.

Everything is vectorised over whole columns; a million tickets take about a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.calendars import Period, time_zone
from cxlab.charts.given import period_of
from cxlab.charts.spread import Distribution

if TYPE_CHECKING:
    from cxlab.tables import Tables

__all__ = ["first_response_times", "hourly_load", "hourly_waits", "week_seconds"]

_HOUR = 3600
_WEEK = 168
Floats = npt.NDArray[np.float64]


def _counted(tables: Tables, columns: tuple[str, ...], period: Period | None) -> pd.DataFrame:
    """Return instants of the tickets that count, created in the period, as aware UTC.

    A company whose customers do not ask for support has no tickets: then there are no rows.
    """
    if "tickets" not in tables:
        return pd.DataFrame({c: pd.Series(dtype="datetime64[us, UTC]") for c in columns})
    tickets = tables["tickets"]
    tickets = tickets.filter(tickets.excluded_reason.isnull())
    if period is not None:
        low, high = (t.replace(tzinfo=None) for t in (period.start, period.end))
        created = tickets.created_at
        tickets = tickets.filter(
            (created >= ibis.timestamp(low)) & (created < ibis.timestamp(high))
        )
    frame: pd.DataFrame = tickets.select(*columns).to_pandas()
    return pd.DataFrame({c: pd.to_datetime(frame[c]).dt.tz_localize("UTC") for c in columns})


_NO_RESPONSE = "No ticket has a first response."
"""Why there is nothing to draw of first responses, nor of waits where no answer is known either."""


def hourly_waits(
    tables: Tables, tz: str = "UTC", period: Period | str | None = None
) -> pd.DataFrame:
    """Return the mean wait by local hour of the week: weekday, hour, value (s), n.

    The wait for a person where the log knows queues (until answered or given up), the first
    response time otherwise; `attrs["what"]` says which. Hours without tickets have no row.
    `period`: only tickets created then, such as "2026-W10". Raises InputError for a zone that is
    none, and for a text that is no period.
    """
    time_zone(tz)
    columns = ("created_at", "queued_at", "answered_at", "abandoned_at", "first_human_reply_at")
    chosen = None if period is None else period_of(tables, period, tz)
    tickets = _counted(tables, columns, chosen)
    what, start = "Mean wait for a person", tickets["queued_at"]
    end = tickets["answered_at"].fillna(tickets["abandoned_at"])
    if not (start.notna() & end.notna()).any():
        what, start = "Mean first response time", tickets["created_at"]
        end = tickets["first_human_reply_at"]
    wait = (end - start).dt.total_seconds()
    known = wait.notna()
    local = start[known].dt.tz_convert(tz).dt
    rows = pd.DataFrame({"weekday": local.day_of_week, "hour": local.hour, "wait": wait[known]})
    grouped = rows.groupby(["weekday", "hour"])["wait"]
    out: pd.DataFrame = grouped.agg(value="mean", n="size").reset_index()
    reason = (
        _NO_RESPONSE
        if "tickets" in tables else "There are no tickets."
    )  # fmt: skip
    out.attrs = {"what": what, "reason": reason}
    return out


def week_seconds(start: pd.Series, end: pd.Series) -> Floats:
    """Return, for each of the 168 hours of a week, the seconds the intervals spend in it.

    `start`, `end`: naive local timestamps, half-open intervals; hour 0 is Monday 00:00.

    >>> spans = week_seconds(pd.Series([pd.Timestamp("2024-01-01 00:30")]),
    ...                      pd.Series([pd.Timestamp("2024-01-01 02:15")]))
    >>> [float(s) for s in spans[:3]]
    [1800.0, 3600.0, 900.0]
    """
    first, last = _seconds(start), _seconds(end)
    keep = last > first
    first, last = first[keep], last[keep]
    opening = np.floor(first / _HOUR).astype(np.int64)
    pieces = np.ceil(last / _HOUR).astype(np.int64) - opening
    owner = np.repeat(np.arange(len(first)), pieces)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    hour = opening[owner] + step
    inside = np.minimum(last[owner], (hour + 1) * _HOUR) - np.maximum(first[owner], hour * _HOUR)
    # The epoch, 1970-01-01, was a Thursday: 72 hours after Monday 00:00.
    spent = np.bincount((hour + 72) % _WEEK, weights=inside, minlength=_WEEK)
    return spent.astype(np.float64)


def _seconds(instants: pd.Series) -> Floats:
    return instants.to_numpy("datetime64[us]").astype(np.int64) / 1e6


def hourly_load(tables: Tables, tz: str = "UTC") -> pd.DataFrame:
    """Return the mean number of agents on shift and busy: hour_of_week, on_shift, busy.

    From the table `shifts`: the seconds spent in each hour of the week, divided by how long
    that hour was observed, and by the number of replications.
    """
    time_zone(tz)
    columns = ["hour_of_week", "on_shift", "busy"]
    shifts = tables.frame("shifts") if "shifts" in tables.names else pd.DataFrame()
    if shifts.empty:
        out = pd.DataFrame(columns=columns)
        out.attrs["reason"] = "There are no shifts, so staffing is not known."
        return out
    start, end = (_local(shifts[c], tz) for c in ("start", "end"))
    runs = max(1, shifts["replication"].nunique())
    watched = week_seconds(pd.Series([start.min()]), pd.Series([end.max()]))
    out = pd.DataFrame({"hour_of_week": range(_WEEK)})
    for activity, column in (("on_shift", "on_shift"), ("handling", "busy")):
        chosen = shifts["activity"].astype(str) == activity
        spent = week_seconds(start[chosen], end[chosen])
        out[column] = np.divide(spent, watched * runs, out=np.zeros(_WEEK), where=watched > 0)
    return out


def _local(instants: pd.Series, tz: str) -> pd.Series:
    local: pd.Series = instants.dt.tz_convert(tz).dt.tz_localize(None)
    return local


CLASSES = (0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 57600, 86400,
           *(86400 * 2**k for k in range(1, 15)))  # fmt: skip
"""Edges of the classes of time in a histogram, in seconds: 10 s, 30 s, 1 min … 1 day, 2 days …"""


def first_response_times(
    tables: Tables,
    period: Period | str | None = None,
    *,
    percentiles: tuple[float, ...] = (0.5, 0.9),
) -> Distribution:
    """Return the distribution of first response times (first human reply − creation).

    Percentiles are linear between neighbours (Hyndman & Fan type 7), as those of the metrics.
    `period`: only tickets created then, such as "2026-W10". Raises InputError for a text that is
    no period.
    """
    chosen = None if period is None else period_of(tables, period)
    tickets = _counted(tables, ("created_at", "first_human_reply_at"), chosen)
    times = (tickets["first_human_reply_at"] - tickets["created_at"]).dt.total_seconds().dropna()
    what = "First response time"
    if times.empty:
        none = pd.DataFrame(columns=["start", "end", "n"])
        return Distribution(what, none, reason=_NO_RESPONSE)
    marks = {q: float(times.quantile(q)) for q in percentiles}
    last = next((i for i, e in enumerate(CLASSES) if i and e > times.max()), len(CLASSES) - 1)
    edges = np.array(CLASSES[: last + 1], dtype=np.float64)
    counts, _ = np.histogram(times.clip(edges[0], edges[-1]), edges)
    frame = pd.DataFrame({"start": edges[:-1], "end": edges[1:], "n": counts})
    return Distribution(what, frame, marks, len(times), runs=_runs(tables))


def _runs(tables: Tables) -> int:
    """Return how many simulated replications the tables hold, 1 for a log."""
    if not tables.has("tickets", "replication"):
        return 1
    return int(tables["tickets"].replication.nunique().execute() or 1)
