"""Means drawn towards the team's, against the mixed model of statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm

from cxlab.errors import InputError
from cxlab.stats import shrunk_means


def cells(values):
    n = np.array([len(v) for v in values])
    mean = np.array([np.mean(v) for v in values])
    return n, mean, np.array([((np.asarray(v) - np.mean(v)) ** 2).sum() for v in values])


def test_balanced_groups_are_the_predictions_of_a_random_intercept():
    rng = np.random.default_rng(12)
    values = [rng.normal(mu, 3, 8) for mu in rng.normal(10, 2, 12)]
    found = shrunk_means(*cells(values))
    group = np.repeat(np.arange(12), 8)
    model = sm.MixedLM(np.concatenate(values), np.ones(96), group).fit(reml=True)
    effects = [float(model.random_effects[k].iloc[0]) for k in range(12)]
    assert found.team == pytest.approx(float(model.fe_params[0]), rel=1e-6)
    np.testing.assert_allclose(found.mean, found.team + np.array(effects), rtol=1e-4)


def test_the_variances_of_unequal_groups_by_hand():
    # Groups (1, 3), (5), (6, 8): squares within 2 + 0 + 2 = 4 on 2 degrees of freedom: 2.
    # Mean of all 23/5 = 4.6; between 2·2.6² + 0.4² + 2·2.4² = 25.2; (25.2 − 2·2) ÷ (5 − 9/5).
    found = shrunk_means(*cells([[1, 3], [5], [6, 8]]))
    tau = 21.2 / 3.2
    weights = np.array([tau / (tau + 1), tau / (tau + 2), tau / (tau + 1)])
    np.testing.assert_allclose(found.weight, weights)
    team = (weights * [2, 5, 7]).sum() / weights.sum()
    np.testing.assert_allclose(found.mean, weights * [2, 5, 7] + (1 - weights) * team)


def test_groups_that_differ_by_chance_only_get_the_mean_of_all():
    found = shrunk_means(*cells([[0, 10], [1, 9], [2, 8, 5]]))
    assert found.weight.tolist() == [0, 0, 0]
    assert found.mean.tolist() == [5, 5, 5]


@pytest.mark.parametrize("values", [[[1, 2, 3]], [[1], [5]]])
def test_where_no_variance_can_be_told_nothing_is_drawn(values):
    n, mean, squares = cells(values)
    found = shrunk_means(n, mean, squares)
    assert found.mean.tolist() == mean.tolist()
    assert np.isnan(found.low).all()


def test_an_empty_group_is_nan_and_changes_nothing():
    n, mean, squares = cells([[1, 3], [5, 6], [6, 8]])
    full = shrunk_means(n, mean, squares)
    more = shrunk_means([*n, 0], [*mean, np.nan], [*squares, 0])
    np.testing.assert_array_equal(more.mean[:3], full.mean)
    assert np.isnan(more.mean[3])


def test_negative_counts_are_refused():
    with pytest.raises(InputError):
        shrunk_means([-1, 2], [0, 0], [0, 0])
