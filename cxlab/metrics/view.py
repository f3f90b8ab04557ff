"""Tables as metrics see them: complete at an instant, with facts, ready to be grouped."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir
import pandas as pd

from cxlab.errors import InputError
from cxlab.metrics.declaration import Basis
from cxlab.metrics.facts import survey_facts, ticket_facts
from cxlab.tables import Tables, complete

__all__ = ["View", "view_of"]

CACHED_ROWS = 1_000_000
"""Up to so many tickets the facts are kept as a temporary table.

Writing the SQL of deep expressions costs more than running it on small data; on large data
copying the facts costs more than it saves.
"""

_EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, eq=False)
class View:
    """Tables complete at `as_of`, their rows with facts, and the span of time they cover.

    `sources` maps the tables that bases name ("tickets", "surveys") to rows with facts.
    """

    tables: Tables
    as_of: dt.datetime
    sources: dict[str, ir.Table]
    span: tuple[dt.datetime, dt.datetime]

    def events(self) -> ir.Table | None:
        """Return the status events, if the log has them."""
        return _table(self.tables, "status_events")

    def recorded(self, basis: Basis) -> bool:
        """Return whether the data has what the basis needs."""
        return basis.table in self.sources and all(
            any(self._has(part) for part in need.split("|")) for need in basis.needs
        )

    def excludes(self, table: str) -> bool:
        """Return whether rows of the table (or of the tickets behind them) can be excluded."""
        return any(self.tables.has(name, "excluded_reason") for name in {table, "tickets"})

    def assumed(self, basis: Basis) -> str:
        """Return what the basis takes for granted because the data lack it, in words."""
        if not self.recorded(basis):
            return ""
        return "; ".join(text for need, text in basis.assumes.items() if not self._has(need))

    @cached_property
    def replications(self) -> list[int]:
        """The simulated replications that any table holds, runs without a ticket included."""
        found: set[int] = set()
        for name in self.tables.names:
            if self.tables.has(name, "replication"):
                numbers = self.tables[name].select("replication").distinct().to_pyarrow()
                found |= {n for n in numbers["replication"].to_pylist() if n is not None}
        return sorted(found)

    def _has(self, need: str) -> bool:
        table, _, name = need.partition(".")
        return self.tables.has(table, name or None)


def view_of(tables: Tables, as_of: dt.datetime | None) -> View:
    """Return the tables as they stood at `as_of` (default: the end of the data).

    Built once per instant and kept with the tables. Raises InputError when there are no
    tickets or `as_of` has no time zone.
    """
    if "tickets" not in tables:
        raise InputError("metrics need the table 'tickets'", given=list(tables.names))
    if as_of is not None and as_of.tzinfo is None:
        raise InputError("as_of has no time zone", given=str(as_of), expected="2016-05-01T00:00Z")
    key = ("view", as_of)
    if key not in tables.memo:
        tables.memo[key] = _build(complete(tables, as_of=as_of), as_of or tables.as_of or _EPOCH)
    view: View = tables.memo[key]
    return view


def _build(tables: Tables, as_of: dt.datetime) -> View:
    facts = ticket_facts(tables["tickets"], _table(tables, "escalations"), as_of)
    created = facts.created_at
    bounds = facts.aggregate(low=created.min(), high=created.max(), rows=facts.count()).to_pandas()
    low, high, rows = bounds.loc[0, ["low", "high", "rows"]]
    small = rows <= CACHED_ROWS
    facts = facts.cache() if small else facts
    sources = {"tickets": facts}
    if "surveys" in tables:
        answers = survey_facts(tables["surveys"], facts, as_of)
        sources["surveys"] = answers.cache() if small else answers
    span = (as_of, as_of) if pd.isna(low) else (_aware(low), max(_aware(high), as_of))
    return View(tables, as_of, sources, span)


def _table(tables: Tables, name: str) -> ir.Table | None:
    if name not in tables:
        return None
    return tables[name]


def _aware(instant: pd.Timestamp) -> dt.datetime:
    return instant.tz_localize("UTC").to_pydatetime()
