"""Sources of what customers say: invitations with their answers, by instrument, and messages."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.calendars import local_time
from cxlab.metrics.answers import Answers, answer_facts
from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.support import TICKETS
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]

_UNITS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def _surveys(view: View, windows: Windows) -> ir.Table:
    """Return all invitations with their facts, which the sources of the instruments share."""
    tickets = view.rows(TICKETS, windows) if view.has(TICKETS) else None
    answers = Answers(
        view.tables["surveys"], tickets, view.table("customers"), naive_utc(view.as_of)
    )
    return answer_facts(answers, lambda at: _wave(view, windows, at))


SURVEYS = Source("surveys", ("surveys",), _surveys, waves=True)


def _of(instrument: str, version: str | None = None) -> Source:
    """Return the source of one instrument: what others leave out is none of its business."""

    def build(view: View, windows: Windows) -> ir.Table:
        rows = view.rows(SURVEYS, windows)
        rows = rows.filter(rows.instrument == instrument)
        return rows if version is None else rows.filter(rows.version == version)

    return Source(version or instrument, ("surveys",), build, waves=True)


def _wave(view: View, windows: Windows, at: ir.TimestampValue) -> list[ir.Value]:
    """Return columns that are equal for instants in one period of the report."""
    columns: list[ir.Value] = []
    if windows.period is not None:
        low, high = naive_utc(windows.period.start), naive_utc(windows.period.end)
        columns.append((at >= ibis.timestamp(low)) & (at < ibis.timestamp(high)))
    if windows.every is not None:
        zoned = windows.zone != "UTC"
        local = local_time(at, windows.zone, *view.span) if zoned else at
        columns.append(local.truncate(_UNITS[windows.every]))
    return columns


def _messages(view: View, windows: Windows) -> ir.Table:
    """Return the messages that customers wrote, with what is known of their tickets."""
    rows = view.tables["messages"]
    own = rows.filter(rows.author_type == "customer").mutate(fact_at=rows.at)
    if not view.has(TICKETS):
        return own
    tickets = view.rows(TICKETS, windows)
    own = own.rename(message_channel="channel")
    taken = {*own.columns, "excluded_reason"}
    about = tickets.select(
        *[c for c in tickets.columns if c not in taken],
        about_ticket=tickets.ticket_id,
        about_run=tickets.replication,
        ticket_excluded=tickets.excluded_reason,
    )
    joined = own.left_join(
        about,
        [own.ticket_id == about.about_ticket, own.replication.identical_to(about.about_run)],
    )
    reason = ibis.coalesce(joined.excluded_reason, joined.ticket_excluded)
    return joined.mutate(excluded_reason=reason).drop(
        "about_ticket", "about_run", "ticket_excluded"
    )


SOURCES = (
    SURVEYS,
    _of("csat"),
    _of("nps"),
    _of("ces", "ces_1"),
    _of("ces", "ces_2"),
    Source("customer_messages", ("messages",), _messages),
)
