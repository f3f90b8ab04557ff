"""Birth and death, waiting rooms and balking: fractions, exact laws, and the Erlangs as limits."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from exact_queues import digits, states, wait_law
from scipy.stats import erlang

from cxlab.errors import InputError
from cxlab.theory import birth_death, erlang_a, erlang_b, erlang_c, finite_room


def test_birth_death_by_hand() -> None:
    """Rates 2, 1 up and 1, 4 down: weights 1, 2, 1/2. A birth rate of 0 cuts off what follows."""
    np.testing.assert_allclose(birth_death([2, 1], [1, 4]), [2 / 7, 4 / 7, 1 / 7], rtol=1e-15)
    np.testing.assert_array_equal(birth_death([1, 0, 5], [1, 1, 1]), [0.5, 0.5, 0, 0])
    np.testing.assert_array_equal(birth_death([], []), [1.0])


def test_two_peaks_far_apart() -> None:
    """Up by 10¹⁰⁰⁰ in all, down as far and up again: both ends are alike, the valley is empty."""
    up, down = np.full(200, 1.0), np.full(200, 1.0)
    up[100:], down[:100] = 1e10, 1e10
    p = birth_death(up, down)
    assert p[0] == pytest.approx(0.5, rel=1e-9, abs=0)
    assert p[-1] == pytest.approx(0.5, rel=1e-9, abs=0)
    assert p[100] == 0


def test_a_chain_of_twenty_thousand() -> None:
    """M/M/∞ with 10,000 at a time is Poisson; its middle probability in 40 digits."""
    p = birth_death(np.full(20_000, 10_000.0), np.arange(1, 20_001))
    with digits(40):
        exact = Decimal(-10_000).exp()
        for k in range(1, 10_001):
            exact *= Decimal(10_000) / k
        middle = float(exact)
    assert p[10_000] == pytest.approx(middle, rel=1e-12, abs=0)
    assert p[9_999] == pytest.approx(p[10_000], rel=1e-12, abs=0)
    assert p.sum() == pytest.approx(1, rel=1e-14, abs=0)


def test_one_place_by_hand() -> None:
    """M/M/1/2 at load 1: states 1/3 each; ⅓ at once, ⅓ wait a mean 60 s, ⅓ are turned away."""
    f = finite_room(calls_per_hour=60, handle_s=60, agents=1, waiting_places=1)
    assert [f.p_wait, f.p_blocked, f.p_balk, f.p_abandon] == pytest.approx([1 / 3, 1 / 3, 0, 0])
    assert f.p_served == pytest.approx(2 / 3)
    assert f.occupancy == pytest.approx(2 / 3)
    assert f.mean_wait_s == pytest.approx(30)
    assert f.service_level(60) == pytest.approx(1 / 3 + (1 - math.exp(-1)) / 3)
    assert f.p_wait_longer(60) == pytest.approx(math.exp(-1) / 3)


def test_balking_and_patience_in_fractions() -> None:
    """Load 2, two agents, two places, patience = handling, half balk: up 2, 2, 1, 1; down 1 … 4."""
    f = finite_room(
        calls_per_hour=120, handle_s=60, agents=2, waiting_places=2, mean_patience_s=60, balking=0.5
    )
    weights = [Fraction(1), Fraction(2), Fraction(2), Fraction(2, 3), Fraction(1, 6)]
    p = [w / sum(weights) for w in weights]
    np.testing.assert_allclose(f.p_state, [float(x) for x in p], rtol=1e-14)
    line = p[2] + p[3]
    queue = p[3] + 2 * p[4]
    busy = p[1] + 2 * (p[2] + p[3] + p[4])
    enter = p[0] + p[1] + line / 2
    for found, exact in [
        (f.p_blocked, p[4]),
        (f.p_balk, line / 2),
        (f.p_wait, line / 2),
        (f.p_abandon, queue / 2),
        (f.p_served, busy / 2),
        (f.occupancy, busy / 2),
        (f.mean_wait_s, queue / (2 * enter) * 60),
    ]:
        assert found == pytest.approx(float(exact), rel=1e-14, abs=0)


@pytest.mark.parametrize(("agents", "places", "patience"), [(3, 5, 90), (1, 12, 600), (20, 8, 30)])
@pytest.mark.parametrize("balking", [0, 0.25])
def test_the_law_of_the_wait_in_exact_sums(
    agents: int, places: int, patience: int, balking: float
) -> None:
    """Who joins at place j waits through rates c, …, c + j − 1: partial fractions, 80 digits.

    Balking is the same chain with fewer joining: here its states are rebuilt from products.
    """
    calls, handle = agents * 22, 180  # load 1.1 per agent
    f = finite_room(calls, handle, agents, places, patience, balking=balking)
    with digits(80):
        load, eta = Decimal(calls * handle) / 3600, Decimal(calls * patience) / 3600
        joins = 1 - Decimal(balking)
        p = states(load, agents, eta, places)
        p = [x * joins ** max(0, k - agents) for k, x in enumerate(p)]
        p = [x / sum(p) for x in p]
        for seconds in (0, 15, 120):
            z = Decimal(seconds) / patience
            later, served = wait_law(eta * agents / load, z, places)
            line = [joins * x for x in p[agents:-1]]
            in_time = sum(p[:agents]) + sum(x * y for x, y in zip(line, served, strict=True))
            late = sum(x * y for x, y in zip(line, later, strict=True)) * (-z).exp()
            assert f.service_level(seconds) == pytest.approx(float(in_time), rel=1e-12, abs=0)
            assert f.p_wait_longer(seconds) == pytest.approx(float(late), rel=1e-12, abs=0)


def test_without_patience_the_places_are_erlang_distributed() -> None:
    f = finite_room(calls_per_hour=100, handle_s=180, agents=4, waiting_places=6)
    weights = np.array([5.0**k / math.factorial(k) for k in range(4)])
    weights = np.concatenate([weights, 5.0**4 / 24 * 1.25 ** np.arange(7)])
    p = weights / weights.sum()
    law = erlang.cdf(60, np.arange(1, 7), scale=45)
    assert f.service_level(60) == pytest.approx(p[:4].sum() + p[4:-1] @ law, rel=1e-12, abs=0)
    assert f.service_level(60) + f.p_wait_longer(60) + f.p_blocked == pytest.approx(
        1, rel=1e-14, abs=0
    )


def test_the_erlangs_are_its_limits() -> None:
    for calls in (100, 300):
        none = finite_room(calls, 180, 10, waiting_places=0)
        assert none.p_blocked == pytest.approx(erlang_b(calls, 180, 10), rel=1e-13, abs=0)
        assert none.p_wait == none.p_wait_longer(5) == none.mean_wait_s == 0
        a, room = erlang_a(calls, 180, 10, 120), finite_room(calls, 180, 10, 500, 120)
        for name in ("p_wait", "p_abandon", "p_served", "mean_wait_s", "occupancy"):
            assert getattr(room, name) == pytest.approx(getattr(a, name), rel=1e-12, abs=0), name
        assert room.service_level(20) == pytest.approx(a.service_level(20), rel=1e-12, abs=0)
    c, room = erlang_c(190, 180, 10), finite_room(190, 180, 10, 2_000)
    assert room.p_wait == pytest.approx(c.p_wait, rel=1e-11, abs=0)
    assert room.mean_wait_s == pytest.approx(c.mean_wait_s, rel=1e-11, abs=0)
    assert room.p_wait_longer(20) == pytest.approx(c.p_wait_longer(20), rel=1e-11, abs=0)
    everybody_balks = finite_room(100, 180, 10, 50, balking=1)
    assert everybody_balks.p_balk == pytest.approx(erlang_b(100, 180, 10), rel=1e-13, abs=0)


@pytest.mark.parametrize("patience", [math.inf, 300.0])
def test_every_caller_ends_somewhere(patience: float) -> None:
    """Served, given up, put off by the line or turned away; thousands of agents too."""
    for calls, agents, places in [(60, 2, 3), (2_000, 100, 20), (101_000, 5_000, 400)]:
        f = finite_room(calls, 180, agents, places, patience, balking=0.1)
        ends = f.p_served + f.p_abandon + f.p_balk + f.p_blocked
        assert ends == pytest.approx(1, rel=1e-12, abs=0)
        assert f.service_level(1e9) == pytest.approx(f.p_served, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((60, 60, 0, 1), "agents"),
        ((60, 60, 1, -1), "waiting_places"),
        ((60, 60, 1, 1.5), "waiting_places"),
        ((60, 60, 1, 1, 0), "mean_patience_s"),
        ((60, 60, 1, 1, math.nan), "mean_patience_s"),
        ((-60, 60, 1, 1), "calls_per_hour"),
    ],
)
def test_impossible_input_is_refused(arguments: tuple[float, ...], what: str) -> None:
    with pytest.raises(InputError, match=what):
        finite_room(*arguments)


def test_impossible_rates_are_refused() -> None:
    with pytest.raises(InputError, match="balking"):
        finite_room(60, 60, 1, 1, balking=10)
    with pytest.raises(InputError, match="deaths"):
        birth_death([1], [0])
    with pytest.raises(InputError, match="births"):
        birth_death([-1], [1])
    with pytest.raises(InputError, match="one number per class"):
        birth_death([1, 2], [1, 2, 3])
