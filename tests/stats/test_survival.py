"""Kaplan–Meier against published tables, statsmodels, and the plain mean without censoring."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.testing import assert_allclose
from statsmodels.duration.survfunc import SurvfuncRight

from cxlab.errors import InputError
from cxlab.stats import kaplan_meier, kaplan_meier_by_group

# Remission of leukaemia in weeks under 6-MP (Freireich et al. 1963), the field's textbook set.
# The expected columns are Stata's `sts list` and R's survfit(conf.type = "log-log").
ENDED = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
UNFINISHED = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
PUBLISHED = {
    6: (0.8571, 0.0764, 0.6197, 0.9516),
    7: (0.8067, 0.0869, 0.5631, 0.9228),
    10: (0.7529, 0.0963, 0.5032, 0.8894),
    13: (0.6902, 0.1068, 0.4316, 0.8491),
    16: (0.6275, 0.1141, 0.3675, 0.8049),
    22: (0.5378, 0.1282, 0.2678, 0.7468),
    23: (0.4482, 0.1346, 0.1881, 0.6801),
}


@pytest.fixture
def remission():
    weeks = [*ENDED, *UNFINISHED]
    events = [*ENDED.values(), *[0] * len(UNFINISHED)]
    return kaplan_meier(weeks, events, [*[0] * len(ENDED), *UNFINISHED.values()])


def test_published_table(remission):
    survival, low, high = remission.at(list(PUBLISHED))
    error = np.sqrt(remission.variance[np.isin(remission.duration, list(PUBLISHED))])
    assert_allclose(np.stack([survival, error, low, high], 1), list(PUBLISHED.values()), atol=6e-5)
    assert remission.n == 21


def test_published_median_and_restricted_mean(remission):
    # R, survfit(conf.type = "log-log"): median 23, limits 13 and NA; rmean 23.3, se 2.83.
    median, low, high = remission.quantile(0.5)
    assert (median, low) == (23, 13)
    assert math.isnan(high)
    mean, low, high = remission.restricted_mean()
    assert mean == pytest.approx(23.29, abs=5e-3)
    assert (high - low) / 2 / 1.96 == pytest.approx(2.83, abs=5e-3)


def test_before_between_and_after(remission):
    survival, low, high = remission.at([0, 5.9, 8, 35, 36])
    assert_allclose(survival[:4], [1, 1, 0.8067, 0.4482], atol=5e-5)
    assert math.isnan(survival[4])  # the last one was still in remission at 35 weeks
    assert (low[4], high[4]) == (0, 1)
    assert low[0] == pytest.approx(21 / (21 + 1.959964**2))  # Wilson's limit of 21 in 21


def cells(data):
    counts = [(t, int(e), int(not e)) for t, e in data]
    return kaplan_meier(*zip(*counts, strict=True))


SPELLS = some.lists(some.tuples(some.integers(0, 12), some.booleans()), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(SPELLS)
def test_agrees_with_statsmodels(data):
    curve = cells(data)
    time, event = np.array(data, dtype=float).T
    if not event.any():
        assert (curve.survival == 1).all()
        return
    other = SurvfuncRight(time, event)
    rows = np.isin(curve.duration, other.surv_times)
    at_risk = curve.at_risk[rows]
    assert_allclose(at_risk, other.n_risk)
    assert_allclose(curve.survival[rows], other.surv_prob, atol=1e-12)
    left = other.surv_prob > 1e-9  # statsmodels has no variance where nobody is left
    assert_allclose(np.sqrt(curve.variance[rows])[left], other.surv_prob_se[left], atol=1e-12)
    low, high = curve.band
    assert (low <= curve.survival + 1e-12).all()
    assert (curve.survival <= high + 1e-12).all()


@settings(max_examples=60, deadline=None)
@given(some.lists(some.integers(1, 30), min_size=2, max_size=40), some.integers(1, 35))
def test_without_censoring_the_restricted_mean_is_a_mean(lasted, horizon):
    curve = cells([(t, True) for t in lasted])
    cut = np.minimum(lasted, horizon)
    mean, low, high = curve.restricted_mean(horizon)
    assert mean == pytest.approx(cut.mean())
    if cut.std() == 0:
        assert math.isnan(low)
    else:  # and its variance is the sample's, divided by n
        half = 1.959964 * cut.std() / math.sqrt(len(lasted))
        assert low == pytest.approx(max(cut.mean() - half, 0), abs=1e-6)
        assert high == pytest.approx(min(cut.mean() + half, horizon), abs=1e-6)


def test_nothing_ended():
    curve = kaplan_meier([3, 8], [0, 0], [10, 20])
    survival, low, high = curve.at([5, 8, 9])
    assert survival[:2].tolist() == [1, 1]
    assert math.isnan(survival[2])
    # All 30 were seen to survive day 3, and 20 day 8: Wilson's lower limit of n in n.
    assert_allclose(low, [30 / (30 + 3.8414588), 20 / (20 + 3.8414588), 0], rtol=1e-6)
    assert high.tolist() == [1, 1, 1]
    assert np.isnan(curve.quantile(0.5)).all()
    mean, low_mean, _ = curve.restricted_mean()
    assert mean == 8
    assert math.isnan(low_mean)


def test_all_ended_at_once():
    curve = kaplan_meier([4], [100], [0])
    survival, low, high = curve.at([3.9, 4, 400])
    assert survival.tolist() == [1, 0, 0]
    assert low[1:].tolist() == [0, 0]
    assert high[2] == pytest.approx(3.8414588 / 103.8414588)  # Wilson's limit of 0 in 100
    assert curve.quantile(0.5) == (4, 4, 4)


def test_exactly_half_is_reached_in_spite_of_rounding():
    # 23/24 · 22/23 · … · 12/13 is one half, but comes out a rounding error above it.
    curve = kaplan_meier(range(1, 14), [1] * 12 + [0], [0] * 12 + [12])
    assert curve.survival[-1] != 0.5
    assert curve.quantile(0.5)[0] == 12


def test_no_spells_say_nothing():
    curve = kaplan_meier([], [], [])
    assert curve.n == 0
    survival, low, high = curve.at([0, 1])
    assert np.isnan(survival).all()
    assert (low.tolist(), high.tolist()) == ([0, 0], [1, 1])
    assert np.isnan(curve.quantile(0.5)).all()
    assert np.isnan(curve.restricted_mean()).all()


def test_groups_do_not_mix():
    names = ["mail", "phone", "mail", "phone"]
    curves = kaplan_meier_by_group(names, [1, 1, 2, 3], [1, 2, 0, 1], [0, 0, 1, 1])
    assert list(curves) == ["mail", "phone"]
    assert curves["mail"].survival.tolist() == [0.5, 0.5]
    assert_allclose(curves["phone"].survival, [0.5, 0.25])


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: kaplan_meier([-1], [1], [0]), "duration is negative"),
        (lambda: kaplan_meier([1], [-1], [0]), "events is negative"),
        (lambda: kaplan_meier([np.nan], [1], [0]), "missing numbers"),
        (lambda: kaplan_meier([1], [1], [0]).quantile(0), "quantile"),
        (lambda: kaplan_meier([1], [1], [0]).restricted_mean(-1), "horizon is negative"),
        (lambda: kaplan_meier_by_group(["a"], [1, 2], [1, 1], [0, 0]), "differ in length"),
        (lambda: kaplan_meier([1], [1], [0], confidence=2), "confidence"),
    ],
)
def test_impossible_input_is_refused(call, what):
    with pytest.raises(InputError, match=what):
        call()


@pytest.mark.real
def test_telco_tenure(real_data):
    rows = pd.read_csv(real_data / "telco_churn" / "telco_customer_churn.csv.gz")
    left = rows["Churn"] == "Yes"
    table = rows.assign(left=left, kept=~left).groupby("tenure")[["left", "kept"]].sum()
    curve = kaplan_meier(table.index, table["left"], table["kept"])
    other = SurvfuncRight(rows["tenure"], left.astype(int))
    assert curve.n == 7043
    assert round(float(curve.at(12)[0]), 4) == 0.8432
    assert_allclose(curve.at(other.surv_times)[0], other.surv_prob, rtol=1e-12)
    # The quarter that leaves first has gone by month 36; statsmodels inverts the same test, so
    # its set of months that are not rejected is ours.
    assert curve.quantile(0.25)[0] == other.quantile(0.25) == 36
    assert curve.quantile(0.25)[1:] == other.quantile_ci(0.25, method="cloglog")
    assert np.isnan(curve.quantile(0.5)).all()  # 59 % stay beyond the cap of 72 months
