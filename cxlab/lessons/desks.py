"""Desks small enough to be simulated inside a lesson, and what is read off their runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.scenario import Scenario
from cxlab.stats import replication_interval
from cxlab.tables import Tables

__all__ = ["desk", "queue_by_hour"]

HOUR_S = 3600


def desk(
    channels: Mapping[str, Mapping[str, Any]],
    agents: int | Mapping[str, int],
    *,
    days: int,
    replications: int = 5,
    warm_up_days: int = 0,
    hours: tuple[str, str] = ("00:00", "24:00"),
    seed: int = 20260105,
) -> Scenario:
    """Return a desk whose days are alike, in UTC from Monday 2026-01-05 on.

    `channels`: name → keys of a scenario's channel, calls unless they say otherwise; `agents`: so
    many who take everything, or name of a channel → how many take only that. All work each day
    during `hours`. What is not stated is not there: nobody gives up, comes back or is absent.

    >>> one = desk({"phone": {"arrivals_per_hour": 7, "handle_minutes": 6}}, 1, days=2)
    >>> one.expected_tickets("phone"), one.all_teams["support"].agents
    (336.0, 1)
    """
    lines = {
        name: {"kind": "phone", "first_reply": "start", "service_level_seconds": 20, **keys}
        for name, keys in channels.items()
    }
    warm_up = {"type": "steady", "warm_up_days": warm_up_days} if warm_up_days else None
    staff: dict[str, Any] = (
        {"team": {"shifts": [_shift(agents, hours)]}}
        if isinstance(agents, int)
        else {
            "teams": {
                name: {"skills": [name], "shifts": [_shift(number, hours)]}
                for name, number in agents.items()
            }
        }
    )
    return Scenario.of(
        {
            "name": "lesson",
            "time_zone": "UTC",
            "start": "2026-01-05",
            "seed": seed,
            "replications": replications,
            "horizon": {"days": days, **(warm_up or {"type": "terminating"})},
            "channels": lines,
            **staff,
        }
    )


def _shift(agents: int, hours: tuple[str, str]) -> dict[str, Any]:
    return {"agents": agents, "days": "Mon-Sun", "from": hours[0], "to": hours[1]}


def queue_by_hour(tables: Tables) -> pd.DataFrame:
    """Return how many tickets wait for a person at each full hour since the first midnight.

    `tables`: a simulated run. Columns: x (the hour, from 0), value (mean over replications),
    low and high (Student's 95 % interval), unit.

    >>> from cxlab.sim import simulate
    >>> run = simulate(desk({"phone": {"arrivals_per_hour": 7, "handle_minutes": 6}}, 1, days=1,
    ...                     replications=2))
    >>> queue_by_hour(run)["value"].iloc[[0, 8]].tolist()
    [0.0, 0.5]
    """
    tickets = tables.frame("tickets")
    begin = tickets["created_at"].min().normalize()
    hours = int(np.ceil((tables.as_of - begin).total_seconds() / HOUR_S))
    edges = np.arange(hours + 1, dtype=np.float64) * HOUR_S
    runs = [_waiting(run, begin, edges) for _, run in tickets.groupby("replication")]
    found = [replication_interval(at) for at in np.array(runs).T]
    rows = pd.DataFrame(found, columns=["value", "low", "high"])
    rows["low"] = rows["low"].clip(lower=0)  # no queue is shorter than that
    return rows.assign(x=range(hours + 1), unit="count")


def _waiting(
    run: pd.DataFrame, begin: pd.Timestamp, edges: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.int64]:
    """Return how many have joined the queue before each edge, less those who have left it."""
    joined = (run["queued_at"] - begin).dt.total_seconds()
    left = (run["answered_at"].fillna(run["abandoned_at"]) - begin).dt.total_seconds()
    came, went = (np.searchsorted(np.sort(at.dropna()), edges) for at in (joined, left))
    return np.asarray(came - went, dtype=np.int64)
