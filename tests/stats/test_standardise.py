"""Standardised figures: a published paradox, Welch's interval, strata without cases."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats as st

from cxlab import stats
from cxlab.errors import InputError

# Kidney stones removed, small and large: open surgery, and through the skin (Charig et al. 1986).
REMOVED = np.array([[81, 192], [234, 55]])
OPERATED = np.array([[87, 263], [270, 80]])


def test_simpsons_paradox_is_undone():
    crude = REMOVED.sum(1) / OPERATED.sum(1)
    assert_allclose(crude, [0.78, 0.826], atol=5e-4)  # as published: 78 % and 83 %
    share, low, high = stats.standardised_share(REMOVED, OPERATED, OPERATED.sum(0))
    # By hand: 81/87 · 357/700 + 192/263 · 343/700, and 234/270 · 0.51 + 55/80 · 0.49.
    assert_allclose(share, [0.832546, 0.778875], atol=1e-6)
    assert (low < share).all()
    assert (share < high).all()


def test_one_stratum_is_wilson():
    found = stats.standardised_share([[5], [40]], [[5], [50]], [3])
    assert_allclose(found[1:], stats.wilson_interval([5, 40], [5, 50]))


def test_limits_near_those_of_the_normal_formula():
    # Large samples: sqrt(sum of w² p (1 - p)/n), Fleiss et al. (2003), ch. 19.
    k, n, w = np.array([9000, 2500]), np.array([12000, 10000]), np.array([0.3, 0.7])
    share, low, high = stats.standardised_share(k, n, w)
    error = np.sqrt((w**2 * k / n * (1 - k / n) / n).sum())
    assert_allclose([share - low, high - share], 1.96 * error, rtol=0.01)


def test_an_empty_stratum_is_not_made_up():
    share, low, high = stats.standardised_share([[5, 0], [5, 3]], [[9, 0], [9, 4]], [1, 1])
    assert np.isnan([share[0], low[0], high[0]]).all()
    assert np.isfinite([share[1], low[1], high[1]]).all()
    assert np.isfinite(stats.standardised_share([5, 0], [9, 0], [1, 0])[0])


def test_mean_of_two_strata_is_welchs_interval():
    rng = np.random.default_rng(20260306)
    a, b = rng.normal(30, 4, 12), rng.normal(50, 11, 7)
    size = [a.size, b.size]
    found = stats.standardised_mean(
        [a.mean(), b.mean()], [a.std(ddof=1), b.std(ddof=1)], size, [1, 1]
    )
    # Half the difference of a and −b is their mean.
    welch = st.ttest_ind(a, -b, equal_var=False).confidence_interval()
    assert_allclose(found, [(a.mean() + b.mean()) / 2, welch.low / 2, welch.high / 2])


def test_mean_of_one_stratum_is_students_interval():
    found = stats.standardised_mean([[10], [20]], [[3], [0]], [[16], [4]], [1])
    assert_allclose(found[1:], stats.mean_interval([10, 20], [3, 0], [16, 4]))
    one = stats.standardised_mean([10, 20], [3, np.nan], [16, 1], [1, 1])
    assert one[0] == 15
    assert np.isnan(one[1:]).all()
    none = stats.standardised_mean([10, 0], [3, 0], [16, 0], [1, 1])
    assert np.isnan(none).all()


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: stats.standardised_share([3], [2], [1]), "more successes than cases"),
        (lambda: stats.standardised_share([1, 1], [2, 2], [1]), "weights of the strata"),
        (lambda: stats.standardised_share([1, 1], [2, 2], [0, 0]), "some above 0"),
        (lambda: stats.standardised_share([1, 1], [2, 2], [2, -1]), "weights is negative"),
        (lambda: stats.standardised_share(1, 2, 1), "weights of the strata"),
        (lambda: stats.standardised_mean([1], [-1], [2], [1]), "sd is negative"),
    ],
)
def test_impossible_input_is_refused(call, what):
    with pytest.raises(InputError, match=what):
        call()
