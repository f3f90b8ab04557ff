"""The leaky bucket: hand work, the table of all ages, its eigenvalue, and limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxlab.errors import InputError
from cxlab.stats import ShiftedBetaGeometric
from cxlab.theory import (
    GammaFrailty,
    expected_base,
    geometric_survival,
    growth_factor,
    residual_survival,
    steady_base,
)

SHORT = [1, 0.9, 0.6, 0.5, 0.2, 0]
"""A contract that can be renewed four times; mean lifetime 3.2."""


def ageing(survival, referrals):
    """Return the matrix that takes customers by age from one instant to the next (Leslie's)."""
    size = len(survival)
    step = np.zeros((size, size))
    step[0] = referrals
    for k in range(1, size):
        step[k, k - 1] = survival[k] / survival[k - 1] if survival[k - 1] else 0
    return step


def test_by_hand() -> None:
    """100 join three times, half renew; 80 were there, of whom nine of ten renew."""
    found = expected_base(
        [100, 100, 100], [1, 0.5, 0.25], initial=80, initial_survival=[1, 0.9, 0.81]
    )
    assert_allclose(found, [180, 72 + 50 + 100, 64.8 + 25 + 50 + 100])
    # Nobody joins, but everybody brings one: 10 bring 10; 5 of the first stay: 15 bring 15, …
    assert_allclose(expected_base(0, [1, 0.5, 0.25], initial=10, referrals=1), [10, 15, 22.5])


def test_the_table_of_all_ages() -> None:
    """Every cohort counted by age, period after period, with joiners that change."""
    rng = np.random.default_rng(20260401)
    joining, started = rng.uniform(0, 50, 40), 30.0
    survival = GammaFrailty(0.2, 0.7).survival(np.arange(40))
    step, state, found = ageing(survival, 0.07), np.zeros(40), []
    state[0] = started
    for t, new in enumerate(joining):
        state = step @ state if t else state
        state[0] += new
        found.append(state.sum())
    assert_allclose(expected_base(joining, survival, initial=started, referrals=0.07), found)


def test_a_constant_retention_forgets_the_past() -> None:
    """N(t + 1) = (r + referrals) N(t) + joiners, whoever is there."""
    base = expected_base(7, geometric_survival(range(60), 0.8), initial=500, referrals=0.05)
    assert_allclose(base[1:], 0.85 * base[:-1] + 7)


def test_survivors_go_on_as_residual() -> None:
    """A base that stops acquiring at 10 goes on by the residual curves of its cohorts."""
    stays = ShiftedBetaGeometric(0.7, 1.2).survival(np.arange(20))
    joining = np.array([30.0] * 10 + [0.0] * 10)
    whole = expected_base(joining, stays)
    rest = sum(30 * stays[k] * residual_survival(stays, k)[:11] for k in range(10))
    assert_allclose(whole[9:], rest)


def test_little() -> None:
    """Where nobody stays longer than five periods, the base is steady from then on."""
    base = expected_base(10, np.pad(SHORT, (0, 14)))
    assert_allclose(base[5:], 32)
    assert float(steady_base(10, 3.2)) == pytest.approx(32)
    # 5 % leave a month: 20 months; half the churn or twice the acquisition, both 4,000.
    assert_allclose(steady_base([100, 100, 200], [20, 40, 20]), [2000, 4000, 4000])


@pytest.mark.parametrize("model", [ShiftedBetaGeometric(4, 6), GammaFrailty(0.3, 0.25)])
def test_little_for_customers_who_differ(model) -> None:
    base = expected_base(3, model.survival(np.arange(2000)))
    assert base[-1] == pytest.approx(float(steady_base(3, model.mean_lifetime)), rel=1e-6)


def test_steady_base_with_referrals() -> None:
    """As many leave as join: N = (joiners + referrals · N) · L; and the long run."""
    found = float(steady_base(10, 3.2, 0.2))
    assert found == pytest.approx((10 + 0.2 * found) * 3.2)
    base = expected_base(10, np.pad(SHORT, (0, 294)), referrals=0.2)
    assert base[-1] == pytest.approx(found)
    # At a constant retention joiners ÷ (churn − referrals): 40 ÷ (0.04 − 0.02).
    assert float(steady_base(40, 25, 0.02)) == pytest.approx(2000)


@pytest.mark.parametrize("referrals", [0.1, 1 / 3.2, 0.6, 3.0])
def test_growth_is_the_largest_eigenvalue(referrals) -> None:
    largest = max(abs(np.linalg.eigvals(ageing(SHORT, referrals))))
    assert growth_factor(SHORT, referrals) == pytest.approx(largest, rel=1e-9)


def test_growth_by_hand() -> None:
    """r + referrals; 1 at one customer brought per lifetime; and the base itself grows so."""
    many = geometric_survival(range(3000), 0.9)
    for referrals in (0.01, 0.1, 0.4):
        assert growth_factor(many, referrals) == pytest.approx(0.9 + referrals, rel=1e-9)
    assert growth_factor(SHORT, 1 / 3.2) == pytest.approx(1, rel=1e-12)
    base = expected_base(0, np.pad(SHORT, (0, 194)), initial=1, referrals=0.5)
    assert base[-1] / base[-2] == pytest.approx(growth_factor(SHORT, 0.5))


def test_growth_of_customers_who_differ() -> None:
    """By the closed form of the sBG: referrals · DEL(λ − 1) = λ."""
    model = ShiftedBetaGeometric(0.668, 3.806)
    factor = growth_factor(model.survival(np.arange(1000)), 0.08)
    closed = 0.08 * float(model.discounted_lifetime(factor - 1))
    assert closed == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: expected_base([1, 2], [1, 0.5, 0.2]), "acquired"),
        (lambda: expected_base([-1, 2], [1, 0.5]), "acquired"),
        (lambda: expected_base(1, [1, 1.5]), "never rises"),
        (lambda: expected_base(1, [1, 0.5], initial=-1), "initial"),
        (lambda: expected_base(1, [1, 0.5], referrals=-1), "referrals"),
        (lambda: expected_base(1, [1, 0.5], initial_survival=[1]), "initial_survival"),
        (lambda: expected_base(1, [1, 0.5], initial_survival=[0.5, 0.4]), "initial_survival"),
        (lambda: steady_base(10, 0.5), "mean_lifetime"),
        (lambda: steady_base(10, np.inf), "mean_lifetime"),
        (lambda: steady_base(10, 3.2, 1 / 3.2), "without end"),
        (lambda: steady_base(10, [2, 20], 0.1), "without end.*2.0"),
        (lambda: growth_factor(SHORT, 0), "referrals"),
        (lambda: growth_factor(geometric_survival(range(9), 0.9), 0.05), "too short"),
        # Those who stay longest hold the base: its decline slows down, there is no factor.
        (
            lambda: growth_factor(ShiftedBetaGeometric(3, 4).survival(np.arange(9000)), 0.1),
            "too short",
        ),
    ],
)
def test_impossible_input_is_refused(call, what) -> None:
    with pytest.raises(InputError, match=what):
        call()
