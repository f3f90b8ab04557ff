"""Source of the support desk: tickets with their facts."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]


def _tickets(view: View, windows: Windows) -> ir.Table:
    return view.tickets


TICKETS = Source("tickets", ("tickets",), _tickets, beside=("escalations",))
SOURCES = (TICKETS,)
