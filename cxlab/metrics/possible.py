"""Which metrics a log can answer, and what the others lack."""

from __future__ import annotations

from cxlab.metrics.catalogue import METRICS
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.view import view_of
from cxlab.tables import Tables

__all__ = ["lacking"]


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
