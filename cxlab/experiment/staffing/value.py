"""Shifts for the highest value: what customers bring, less wages, the loop closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.errors import InputError
from cxlab.experiment.companies import company_totals
from cxlab.experiment.staffing.selection import kim_nelson
from cxlab.experiment.staffing.shifts import Agents, Pattern, with_agents
from cxlab.experiment.staffing_worth import looped
from cxlab.scenario import Scenario
from cxlab.sim.run import play_replication

__all__ = ["Best", "best_value"]

Progress = Callable[[int, int], None]

_ROUNDS = 12
_MOST_NEIGHBOURS = 16
_FINALISTS = 4
_INDIFFERENT = 0.005


@dataclass(frozen=True, slots=True)
class Best:
    """The plan of the highest value, and what one agent more or fewer in each line changes."""

    agents: Agents
    changes: pd.DataFrame
    replications: int


def best_value(
    scenario: Scenario,
    patterns: Sequence[Pattern],
    start: Agents,
    feasible: Callable[[Agents], bool] | None,
    *,
    runs: int,
    confidence: float,
    seed: int,
    progress: Progress | None = None,
) -> Best:
    """Climb from a plan to the best one agent away, on common draws, until none is better.

    The last few plans are told apart on fresh seeds by Kim and Nelson's procedure: the one chosen
    is the best of them with `confidence`, or within half a percent of its value. `feasible` says
    which plans may be had at all. A start that is not better than all its neighbours by chance
    of the draws can mislead; the search sees plans one agent away only.
    """
    climb = _Climb(looped(scenario), list(patterns), runs, progress)
    visited = [start]
    for _ in range(_ROUNDS):
        better = climb.best_neighbour(visited[-1], feasible)
        if better is None:
            break
        visited.append(better)
    finalists = visited[-_FINALISTS:]
    last = _Climb(looped(scenario).but(seed=seed), list(patterns), runs, progress)
    size = abs(last.mean(finalists[-1])) * _INDIFFERENT
    place, _, replications = kim_nelson(
        lambda i, r: last.value(finalists[i], r), len(finalists), confidence=confidence,
        indifference=max(size, 1e-9), first=max(runs, 5), most=max(4 * runs, 20),
    )  # fmt: skip
    chosen = finalists[place]
    return Best(chosen, climb.changes(chosen), replications)


@dataclass
class _Climb:
    """Values of plans, replication by replication, each played once."""

    scenario: Scenario
    patterns: list[Pattern]
    runs: int
    progress: Progress | None = None
    _planned: dict[bytes, Scenario | None] = field(default_factory=dict)
    _values: dict[tuple[bytes, int], float] = field(default_factory=dict)

    def value(self, agents: Agents, replication: int) -> float:
        """Return the value of a plan in one replication; −inf where no desk can work so."""
        key = (agents.tobytes(), replication)
        if key not in self._values:
            planned = self._with(agents)
            played = None if planned is None else play_replication(planned, replication)
            self._values[key] = -np.inf if played is None else company_totals(played)["value"]
            if self.progress is not None:
                self.progress(len(self._values), len(self._values) + 10 * self.runs)
        return self._values[key]

    def _with(self, agents: Agents) -> Scenario | None:
        key = agents.tobytes()
        if key not in self._planned:
            try:
                self._planned[key] = with_agents(self.scenario, self.patterns, agents)
            except InputError:
                self._planned[key] = None
        return self._planned[key]

    def values(self, agents: Agents) -> list[float]:
        """Return the value of a plan in every replication."""
        return [self.value(agents, r) for r in range(1, self.runs + 1)]

    def mean(self, agents: Agents) -> float:
        """Return the mean value of a plan."""
        return float(np.mean(self.values(agents)))

    def best_neighbour(
        self, agents: Agents, feasible: Callable[[Agents], bool] | None
    ) -> Agents | None:
        """Return the best plan one agent away; None where none is better."""
        near = [n for _, n in self._neighbours(agents) if feasible is None or feasible(n)]
        best = max(near, key=self.mean, default=None)
        return best if best is not None and self.mean(best) > self.mean(agents) else None

    def _neighbours(self, agents: Agents) -> list[tuple[tuple[int, int], Agents]]:
        """Return plans with one agent fewer, then with one more, in a line of the plan or near."""
        used = np.flatnonzero(agents).tolist()
        unused = [i for i in range(len(agents)) if i not in used]
        steps = [(i, -1) for i in used] + [(i, 1) for i in (*used, *unused)]
        found = []
        for place, by in steps[:_MOST_NEIGHBOURS]:
            other = agents.copy()
            other[place] += by
            if other[place] <= self.patterns[place].most:
                found.append(((place, by), other))
        return found

    def changes(self, agents: Agents) -> pd.DataFrame:
        """Return what one agent more or fewer in a line changes in value, paired over runs."""
        now = np.array(self.values(agents))
        rows = []
        for (place, by), other in self._neighbours(agents):
            then = np.array(self.values(other))
            if not np.isfinite(then).all():
                continue
            value, low, high = stats.replication_interval(then - now)
            pattern = self.patterns[place]
            rows.append(
                {
                    "team": pattern.team, "line": pattern.words, "change": by,
                    "cost": pattern.cost * by, "difference": value, "low": low, "high": high,
                }
            )  # fmt: skip
        return pd.DataFrame(rows)
