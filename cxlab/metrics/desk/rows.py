"""Rows that worked examples share: a schedule, messages, changes of a field, plain tickets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["MAIL", "OFFICE_HOURS", "changes", "messages", "shown_as", "tickets"]

Row = Mapping[str, Any]

MAIL: Row = {"channel": "email", "status": "solved", "opened_by": "customer", "created_at": "09:00"}

OFFICE_HOURS: tuple[Row, ...] = tuple(
    {"schedule_id": "desk", "tz": "UTC", "weekday": day, "start": "09:00", "end": "17:00"}
    for day in range(5)
)
"""Monday to Friday, 09:00 to 17:00 UTC."""


def tickets(*rows: Row) -> tuple[Row, ...]:
    """Return solved e-mails of Monday 09:00, named A, B, C, …, with what the rows say otherwise."""
    return tuple({**MAIL, "ticket_id": "ABCDEFGHIJKL"[i], **row} for i, row in enumerate(rows))


def messages(ticket: str, *said: tuple[str, str]) -> tuple[Row, ...]:
    """Return a ticket's messages from pairs of author and time; "note" is an agent's private one.

    An author may be named ("agent Ann").
    """
    found = []
    for i, (author, at) in enumerate(said):
        kind, _, name = author.partition(" ")
        row = {
            "message_id": f"{ticket}{i}", "ticket_id": ticket, "at": at,
            "author_type": "agent" if kind == "note" else kind, "is_public": kind != "note",
        }  # fmt: skip
        found.append({**row, "author_id": name or kind})
    return tuple(found)


def changes(ticket: str, field: str, *steps: tuple[str, str]) -> tuple[Row, ...]:
    """Return the changes of a ticket's field from pairs of time and new value."""
    return tuple({"ticket_id": ticket, "at": at, "field": field, "new": new} for at, new in steps)


def shown_as(text: str) -> str:
    """Return the formula of a median of these durations."""
    return rf"\operatorname{{median}}_i \left( {text} \right)"
