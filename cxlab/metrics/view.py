"""Tables as metrics see them: complete at an instant, with facts, ready to be grouped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import ibis
import ibis.expr.types as ir
import pandas as pd

from cxlab.calendars import Period, periods_between
from cxlab.errors import InputError
from cxlab.metrics.declaration import Basis
from cxlab.metrics.facts import naive_utc, ticket_facts
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.tables import TABLES, Kind, Tables, complete
from cxlab.tables.narrow import Steps

__all__ = ["Source", "View", "Windows", "view_of"]

CACHED_ROWS = 1_000_000
"""Up to so many tickets the facts are kept as a temporary table.

Writing the SQL of deep expressions costs more than running it on small data; on large data
copying the facts costs more than it saves.
"""

_Bounds = tuple[dt.datetime | None, dt.datetime | None, int]
"""First and last instant of a table (None: it has none), and its rows."""

_EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Windows:
    """The report's periods, for rows that exist once per period (customers at its start).

    Without periods there is one window: the whole `period`, else all of the data. `first` is
    where the data begin (aware); `View.rows` says it, for each source of its own.
    """

    every: str | None
    period: Period | None
    zone: str
    as_of: dt.datetime
    first: dt.datetime | None = None

    def table(self) -> ir.Table:
        """Return one row per window, from the first of the data to the cut-off.

        Columns: `fact_window_start`, `fact_window_end` (naive UTC, half-open), and
        `fact_window_over`, whether the cut-off lies behind it.
        """
        spans = self._spans()
        return ibis.memtable(
            pd.DataFrame(
                {
                    "fact_window_start": pd.Series(
                        [naive_utc(start) for start, _ in spans], dtype="datetime64[us]"
                    ),
                    "fact_window_end": pd.Series(
                        [naive_utc(end) for _, end in spans], dtype="datetime64[us]"
                    ),
                    "fact_window_over": [end <= self.as_of for _, end in spans],
                }
            )
        )

    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """Return the first instant of the first window and the end of the last (aware)."""
        spans = self._spans()
        return spans[0][0], spans[-1][1]

    def _spans(self) -> list[tuple[dt.datetime, dt.datetime]]:
        whole = self.period
        start = whole.start if whole else min(self.first or self.as_of, self.as_of)
        end = whole.end if whole else self.as_of
        if self.every is None:
            return [(start, end)]
        last = max(end - dt.timedelta(microseconds=1), start) if whole else end
        periods = periods_between(
            Period.containing(start, self.every, self.zone),
            Period.containing(last, self.every, self.zone),
        )
        if whole is None:
            return [(p.start, p.end) for p in periods]
        return [(max(p.start, start), min(p.end, end)) for p in periods]


@dataclass(frozen=True, eq=False)
class Source:
    """Rows with facts that bases are stated on, built from canonical tables.

    Every source has the columns `excluded_reason` and `replication`, the instants that its
    bases are attributed by, and whatever columns reports can group by. `windowed` rows exist
    once per period of the report; of rows in `waves` each exists once, but which of several
    stands for them depends on the periods. Without the `tables` there is no source
    ("a|b": one of them). `beside` are the tables that it looks at where they are there; None:
    any of them may matter.
    """

    name: str
    tables: tuple[str, ...]
    build: Callable[[View, Windows], ir.Table]
    windowed: bool = False
    waves: bool = False
    beside: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class View:
    """Tables complete at `as_of`, and the sources built on them so far."""

    tables: Tables
    as_of: dt.datetime
    settings: Settings = DEFAULTS

    def has(self, source: Source) -> bool:
        """Return whether the tables behind a source are there."""
        return all(any(n in self.tables for n in name.split("|")) for name in source.tables)

    def rows(self, source: Source, windows: Windows) -> ir.Table:
        """Return the rows of a source; built once, and for small data kept as a table."""
        dated = source.windowed and windows.period is None
        own = replace(windows, first=self.begins(source) if dated else None)
        key = (source.name, own if source.windowed or source.waves else None)
        if key not in self._built:
            self._built[key] = self.kept(source.build(self, own))
        return self._built[key]

    def begins(self, source: Source) -> dt.datetime:
        """Return the first instant of the source's own tables, of the tickets if it has them.

        Not that of the whole log: use, orders and contracts can be older than the first ticket,
        and customers older than any work of the desk.
        """
        names = [n for name in source.tables for n in name.split("|") if n in self.tables]
        asked = ["tickets"] if "tickets" in names else names
        lows = [low for low, _, _ in map(self._bounds_of, asked) if low is not None]
        return min(lows, default=self.span[0])

    def kept(self, rows: ir.Table) -> ir.Table:
        """Return the rows as a step on the way to a source, for small data kept as a table.

        Queries built on it are run through `ready` or `inlined`, not as they are.
        """
        return self._steps.later(rows) if self.small else rows

    def ready(self, queries: Sequence[ir.Table]) -> list[ir.Table]:
        """Return queries that can be run: the steps behind them hold the columns they ask for."""
        return self._steps.ready(queries)

    def inlined(self, query: ir.Table) -> ir.Table:
        """Return a query that can be run once, without keeping the steps behind it."""
        return self._steps.inlined(query)

    @cached_property
    def _steps(self) -> Steps:
        return Steps()

    @cached_property
    def _built(self) -> dict[object, ir.Table]:
        return {}

    @cached_property
    def tickets(self) -> ir.Table:
        """The tickets with facts (see `facts`), for small data kept as a table."""
        facts = ticket_facts(self.tables["tickets"], self.table("escalations"), self.as_of)
        return self.kept(facts)

    def table(self, name: str) -> ir.Table | None:
        """Return a canonical table, None when the log has none."""
        if name not in self.tables:
            return None
        return self.tables[name]

    @cached_property
    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """First instant of the data (of the tickets, where there are any) and the cut-off.

        What a source's periods begin with is `begins`.
        """
        low, high = self._bounds[:2]
        return (self.as_of, self.as_of) if low is None else (low, max(high or low, self.as_of))

    @property
    def events(self) -> tuple[dt.datetime, dt.datetime]:
        """First and last event of the data (of the tickets, where there are any)."""
        low, high = self._bounds[:2]
        return low or self.as_of, high or self.as_of

    @cached_property
    def small(self) -> bool:
        """Whether sources are kept as temporary tables: for more than one question."""
        return not self.tables.meta.passing and self._bounds[2] <= CACHED_ROWS

    @cached_property
    def _bounds(self) -> _Bounds:
        """First and last instant, and how many rows the largest table asked has."""
        names = ["tickets"] if "tickets" in self.tables else list(self.tables.names)
        found = [self._bounds_of(name) for name in names]
        lows = [low for low, _, _ in found if low is not None]
        highs = [high for _, high, _ in found if high is not None]
        rows = max((n for _, _, n in found), default=0)
        return min(lows, default=None), max(highs, default=None), rows

    @cached_property
    def _known_bounds(self) -> dict[str, _Bounds]:
        return {}

    def _bounds_of(self, name: str) -> _Bounds:
        """Return the bounds of a table, which is asked for them once."""
        if name not in self._known_bounds:
            self._known_bounds[name] = _bounds(self.tables, name)
        return self._known_bounds[name]

    def recorded(self, basis: Basis, source: Source) -> bool:
        """Return whether the data has what the basis needs."""
        return self.has(source) and all(
            any(self._has(part) for part in need.split("|")) for need in basis.needs
        )

    def lacking(self, basis: Basis, source: Source) -> str:
        """Return which tables and columns the data would have to have, in words; "" for none."""
        needs = [*source.tables, *basis.needs]
        absent = [n for n in needs if not any(self._has(part) for part in n.split("|"))]
        return ", ".join(n.replace("|", " or ") for n in dict.fromkeys(absent))

    def excludes(self, source: Source) -> bool:
        """Return whether rows of the source, its tickets or its customers can be excluded."""
        names = {"tickets", "customers", *(n for t in source.tables for n in t.split("|"))}
        return any(self.tables.has(name, "excluded_reason") for name in names)

    def assumed(self, basis: Basis) -> str:
        """Return what the basis takes for granted because the data lack it, in words.

        Settings that it depends on and that differ from the defaults are named too: changed
        weights make another version of a score.
        """
        lacking = [text for need, text in basis.assumes.items() if not self._has(need)]
        return "; ".join([*lacking, *self.settings.changes(basis.settings)])

    @cached_property
    def replications(self) -> list[int]:
        """The simulated replications that any table holds, runs without a ticket included."""
        names = [n for n in self.tables.names if self.tables.has(n, "replication")]
        if not names:
            return []
        # One query for all tables: a cluster takes longer to start one than to answer it.
        parts = [self.tables[name].select("replication").distinct() for name in names]
        numbers = (parts[0] if len(parts) == 1 else ibis.union(*parts)).to_pyarrow()
        return sorted({n for n in numbers["replication"].to_pylist() if n is not None})

    def _has(self, need: str) -> bool:
        table, _, name = need.partition(".")
        return self.tables.has(table, name or None)


def view_of(tables: Tables, as_of: dt.datetime | None, settings: Settings = DEFAULTS) -> View:
    """Return the tables as they stood at `as_of` (default: the end of the data).

    Built once per instant and kept with the tables. Raises InputError when there are no tables
    or `as_of` has no time zone.
    """
    if not len(tables):
        raise InputError("metrics need tables", given=list(tables.names))
    if as_of is not None and as_of.tzinfo is None:
        raise InputError("as_of has no time zone", given=str(as_of), expected="2016-05-01T00:00Z")
    key = ("view", as_of, settings.key)
    if key not in tables.memo:
        now = as_of or tables.as_of or _EPOCH
        known = complete(tables, as_of=as_of)
        if known is tables:  # a view that held them would keep them from going when they should
            known = tables.replaced({}, tables.meta)
        tables.memo[key] = View(known, now, settings)
    view: View = tables.memo[key]
    return view


def _bounds(tables: Tables, name: str) -> _Bounds:
    """Return the first and last value of a table's first required instant, and its rows."""
    rows = tables[name]
    instants = [
        c.name
        for c in TABLES[name].columns
        if c.kind is Kind.INSTANT and c.observed and tables.has(name, c.name)
    ]
    if not instants:
        return None, None, int(rows.count().execute())
    at = rows[instants[0]]
    found = rows.aggregate(low=at.min(), high=at.max(), rows=rows.count()).to_pyarrow().to_pylist()
    low, high = found[0]["low"], found[0]["high"]
    return _aware(low), _aware(high), int(found[0]["rows"])


def _aware(instant: dt.datetime | None) -> dt.datetime | None:
    return None if instant is None else instant.replace(tzinfo=dt.UTC)
