"""Measure metrics on canonical tables: tidy rows by period and group, with their uncertainty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab.calendars import Period, periods_between, time_zone
from cxlab.errors import InputError
from cxlab.metrics.catalogue import METRICS, select_metrics
from cxlab.metrics.declaration import Metric
from cxlab.metrics.frame import Results
from cxlab.metrics.plan import BUCKET, RESULT_COLUMNS, Family, Plan, key_column
from cxlab.metrics.query import excluded_rows
from cxlab.metrics.recipes import written
from cxlab.metrics.results import flags, metric_rows
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import Backlog, Estimate, Fitted, column
from cxlab.metrics.view import View, view_of
from cxlab.tables import Tables
from cxlab.tables.dialects import many_queries

__all__ = ["RESULT_COLUMNS", "measure"]

MAX_ROWS = 1_000_000
"""A result with more rows than this is refused: nobody can read it."""


def measure(
    tables: Tables,
    metrics: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] = (),
    period: Period | str | None = None,
    as_of: dt.datetime | None = None,
    tz: str | None = None,
    settings: Settings = DEFAULTS,
) -> Results:
    """Return one tidy row per metric, period and group.

    The result is a DataFrame (durations in seconds, shares as 0 to 1) that prints its main columns
    as people read them.

    `metrics`: ids, or None for all that are no vendor's reading, whose tables are there and whose
    rows have the groups.
    `by`: any columns of the rows (channel, priority, agent, team, replication, your own),
    `weekday`, `hour`, and one of day, week, month, quarter, year, which cuts time in the zone
    `tz` (default: the tables' own, else UTC); periods without rows stand there with n = 0.
    `period`: only rows of that period ("2016-W15"); "last" is the last complete one of the log
    (a week, or what `by` cuts time in), "last-month" and so on likewise. `as_of`: the state as
    it was known then (default: the end of the data). `settings` hold what no table does (discount
    rates, weights).
    `note` says what a number takes for granted because the data lack it.

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
    if not isinstance(tables, Tables):
        hint = "cx.Tables.read(folder) reads a folder, Tables.from_frames takes frames"
        raise InputError("not the tables of a log", given=tables, hint=hint)
    zone = tz or tables.time_zone or "UTC"
    time_zone(zone)
    view = view_of(tables, as_of, settings)
    with many_queries(merge=not view.small):
        chosen = select_metrics(metrics) if metrics is not None else _measurable(view)
        plan = Plan.of(view, chosen, by, period, zone, what_fits=metrics is None)
        return _Answer(plan).run()


def _measurable(view: View) -> list[Metric]:
    """Return every metric whose tables are there, vendors' readings left out."""
    return [m for m in METRICS.values() if not m.preset and view.has(SOURCES[m.basis.source])]


_Question = tuple[str, object]
"""What a query answers: ("found", family), ("out", (source, instant)), ("cells", metric)."""


@dataclass(frozen=True)
class _Answer:
    """A plan's queries run, and put together to tidy rows."""

    plan: Plan

    def run(self) -> Results:
        """Run the queries and put the result together."""
        ready = written(self.plan, self._ready)
        found = {
            family: self._fetch(ready["found", family])
            for family, _ in self.plan.families()
            if ("found", family) in ready
        }
        left_out = self._all_left_out(list(found), ready)
        index = self._index([*found.values(), *(f for f in left_out.values() if f is not None)])
        if len(index) * len(self.plan.metrics) > MAX_ROWS:
            raise InputError(
                "the result would be too large to read",
                given=f"{len(index):,} groups × {len(self.plan.metrics)} metrics",
                expected=f"at most {MAX_ROWS:,} rows",
            )
        parts = []
        for metric in self.plan.metrics:
            cells = ready.get(("cells", metric.id))
            fitted = None if cells is None else self._fitted(metric, cells, index)
            parts.append(self._rows(metric, found, left_out, index, fitted))
        return Results(self._tidy(pd.concat(parts, ignore_index=True)))

    def _ready(self) -> dict[_Question, ir.Table]:
        """Return every query as it can be run.

        All at once: the steps behind them hold what any of them asks for, and are built once.
        """
        asked = self._asked()
        return dict(zip(asked, self.plan.view.ready(list(asked.values())), strict=True))

    def _asked(self) -> dict[_Question, ir.Table]:
        """Return every query: by family, by what `excluded_reason` takes out, by fitted metric."""
        plan = self.plan
        asked: dict[_Question, ir.Table] = {}
        for family, members in plan.families():
            source, attribution = family
            if not plan.view.has(SOURCES[source]):
                continue
            asked["found", family] = plan.query(members)
            out = ("out", (source, attribution.instant))
            if out not in asked and plan.view.excludes(SOURCES[source]):
                rows, cut = plan.rows(SOURCES[source]), plan.cut(attribution)
                asked[out] = excluded_rows(rows, cut, source)
        for metric in plan.metrics:
            if isinstance(metric.statistic, Fitted) and plan.recorded(metric):
                asked["cells", metric.id] = plan.cells(metric)
        return asked

    def _fetch(self, query: ir.Table) -> pd.DataFrame:
        frame: pd.DataFrame = query.to_pandas()
        frame = frame.rename(columns={key_column(n): n for n in (*self.plan.dims, BUCKET)})
        if "replication" in self.plan.dims:
            frame["replication"] = frame["replication"].astype("Int64")
        if self.plan.every:
            frame[BUCKET] = pd.to_datetime(frame[BUCKET])
        return frame.set_index(self._names) if self._names else frame

    @property
    def _names(self) -> list[str]:
        return [*([BUCKET] if self.plan.every else []), *self.plan.dims]

    def _all_left_out(
        self, families: Sequence[Family], ready: dict[_Question, ir.Table]
    ) -> dict[Family, pd.DataFrame | None]:
        """Return what `excluded_reason` takes out, asking once per table and instant."""
        fetched: dict[_Question, pd.DataFrame | None] = {}
        out: dict[Family, pd.DataFrame | None] = {}
        for family in families:
            source, attribution = family
            key = ("out", (source, attribution.instant))
            if key in ready and key not in fetched:
                fetched[key] = self._left_out(source, ready[key])
            out[family] = fetched.get(key)
        return out

    def _left_out(self, source: str, query: ir.Table) -> pd.DataFrame | None:
        """Return the rows that `excluded_reason` takes out, one column per reason."""
        counts = self._fetch(query)
        if counts.empty:
            return None
        wide = counts.reset_index().pivot_table(
            index=self._names or None, columns="excluded_reason", values=column("out", source),
            aggfunc="sum", fill_value=0, observed=True,
        )  # fmt: skip
        return wide if self._names else wide.reset_index(drop=True)

    def _index(self, frames: Sequence[pd.DataFrame]) -> pd.Index:
        """Return every period × every group that occurs, so that nothing is a silent hole."""
        if not self._names:
            return pd.RangeIndex(1)
        flat = [f.index.to_frame(index=False) for f in frames if len(f)]
        seen = pd.concat(flat, ignore_index=True) if flat else pd.DataFrame(columns=self._names)
        groups = self._groups(seen) if self.plan.dims else None
        if not self.plan.every:
            assert groups is not None
            return _multi(groups)
        starts = pd.DataFrame({BUCKET: [pd.Timestamp(p.first_day) for p in self._spine(seen)]})
        return _multi(starts if groups is None else starts.merge(groups, how="cross"))

    def _groups(self, seen: pd.DataFrame) -> pd.DataFrame:
        """Return every group that occurs; with replications, in every one of them."""
        if "replication" not in self.plan.dims:
            return seen[list(self.plan.dims)].drop_duplicates().sort_values(list(self.plan.dims))
        runs = pd.DataFrame({"replication": self.plan.view.replications}, dtype="Int64")
        others = [d for d in self.plan.dims if d != "replication"]
        if not others:
            return runs
        rest = seen[others].drop_duplicates().sort_values(others)
        return runs.merge(rest, how="cross")[list(self.plan.dims)]

    def _spine(self, seen: pd.DataFrame) -> list[Period]:
        """Return the periods of the result, without holes."""
        every = str(self.plan.every)
        if self.plan.period is not None:
            first = Period.containing(self.plan.period.start, every, self.plan.tz)
            last = Period.containing(
                self.plan.period.end - dt.timedelta(microseconds=1), every, self.plan.tz
            )
            return periods_between(first, last)
        starts = seen[BUCKET].dropna()
        if starts.empty:
            return []
        first = Period(starts.min().date(), every, self.plan.tz)
        last = Period(starts.max().date(), every, self.plan.tz)
        return periods_between(first, max(last, first))

    def _rows(
        self,
        metric: Metric,
        found: dict[Family, pd.DataFrame],
        left_out: dict[Family, pd.DataFrame | None],
        index: pd.Index,
        fitted: Estimate | None,
    ) -> pd.DataFrame:
        family = (metric.basis.source, metric.basis.attribution)
        frame = found.get(family, pd.DataFrame(index=index[:0]))
        if isinstance(metric.statistic, Backlog):
            rows = self._backlog(frame, index)
        else:
            rows = metric_rows(metric, frame.reindex(index), fitted)
        out = left_out.get(family)
        if out is not None:
            rows["excluded"] = _merged(rows["excluded"], out.reindex(index))
        rows["flag"] = flags(rows, metric.statistic)
        recorded = self.plan.recorded(metric)
        lacking = metric.statistic.lacks(self.plan.dims)
        if not recorded or lacking:
            rows["flag"] = "undefined"
        rows["note"] = [lacking] * len(rows) if lacking else self._notes(metric, rows, recorded)
        rows["metric"], rows["title"] = metric.id, metric.title
        rows["statistic"], rows["definition_version"] = metric.statistic.name, metric.version
        rows["unit"], rows["direction"] = metric.unit, metric.direction
        rows["attribution"] = metric.attribution.value
        return rows.reset_index() if self._names else rows

    def _notes(self, metric: Metric, rows: pd.DataFrame, recorded: bool) -> list[str]:
        """Return what is lacking or taken for granted, and what the row's own numbers say."""
        view, basis = self.plan.view, metric.basis
        if not recorded:
            return [f"the data lack {view.lacking(basis, SOURCES[basis.source])}"] * len(rows)
        assumed = view.assumed(basis)
        return ["; ".join(text for text in (assumed, own) if text) for own in rows["note"]]

    def _fitted(self, metric: Metric, query: ir.Table, index: pd.Index) -> Estimate:
        """Return the estimates that are fitted to cells."""
        assert isinstance(metric.statistic, Fitted)
        cells = self._fetch(query)
        cells = cells.reset_index() if self._names else cells
        return metric.statistic.fitted(cells, self._names, index)

    def _backlog(self, frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
        """Return the backlog at the end of each period: the running sum of its changes."""
        net = frame[column("net", "backlog")] if len(frame) else pd.Series(dtype=float)
        if not self._names:
            level = pd.Series([float(net.sum())], index=index)
        elif not self.plan.every:
            level = net.reindex(index).fillna(0).astype(float)
        else:
            level = _running(net, index, list(self.plan.dims))
        out = pd.DataFrame({"value": level.astype(float)}, index=index)
        out["n"] = out["value"].astype("int64")
        out["numerator"] = out["low"] = out["high"] = np.nan
        out["interval_method"] = Backlog().interval
        out["excluded"] = pd.Series([{} for _ in range(len(out))], index=index, dtype=object)
        out["pending"] = np.int64(0)
        out["note"] = ""
        return out

    def _label(self, rows: pd.DataFrame, every: str) -> None:
        """Write each row's period: its name, its start and its end."""
        known = {start: Period(start.date(), every, self.plan.tz) for start in set(rows[BUCKET])}
        asked = [known[start] for start in rows[BUCKET]]
        rows["period"] = rows[every] = [p.label for p in asked]
        start = pd.Series(pd.to_datetime([p.start for p in asked], utc=True), index=rows.index)
        end = pd.Series(pd.to_datetime([p.end for p in asked], utc=True), index=rows.index)
        whole = self.plan.period
        if whole is not None:  # a week at the edge of the month counts its days in it
            start = start.where(start > pd.Timestamp(whole.start), pd.Timestamp(whole.start))
            end = end.where(end < pd.Timestamp(whole.end), pd.Timestamp(whole.end))
        rows["period_start"], rows["period_end"] = start, end

    def _tidy(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self.plan.every:
            self._label(rows, self.plan.every)
        elif self.plan.period is not None:
            rows["period"] = self.plan.period.label
            rows["period_start"] = pd.Timestamp(self.plan.period.start)
            rows["period_end"] = pd.Timestamp(self.plan.period.end)
        else:
            rows["period"] = "all"
            begun = {m.id: pd.Timestamp(self.plan.begins(m)) for m in self.plan.metrics}
            rows["period_start"] = rows["metric"].map(begun)
            rows["period_end"] = pd.Timestamp(self.plan.view.as_of)
        rows["as_of"] = pd.Timestamp(self.plan.view.as_of)
        unborn = (rows["statistic"] == Backlog().name) & (rows["period_start"] > rows["as_of"])
        rows["value"] = rows["value"].mask(unborn)
        rows["n"] = rows["n"].mask(unborn, 0)
        rows["flag"] = rows["flag"].mask(unborn, "empty")
        self._tell_what_the_log_covers(rows)
        head = list(RESULT_COLUMNS)
        at = head.index("period") + 1
        groups = [*([self.plan.every] if self.plan.every else []), *self.plan.dims]
        return rows[[*head[:at], *groups, *head[at:]]]

    def _tell_what_the_log_covers(self, rows: pd.DataFrame) -> None:
        """Say beside the numbers of a period outside the log that it is not in it."""
        if self.plan.every is None and self.plan.period is None:
            return
        end = pd.Timestamp(self.plan.view.as_of)
        nothing = (rows["n"] == 0) & rows["flag"].isin(["empty", "ok"])
        wanted = set(rows.loc[nothing, "metric"])
        begins = {m.id: self.plan.begins(m) for m in self.plan.metrics if m.id in wanted}
        begun = pd.to_datetime(rows["metric"].map(begins), utc=True)
        outside = nothing & ((rows["period_end"] <= begun) | (rows["period_start"] > end))
        zone = time_zone(self.plan.tz)
        told = {
            metric: f"the log covers {first.astimezone(zone):%Y-%m-%d} to {end:%Y-%m-%d}"
            for end in [self.plan.view.as_of.astimezone(zone)]
            for metric, first in begins.items()
        }
        rows.loc[outside, "note"] = [
            "; ".join(text for text in (note, told[metric]) if text)
            for note, metric in zip(
                rows.loc[outside, "note"], rows.loc[outside, "metric"], strict=True
            )
        ]


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
    both = pd.concat([changes, wanted], ignore_index=True).sort_values(BUCKET, kind="stable")
    both["level"] = both.groupby(dims)["net"].cumsum() if dims else both["net"].cumsum()
    levels = both.dropna(subset=["order"]).sort_values("order")["level"]
    return pd.Series(levels.to_numpy(), index=index)
