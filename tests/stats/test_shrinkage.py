"""Shrinkage: the published batting averages, statsmodels, scipy, and coverage by simulation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats as st
from statsmodels.stats.meta_analysis import combine_effects

from cxlab import stats
from cxlab.errors import InputError

# Hits of 18 players in their first 45 at bats of 1970 (Efron and Morris, Stein's paradox in
# statistics, Scientific American 236, 1977), and the estimates printed there: c = 0.212.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])
PRINTED = [0.294, 0.289, 0.285, 0.280, 0.275, 0.275, 0.270, 0.266, 0.261, 0.261]
PRINTED += [0.256] * 5 + [0.252, 0.247, 0.242]


def test_published_batting_averages():
    mean = HITS / 45
    sd = np.sqrt(mean.mean() * (1 - mean.mean()))
    found = stats.shrunk_means(mean, np.full(18, sd), np.full(18, 45))
    assert_allclose(found.value, PRINTED, atol=6e-4)
    assert_allclose(found.own_weight, 0.212, atol=6e-4)
    assert found.team == pytest.approx(0.265, abs=5e-4)
    # The player at the top for the season hit 0.346: inside, though far from the shrunk value.
    assert found.low[0] < 0.346 < found.high[0]


def test_spread_between_groups_is_statsmodels():
    mean = np.array([20.0, 24, 30, 38, 60])
    sd, n = np.array([15.0, 22, 18, 25, 20]), np.array([40, 35, 12, 60, 4])
    found = stats.shrunk_means(mean, sd, n)
    other = combine_effects(mean, sd**2 / n, method_re="iterated", atol=1e-12)
    assert found.spread**2 == pytest.approx(other.tau2, rel=1e-5)
    assert found.team == pytest.approx(other.mean_effect_re, rel=1e-5)
    # k = 5: the weight of the team is 2/4 of V/(V + A).
    v = sd**2 / n
    assert_allclose(1 - found.own_weight, 0.5 * v / (v + other.tau2), rtol=1e-5)


def test_few_cases_are_drawn_farther():
    found = stats.shrunk_means([20, 24, 30, 38, 60, 60], [20] * 6, [40, 40, 40, 40, 4, 400])
    assert found.value[4] < found.value[5] < 60
    assert found.high[4] - found.low[4] > found.high[5] - found.low[5]


def test_limits_of_means_cover_as_promised():
    # 400 teams of 12 agents with 5 to 40 cases whose true values differ: the 4,800 limits
    # cover 0.95 ± 0.015 of them (clustered by team: about 3 standard errors).
    rng = np.random.default_rng(20260307)
    hits = []
    for _ in range(400):
        n, truth = rng.integers(5, 41, 12), rng.normal(50, 5, 12)
        found = stats.shrunk_means(rng.normal(truth, 20 / np.sqrt(n)), np.full(12, 20.0), n)
        hits.append(((found.low <= truth) & (truth <= found.high)).mean())
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)


def test_limits_of_shares_cover_as_promised():
    # Teams drawn from the prior that the docstring names, their shares and counts from the
    # model: then 95 % is exact, in each tail too. 100 teams of 10, about 3 standard errors.
    rng = np.random.default_rng(20260308)
    below, above = [], []
    for _ in range(100):
        n, shrinkage, team = rng.integers(5, 41, 10), rng.random(), rng.random()
        cases = 10 / (1 / n).sum() * shrinkage / (1 - shrinkage)
        truth = rng.beta(cases * team, cases * (1 - team), 10)
        found = stats.shrunk_shares(rng.binomial(n, truth), n)
        below.append((truth < found.low - 1e-6).mean())
        above.append((truth > found.high + 1e-6).mean())
    assert np.mean(below) == pytest.approx(0.025, abs=0.018)
    assert np.mean(above) == pytest.approx(0.025, abs=0.018)


def test_shares_by_drawing_from_the_prior():
    # Importance sampling with scipy's beta-binomial: another route to the same averages.
    k, n = np.array([40, 30, 45, 20, 3, 18]), np.array([50, 50, 50, 50, 3, 40])
    rng = np.random.default_rng(20260309)
    team, shrinkage = rng.random((2, 100_000))
    cases = 6 / (1 / n).sum() * shrinkage / (1 - shrinkage)
    a, b = cases * team, cases * (1 - team)
    height = st.betabinom.logpmf(k[:, None], n[:, None], a, b).sum(0)
    weight = np.exp(height - height.max())
    weight /= weight.sum()
    found = stats.shrunk_shares(k, n)
    assert found.team == pytest.approx(weight @ team, abs=4e-3)
    assert found.spread == pytest.approx(weight @ st.beta.std(a, b), abs=3e-3)
    centre = (a + k[:, None]) / (cases + n[:, None])
    assert_allclose(found.value, centre @ weight, atol=2e-3)
    for limit, q in ((found.low, 0.025), (found.high, 0.975)):
        for i in range(6):
            reached = st.beta.cdf(limit[i], a + k[i], b + n[i] - k[i]) @ weight
            assert reached == pytest.approx(q, abs=6e-3)


def test_batting_averages_by_either_model():
    found = stats.shrunk_shares(HITS, np.full(18, 45))
    assert_allclose(found.value, PRINTED, atol=6e-3)
    assert found.low[0] < 0.346 < found.high[0]


@pytest.mark.parametrize("k", [0, 5, 10])
def test_equal_shares_support_each_other(k):
    found = stats.shrunk_shares([k] * 6, [10] * 6)
    assert found.value.max() == pytest.approx(found.value.min())
    assert abs(found.value[0] - k / 10) < 0.02
    low, high = stats.wilson_interval(k, 10)
    pooled_low, pooled_high = stats.wilson_interval(6 * k, 60)
    assert pooled_high - pooled_low < found.high[0] - found.low[0] < high - low


def test_many_large_groups():
    rng = np.random.default_rng(20260310)
    truth = rng.beta(40, 10, 200)
    found = stats.shrunk_shares(rng.binomial(20_000, truth), np.full(200, 20_000))
    assert_allclose(found.value, truth, atol=0.02)
    assert found.spread == pytest.approx(truth.std(), rel=0.05)
    assert found.team == pytest.approx(truth.mean(), abs=0.002)


def test_three_groups_are_left_as_they_are():
    found = stats.shrunk_shares([5, 1, 0], [5, 4, 0])
    assert found.value.tolist() == [1.0, 0.25, pytest.approx(6 / 9)]
    assert_allclose([found.low, found.high], stats.wilson_interval([5, 1, 0], [5, 4, 0]))
    found = stats.shrunk_means([1, 2, 9], [1, 1, 1], [5, 5, 5])
    assert found.value.tolist() == [1, 2, 9]
    assert (found.own_weight == 1).all()


def test_groups_without_cases_have_the_teams_value():
    found = stats.shrunk_means([1, 2, 3, 4, np.nan], [1, 1, 1, 1, np.nan], [9, 9, 9, 9, 0])
    assert found.value[4] == pytest.approx(found.team)
    assert found.own_weight[4] == 0
    assert found.high[4] - found.low[4] > found.high[0] - found.low[0]
    found = stats.shrunk_shares([9, 2, 5, 1, 0], [10, 10, 10, 10, 0])
    assert found.value[4] == pytest.approx(found.team)
    assert found.high[4] - found.low[4] > found.high[0] - found.low[0]


def test_a_single_case_borrows_the_others_deviation():
    found = stats.shrunk_means([3, 3, 3, 3, 4], [1, 1, 1, 1, np.nan], [5, 5, 5, 5, 1])
    assert np.isfinite([found.value, found.low, found.high]).all()
    assert 3 < found.value[4] < 4


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: stats.shrunk_shares([3], [2]), "more successes than cases"),
        (lambda: stats.shrunk_shares([0, 0], [0, 0]), "needs cases"),
        (lambda: stats.shrunk_means([1, 2], [1, 1], [1, 1]), "two cases"),
        (lambda: stats.shrunk_means([1, 2], [0, 0], [5, 5]), "differ within groups"),
        (lambda: stats.shrunk_means([1, 2], [-1, 0], [5, 5]), "sd is negative"),
        (lambda: stats.shrunk_means([1, 2], [1, 1], [5, 5], confidence=95), "confidence"),
    ],
)
def test_impossible_input_is_refused(call, what):
    with pytest.raises(InputError, match=what):
        call()
