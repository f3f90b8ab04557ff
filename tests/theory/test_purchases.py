"""NBD: integrals over the rates of customers, and BG/NBD where nobody leaves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from cxlab.errors import InputError
from cxlab.stats import BgNbd
from cxlab.theory import nbd_purchases, nbd_shares


def test_by_hand() -> None:
    """Mean rate 2 ÷ 8 in 12 weeks: 3. Who bought 4 times in 8 weeks: (2 + 4) ÷ 16 a week."""
    assert float(nbd_purchases(12, r=2, alpha=8)) == pytest.approx(3)
    assert float(nbd_purchases(12, r=2, alpha=8, x=4, age=8)) == pytest.approx(4.5)
    # r = 1: as often as heads before the first tail, if heads have 12/20.
    assert_allclose(nbd_shares([0, 1, 2], 12, r=1, alpha=8), [0.4, 0.24, 0.144])
    assert nbd_shares([0, 1], 0, r=1, alpha=8).tolist() == [1, 0]


def test_shares_are_an_integral_over_rates() -> None:
    law = gamma(1.6, scale=1 / 4)
    for count in (0, 1, 5):
        mean = quad(lambda rate, k=count: poisson.pmf(k, rate * 10) * law.pdf(rate), 0, np.inf)[0]
        assert float(nbd_shares(count, 10, 1.6, 4)) == pytest.approx(mean, rel=1e-6)
    shares = nbd_shares(np.arange(400), 10, 1.6, 4)
    assert shares.sum() == pytest.approx(1)
    assert shares @ np.arange(400) == pytest.approx(float(nbd_purchases(10, 1.6, 4)))


def test_history_by_bayes() -> None:
    law = gamma(1.6, scale=1 / 4)
    weight = quad(lambda rate: poisson.pmf(3, rate * 20) * law.pdf(rate), 0, np.inf)[0]
    mean = quad(lambda rate: rate * poisson.pmf(3, rate * 20) * law.pdf(rate), 0, np.inf)[0]
    found = nbd_purchases(7, 1.6, 4, x=3, age=20)
    assert float(found) == pytest.approx(7 * mean / weight, rel=1e-6)


def test_bg_nbd_where_nobody_leaves() -> None:
    never = BgNbd(0.243, 4.414, 1e-9, 2.426)
    weeks = np.array([1.0, 32.0, 78.0])
    assert_allclose(never.expected_of_new(weeks), nbd_purchases(weeks, 0.243, 4.414), rtol=1e-6)
    known = never.expected_purchases(2, 30.43, 38.86, weeks)
    assert_allclose(known, nbd_purchases(weeks, 0.243, 4.414, x=2, age=38.86), rtol=1e-6)
    # Where customers may leave they buy less, the more so the longer one looks.
    leaving = BgNbd(0.243, 4.414, 0.793, 2.426).expected_of_new(weeks)
    assert (np.diff(leaving / nbd_purchases(weeks, 0.243, 4.414)) < 0).all()


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: nbd_purchases(1, 0, 1), "r"),
        (lambda: nbd_purchases(1, 1, -1), "alpha"),
        (lambda: nbd_purchases(-1, 1, 1), "horizon"),
        (lambda: nbd_purchases(1, 1, 1, x=-1), "x"),
        (lambda: nbd_purchases(1, 1, 1, age=np.nan), "age"),
        (lambda: nbd_shares(-1, 1, 1, 1), "counts"),
        (lambda: nbd_shares(1, 1, np.inf, 1), "r"),
        (lambda: nbd_shares(0.5, 1, 1, 1), "whole numbers"),
    ],
)
def test_impossible_input_is_refused(call, what) -> None:
    with pytest.raises(InputError, match=what):
        call()
