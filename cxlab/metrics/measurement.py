"""Measure metrics on canonical tables: tidy rows by period and group, with their uncertainty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab.calendars import EVERY, Period, local_time, periods_between, time_zone
from cxlab.errors import InputError
from cxlab.metrics.backlog import backlog_flows
from cxlab.metrics.catalogue import select_metrics
from cxlab.metrics.declaration import Attribution, Backlog, Metric
from cxlab.metrics.facts import naive_utc
from cxlab.metrics.query import aggregate, column, excluded_rows, group
from cxlab.metrics.results import flags, metric_rows
from cxlab.metrics.view import View, view_of
from cxlab.tables import Tables

__all__ = ["RESULT_COLUMNS", "measure"]

RESULT_COLUMNS = (
    "metric", "period", "value", "unit", "n", "numerator", "low", "high", "interval_method",
    "excluded", "pending", "flag", "note", "as_of",
    "title", "statistic", "definition_version", "direction", "attribution",
    "period_start", "period_end",
)  # fmt: skip
"""Columns of every result; the columns named in `by` stand after `period`."""

MISSING = "(missing)"
"""Group of the rows whose group column is empty."""

MAX_ROWS = 1_000_000
"""A result with more rows than this is refused: nobody can read it."""

_INSTANT = {
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
_BUCKET = "__period"
_CLOCK = ("weekday", "hour")

Family = tuple[str, Attribution]


def measure(
    tables: Tables,
    metrics: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] = (),
    period: Period | str | None = None,
    as_of: dt.datetime | None = None,
    tz: str | None = None,
) -> pd.DataFrame:
    """Return one tidy row per metric, period and group.

    `metrics`: ids, or None for all. `by`: any columns of the tickets (channel, priority, agent,
    team, replication, your own), `weekday`, `hour`, and one of day, week, month, quarter, year,
    which cuts time in the zone `tz` (default: the tables' own, else UTC); periods without rows
    stand there with n = 0. `period`: only rows of that period ("2016-W15"). `as_of`: the state
    as it was known then (default: the end of the data). `note` says what a number takes for
    granted because the data lack it.

    Raises InputError for an unknown metric, group, time zone or period, and for tables of
    several replications unless `by` names "replication": they are not one log.

    >>> import pandas as pd
    >>> tables = Tables.from_frames({"tickets": pd.DataFrame({
    ...     "ticket_id": ["A", "B"], "channel": "email", "status": "solved",
    ...     "created_at": ["2026-01-05 09:00Z", "2026-01-05 09:00Z"],
    ...     "first_human_reply_at": ["2026-01-05 09:10Z", "2026-01-05 09:30Z"],
    ... })})
    >>> measure(tables, "frt")[["metric", "value", "n", "flag"]].values.tolist()
    [['frt', 1200.0, 2, 'small_n']]
    """
    chosen = select_metrics(metrics)
    zone = tz or tables.time_zone or "UTC"
    time_zone(zone)
    return _Plan.of(view_of(tables, as_of), chosen, by, period, zone).run()


@dataclass(frozen=True)
class _Plan:
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
    ) -> _Plan:
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

    # -- what the query sees ------------------------------------------------------------------

    def keyed(self, rows: ir.Table, at: ir.TimestampValue) -> ir.Table:
        """Return the rows with their group columns, and with the start of their period."""
        local = at if self.tz == "UTC" else local_time(at, self.tz, *self.view.span)
        keys: dict[str, ir.Value] = {}
        for name in self.dims:
            keys[_key(name)] = self._dimension(rows, name, local)
        if self.every:
            keys[_key(_BUCKET)] = local.truncate(_UNIT[self.every]).cast("date")
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
        return [_key(n) for n in (*self.dims, *([_BUCKET] if self.every else []))]

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
        at = source[_INSTANT[basis.attribution]]
        rows = self.keyed(source, at)
        recorded = {m.basis.name: self.view.recorded(m.basis) for m in metrics}
        return aggregate(rows, self.keys, self.window(at), metrics, recorded)

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

    # -- from the query to the result -----------------------------------------------------------

    def run(self) -> pd.DataFrame:
        """Run the queries and put the result together."""
        found: dict[Family, pd.DataFrame] = {}
        for family, members in self.families():
            if family[0] in self.view.sources:
                found[family] = self._fetch(self.query(members))
        left_out = self._all_left_out(list(found))
        index = self._index([*found.values(), *(f for f in left_out.values() if f is not None)])
        if len(index) * len(self.metrics) > MAX_ROWS:
            raise InputError(
                "the result would be too large to read",
                given=f"{len(index):,} groups × {len(self.metrics)} metrics",
                expected=f"at most {MAX_ROWS:,} rows",
            )
        parts = [self._rows(m, found, left_out, index) for m in self.metrics]
        return self._tidy(pd.concat(parts, ignore_index=True))

    def families(self) -> list[tuple[Family, list[Metric]]]:
        """Return the metrics that one query can answer together."""

        def family(m: Metric) -> Family:
            return m.basis.table, m.basis.attribution

        ordered = sorted(self.metrics, key=family)
        return [(key, list(members)) for key, members in groupby(ordered, key=family)]

    def _fetch(self, query: ir.Table) -> pd.DataFrame:
        frame: pd.DataFrame = query.to_pandas()
        frame = frame.rename(columns={_key(n): n for n in (*self.dims, _BUCKET)})
        if "replication" in self.dims:
            frame["replication"] = frame["replication"].astype("Int64")
        if self.every:
            frame[_BUCKET] = pd.to_datetime(frame[_BUCKET])
        return frame.set_index(self._names) if self._names else frame

    @property
    def _names(self) -> list[str]:
        return [*([_BUCKET] if self.every else []), *self.dims]

    def _all_left_out(self, families: Sequence[Family]) -> dict[Family, pd.DataFrame | None]:
        """Return what `excluded_reason` takes out, asking once per table and instant."""
        asked: dict[tuple[str, str], pd.DataFrame | None] = {}
        out: dict[Family, pd.DataFrame | None] = {}
        for table, attribution in families:
            instant = _INSTANT.get(attribution, "created_at")
            if (table, instant) not in asked:
                asked[table, instant] = self._left_out(table, instant)
            out[table, attribution] = asked[table, instant]
        return out

    def _left_out(self, table: str, instant: str) -> pd.DataFrame | None:
        """Return the rows that `excluded_reason` takes out, one column per reason."""
        source = self.view.sources[table]
        rows = self.keyed(source, source[instant])
        counts = self._fetch(excluded_rows(rows, self.keys, self.window(source[instant]), table))
        if counts.empty:
            return None
        wide = counts.reset_index().pivot_table(
            index=self._names or None, columns="excluded_reason", values=column("out", table),
            aggfunc="sum", fill_value=0, observed=True,
        )  # fmt: skip
        return wide if self._names else wide.reset_index(drop=True)

    def _index(self, frames: Sequence[pd.DataFrame]) -> pd.Index:
        """Return every period × every group that occurs, so that nothing is a silent hole."""
        if not self._names:
            return pd.RangeIndex(1)
        flat = [f.index.to_frame(index=False) for f in frames if len(f)]
        seen = pd.concat(flat, ignore_index=True) if flat else pd.DataFrame(columns=self._names)
        groups = self._groups(seen) if self.dims else None
        if not self.every:
            assert groups is not None
            return _multi(groups)
        starts = pd.DataFrame({_BUCKET: [pd.Timestamp(p.first_day) for p in self._spine(seen)]})
        return _multi(starts if groups is None else starts.merge(groups, how="cross"))

    def _groups(self, seen: pd.DataFrame) -> pd.DataFrame:
        """Return every group that occurs; with replications, in every one of them."""
        if "replication" not in self.dims:
            return seen[list(self.dims)].drop_duplicates().sort_values(list(self.dims))
        runs = pd.DataFrame({"replication": self.view.replications}, dtype="Int64")
        others = [d for d in self.dims if d != "replication"]
        if not others:
            return runs
        rest = seen[others].drop_duplicates().sort_values(others)
        return runs.merge(rest, how="cross")[list(self.dims)]

    def _spine(self, seen: pd.DataFrame) -> list[Period]:
        """Return the periods of the result, without holes."""
        every = str(self.every)
        if self.period is not None:
            first = Period.containing(self.period.start, every, self.tz)
            last = Period.containing(self.period.end - dt.timedelta(microseconds=1), every, self.tz)
            return periods_between(first, last)
        starts = seen[_BUCKET].dropna()
        if starts.empty:
            return []
        first = Period(starts.min().date(), every, self.tz)
        last = Period(starts.max().date(), every, self.tz)
        return periods_between(first, max(last, first))

    def _rows(
        self,
        metric: Metric,
        found: dict[Family, pd.DataFrame],
        left_out: dict[Family, pd.DataFrame | None],
        index: pd.Index,
    ) -> pd.DataFrame:
        family = (metric.basis.table, metric.basis.attribution)
        frame = found.get(family, pd.DataFrame(index=index[:0]))
        if isinstance(metric.statistic, Backlog):
            rows = self._backlog(frame, index)
        else:
            rows = metric_rows(metric, frame.reindex(index))
        out = left_out.get(family)
        if out is not None:
            rows["excluded"] = _merged(rows["excluded"], out.reindex(index))
        rows["flag"] = flags(rows, metric.statistic)
        if not self.view.recorded(metric.basis):
            rows["flag"] = "undefined"
        rows["note"] = self.view.assumed(metric.basis)
        rows["metric"], rows["title"] = metric.id, metric.title
        rows["statistic"], rows["definition_version"] = metric.statistic.name, metric.version
        rows["unit"], rows["direction"] = metric.unit, metric.direction
        rows["attribution"] = metric.attribution.value
        return rows.reset_index() if self._names else rows

    def _backlog(self, frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
        """Return the backlog at the end of each period: the running sum of its changes."""
        net = frame[column("net", "backlog")] if len(frame) else pd.Series(dtype=float)
        if not self._names:
            level = pd.Series([float(net.sum())], index=index)
        elif not self.every:
            level = net.reindex(index).fillna(0).astype(float)
        else:
            level = _running(net, index, list(self.dims))
        out = pd.DataFrame({"value": level.astype(float)}, index=index)
        out["n"] = out["value"].astype("int64")
        out["numerator"] = out["low"] = out["high"] = np.nan
        out["interval_method"] = Backlog().interval
        out["excluded"] = pd.Series([{} for _ in range(len(out))], index=index, dtype=object)
        out["pending"] = np.int64(0)
        return out

    def _tidy(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self.every:
            periods = {
                start: Period(start.date(), self.every, self.tz) for start in set(rows[_BUCKET])
            }
            asked = [periods[start] for start in rows[_BUCKET]]
            rows["period"] = [p.label for p in asked]
            rows["period_start"] = pd.to_datetime([p.start for p in asked], utc=True)
            rows["period_end"] = pd.to_datetime([p.end for p in asked], utc=True)
            if self.period is not None:  # a week at the edge of the month counts its days in it
                first, last = pd.Timestamp(self.period.start), pd.Timestamp(self.period.end)
                rows["period_start"] = rows["period_start"].where(
                    rows["period_start"] > first, first
                )
                rows["period_end"] = rows["period_end"].where(rows["period_end"] < last, last)
            rows[self.every] = rows["period"]
        elif self.period is not None:
            rows["period"] = self.period.label
            rows["period_start"] = pd.Timestamp(self.period.start)
            rows["period_end"] = pd.Timestamp(self.period.end)
        else:
            rows["period"] = "all"
            rows["period_start"] = pd.Timestamp(self.view.span[0])
            rows["period_end"] = pd.Timestamp(self.view.as_of)
        rows["as_of"] = pd.Timestamp(self.view.as_of)
        unborn = (rows["statistic"] == Backlog().name) & (rows["period_start"] > rows["as_of"])
        rows["value"] = rows["value"].mask(unborn)
        rows["n"] = rows["n"].mask(unborn, 0)
        rows["flag"] = rows["flag"].mask(unborn, "empty")
        head = list(RESULT_COLUMNS)
        at = head.index("period") + 1
        groups = [*([self.every] if self.every else []), *self.dims]
        return rows[[*head[:at], *groups, *head[at:]]]


_UNIT = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def _key(name: str) -> str:
    """Name of a group column inside queries, apart from the tables' own columns."""
    return f"key__{name}"


def _multi(frame: pd.DataFrame) -> pd.Index:
    if frame.shape[1] == 1:
        return frame.set_index(frame.columns[0]).index
    return pd.MultiIndex.from_frame(frame)


def _merged(excluded: pd.Series, out: pd.DataFrame) -> pd.Series:
    """Add the rows that `excluded_reason` took out to each group's reasons."""
    counts = out.fillna(0).to_numpy(dtype=np.int64)
    rows = [
        {**reasons, **{str(r): int(k) for r, k in zip(out.columns, row, strict=True) if k > 0}}
        for reasons, row in zip(excluded, counts, strict=True)
    ]
    return pd.Series(rows, index=excluded.index, dtype=object)


def _running(net: pd.Series, index: pd.Index, dims: list[str]) -> pd.Series:
    """Return the running sum of `net` up to each period of `index`, within each group."""
    changes = net.rename("net").reset_index()
    wanted = index.to_frame(index=False).assign(net=0.0, order=np.arange(len(index)))
    both = pd.concat([changes, wanted], ignore_index=True).sort_values(_BUCKET, kind="stable")
    both["level"] = both.groupby(dims)["net"].cumsum() if dims else both["net"].cumsum()
    levels = both.dropna(subset=["order"]).sort_values("order")["level"]
    return pd.Series(levels.to_numpy(), index=index)
