"""Sources of the support desk: tickets and survey answers, with their facts."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.metrics.facts import survey_facts
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]


def _tickets(view: View, windows: Windows) -> ir.Table:
    return view.tickets


def _surveys(view: View, windows: Windows) -> ir.Table:
    tickets = view.rows(TICKETS, windows) if "tickets" in view.tables else None
    return survey_facts(view.tables["surveys"], tickets, view.as_of)


TICKETS = Source("tickets", ("tickets",), _tickets)
SURVEYS = Source("surveys", ("surveys",), _surveys)
SOURCES = (TICKETS, SURVEYS)
