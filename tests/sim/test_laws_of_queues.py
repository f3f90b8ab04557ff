"""What holds in every run of every desk, whatever chance does: both engines, all scenarios."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desks import ALWAYS, desk, fifo, play

from cxlab.experiment.readings import Run
from cxlab.experiment.validation_cases import all_cases
from cxlab.scenario import Scenario
from cxlab.sim import desk_plan, draw_workload
from cxlab.sim import play as play_one
from cxlab.sim.outcome import Exit

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))
CASES = {case.name: case for case in all_cases()}


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda p: p.stem)
def run(request: pytest.FixtureRequest) -> tuple:
    scenario = Scenario.load(request.param)
    work, plan = draw_workload(scenario, 1), desk_plan(scenario, 1)
    return work, plan, play_one(work, plan)


def test_every_contact_is_answered_gone_or_waiting(run: tuple) -> None:
    work, _, out = run
    joined = ~np.isnan(out.joined)
    answered = ~np.isnan(out.answered[work.first_step[:-1]])
    gone = out.exit != Exit.NONE
    assert not (answered & gone).any()
    assert (joined | ~(answered | gone)).all()
    waits = joined & ~answered & ~gone
    assert joined.sum() == answered.sum() + gone.sum() + waits.sum()
    assert (~np.isnan(out.left) == gone).all()
    # Nobody comes back who did not end a contact before, and each request joins in order.
    again = np.flatnonzero(joined)
    again = again[~np.isin(again, work.first_contact[:-1])]
    ended = ~np.isnan(out.ended[work.first_step[again] - 1]) | gone[again - 1]
    first_by_bot = work.contained[work.request[again]]
    assert (ended | first_by_bot).all()


def test_nothing_happens_before_its_cause(run: tuple) -> None:
    work, plan, out = run
    first = work.first_step[:-1]
    there = ~np.isnan(out.joined)
    assert (out.joined[there] >= work.created[work.request[there]]).all()
    for earlier, later in (("queued", "answered"), ("answered", "resumed"), ("resumed", "ended")):
        a, b = getattr(out, earlier), getattr(out, later)
        known = ~np.isnan(b)
        assert (a[known] <= b[known]).all(), (earlier, later)
    np.testing.assert_array_equal(out.queued[first], out.joined)
    for column in ("joined", "left", "answered", "ended"):
        times = getattr(out, column)
        assert (times[~np.isnan(times)] < plan.horizon_s).all()


def test_littles_law_to_the_last_digits(run: tuple) -> None:
    """Area under the number that waits = sum of the waits, up to the horizon."""
    work, plan, out = run
    answered = out.answered[work.first_step[:-1]]
    joined = ~np.isnan(out.joined)
    leaves = np.where(np.isnan(answered), out.left, answered)[joined]
    leaves = np.where(np.isnan(leaves), plan.horizon_s, leaves)
    times = np.concatenate((out.joined[joined], leaves))
    order = np.argsort(times, kind="stable")
    number = np.cumsum(np.repeat([1, -1], joined.sum())[order])
    area = (number[:-1] * np.diff(times[order])).sum()
    assert area == pytest.approx((leaves - out.joined[joined]).sum(), rel=1e-9)
    assert number[-1] == 0
    assert (number >= 0).all() or np.isclose(times[order][number < 0], plan.horizon_s).all()


def test_work_by_two_routes(run: tuple) -> None:
    """One contact in hand at a time and speed 1: busy time = drawn work of what ended."""
    work, plan, out = run
    if any(line.concurrency > 1 for line in plan.lines) or any(a.ramp_s for a in plan.agents):
        pytest.skip("chats share an agent, or a new agent is slow")
    ended = ~np.isnan(out.ended)
    handed = np.zeros(len(out.ended))
    np.add.at(handed, out.handed_step, out.handed_end - out.handed_start)
    spent = (out.ended - out.resumed + handed)[ended]
    np.testing.assert_allclose(spent, work.work[ended], rtol=1e-9, atol=1e-6)


def test_the_number_at_the_desk_by_two_routes() -> None:
    """Mean number waiting by its area and by λW, over the same stretch: equal up to its ends."""
    case = CASES["M/M/4, load 75%"]
    run = Run.of(case.scenario.but(seed=5), 1)
    area = run.time_within(run.outcome.joined, run.answered) / (run.end - run.start)
    waits = run.wait[run.counted].sum() / (run.end - run.start)
    at_the_ends = 2 * 60 * run.wait.max() / (run.end - run.start)
    assert abs(area - waits) < at_the_ends
    assert area == pytest.approx(waits, rel=0.01)


@pytest.mark.parametrize("servers", [1, 4, 12])
def test_one_more_agent_lengthens_no_wait(servers: int) -> None:
    """Common random numbers: first come, first served, ticket by ticket."""
    rng = np.random.default_rng(servers)
    gaps, work = rng.exponential(size=(2, 4000)) * [[300 / (0.95 * servers)], [300]]
    arrivals = np.cumsum(gaps)
    tickets = fifo(arrivals, work, np.full(len(work), np.inf))
    few, many = (
        play(tickets, desk([ALWAYS] * n)).answered - arrivals for n in (servers, servers + 1)
    )
    assert (many <= few).all()
    assert (many < few).any()


GAPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(case=GAPS, servers=st.integers(1, 3))
def test_one_more_agent_lengthens_no_wait_of_any_small_case(
    case: list[tuple[int, int]], servers: int
) -> None:
    gaps, work = np.array(case, dtype=float).T
    tickets = fifo(np.cumsum(gaps), work, np.full(len(work), np.inf))
    few, many = (play(tickets, desk([ALWAYS] * n)).answered for n in (servers, servers + 1))
    assert (many <= few).all()
