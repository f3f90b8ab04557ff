"""Who was on duty and who was busy: the tables `agents` and `shifts`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.sim.log import Mark, Records
from cxlab.sim.view import Floats, Integers, View

__all__ = ["agents", "shifts"]


def agents(view: View) -> pd.DataFrame:
    """Return one row per agent."""
    cost = [np.nan if plan.hourly_cost is None else plan.hourly_cost for plan in view.plan]
    return pd.DataFrame(
        {
            "agent_id": view.agent_ids[:-1],
            "team": view.scenario.team.name,
            "tier": 1,
            "kind": "human",
            "hourly_cost": np.array(cost, dtype=np.float64),
        }
    )


def shifts(view: View) -> pd.DataFrame:
    """Return stretches of duty and of handling, cut at the horizon and at the warm-up's end.

    An agent who finishes a ticket after the planned end of the shift is on duty until then.
    """
    marks = view.marks
    duty = _stretches(view, marks[Mark.ON_DUTY], marks[Mark.OFF_DUTY], "on_shift")
    busy = _stretches(view, marks[Mark.ANSWER], marks[Mark.SOLVE], "handling")
    busy["ticket_id"] = view.ticket_ids[busy.pop("ticket").to_numpy()]
    rows = pd.concat([duty.drop(columns="ticket"), busy], ignore_index=True)
    rows = _cut(rows, view.timeline.warm_up_s)
    rows = rows.sort_values(["start", "agent", "activity"], ascending=[True, True, False])
    seconds = {name: rows.pop(name).to_numpy() for name in ("start", "end")}
    rows = rows.reset_index(drop=True)
    for name, values in seconds.items():
        rows[name] = view.timeline.instants(values)
    rows["excluded_reason"] = view.excluded_at(seconds["start"])
    rows["agent_id"] = view.agent_ids[rows.pop("agent").to_numpy()]
    return rows


def _stretches(view: View, begun: Records, ended: Records, activity: str) -> pd.DataFrame:
    """Pair the k-th beginning of each agent with the k-th end; the horizon ends the rest."""
    order = np.argsort(begun.agent, kind="stable")
    agent = begun.agent[order]
    ends = np.full(len(order), view.timeline.horizon_s)
    key = _keys(agent)
    of_ends = np.argsort(ended.agent, kind="stable")
    found = np.searchsorted(key, _keys(ended.agent[of_ends]))
    ends[found] = ended.time[of_ends]
    start: Floats = begun.time[order]
    return pd.DataFrame(
        {
            "agent": agent,
            "ticket": begun.ticket[order],
            "start": start,
            "end": ends,
            "activity": activity,
        }
    )


def _keys(agents_in_order: Integers) -> Integers:
    """Number the rows of each agent: agent × 2³² + place among the agent's rows."""
    n = len(agents_in_order)
    starts = np.searchsorted(agents_in_order, agents_in_order, side="left")
    return agents_in_order * 2**32 + (np.arange(n) - starts)


def _cut(rows: pd.DataFrame, at: float) -> pd.DataFrame:
    """Cut stretches that lie across `at` in two."""
    across = (rows["start"] < at) & (rows["end"] > at)
    later = rows[across].assign(start=at)
    return pd.concat([rows.assign(end=rows["end"].where(~across, at)), later], ignore_index=True)
