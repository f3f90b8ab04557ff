"""The table `tickets`: one row per ticket; what the horizon cut off is missing, never 0."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlab.calendars import due
from cxlab.scenario import PRIORITIES
from cxlab.scenario.model import BUSINESS_HOURS
from cxlab.sim.outcome import NOBODY
from cxlab.sim.view import Floats, Integers, View, named

__all__ = ["due_s", "tickets"]

STATUSES = ["new", "open", "solved", "closed"]


def tickets(view: View) -> pa.Table:
    """Return one row per ticket."""
    work, out, at = view.workload, view.outcome, view.timeline.instants
    first_step = work.first_step[:-1]
    solves = ~np.isnan(view.solved)
    reply = view.earliest(view.replied[first_step])
    queued = view.earliest(out.joined)
    answered = view.earliest(out.answered[first_step])
    last_solve = view.latest_place(solves)
    solved_last = np.where(view.settled, view.solved[last_solve], np.nan)
    left = view.latest_place(~np.isnan(out.left))
    given_up = np.where((left >= 0) & np.isnan(answered), out.left[left], np.nan)
    contacts = view.count(view.happened)
    every, nothing = np.arange(len(contacts)), np.zeros(len(contacts), dtype=np.int32)
    holder, resolver = _holder(view), _solver(view, last_solve)
    columns = {
        "ticket_id": view.ticket_ids,
        "customer_id": view.customers(every),
        "created_at": at(view.created),
        "channel": view.kind_of(view.ticket_line),
        "direction": named(["inbound"], nothing),
        "opened_by": named(["customer"], nothing),
        "topic": named(list(work.topics), work.topic[view.request]),
        "priority": named(list(PRIORITIES), work.priority[view.request]),
        "group": named(list(view.plan.teams), _team(view, holder)),
        "assignee_id": named(view.who, holder),
        "resolver_id": named(view.who, resolver),
        "status": named(STATUSES, _status(view, left, answered)),
        "queued_at": at(queued),
        "answered_at": at(answered),
        "abandoned_at": at(given_up),
        "first_reply_at": at(np.where(view.has_bot, view.created, reply)),
        "first_human_reply_at": at(reply),
        "first_solved_at": at(view.earliest(view.solved)),
        "last_solved_at": at(solved_last),
        "n_solves": pa.array(view.count(solves)),
        # A customer comes back only after a solve, and the ticket is open again from then on.
        "n_reopens": pa.array(contacts - 1),
        "n_public_agent_replies": pa.array(_replies(view)),
        "n_customer_messages": pa.array(contacts),
        "n_contacts": pa.array(contacts),
        "service_target_s": _per_ticket(view, [c.service_level_seconds for c in view.channels]),
        "sla_due_at": at(due_s(view)),
        "excluded_reason": view.excluded(every),
    }
    if view.bots:
        columns["handoff_at"] = at(np.where(view.has_bot, queued, np.nan))
    if view.scenario.schedule is not None:
        columns["schedule_id"] = named([BUSINESS_HOURS], nothing)
    if any(view.scenario.kind(name) != name for name in work.lines):
        columns["line"] = named(list(work.lines), view.ticket_line)
    return pa.table(columns)


def _per_ticket(view: View, values: list[float | None]) -> pa.Array:
    numbers = view.per_line(values)[view.ticket_line]
    return pa.array(numbers, mask=np.isnan(numbers))


def _replies(view: View) -> Integers:
    contact = view.workload.contact[~np.isnan(view.replied)]
    return np.bincount(view.ticket[contact], minlength=len(view.opening))


def _holder(view: View) -> Integers:
    """Return per ticket who had it last, its place in `who`; −1 for nobody yet."""
    work, out = view.workload, view.outcome
    holder = np.full(len(view.opening), NOBODY, dtype=np.int64)
    bot = np.flatnonzero(view.has_bot)
    holder[bot] = view.bot_of_line[view.ticket_line[bot]]
    step = np.flatnonzero(out.agent != NOBODY)
    holder[view.ticket[work.contact[step]]] = out.agent[step]  # in order: the last one stays
    return holder


def _solver(view: View, last_solve: Integers) -> Integers:
    """Return per ticket who solved it last; −1 for nobody."""
    step = view.workload.first_step[last_solve + 1] - 1
    solver = np.where(last_solve >= 0, view.outcome.agent[step], NOBODY)
    by_bot = (last_solve >= 0) & (solver == NOBODY)
    return np.where(by_bot, view.bot_of_line[view.ticket_line], solver)


def _team(view: View, holder: Integers) -> Integers:
    """Return per ticket the team that holds it: the agent's, else the first that may take it."""
    first = [line.helpers[0][0][0] if line.helpers[0] else -1 for line in view.plan.lines]
    team = np.array(first, dtype=np.int64)[view.ticket_line]
    held = (holder >= 0) & (holder < len(view.plan.agents))
    team[held] = view.teams_of_who[holder[held]]
    return team


def _status(view: View, left: Integers, answered: Floats) -> Integers:
    """Return where each ticket stands at the horizon, its place in STATUSES."""
    status = np.zeros(len(view.opening), dtype=np.int64)
    status[~np.isnan(answered) | view.has_bot] = 1
    status[view.settled] = 2
    status[left >= 0] = 3
    return status


def due_s(view: View) -> Floats:
    """Return until when the first reply is promised, on the clock that the channel says.

    In seconds of the replication, NaN without a promise.
    """
    targets = view.per_line([c.first_reply_target_s for c in view.channels])
    due_at = view.created + targets[view.ticket_line]
    schedule = view.scenario.schedule
    business = np.array([c.target_clock == "business" for c in view.channels])
    rows = np.flatnonzero(business[view.ticket_line] & ~np.isnan(due_at))
    if schedule is None or not len(rows):
        return due_at
    begun = view.timeline.instants(view.created[rows]).to_pandas()
    reached = due(schedule, begun, targets[view.ticket_line[rows]])
    micros = reached.as_unit("us").asi8
    due_at[rows] = np.where(reached.isna(), np.nan, view.timeline.seconds(micros))
    return due_at
