"""Staff a scenario: the cheapest weekly shifts that meet its targets with stated confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.errors import InputError
from cxlab.experiment.staffing.cover import on_duty
from cxlab.experiment.staffing.plan import Plan, plan_name, plan_title
from cxlab.experiment.staffing.requirement import groups_of
from cxlab.experiment.staffing.sample import Sample, Standing
from cxlab.experiment.staffing.search import Found, Progress, Search
from cxlab.experiment.staffing.selection import Verdict, confirm
from cxlab.experiment.staffing.shifts import (
    HALF_HOURS,
    Agents,
    Pattern,
    ShiftRules,
    dated,
    patterns_of,
    rules_of,
    told,
    with_agents,
)
from cxlab.experiment.staffing.targets import VALUE, Target, parse_targets
from cxlab.experiment.staffing.value import best_value
from cxlab.scenario import Scenario, Shift, parse_days

__all__ = ["staff"]

Floats = npt.NDArray[np.float64]

_ATTEMPTS = (0.4, 0.2, 0.2)
"""Shares of the chance of error that each round of finalists takes; the rest is for one more."""
_CLOSER = 4
"""So many times the replications tell whether a line can do with one agent fewer, if in doubt."""
_STRICTER = (1.0, 0.1, 0.01)
"""By what the search's own chance of error is multiplied when no finalist was confirmed."""
_FRESH = 7_919_000_003
_LEAST = 10


def staff(
    scenario: Scenario,
    targets: str | Sequence[str],
    *,
    rules: ShiftRules | dict[str, Any] | None = None,
    confidence: float = 0.95,
    replications: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the cheapest weekly shift plan that a search finds to meet targets.

    `targets` are texts such as "service_level>=80%", "frt_p90[email]<=24h", "abandonment<=5%",
    and "value" (of a company: as much discounted margin less wages as can be, up to the horizon,
    its links in force). `rules` say which shifts there may be (see `load_rules`); by default those
    of the scenario's own lines, begun at any full hour within the span that they cover.

    The start is an Erlang-A requirement by half-hour, covered by integer programming; simulation
    raises it where it misses and takes away what is not needed, on common draws. At last the
    cheapest candidate is confirmed on fresh seeds: all targets are met with `confidence`
    together (`Plan.confirmed`). The search is a heuristic: no proof that nothing is cheaper.
    Work that no target covers (a higher tier, a channel not named) only has to be kept up with.
    `replications` (default: the scenario's, at least 10) are what the search simulates and
    finalists begin with; the same arguments give the same plan.

    Raises InputError for what cannot be asked (see `parse_targets`, `load_rules`), and for a
    target that the most generous plan under the rules misses: by how much, and where most.

    >>> from cxlab.files import scenario_file
    >>> base = Scenario.load(scenario_file("small_business_inbox"))
    >>> plan = staff(base, "sla>=90%", replications=10)
    >>> plan.confirmed, plan.lines["agents"].tolist(), plan.currency
    (True, [3], 'EUR')
    """
    chosen = scenario if seed is None else scenario.but(seed=seed)
    asked = parse_targets(chosen, [targets] if isinstance(targets, str) else targets)
    known = rules if isinstance(rules, ShiftRules) else rules_of(rules or {})
    if not 0.5 < confidence < 1:
        raise InputError("confidence", given=confidence, expected="above 0.5 and below 1")
    runs = max(replications or max(chosen.replications, _LEAST), 2)
    limits = [t for t in asked if t.metric != VALUE]
    patterns = patterns_of(chosen, known)
    groups = groups_of(chosen, limits)
    search = Search(chosen, patterns, known, groups, Sample(chosen, runs), progress)
    close = Search(chosen, patterns, known, groups, Sample(chosen, _CLOSER * runs), progress)
    job = _Job(search, limits, confidence, runs, close)
    if len(limits) < len(asked):
        return job.for_value(asked)
    return job.for_targets(asked)


@dataclass(frozen=True, slots=True)
class _Job:
    """One question to a search, and how surely it is to be answered."""

    search: Search
    limits: list[Target]
    confidence: float
    runs: int
    close: Search
    """The same search on a larger sample."""

    def sure(self, factor: float = 1.0) -> float:
        """Return the confidence of each target's bound on the sample."""
        return 1 - (1 - self.confidence) * factor / max(1, len(self.limits))

    def for_targets(self, asked: list[Target]) -> Plan:
        """Return the cheapest plan confirmed to meet the limits."""
        for number, share in enumerate(_ATTEMPTS):
            sure = self.sure(_STRICTER[number])
            found = self._found(sure, number)
            if found is None:
                break
            verdict = self._confirmed(found.ladder, share, number)
            last = (found, verdict)
            if verdict.chosen is not None:
                break
        found, verdict = last
        agents = found.ladder[verdict.chosen if verdict.chosen is not None else -1]
        if verdict.chosen is not None:
            agents, verdict = self._closer(agents, verdict)
        return self._answer(asked, agents, found, verdict, pd.DataFrame())

    def _closer(self, agents: Agents, verdict: Verdict) -> tuple[Agents, Verdict]:
        """Return a cheaper plan where a closer look finds one that is confirmed, else the same."""
        fewer = agents
        while True:
            spare = [p for p in np.flatnonzero(fewer).tolist() if self._spares(fewer, p)]
            if not spare:
                break
            place = max(spare, key=lambda p: self.search.costs[p])
            fewer = one_fewer(fewer, place)
        if np.array_equal(fewer, agents):
            return agents, verdict
        again = self._confirmed([fewer], 1 - sum(_ATTEMPTS), len(_ATTEMPTS))
        if again.chosen is None:
            return agents, verdict
        return fewer, again

    def _spares(self, agents: Agents, place: int) -> bool:
        """Return whether a line can do with one agent fewer, by more runs where it is in doubt."""
        search, sure, fewer = self.search, self.sure(), one_fewer(agents, place)
        if search.excess(fewer, self.limits, sure) == -np.inf:
            return False
        found = search.standings(fewer, self.limits, sure) or []
        if not all(s.target.excess(s.value) >= 0 for s in found):
            return False
        return self.close.excess(fewer, self.limits, sure) >= 0

    def _found(self, sure: float, number: int) -> Found | None:
        """Return what the search finds; None where a later, stricter one finds nothing."""
        try:
            return self.search.find(self.limits, sure)
        except InputError:
            if number:
                return None
            raise

    def _confirmed(self, ladder: Sequence[Agents], share: float, number: int) -> Verdict:
        """Return the verdict over finalists on runs of seeds that no search has seen."""
        planned = [self._planned(agents).but(seed=self.fresh(number)) for agents in ladder]
        chance = (1 - self.confidence) * share
        return confirm(planned, self.limits, 1 - chance, self.runs)

    def fresh(self, number: int) -> int:
        """Return a seed for the finalists of a round."""
        return int((self.search.scenario.seed + _FRESH * (number + 1)) % 2**63)

    def _planned(self, agents: Agents) -> Scenario:
        return with_agents(self.search.scenario, self.search.patterns, agents)

    def for_value(self, asked: list[Target]) -> Plan:
        """Return the plan of the highest value among those that meet the limits."""
        search, sure = self.search, self.sure()
        found = search.find(self.limits, sure) if self.limits else None
        start = own_agents(search) if found is None else found.agents

        def feasible(agents: Agents) -> bool:
            return search.excess(agents, self.limits, sure) >= 0

        best = best_value(
            search.scenario, search.patterns, start, feasible if self.limits else None,
            runs=self.runs, confidence=self.confidence, seed=self.fresh(0),
            progress=search.progress,
        )  # fmt: skip
        verdict = Verdict(0, [pd.DataFrame()], best.replications)
        if self.limits:
            verdict = self._confirmed([best.agents], 1.0, 1)
        found = found or Found(best.agents, (best.agents,), tuple(search.groups), ())
        return self._answer(asked, best.agents, found, verdict, best.changes)

    def _answer(
        self,
        asked: list[Target],
        agents: Agents,
        found: Found,
        verdict: Verdict,
        worth: pd.DataFrame,
    ) -> Plan:
        search, sure = self.search, self.sure()
        scenario, patterns = search.scenario, search.patterns
        named = {"name": plan_name(scenario), "title": plan_title(scenario), "description": ""}
        planned = self._planned(agents).but(**named)
        own = own_lines(search)
        chosen = verdict.chosen if verdict.chosen is not None else len(verdict.shown) - 1
        before = self._cost(own)
        return Plan(
            base=scenario,
            scenario=planned,
            aims=tuple(asked), confidence=self.confidence, confirmed=verdict.chosen is not None,
            lines=_lines(patterns, agents), targets=verdict.shown[chosen],
            half_hours=self._half_hours(agents, found, sure),
            prices=self._prices(agents, sure), worth=worth,
            cost=search.cost(agents), hours=_hours(patterns, agents),
            cost_before=before[0], hours_before=before[1], currency=_currency(scenario),
            replications=verdict.replications, seed=scenario.seed,
            plans=search.plans + self.close.plans,
            patterns=tuple(patterns), agents=agents,
        )  # fmt: skip

    def _cost(self, lines: list[tuple[Pattern, int]]) -> tuple[float, float]:
        return sum(p.cost * n for p, n in lines), sum(p.paid_h * n for p, n in lines)

    def _half_hours(self, agents: Agents, found: Found, sure: float) -> pd.DataFrame:
        """Return what each team needs and has by half-hour, and where one fewer is one too few."""
        rise = self._rises(agents, sure)
        binding = {team: _bearing(mine) for team, mine in rise.items()}
        parts = []
        for team in self.search.scenario.all_teams:
            planned = on_duty(self.search.patterns, agents, [team])
            required = _required(team, found, self.search, agents)
            parts.append(
                pd.DataFrame(
                    {
                        "team": team, "half_hour": np.arange(HALF_HOURS),
                        "time": [told(h) for h in range(HALF_HOURS)],
                        "required": required, "planned": planned,
                        "binding": binding.get(team, np.zeros(HALF_HOURS, dtype=bool)),
                        "missed_with_one_fewer": rise.get(team, np.zeros(HALF_HOURS)),
                    }
                )
            )  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def _rises(self, agents: Agents, sure: float) -> dict[str, Floats]:
        """Return per team where more tickets a week miss a target with one agent fewer.

        Lines that can spare an agent do not count; of the others the dearest loss does.
        """
        search, now = self.search, self.search.standings(agents, self.limits, sure)
        rises: dict[str, Floats] = {}
        for place in np.flatnonzero(agents).tolist() if self.limits else []:
            if self._spares(agents, place):
                continue
            then = search.standings(one_fewer(agents, place), self.limits, sure)
            pattern = search.patterns[place]
            rise = self._folded(_rise(now, then, pattern, self._weeks), pattern)
            rises[pattern.team] = np.maximum(rises.get(pattern.team, 0.0), rise)
        return rises

    def _folded(self, rise: Floats, pattern: Pattern) -> Floats:
        """Return the mean over those days of a line that expect the same load: they are alike."""
        mine = [g for g in self.search.groups if pattern.team in g.teams]
        loads = np.round([g.live + g.later for g in mine], 9).reshape(len(mine), 7, 48)
        folded, there = rise.reshape(7, 48).copy(), (pattern.there > 0).reshape(7, 48)
        alike: dict[bytes, list[int]] = {}
        for day in range(7):
            alike.setdefault(loads[:, day].tobytes() + there[day].tobytes(), []).append(day)
        for days in alike.values():
            folded[days] = folded[days].mean(axis=0)
        return folded.ravel()

    @property
    def _weeks(self) -> float:
        horizon = self.search.scenario.horizon
        return (horizon.total_days - horizon.dropped_days) / 7

    def _prices(self, agents: Agents, sure: float) -> pd.DataFrame:
        """Return what the next point of each target costs a week, one target at a time."""
        rows = []
        for place, target in enumerate(self.limits):
            harder = target.stricter()
            if not harder.attainable:
                continue
            limits = [*self.limits[:place], harder, *self.limits[place + 1 :]]
            rows.append(self._price(agents, target, harder, limits, sure))
        return pd.DataFrame(rows, columns=["target", "next", "cost", "by"])

    def _price(
        self, agents: Agents, target: Target, harder: Target, limits: list[Target], sure: float
    ) -> dict[str, Any]:
        search, row = self.search, {"target": target.text, "next": harder.text}
        if search.excess(agents, limits, sure) >= 0:
            return row | {"cost": 0.0, "by": "no change"}
        try:
            better = search.lowered(search.filled(agents, limits, sure), limits, sure)[-1]
        except InputError:
            return row | {"cost": np.nan, "by": ""}
        more = search.cost(better) - search.cost(agents)
        return row | {
            "cost": max(0.0, more),
            "by": changes_between(search.patterns, agents, better),
        }


def one_fewer(agents: Agents, place: int) -> Agents:
    """Return a plan with one agent fewer in a line."""
    fewer = agents.copy()
    fewer[place] -= 1
    return fewer


def own_lines(search: Search) -> list[tuple[Pattern, int]]:
    """Return the scenario's own lines (those without dates) as patterns, with their agents."""
    found = []
    for name, team in search.scenario.all_teams.items():
        for line in team.shifts:
            if dated(line):
                continue
            mine = [p for p in _own_patterns(search.scenario, name) if _same(p, name, line)]
            found.append((mine[0], line.agents))
    return found


def _own_patterns(scenario: Scenario, team: str) -> list[Pattern]:
    return [p for p in patterns_of(scenario, ShiftRules()) if p.team == team]


def _same(pattern: Pattern, team: str, line: Shift) -> bool:
    """Return whether a pattern is a line, whoever works it."""
    return pattern.team == team and _told_apart(pattern.shift) == _told_apart(line)


def _told_apart(line: Shift) -> tuple[object, ...]:
    days = tuple(sorted(parse_days(line.days)))
    return (days, line.starts_s, line.length_s, line.breaks, line.hourly_cost, line.speed)


def own_agents(search: Search) -> Agents:
    """Return the scenario's own plan in the patterns that the rules allow.

    Raises InputError where they do not allow one of its lines.
    """
    agents = np.zeros(len(search.patterns), dtype=np.int64)
    for name, team in search.scenario.all_teams.items():
        for line in team.shifts:
            if dated(line) or not line.agents:
                continue
            places = [i for i, p in enumerate(search.patterns) if _same(p, name, line)]
            if not places:
                raise InputError(
                    "a plan for value alone begins with the scenario's own shifts, which the rules "
                    "do not allow", given=f"{name}: {line.days} {line.from_}-{line.to}",
                    expected="rules that allow it, or a target beside value",
                )  # fmt: skip
            agents[places[0]] += line.agents
    return agents


def changes_between(patterns: Sequence[Pattern], before: Agents, after: Agents) -> str:
    """Return in words what one plan has more or less of than another."""
    parts = []
    for pattern, by in zip(patterns, after - before, strict=True):
        if by:
            parts.append(f"{by:+d} {pattern.team} {pattern.words}".replace("-", "−", int(by < 0)))
    return ", ".join(parts)


def _lines(patterns: Sequence[Pattern], agents: Agents) -> pd.DataFrame:
    rows = [
        {
            "team": p.team, "days": p.shift.days, "from": p.shift.from_, "to": p.shift.to,
            "agents": int(n), "hours": p.paid_h * n, "cost": p.cost * n,
        }
        for p, n in zip(patterns, agents, strict=True)
        if n
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["team", "days", "from", "to", "agents", "hours", "cost"])


def _hours(patterns: Sequence[Pattern], agents: Agents) -> float:
    return float(sum(p.paid_h * n for p, n in zip(patterns, agents, strict=True)))


def _currency(scenario: Scenario) -> str | None:
    teams = scenario.all_teams.values()
    priced = any(t.hourly_cost is not None or any(s.hourly_cost for s in t.shifts) for t in teams)
    return scenario.currency if priced else None


def _rise(
    now: list[Standing] | None,
    then: list[Standing] | None,
    pattern: Pattern,
    weeks: float,
) -> Floats:
    """Return by how many tickets a week more miss a target while a line is on duty (336,).

    Where no desk can work with one agent fewer, every half-hour of the line counts alike.
    """
    if now is None or then is None:
        return (pattern.there > 0).astype(float)
    more = sum(b.missed.sum(axis=0) - a.missed.sum(axis=0) for a, b in zip(now, then, strict=True))
    return np.asarray(np.maximum(more, 0.0) * (pattern.there > 0) / weeks, dtype=np.float64)


def _bearing(rise: Floats) -> npt.NDArray[np.bool_]:
    """Return the half-hours, worst first, that bear half of the tickets missed more; ties too."""
    order = np.argsort(-rise, kind="stable")
    place = int(np.searchsorted(np.cumsum(rise[order]), rise.sum() / 2))
    least = float(rise[order[min(place, len(order) - 1)]])
    return np.asarray((rise > 0) & (rise >= least * (1 - 1e-9)), dtype=np.bool_)


def _required(team: str, found: Found, search: Search, agents: Agents) -> Floats:
    """Return the hands that the corrected requirement wants of a team in each half-hour.

    Where teams share queues, what they need together less what the others bring.
    """
    required = np.zeros(HALF_HOURS)
    needed = found.needed or tuple(g.required for g in search.groups)
    for group, hands in zip(found.groups, needed, strict=True):
        if team in group.teams:
            others = [t for t in group.teams if t != team]
            required = np.maximum(required, hands - on_duty(search.patterns, agents, others))
    return np.maximum(required, 0.0)
