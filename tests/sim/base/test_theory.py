"""Customer bases against closed forms: survival, size, purchases, word of mouth, and a fit.

Counts of survivors are binomial, of a base fed by a Poisson stream Poisson: each is held inside a
band that a right model leaves with probability 1e-5. With 73 such bands and 5 tests of other sorts
a right model fails with 1 of 1,000 sets of seeds; they are fixed. Of 20,000 customers a share that
is off by 1.6 percentage points is seen.

The start is 1 January: who is there then has anniversaries on the first days of months, and who
buys between two of them has had the same number of anniversaries on the later one.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats
from small_bases import FRIENDS, scenario

from cxlab.sim.base.company import play_company
from cxlab.sim.base.history import STAYS, Ending, History
from cxlab.sim.base.tables import record_company
from cxlab.stats import ShiftedBetaGeometric
from cxlab.stats.retention import fit_shifted_beta_geometric, lost_by_period
from cxlab.theory import (
    GammaFrailty,
    expected_base,
    geometric_survival,
    growth_factor,
    nbd_shares,
    residual_survival,
)

N, LEVEL = 20_000, 1e-5
DAYS = 740
FIRSTS = [(date(2026 + m // 12, m % 12 + 1, 1) - date(2026, 1, 1)).days for m in range(25)]
"""The first days of two years of months."""

GEOMETRIC = {"law": "geometric", "leaving_probability": 0.08}
BETA = {"law": "beta_geometric", "alpha": 0.668, "beta": 3.806}
GAMMA = {"law": "gamma_frailty", "hazard": 0.15, "frailty_variance": 1.2}
K = np.arange(25)
SURVIVAL = {
    "geometric": (GEOMETRIC, geometric_survival(K, 0.92)),
    "beta": (BETA, ShiftedBetaGeometric(0.668, 3.806).survival(K)),
    "gamma": (GAMMA, GammaFrailty(0.15, 1.2).survival(K)),
}
LOOKS = [1, 2, 3, 6, 12, 24]


def history(days: int = DAYS, replication: int = 1, **life: Any) -> History:
    return play_company(scenario(days, **{"initial_customers": N, **life}), replication).history


def there(h: History, day: int) -> int:
    """Return how many are customers on a day."""
    end = np.where(h.end == STAYS, DAYS * 10, h.end)
    return int(((h.start <= day) & (day < end)).sum())


def inside(seen: int, n: int, share: float) -> None:
    """Hold a count against a binomial law."""
    p = stats.binomtest(seen, n, float(share)).pvalue
    assert p > LEVEL, (seen, n, float(share))


def beside(seen: int, mean: float) -> None:
    """Hold a count against a Poisson law."""
    law = stats.poisson(mean)
    assert min(law.cdf(seen), law.sf(seen - 1)) > LEVEL / 2, (seen, mean)


# --- survival: 29 bands -------------------------------------------------------------------


@pytest.mark.parametrize("law", SURVIVAL)
def test_survival_of_a_cohort(law: str) -> None:
    renewal, survival = SURVIVAL[law]
    h = history(renewal=renewal)
    for k in LOOKS:
        inside(there(h, FIRSTS[k]), N, survival[k])


def test_survival_with_terms_of_three_months() -> None:
    h = history(renewal=BETA, plans={"basic": {"price_per_month": 1, "term_months": 3}})
    _, survival = SURVIVAL["beta"]
    for k in (1, 2, 4, 8):
        assert there(h, FIRSTS[3 * k] - 1) == there(h, FIRSTS[3 * k - 3])
        inside(there(h, FIRSTS[3 * k]), N, survival[k])


def test_survival_where_the_first_months_are_dangerous_and_payments_fail() -> None:
    # Twice the probability before three months are over: on 1 February and 1 March. Of all who
    # stay 0.05 × (1 − 0.4) are lost all the same.
    tenure = {"tenure_factors": [[0, 2.0], [3, 1.0]]}
    h = history(renewal={**GEOMETRIC, **tenure, "payment_failure": 0.05, "recovery": 0.4})
    for k in LOOKS:
        stays = 0.84 ** min(k, 2) * 0.92 ** max(k - 2, 0) * 0.97**k
        inside(there(h, FIRSTS[k]), N, stays)
    involuntary = int((h.ending == Ending.INVOLUNTARY)[h.end == FIRSTS[1]].sum())
    inside(involuntary, N, 0.84 * 0.03)


# --- survival of those who were there before: 20 bands -----------------------------------------


@pytest.mark.parametrize("law", SURVIVAL)
def test_survival_of_those_with_months_behind_them(law: str) -> None:
    """Bought on 2 July 2025 (183 days before): five renewals behind them, the next on 2 January."""
    renewal, survival = SURVIVAL[law]
    h = history(renewal=renewal, initial_months=6)
    assert set(h.customers.born.tolist()) == {-183}
    ahead = residual_survival(survival, 5)
    for k in (1, 2, 3, 6, 12, 19):
        inside(there(h, FIRSTS[k - 1] + 1), N, ahead[k])


def test_survival_of_those_with_a_year_behind_them() -> None:
    """14 months at 12 a term: one renewal, and the next in November."""
    h = history(
        renewal=BETA, initial_months=14, plans={"basic": {"price_per_month": 1, "term_months": 12}}
    )
    assert set(h.customers.born.tolist()) == {-426}  # 1 November 2024
    november = FIRSTS[10]
    ahead = residual_survival(SURVIVAL["beta"][1], 1)
    assert there(h, november - 1) == N
    inside(there(h, november), N, ahead[1])
    inside(there(h, november + 365), N, ahead[2])


# --- how many there are: 24 bands --------------------------------------------------------------


@pytest.mark.parametrize("law", ["geometric", "beta"])
def test_the_size_of_a_base_that_customers_join(law: str) -> None:
    """Leads at random, 20 a day, of whom 0.5 × 0.6 buy on the day after: a Poisson base."""
    renewal, survival = SURVIVAL[law]
    ways = {"web": {"leads_per_week": 140, "evaluates": 0.5, "buys": 0.6}}
    h = history(renewal=renewal, initial_customers=0, acquisition=ways)
    joining = 20 * 0.3 * np.diff([0, *FIRSTS])
    expected = expected_base(joining, survival)
    for k in (1, 2, 3, 6, 12, 24):
        beside(there(h, FIRSTS[k]), expected[k])
    # Those who were there are one base more, on its own curve.
    both = history(renewal=renewal, initial_customers=5000, acquisition=ways)
    old = both.customers.way == -1
    assert old.sum() == 5000
    mine = old[both.customer]
    for k in (1, 2, 3, 6, 12, 24):
        end = np.where(both.end == STAYS, DAYS * 10, both.end)
        here = (both.start <= FIRSTS[k]) & (FIRSTS[k] < end)
        inside(int((here & mine).sum()), 5000, survival[k])
        assert int((here & ~mine).sum()) == there(h, FIRSTS[k])  # the same customers came


def test_a_base_that_grows_by_word_of_mouth() -> None:
    """Everybody who stays brings 0.15 a month: growth by 0.92 × 1.15 = 1.058, month by month.

    Means over 12 replications of 1,000 customers, t at the level 1e-4 for two months. On the 28th
    all friends named on the 1st, their friends named on the 2nd, … have come (a generation a day).
    """
    brought = 0.15 * 0.92
    expected = expected_base(0.0, geometric_survival(K, 0.92), initial=1000.0, referrals=brought)
    factor = growth_factor(geometric_survival(np.arange(400), 0.92), brought)
    assert np.isclose(expected[12], 1000 * factor**12)
    sizes = []
    for replication in range(1, 13):
        h = history(
            FIRSTS[12] + 28, replication, renewal=GEOMETRIC, initial_customers=1000,
            acquisition=FRIENDS, referral={"probability": 0.15},
        )  # fmt: skip
        sizes.append([there(h, FIRSTS[k] + 27) for k in (6, 12)])
    for seen, mean in zip(np.array(sizes).T, expected[[6, 12]], strict=True):
        assert stats.ttest_1samp(seen, mean).pvalue > 1e-4
        assert seen.std(ddof=1) / 12**0.5 < 0.02 * mean  # 12 % off would be seen


# --- purchases, the fit ------------------------------------------------------------------------


def test_purchases_are_negative_binomial() -> None:
    """Chi-square at 1e-5 of the numbers bought in 90 days; rates vary by 0.8 of their mean."""
    per_day, cv = 1.5 / 30.436875, 0.8
    made = scenario(90, initial_customers=N,
                    purchases={"per_month": 1.5, "rate_cv": cv, "amount": 5.0})  # fmt: skip
    bought = record_company(play_company(made, 1))["transactions"].to_pandas()
    bought = bought[bought["product"] == "extra"]
    counts = bought.groupby("customer_id", observed=True).size().to_numpy()
    seen = np.bincount(np.minimum(counts, 15), minlength=16)
    seen[0] = N - len(counts)
    r = cv**-2
    shares = nbd_shares(np.arange(15), 90, r, r / per_day)
    expected = N * np.append(shares, 1 - shares.sum())
    assert stats.chisquare(seen, expected).pvalue > LEVEL


@pytest.mark.parametrize(("alpha", "beta"), [(0.668, 3.806), (0.704, 1.182)])
def test_the_fit_finds_the_parameters_again(alpha: float, beta: float) -> None:
    """The cohorts High End and Regular of Fader and Hardie (2007), seven renewals seen.

    The true parameters lie inside the interval of 1 - 1e-5, which is narrow.
    """
    renewal = {"law": "beta_geometric", "alpha": alpha, "beta": beta}
    h = history(FIRSTS[7] + 1, renewal=renewal)
    survivors = [there(h, FIRSTS[k]) for k in range(8)]
    model, found = fit_shifted_beta_geometric(*lost_by_period(survivors))
    assert (model.alpha, model.beta) == tuple(found.values)
    low, high = found.intervals(1 - LEVEL)
    assert (low < [alpha, beta]).all()
    assert ([alpha, beta] < high).all()
    assert (found.standard_errors < [0.03, 0.25]).all()
