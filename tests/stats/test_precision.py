"""Sample sizes: closed forms, published values, and one observation less is too few."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats as st
from statsmodels.stats.proportion import proportion_confint

from cxlab import stats
from cxlab.errors import InputError
from cxlab.stats import precision

Z = st.norm.ppf(0.975)


def test_share_in_closed_form():
    # At one half Wilson's half-width is (z/2)/√(n + z²), so n = z²/(4 h²) − z².
    for half in (0.1, 0.05, 0.03, 0.01):
        n = Z**2 / (4 * half**2) - Z**2
        assert precision.share_sample_size(0.5, half) == math.ceil(n)
    assert precision.share_sample_size(0.5, 0.05) == 381  # 380.3; Wald's rule would say 385


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.93, 1.0])
def test_share_by_statsmodels(share):
    n = int(precision.share_sample_size(share, 0.04))
    for size, enough in ((n, True), (n - 1, False)):
        low, high = proportion_confint(share * size, size, method="wilson")
        assert ((high - low) / 2 <= 0.04) == enough


def test_mean_by_students_quantile():
    # σ = 15, half-width 5: n = 37 gives 2.0281 · 15/√37 = 5.0013, n = 38 gives 4.9304 (table
    # of t: 2.0281 at 36, 2.0262 at 37 degrees of freedom).
    assert precision.mean_sample_size(15, 5) == 38
    assert_allclose(precision.mean_half_width(15, [37, 38]), [5.0013, 4.9304], atol=1e-3)
    assert np.isnan(precision.mean_half_width(15, 1))
    assert precision.mean_sample_size(0, 1) == 2


def test_nps_by_hand():
    # p = 0.5, d = 0.2, n = 100: test_intervals has 15.0751 by hand.
    assert precision.nps_half_width(0.5, 0.2, 100) == pytest.approx(15.0751, abs=2e-3)
    n = int(precision.nps_sample_size(0.5, 0.2, 5))
    # Wald: n = 1.96² · 0.61/0.05² = 937.3; the adjusted interval is a little narrower.
    assert 925 <= n <= 938
    low, high = stats.nps_interval(0.5 * (n - 1), 0.3 * (n - 1), 0.2 * (n - 1))
    assert (high - low) / 2 > 5
    assert precision.nps_sample_size(1.0, 0.0, 5) < n / 5


def test_two_waves_of_a_hundred():
    # Wald: 1.96 √(2 · 0.61/100) = 21.65 points; ours within half a point below.
    half = precision.nps_half_width(0.5, 0.2, 100)
    needed = float(precision.difference_half_width(half, half))
    assert 21.65 - 0.5 < needed < 21.65
    # Just so far apart, the interval of the difference ends at about 0.
    ends = [float(e) for e in stats.nps_interval(50, 30, 20)]
    middle = sum(ends) / 2
    shifted = (middle - needed, *(e - needed for e in ends))
    low, _ = stats.difference_interval(middle, *ends, *shifted)
    assert low == pytest.approx(0, abs=1e-9)


def test_count_by_the_exact_tails():
    k = int(precision.count_needed(0.1))
    for count, enough in ((k, True), (k - 1, False)):
        low, high = st.chi2.ppf(0.025, 2 * count) / 2, st.chi2.ppf(0.975, 2 * count + 2) / 2
        assert ((high - low) / 2 / count <= 0.1) == enough
    assert precision.count_half_width(0) == np.inf
    # Garwood's table: 4.795 and 18.390 at 10.
    assert precision.count_half_width(10) == pytest.approx((18.390 - 4.795) / 20, abs=5e-5)


def test_smallest_samples_that_bound_a_quantile():
    # Minimum and maximum enclose the q-quantile with 95 % and tails of at most 2.5 % as soon as
    # q^n and (1 − q)^n are so small: 6 for the median, 36 for the 90th percentile.
    for q, n in ((0.5, 6), (0.9, 36), (0.95, 72)):
        found = precision.quantile_half_width(q, [n - 1, n])
        assert np.isnan(found).tolist() == [True, False]
        assert math.ceil(math.log(0.025) / math.log(q)) == n


@pytest.mark.parametrize(("q", "half"), [(0.5, 0.05), (0.9, 0.02), (0.99, 0.3), (0.5, 0.4)])
def test_quantile_holds_from_there_on(q, half):
    n = precision.quantile_sample_size(q, half)
    after = np.arange(n, 4 * n + 2000)
    assert (precision.quantile_half_width(q, after) <= half).all()
    assert not precision.quantile_half_width(q, n - 1) <= half
    low, high = stats.quantile_ranks(n, q)
    assert (high - low) / 2 / (n + 1) <= half


def test_arguments_broadcast():
    n = precision.share_sample_size([[0.5], [0.9]], [0.1, 0.05, 0.01])
    assert n.shape == (2, 3)
    assert (np.diff(n, axis=1) > 0).all()


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_confidence_is_used(confidence):
    z = st.norm.ppf(0.5 + confidence / 2)
    n = math.ceil(z**2 / (4 * 0.05**2) - z**2)
    assert precision.share_sample_size(0.5, 0.05, confidence) == n


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: precision.share_sample_size(1.2, 0.1), "above 1"),
        (lambda: precision.share_sample_size(0.5, 0), "half-width"),
        (lambda: precision.share_sample_size(0.5, 1e-9), "larger one"),
        (lambda: precision.share_sample_size(np.nan, 0.1), "missing numbers"),
        (lambda: precision.mean_sample_size(-1, 0.1), "sd is negative"),
        (lambda: precision.nps_sample_size(0.7, 0.5, 5), "above 1"),
        (lambda: precision.count_needed(-0.1), "negative"),
        (lambda: precision.quantile_sample_size(1.5, 0.1), "a quantile"),
        (lambda: precision.quantile_sample_size(0.5, 1e-5), "larger one"),
    ],
)
def test_impossible_input_is_refused(call, what):
    with pytest.raises(InputError, match=what):
        call()
