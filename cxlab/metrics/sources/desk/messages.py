"""Rows from messages: tickets with their replies, customers' turns, contacts."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import opened_by_business
from cxlab.metrics.sources.desk.hours import with_open, with_open_by_schedule, with_schedule
from cxlab.metrics.sources.desk.spells import keyed
from cxlab.metrics.view import Source, View, Windows
from cxlab.tables.derive import CONTACT_GAP_S

__all__ = ["CONTACTS", "REPLIES", "REPLIES_IN_HOURS", "SOURCES", "TURNS", "TURNS_IN_HOURS", "turns"]

_NOTHING = {
    "first_customer_at": "timestamp(6)",
    "first_agent_at": "timestamp(6)",
    "second_agent_at": "timestamp(6)",
    "agent_after_customer_at": "timestamp(6)",
    "agent_after_first_at": "timestamp(6)",
    "first_message_at": "timestamp(6)",
    "agent_wrote_first": "boolean",
    "n_agent": "int64",
    "n_agent_sessions": "int64",
    "n_teammates": "int64",
    "n_customer": "int64",
}
"""Facts that messages tell about a ticket; columns `fact_…` of the source, with their types."""


def _public(view: View, *authors: str) -> ir.Table:
    """Return the messages a customer can read by customers and these, with `message_key`."""
    messages = view.tables["messages"]
    kept = messages.filter(
        messages.excluded_reason.isnull()
        & messages.is_public
        & messages.author_type.isin(["customer", *authors])
    )
    run = kept.replication.fill_null(-1).cast("string")
    return kept.select(
        "message_id", "at", "author_type", "author_id", "session_id",
        message_key=run + ":" + kept.ticket_id, message_channel=kept.channel,
    )  # fmt: skip


def _replies(messages: ir.Table) -> ir.Table:
    """Return the facts of `_NOTHING` per ticket."""
    order = [messages.at, messages.message_id]
    whole = ibis.window(group_by=messages.message_key)
    ordered = ibis.window(group_by=messages.message_key, order_by=order)
    own = ibis.window(group_by=[messages.message_key, messages.author_type], order_by=order)
    by_agent = messages.author_type == "agent"
    m = messages.mutate(
        by_agent=by_agent,
        place=ibis.row_number().over(ordered),
        nth=ibis.row_number().over(own),
        asked=messages.at.min(where=~by_agent).over(whole),
        began=messages.at.min().over(whole),
    )
    session = ibis.coalesce(m.session_id, m.message_id)
    return m.group_by("message_key").aggregate(
        first_customer_at=m.at.min(where=~m.by_agent),
        first_agent_at=m.at.min(where=m.by_agent),
        second_agent_at=m.at.min(where=m.by_agent & (m.nth == 1)),
        agent_after_customer_at=m.at.min(where=m.by_agent & (m.at >= m.asked)),
        agent_after_first_at=m.at.min(where=m.by_agent & (m.at > m.began)),
        first_message_at=m.at.min(),
        agent_wrote_first=(m.by_agent & (m.place == 0)).any(),
        n_agent=m.by_agent.sum(),
        n_agent_sessions=session.nunique(where=m.by_agent),
        n_teammates=m.author_id.nunique(where=m.by_agent),
        n_customer=(~m.by_agent).sum(),
    )


def _replied(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with what their messages tell, and the instants of first replies.

    `fact_given_at` is the first public reply by a person as messages (else the ticket) tell it.
    """
    tickets = keyed(view.tickets)
    if view.table("messages") is None:
        facts = tickets.mutate(**{f"fact_{c}": ibis.null(t) for c, t in _NOTHING.items()})
    else:
        found = _replies(_public(view, "agent")).rename({f"fact_{c}": c for c in _NOTHING})
        facts = tickets.left_join(found, tickets.fact_key == found.message_key).drop("message_key")
    ours = opened_by_business(facts)
    first = ibis.coalesce(facts.fact_first_agent_at, facts.first_human_reply_at)
    facts = facts.mutate(
        fact_ours=ours,
        fact_waits_from=ours.ifelse(facts.fact_first_customer_at, facts.created_at),
        fact_waits_to=ours.ifelse(
            facts.fact_agent_after_customer_at,
            ibis.coalesce(facts.first_human_reply_at, facts.fact_agent_after_customer_at, first),
        ),
        fact_zendesk_to=(ours & facts.fact_agent_wrote_first.fill_null(False)).ifelse(
            facts.fact_second_agent_at, first
        ),
        fact_intercom_from=ibis.coalesce(facts.fact_first_customer_at, facts.created_at),
        fact_intercom_to=ibis.coalesce(facts.fact_agent_after_customer_at, first),
        fact_dbt_from=facts.fact_agent_wrote_first.fill_null(True).ifelse(
            facts.created_at, facts.fact_first_message_at
        ),
        fact_dbt_to=facts.fact_agent_wrote_first.fill_null(True).ifelse(
            first, facts.fact_agent_after_first_at
        ),
        fact_first_to=first,
    )
    return facts.mutate(fact_given_at=ibis.coalesce(first, facts.created_at))


def _replied_in_hours(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with the open seconds until their first reply."""
    spans = {
        "fact_intercom_open_s": ("fact_intercom_from", "fact_intercom_to"),
        "fact_chatwoot_open_s": ("created_at", "fact_first_to"),
    }
    return with_open(with_schedule(view.rows(REPLIES, windows), view), spans, view)


def _replied_by_start(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with the open seconds to Zendesk's first reply, by the hours at start."""
    spans = {"fact_zendesk_open_s": ("created_at", "fact_zendesk_to")}
    rows = with_schedule(view.rows(REPLIES, windows), view)
    return with_open(rows, spans, view, at_event=True)


def _replied_by_schedule(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with dbt_zendesk's open seconds, added up over a ticket's schedules."""
    spans = {"fact_dbt_open_s": ("fact_dbt_from", "fact_dbt_to")}
    return with_open_by_schedule(with_schedule(view.rows(REPLIES, windows), view), spans, view)


def turns(view: View) -> ir.Table:
    """Return one row per turn of a customer, with its ticket's columns.

    A turn begins with the first of one or more messages that no person has answered, and ends with
    the next public message by a person: `fact_started_at`, `fact_reply_at`. `fact_first_turn` is
    true before any reply.
    """
    messages = _public(view, "agent")
    order = [messages.at, messages.message_id]
    window = ibis.window(group_by=messages.message_key, order_by=order)
    ahead = ibis.window(group_by=messages.message_key, order_by=order, preceding=0, following=None)
    behind = ibis.window(group_by=messages.message_key, order_by=order, preceding=None, following=0)
    by_agent = messages.author_type == "agent"
    replied = by_agent.ifelse(messages.at, ibis.null("timestamp(6)"))
    marked = messages.mutate(
        previous=messages.author_type.lag().over(window),
        fact_reply_at=replied.min().over(ahead),
        replies_before=by_agent.cast("int64").sum().over(behind),
    )
    first = marked.previous.isnull() | (marked.previous == "agent")
    started = marked.filter((marked.author_type == "customer") & first)
    started = started.select(
        "message_key", "fact_reply_at", "message_id",
        fact_started_at="at", fact_first_turn=started.replies_before == 0,
    )  # fmt: skip
    tickets = keyed(view.tickets)
    joined = tickets.inner_join(started, tickets.fact_key == started.message_key)
    return joined.mutate(fact_turn=joined.fact_key + ":" + joined.message_id).drop(
        "message_key", "message_id"
    )


def _turns(view: View, windows: Windows) -> ir.Table:
    return turns(view)


def _turns_in_hours(view: View, windows: Windows) -> ir.Table:
    rows = with_schedule(view.rows(TURNS, windows), view)
    return with_open(rows, {"fact_reply_open_s": ("fact_started_at", "fact_reply_at")}, view)


def _contacts(view: View, windows: Windows) -> ir.Table:
    """Return one row per contact of a customer, with its ticket's columns and `fact_at`.

    A contact is a customer's message after an hour of silence on the ticket; the messages of one
    chat session are one. A ticket that a customer opened without any message (a call) is one too.
    """
    messages = _public(view, "agent", "bot")
    order = [messages.at, messages.message_id]
    window = ibis.window(group_by=messages.message_key, order_by=order)
    session = ibis.window(
        group_by=[messages.message_key, messages.session_id, messages.author_type], order_by=order
    )
    gap = messages.at.epoch_seconds() - messages.at.lag().over(window).epoch_seconds()
    marked = messages.mutate(
        silent=gap.isnull() | (gap >= CONTACT_GAP_S),
        again=messages.session_id.notnull() & (ibis.row_number().over(session) > 0),
    )
    wrote = marked.filter(marked.author_type == "customer")
    new = wrote.filter(wrote.silent & ~wrote.again).select("message_key", fact_at="at")
    tickets = keyed(view.tickets)
    written = tickets.inner_join(new, tickets.fact_key == new.message_key).drop("message_key")
    quiet = tickets.anti_join(wrote, tickets.fact_key == wrote.message_key)
    quiet = quiet.filter(~opened_by_business(quiet)).mutate(fact_at=quiet.created_at)
    return ibis.union(written, quiet.select(written.columns), distinct=False)


REPLIES = Source("replied_tickets", ("tickets",), _replied)
_IN_HOURS = ("tickets", "messages", "schedules")
REPLIES_IN_HOURS = Source("replied_tickets_in_hours", _IN_HOURS, _replied_in_hours)
REPLIES_BY_START = Source("replied_tickets_in_hours_at_start", _IN_HOURS, _replied_by_start)
REPLIES_BY_SCHEDULE = Source("replied_tickets_by_schedule", _IN_HOURS, _replied_by_schedule)
TURNS = Source("turns", ("tickets", "messages"), _turns)
TURNS_IN_HOURS = Source("turns_in_hours", _IN_HOURS, _turns_in_hours)
CONTACTS = Source("contacts", ("tickets", "messages"), _contacts)
SOURCES = (
    REPLIES, REPLIES_IN_HOURS, REPLIES_BY_START, REPLIES_BY_SCHEDULE, TURNS, TURNS_IN_HOURS,
    CONTACTS,
)  # fmt: skip
