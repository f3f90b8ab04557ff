"""Weighted intervals against statsmodels, against the unweighted ones, and on a real survey."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels.stats.weightstats import DescrStatsW

from cxlab import stats
from cxlab.errors import InputError


@pytest.fixture
def answers():
    rng = np.random.default_rng(20260302)
    return rng.integers(1, 6, 60).astype(float), rng.gamma(2, 1.5, 60)


def sums(x, w):
    return (w * x).sum(), (w * x * x).sum(), w.sum(), (w * w).sum()


def test_mean_is_statsmodels_with_weights_scaled_to_the_effective_n(answers):
    x, w = answers
    n = w.sum() ** 2 / (w**2).sum()
    scaled = DescrStatsW(x, weights=w * n / w.sum())
    mean, low, high = stats.weighted_mean_interval(*sums(x, w))
    assert mean == pytest.approx(scaled.mean, rel=1e-12)
    assert (low, high) == pytest.approx(scaled.tconfint_mean(), rel=1e-9)


@pytest.mark.parametrize("weight", [1.0, 0.1, 7.0])
def test_equal_weights_are_no_weights(answers, weight):
    x, w = answers[0], np.full(60, weight)
    assert stats.effective_n(w.sum(), (w**2).sum()) == pytest.approx(60)
    found = stats.weighted_mean_interval(*sums(x, w))
    assert_allclose(found[1:], stats.mean_interval(x.mean(), x.std(ddof=1), 60))
    hits = (x >= 4).sum()
    found = stats.weighted_share_interval(weight * hits, w.sum(), (w**2).sum())
    assert_allclose(found, (hits / 60, *stats.wilson_interval(hits, 60)))
    found = stats.weighted_nps_interval(weight * 30, weight * 20, weight * 10, (w**2).sum())
    assert_allclose(found, (100 / 3, *stats.nps_interval(30, 20, 10)))


def test_two_equal_answers_still_have_an_interval():
    # 0.1 + 0.1 + 0.1 is not 0.3: Kish's n of two or three equal weights may round below them.
    for w in (0.1, 0.3, 0.7):
        mean, low, high = stats.weighted_mean_interval(w * 4, w * 10, 2 * w, 2 * w * w)
        assert np.isfinite([mean, low, high]).all()


def test_no_answers_say_nothing():
    assert stats.weighted_share_interval(0, 0, 0)[1:] == (0.0, 1.0)
    assert stats.weighted_nps_interval(0, 0, 0, 0)[1:] == (-100.0, 100.0)
    assert np.isnan(stats.weighted_mean_interval(0, 0, 0, 0)).all()
    assert np.isnan(stats.weighted_share_interval(0, 0, 0)[0])


def test_successes_cannot_exceed_all():
    with pytest.raises(InputError, match="exceed"):
        stats.weighted_share_interval(3, 2, 2)


@pytest.mark.real
def test_airport_survey(real_data):
    rows = pd.read_csv(real_data / "sfo_survey_2017" / "sfo_customer_survey_2017.csv.gz")
    rows = rows[pd.to_numeric(rows["NETPRO"], errors="coerce").between(0, 10)]
    score, w = rows["NETPRO"].to_numpy(float), rows["WEIGHT"].to_numpy(float)
    kinds = [score >= 9, (score >= 7) & (score <= 8), score <= 6]
    assert [int(k.sum()) for k in kinds] == [1436, 968, 342]  # the data's README
    low, high = stats.nps_interval(*(k.sum() for k in kinds))
    # Plain Wald: 100 (1436 - 342)/2746 = 39.840; at n = 2,746 the two differ by < 0.1 point.
    p, d = 1436 / 2746, 342 / 2746
    half = 196 * np.sqrt((p + d - (p - d) ** 2) / 2746)
    assert (low, high) == pytest.approx((39.840 - half, 39.840 + half), abs=0.1)
    nps, low_w, high_w = stats.weighted_nps_interval(*(w[k].sum() for k in kinds), (w**2).sum())
    assert nps == pytest.approx(
        100 * (np.average(kinds[0], weights=w) - w[kinds[2]].sum() / w.sum())
    )
    assert abs(nps - 39.840) > 0.1
    assert high_w - low_w > high - low
