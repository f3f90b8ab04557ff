"""Who was on duty, who was busy, and what it cost: the tables `agents`, `shifts` and `costs`."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cxlab.sim.outcome import NOBODY
from cxlab.sim.view import Floats, Integers, View, named

__all__ = ["agents", "costs", "shifts"]


def agents(view: View) -> pa.Table:
    """Return one row per agent and bot."""
    teams = view.scenario.all_teams
    team = np.array([agent.team for agent in view.plan.agents], dtype=np.int64)
    tiers = [list(teams.values())[agent.team].tier for agent in view.plan.agents]
    cost = [agent.hourly_cost for agent in view.plan.agents]
    bots = view.bots
    return pa.table(
        {
            "agent_id": pa.array(view.who, type=pa.string()),
            "team": named([*teams, "bot"], np.append(team, np.full(len(bots), len(teams)))),
            "tier": pa.array([*tiers, *(None for _ in bots)], type=pa.int64()),
            "kind": pa.array(["human"] * len(tiers) + ["bot"] * len(bots), type=pa.string()),
            "hourly_cost": pa.array([*cost, *(None for _ in bots)], type=pa.float64()),
        }
    )  # fmt: skip


def shifts(view: View) -> pa.Table:
    """Return stretches of duty and of handling, cut at the horizon and at the warm-up's end.

    An agent who finishes a ticket after the planned end of the shift is on duty until then. Who
    holds several contacts handles them at the same time.
    """
    out = view.outcome
    taken = np.flatnonzero(out.agent != NOBODY)
    open_now = taken[_in_hand(view, taken)]
    agent = np.concatenate([out.duty_agent, out.agent[open_now], out.handed_agent])
    start = np.concatenate([out.duty_start, out.resumed[open_now], out.handed_start])
    end = np.concatenate([out.duty_end, out.ended[open_now], out.handed_end])
    end = np.where(np.isnan(end), view.timeline.horizon_s, end)
    step = np.concatenate([np.full(len(out.duty_agent), -1), open_now, out.handed_step])
    across = np.flatnonzero((start < view.timeline.warm_up_s) & (end > view.timeline.warm_up_s))
    rows = np.concatenate([np.arange(len(step)), across])
    begins, ends = start[rows], end[rows]
    ends[across] = view.timeline.warm_up_s
    begins[len(step) :] = view.timeline.warm_up_s
    step = step[rows]
    order = np.argsort(begins, kind="stable")
    rows, begins, ends, step = rows[order], begins[order], ends[order], step[order]
    ticket, at_work = np.full(len(step), -1, dtype=np.int64), step >= 0
    ticket[at_work] = view.ticket[view.workload.contact[step[at_work]]]
    return pa.table(
        {
            "agent_id": named(view.who, agent[rows]),
            "start": view.timeline.instants(begins),
            "end": view.timeline.instants(ends),
            "activity": named(["on_shift", "handling"], (step >= 0).astype(np.int64)),
            "ticket_id": view.tickets(ticket),
            "excluded_reason": view.excluded_at(begins),
        }
    )


def _in_hand(view: View, step: Integers) -> npt.NDArray[np.bool_]:
    """Return whether the last to take a step did not hand it back, and has it or ended it."""
    out = view.outcome
    if not len(out.handed_step):
        return np.ones(len(step), dtype=np.bool_)
    handed_last = np.full(len(out.agent), -np.inf)
    handed_last[out.handed_step] = out.handed_start  # by time: the last one stays
    return np.asarray(out.resumed[step] > handed_last[step])


def costs(view: View) -> pa.Table | None:
    """Return wages, contacts and bot conversations by local day; None where nothing costs.

    Paid are the planned shifts less unpaid breaks, whether the agent came or not.
    """
    edges = _days(view)
    parts = [_wages(view, edges), *_per_contact(view, edges)]
    rows = [(line, amounts) for line, amounts in parts if amounts.any()]
    if not rows:
        return None
    n = len(edges) - 1
    start = np.tile(edges[:-1], len(rows))
    line = np.repeat([line for line, _ in rows], n)
    return pa.table(
        {
            "period_start": view.timeline.instants(start),
            "period_end": view.timeline.instants(np.tile(edges[1:], len(rows))),
            "centre": named(["support"], np.zeros(len(start), dtype=np.int32)),
            "amount": pa.array(np.concatenate([amounts for _, amounts in rows])),
            "currency": named([view.scenario.currency], np.zeros(len(start), dtype=np.int32)),
            "channel": view.kind_of(line),
            "excluded_reason": view.excluded_at(start),
        }
    )


def _days(view: View) -> Floats:
    """Return the local midnights of the replication, both ends included, in seconds."""
    scenario = view.scenario
    days = range(scenario.horizon.total_days + 1)
    midnights = [scenario.local_midnight(day) - scenario.starts_at for day in days]
    return np.array([m / timedelta(seconds=1) for m in midnights])


def _wages(view: View, edges: Floats) -> tuple[int, Floats]:
    paid = [(a.hourly_cost or 0.0, *spell) for a in view.plan.agents for spell in a.paid]
    rate, start, end = np.array(paid, dtype=np.float64).reshape(-1, 3).T
    return NOBODY, np.diff(_until(edges, start, rate) - _until(edges, end, rate)) / 3600


def _until(edges: Floats, begins: Floats, rate: Floats) -> Floats:
    """Return for each edge what has run up since the beginnings before it, if nothing ended."""
    order = np.argsort(begins)
    rates = np.append(0.0, np.cumsum(rate[order]))
    shifted = np.append(0.0, np.cumsum((rate * begins)[order]))
    place = np.searchsorted(begins[order], edges)
    run_up: Floats = rates[place] * edges - shifted[place]
    return run_up


def _per_contact(view: View, edges: Floats) -> list[tuple[int, Floats]]:
    work, out = view.workload, view.outcome
    answered = out.answered[work.first_step[:-1]]
    rows = []
    for line, channel in enumerate(view.channels):
        mine = answered[(view.line == line) & ~np.isnan(answered)]
        amounts = channel.cost_per_contact * np.histogram(mine, edges)[0]
        if channel.bot is not None:
            begun = work.created[(work.line == line) & ~np.isnan(work.bot_s)]
            amounts = amounts + channel.bot.cost_per_conversation * np.histogram(begun, edges)[0]
        rows.append((line, amounts.astype(np.float64)))
    return rows
