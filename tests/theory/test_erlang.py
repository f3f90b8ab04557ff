"""Erlang B and C against the reference file, published examples and numbers worked by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from exact_queues import reference

from cxlab.errors import InputError
from cxlab.theory import agents_for_service_level, erlang_a, erlang_b, erlang_c

TOLERANCE = 1e-9
"""Relative; the reference file prints ten significant digits (rounded by up to 5e-10)."""


@pytest.mark.real
def test_erlang_b_and_c_equal_the_reference() -> None:
    rows = reference("erlang_c.csv")
    assert len(rows) == 32
    for r in rows:
        given = (r["calls_per_hour"], r["aht_s"], int(r["agents"]))
        c = erlang_c(*given)
        for name, value in {
            "offered_erlangs": c.offered_erlangs,
            "occupancy": c.occupancy,
            "erlang_b_blocking": erlang_b(*given),
            "p_wait": c.p_wait,
            "asa_all_s": c.mean_wait_s,
            "mean_wait_of_delayed_s": c.wait_of_delayed_s,
            "mean_queue_length": c.mean_queue_length,
            "service_level_20s": c.service_level(20),
            "service_level_60s": c.service_level(60),
        }.items():
            assert value == pytest.approx(r[name], rel=TOLERANCE, abs=0), (r, name)


def test_erlang_c_by_hand() -> None:
    """M/M/1: P(wait) = ρ, mean wait = ρ·s/(1−ρ). M/M/2 at load 1: B = 1/5, C = 1/3."""
    one = erlang_c(calls_per_hour=30, handle_s=60, agents=1)  # load 0.5
    assert one.p_wait == pytest.approx(0.5)
    assert one.mean_wait_s == pytest.approx(60)
    assert one.service_level(120) == pytest.approx(1 - 0.5 * math.exp(-1))
    two = erlang_c(calls_per_hour=60, handle_s=60, agents=2)
    assert erlang_b(60, 60, 2) == pytest.approx(1 / 5)
    assert two.p_wait == pytest.approx(1 / 3)
    assert two.mean_queue_length == pytest.approx(1 / 3)


def test_published_examples() -> None:
    """Two worked examples known from the web, and Garnett, Mandelbaum and Reiman (2002)."""
    c = erlang_c(calls_per_hour=720, handle_s=240, agents=55)
    assert round(c.occupancy, 3) == 0.873
    assert round(c.p_wait, 3) == 0.239
    assert round(c.mean_wait_s, 1) == 8.2
    assert round(c.service_level(15), 3) == 0.846
    garnett = erlang_c(calls_per_hour=2880, handle_s=60, agents=50)
    assert round(garnett.mean_wait_s, 1) == 20.8
    assert round(garnett.wait_quantile(0.9), 1) == 58.1
    assert round(garnett.mean_queue_length, 1) == 16.7
    assert round(garnett.occupancy, 2) == 0.96


@pytest.mark.parametrize(
    ("lines", "load", "blocked"),
    # Tables of Erlang's B, as printed in traffic engineering books.
    [(10, 4.461, 0.01), (50, 37.90, 0.01), (100, 84.06, 0.01), (20, 13.18, 0.02)],
)
def test_erlang_b_of_the_printed_tables(lines: int, load: float, blocked: float) -> None:
    assert erlang_b(load * 60, 60, lines) == pytest.approx(blocked, rel=2e-3)


def test_erlang_b_is_a_ratio_of_sums() -> None:
    """B = (aⁿ/n!) / Σ aᵏ/k!, in fractions; a = 3/2 … 300, up to twice the team."""
    for load, agents in [(Fraction(3, 2), 4), (Fraction(15), 20), (Fraction(300), 150)]:
        terms = [Fraction(1)]
        for k in range(1, agents + 1):
            terms.append(terms[-1] * load / k)
        exact = float(terms[-1] / sum(terms))
        assert erlang_b(float(load) * 60, 60, agents) == pytest.approx(exact, rel=1e-14, abs=0)
    assert erlang_b(60, 60, 0) == 1


def test_wait_quantile_is_where_the_service_level_is_reached() -> None:
    c = erlang_c(calls_per_hour=720, handle_s=240, agents=55)
    for share in (0.8, 0.95, 0.999999):
        assert c.service_level(c.wait_quantile(share)) == pytest.approx(share, rel=1e-14, abs=0)
    assert c.wait_quantile(0.76) == 0  # 76.1 % do not wait at all
    assert c.wait_quantile(0.762) > 0


def test_erlang_c_of_a_very_large_team() -> None:
    """10,000 agents: sums of aⁿ/n! overflow, the recursion does not.

    Halfin and Whitt (1981): C → 1/(1 + β Φ(β)/φ(β)) for ρ = 1 − β/√n; here β = 1, 0.2234.
    """
    c = erlang_c(calls_per_hour=9900 * 20, handle_s=180, agents=10_000)
    assert c.p_wait == pytest.approx(0.2234, rel=5e-3)


@pytest.mark.parametrize(
    ("calls", "handle", "agents"),
    [(60, 60, 1), (61, 60, 1), (0, 60, 1), (1, math.nan, 1), (1, 1, 0), (1, 1, 1.5)],
)
def test_erlang_c_refuses_what_has_no_steady_state(
    calls: float, handle: float, agents: int
) -> None:
    with pytest.raises(InputError):
        erlang_c(calls, handle, agents)


def test_impossible_questions_are_refused() -> None:
    c = erlang_c(30, 60, 1)
    for ask in (
        lambda: c.service_level(-1),
        lambda: c.service_level(math.nan),
        lambda: c.wait_quantile(1),
        lambda: c.wait_quantile(-0.1),
        lambda: erlang_b(30, 60, -1),
        lambda: agents_for_service_level(30, 60, 1, 20),
        lambda: agents_for_service_level(30, 60, 80, 20),
        lambda: agents_for_service_level(30, 60, 0.8, 20, mean_patience_s=0),
    ):
        with pytest.raises(InputError):
            ask()


def test_overload_names_the_way_out() -> None:
    with pytest.raises(InputError, match=r"grows for ever.*more agents than the 4.*erlang_a"):
        erlang_c(240, 60, 3)


@pytest.mark.parametrize("patience", [math.inf, 90.0])
@pytest.mark.parametrize("calls", [1, 20, 200, 1000])
def test_one_agent_less_misses_the_target(calls: float, patience: float) -> None:
    """The search against trying one team after the other."""

    def level(n: int) -> float:
        if math.isinf(patience):
            return erlang_c(calls, 180, n).service_level(20) if n > calls / 20 else -1
        return erlang_a(calls, 180, n, patience).service_level(20)

    for target in (0.0, 0.8, 0.99):
        found = agents_for_service_level(calls, 180, target, 20, patience)
        assert found == next(n for n in range(1, 1000) if level(n) >= target)
