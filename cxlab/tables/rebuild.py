"""Ticket columns rebuilt from messages and status changes.

A ticket is solved when its status enters `solved` from an unsolved state. `closed` after
`solved` keeps it solved; `closed` straight from an open state closes it without a solve. Leaving
either for an open state reopens it, solved again or not.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from cxlab.tables.catalogue import table_spec
from cxlab.tables.coerce import ROW
from cxlab.tables.dialects import kept
from cxlab.tables.store import Stored, Tables

__all__ = [
    "CONTACT_GAP_S",
    "FROM_MESSAGES",
    "FROM_STATUS",
    "KEY",
    "SOLVE_COUNTS",
    "counted",
    "rebuilt_columns",
    "with_built",
    "with_tickets",
]

FROM_MESSAGES = (
    "first_reply_at",
    "first_human_reply_at",
    "n_public_agent_replies",
    "n_customer_messages",
    "n_contacts",
)
SOLVE_COUNTS = ("n_solves", "n_reopens")
FROM_STATUS = ("first_solved_at", "last_solved_at", *SOLVE_COUNTS)

CONTACT_GAP_S = 3600
"""A customer's message this long after the ticket's previous message is a new contact (s)."""

KEY = ("replication", "ticket_id")


def rebuilt_columns(tables: Tables) -> dict[str, ir.Table]:
    """Return for each column that the events tell the table it can be looked up in."""
    found: dict[str, ir.Table] = {}
    if tables.has("messages"):
        replies = replies_of(counted(tables["messages"]), tables["tickets"])
        found |= dict.fromkeys(FROM_MESSAGES, replies)
    if tables.has("status_events"):
        found |= dict.fromkeys(FROM_STATUS, solves_of(counted(tables["status_events"])))
    return found


def counted(rows: ir.Table) -> ir.Table:
    """Return the rows that nothing excludes."""
    return rows.filter(rows.excluded_reason.isnull())


def with_built(tickets: ir.Table, built: Mapping[str, ir.Table]) -> ir.Table:
    """Add `__column` and `__seen_column` of each built column to the tickets."""
    sources: dict[int, tuple[ir.Table, list[str]]] = {}
    for column, table in built.items():
        sources.setdefault(id(table), (table, []))[1].append(column)
    for table, columns in sources.values():
        right = table.select(
            __rep=table.replication,
            __ticket=table.ticket_id,
            __seen=ibis.literal(True),
            **{f"__{c}": table[c] for c in columns},
        )
        same = [
            tickets.ticket_id == right["__ticket"],
            tickets.replication.identical_to(right["__rep"]),
        ]
        joined = tickets.left_join(right, same)
        seen = {f"__seen_{c}": joined["__seen"].fill_null(False) for c in columns}
        tickets = joined.mutate(**seen).drop("__rep", "__ticket", "__seen")
    return tickets


def solves_of(events: ir.Table) -> ir.Table:
    """Return the columns of `FROM_STATUS` per ticket that has status events.

    `last_solved_at` is empty when the ticket was reopened after its last solve.
    """
    status = events.filter(events.field == "status")
    # `closed` changes nothing about being solved, so only the other states are followed.
    moves = status.mutate(moves=status.new != "closed")
    steps = moves.filter(moves.moves)
    order = [steps.at, steps.seq]
    group = [steps[k] for k in KEY]
    window = ibis.window(group_by=group, order_by=order)
    before = ibis.coalesce(steps.new.lag().over(window), steps.old, ibis.literal("new"))
    place = ibis.row_number().over(group_by=group, order_by=[steps.at.desc(), steps.seq.desc()])
    marked = steps.mutate(
        solve=(steps.new == "solved") & (before != "solved"),
        reopen=(steps.new != "solved") & (before == "solved"),
        final=place == 0,
        is_solved=steps.new == "solved",
    )
    solved = marked.group_by(KEY).aggregate(
        first_solved_at=marked.at.min(where=marked.solve),
        latest=marked.at.max(where=marked.solve),
        n_solves=marked.count(where=marked.solve),
        n_reopens=marked.count(where=marked.reopen),
        stays=(marked.final & marked.is_solved).any(),
    )
    known = status.select(*KEY).distinct()
    right = solved.rename(__rep="replication", __ticket="ticket_id")
    joined = known.left_join(
        right,
        [known.ticket_id == right["__ticket"], known.replication.identical_to(right["__rep"])],
    )
    return joined.select(
        *KEY,
        first_solved_at=joined.first_solved_at,
        last_solved_at=ibis.ifelse(joined.stays, joined.latest, ibis.null("timestamp(6)")),
        n_solves=joined.n_solves.fill_null(0),
        n_reopens=joined.n_reopens.fill_null(0),
    )


def replies_of(messages: ir.Table, tickets: ir.Table) -> ir.Table:
    """Return the columns of `FROM_MESSAGES` per ticket that has public messages.

    A reply is a public message by an agent or bot after the customer's first message. Where the
    customer wrote nothing (a call), any is a reply, unless the business opened the ticket.
    """
    public = messages.filter(messages.is_public & (messages.author_type != "system"))
    group = [public[k] for k in KEY]
    by_customer = public.author_type == "customer"
    window = ibis.window(group_by=group, order_by=[public.at, public.message_id])
    session = ibis.window(
        group_by=[*group, public.session_id, by_customer], order_by=[public.at, public.message_id]
    )
    marked = public.mutate(
        asked=public.at.min(where=by_customer).over(ibis.window(group_by=group)),
        gap=(public.at.epoch_seconds() - public.at.lag().over(window).epoch_seconds()),
        again=public.session_id.notnull() & (ibis.row_number().over(session) > 0),
        mine=by_customer,
    )
    ours = tickets.filter(tickets.opened_by.isin(["agent", "bot", "system"]))
    ours = ours.select(__rep=ours.replication, __ticket=ours.ticket_id, __ours=ibis.literal(True))
    marked = marked.left_join(
        ours,
        [marked.ticket_id == ours["__ticket"], marked.replication.identical_to(ours["__rep"])],
    )
    unasked = marked.asked.isnull() & marked["__ours"].isnull()
    reply = marked.author_type.isin(["agent", "bot"]) & ((marked.at >= marked.asked) | unasked)
    new = marked.mine & ~marked.again & (marked.gap.isnull() | (marked.gap >= CONTACT_GAP_S))
    marked = marked.mutate(
        reply=reply.fill_null(False),
        human=reply.fill_null(False) & (marked.author_type == "agent"),
        contact=new,
    )
    return marked.group_by(KEY).aggregate(
        first_reply_at=marked.at.min(where=marked.reply),
        first_human_reply_at=marked.at.min(where=marked.human),
        n_public_agent_replies=marked.count(where=marked.author_type == "agent"),
        n_customer_messages=marked.count(where=marked.mine),
        n_contacts=marked.count(where=marked.contact),
    )


def with_tickets(tables: Tables, tickets: ir.Table, new: tuple[str, ...]) -> Tables:
    """Return the tables with other tickets, which are stored so that they are built once."""
    old = tables.stored("tickets")
    declared = [c.name for c in table_spec("tickets").columns]
    wanted = tickets.select(ROW, *declared, *old.extra)
    given = tuple(c for c in declared if c in old.given or c in new)
    return tables.replaced({"tickets": Stored(kept(wanted), given, old.extra)}, tables.meta)
