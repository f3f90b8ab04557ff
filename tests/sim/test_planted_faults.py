"""Faults planted into the SimPy desk: what the tests are held to catch, and with which oracle.

Three oracles on the same draws: logs worked out by hand, the other engine on generated desks, and
the recursion of Kiefer and Wolfowitz where the desk is one queue. A comparison with the mean of
Erlang C would miss most of these.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from heapq import heappush
from math import inf
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import small_desks as helpers
import test_bot
import test_chats
import test_desk
import test_openings
import test_priorities_and_ageing
import test_rooms_and_redials
import test_shift_end
import test_teams_and_overflow
import test_tiers
from generated import small_desks
from hypothesis import HealthCheck, Phase, given, settings
from test_oracle import compare, draws

import cxlab.sim.desk as model
from cxlab.sim.clock import Turn
from cxlab.sim.desk import Agent, Desk
from cxlab.sim.plan import DeskPlan
from cxlab.sim.workload import Workload

BY_HAND: list[ModuleType] = [
    test_bot, test_chats, test_desk, test_openings, test_priorities_and_ageing,
    test_rooms_and_redials, test_shift_end, test_teams_and_overflow, test_tiers,
]  # fmt: skip

Patch = pytest.MonkeyPatch


def by_hand(patch: Patch) -> None:
    """Run the logs worked out by hand against SimPy alone."""
    for module in [helpers, *BY_HAND]:
        if hasattr(module, "play"):
            patch.setattr(module, "play", model.run_desk)
    for module in BY_HAND:
        for name, function in vars(module).items():
            own = name.startswith("test_") and inspect.isfunction(function)
            if own and not inspect.signature(function).parameters:
                function()


def other_engine(patch: Patch) -> None:
    """Play generated desks with both engines."""

    @settings(
        max_examples=400, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
        report_multiple_bugs=False,
    )  # fmt: skip
    @given(made=small_desks())
    def equal(made: tuple[Workload, DeskPlan]) -> None:
        helpers.play(*made)

    equal()


def recursion(patch: Patch) -> None:
    """Hold one queue against Kiefer and Wolfowitz, with and without ties."""
    for grid in (0, 60):
        compare(*draws(1, 400, 1.1, 3, grid), 3)


def with_plan(patch: Patch, changed: Callable[[DeskPlan], DeskPlan]) -> None:
    """Let the desk be built by a changed plan."""
    built = Desk.__init__
    patch.setattr(Desk, "__init__", lambda desk, plan: built(desk, changed(plan)))


def with_work(patch: Patch, changed: Callable[[Workload], Workload]) -> None:
    """Let the desk be built on a changed workload."""
    expected = Desk.expect
    patch.setattr(Desk, "expect", lambda desk, work: expected(desk, changed(work)))


def last_come_first_served(patch: Patch) -> None:
    def push(heap: Any, row: tuple[float, float, int, Any]) -> None:
        first, queued, request, contact = row
        heappush(heap, (first, -queued, request, contact))

    patch.setattr(model, "heappush", push)


def two_percent_longer(patch: Patch) -> None:
    with_work(patch, lambda work: replace(work, work=work.work * 1.02))


def worse_classes_first(patch: Patch) -> None:
    with_work(patch, lambda work: replace(work, queue_class=-work.queue_class))


def the_last_shift_never_ends(patch: Patch) -> None:
    def shifts(agent: Agent) -> Any:
        for number, (start, end) in enumerate(agent.plan.shifts, start=1):
            yield agent.desk.clock.at(start, Turn.COME)
            agent.come()
            if number < len(agent.plan.shifts):
                yield agent.desk.clock.at(end, Turn.LEAVE)
                agent.leave()

    patch.setattr(Agent, "shifts", shifts)


def taken_at_the_very_end_of_a_shift(patch: Patch) -> None:
    def shifts(agent: Agent) -> Any:
        for start, end in agent.plan.shifts:
            yield agent.desk.clock.at(start, Turn.COME)
            agent.come()
            yield agent.desk.clock.at(end, Turn.GIVE_UP)
            agent.leave()

    patch.setattr(Agent, "shifts", shifts)


def patience_ends_before_the_agent_is_there(patch: Patch) -> None:
    call = model.Clock.call

    def sooner(clock: Any, time: float, turn: Turn, what: Any) -> None:
        call(clock, time, Turn.HAPPEN if turn == Turn.GIVE_UP else turn, what)

    patch.setattr(model.Clock, "call", sooner)


def chats_one_too_slow(patch: Patch) -> None:
    def pace(agent: Agent, task: Any) -> float:
        return 1.0 + agent.desk.plan.lines[task.contact.line].slowdown * len(agent.tasks)

    patch.setattr(Agent, "pace", pace)


def overflow_too_early(patch: Patch) -> None:
    def half(plan: DeskPlan) -> DeskPlan:
        lines = [
            replace(one, helpers=tuple(tuple((t, a / 2) for t, a in tier) for tier in one.helpers))
            for one in plan.lines
        ]
        return replace(plan, lines=tuple(lines))

    with_plan(patch, half)


def work_done_is_lost_at_the_shifts_end(patch: Patch) -> None:
    hand_back = Desk.hand_back

    def forget(desk: Desk, agent: Agent, task: Any) -> None:
        whole = desk.work[task.step]
        hand_back(desk, agent, task)
        desk.work[task.step] = whole

    patch.setattr(Desk, "hand_back", forget)


def handed_back_to_the_end_of_the_queue(patch: Patch) -> None:
    hand_back = Desk.hand_back

    def behind(desk: Desk, agent: Agent, task: Any) -> None:
        task.contact.queued = desk.clock.now
        hand_back(desk, agent, task)

    patch.setattr(Desk, "hand_back", behind)


def one_more_in_the_room(patch: Patch) -> None:
    with_plan(
        patch,
        lambda plan: replace(
            plan, lines=tuple(replace(one, room=one.room + 1) for one in plan.lines)
        ),
    )


def the_first_in_the_plan_always_answers(patch: Patch) -> None:
    def free_agent(desk: Desk, queue: Any, queued: float) -> Agent | None:
        line = desk.plan.lines[queue.line]
        for team, after in line.helpers[queue.tier]:
            if after > 0 and desk.clock.now < queued + after:
                continue
            for seats in desk.bench[team][: line.concurrency]:
                if seats:
                    return desk.agents[min(place for _, place in seats)]
        return None

    patch.setattr(Desk, "free_agent", free_agent)


def nobody_ages(patch: Patch) -> None:
    with_plan(patch, lambda plan: replace(plan, ageing_s=0.0))


def callers_who_left_a_number_hang_up(patch: Patch) -> None:
    with_work(patch, lambda work: replace(work, leaves_number=np.zeros_like(work.leaves_number)))


def redials_forgotten(patch: Patch) -> None:
    with_work(patch, lambda work: replace(work, redial_after=np.full_like(work.redial_after, inf)))


def the_bot_takes_no_time(patch: Patch) -> None:
    with_work(patch, lambda work: replace(work, bot_s=work.bot_s * 0))


def calls_at_any_hour(patch: Patch) -> None:
    with_plan(
        patch,
        lambda plan: replace(plan, lines=tuple(replace(one, opening=None) for one in plan.lines)),
    )


FAULTS = [
    last_come_first_served, two_percent_longer, worse_classes_first, the_last_shift_never_ends,
    taken_at_the_very_end_of_a_shift, patience_ends_before_the_agent_is_there, chats_one_too_slow,
    overflow_too_early, work_done_is_lost_at_the_shifts_end, handed_back_to_the_end_of_the_queue,
    one_more_in_the_room, the_first_in_the_plan_always_answers, nobody_ages,
    callers_who_left_a_number_hang_up, redials_forgotten, the_bot_takes_no_time, calls_at_any_hour,
]  # fmt: skip
SEEN_IN_ONE_QUEUE = [
    last_come_first_served, two_percent_longer, patience_ends_before_the_agent_is_there,
]  # fmt: skip


@pytest.mark.parametrize("oracle", [by_hand, recursion])
def test_nothing_is_found_where_nothing_is_planted(
    oracle: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    oracle(monkeypatch)


def catches(oracle: Callable[[Patch], None], fault: Callable[[Patch], None], patch: Patch) -> None:
    fault(patch)
    with pytest.raises((AssertionError, ValueError)):
        oracle(patch)


@pytest.mark.parametrize("fault", FAULTS)
def test_logs_worked_out_by_hand_catch(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    catches(by_hand, fault, monkeypatch)


@pytest.mark.parametrize("fault", SEEN_IN_ONE_QUEUE)
def test_the_recursion_catches(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    catches(recursion, fault, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_the_other_engine_catches(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    catches(other_engine, fault, monkeypatch)
