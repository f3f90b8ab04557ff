"""Ticket columns rebuilt from messages and status changes, and the tables as known at an instant.

A ticket is solved when its status enters `solved` from an unsolved state. `closed` after
`solved` keeps it solved; `closed` straight from an open state closes it without a solve. Leaving
both for an open state reopens it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd

from cxlab.tables.catalogue import table_spec
from cxlab.tables.coerce import ROW
from cxlab.tables.schema import Kind
from cxlab.tables.store import Stored, Tables, aware

__all__ = ["CONTACT_GAP_S", "FROM_MESSAGES", "FROM_STATUS", "agreement", "complete"]

FROM_MESSAGES = (
    "first_reply_at",
    "first_human_reply_at",
    "n_public_agent_replies",
    "n_customer_messages",
    "n_contacts",
)
FROM_STATUS = ("first_solved_at", "last_solved_at", "n_solves")
_COUNTS = ("n_public_agent_replies", "n_customer_messages", "n_contacts")

CONTACT_GAP_S = 3600
"""A customer's message this long after the ticket's previous message is a new contact (s)."""

_KEY = ("replication", "ticket_id")
_numbers = itertools.count(1)


def complete(tables: Tables, as_of: datetime | None = None) -> Tables:
    """Add the ticket columns the input lacks but its events tell; with `as_of`, look back.

    Without `as_of` only absent columns are built. With it, every table is cut to what was known
    then (events and tickets up to and including `as_of`): tickets that changed afterwards get
    their solves and status from the events up to then, where the log has events; elsewhere
    recorded instants after `as_of` are emptied, and counts that cannot be known then too.
    Raises InputError when `as_of` has no zone.
    """
    if "tickets" not in tables:
        return tables
    if as_of is not None:
        return _looking_back(tables, as_of)
    built = {c: t for c, t in _rebuilt(tables).items() if not tables.has("tickets", c)}
    if not built:
        return tables
    tickets = _joined(tables.numbered("tickets"), built)
    wanted = {c: tickets[f"__{c}"] for c in built}
    if "n_solves" in wanted:
        # Without a status event an open ticket was never solved; of a solved one nobody knows.
        none = tickets.status.isin(["solved", "closed"]).ifelse(ibis.null("int64"), 0)
        wanted["n_solves"] = ibis.coalesce(wanted["n_solves"], none)
    return _with_tickets(tables, tickets.mutate(**wanted), tuple(built))


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
    for column, rebuilt in _rebuilt(tables).items():
        if tables.has("tickets", column):
            rows.append({"column": column, **_disagreement(tables, column, rebuilt)})
    return pd.DataFrame(rows, columns=names)


def _disagreement(tables: Tables, column: str, rebuilt: ir.Table) -> dict[str, object]:
    tickets = _joined(tables.numbered("tickets"), {column: rebuilt})
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


def _rebuilt(tables: Tables) -> dict[str, ir.Table]:
    """Return for each column that the events tell the table it can be looked up in."""
    found: dict[str, ir.Table] = {}
    if tables.has("messages"):
        replies = replies_of(_counted(tables["messages"]), tables["tickets"])
        found |= dict.fromkeys(FROM_MESSAGES, replies)
    if tables.has("status_events"):
        found |= dict.fromkeys(FROM_STATUS, solves_of(_counted(tables["status_events"])))
    return found


def _counted(rows: ir.Table) -> ir.Table:
    return rows.filter(rows.excluded_reason.isnull())


def _joined(tickets: ir.Table, built: Mapping[str, ir.Table]) -> ir.Table:
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
    """Return first_solved_at, last_solved_at, n_solves per ticket that has status events.

    `last_solved_at` is empty when the ticket was reopened after its last solve.
    """
    status = events.filter(events.field == "status")
    # `closed` changes nothing about being solved, so only the other states are followed.
    moves = status.mutate(moves=status.new != "closed")
    steps = moves.filter(moves.moves)
    order = [steps.at, steps.seq]
    group = [steps[k] for k in _KEY]
    window = ibis.window(group_by=group, order_by=order)
    before = ibis.coalesce(steps.new.lag().over(window), steps.old, ibis.literal("new"))
    place = ibis.row_number().over(group_by=group, order_by=[steps.at.desc(), steps.seq.desc()])
    marked = steps.mutate(
        solve=(steps.new == "solved") & (before != "solved"),
        final=place == 0,
        is_solved=steps.new == "solved",
    )
    solved = marked.group_by(_KEY).aggregate(
        first_solved_at=marked.at.min(where=marked.solve),
        latest=marked.at.max(where=marked.solve),
        n_solves=marked.count(where=marked.solve),
        stays=(marked.final & marked.is_solved).any(),
    )
    known = status.select(*_KEY).distinct()
    right = solved.rename(__rep="replication", __ticket="ticket_id")
    joined = known.left_join(
        right,
        [known.ticket_id == right["__ticket"], known.replication.identical_to(right["__rep"])],
    )
    return joined.select(
        *_KEY,
        first_solved_at=joined.first_solved_at,
        last_solved_at=ibis.ifelse(joined.stays, joined.latest, ibis.null("timestamp(6)")),
        n_solves=joined.n_solves.fill_null(0),
    )


def replies_of(messages: ir.Table, tickets: ir.Table) -> ir.Table:
    """Return the columns of `FROM_MESSAGES` per ticket that has public messages.

    A reply is a public message by an agent or bot after the customer's first message. Where the
    customer wrote nothing (a call), any is a reply, unless the business opened the ticket.
    """
    public = messages.filter(messages.is_public & (messages.author_type != "system"))
    group = [public[k] for k in _KEY]
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
    return marked.group_by(_KEY).aggregate(
        first_reply_at=marked.at.min(where=marked.reply),
        first_human_reply_at=marked.at.min(where=marked.human),
        n_public_agent_replies=marked.count(where=marked.author_type == "agent"),
        n_customer_messages=marked.count(where=marked.mine),
        n_contacts=marked.count(where=marked.contact),
    )


def _with_tickets(tables: Tables, tickets: ir.Table, new: tuple[str, ...]) -> Tables:
    """Return the tables with other tickets, which are stored so that they are built once."""
    old = tables.stored("tickets")
    declared = [c.name for c in table_spec("tickets").columns]
    kept = tickets.select(ROW, *declared, *old.extra)
    stored = tables.backend.create_table(f"tickets_view_{next(_numbers)}", kept, temp=True)
    given = tuple(c for c in declared if c in old.given or c in new)
    return tables.replaced({"tickets": Stored(stored, given, old.extra)}, tables.meta)


def _looking_back(tables: Tables, as_of: datetime) -> Tables:
    moment = aware(as_of, "as_of")
    assert moment is not None
    then = ibis.literal(moment.replace(tzinfo=None), type="timestamp(6)")
    cut = {n: _cut(tables.stored(n), n, then) for n in tables if n != "tickets"}
    meta = replace(tables.meta, as_of=moment)
    known = tables.replaced(cut, meta)
    old = tables.stored("tickets")
    rows = old.rows.filter(old.rows.created_at <= then)
    rebuilt = _rebuilt(known)
    absent = tuple(c for c in rebuilt if not tables.has("tickets", c))
    joined = _joined(rows, rebuilt)
    joined = _with_later(joined, tables, then)
    looked = joined.mutate(**_solves_then(joined, rebuilt, tables, then))
    looked = looked.mutate(**_rest_then(looked, rebuilt, tables, then))
    return _with_tickets(known, looked, absent)


def _cut(stored: Stored, name: str, then: ir.Scalar) -> Stored:
    """Return the rows of one table that were known then."""
    rows = stored.rows
    starts = {
        "messages": "at",
        "status_events": "at",
        "escalations": "at",
        "shifts": "start",
        "surveys": "sent_at",
    }
    if name not in starts:
        return stored
    at = rows[starts[name]]
    rows = rows.filter(at.isnull() | (at <= then))
    if name == "surveys":
        known = rows.answered_at.isnull() | (rows.answered_at <= then)
        rows = rows.mutate(
            score=known.ifelse(rows.score, ibis.null("float64")),
            comment=known.ifelse(rows.comment, ibis.null("string")),
            answered_at=known.ifelse(rows.answered_at, ibis.null("timestamp(6)")),
        )
    return replace(stored, rows=rows)


def _with_later(tickets: ir.Table, tables: Tables, then: ir.Scalar) -> ir.Table:
    """Add `__later` (something of the ticket happened after then) and `__status` (then)."""
    columns = [
        c.name
        for c in table_spec("tickets").columns
        if c.kind is Kind.INSTANT and c.observed and c.name in tables.given_columns("tickets")
    ]
    late = ibis.or_(*[(tickets[c] > then).fill_null(False) for c in columns])
    tickets = tickets.mutate(__later=late, __status=ibis.null("string"))
    if not tables.has("status_events"):
        return tickets
    events = _counted(tables["status_events"])
    events = events.filter(events.field == "status")
    latest = ibis.row_number().over(
        group_by=[(events.at <= then), *[events[k] for k in _KEY]],
        order_by=[events.at.desc(), events.seq.desc()],
    )
    events = events.mutate(past=events.at <= then, place=latest)
    then_status = events.new.max(where=events.past & (events.place == 0))
    summed = (
        events.group_by(_KEY)
        .aggregate(__then=then_status, __after=(~events.past).any())
        .rename(__rep="replication", __ticket="ticket_id")
    )
    joined = tickets.left_join(
        summed,
        [
            tickets.ticket_id == summed["__ticket"],
            tickets.replication.identical_to(summed["__rep"]),
        ],
    )
    has_events = joined["__after"].notnull()
    return joined.mutate(
        __later=joined["__later"] | joined["__after"].fill_null(False),
        __status=has_events.ifelse(joined["__then"].fill_null("new"), ibis.null("string")),
    ).drop("__then", "__after", "__rep", "__ticket")


def _past(value: ir.Value, then: ir.Scalar) -> ir.Value:
    return (value <= then).ifelse(value, ibis.null("timestamp(6)"))


def _solves_then(
    tickets: ir.Table, rebuilt: Mapping[str, ir.Table], tables: Tables, then: ir.Scalar
) -> dict[str, ir.Value]:
    """Return the columns about solving as known then; unchanged where nothing happened later."""
    past = {c: _past(tickets[c], then) for c in ("first_solved_at", "last_solved_at")}
    open_then = past["last_solved_at"].isnull()
    once = tickets.n_solves.fill_null(1) <= 1
    guess = ibis.cases(
        (~open_then, tickets.n_solves),
        (once & tickets.n_solves.notnull(), ibis.literal(0, type="int64")),
        else_=ibis.null("int64"),
    )
    past["n_solves"] = guess
    found = {}
    for column, fallback in past.items():
        value = fallback
        if column in rebuilt:
            # A ticket with status events, even if all came later, has a known past.
            logged = tickets["__status"].notnull()
            built = tickets[f"__{column}"]
            built = built.fill_null(0) if column == "n_solves" else built
            value = logged.ifelse(built, fallback)
        own = tickets[column]
        if column in rebuilt and not tables.has("tickets", column):
            own = tickets[f"__{column}"]
        found[column] = tickets["__later"].ifelse(value, own)
    return found


def _rest_then(
    tickets: ir.Table, rebuilt: Mapping[str, ir.Table], tables: Tables, then: ir.Scalar
) -> dict[str, ir.Value]:
    """Return every other column that can have changed since then."""
    found: dict[str, ir.Value] = {}
    for column in table_spec("tickets").columns:
        if column.kind is Kind.INSTANT and column.observed and column.name not in FROM_STATUS:
            found[column.name] = _past(tickets[column.name], then)
    unsure = tickets["__later"] & tickets.last_solved_at.isnull()
    for name in _COUNTS:
        if name not in rebuilt:
            found[name] = unsure.ifelse(ibis.null("int64"), tickets[name])
    for name in FROM_MESSAGES:
        if name in rebuilt:
            built = tickets[f"__{name}"]
            own = built if not tables.has("tickets", name) else tickets[name]
            found[name] = tickets["__later"].ifelse(built, own)
    found["sla_met"] = unsure.ifelse(ibis.null("boolean"), tickets.sla_met)
    solved = tickets.last_solved_at.notnull()
    plain = solved.ifelse(tickets.status, ibis.literal("open"))
    found["status"] = tickets["__later"].ifelse(
        ibis.coalesce(tickets["__status"], plain), tickets.status
    )
    return found
