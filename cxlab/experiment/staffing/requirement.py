"""How many hands each half-hour needs before anything is simulated: Erlang A, C, square root.

What customers wait for in line is needed at once; what can wait (e-mail, work passed on to a
higher tier) only has to be done in time, and fills hands that would be idle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cxlab.experiment.staffing.shifts import HALF_HOURS
from cxlab.experiment.staffing.targets import Target
from cxlab.scenario import Channel, Scenario
from cxlab.scenario.staffing import able_teams
from cxlab.scenario.week import seconds_of_day
from cxlab.sim.load import contacts_with_people, mean_rates, queue_work
from cxlab.theory.abandonment import erlang_a
from cxlab.theory.erlang import erlang_c
from cxlab.theory.staffing import agents_for_service_level

__all__ = ["Group", "groups_of", "square_root"]

Floats = npt.NDArray[np.float64]

DEFAULT_PROMISE_S = 20.0
"""Within this a call counts as answered in time where its channel says nothing else."""
NOBODY_SAYS = 48
"""Half-hours in which work that no target covers is to be done, while somebody is there."""
_BETA = 0.5
_LIVE_BELOW_S = 1800.0
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Group:
    """Queues that only some teams take at once, and what these need; arrays are (336,).

    `required` hands for what waits in line; `live` the hands that it keeps busy, `later` those
    that what can wait would keep busy where it comes in, to be done within `deadline`
    half-hours. `open`: where somebody must be there, because a channel says it is open.
    """

    teams: tuple[str, ...]
    queues: tuple[tuple[str, int], ...]
    required: Floats
    live: Floats
    later: Floats
    deadline: int
    open: npt.NDArray[np.bool_]

    @property
    def weekly_work_h(self) -> float:
        """Hours of work a week."""
        return float((self.live + self.later).sum() / 2)

    def raised(self, half_hours: npt.NDArray[np.int64], by: float = 1.0) -> Group:
        """Return the group with more hands required in some half-hours."""
        required = self.required.copy()
        required[half_hours] = np.maximum(required, np.ceil(self.live))[half_hours] + by
        return replace(self, required=required)

    def harder(self, factor: float) -> Group:
        """Return the group with more work that can wait, as if it took longer."""
        return replace(self, later=self.later * factor)


@dataclass(frozen=True, slots=True)
class _Queue:
    line: str
    tier: int
    teams: frozenset[str]
    rate: Floats
    work: Floats
    patience_s: float
    live: bool
    deadline: int
    aims: tuple[Target, ...]
    promise_s: float
    open: npt.NDArray[np.bool_]


def square_root(load: float, beta: float = _BETA) -> int:
    """Return the hands that the square-root rule gives a load in erlangs: R + β√R, rounded up.

    Source: S. Halfin and W. Whitt (1981); with customers who give up, O. Garnett, A. Mandelbaum
    and M. Reiman (2002).

    >>> square_root(100, beta=0.5)
    105
    """
    return math.ceil(load + beta * math.sqrt(load) - _TINY) if load > 0 else 0


def groups_of(scenario: Scenario, targets: Sequence[Target]) -> list[Group]:
    """Return for every set of teams that some queues depend on what they need together.

    A set's queues are all those that no team outside it takes at once: that the set has hands
    enough for them is necessary, for each set, and for one team it is the usual requirement.
    """
    queues = _queues(scenario, targets)
    sets = {q.teams for q in queues}
    sets |= {a | b for a in sets for b in sets if a & b}
    order = list(scenario.all_teams)
    ordered = sorted(sets, key=lambda teams: (len(teams), [order.index(t) for t in sorted(teams)]))
    return [
        _group(tuple(t for t in order if t in teams), [q for q in queues if q.teams <= teams])
        for teams in ordered
    ]


def _queues(scenario: Scenario, targets: Sequence[Target]) -> list[_Queue]:
    work, found = queue_work(scenario), []
    for (line, tier), hours in work.items():
        if not hours.any():
            continue
        channel = scenario.lines[line]
        aims = tuple(t for t in targets if t.channel in (None, line) and _bears(t, tier))
        rate = mean_rates(scenario, line) * contacts_with_people(channel) * _reach(channel, tier)
        live = tier == 1 and _is_live(channel, scenario.kind(line), aims)
        found.append(
            _Queue(
                line, tier, _first_choice(scenario, line, tier), _halves(rate), _halves(hours),
                _patience_s(channel), live, _deadline(aims),
                aims, channel.service_level_seconds or DEFAULT_PROMISE_S,
                _open_halves(scenario, line, tier),
            )
        )  # fmt: skip
    return found


def _bears(target: Target, tier: int) -> bool:
    """Return whether a target says anything of a tier: the first reply is tier 1's."""
    return tier == 1 or target.metric.startswith("art")


def _reach(channel: Channel, tier: int) -> float:
    return math.prod(step.escalation_probability for step in channel.tiers[: tier - 1])


def _first_choice(scenario: Scenario, line: str, tier: int) -> frozenset[str]:
    """Return the teams that take a queue's contacts at once; all that ever do if none does."""
    names, able = list(scenario.all_teams), able_teams(scenario.all_teams, line, tier)
    at_once = frozenset(names[place] for place, after in able if after == 0)
    return at_once or frozenset(names[place] for place, _ in able)


def _is_live(channel: Channel, kind: str, aims: Sequence[Target]) -> bool:
    quick = any(t.unit == "s" and t.limit < _LIVE_BELOW_S for t in aims)
    return channel.patience_minutes is not None or kind in ("phone", "chat") or quick


def _patience_s(channel: Channel) -> float:
    return math.inf if channel.patience_minutes is None else channel.patience_minutes.average * 60


def _deadline(aims: Sequence[Target]) -> int:
    """Return within how many half-hours what can wait is to be done."""
    limits = [t.limit * (0.5 if t.metric.startswith("art") else 1.0) for t in aims if t.unit == "s"]
    return max(1, min(round(min(limits) / 1800), HALF_HOURS)) if limits else NOBODY_SAYS


def _open_halves(scenario: Scenario, line: str, tier: int) -> npt.NDArray[np.bool_]:
    """Return the half-hours in which a channel's own opening hours want somebody there."""
    opening = scenario.opening(line) if tier == 1 else None
    is_open = np.zeros(HALF_HOURS, dtype=np.bool_)
    for hours in opening.hours if opening is not None else ():
        start, end = (hours.weekday * 86_400 + seconds_of_day(t) for t in (hours.start, hours.end))
        is_open[start // 1800 : -(-end // 1800)] = True
    return is_open


def _halves(hours: Floats) -> Floats:
    return np.repeat(hours, 2)


def _group(teams: tuple[str, ...], queues: list[_Queue]) -> Group:
    live = [q for q in queues if q.live]
    later = [q for q in queues if not q.live]
    nothing = np.zeros(HALF_HOURS)
    return Group(
        teams,
        tuple((q.line, q.tier) for q in queues),
        np.array([_required(live, s) for s in range(HALF_HOURS)]) if live else nothing,
        np.sum([q.work for q in live], axis=0) if live else nothing,
        np.sum([q.work for q in later], axis=0) if later else nothing,
        min((q.deadline for q in later), default=NOBODY_SAYS),
        np.any([q.open for q in queues], axis=0),
    )


def _required(queues: list[_Queue], half: int) -> float:
    """Return the hands that queues in line need in a half-hour, as one pooled queue."""
    rate = sum(float(q.rate[half]) for q in queues)
    load = sum(float(q.work[half]) for q in queues)
    if load <= _TINY:
        return 0.0
    patience = _mean_patience([q for q in queues if q.rate[half] > 0], half)
    aims = {(t.metric, t.limit, q.promise_s) for q in queues for t in q.aims if q.rate[half] > 0}
    needs = [_hands(rate, load / rate * 3600, patience, *aim) for aim in sorted(aims)]
    return float(max(needs, default=square_root(load)))


def _mean_patience(queues: list[_Queue], half: int) -> float:
    """Return the patience whose rate of giving up is the mean of the queues' rates."""
    total = sum(float(q.rate[half]) for q in queues)
    giving_up = sum(float(q.rate[half]) / q.patience_s for q in queues) / total
    return 1 / giving_up if giving_up > 0 else math.inf


@lru_cache(maxsize=4096)
def _hands(
    rate: float, handle_s: float, patience_s: float, metric: str, limit: float, promise_s: float
) -> int:
    """Return the fewest hands with which Erlang A (C without a patience) meets a limit."""
    if metric.startswith(("service_level", "sla")):
        return agents_for_service_level(rate, handle_s, limit, promise_s, patience_s)
    if metric in ("frt_p90", "frt"):
        share = 0.9 if metric == "frt_p90" else 0.5
        return agents_for_service_level(rate, handle_s, share, limit, patience_s)
    load = rate * handle_s / 3600
    if metric == "abandonment" and math.isfinite(patience_s):
        return _fewest(lambda n: erlang_a(rate, handle_s, n, patience_s).p_abandon <= limit, 1)
    if metric in ("asa", "frt_mean"):
        least = 1 if math.isfinite(patience_s) else math.floor(load) + 1
        return _fewest(lambda n: _mean_wait(rate, handle_s, n, patience_s) <= limit, least)
    return square_root(load)


def _mean_wait(rate: float, handle_s: float, agents: int, patience_s: float) -> float:
    if math.isfinite(patience_s):
        return erlang_a(rate, handle_s, agents, patience_s).mean_wait_served_s
    return erlang_c(rate, handle_s, agents).mean_wait_s


def _fewest(enough: Callable[[int], bool], low: int) -> int:
    agents = low
    while not enough(agents):
        agents += 1
    return agents
