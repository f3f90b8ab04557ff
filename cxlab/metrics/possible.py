"""Which metrics a log can answer, what the others lack, and which tables metrics look at."""

from __future__ import annotations

from collections.abc import Sequence

from cxlab.calendars import EVERY
from cxlab.metrics.catalogue import METRICS, select_metrics
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import Backlog
from cxlab.metrics.view import view_of
from cxlab.tables import Tables

__all__ = ["lacking", "tables_for"]


def lacking(tables: Tables) -> dict[str, str]:
    """Return for every metric which tables and columns the log lacks for it; "" for none.

    >>> import pandas as pd
    >>> tables = Tables.from_frames({"tickets": pd.DataFrame({
    ...     "ticket_id": ["A"], "channel": "email", "status": "open",
    ...     "created_at": ["2026-01-05 09:00Z"]})})
    >>> found = lacking(tables)
    >>> found["vol"], found["frt"], found["nps"]
    ('', 'tickets.first_human_reply_at', 'surveys')
    """
    view = view_of(tables, None)
    return {m.id: view.lacking(m.basis, SOURCES[m.basis.source]) for m in METRICS.values()}


def tables_for(metrics: str | Sequence[str], by: Sequence[str] = ()) -> frozenset[str] | None:
    """Return the tables that the metrics look at where tickets record all their columns.

    So it is in simulated logs. `by` are the groups asked. None where any table may matter. Raises
    InputError for an unknown metric.

    >>> sorted(tables_for(["frt", "csat"]))
    ['customers', 'escalations', 'surveys', 'tickets']
    """
    names: set[str] = set()
    for metric in select_metrics(metrics):
        source = SOURCES[metric.basis.source]
        if source.beside is None:
            return None
        needs = [need for text in (*metric.basis.needs, *metric.basis.assumes)
                 for need in text.split("|")]  # fmt: skip
        names |= {*source.tables, *source.beside, *(need.partition(".")[0] for need in needs)}
        if isinstance(metric.statistic, Backlog) and set(by) & set(EVERY):
            names.add("status_events")  # when it was reopened in between
    return frozenset(names)
