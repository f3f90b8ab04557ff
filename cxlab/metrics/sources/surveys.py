"""Sources of what customers say: invitations with their answers, by instrument, and messages."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.calendars import local_time
from cxlab.metrics.answers import Answers, Standing, answer_facts, with_standing
from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.support import TICKETS
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]

_UNITS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def _facts(view: View, windows: Windows) -> ir.Table:
    tickets = view.rows(TICKETS, windows) if view.has(TICKETS) else None
    return answer_facts(
        Answers(view.tables["surveys"], tickets, view.table("customers"), naive_utc(view.as_of))
    )


_FACTS = Source("survey_facts", ("surveys",), _facts)
"""All survey rows with their facts, which the sources below share."""


_BESIDE = ("tickets", "escalations", "customers")


def _source(
    name: str,
    instrument: str | None = None,
    version: str | None = None,
    standing: Standing = Standing.LATEST,
) -> Source:
    """Return the source of one instrument: what others leave out is none of its business.

    Which of several rows stands is a source's own matter, so that each sorts them once only.
    """

    def build(view: View, windows: Windows) -> ir.Table:
        rows = view.rows(_FACTS, windows)
        if instrument is not None:
            rows = rows.filter(rows.instrument == instrument)
        if version is not None:
            rows = rows.filter(rows.version == version)
        if view.tables.meta.asked_once and standing != Standing.OF_CUSTOMER:
            return rows.mutate(fact_latest=ibis.literal(True))
        return with_standing(rows, standing, lambda at: _wave(view, windows, at))

    return Source(name, ("surveys",), build, waves=True, beside=_BESIDE)


def _wave(view: View, windows: Windows, at: ir.TimestampValue) -> list[ir.Value]:
    """Return columns that are equal for instants in one period of the report."""
    columns: list[ir.Value] = []
    if windows.period is not None:
        low, high = naive_utc(windows.period.start), naive_utc(windows.period.end)
        columns.append((at >= ibis.timestamp(low)) & (at < ibis.timestamp(high)))
    if windows.every is not None:
        zoned = windows.zone != "UTC"
        bounds = (view.begins(_FACTS), view.span[1])
        local = local_time(at, windows.zone, *bounds) if zoned else at
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
    _source("surveys"),
    _source("invitations", standing=Standing.INVITATION),
    _source("csat", "csat"),
    _source("csat_first", "csat", standing=Standing.FIRST),
    _source("csat_sent", "csat", standing=Standing.LATEST_SENT),
    _source("nps", "nps"),
    _source("nps_customer", "nps", standing=Standing.OF_CUSTOMER),
    _source("ces_1", "ces", "ces_1"),
    _source("ces_2", "ces", "ces_2"),
    Source("customer_messages", ("messages",), _messages),
)
