"""The cheapest shifts that cover a requirement, by integer programming (HiGHS)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from cxlab.errors import InputError, RunError
from cxlab.experiment.staffing.requirement import Group
from cxlab.experiment.staffing.shifts import HALF_HOURS, Agents, Pattern, ShiftRules

__all__ = ["BUSY", "Cover", "cover", "on_duty"]

Floats = npt.NDArray[np.float64]
BUSY = 0.9
"""The share of a hand's time that work which can wait may fill; the rest is chance's."""
_GAP, _NODES = 1e-2, 30
_LATE = 2.0
_BLOCK = 4
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Cover:
    """Shifts that cover a requirement, and where the rules let no shift do so.

    `agents` per pattern; per group of the requirement `needed` hands (336,), with the work that
    can wait where the plan does it, and `short` (336,), the hands that no allowed plan brings.
    """

    agents: Agents
    needed: list[Floats]
    short: list[Floats]


def on_duty(patterns: Sequence[Pattern], agents: Agents, teams: Sequence[str]) -> Floats:
    """Return the hands of some teams in each half-hour of the week (336,).

    Hands are agents less the absences and meetings of the mean, times their speed.
    """
    rows = [p.there * n for p, n in zip(patterns, agents, strict=True) if p.team in teams and n]
    return np.sum(rows, axis=0) if rows else np.zeros(HALF_HOURS)


def cover(
    groups: Sequence[Group], patterns: Sequence[Pattern], rules: ShiftRules, gap: float = _GAP
) -> Cover:
    """Return the cheapest plan with the hands that every group needs, half-hour by half-hour.

    Work that can wait flows: done by hands that what is in line leaves idle, within its
    deadline. The plan is the cheapest but for a share `gap` of its cost, where the solver can
    prove that soon. Where the rules allow no cover, as little as possible is short. Raises
    InputError when the rules contradict each other, and RunError when HiGHS finds no plan.
    """
    agents = np.zeros(len(patterns), dtype=np.int64)
    needed: list[Floats] = [np.zeros(HALF_HOURS)] * len(groups)
    short: list[Floats] = [np.zeros(HALF_HOURS)] * len(groups)
    for teams in _apart(groups, patterns):  # what shares no team is a problem of its own
        places = [i for i, p in enumerate(patterns) if p.team in teams]
        mine = [i for i, group in enumerate(groups) if teams.issuperset(group.teams)]
        some = [patterns[i] for i in places]
        part = _covered([groups[i] for i in mine], some, rules, gap)
        agents[places] = part.agents
        for place, hands, lacking in zip(mine, part.needed, part.short, strict=True):
            needed[place], short[place] = hands, lacking
    return Cover(agents, needed, short)


def _apart(groups: Sequence[Group], patterns: Sequence[Pattern]) -> list[set[str]]:
    """Return the teams that have lines in sets that share no group."""
    sets: list[set[str]] = [{p} for p in dict.fromkeys(p.team for p in patterns)]
    for group in groups:
        touching = [some for some in sets if some & set(group.teams)]
        if touching:
            joined = set().union(*touching)
            sets = [some for some in sets if some not in touching] + [joined]
    return sets


def _covered(
    groups: Sequence[Group], patterns: Sequence[Pattern], rules: ShiftRules, gap: float
) -> Cover:
    """Cover groups whose teams depend on each other."""
    problem = _Problem(len(patterns))
    costs = np.array([p.cost for p in patterns])
    scale = max(_TINY, float(costs.max()))
    problem.objective[: len(patterns)] = (costs / scale).tolist()
    hour = float(np.median([p.cost / p.paid_h for p in patterns])) / scale
    flows = [_add_group(problem, group, patterns, hour) for group in groups]
    _add_duty(problem, patterns, rules)
    found = problem.solve([p.most for p in patterns], gap)
    agents = np.rint(found[: len(patterns)]).astype(np.int64)
    needed = [
        _needed(group, flow, found, on_duty(patterns, agents, group.teams))
        for group, flow in zip(groups, flows, strict=True)
    ]
    return Cover(agents, needed, [_at(found, flow.short) for flow in flows])


def _needed(group: Group, flow: _Flow, found: Floats, hands: Floats) -> Floats:
    """Return the hands that a group needs, work that can wait where the plan does it (336,)."""
    if not len(flow.done):
        return group.required
    size = HALF_HOURS // len(flow.done)
    idle = np.maximum(BUSY * hands - flow.live, 0.0)
    per_block = idle.reshape(-1, size).sum(axis=1)
    filled = np.minimum(found[flow.done] / np.maximum(per_block, _TINY), 1.0)
    busy = flow.live + idle * np.repeat(filled, size)
    return np.asarray(np.maximum(group.required, busy / BUSY))


@dataclass
class _Problem:
    """A mixed-integer programme that grows: patterns first, then continuous columns."""

    patterns: int
    objective: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.objective = [0.0] * self.patterns

    def column(self, price: float) -> int:
        """Add a continuous column of 0 or more and return its place."""
        self.objective.append(price)
        return len(self.objective) - 1

    def row(self, entries: dict[int, float], least: float, most: float = np.inf) -> None:
        """Add one constraint: least ≤ Σ entries ≤ most."""
        place = len(self.least)
        for column, value in entries.items():
            self.rows.append(place)
            self.columns.append(column)
            self.values.append(value)
        self.least.append(least)
        self.most.append(most)

    def solve(self, most: Sequence[int], gap: float) -> Floats:
        """Return the columns of a solution as cheap as any but for a share `gap`, if found."""
        size = len(self.objective)
        upper = np.full(size, np.inf)
        upper[: self.patterns] = most
        whole = np.zeros(size, dtype=np.int64)
        whole[: self.patterns] = 1
        shape = (len(self.least), size)
        matrix = sparse.csr_array((self.values, (self.rows, self.columns)), shape=shape)
        found = milp(
            np.array(self.objective), integrality=whole, bounds=Bounds(0, upper),
            constraints=LinearConstraint(matrix, self.least, self.most),
            options={"mip_rel_gap": gap, "node_limit": _NODES},
        )  # fmt: skip
        if found.status == 2:
            raise InputError(
                "the shift rules contradict each other",
                expected="rules by which some plan has min_agents on duty and at most max_agents",
            )
        if found.x is None:
            raise RunError("HiGHS found no plan", hint=str(found.message))
        return np.asarray(found.x, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Flow:
    """The columns of one group, and the hands that are busy live.

    `short` by half-hour (−1 for none); `done` by block of the week, empty where nothing waits.
    """

    short: npt.NDArray[np.int64]
    done: npt.NDArray[np.int64]
    live: Floats


def _add_group(problem: _Problem, group: Group, patterns: Sequence[Pattern], hour: float) -> _Flow:
    """Add what a group needs; `hour` is what an hour of work costs."""
    _add_open(problem, group, patterns)
    mine = [(i, p.there) for i, p in enumerate(patterns) if p.team in group.teams]
    somebody = np.sum([there for _, there in mine], axis=0) > 0 if mine else np.zeros(HALF_HOURS)
    short = np.full(HALF_HOURS, -1)
    for half in np.flatnonzero(group.required > 0):
        # Dearer than any line, so that nothing is short which a line could cover.
        short[half] = problem.column(1.2)
        hands = {i: float(there[half]) for i, there in mine if there[half] > 0}
        problem.row({**hands, int(short[half]): 1.0}, float(group.required[half]))
    live = np.minimum(group.live, BUSY * group.required) * somebody
    if not group.later.sum() > _TINY:
        return _Flow(short, np.zeros(0, dtype=np.int64), live)
    return _Flow(short, _add_flow(problem, group, mine, live, hour), live)


def _add_open(problem: _Problem, group: Group, patterns: Sequence[Pattern]) -> None:
    """Add that somebody is there whenever a channel is open, if a shift is allowed then."""
    if not group.open.any():
        return
    mine = [(i, p.spans) for i, p in enumerate(patterns) if p.team in group.teams]
    for half in np.flatnonzero(group.open):
        somebody = {i: 1.0 for i, spans in mine if spans[half]}
        if somebody:
            problem.row(somebody, 1.0)


def _add_flow(
    problem: _Problem,
    group: Group,
    mine: list[tuple[int, Floats]],
    live: Floats,
    hour: float,
) -> npt.NDArray[np.int64]:
    """Add the work that can wait: what comes in is done by idle hands, in time or late.

    It flows from block to block of the week, of two hours where the deadline is at least four;
    the unit is a hand's half-hour.
    """
    size = _BLOCK if group.deadline >= 2 * _BLOCK else 1
    blocks = HALF_HOURS // size
    comes, busy = (a.reshape(blocks, size).sum(axis=1) for a in (group.later, live))
    there = {i: p.reshape(blocks, size).sum(axis=1) for i, p in mine}
    recent = _recent(comes, max(1, group.deadline // size))
    done = np.array([problem.column(0.0) for _ in range(blocks)])
    waits = [problem.column(0.0) for _ in range(blocks)]
    for b in range(blocks):
        undone, late = problem.column(100 * hour), problem.column(_LATE * hour / 2)
        hands = {i: -BUSY * float(p[b]) for i, p in there.items() if p[b] > 0}
        problem.row({**hands, int(done[b]): 1.0, undone: -1.0}, -np.inf, -float(busy[b]))
        flow = {waits[b]: 1.0, waits[b - 1]: -1.0, int(done[b]): 1.0}
        problem.row(flow, float(comes[b]), float(comes[b]))
        problem.row({waits[b]: 1.0, late: -1.0}, -np.inf, float(recent[b]))
    return done


def _recent(comes: Floats, blocks: int) -> Floats:
    """Return for each block what came in during so many latest blocks, this one included."""
    return np.asarray(np.sum([np.roll(comes, k) for k in range(blocks)], axis=0))


def _add_duty(problem: _Problem, patterns: Sequence[Pattern], rules: ShiftRules) -> None:
    """Add how many of a team are on duty at least and at most."""
    for team in dict.fromkeys(p.team for p in patterns):
        own = rules.of(team)
        if not own.min_agents and own.max_agents is None:
            continue
        mine = [(i, p.there > 0) for i, p in enumerate(patterns) if p.team == team]
        allowed = np.any([there for _, there in mine], axis=0)
        most = np.inf if own.max_agents is None else float(own.max_agents)
        for half in np.flatnonzero(allowed):
            hands = {i: 1.0 for i, there in mine if there[half]}
            problem.row(hands, float(own.min_agents), most)


def _at(found: Floats, places: npt.NDArray[np.int64]) -> Floats:
    """Return the values of columns; 0 where there is none."""
    return np.where(places >= 0, found[np.maximum(places, 0)], 0.0)
