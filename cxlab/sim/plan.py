"""The desk as numbers: who may take what, how it queues, when everybody is there.

What both engines read. A queue is a channel at a tier; the same channel at the next tier is a
queue of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from cxlab.scenario import TIERS, Scenario
from cxlab.scenario.staffing import Helper, able_teams
from cxlab.sim.roster import AgentPlan, roster
from cxlab.sim.timeline import Stretches, Timeline, open_stretches

__all__ = ["DeskPlan", "LinePlan", "desk_plan"]


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What the desk does with the contacts of one channel."""

    helpers: tuple[tuple[Helper, ...], ...]
    """Per tier: the teams that may take a contact, each after so many seconds of waiting."""
    concurrency: int = 1
    slowdown: float = 0.0
    room: float = inf
    hand_back: bool = False
    opening: Stretches | None = None
    """When customers may call; None where they always may."""


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """One desk in one replication: its channels in order of name, its agents, its end."""

    lines: tuple[LinePlan, ...]
    agents: tuple[AgentPlan, ...]
    horizon_s: float = inf
    ageing_s: float = 0.0
    """How much earlier a contact must have come to go before one of the next better class; 0:
    better classes always go first."""
    teams: tuple[str, ...] = field(default=("support",))


def desk_plan(scenario: Scenario, replication: int, *, seed: int | None = None) -> DeskPlan:
    """Return the desk of a scenario in one replication (1-based)."""
    teams = scenario.all_teams
    lines = []
    for name, channel in scenario.lines.items():
        opening = scenario.opening(name) if channel.when_closed == "turn_away" else None
        shift_end = channel.shift_end or scenario.rules.shift_end
        lines.append(
            LinePlan(
                tuple(tuple(able_teams(teams, name, tier + 1)) for tier in range(TIERS)),
                channel.concurrency,
                channel.slowdown,
                inf if channel.room is None else channel.room,
                shift_end == "hand_back",
                None if opening is None else open_stretches(scenario, opening),
            )
        )
    ageing = scenario.rules.ageing_minutes
    return DeskPlan(
        tuple(lines),
        tuple(roster(scenario, replication, seed=seed)),
        Timeline.of(scenario).horizon_s,
        0.0 if ageing is None else ageing * 60,
        tuple(teams),
    )
