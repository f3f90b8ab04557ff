"""A stream of contacts of which it is known which problem was solved the first time."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cxlab.tables import Tables

__all__ = ["contact_stream"]

START = pd.Timestamp("2026-01-05T09:00Z")


@dataclass(frozen=True, slots=True)
class Course:
    """How a problem went: how many went so, and what their first ticket shows of it."""

    n: int
    at_once: bool
    replies: int = 1
    messages: int = 1
    contacts: int = 1
    solves: int = 1
    escalated: bool = False
    back_after_days: int = 0


COURSES = (
    Course(460, at_once=True),
    Course(190, at_once=True, replies=2),  # the agent asks whether there is anything else
    Course(20, at_once=True, replies=0),  # done without a word
    Course(30, at_once=True, messages=2, solves=2),  # the customer's thanks reopen it
    Course(90, at_once=False, replies=2, messages=2, contacts=2, solves=2),
    Course(70, at_once=False, replies=2, escalated=True),
    Course(50, at_once=False, back_after_days=3),
    Course(60, at_once=False, back_after_days=20),
    Course(30, at_once=False, back_after_days=45),
)


def contact_stream() -> Tables:
    """Return 1,140 tickets about 1,000 problems, of which 700 were solved at the first contact.

    The true first contact resolution is 0.700. Of the 700, 460 took one reply, 190 a second one
    (the agent asks whether there is anything else), 20 none, and 30 were reopened by the
    customer's thanks. Of the other 300, 90 were reopened for the problem itself, 70 escalated,
    and 140 customers opened a second ticket: 50 after 3 days, 60 after 20, 30 after 45. That
    second ticket always solved it, with one reply.

    Every customer has one problem; the column `solved_at_once` holds the truth. All tickets are
    at least 95 days old at the cut-off.

    >>> tickets = contact_stream().frame("tickets")
    >>> len(tickets), tickets["customer_id"].nunique()
    (1140, 1000)
    """
    tickets, escalations = [], []
    courses = [course for course in COURSES for _ in range(course.n)]
    for number, course in enumerate(courses):
        name, created = f"{number:04d}", START + pd.Timedelta(days=number * 7 % 60)
        tickets.append(_ticket(name, created, course))
        if course.escalated:
            at = created + pd.Timedelta("1h")
            escalations.append({"ticket_id": f"T{name}", "at": at, "kind": "functional"})
        if course.back_after_days:
            again = created + pd.Timedelta(days=course.back_after_days)
            tickets.append({**_ticket(name, again, COURSES[0]), "ticket_id": f"T{name}-2",
                            "solved_at_once": None})  # fmt: skip
    frames = {"tickets": pd.DataFrame(tickets), "escalations": pd.DataFrame(escalations)}
    as_of = START + pd.Timedelta(days=200)
    return Tables.from_frames(frames, as_of=as_of, source="lesson: a stream of contacts")


def _ticket(name: str, created: pd.Timestamp, course: Course) -> dict[str, object]:
    reply, solved = created + pd.Timedelta("30min"), created + pd.Timedelta("2h")
    return {
        "ticket_id": f"T{name}",
        "customer_id": f"c{name}",
        "channel": "email",
        "topic": "billing",
        "assignee_id": "a1",
        "status": "solved",
        "created_at": created,
        "first_human_reply_at": reply if course.replies else None,
        "first_solved_at": solved,
        "last_solved_at": solved + pd.Timedelta(days=course.solves - 1),
        "n_solves": course.solves,
        "n_reopens": course.solves - 1,
        "n_public_agent_replies": course.replies,
        "n_customer_messages": course.messages,
        "n_contacts": course.contacts,
        "solved_at_once": course.at_once,
    }
