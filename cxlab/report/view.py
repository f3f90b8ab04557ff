"""What a periodic report looks at: one period, the one before, and the months or weeks around."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pandas as pd

from cxlab.calendars import LAST, Period, last_complete, time_zone
from cxlab.calendars.asked import period_asked
from cxlab.errors import InputError
from cxlab.metrics import DESK, measure
from cxlab.report.closed import Rest, closed_rest
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
    begins: dt.datetime | None = None
    ends: dt.datetime | None = None
    """The log's first ticket, and the end of what it knows."""
    passed_over: str = ""
    """Why a later period is not the one reported, where the log has half of it or more."""
    rest: Rest | None = None
    """The closed days at the period's end, where the log ends before them."""
    known: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    """Metrics over all periods of the log that were measured already, by id."""

    @property
    def zone(self) -> ZoneInfo:
        """The report's time zone."""
        return time_zone(self.time_zone)

    @property
    def previous(self) -> Period:
        """The period before."""
        return self.current.shift(-1)

    @property
    def partly_covered(self) -> bool:
        """Whether the log lacks a part of the period on which the desk was open."""
        late = self.ends is not None and self.ends < self.current.end
        late = late and not (self.rest is not None and self.rest.whole)
        return late or self._begins_within(self.current)

    @property
    def comparison_note(self) -> str:
        """Why the period before cannot be compared, or what it lacks; "" when all is well."""
        if self.begins is None or not self._begins_within(self.previous):
            return ""
        if self.comparable:
            return "the log begins within it"
        first = Period.containing(self.begins, self.current.every, self.time_zone)
        return f"no comparison: the log begins in {first.label}"

    @property
    def comparable(self) -> bool:
        """Whether the log knows anything of the period before."""
        return self.begins is None or self.begins < self.previous.end

    def _begins_within(self, period: Period) -> bool:
        return self.begins is not None and not _from_start(self.begins, period)

    def measure(self, metrics: Sequence[str] = DESK, *, by: str = "") -> pd.DataFrame:
        """Return the metrics of the period, by group if asked."""
        return self._measured(self.current, metrics, by)

    def before(self, metrics: Sequence[str] = DESK) -> pd.DataFrame:
        """Return the metrics of the period before; `note` says what the log lacks of it.

        Where the log begins after it nothing has a value: a log that was not kept is not 0.
        """
        rows = self._measured(self.previous, metrics, "").assign(note=self.comparison_note)
        blank = dict.fromkeys(("value", "low", "high"), float("nan"))
        return rows if self.comparable else rows.assign(**blank)

    def _measured(self, period: Period, metrics: Sequence[str], by: str) -> pd.DataFrame:
        names = [by] if by else []
        result = measure(self.tables, metrics, by=names, period=period, tz=self.time_zone)
        return result.assign(period=period.label)

    def trend(self, metric: str) -> pd.DataFrame:
        """Return one metric over the last periods, the report's own being the last."""
        return self.trends([metric])[metric]

    def covers(self, period: Period) -> bool:
        """Return whether the log covers the start of a period."""
        return self.begins is None or _from_start(self.begins, period)

    def trends(self, metrics: Sequence[str], shown: int = PERIODS_SHOWN) -> dict[str, pd.DataFrame]:
        """Return several metrics over the last periods, by id, from one query.

        What was asked before is not asked again. A period between two others of which the log
        says nothing has a row without a value.
        """
        lacking = [m for m in metrics if m not in self.known]
        if lacking:
            rows = measure(self.tables, lacking, by=[self.current.every], tz=self.time_zone)
            self.known.update({m: rows[rows["metric"] == m] for m in lacking})
        periods = [self.current.shift(i - shown + 1) for i in range(shown)]
        labels = [p.label for p in periods]
        found = {m: self.known[m] for m in metrics}
        return {m: _without_holes(r[r["period"].isin(labels)], periods) for m, r in found.items()}


def choose_period(tables: Tables, period: str = "last", tz: str | None = None) -> View:
    """Return the view of a log's period.

    `period`: "2016-W15", "2016-04", "2016-Q2", "2016-04-11", "2016"; "last" is the last week
    that the log covers from its start to its last day on which the desk is open (see
    `closed_rest`), "last-month" and so on likewise; when it
    covers none, the last that has ended, and the view is `partly_covered`. `tz`: the report's time
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
    known = tables.as_of or last
    chosen = period_asked(period, zone)
    if isinstance(chosen, str):
        return _last_view(tables, LAST[chosen], zone, first, min(last, known), known)
    if chosen.end <= first or chosen.start > last:
        expected = f"a period between {first:%Y-%m-%d} and {last:%Y-%m-%d}"
        raise InputError("the log has no ticket of that period", given=period, expected=expected)
    return View(tables, chosen, zone, first, known, rest=_rest(tables, chosen, first, known))


def _last_view(
    tables: Tables, every: str, zone: str, first: dt.datetime, newest: dt.datetime,
    known: dt.datetime,
) -> View:  # fmt: skip
    """Return the view of the last period that the log covers, `newest` being its last ticket."""
    early = dt.timedelta(0) if every == "day" else _TOLERANCE
    chosen = last_complete(first, newest, known + early, every, zone)
    later = Period.containing(newest, every, zone)
    rest = _rest(tables, later, first, known)
    if rest is not None:
        return View(tables, later, zone, first, known, rest=rest)
    return View(tables, chosen, zone, first, known, _passed_over(chosen, newest))


def _rest(tables: Tables, period: Period, first: dt.datetime, known: dt.datetime) -> Rest | None:
    """Return the closed days at a period's end where the log ends a day before them at most."""
    if period.every == "day" or not max(period.start, first) <= known < period.end:
        return None
    rest = closed_rest(tables, period, first, known)
    return rest if rest is not None and known + _TOLERANCE >= rest.begins else None


def _without_holes(rows: pd.DataFrame, shown: Sequence[Period]) -> pd.DataFrame:
    """Return rows of one metric with those periods between them that the log says nothing of.

    They have no value: a chart shows a gap, not a line across.
    """
    known = list(rows["period"])
    since = next((i for i, p in enumerate(shown) if p.label in known), len(shown))
    missing = [p for p in shown[since:] if p.label not in known]
    if rows.empty or not missing:
        return rows.reset_index(drop=True)
    same = rows.iloc[0][["metric", "title", "unit", "direction"]].to_dict()
    holes = pd.DataFrame([{**same, "period": p.label, "period_start": p.start, "n": 0,
                           "flag": "empty"} for p in missing])  # fmt: skip
    whole = pd.concat([rows, holes], ignore_index=True)
    return whole.sort_values("period", key=lambda names: names.map(_places(shown))).reset_index(
        drop=True
    )


def _places(shown: Sequence[Period]) -> dict[str, int]:
    return {p.label: i for i, p in enumerate(shown)}


_TOLERANCE = dt.timedelta(days=1)
"""How late in a period the first ticket may come, and how early the last: no desk need be asked
at midnight."""


def _passed_over(chosen: Period, newest: dt.datetime) -> str:
    """Return what is said of a later period that the log covers by half or more; "" for none."""
    later = chosen.shift(1)
    if newest - later.start < (later.end - later.start) / 2:
        return ""
    ends = newest.astimezone(time_zone(later.zone))
    early = "before its end" if later.every == "day" else "more than a day before its end"
    return (
        f"{later.label} is not reported yet: the log ends on {ends:%Y-%m-%d %H:%M}, {early} "
        f"(--period {later.label} reports what there is)"
    )


def _from_start(begins: dt.datetime, period: Period) -> bool:
    return begins <= period.start + _TOLERANCE
