"""From the desk's log to the canonical tables of one replication."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.sim.conversation import messages, status_events
from cxlab.sim.duty import agents, shifts
from cxlab.sim.log import Mark
from cxlab.sim.survey import surveys
from cxlab.sim.view import Texts, View, texts
from cxlab.tables.catalogue import PRIORITIES

__all__ = ["record"]


def record(view: View) -> dict[str, pd.DataFrame]:
    """Return the canonical tables of one replication, by name."""
    return {
        "tickets": tickets(view),
        "messages": messages(view),
        "status_events": status_events(view),
        "surveys": surveys(view),
        "agents": agents(view),
        "shifts": shifts(view),
    }


def tickets(view: View) -> pd.DataFrame:
    """Return one row per ticket; what the horizon cut off is missing, never 0."""
    work, at, marks = view.workload, view.timeline.instants, view.marks
    first_reply = at(view.first(view.replies))
    solved, solver = view.last(marks[Mark.SOLVE])
    asked = marks[Mark.CONTACT]
    contacts = view.count(asked)
    return pd.DataFrame(
        {
            "ticket_id": view.ticket_ids,
            "customer_id": view.customer_ids,
            "created_at": at(work.created),
            "channel": view.channel_names,
            "direction": "inbound",
            "opened_by": "customer",
            "topic": texts([*work.topics, None])[work.topic],
            "priority": texts(list(PRIORITIES))[work.priority],
            "group": view.scenario.team.name,
            "assignee_id": view.agent_ids[view.last(marks[Mark.ANSWER])[1]],
            "resolver_id": view.agent_ids[solver],
            "status": _status(view),
            "queued_at": at(work.created),
            "answered_at": at(view.first(marks[Mark.ANSWER])),
            "abandoned_at": at(view.first(marks[Mark.GIVE_UP])),
            "first_reply_at": first_reply,
            "first_human_reply_at": first_reply,
            "first_solved_at": at(view.first(marks[Mark.SOLVE])),
            "last_solved_at": at(np.where(view.settled, solved, np.nan)),
            "n_solves": view.count(marks[Mark.SOLVE]),
            # A customer comes back only after a solve, and the ticket is open again from then on.
            "n_reopens": view.count(asked.where(asked.contact > 0)),
            "n_public_agent_replies": view.count(view.replies),
            "n_customer_messages": contacts,
            "n_contacts": contacts,
            "service_target_s": view.per_channel("service_level_seconds"),
            "sla_due_at": at(work.created + view.per_channel("first_reply_target_s")),
            "excluded_reason": view.excluded,
        }
    )


def _status(view: View) -> Texts:
    """Return where each ticket stands at the horizon."""
    status = np.full(len(view.workload), "new", dtype=object)
    status[view.count(view.marks[Mark.ANSWER]) > 0] = "open"
    status[view.settled] = "solved"
    status[view.marks[Mark.GIVE_UP].ticket] = "closed"
    return status
