"""Rows placed in the periods of the report, for sources that count per period."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.view import View, Windows

__all__ = ["begun_windows", "is_whole_log", "within"]


def begun_windows(view: View, windows: Windows) -> ir.Table:
    """Return the report's periods that have begun by the cut-off."""
    spans = windows.table()
    return spans.filter(spans.fact_window_start <= ibis.timestamp(naive_utc(view.as_of)))


def is_whole_log(windows: Windows) -> bool:
    """Return whether the one period is the whole log, the instant of the cut-off included."""
    return windows.every is None and windows.period is None


def within(at: ir.TimestampValue, spans: ir.Table, windows: Windows) -> ir.BooleanValue:
    """Return whether an instant lies in the period [start, end), the whole log's end included."""
    begun = at >= spans.fact_window_start
    if is_whole_log(windows):
        return begun & (at <= spans.fact_window_end)
    return begun & (at < spans.fact_window_end)
