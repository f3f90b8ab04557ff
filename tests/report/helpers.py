"""Small inputs for reports: a scenario of two weeks, and one whose every text is a payload."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import cxlab as cx

EVIL = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
"""Markup that runs in three ways, if a page lets it."""

_SMALL = """
name = "small"
title = {title}
description = {title}
time_zone = "Europe/Berlin"
start = 2026-01-05
seed = 5
replications = 2
customers = 200

[horizon]
type = "terminating"
weeks = 3

[channels.phone]
arrivals_per_hour = {{ "Mon-Fri" = 2.0, "Sat" = 0, "Sun" = 0 }}
handle_minutes = {{ law = "exponential", mean = 6 }}
patience_minutes = {{ law = "exponential", mean = 10 }}
first_reply = "start"
topic_shares = {{ {topic} = 1.0 }}
service_level_seconds = 20
first_reply_target_minutes = 2

[team]
name = {title}
shifts = [{{ agents = 2, days = "Mon-Fri", from = "08:00", to = "18:00" }}]
"""


def small_scenario(folder: Path) -> Path:
    """Write a scenario that runs in a moment, and return its path."""
    path = folder / "small.toml"
    path.write_text(_SMALL.format(title='"A small desk"', topic="billing"), encoding="utf-8")
    return path


def hostile_scenario(folder: Path) -> Path:
    """Write the same scenario with a payload as title, team and topic."""
    path = folder / "hostile.toml"
    text = f"'{EVIL}'"
    path.write_text(_SMALL.format(title="'" + EVIL[:70] + "'", topic=text), encoding="utf-8")
    path.write_text(path.read_text().replace("name = '" + EVIL[:70] + "'", 'name = "team"', 1)
                    .replace("'" + EVIL[:70] + "'", text), encoding="utf-8")  # fmt: skip
    return path


def hostile_tables(rows: int = 60) -> cx.Tables:
    """Return a log whose topics, teams, agents and source are payloads."""
    start = pd.Timestamp("2026-01-05 08:00", tz="UTC")
    created = [start + pd.Timedelta(hours=2 * i) for i in range(rows)]
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"{EVIL}{i}" for i in range(rows)],
            "created_at": created,
            "channel": "email",
            "status": "solved",
            "topic": EVIL,
            "group": EVIL,
            "priority": "normal",
            "assignee_id": EVIL,
            "first_human_reply_at": [
                c + pd.Timedelta(minutes=5 + i) for i, c in enumerate(created)
            ],
            "last_solved_at": [c + pd.Timedelta(minutes=65 + i) for i, c in enumerate(created)],
            "n_solves": 1,
        }
    )
    return cx.Tables.from_frames({"tickets": tickets}, source=EVIL)
