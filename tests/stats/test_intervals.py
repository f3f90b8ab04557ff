"""Intervals against published tables and other routes to the same number."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats as st

from cxlab import stats
from cxlab.errors import InputError


def test_wilson_against_newcombe_1998():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    low, high = stats.wilson_interval([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0000, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_nothing_known_is_the_whole_range():
    low, high = stats.wilson_interval([0], [0])
    assert (low[0], high[0]) == (0.0, 1.0)


def test_poisson_against_the_exact_tails():
    # The ends are the rates at which the count is just at 2.5 % from above and below.
    for count in (0, 1, 7, 300):
        low, high = (float(end[0]) for end in stats.poisson_interval([count]))
        assert st.poisson.cdf(count, high) == pytest.approx(0.025, rel=1e-9)
        if count:
            assert st.poisson.sf(count - 1, low) == pytest.approx(0.025, rel=1e-9)
        else:
            assert low == 0.0


def test_quantile_ranks_cover_at_least_as_promised_and_not_much_more():
    for n in (30, 100, 401, 5000):
        for q in (0.5, 0.9):
            low, high = stats.quantile_ranks(n, q)
            # P(X_(low) < quantile <= X_(high)) by the binomial law of the values below it.
            covered = st.binom.cdf(high - 1, n, q) - st.binom.cdf(low - 1, n, q)
            narrower = st.binom.cdf(high - 2, n, q) - st.binom.cdf(low, n, q)
            assert covered >= 0.95
            assert narrower < 0.95


def test_too_few_values_bound_nothing():
    low, high = stats.quantile_ranks([1, 5, 6], 0.5)
    assert low.tolist() == [0, 0, 1]
    assert high.tolist() == [2, 6, 6]


def test_jackknife_of_equal_denominators_is_the_t_interval():
    top = np.array([3.0, 5.0, 4.0, 6.0])
    ratio = stats.jackknife_ratio(top, np.full(4, 10.0))
    assert ratio == pytest.approx(stats.replication_interval(top / 10))


def test_jackknife_covers_a_ratio_of_correlated_sums():
    # 2,000 experiments of 15 replications: mean covered share 0.95 ± 3 × sqrt(.05×.95/2000)
    # plus the jackknife's known small-sample loss of about one point: accept 0.92 to 0.965.
    # False-alarm rate below 1 in 1,000 with this seed fixed it is 0 or 1.
    rng = np.random.default_rng(20260105)
    hits = 0
    for _ in range(2000):
        n = rng.poisson(200, 15)
        k = rng.binomial(n, 0.7)
        _, low, high = stats.jackknife_ratio(k, n)
        hits += low <= 0.7 <= high
    assert 0.92 <= hits / 2000 <= 0.965


def test_replications_without_a_value_are_left_out():
    assert stats.replication_interval([1.0, np.nan, 3.0])[0] == 2.0
    assert np.isnan(stats.replication_interval([np.nan])[0])
    assert np.isnan(stats.replication_interval([1.0])[1])


def test_nps_adjusted_wald_by_hand():
    # Rocks (2016), (3, T), for 50 promoters, 30 passives, 20 detractors:
    # p = 50.75/103 = 0.492718, d = 20.75/103 = 0.201456, p - d = 0.291262,
    # (p + d - (p - d)^2)/103 = (0.694175 - 0.084834)/103 = 0.0059159, root 0.0769151,
    # times 1.959964 = 0.150751: 14.0511 and 44.2013.
    low, high = stats.nps_interval(50, 30, 20)
    assert (low, high) == (pytest.approx(14.0511, abs=2e-3), pytest.approx(44.2013, abs=2e-3))


@pytest.mark.parametrize(
    ("answers", "low", "high"),
    [
        # All promoters: p = 5.75/8, d = 0.75/8; 62.5 -/+ 196 sqrt((0.8125 - 0.390625)/8).
        ((5, 0, 0), 62.5 - 195.9964 * math.sqrt(0.421875 / 8), 100.0),
        ((0, 0, 5), -100.0, -62.5 + 195.9964 * math.sqrt(0.421875 / 8)),
        ((0, 0, 0), -100.0, 100.0),
    ],
)
def test_nps_at_the_ends_has_a_width_and_stays_on_the_scale(answers, low, high):
    ends = stats.nps_interval(*answers)
    assert [float(e) for e in ends] == pytest.approx([low, high], abs=1e-3)


def test_nps_covers_as_promised():
    # Every outcome of 20 answers with probabilities 0.5/0.3/0.2, exactly by the trinomial law.
    pro, con = (g.ravel() for g in np.meshgrid(np.arange(21), np.arange(21)))
    pro, con = pro[pro + con <= 20], con[pro + con <= 20]
    chance = st.multinomial.pmf(np.stack([pro, 20 - pro - con, con], 1), 20, [0.5, 0.3, 0.2])
    low, high = stats.nps_interval(pro, 20 - pro - con, con)
    assert 0.93 <= chance[(low <= 30) & (high >= 30)].sum() <= 0.97


def test_rate_is_garwood_over_exposure():
    # The 95 % limits of 10 events are 4.795 and 18.390 (Garwood 1936, table).
    low, high = stats.rate_interval([10, 0, 0], [50, 50, 0])
    assert low == pytest.approx([0.0959, 0, 0], abs=5e-5)
    assert high == pytest.approx([0.36781, 3.6889 / 50, np.inf], abs=5e-5)
    assert np.isnan(stats.rate_interval([np.nan, 1], [1, np.nan])).all()


def test_ratio_of_sums_is_the_cluster_robust_regression_on_a_constant():
    # Rows of 0 and 1 within customers: statsmodels' cluster-robust standard error of the mean
    # (correction G/(G - 1)) is the delta method's for Σy/Σx with x the rows of each customer.
    rng = np.random.default_rng(20260301)
    rows = rng.integers(1, 9, 40)
    customer = np.repeat(np.arange(40), rows)
    y = (rng.random(rows.sum()) < rng.beta(2, 1, 40)[customer]).astype(float)
    fit = sm.OLS(y, np.ones_like(y)).fit(
        cov_type="cluster", cov_kwds={"groups": customer}, use_t=True
    )
    top = np.bincount(customer, y)
    found = stats.ratio_interval(
        40, top.sum(), rows.sum(), (top**2).sum(), (rows**2).sum(), (top * rows).sum()
    )
    assert [float(v) for v in found] == pytest.approx([fit.params[0], *fit.conf_int()[0]], rel=1e-9)


def test_ratio_needs_clusters_and_a_denominator():
    ratio, low, _ = stats.ratio_interval(
        [0, 1, 2], [0, 3, 1], [0, 4, 0], [0, 9, 1], [0, 16, 0], [0, 12, 0]
    )
    assert np.isnan(ratio).tolist() == [True, False, True]
    assert np.isnan(low).all()


def test_nonresponse_bounds_of_shares_scores_and_nps():
    low, high = stats.nonresponse_bounds([90, 0, 5], [100, 0, 5], [1000, 10, 5])
    assert low.tolist() == [0.09, 0.0, 1.0]
    assert high.tolist() == [0.99, 1.0, 1.0]
    # 50 promoters and 20 detractors of 100 answers to 200 invitations.
    ends = stats.nonresponse_bounds(50 - 20, 100, 200, lowest=-1, highest=1)
    assert [float(e) for e in ends] == [-0.35, 0.65]
    # Ten answers of mean 4 on a 1-5 scale, five silent: (40 + 5)/15 and (40 + 25)/15.
    ends = stats.nonresponse_bounds(40, 10, 15, lowest=1, highest=5)
    assert [float(e) for e in ends] == pytest.approx([3.0, 65 / 15])
    assert [float(e) for e in stats.nonresponse_bounds(0, 0, 0)] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: stats.nps_interval(-1, 0, 0), "promoters is negative"),
        (lambda: stats.nps_interval("many", 0, 0), "promoters is not numeric"),
        (lambda: stats.nps_interval([1, 2], [1, 2, 3], 0), "different shapes"),
        (lambda: stats.nps_interval(1, 0, 0, confidence=95), "confidence"),
        (lambda: stats.rate_interval(3, 0), "without exposure"),
        (lambda: stats.nonresponse_bounds(1, 3, 2), "more answers than invitations"),
        (lambda: stats.nonresponse_bounds(4, 3, 5), "above what answers give"),
        (lambda: stats.nonresponse_bounds(2, 3, 5, lowest=1, highest=5), "lowest possible"),
        (lambda: stats.nonresponse_bounds(1, 1, 1, lowest=1, highest=1), "without width"),
    ],
)
def test_impossible_input_is_refused(call, what):
    with pytest.raises(InputError, match=what):
        call()
