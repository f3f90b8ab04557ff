"""A log in which everything happens: replies, pauses, reopens, escalations, shifts, costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

import cxlab as cx
from tests.metrics.helpers import START

DAYS = 60
AGENTS = ("Ann", "Bob", "Cem", "Bot")
ROUND_THE_CLOCK = [("00:00", "24:00", day) for day in range(7)]
OFFICE = [("09:00", "12:30", day) for day in range(5)] + [
    ("13:00", "17:00", day) for day in range(5)
]


def schedule(hours, name="desk", tz="Europe/Berlin"):
    """Rows of the table of schedules."""
    return pd.DataFrame(
        {"schedule_id": name, "tz": tz, "weekday": day, "start": start, "end": end}
        for start, end, day in hours
    )


def full_log(**given):
    """Tables of every kind that the desk's metrics look at, drawn at random."""
    return tables_of(frames(**given))


def tables_of(given):
    """The frames as tables at the end of the log."""
    return cx.Tables.from_frames(given, as_of=START + pd.Timedelta(days=DAYS))


def frames(n=300, seed=3, hours=OFFICE):
    """The frames of a log."""
    rng = np.random.default_rng(seed)
    found = _tickets(n, rng)
    tickets = found["tickets"]
    found["schedules"] = schedule(hours)
    found["sla_targets"] = _targets()
    found["agents"] = pd.DataFrame(
        {"agent_id": a, "team": "one", "kind": "bot" if a == "Bot" else "human"} for a in AGENTS
    )
    found["customers"] = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(40)], "segment": ["home", "shop"] * 20}
    )
    found["surveys"] = _surveys(tickets, rng)
    found["shifts"] = _shifts(tickets, rng)
    found["costs"] = pd.DataFrame(
        {"centre": "support", "period_start": START + pd.Timedelta(days=20 * i),
         "period_end": START + pd.Timedelta(days=20 * (i + 1)), "amount": 1000.0 + 100 * i,
         "channel": [None, "email"][i % 2]}
        for i in range(3)
    )  # fmt: skip
    found["operations"] = pd.DataFrame(
        {"unit_id": [f"u{i % 50}" for i in range(80)], "process": "refund",
         "at": [START + pd.Timedelta(hours=11 * i) for i in range(80)],
         "failed": rng.random(80) < 0.2, "agent_id": rng.choice(AGENTS, 80)}
    )  # fmt: skip
    return found


def _tickets(n, rng):
    tickets, messages, events, escalations = [], [], [], []
    for i in range(n):
        ticket = f"T{i:04d}"
        created = START + pd.Timedelta(seconds=int(rng.uniform(0, DAYS * 86400 - 3600)))
        row = {
            "ticket_id": ticket, "created_at": created,
            "channel": rng.choice(["email", "chat", "phone"]),
            "customer_id": rng.choice([None, *(f"c{k}" for k in range(45))]),
            "topic": rng.choice(["billing", "login", "other"]),
            "priority": rng.choice(["high", "normal"]),
            "opened_by": rng.choice(["customer", "agent"], p=[0.85, 0.15]),
            "is_complaint": rng.choice([True, False, None], p=[0.2, 0.7, 0.1]),
            "first_contact_possible": rng.choice([True, False, None], p=[0.7, 0.2, 0.1]),
            "excluded_reason": rng.choice([None, "spam", "test"], p=[0.9, 0.05, 0.05]),
            "assignee_id": rng.choice([*AGENTS, None]), "handoff_at": None,
        }  # fmt: skip
        end = START + pd.Timedelta(days=DAYS)
        talk = _talk(ticket, created, row["opened_by"], rng)
        messages += [m for m in talk if m["at"] <= end]
        states = [s for s in _states(ticket, created, rng) if s["at"] <= end]
        events += states
        row["status"] = states[-1]["new"] if states else "new"
        if row["status"] in ("solved", "closed"):
            row["resolver_id"] = rng.choice(AGENTS)
        if rng.random() < 0.3:
            row["handoff_at"] = created + pd.Timedelta(minutes=5)
        tickets.append(row)
        if rng.random() < 0.2:
            low = int(rng.integers(1, 3))
            escalations.append({"ticket_id": ticket, "at": created + pd.Timedelta(minutes=1),
                                "kind": rng.choice(["functional", "hierarchical", "timeout"]),
                                "from_tier": low,
                                "to_tier": low + int(rng.integers(-1, 2))})  # fmt: skip
    return {
        "tickets": pd.DataFrame(tickets), "messages": pd.DataFrame(messages),
        "status_events": pd.DataFrame(events), "escalations": pd.DataFrame(escalations),
    }  # fmt: skip


def _talk(ticket, created, opened_by, rng):
    at, found = created, []
    first = "agent" if opened_by == "agent" else "customer"
    authors = [first, *rng.choice(["customer", "agent", "bot"], int(rng.integers(0, 6)))]
    if rng.random() < 0.05:
        return []
    for k, author in enumerate(authors):
        found.append({"message_id": f"{ticket}-{k}", "ticket_id": ticket, "at": at,
                      "author_type": author, "author_id": f"{author}{rng.integers(0, 2)}",
                      "is_public": author == "customer" or rng.random() < 0.85})  # fmt: skip
        at = at + pd.Timedelta(seconds=int(rng.exponential(6 * 3600)))
    return found


def _states(ticket, created, rng):
    at, found, old = created, [], "new"
    steps = list(rng.choice(["open", "pending", "hold", "solved"], int(rng.integers(0, 7))))
    for state in [*steps, *(["solved"] if rng.random() < 0.75 else [])]:
        at = at + pd.Timedelta(seconds=int(rng.exponential(86400)) + 1)
        if state != old:
            found.append({"ticket_id": ticket, "at": at, "field": "status", "old": old,
                          "new": state})  # fmt: skip
            old = state
    return found


def _targets():
    plan = [("frt", "high", 3600, "business"), ("frt", None, 4 * 3600, "calendar"),
            ("nrt", None, 7200, "business"),
            ("resolution", None, 2 * 86400, "business")]  # fmt: skip
    return pd.DataFrame(
        {"policy_id": "p", "metric": metric, "priority": priority, "target_s": target,
         "clock": clock, "pauses_on": "pending,hold" if metric == "resolution" else None}
        for metric, priority, target, clock in plan
    )  # fmt: skip


def _surveys(tickets, rng):
    rows = []
    for i, ticket in enumerate(tickets.itertuples()):
        kind = ("csat", "csat_5", 1, 5) if i % 3 else ("other", "fcr", 0, 1)
        sent = ticket.created_at + pd.Timedelta(hours=5)
        answered = rng.random() < 0.7
        rows.append({
            "survey_id": f"s{i}", "instrument": kind[0], "version": kind[1], "scale_min": kind[2],
            "scale_max": kind[3], "subject_type": "ticket", "subject_id": ticket.ticket_id,
            "sent_at": sent, "answered_at": sent + pd.Timedelta(hours=1) if answered else pd.NaT,
            "score": float(rng.integers(kind[2], kind[3] + 1)) if answered else None,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _shifts(tickets, rng):
    rows = []
    for ticket in tickets.itertuples():
        for _ in range(int(rng.integers(0, 3))):
            start = ticket.created_at + pd.Timedelta(minutes=int(rng.integers(1, 600)))
            rows.append({"agent_id": rng.choice(AGENTS[:3]), "start": start,
                         "end": start + pd.Timedelta(minutes=int(rng.integers(1, 60))),
                         "activity": "handling", "ticket_id": ticket.ticket_id})  # fmt: skip
    for day in range(DAYS):
        for agent in AGENTS[:3]:
            start = START + pd.Timedelta(days=day, hours=9)
            rows.append({"agent_id": agent, "start": start, "end": start + pd.Timedelta(hours=8),
                         "activity": "on_shift", "ticket_id": None})  # fmt: skip
    return pd.DataFrame(rows)
