"""Small inputs for reports: a scenario of two weeks, and one whose every text is a payload."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

import cxlab as cx
from cxlab.files import scenario_file

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


def small_steady(folder: Path) -> Path:
    """Write the same desk with four weeks of which the first is not counted."""
    path = folder / "steady.toml"
    steady = '[horizon]\ntype = "steady"\nweeks = 4\nwarm_up_weeks = 1\n'
    path.write_text(f'extends = "{small_scenario(folder).name}"\n{steady}', encoding="utf-8")
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


_COMPANY = """
time_zone = "UTC"
start = 2026-01-01
replications = 2
[horizon]
type = "terminating"
days = 60
[lifecycle]
closed_loop = {loop}
initial_customers = 40
[lifecycle.segments.all]
share = 1.0
plan_shares = {{ basic = 1.0 }}
churn_factor = 3.0
[lifecycle.plans.basic]
price_per_month = 10
[lifecycle.renewal]
law = "geometric"
leaving_probability = 0.5
"""

_SERVED = """
[lifecycle.contacts]
per_month = 1.0
channel_shares = {{ chat = 1.0 }}
[[lifecycle.links]]
name = "waiting"
from = "first_reply_hours"
curve = [[1, 1.0], [24, 2.0]]
high = [[1, 1.0], [24, 4.5]]
[channels.chat]
arrivals_per_hour = 1
handle_minutes = 5
first_reply = "start"
[[team.shifts]]
agents = 1
days = "Mon-Sun"
from = "08:00"
to = "18:00"
"""


def lone_company(folder: Path) -> Path:
    """Write a company without a desk, whose 40 customers all leave after a month (0.5 × 3)."""
    path = folder / "alone.toml"
    path.write_text(_COMPANY.format(loop="false"), encoding="utf-8")
    return path


def served_company(folder: Path, *, closed_loop: bool = False) -> Path:
    """Write the same company with a desk, and a link that makes them leave the more."""
    path = folder / "served.toml"
    text = (_COMPANY + _SERVED).format(loop=str(closed_loop).lower())
    path.write_text(text, encoding="utf-8")
    return path


def small_company(folder: Path, name: str = "small", days: int = 70, **changes: Any) -> Path:
    """Write a company that runs in a moment, with some keys changed, and return its path.

    `changes`: keys such as `lifecycle__closed_loop`; None takes one away.
    """
    whole = cx.Scenario.load(scenario_file("saas_startup")).resolved()
    whole |= {"name": name, "replications": 2, "horizon": {"type": "terminating", "days": days}}
    whole["lifecycle"]["initial_customers"] = 60
    for key in ("search", "partners"):
        whole["lifecycle"]["acquisition"][key]["leads_per_week"] /= 5
    for key, value in changes.items():
        place: Any = whole
        *way, last = key.split("__")
        for step in way:
            place = place[step]
        if value is None:
            place.pop(last)
        else:
            place[last] = value
    path = folder / f"{name}.toml"
    lines = [f"{k} = {v if k == 'start' else _toml(v)}" for k, v in whole.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def untypeset(page: str) -> str:
    """Return a page's markup with plain spaces, and without what keeps words on one line."""
    return re.sub("<span class=unbroken>(.*?)</span>", r"\1", page).replace("\u00a0", " ")
