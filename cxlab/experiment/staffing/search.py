"""The search for a cheap plan that meets its targets, steered by simulation.

Raise: cover the requirement, simulate, raise it in the half-hours that miss too much, again
(iterative staffing: Feldman, Mandelbaum, Massey and Whitt 2008, there for one queue). Lower:
take agents away, one line after the other, as long as the targets hold; replace lines by cheaper
ones. All plans meet the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.experiment.staffing.cover import Cover, cover, on_duty
from cxlab.experiment.staffing.requirement import Group
from cxlab.experiment.staffing.sample import Sample, Standing
from cxlab.experiment.staffing.shifts import (
    HALF_HOURS,
    Agents,
    Pattern,
    ShiftRules,
    told,
    with_agents,
)
from cxlab.experiment.staffing.targets import Target
from cxlab.scenario import Scenario
from cxlab.units import format_margin, format_value

__all__ = ["Found", "Search"]

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

_ROUNDS = 8
_MOST_ADDED = 150
_MOST_SWAPS = 40
_LEAST_MISSED = 4
_FULL = 0.95
"""No team is planned to be busier than this over a week with work that waits for ever."""
_HARDER = 1.07
_USUAL = 150
"""Plans that a search simulates, about: for the bar that shows how far it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plan that meets the targets on the sample, the requirement behind it, and dearer ones.

    `ladder` are plans that meet them too, the cheapest (`agents`) first.
    """

    agents: Agents
    ladder: tuple[Agents, ...]
    groups: tuple[Group, ...]
    needed: tuple[Floats, ...]


class Search:
    """Plans of one scenario under one set of rules, simulated once each on one sample."""

    def __init__(
        self,
        scenario: Scenario,
        patterns: Sequence[Pattern],
        rules: ShiftRules,
        groups: Sequence[Group],
        sample: Sample,
        progress: Progress | None = None,
    ) -> None:
        self.scenario, self.patterns, self.rules = scenario, list(patterns), rules
        self.groups, self.sample, self.progress = list(groups), sample, progress
        self.costs = np.array([p.cost for p in patterns])
        self.lines = list(scenario.lines)
        self._seen: dict[tuple[bytes, tuple[Target, ...], float], list[Standing] | None] = {}
        self.plans = 0

    # --- one plan ----------------------------------------------------------------------------

    def cost(self, agents: Agents) -> float:
        """Return what a plan costs a week."""
        return float(agents @ self.costs)

    def standings(
        self, agents: Agents, targets: Sequence[Target], confidence: float
    ) -> list[Standing] | None:
        """Return where a plan stands against each target; None where no desk can work so."""
        key = (agents.tobytes(), tuple(targets), confidence)
        if key not in self._seen:
            self._seen[key] = self._simulated(agents, targets, confidence)
            self.plans += 1
            if self.progress is not None:
                self.progress(self.plans, max(_USUAL, self.plans + 10))
        return self._seen[key]

    def _simulated(
        self, agents: Agents, targets: Sequence[Target], confidence: float
    ) -> list[Standing] | None:
        try:
            planned = with_agents(self.scenario, self.patterns, agents)
        except InputError:
            return None
        return self.sample.standings(planned, targets, confidence)

    def excess(self, agents: Agents, targets: Sequence[Target], confidence: float) -> float:
        """Return the least excess over all targets; −inf for a plan that the rules forbid."""
        if not self._allowed(agents):
            return -math.inf
        found = self.standings(agents, targets, confidence)
        return -math.inf if found is None else min((s.excess for s in found), default=0.0)

    def _allowed(self, agents: Agents) -> bool:
        if (agents < 0).any() or (agents > [p.most for p in self.patterns]).any():
            return False
        enough = all(self._keeps_up(group, agents) for group in self.groups)
        return enough and all(
            self._duty_fits(team, agents) for team in {p.team for p in self.patterns}
        )

    def _keeps_up(self, group: Group, agents: Agents) -> bool:
        if not group.later.any():
            return True
        hands = on_duty(self.patterns, agents, group.teams).sum() / 2
        return bool(_FULL * hands >= group.weekly_work_h)

    def _duty_fits(self, team: str, agents: Agents) -> bool:
        own = self.rules.of(team)
        if not own.min_agents and own.max_agents is None:
            return True
        mine = [(n, p.there > 0) for p, n in zip(self.patterns, agents, strict=True)
                if p.team == team]  # fmt: skip
        allowed = np.any([there for _, there in mine], axis=0)
        duty = np.sum([n * there for n, there in mine], axis=0)[allowed]
        most = np.inf if own.max_agents is None else own.max_agents
        return bool((duty >= own.min_agents).all() and (duty <= most).all())

    # --- the search --------------------------------------------------------------------------

    def find(self, targets: Sequence[Target], confidence: float) -> Found:
        """Return a cheap plan that meets targets on the sample, each with a one-sided bound.

        Raises InputError where even the most generous plan that the rules allow misses one.
        """
        self.check_reach(targets, confidence)
        covers, groups = self._raised(targets, confidence)
        agents = self.filled(covers.agents, targets, confidence)
        trail = self.lowered(agents, targets, confidence)
        return Found(trail[-1], tuple(reversed(trail[-4:])), tuple(groups), tuple(covers.needed))

    def check_reach(self, targets: Sequence[Target], confidence: float) -> None:
        """Raise InputError for a target that the most generous plan misses, and say where.

        Where the rules bound how many are on duty, no plan is the most generous: the search
        itself has to find out.
        """
        teams = {p.team for p in self.patterns}
        if any(self.rules.of(team).max_agents is not None for team in teams):
            return
        generous = [_generous(group, self.patterns) for group in self.groups]
        agents = cover(generous, self.patterns, self.rules, gap=0.3).agents
        found = self.standings(agents, targets, confidence)
        for one in found or []:
            if not one.target.excess(one.value) >= 0:
                raise _unreachable(one, self.patterns)

    def _raised(self, targets: Sequence[Target], confidence: float) -> tuple[Cover, list[Group]]:
        groups = list(self.groups)
        for _ in range(_ROUNDS):
            covers = cover(groups, self.patterns, self.rules)
            found = self.standings(covers.agents, targets, confidence)
            missed = [s for s in found or [] if not s.met]
            if found is not None and not missed:
                break
            groups = [self._corrected(group, missed) for group in groups]
        return covers, groups

    def _corrected(self, group: Group, missed: Sequence[Standing]) -> Group:
        """Return a group that needs more where its queues miss too much."""
        for one in missed:
            late = self._too_many(group, one)
            if late.sum() > 0 and group.live.any() and self._is_live(one):
                group = group.raised(_worst(late, group.live))
            if late.sum() > 0 and group.later.any() and not self._is_live(one):
                group = group.harder(_HARDER)
        return group

    def _too_many(self, group: Group, one: Standing) -> Floats:
        """Return the tickets too many that miss a target in queues of a group (336,)."""
        mine = [self.lines.index(line) for line in {line for line, _ in group.queues}]
        return np.asarray(one.too_many[mine].sum(axis=0))

    def _is_live(self, one: Standing) -> bool:
        """Return whether what misses a target most is waited for in line."""
        worst = self.lines[int(one.too_many.sum(axis=1).argmax())]
        live = {q for g in self.groups if g.live.any() and not g.later.any() for q, _ in g.queues}
        channel = self.scenario.lines[worst]
        return worst in live or channel.patience_minutes is not None

    def filled(self, agents: Agents, targets: Sequence[Target], confidence: float) -> Agents:
        """Return a plan with agents added where they help most for their wage, until it does.

        Raises InputError when no agent more helps.
        """
        for _ in range(_MOST_ADDED):
            found = self.standings(agents, targets, confidence)
            missed = [s for s in found or [] if not s.met]
            if found is not None and not missed and self._allowed(agents):
                return agents
            more = self._added(agents, missed)
            if more is None:
                break
            agents = more
        known = self._known_to_meet(targets, confidence)
        if known:
            return min(known, key=self.cost)
        missed = self._nearest_miss(targets, confidence)
        if not missed:
            raise InputError("no plan that the rules allow keeps up with the work",
                             expected="rules with more agents or longer hours")  # fmt: skip
        raise _unreachable(missed[0], self.patterns)

    def _known_to_meet(self, targets: Sequence[Target], confidence: float) -> list[Agents]:
        """Return the plans simulated so far that meet all targets."""
        asked = [
            np.frombuffer(plan, dtype=np.int64).copy()
            for plan, some, sure in list(self._seen)
            if some == tuple(targets) and sure == confidence
        ]
        return [agents for agents in asked if self.excess(agents, targets, confidence) >= 0]

    def _nearest_miss(self, targets: Sequence[Target], confidence: float) -> list[Standing]:
        """Return what the plan that comes nearest to all targets misses, the worst first."""
        tried = [
            found
            for (_, asked, sure), found in self._seen.items()
            if found and asked == tuple(targets) and sure == confidence
        ]
        best = max(tried, key=lambda found: min(s.excess for s in found), default=[])
        return sorted((s for s in best if not s.met), key=lambda s: s.excess)

    def _added(self, agents: Agents, missed: Sequence[Standing]) -> Agents | None:
        """Return the plan with more agents in the line that helps most for its wage."""
        gains = [self._gain(pattern, agents, missed) for pattern in self.patterns]
        for place in np.argsort(gains)[::-1]:
            if gains[place] <= 0:
                return None
            more = agents.copy()
            more[place] += max(1, agents.sum() // 100)
            own = self.rules.of(self.patterns[place].team)
            fits = more[place] <= self.patterns[place].most
            if fits and (own.max_agents is None or self._duty_fits_above(place, more)):
                return more
        return None

    def _duty_fits_above(self, place: int, agents: Agents) -> bool:
        team = self.patterns[place].team
        duty = np.sum([n * (p.there > 0) for p, n in zip(self.patterns, agents, strict=True)
                       if p.team == team], axis=0)  # fmt: skip
        return bool(duty.max() <= (self.rules.of(team).max_agents or 0))

    def _gain(self, pattern: Pattern, agents: Agents, missed: Sequence[Standing]) -> float:
        """Return how much an agent of a line is there while tickets miss a target, per wage."""
        total = 0.0
        for group in self.groups:
            if pattern.team not in group.teams:
                continue
            if not self._keeps_up(group, agents):
                total += float(pattern.there.sum()) * 1e-3
            for one in missed:
                late = np.maximum(self._too_many(group, one), 0.0)
                spell = 1 if self._is_live(one) else group.deadline
                total += float(pattern.there @ _spread(late, spell))
        return total / pattern.cost

    def lowered(self, agents: Agents, targets: Sequence[Target], confidence: float) -> list[Agents]:
        """Return ever cheaper plans that meet the targets, from a plan that does.

        First the agents that are missed least for their wage go. A line that cannot spare one
        cannot later either: plans only shrink. Then lines are replaced by cheaper ones, and two
        agents by one elsewhere.
        """
        trail = [agents]
        spare = self._by_regret(agents, targets, confidence)
        while spare:
            place = spare[0]
            fewer = _changed(trail[-1], {place: -1})
            if trail[-1][place] and self.excess(fewer, targets, confidence) >= 0:
                trail.append(fewer)
            else:
                spare.pop(0)
        return self._swapped(trail, targets, confidence)

    def _by_regret(self, agents: Agents, targets: Sequence[Target], confidence: float) -> list[int]:
        """Return the lines that can spare an agent, least regret for the wage first."""
        full = self.excess(agents, targets, confidence)
        found = []
        for place in np.flatnonzero(agents).tolist():
            left = self.excess(_changed(agents, {place: -1}), targets, confidence)
            if left >= 0:
                found.append(((full - left) / self.costs[place], -self.costs[place], place))
        return [place for _, _, place in sorted(found)]

    def _swapped(
        self, trail: list[Agents], targets: Sequence[Target], confidence: float
    ) -> list[Agents]:
        """Return the trail with plans in which an agent works a cheaper line instead."""
        for moves in (self._swaps, partial(self._two_for_one, targets, confidence)):
            tried = 0
            while tried < _MOST_SWAPS:
                found = None
                for fewer in moves(trail[-1])[: _MOST_SWAPS - tried]:
                    tried += 1
                    if self.excess(fewer, targets, confidence) >= 0:
                        found = fewer
                        break
                if found is None:
                    break
                trail.append(found)
        return trail

    def _two_for_one(
        self, targets: Sequence[Target], confidence: float, agents: Agents
    ) -> list[Agents]:
        """Return plans with two agents fewer and one more where that helps most.

        The two are of the lines that are missed least; the one works where tickets miss a target
        without them.
        """
        used = np.flatnonzero(agents).tolist()
        left = {p: self.excess(_changed(agents, {p: -1}), targets, confidence) for p in used}
        least = sorted(used, key=lambda p: -left[p])[:_LEAST_MISSED]
        found: dict[bytes, tuple[float, Agents]] = {}
        for one, other in combinations_with_replacement(least, 2):
            fewer = _changed(_changed(agents, {one: -1}), {other: -1})
            if fewer.min() < 0:
                continue
            standings = self.standings(fewer, targets, confidence)
            missed = [s for s in standings or [] if not s.met]
            gains = np.array([self._gain(p, fewer, missed) * p.cost for p in self.patterns])
            for new in np.argsort(-gains, kind="stable")[:_LEAST_MISSED].tolist():
                moved = _changed(fewer, {new: 1})
                saved = self.cost(agents) - self.cost(moved)
                if saved > 0 and gains[new] > 0:
                    found.setdefault(moved.tobytes(), (-saved, moved))
        return [moved for _, moved in sorted(found.values(), key=lambda pair: pair[0])]

    def _swaps(self, agents: Agents) -> list[Agents]:
        """Return plans with one agent in a cheaper line of the team, the most saved first."""
        found = []
        for old in np.flatnonzero(agents).tolist():
            for new, pattern in enumerate(self.patterns):
                saved = self.costs[old] - self.costs[new]
                before = self.patterns[old]
                if pattern.team != before.team or saved <= 0:
                    continue
                if float(np.minimum(pattern.there, before.there).sum()) < 0.5 * pattern.there.sum():
                    continue
                found.append((-saved, old, new))
        return [_changed(agents, {old: -1, new: 1}) for _, old, new in sorted(found)]


def _changed(agents: Agents, by: dict[int, int]) -> Agents:
    changed = agents.copy()
    for place, more in by.items():
        changed[place] += more
    return changed


def _worst(late: Floats, live: Floats) -> npt.NDArray[np.int64]:
    """Return the half-hours, worst first, that hold half of the tickets too many."""
    late = np.where(live > 0, np.maximum(late, 0.0), 0.0)
    order = np.argsort(-late, kind="stable")
    enough = int(np.searchsorted(np.cumsum(late[order]), late.sum() / 2)) + 1
    return order[: min(enough, int((late > 0).sum()))]


def _spread(late: Floats, halves: int) -> Floats:
    """Return tickets in the half-hours from their coming until they are late (336,)."""
    rolled = [np.roll(late, k) for k in range(min(halves, HALF_HOURS))]
    return np.asarray(np.sum(rolled, axis=0))


def _generous(group: Group, patterns: Sequence[Pattern]) -> Group:
    """Return a group with so many hands that only the rules can stand in the way."""
    mine = [p.there for p in patterns if p.team in group.teams]
    somebody = np.any([there > 0 for there in mine], axis=0)
    waits, most = 0.0, 0.0
    for half in np.tile(np.arange(HALF_HOURS), 2):
        waits = group.later[half] + (0.0 if somebody[half] else waits)
        most = max(most, waits)
    hands = 2 * group.live + 4 * np.sqrt(group.live) + 2 * most + 3
    return replace(group, required=np.where(somebody, np.ceil(hands), 0.0))


def _unreachable(one: Standing, patterns: Sequence[Pattern]) -> InputError:
    """Return the error that says by how much a target is missed, and in which half-hours."""
    target, unit = one.target, one.target.unit
    late = one.too_many.sum(axis=0)
    worst = int(late.argmax())
    came, missed = one.came.sum(axis=0)[worst], one.missed.sum(axis=0)[worst]
    off = abs(one.value - target.limit)
    somebody = any(p.there[worst] > 0 for p in patterns)
    return InputError(
        f"{target.name} of {target.words} is out of reach: the best plan comes to "
        f"{format_value(one.value, unit)}, {format_margin(off, unit)} off",
        hint=f"worst is {told(worst)}, where {missed / max(came, 1e-9) * 100:.0f} % of what comes "
        + ("misses it" if somebody else "misses it and the rules allow no shift"),
    )
