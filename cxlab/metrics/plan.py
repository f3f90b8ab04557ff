"""What is asked of which tables: metrics, groups, periods; and the queries that answer it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import ibis
import ibis.expr.types as ir

from cxlab.calendars import EVERY, LAST, Period, last_complete, local_time
from cxlab.calendars.asked import period_asked
from cxlab.errors import InputError
from cxlab.metrics.backlog import backlog_flows
from cxlab.metrics.declaration import Attribution, Metric
from cxlab.metrics.facts import naive_utc
from cxlab.metrics.query import Cut, aggregate, group, prepared
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import Backlog, Fitted, column
from cxlab.metrics.view import Source, View, Windows

__all__ = ["ALIASES", "BUCKET", "RESULT_COLUMNS", "Family", "Plan", "asked_period", "key_column"]

RESULT_COLUMNS = (
    "metric", "period", "value", "unit", "n", "numerator", "low", "high", "interval_method",
    "excluded", "pending", "flag", "note", "as_of",
    "title", "statistic", "definition_version", "direction", "attribution",
    "period_start", "period_end",
)  # fmt: skip
"""Columns of every result; the columns named in `by` stand after `period`."""

MISSING = "(missing)"
"""Group of the rows whose group column is empty."""

ALIASES = {
    "agent": "fact_agent",
    "assignee": "assignee_id",
    "customer": "customer_id",
    "team": "group",
}
"""Names of groups for columns that are called otherwise."""

_NEVER = {"excluded_reason", "merged_into"}
"""Columns that are no groups to choose: what they name stands beside every number."""

BUCKET = "__period"
_CLOCK = ("weekday", "hour")
_LONGEST_PERIOD = dt.timedelta(days=366)

Family = tuple[str, Attribution]


@dataclass(frozen=True)
class Plan:
    """What is asked of which tables; the steps from there to the result."""

    view: View
    metrics: list[Metric]
    dims: tuple[str, ...]
    every: str | None
    period: Period | None
    tz: str

    @classmethod
    def of(
        cls,
        view: View,
        metrics: list[Metric],
        by: str | Sequence[str],
        period: Period | str | None,
        tz: str,
        *,
        what_fits: bool = False,
    ) -> Plan:
        """Return the plan of a question; InputError when it cannot be answered.

        `what_fits`: metrics whose rows do not have the groups are left out, unless all would be.
        """
        given = list(by) if isinstance(by, Iterable) else [by]  # an iterator is read once
        if not all(isinstance(name, str) for name in given):
            expected = 'names of columns, such as "week,channel" or ["week", "channel"]'
            raise InputError("groups are not named", given=by, expected=expected)
        names = [b.strip() for b in by.split(",")] if isinstance(by, str) else given
        names = list(dict.fromkeys(n for n in names if n))
        if what_fits and set(names) & set(_CLOCK):
            metrics = [m for m in metrics if not isinstance(m.statistic, Backlog)]
        cls._check(view, metrics, names)
        buckets = [n for n in names if n in EVERY]
        if len(buckets) > 1:
            raise InputError(
                "time can be cut in one way only", given=buckets, expected="one of them"
            )
        plan = cls(
            view=view,
            metrics=metrics,
            dims=tuple(n for n in names if n not in EVERY),
            every=buckets[0] if buckets else None,
            period=asked_period(view, period, buckets, tz) if isinstance(period, str) else period,
            tz=tz,
        )
        return plan._fitting() if what_fits and plan.dims else plan

    def _fitting(self) -> Plan:
        """Return the plan with the metrics alone whose rows have every group."""
        rows = {name: self.rows(SOURCES[name]) for name in {m.basis.source for m in self.metrics}}
        for name in self.dims:
            if not any(_column_of(name, one.columns) for one in rows.values()):
                raise _unknown_group(name, list(rows.values()))
        fit = {s for s, one in rows.items() if all(_column_of(n, one.columns) for n in self.dims)}
        kept = [m for m in self.metrics if m.basis.source in fit]
        if not kept:
            expected = "groups that rows of one kind have"
            raise InputError(
                "no metric of these tables has all of the groups", given=",".join(self.dims),
                expected=expected, hint="name the metrics, or ask by one group at a time",
            )  # fmt: skip
        return replace(self, metrics=kept)

    @staticmethod
    def _check(view: View, metrics: list[Metric], names: list[str]) -> None:
        """Refuse groups that cannot be answered, or whose answer would mislead."""
        taken = [n for n in names if n in RESULT_COLUMNS or n.startswith(("key__", "__"))]
        if taken:
            raise InputError(
                "a group has the name of a result's own column", given=taken[0],
                expected="another name", hint="rename the column in the tables",
            )  # fmt: skip
        flows = [m.id for m in metrics if isinstance(m.statistic, Backlog)]
        if flows and set(names) & set(_CLOCK):
            raise InputError(
                f"{flows[0]} is a state at an instant and has no weekday or hour",
                given=",".join(names), hint="leave it out of the metrics",
            )  # fmt: skip
        if len(view.replications) > 1 and "replication" not in names:
            raise InputError(
                f"the tables hold {len(view.replications)} simulated replications, which are not "
                "one log", expected="'replication' among the groups",
                hint="cx.over_replications gives means and intervals over them",
            )  # fmt: skip

    def keyed(self, rows: ir.Table, instant: str) -> ir.Table:
        """Return the rows with their group columns, and with the start of their period."""
        at = rows[instant]
        local = at if self.tz == "UTC" else local_time(at, self.tz, *self._reach())
        keys: dict[str, ir.Value] = {}
        for name in self.dims:
            keys[key_column(name)] = self._dimension(rows, name, local)
        if self.every:
            keys[key_column(BUCKET)] = local.truncate(_UNIT[self.every]).cast("date")
        return rows.mutate(**keys)

    def _reach(self) -> tuple[dt.datetime, dt.datetime]:
        """Return bounds of the instants that are grouped, for the zone's clock changes.

        A period begins before its first event, and may end after the data.
        """
        first, last = self.view.span
        first = min([first, *map(self.begins, self.metrics)])
        if self.period is not None:
            first, last = min(first, self.period.start), max(last, self.period.end)
        return first - _LONGEST_PERIOD, last + _LONGEST_PERIOD

    def begins(self, metric: Metric) -> dt.datetime:
        """Return the first instant of the tables that the metric rests on."""
        return self.view.begins(SOURCES[metric.basis.source])

    def _dimension(self, rows: ir.Table, name: str, local: ir.TimestampValue) -> ir.Value:
        if name == "weekday":
            return local.day_of_week.index().cast("int64")
        if name == "hour":
            return local.hour().cast("int64")
        if name == "replication":
            return rows.replication
        found = _column_of(name, rows.columns)
        if found is None:
            raise _unknown_group(name, [rows])
        if rows[found].type().is_timestamp():  # hardly two rows share one
            expected = f"a span of time: {', '.join([*EVERY, *_CLOCK])}"
            raise InputError("a column of instants makes no groups", given=name, expected=expected)
        return rows[found].cast("string").fill_null(MISSING)

    @property
    def keys(self) -> list[str]:
        """Names of the key columns inside queries."""
        return [key_column(n) for n in (*self.dims, *([BUCKET] if self.every else []))]

    @property
    def windows(self) -> Windows:
        """The periods for sources whose rows exist once per period."""
        return Windows(self.every, self.period, self.tz, self.view.as_of)

    def rows(self, source: Source) -> ir.Table:
        """Return the rows of a source."""
        return self.view.rows(source, self.windows)

    def cut(self, attribution: Attribution) -> Cut:
        """Return how the rows of one attribution are grouped and kept within the period."""
        instant = attribution.instant

        def inside(rows: ir.Table, days: int) -> ir.Table:
            if self.period is None:
                return rows
            low, high = naive_utc(self.period.start), naive_utc(self.period.end)
            high += dt.timedelta(days=days)
            at = rows[instant]
            return rows.filter((at >= ibis.timestamp(low)) & (at < ibis.timestamp(high)))

        return Cut(tuple(self.keys), instant, lambda rows: self.keyed(rows, instant), inside)

    def recorded(self, metric: Metric) -> bool:
        """Return whether the data has what the metric needs."""
        return self.view.recorded(metric.basis, SOURCES[metric.basis.source])

    def query(self, metrics: Sequence[Metric]) -> ir.Table:
        """Return the aggregate for metrics that share a source and an attribution."""
        basis = metrics[0].basis
        if isinstance(metrics[0].statistic, Backlog):
            return self.flows()
        recorded = {m.basis.name: self.recorded(m) for m in metrics}
        rows = self.rows(SOURCES[basis.source])
        return aggregate(rows, self.cut(basis.attribution), metrics, recorded)

    def cells(self, metric: Metric) -> ir.Table:
        """Return the cells that a fitted metric is fitted to, per group."""
        assert isinstance(metric.statistic, Fitted)
        basis, cut = metric.basis, self.cut(metric.basis.attribution)
        ready = prepared(self.rows(SOURCES[basis.source]), cut, [basis], {basis.name: True})
        return metric.statistic.asked(ready, self.keys, basis.name)

    def flows(self) -> ir.Table:
        """Return the net change of the backlog per group (and period)."""
        tickets = self.rows(SOURCES["tickets"])
        flow = backlog_flows(tickets, self.view.table("status_events"))
        end = naive_utc(min(self.period.end, self.view.as_of) if self.period else self.view.as_of)
        flow = self.keyed(flow, "at")
        edge = (
            flow["at"] < end
            if self.period and self.period.end <= self.view.as_of
            else flow["at"] <= end
        )
        flow = flow.filter(edge)
        return group(flow, self.keys).aggregate(**{column("net", "backlog"): flow.delta.sum()})

    def families(self) -> list[tuple[Family, list[Metric]]]:
        """Return the metrics that one query can answer together."""

        def family(m: Metric) -> Family:
            return m.basis.source, m.basis.attribution

        ordered = sorted(self.metrics, key=family)
        return [(key, list(members)) for key, members in groupby(ordered, key=family)]


def _column_of(name: str, columns: Sequence[str]) -> str | None:
    """Return the column behind the name of a group; None where there is none."""
    if name in (*_CLOCK, "replication"):
        return name
    found = name if name in columns else ALIASES.get(name, name)
    return found if found in columns else None


def _unknown_group(name: str, rows: Sequence[ir.Table]) -> InputError:
    kinds = {c: kind for one in rows for c, kind in one.schema().items()}
    own = [c for c, k in kinds.items() if not c.startswith("fact_") and not k.is_timestamp()]
    usual = [c for c in own if kinds[c].is_string() and not c.endswith("_id")]
    shown = ", ".join(sorted({*usual, *ALIASES} - _NEVER))
    expected = f"one of {shown}; or of time {', '.join([*EVERY, *_CLOCK])}"
    known = [*own, *EVERY, *_CLOCK, *ALIASES]
    return InputError("unknown group", given=name, expected=expected, known=known)


def asked_period(view: View, text: str, buckets: Sequence[str], zone: str) -> Period:
    """Return the period that a text names; "last" is as long as the periods that time is cut in.

    Raises InputError for a text that names none.
    """
    name = period_asked(text, zone)
    if isinstance(name, Period):
        return name
    first, last = view.events
    every = buckets[0] if buckets and name == "last" else LAST[name]
    return last_complete(first, min(last, view.as_of), view.as_of, every, zone)


_UNIT = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def key_column(name: str) -> str:
    """Name of a group column inside queries, apart from the tables' own columns."""
    return f"key__{name}"
