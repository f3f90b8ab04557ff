"""Erlang A against the reference file, 50-digit sums, incomplete gammas, integrals and limits."""

from __future__ import annotations

import itertools
import math
import sys
from decimal import Decimal

import numpy as np
import pytest
from exact_queues import digits, reference, states, wait_law
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gamma, gammainc

from cxlab.errors import InputError
from cxlab.theory import erlang_a, erlang_c

PRINTED = 5.001e-9
"""The file prints service levels with eight decimals: rounded by up to 5e-9."""


@pytest.mark.real
def test_erlang_a_equals_the_reference() -> None:
    rows = reference("erlang_a.csv")
    assert len(rows) == 18
    for r in rows:
        a = erlang_a(r["calls_per_hour"], r["aht_s"], int(r["agents"]), r["mean_patience_s"])
        for name, value in {
            "offered_erlangs": a.offered_erlangs,
            "p_wait": a.p_wait,
            "p_abandon": a.p_abandon,
            "mean_wait_all_arrivals_s": a.mean_wait_s,
            "mean_queue_length": a.mean_queue_length,
            "occupancy": a.occupancy,
        }.items():
            assert value == pytest.approx(r[name], rel=1e-9, abs=0), (r, name)
        for name, value in {
            "sl20_served_within_over_arrivals": a.service_level(20),
            "sl20_served_within_over_served": a.service_level_served(20),
            "sl20_served_within_over_arrivals_minus_short_abandons": a.service_level_no_short(20),
            "sl60_served_within_over_arrivals": a.service_level(60),
        }.items():
            assert value == pytest.approx(r[name], rel=0, abs=PRINTED), (r, name)


def test_published_example() -> None:
    """Garnett, Mandelbaum and Reiman (2002): 48 calls/min, 1 min, 50 agents, patience 2 min."""
    a = erlang_a(calls_per_hour=2880, handle_s=60, agents=50, mean_patience_s=120)
    assert round(a.p_abandon, 3) == 0.031
    assert round(a.mean_wait_s, 1) == 3.7
    assert round(a.mean_queue_length, 1) == 3.0
    assert round(a.occupancy, 2) == 0.93


def test_patience_like_handling_by_hand() -> None:
    """With patience and handling of one mean, callers at the desk are Poisson (M/M/∞).

    Load 1, one agent: P(wait) = 1 − e⁻¹, and E[(N − 1)⁺] = e⁻¹ wait in line.
    """
    a = erlang_a(calls_per_hour=60, handle_s=60, agents=1, mean_patience_s=60)
    assert a.p_wait == pytest.approx(1 - math.exp(-1), rel=1e-14, abs=0)
    assert a.mean_queue_length == pytest.approx(math.exp(-1), rel=1e-14, abs=0)
    assert a.p_abandon == pytest.approx(math.exp(-1), rel=1e-14, abs=0)
    assert a.occupancy == pytest.approx(1 - math.exp(-1), rel=1e-14, abs=0)


# Calls per hour, handling, agents, patience; the last three numbers are the places in line that
# are counted, the digits used for the law, and the times asked for.
LAWS = [
    (2880, 60, 50, 120, 130, 400),
    (2880, 60, 46, 120, 135, 400),
    (252, 120, 8, 60, 60, 200),
    (100, 180, 4, 180, 60, 200),
    (60, 240, 3, 300, 60, 200),
    (60, 240, 1, 300, 60, 200),  # four times overloaded
    (30, 180, 3, 3600, 100, 300),  # patient
    (30, 180, 2, 1, 12, 100),  # hardly anybody waits for a second
]


@pytest.mark.parametrize(("calls", "handle", "agents", "patience", "places", "prec"), LAWS)
def test_the_law_of_the_wait_in_exact_sums(
    calls: int, handle: int, agents: int, patience: int, places: int, prec: int
) -> None:
    """States by products, then the wait from each place in line by partial fractions."""
    a = erlang_a(calls, handle, agents, patience)
    with digits(prec):
        load, eta = Decimal(calls * handle) / 3600, Decimal(calls * patience) / 3600
        p = states(load, agents, eta, places)
        assert p[-1] < Decimal("1e-22")  # what lies beyond the counted places is nothing
        no_wait = sum(p[:agents])
        for seconds in (1, 20, 90):
            z = Decimal(seconds) / patience
            later, served = wait_law(eta * agents / load, z, places)
            offered = sum(x * y for x, y in zip(p[agents:], later, strict=False))
            in_time = no_wait + sum(x * y for x, y in zip(p[agents:], served, strict=False))
            in_line = offered * (-z).exp()
            gone = 1 - in_line - in_time
            exact = {
                a.p_offered_wait_longer: offered,
                a.p_wait_longer: in_line,
                a.service_level: in_time,
                a.p_abandon_within: gone,
                a.service_level_no_short: in_time / (1 - gone),
            }
            for method, value in exact.items():
                assert method(seconds) == pytest.approx(float(value), rel=1e-12, abs=0), method


@pytest.mark.parametrize(
    ("calls", "handle", "agents", "patience"),
    [
        (100_000, 180, 5_000, 120),  # load = agents
        (98_000, 180, 5_000, 600),
        (110_000, 180, 5_000, 60),  # overloaded by 10 %
        (60_000, 180, 5_000, 120),  # P(wait) = 1e-264
        (200_000, 180, 10_000, 120),
    ],
)
def test_thousands_of_agents_in_exact_sums(
    calls: int, handle: int, agents: int, patience: int
) -> None:
    a = erlang_a(calls, handle, agents, patience)
    with digits(40):
        load, eta = Decimal(calls * handle) / 3600, Decimal(calls * patience) / 3600
        p = states(load, agents, eta, 3_000)
        assert p[-1] < Decimal("1e-25")
        waits = sum(p[agents:])
        queue = sum(k * x for k, x in enumerate(p[agents:]))
        gives_up = queue / eta
        assert a.p_wait == pytest.approx(float(waits), rel=1e-12, abs=0)
        assert a.mean_queue_length == pytest.approx(float(queue), rel=1e-12, abs=0)
        assert a.p_abandon == pytest.approx(float(gives_up), rel=1e-12, abs=0)
        assert a.p_served == pytest.approx(float(1 - gives_up), rel=1e-12, abs=0)


@pytest.mark.parametrize("patience", [20.0, 60.0, 200.0])
@pytest.mark.parametrize("agents", [1, 3, 6])
def test_the_offered_wait_in_incomplete_gammas(agents: int, patience: float) -> None:
    """Mandelbaum and Zeltyn's closed form, where its parts fit into floats.

    P(V > t) = λJ(t)/(E + λJ), λJ(t) = η e^η η^(−c) γ(c, η e^(−θt)), E = Σ aᵏ/k! ÷ aⁿ⁻¹/(n−1)!.
    """
    calls, handle = 90, 120.0
    load, eta = calls / 3600 * handle, calls / 3600 * patience
    c = agents * patience / handle
    weights = [load**k / math.factorial(k) for k in range(agents)]
    free = sum(weights) / weights[-1]

    def lambda_j(t: float) -> float:
        lower = gamma(c) * gammainc(c, eta * math.exp(-t / patience))
        return float(eta * math.exp(eta) * eta**-c * lower)

    a = erlang_a(calls, handle, agents, patience)
    for t in (0.0, 5.0, 60.0, 400.0):
        exact = lambda_j(t) / (free + lambda_j(0))
        assert a.p_offered_wait_longer(t) == pytest.approx(exact, rel=1e-12, abs=0)
    excess = 1 + (1 - agents / load) * lambda_j(0)
    assert a.p_abandon == pytest.approx(excess / (free + lambda_j(0)), rel=1e-12, abs=0)


TEAMS = [(2880, 60, 50, 120), (2880, 60, 40, 3600), (252, 120, 12, 60), (60, 240, 1, 2)]


@pytest.mark.parametrize("team", TEAMS)
def test_means_are_integrals_of_the_law(team: tuple[int, int, int, int]) -> None:
    """E[W] = ∫ P(W > t) dt over all callers, over those served, and over those who give up."""
    a = erlang_a(*team)

    def area(p_longer, until: float) -> float:
        pairs = itertools.pairwise(np.linspace(0, until, 9))
        return sum(quad(p_longer, lo, hi, epsabs=1e-12, epsrel=1e-10)[0] for lo, hi in pairs)

    end = a.wait_quantile(1 - 1e-13)
    assert area(a.p_wait_longer, end) == pytest.approx(a.mean_wait_s, rel=1e-8, abs=0)
    served = area(lambda t: 1 - a.service_level_served(t), end)
    assert served == pytest.approx(a.mean_wait_served_s, rel=1e-8, abs=0)
    given_up = area(lambda t: 1 - a.p_abandon_within(t) / a.p_abandon, end)
    assert given_up == pytest.approx(a.mean_wait_abandoned_s, rel=1e-8, abs=0)


TINY = sys.float_info.min


@settings(max_examples=80, deadline=None)
@given(
    agents=st.integers(1, 400),
    load=st.floats(0.05, 30),
    patience=st.floats(1e-3, 1e6),
    after=st.floats(0, 10),
)
def test_what_holds_for_every_team(agents: int, load: float, patience: float, after: float) -> None:
    """Everybody is served, gives up, or still waits; means add up; work in = work done."""
    a = erlang_a(
        calls_per_hour=load * agents * 36, handle_s=100, agents=agents, mean_patience_s=patience
    )
    t = after * a.handle_s / agents
    together = a.service_level(t) + a.p_abandon_within(t) + a.p_wait_longer(t)
    assert together == pytest.approx(1, abs=1e-12)
    assert a.p_served + a.p_abandon == pytest.approx(1, abs=1e-12)
    parts = a.p_served * a.mean_wait_served_s + a.p_abandon * a.mean_wait_abandoned_s
    assert parts == pytest.approx(a.mean_wait_s, rel=1e-11, abs=TINY)
    # Numbers below the smallest normal one have few digits left.
    assert a.service_level(math.inf) == pytest.approx(a.p_served, rel=1e-12, abs=TINY)
    assert a.p_wait_longer(math.inf) == 0
    assert a.service_level(t) <= a.service_level_no_short(t) * (1 + 1e-12)
    assert 0 <= a.p_abandon <= a.p_wait <= 1
    assert a.occupancy <= 1


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999999])
def test_quantiles_are_where_the_law_says(share: float) -> None:
    a = erlang_a(*TEAMS[1])
    assert 1 - a.p_wait_longer(a.wait_quantile(share)) == pytest.approx(share, rel=1e-12, abs=0)
    offered = a.offered_wait_quantile(share)
    assert 1 - a.p_offered_wait_longer(offered) == pytest.approx(share, rel=1e-12, abs=0)
    assert a.service_level_served(a.wait_quantile_served(share)) == pytest.approx(
        share, rel=1e-12, abs=0
    )
    idle = erlang_a(*TEAMS[2])  # 87 % do not wait
    assert idle.wait_quantile(0.8) == idle.offered_wait_quantile(0.8) == 0


def test_endless_patience_is_erlang_c() -> None:
    """The difference shrinks with 1/patience, down to rounding; 48 erlangs, 50 agents."""
    c = erlang_c(2880, 60, 50)
    gaps = []
    for patience in (1e6, 1e7, 1e8, 1e14):
        a = erlang_a(2880, 60, 50, patience)
        pairs = [
            (a.p_wait, c.p_wait),
            (a.mean_wait_s, c.mean_wait_s),
            (a.service_level(20), c.service_level(20)),
            (a.wait_quantile(0.9), c.wait_quantile(0.9)),
        ]
        gaps.append([abs(x / y - 1) for x, y in pairs])
    np.testing.assert_allclose(np.divide(gaps[0], gaps[1]), 10, rtol=0.01)
    np.testing.assert_allclose(np.divide(gaps[1], gaps[2]), 10, rtol=0.01)
    assert max(gaps[3]) < 1e-10
    a = erlang_a(2880, 60, 50, 1e14)
    assert a.p_abandon * 1e14 == pytest.approx(c.mean_wait_s, rel=1e-10, abs=0)


def test_load_one_and_patience_without_end() -> None:
    """One agent, load 1, c callers per mean patience: idle for 1/(1 + ηJ) of the time.

    ηJ = c e^c c^(−c) γ(c, c) = √(πc/2) + 1/3 + O(1/√c), by Stirling and Abramowitz and Stegun
    6.5.35: callers feel the end of a patience only by the curve of an all but flat density.
    """
    for c in (1e10, 1e14, 1e18):
        a = erlang_a(calls_per_hour=60, handle_s=60, agents=1, mean_patience_s=60 * c)
        idle = 1 / (4 / 3 + math.sqrt(math.pi * c / 2) + math.sqrt(math.pi / (288 * c)))
        assert a.service_level(0) == pytest.approx(idle, rel=1e-12, abs=0)


def test_a_fluid_of_callers() -> None:
    """Far overloaded and large: 1 − 1/ρ give up; the others wait patience · ln ρ (Whitt 2006)."""
    a = erlang_a(calls_per_hour=400_000, handle_s=180, agents=10_000, mean_patience_s=600)
    assert a.p_wait == 1
    assert a.p_abandon == pytest.approx(0.5, rel=1e-12, abs=0)
    assert a.mean_wait_served_s == pytest.approx(600 * math.log(2), rel=1e-4, abs=0)
    assert a.offered_wait_quantile(0.5) == pytest.approx(600 * math.log(2), rel=1e-4, abs=0)
    assert a.service_level(20) < 1e-300


def test_nobody_waits_in_a_team_that_is_far_too_large() -> None:
    a = erlang_a(calls_per_hour=10, handle_s=180, agents=10_000, mean_patience_s=600)
    assert (a.p_wait, a.p_abandon, a.p_served, a.mean_wait_s) == (0, 0, 1, 0)
    assert a.service_level(0) == 1
    assert math.isfinite(a.mean_wait_abandoned_s)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((0, 60, 1, 60), "calls_per_hour"),
        ((60, math.nan, 1, 60), "handle_s"),
        ((60, 60, 0, 60), "agents"),
        ((60, 60, 1.5, 60), "agents"),
        ((60, 60, 1, 0), "mean_patience_s"),
        ((60, 60, 1, math.inf), "erlang_c"),
    ],
)
def test_impossible_input_is_refused(arguments: tuple[float, ...], what: str) -> None:
    with pytest.raises(InputError, match=what):
        erlang_a(*arguments)


def test_impossible_questions_are_refused() -> None:
    a = erlang_a(60, 60, 1, 60)
    for ask in (
        lambda: a.service_level(-1),
        lambda: a.p_wait_longer(math.nan),
        lambda: a.wait_quantile(1),
        lambda: a.offered_wait_quantile(90),
    ):
        with pytest.raises(InputError):
            ask()
