"""What was said and what changed: the tables `messages` and `status_events`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.sim.log import Mark
from cxlab.sim.view import View, texts

__all__ = ["messages", "status_events"]


def messages(view: View) -> pd.DataFrame:
    """Return one row per message: the customer's at each contact, the desk's reply to it."""
    asked, replied = view.marks[Mark.CONTACT], view.replies
    ticket = np.concatenate((asked.ticket, replied.ticket))
    time = np.concatenate((asked.time, replied.time))
    from_desk = np.repeat([False, True], [len(asked), len(replied)])
    session = view.contact_ids(ticket, np.concatenate((asked.contact, replied.contact)))
    author = np.concatenate((view.customer_ids[asked.ticket], view.agent_ids[replied.agent]))
    frame = pd.DataFrame(
        {
            "message_id": session + np.where(from_desk, "-reply", "-ask").astype(object),
            "ticket_id": view.ticket_ids[ticket],
            "at": view.timeline.instants(time),
            "author_type": np.where(from_desk, "agent", "customer"),
            "author_id": author,
            "is_public": True,
            "channel": view.channel_names[ticket],
            "session_id": session,
            "excluded_reason": view.excluded[ticket],
        }
    )
    return frame.iloc[np.lexsort((ticket, from_desk, time))].reset_index(drop=True)


def status_events(view: View) -> pd.DataFrame:
    """Return one row per change of status or assignee, in the order in which they happened."""
    status, assignee = _status_changes(view), _assignee_changes(view)
    rows = pd.concat([status, assignee], ignore_index=True)
    # In one record the assignee is set before the status.
    rows = rows.sort_values(["place", "field"], kind="stable")
    ticket = rows.pop("ticket").to_numpy()
    rows["ticket_id"] = view.ticket_ids[ticket]
    rows["excluded_reason"] = view.excluded[ticket]
    rows["seq"] = rows.groupby("ticket_id", sort=False).cumcount() + 1
    return rows.drop(columns="place").reset_index(drop=True)


def _status_changes(view: View) -> pd.DataFrame:
    events = view.of_tickets
    first = events.contact == 0
    # By mark: contact, answer, solve, give up. A ticket that came back is open already.
    before = np.where(
        first,
        texts([None, "new", "open", "new"])[events.mark],
        texts(["solved", "open", "open", "open"])[events.mark],
    )
    after = np.where(
        first,
        texts(["new", "open", "solved", "closed"])[events.mark],
        texts(["open", "open", "solved", "closed"])[events.mark],
    )
    by_agent = (events.mark == Mark.ANSWER) | (events.mark == Mark.SOLVE)
    rows = pd.DataFrame(
        {
            "place": np.arange(len(events)),
            "ticket": events.ticket,
            "at": view.timeline.instants(events.time),
            "field": "status",
            "old": before,
            "new": after,
            "actor_type": np.where(by_agent, "agent", "customer"),
        }
    )
    changes: pd.DataFrame = rows.loc[before != after]
    return changes


def _assignee_changes(view: View) -> pd.DataFrame:
    events = view.of_tickets
    place = np.flatnonzero(events.mark == Mark.ANSWER)
    place = place[np.argsort(events.ticket[place], kind="stable")]
    ticket, agent = events.ticket[place], events.agent[place]
    same_ticket = np.concatenate(([False], ticket[1:] == ticket[:-1]))[: len(ticket)]
    previous = np.where(same_ticket, np.concatenate(([-1], agent[:-1]))[: len(agent)], -1)
    rows = pd.DataFrame(
        {
            "place": place,
            "ticket": ticket,
            "at": view.timeline.instants(events.time[place]),
            "field": "assignee",
            "old": view.agent_ids[previous],
            "new": view.agent_ids[agent],
            "actor_type": "agent",
        }
    )
    changes: pd.DataFrame = rows.loc[agent != previous]
    return changes
