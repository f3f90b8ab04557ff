"""What was said and what changed: the tables `messages`, `status_events` and `escalations`.

Rows come ticket by ticket, in the order in which things happened to it. Every step of a contact
has a fixed number of places for what may happen in it; those that are taken make the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cxlab.sim.outcome import NOBODY, Exit
from cxlab.sim.view import Flags, Floats, Integers, View, named, picked

__all__ = ["escalations", "messages", "status_events"]

FIRST_SESSION = 1_000_000_000
"""Sessions and messages are numbered so that the order of the numbers, as texts too, is that in
which a ticket's messages were written: session × 10 + 0 (asked), 1 (bot), 2 to 4 (by tier)."""
BY_CUSTOMER, BY_AGENT, BY_BOT = 0, 1, 2
ACTORS = ["customer", "agent", "bot"]
STATUS, ASSIGNEE, TIER = 0, 1, 2
FIELDS = ["status", "assignee", "tier"]
STATUSES = ["new", "open", "solved", "closed"]
NEW, OPEN, SOLVED, CLOSED = range(4)


@dataclass(frozen=True)
class _Steps:
    """What stands in every step's row, for the tables of this module."""

    contact: Integers
    tier: Integers  # from 0
    is_first: Flags  # of its contact
    bot: Flags  # whether a bot met the contact first
    contained: Flags

    @classmethod
    def of(cls, view: View) -> _Steps:
        work = view.workload
        contact = work.contact.astype(np.int64)
        tier = np.arange(len(contact)) - work.first_step[contact]
        met = np.zeros(len(work.patience), dtype=np.bool_)
        held = met.copy()
        met[view.first] = ~np.isnan(work.bot_s)
        held[view.first] = work.contained
        first = tier == 0
        return cls(contact, tier, first, met[contact] & first, held[contact] & first)


def messages(view: View) -> pa.Table:
    """Return one row per message: the customer's at each contact, a reply per bot and step."""
    steps = _Steps.of(view)
    asked = steps.is_first & view.happened[steps.contact]
    begins = view.begins[steps.contact]
    times = np.stack([begins, begins, view.replied])
    taken = np.stack([asked, steps.bot, ~np.isnan(view.replied)])
    flat = np.flatnonzero(taken.T.ravel())
    step, place = flat // 3, flat % 3
    contact = steps.contact[step]
    ticket = view.ticket[contact]
    session = FIRST_SESSION + contact
    who = len(view.who)
    author = np.where(place == 2, _repliers(view)[step], _bots(view, contact))
    asks = place == 0
    author[asks] = who + view.customer[ticket[asks]]
    suffix = np.where(place == 2, 2 + steps.tier[step], place)
    return pa.table(
        {
            "message_id": pa.array(session * 10 + suffix),
            "ticket_id": view.tickets(ticket),
            "at": view.timeline.instants(times[place, step]),
            "author_type": named(["customer", "bot", "agent"], place),
            "author_id": picked(
                pa.concat_arrays([pa.array(view.who, pa.string()), view.customer_names]), author
            ),
            "is_public": pa.array(np.ones(len(step), dtype=np.bool_)),
            "channel": view.kind_of(view.line[contact]),
            "session_id": pa.array(session),
            "excluded_reason": view.excluded(ticket),
        }
    )


def _bots(view: View, contact: Integers) -> Integers:
    return view.bot_of_line[view.line[contact]]


def _repliers(view: View) -> npt.NDArray[np.int32]:
    """Return who replied in each step: who took it first, or who had it at the end."""
    at_start = view.per_line([c.first_reply == "start" for c in view.channels]) > 0
    starts = at_start[view.line][view.workload.contact]
    return np.where(starts, view.outcome.first_agent, view.outcome.agent)


@dataclass(frozen=True)
class _Changes:
    """Changes of tickets as columns of numbers, in order inside each ticket."""

    step: Integers
    time: Floats
    field: npt.NDArray[np.integer]
    old: npt.NDArray[np.integer]  # of the field's own list
    new: npt.NDArray[np.integer]
    actor: npt.NDArray[np.integer]

    def at(self, rows: Integers | Flags) -> _Changes:
        return _Changes(*(getattr(self, name)[rows] for name in (f.name for f in fields(self))))


# The places of a step, in order: opened by the customer, answered and solved by the bot, given to
# an agent, opened by the agent, passed on, solved, closed. A hand-back adds rows between.
_OPENED, _BOT_OPENS, _BOT_SOLVES, _GIVEN, _ANSWERED, _PASSED, _SOLVED, _CLOSED = range(8)


def status_events(view: View) -> pa.Table:
    """Return one row per change of status, assignee or tier, ticket by ticket, in order."""
    changes = _all_changes(view)
    ticket = view.ticket[view.workload.contact[changes.step]]
    starts = np.flatnonzero(np.diff(ticket, prepend=-1))
    place = np.arange(len(ticket))
    first = np.zeros(len(ticket), dtype=np.int64)
    first[starts] = starts
    seq = place - np.maximum.accumulate(first) + 1
    return pa.table(
        {
            "at": view.timeline.instants(changes.time),
            "field": named(FIELDS, changes.field),
            "old": _texts(view, changes.field, changes.old),
            "new": _texts(view, changes.field, changes.new),
            "actor_type": named(ACTORS, changes.actor),
            "ticket_id": view.tickets(ticket),
            "excluded_reason": view.excluded(ticket),
            "seq": pa.array(seq),
        }
    )


def _texts(view: View, field: npt.NDArray[np.integer], value: npt.NDArray[np.integer]) -> pa.Array:
    tiers = ["1", "2", "3"]
    names = [*STATUSES, *view.who, *tiers]
    shift = np.array([0, len(STATUSES), len(STATUSES) + len(view.who)])[field]
    return named(names, np.where(value < 0, -1, value + shift))


def _all_changes(view: View) -> _Changes:
    work, out, steps = view.workload, view.outcome, _Steps.of(view)
    contact, s = steps.contact, len(work.work)
    opens = steps.is_first & view.happened[contact]
    new_ticket = view.makes_ticket[contact]
    answered = ~np.isnan(out.answered)
    ended = ~np.isnan(out.ended)
    last = np.arange(s) + 1 == work.first_step[contact + 1]
    first_answer = answered & steps.is_first & new_ticket & ~steps.bot
    bot_done = np.full(s, np.nan)
    bot_done[steps.bot] = view.bot_done[work.request[contact[steps.bot]]]
    bot_solves = steps.contained & ~np.isnan(bot_done)
    left = steps.is_first & (out.exit[contact] != Exit.NONE)
    taken = np.stack(
        [opens, steps.bot, bot_solves, answered, first_answer, ended & ~last, ended & last, left]
    )
    flat = np.flatnonzero(taken.T.ravel())
    step, place = flat >> 3, flat & 7
    begins, known = view.begins[contact], steps.bot | ~new_ticket

    def of(*columns: Any, dtype: type = np.int32) -> npt.NDArray[Any]:
        """Return for every row the value that belongs to its place, of its step."""
        table: npt.NDArray[Any] = np.empty((s, len(columns)), dtype=dtype)
        for number, column in enumerate(columns):
            table[:, number] = column
        return table.ravel()[flat]

    times = of(
        begins, begins, bot_done, out.answered, out.answered, out.ended, out.ended,
        out.left[contact], dtype=np.float64,
    )  # fmt: skip
    old = of(
        np.where(new_ticket, -1, SOLVED), NEW, OPEN, -1, NEW, steps.tier, OPEN,
        np.where(known, OPEN, NEW),
    )  # fmt: skip
    new = of(
        np.where(new_ticket, NEW, OPEN), OPEN, SOLVED, out.first_agent, OPEN, steps.tier + 1,
        SOLVED, CLOSED,
    )  # fmt: skip
    field = np.array([STATUS, STATUS, STATUS, ASSIGNEE, STATUS, TIER, STATUS, STATUS], np.int8)
    actor = np.array([0, 2, 2, 1, 1, 1, 1, 0], dtype=np.int8)
    changes, key = (
        _Changes(step, times, field[place], old, new, actor[place]),
        step * 16 + place * 2,
    )
    again = np.flatnonzero(opens & ~new_ticket)
    for more, after in ((_back_at_tier_1(view, again), _OPENED), (_taken_again(view), _ANSWERED)):
        if len(more.step):
            changes, key = _with(changes, key, more, more.step * 16 + after * 2 + 1)
    return _of_new_assignees(view, changes)


def _with(
    changes: _Changes, key: Integers, more: _Changes, key_of_more: Integers
) -> tuple[_Changes, Integers]:
    """Put changes among the others; both are in order of step, then of what happened there."""
    at = np.searchsorted(key, key_of_more, side="right")
    both = (np.insert(getattr(changes, f.name), at, getattr(more, f.name)) for f in fields(more))
    return _Changes(*both), np.insert(key, at, key_of_more)


def _back_at_tier_1(view: View, step: Integers) -> _Changes:
    """Return a change of tier for each reopening of a ticket that a higher tier solved."""
    first_step, contact = view.workload.first_step, view.workload.contact[step].astype(np.int64)
    before = first_step[contact] - 1  # the last step of the contact before
    tier = before - first_step[contact - 1]
    high = (tier > 0) & ~np.isnan(view.outcome.ended[before])
    n = int(high.sum())
    return _Changes(
        step[high], view.begins[contact[high]], np.full(n, TIER), tier[high],
        np.zeros(n, dtype=np.int64), np.full(n, BY_CUSTOMER),
    )  # fmt: skip


def _taken_again(view: View) -> _Changes:
    """Return a change of assignee for each time that somebody took a contact up again."""
    out = view.outcome
    step = out.handed_step.astype(np.int64)
    # Who took it next: the next hand-back of the same step, or who had it last.
    follows = np.append(step[1:] == step[:-1], False)
    nxt = np.where(follows, np.append(out.handed_agent[1:], NOBODY), out.agent[step])
    when = np.where(follows, np.append(out.handed_start[1:], np.nan), out.resumed[step])
    again = when > out.handed_start  # else nobody has taken it up yet
    n = int(again.sum())
    return _Changes(
        step[again], when[again], np.full(n, ASSIGNEE), np.full(n, -1),
        nxt[again].astype(np.int64), np.full(n, BY_AGENT),
    )  # fmt: skip


def _of_new_assignees(view: View, changes: _Changes) -> _Changes:
    """Keep changes of assignee only where there is another one, and say who was before."""
    rows = np.flatnonzero(changes.field == ASSIGNEE)
    if not len(rows):
        return changes
    ticket = view.ticket[view.workload.contact[changes.step[rows]]]
    same = np.append(False, ticket[1:] == ticket[:-1])
    before = np.where(same, np.append(-1, changes.new[rows][:-1]), -1)
    changes.old[rows] = before
    keep = np.ones(len(changes.step), dtype=np.bool_)
    keep[rows] = before != changes.new[rows]
    return changes if keep.all() else changes.at(keep)


def escalations(view: View) -> pa.Table:
    """Return one row per contact that was passed on to the next tier."""
    work, out = view.workload, view.outcome
    contact = work.contact.astype(np.int64)
    last = np.arange(len(contact)) + 1 == work.first_step[contact + 1]
    step = np.flatnonzero(~np.isnan(out.ended) & ~last)
    ticket = view.ticket[contact[step]]
    tier = step - work.first_step[contact[step]] + 1
    return pa.table(
        {
            "ticket_id": view.tickets(ticket),
            "at": view.timeline.instants(out.ended[step]),
            "kind": named(["functional"], np.zeros(len(step), dtype=np.int32)),
            "from_tier": pa.array(tier),
            "to_tier": pa.array(tier + 1),
            "excluded_reason": view.excluded(ticket),
        }
    )
