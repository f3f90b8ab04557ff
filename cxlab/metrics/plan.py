"""What is asked of which tables: metrics, groups, periods; and the queries that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import ibis
import ibis.expr.types as ir

from cxlab.calendars import EVERY, Period, local_time
from cxlab.errors import InputError
from cxlab.metrics.backlog import backlog_flows
from cxlab.metrics.declaration import Attribution, Backlog, Metric
from cxlab.metrics.facts import naive_utc
from cxlab.metrics.query import aggregate, column, group
from cxlab.metrics.view import View

__all__ = ["BUCKET", "INSTANT", "RESULT_COLUMNS", "Family", "Plan", "key_column"]

RESULT_COLUMNS = (
    "metric", "period", "value", "unit", "n", "numerator", "low", "high", "interval_method",
    "excluded", "pending", "flag", "note", "as_of",
    "title", "statistic", "definition_version", "direction", "attribution",
    "period_start", "period_end",
)  # fmt: skip
"""Columns of every result; the columns named in `by` stand after `period`."""

MISSING = "(missing)"
"""Group of the rows whose group column is empty."""

INSTANT = {
    Attribution.CREATED: "created_at",
    Attribution.SOLVED: "fact_solved_at",
    Attribution.ANSWERED: "fact_given_at",
}
_ALIASES = {
    "agent": "fact_agent",
    "assignee": "assignee_id",
    "customer": "customer_id",
    "team": "group",
}
BUCKET = "__period"
_CLOCK = ("weekday", "hour")

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
    ) -> Plan:
        """Return the plan of a question; InputError when it cannot be answered."""
        names = [b.strip() for b in by.split(",")] if isinstance(by, str) else list(by)
        names = list(dict.fromkeys(n for n in names if n))
        cls._check(view, metrics, names)
        buckets = [n for n in names if n in EVERY]
        if len(buckets) > 1:
            raise InputError(
                "time can be cut in one way only", given=buckets, expected="one of them"
            )
        return cls(
            view=view,
            metrics=metrics,
            dims=tuple(n for n in names if n not in EVERY),
            every=buckets[0] if buckets else None,
            period=Period.parse(period, tz) if isinstance(period, str) else period,
            tz=tz,
        )

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

    def keyed(self, rows: ir.Table, at: ir.TimestampValue) -> ir.Table:
        """Return the rows with their group columns, and with the start of their period."""
        local = at if self.tz == "UTC" else local_time(at, self.tz, *self.view.span)
        keys: dict[str, ir.Value] = {}
        for name in self.dims:
            keys[key_column(name)] = self._dimension(rows, name, local)
        if self.every:
            keys[key_column(BUCKET)] = local.truncate(_UNIT[self.every]).cast("date")
        return rows.mutate(**keys)

    def _dimension(self, rows: ir.Table, name: str, local: ir.TimestampValue) -> ir.Value:
        if name == "weekday":
            return local.day_of_week.index().cast("int64")
        if name == "hour":
            return local.hour().cast("int64")
        if name == "replication":
            return rows.replication
        found = name if name in rows.columns else _ALIASES.get(name, name)
        if found not in rows.columns:
            columns = self.view.sources["tickets"].columns
            known = [*(c for c in columns if not c.startswith("fact_")), *EVERY, *_CLOCK, *_ALIASES]
            raise InputError("unknown group", given=name, known=known)
        return rows[found].cast("string").fill_null(MISSING)

    @property
    def keys(self) -> list[str]:
        """Names of the key columns inside queries."""
        return [key_column(n) for n in (*self.dims, *([BUCKET] if self.every else []))]

    def window(self, at: ir.TimestampValue) -> ir.BooleanValue | None:
        """Keep the instants of the report's period; everything when there is none."""
        if self.period is None:
            return None
        low, high = naive_utc(self.period.start), naive_utc(self.period.end)
        return (at >= ibis.timestamp(low)) & (at < ibis.timestamp(high))

    def query(self, metrics: Sequence[Metric]) -> ir.Table:
        """Return the aggregate for metrics that share a table and an attribution."""
        basis = metrics[0].basis
        if isinstance(metrics[0].statistic, Backlog):
            return self.flows()
        source = self.view.sources[basis.table]
        instant = INSTANT[basis.attribution]

        def keyed(rows: ir.Table) -> ir.Table:
            inside = self.window(rows[instant])
            kept = rows if inside is None else rows.filter(inside)
            return self.keyed(kept, kept[instant])

        recorded = {m.basis.name: self.view.recorded(m.basis) for m in metrics}
        return aggregate(source, keyed, self.keys, metrics, recorded)

    def flows(self) -> ir.Table:
        """Return the net change of the backlog per group (and period)."""
        flow = backlog_flows(self.view.sources["tickets"], self.view.events())
        end = naive_utc(min(self.period.end, self.view.as_of) if self.period else self.view.as_of)
        flow = self.keyed(flow, flow["at"])
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
            return m.basis.table, m.basis.attribution

        ordered = sorted(self.metrics, key=family)
        return [(key, list(members)) for key, members in groupby(ordered, key=family)]


_UNIT = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def key_column(name: str) -> str:
    """Name of a group column inside queries, apart from the tables' own columns."""
    return f"key__{name}"
