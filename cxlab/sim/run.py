"""Simulate a scenario: all its replications, as canonical tables."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from cxlab.scenario import Scenario
from cxlab.sim.desk import run_desk
from cxlab.sim.recorder import record
from cxlab.sim.timeline import Timeline, shift_plan
from cxlab.sim.view import View
from cxlab.sim.workload import draw_workload
from cxlab.tables import Tables

__all__ = ["simulate", "simulate_frames"]

Progress = Callable[[int, int], None]
Frames = dict[str, pd.DataFrame]


def simulate(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Tables:
    """Run every replication of a scenario and return the canonical tables of all of them.

    The tables (tickets, messages, status_events, surveys, agents, shifts) carry the column
    `replication`, from 1. `replications` and `seed` stand in for the scenario's own;
    `progress(done, total)` is called after each replication. The result depends on scenario,
    seed and version only. Raises InputError for a number of replications or a seed that the
    scenario file would refuse too.
    `simulate(Scenario.load("base.toml"), replications=2).frame("tickets")` is a pandas frame.
    """
    chosen = _with(scenario, replications, seed)
    frames = simulate_frames(chosen, progress=progress)
    return Tables.from_frames(
        frames, as_of=chosen.ends_at, time_zone=chosen.time_zone, source=chosen.name
    )


def _with(scenario: Scenario, replications: int | None, seed: int | None) -> Scenario:
    changes = {"replications": replications, "seed": seed}
    changes = {name: value for name, value in changes.items() if value is not None}
    return scenario.but(**changes) if changes else scenario


def simulate_frames(scenario: Scenario, *, progress: Progress | None = None) -> Frames:
    """Return the tables of all replications of a scenario as pandas frames, unchecked."""
    total = scenario.replications
    parts: list[Frames] = []
    for replication in range(1, total + 1):
        parts.append(_replication(scenario, replication))
        if progress is not None:
            progress(replication, total)
    return {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in parts[0]}


def _replication(scenario: Scenario, replication: int) -> Frames:
    plan = shift_plan(scenario)
    workload = draw_workload(scenario, replication)
    records = run_desk(
        workload, [agent.shifts for agent in plan], until=Timeline.of(scenario).horizon_s
    )
    frames = record(View(scenario, plan, workload, records))
    return {name: frame.assign(replication=replication) for name, frame in frames.items()}
