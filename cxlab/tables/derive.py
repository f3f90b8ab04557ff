"""Ticket columns that the input lacks built from its events, or compared with them."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd

from cxlab.tables.coerce import ROW
from cxlab.tables.lookback import looking_back
from cxlab.tables.rebuild import (
    CONTACT_GAP_S,
    FROM_MESSAGES,
    FROM_STATUS,
    SOLVE_COUNTS,
    rebuilt_columns,
    with_built,
    with_tickets,
)
from cxlab.tables.store import Tables

__all__ = ["CONTACT_GAP_S", "FROM_MESSAGES", "FROM_STATUS", "agreement", "complete"]


def complete(tables: Tables, as_of: datetime | None = None) -> Tables:
    """Add the ticket columns the input lacks but its events tell; with `as_of`, look back.

    Without `as_of` only absent columns are built. With it, every table is cut to what was known
    then (rows up to and including `as_of`; values that came later are empty): tickets that
    changed afterwards get their solves, status, assignee, group and priority from the events up
    to then, where the log has such events; elsewhere recorded instants after `as_of` are emptied,
    and counts that cannot be known then too. The resolver is the one of the last solve up to
    then: as recorded where no solve came later, else the assignee at that solve, empty where the
    log does not tell.
    Raises InputError when `as_of` has no zone.
    """
    if as_of is not None:
        return looking_back(tables, as_of)
    if "tickets" not in tables:
        return tables
    built = {c: t for c, t in rebuilt_columns(tables).items() if not tables.has("tickets", c)}
    if not built:
        return tables
    tickets = with_built(tables.numbered("tickets"), built)
    wanted = {c: tickets[f"__{c}"] for c in built}
    # Without a status event an open ticket was never solved; of a solved one nobody knows.
    none = tickets.status.isin(["solved", "closed"]).ifelse(ibis.null("int64"), 0)
    wanted |= {c: ibis.coalesce(wanted[c], none) for c in SOLVE_COUNTS if c in wanted}
    return with_tickets(tables, tickets.mutate(**wanted), tuple(built))


def agreement(tables: Tables) -> pd.DataFrame:
    """Compare the recorded ticket columns with those rebuilt from the events.

    One row per column that the input has both ways: column, tickets (with events), differ,
    only_recorded, only_rebuilt, examples (ticket ids). `differ` counts both kinds of one-sided
    values too.
    """
    names = ["column", "tickets", "differ", "only_recorded", "only_rebuilt", "examples"]
    if "tickets" not in tables:
        return pd.DataFrame(columns=names)
    rows = []
    for column, rebuilt in rebuilt_columns(tables).items():
        if tables.has("tickets", column):
            rows.append({"column": column, **_disagreement(tables, column, rebuilt)})
    return pd.DataFrame(rows, columns=names)


def _disagreement(tables: Tables, column: str, rebuilt: ir.Table) -> dict[str, object]:
    tickets = with_built(tables.numbered("tickets"), {column: rebuilt})
    tickets = tickets.filter(tickets["__seen_" + column])
    recorded, made = tickets[column], tickets["__" + column]
    wrong = tickets.filter(~recorded.identical_to(made))
    counts = tickets.aggregate(
        tickets=tickets.count(),
        differ=tickets.count(where=~recorded.identical_to(made)),
        only_recorded=tickets.count(where=recorded.notnull() & made.isnull()),
        only_rebuilt=tickets.count(where=recorded.isnull() & made.notnull()),
    )
    found: dict[str, object] = counts.to_pyarrow().to_pylist()[0]
    first = wrong.order_by(ROW).limit(5).ticket_id.to_pyarrow().to_pylist()
    return found | {"examples": ", ".join(str(t)[:60] for t in first)}
