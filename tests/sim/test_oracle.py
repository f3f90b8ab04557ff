"""The desk against the exact recursion on the same draws: every customer equal, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desks import ALWAYS, desk, fifo, outcome, play

from cxlab.sim.clock import Clock
from cxlab.theory import kiefer_wolfowitz


def compare(arrivals: np.ndarray, handling: np.ndarray, patience: np.ndarray, servers: int) -> None:
    """Hold the desk against Kiefer and Wolfowitz: NaN-safe equality, no tolerance."""
    truth = kiefer_wolfowitz(arrivals, handling, patience, servers=servers)
    began, left = outcome(play(fifo(arrivals, handling, patience), desk([ALWAYS] * servers)))
    np.testing.assert_array_equal(began, truth.began)
    np.testing.assert_array_equal(left, truth.left)


def draws(seed: int, n: int, load: float, servers: int, grid: float) -> list[np.ndarray]:
    """Return arrivals, handling and patience; a grid rounds them up to its multiples."""
    rng = np.random.default_rng(seed)
    gaps, handling, patience = rng.exponential(size=(3, n)) * [[1 / (load * servers)], [1], [2]]
    columns = [np.cumsum(gaps) * 300, handling * 300, patience * 300]
    return [np.ceil(c / grid) * grid if grid else c for c in columns]


@pytest.mark.parametrize("grid", [0, 60, 300])  # seconds; 300 = the mean handling time
@pytest.mark.parametrize(("servers", "load"), [(1, 0.9), (3, 1.3), (12, 0.95)])
def test_every_customer_equals_the_recursion(servers: int, load: float, grid: float) -> None:
    arrivals, handling, patience = draws(servers, 4000, load, servers, grid)
    compare(arrivals, handling, patience, servers)
    compare(arrivals, handling, np.full(len(arrivals), np.inf), servers)


def test_whole_minutes_are_full_of_ties() -> None:
    """The test above is about ties: most arrivals on the grid share their instant."""
    arrivals, handling, patience = draws(3, 4000, 1.3, 3, 300)
    truth = kiefer_wolfowitz(arrivals, handling, patience, servers=3)
    at_the_very_end = truth.served & (truth.wait == patience) & (patience > 0)
    assert np.mean(np.diff(arrivals) == 0) > 0.5
    assert at_the_very_end.sum() > 100


CASE = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=40
)


@settings(max_examples=300, deadline=None)
@given(case=CASE, servers=st.integers(1, 4), unit=st.sampled_from([1.0, 0.1, 1 / 3]))
def test_any_small_case_equals_the_recursion(
    case: list[tuple[int, int, int]], servers: int, unit: float
) -> None:
    """Gaps, handling and patience of a few units, zero included: nothing but ties."""
    gaps, handling, patience = np.array(case, dtype=float).T * unit
    compare(np.cumsum(gaps), handling, patience, servers)


def test_the_clock_meets_absolute_times_to_the_bit() -> None:
    """`now + (t - now)` misses some t by one rounding; an event set at t must not."""
    rng = np.random.default_rng(1)
    starts, times = rng.uniform(512, 1024, 2000), rng.uniform(1536, 2048, 2000)
    pairs = [(a, b) for a, b in zip(starts, times, strict=True) if a + (b - a) != b]
    assert pairs  # so there is something to miss
    for now, later in pairs[:20]:
        clock = Clock(now)
        clock.run(until=clock.at(later))
        assert clock.now == later
        compare(np.array([now, later]), np.ones(2), np.full(2, np.inf), 1)


def test_one_more_agent_lengthens_no_wait() -> None:
    """Common random numbers: first come, first served, ticket by ticket."""
    arrivals, handling, _ = draws(5, 5000, 0.95, 5, 0)
    endless = np.full(len(arrivals), np.inf)
    waits = []
    for servers in (5, 6):
        out = play(fifo(arrivals, handling, endless), desk([ALWAYS] * servers))
        waits.append(outcome(out)[0] - arrivals)
    assert (waits[1] <= waits[0]).all()
    assert (waits[1] < waits[0]).any()
