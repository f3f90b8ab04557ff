"""What a scenario asks of its teams, hour by hour of the week, before anything is simulated.

Work offered ÷ hands there is the load. Where it reaches 1 a queue grows for as long as it lasts;
where a whole week brings more work than a week's hands can do, it grows for ever, and no mean of
a simulation means anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.scenario import Channel, Scenario, hourly_rates
from cxlab.scenario.staffing import able_teams
from cxlab.scenario.week import DAYS
from cxlab.sim.roster import roster
from cxlab.sim.timeline import MICRO, Timeline

__all__ = [
    "Bottleneck", "bottlenecks", "contacts_with_people", "expected_load", "load_notes",
    "mean_rates", "queue_work", "team_capacity",
]  # fmt: skip

Floats = npt.NDArray[np.float64]

HOURS = 168
_MOST_QUEUES = 10
"""Up to so many queues of one pool every combination of them is looked at."""


@dataclass(frozen=True)
class Bottleneck:
    """Queues that only some teams can take, and how busy that keeps them.

    `work_h` and `capacity_h` are hours of work per hour of the week (168,), Monday 00 first, as
    the mean over the weeks of the scenario.
    """

    queues: tuple[str, ...]
    teams: tuple[str, ...]
    work_h: Floats
    capacity_h: Floats

    @property
    def load(self) -> Floats:
        """Work ÷ capacity by hour of the week; missing where nobody is there."""
        there = self.capacity_h > 0
        load = np.full(HOURS, np.nan)
        load[there] = self.work_h[there] / self.capacity_h[there]
        return load

    @property
    def weekly_load(self) -> float:
        """Work ÷ capacity of the whole week."""
        return float(self.work_h.sum() / max(self.capacity_h.sum(), 1e-12))

    @property
    def backlog_h(self) -> Floats:
        """Hours of work that wait at the end of each hour, if all flowed evenly: (336,).

        Two weeks from an empty Monday on; customers who give up are not taken off.
        """
        waits, backlog = 0.0, []
        for work, capacity in zip(
            np.tile(self.work_h, 2), np.tile(self.capacity_h, 2), strict=True
        ):
            waits = max(0.0, waits + work - capacity)
            backlog.append(waits)
        return np.array(backlog)

    @property
    def growth_h(self) -> float:
        """Hours of work by which the backlog grows from one week to the next."""
        return float(self.backlog_h[-1] - self.backlog_h[HOURS - 1])

    @property
    def hours_to_drain(self) -> float:
        """Longest time from a first hour of overload until the backlog is gone; may be inf."""
        waiting = self.backlog_h > 1e-9
        if waiting[HOURS:].all():
            return np.inf
        runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([0], waiting, [0])))))[::2]
        return float(runs.max(initial=0))


def bottlenecks(scenario: Scenario) -> list[Bottleneck]:
    """Return for each pool of teams that share queues the queues that keep their teams busiest.

    A repeat contact is counted in the hour of the first; what a bot keeps is not counted; chats
    take the time that they take with all hands full. Nobody gives up. Hours of the week that the
    scenario does not reach have neither work nor hands.
    """
    return [max(pool, key=lambda one: one.weekly_load) for pool in _every_combination(scenario)]


def _every_combination(scenario: Scenario) -> list[list[Bottleneck]]:
    """Return for each pool of teams that share queues every combination of its queues."""
    covered = np.bincount(_hours_of_week(scenario), minlength=HOURS) > 0
    work = {queue: hours * covered for queue, hours in queue_work(scenario).items()}
    helpers = {q: {team for team, _ in _able(scenario, *q)} for q in work}
    capacity = team_capacity(scenario)
    names = list(scenario.all_teams)

    def one(queues: tuple[tuple[str, int], ...]) -> Bottleneck:
        teams = sorted(reduce(or_, (helpers[q] for q in queues)))
        return Bottleneck(
            tuple(line if tier == 1 else f"{line} (tier {tier})" for line, tier in queues),
            tuple(names[team] for team in teams),
            np.sum([work[q] for q in queues], axis=0),
            np.sum([capacity[team] for team in teams], axis=0),
        )

    return [[one(queues) for queues in _combinations(pool)] for pool in _pools(helpers)]


def expected_load(scenario: Scenario) -> pd.DataFrame:
    """Return the expected load by bottleneck and hour of the week.

    Columns: teams, queues, day, hour (local), work_h and capacity_h (hours of work per hour),
    load (work ÷ capacity, missing where nobody is there). A scenario without a desk has no rows.

    >>> from cxlab.files import scenario_file
    >>> table = expected_load(Scenario.load(scenario_file("base")))
    >>> table.columns.tolist()
    ['teams', 'queues', 'day', 'hour', 'work_h', 'capacity_h', 'load']
    """
    none = Bottleneck((), (), np.zeros(HOURS), np.zeros(HOURS))
    parts = [
        pd.DataFrame(
            {
                "teams": ", ".join(one.teams),
                "queues": ", ".join(one.queues),
                "day": np.repeat(DAYS, 24),
                "hour": np.tile(np.arange(24), 7),
                "work_h": one.work_h,
                "capacity_h": one.capacity_h,
                "load": one.load,
            }
        )
        for one in bottlenecks(scenario) or [none]
    ]
    return pd.concat(parts, ignore_index=True)[: None if scenario.has_desk else 0]


def load_notes(scenario: Scenario) -> list[str]:
    """Return what a reader of the results must know about the load, in sentences; may be none."""
    found: list[str] = []
    if not scenario.has_desk:
        return found
    for pool in _every_combination(scenario):
        tightest = max(pool, key=lambda one: one.weekly_load)
        found += _overload(scenario, tightest) if tightest.weekly_load >= 1 else _peaks(pool)
    return found


def _overload(scenario: Scenario, one: Bottleneck) -> list[str]:
    """Say what a week with more work than hands comes to."""
    who, what = ", ".join(one.teams), ", ".join(one.queues)
    patient = any(
        channel.patience_minutes is None
        for name, channel in scenario.lines.items()
        if name in {queue.split(" (")[0] for queue in one.queues}
    )
    overload = f"overload: {what} bring {one.weekly_load * 100:.0f} % of a week's work of {who}: "
    if not patient:
        return [overload + "customers give up until the rest can be served"]
    if scenario.horizon.type == "terminating":
        return [overload + f"up to {one.growth_h:,.0f} hours of it are left after a week"]
    return [
        overload + f"the backlog grows by up to {one.growth_h:,.0f} hours of work a week (less "
        "what customers who give up take with them), and means depend on the length of the run"
    ]


def _peaks(pool: list[Bottleneck]) -> list[str]:
    """Say in which hours some of a pool's queues bring more work than their teams can do."""
    loads = np.nan_to_num([one.load for one in pool])
    busy = int((loads >= 1).any(axis=0).sum())
    if not busy:
        return []
    place, hour = np.unravel_index(int(loads.argmax()), loads.shape)
    worst = pool[place]
    what, who = ", ".join(worst.queues), ", ".join(worst.teams)
    hours = "1 hour" if busy == 1 else f"{busy} hours"
    note = (
        f"load of 1 or more in {hours} of the week (worst {DAYS[hour // 24]} {hour % 24:02}:00 "
        f"with {loads.max():.2f}: {what} at {who}): queues grow there"
    )
    if np.isinf(worst.hours_to_drain):
        return [note]
    return [
        f"{note}, up to {worst.backlog_h.max():,.0f} hours of work, and take up to "
        f"{worst.hours_to_drain:.0f} hours to drain"
    ]


def _able(scenario: Scenario, line: str, tier: int) -> list[tuple[int, float]]:
    return able_teams(scenario.all_teams, line, tier)


def queue_work(scenario: Scenario) -> dict[tuple[str, int], Floats]:
    """Return the work of each channel and tier, in hours per hour of the week (168,).

    A repeat contact is counted in the hour of the first; chats take the time that they take with
    all hands full; nobody gives up.
    """
    work = {}
    for name, channel in scenario.lines.items():
        rate = mean_rates(scenario, name) * contacts_with_people(channel)
        hands = channel.concurrency / (1 + channel.slowdown * (channel.concurrency - 1))
        harder = channel.bot.residual_handling_factor if channel.bot else 1.0
        for tier, step in enumerate(channel.tiers, start=1):
            hours = step.handle_minutes.average / 60 * harder / hands
            work[name, tier] = rate * hours
            rate = rate * step.escalation_probability
    return work


def mean_rates(scenario: Scenario, channel: str) -> Floats:
    """Return the expected requests in each hour of the week, as the mean over the horizon.

    Special days are in it; with a customer base the channel gives the shape, customers the level.
    """
    shape = hourly_rates(scenario.lines[channel].arrivals_per_hour)
    stated = shape.sum() * scenario.horizon.total_days / 7
    return np.asarray(shape * (scenario.expected_tickets(channel) / max(stated, 1e-12)))


def contacts_with_people(channel: Channel) -> float:
    """Return how many contacts with people a request takes on average, if nobody gives up."""
    again = (1 - channel.resolution_probability) if channel.returns else 0.0
    one = sum(again**k for k in range(channel.max_contacts))
    if channel.bot is None:
        return one
    later = sum(again**k for k in range(channel.max_contacts - 1))
    kept = channel.bot.containment
    return (1 - kept) * one + kept * channel.bot.wrong_answers * later


def team_capacity(scenario: Scenario) -> list[Floats]:
    """Return for each team the hours of work that it can do in each hour of the week.

    Mean over the weeks of replication 1, by the speed of each agent at the end of the run.
    """
    of_week = _hours_of_week(scenario)
    capacity = [np.zeros(HOURS) for _ in scenario.all_teams]
    seen = np.bincount(of_week, minlength=HOURS)
    for agent in roster(scenario, 1):
        there = _hours_there(agent.shifts, len(of_week)) * agent.speed
        capacity[agent.team] += np.bincount(of_week, there, HOURS) / np.maximum(seen, 1)
    return capacity


def _hours_of_week(scenario: Scenario) -> npt.NDArray[np.int64]:
    """Return the local hour of the week of each hour of the replication."""
    timeline = Timeline.of(scenario)
    hours = np.arange(int(np.ceil(timeline.horizon_s / 3600)))
    starts = pd.to_datetime(timeline.origin_us + hours * 3600 * MICRO, unit="us", utc=True)
    local = starts.tz_convert(scenario.time_zone)
    return np.asarray(local.day_of_week * 24 + local.hour, dtype=np.int64)


def _hours_there(shifts: tuple[tuple[float, float], ...], hours: int) -> Floats:
    """Return how much of each hour of the replication somebody is at the desk, in hours."""
    edges = np.arange(hours + 1) * 3600.0
    start, end = np.array(shifts, dtype=np.float64).reshape(-1, 2).T
    worked = np.concatenate(([0.0], np.cumsum(end - start)))
    place = np.searchsorted(end, edges)  # how many stretches are over
    begun = np.maximum(0.0, edges - np.append(start, np.inf)[place])
    there: Floats = np.diff(worked[place] + begun) / 3600
    return there


def _pools(helpers: dict[tuple[str, int], set[int]]) -> list[list[tuple[str, int]]]:
    """Return the queues in groups that share no team."""
    pools: list[tuple[set[int], list[tuple[str, int]]]] = []
    for queue, teams in helpers.items():
        touching = [pool for pool in pools if pool[0] & teams]
        merged = (set(teams).union(*(p[0] for p in touching)),
                  [q for p in touching for q in p[1]] + [queue])  # fmt: skip
        pools = [pool for pool in pools if pool not in touching] + [merged]
    return [queues for _, queues in pools]


def _combinations(pool: list[tuple[str, int]]) -> list[tuple[tuple[str, int], ...]]:
    sizes = range(1, len(pool) + 1) if len(pool) <= _MOST_QUEUES else [1, len(pool)]
    return [some for size in reversed(sizes) for some in combinations(pool, size)]
