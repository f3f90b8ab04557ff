"""Buying and leaving: published fits, published predictions, and integrals by another route."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import approx_fprime, minimize
from scipy.stats import beta, gamma
from statsmodels.tools.numdiff import approx_hess

from cxlab.errors import InputError
from cxlab.stats import (
    BgNbd,
    GammaGamma,
    ShiftedBetaGeometric,
    customer_value,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_shifted_beta_geometric,
    lost_by_period,
)
from cxlab.stats import bg_nbd as bg_nbd_module
from cxlab.stats import gamma_gamma as gamma_gamma_module

# Fitted to the CDNOW sample; the data's README has the same to four digits.
FITTED = BgNbd(0.242594522, 4.413602019, 0.792922017, 2.425906777)


@pytest.mark.parametrize("t", [1.0, 40.0])
@pytest.mark.parametrize(
    ("model", "x", "age"),
    [
        (FITTED, 0, 0),
        (FITTED, 2, 38.86),
        (FITTED, 40, 39),
        (BgNbd(0.5, 3.0, 1.0, 2.0), 3, 20),  # a = 1: the formula has a gap there
        (BgNbd(0.5, 3.0, 0.4, 0.6), 0, 5),  # a + b + x = 1: and there
        (BgNbd(2.0, 3.0, 1.7, 0.8), 900, 30),  # many purchases: no overflow
    ],
)
def test_expected_purchases_by_integration(model, x, age, t):
    # While active, rate and leaving are gamma (r + x, alpha + T) and beta (a, b + x); over the
    # rate the mean of exp(-rate p t) is closed, over p it is integrated.
    def inner(p):
        kept = ((model.alpha + age) / (model.alpha + age + p * t)) ** (model.r + x)
        return (1 - kept) / p * beta.pdf(p, model.a, model.b + x)

    edges = [0, *beta.ppf([0.01, 0.5, 0.99], model.a, model.b + x), 1]
    pieces = [quad(inner, *ends, limit=200)[0] for ends in pairwise(edges)]
    t_x = age if x else 0  # bought just now: active with the probability of not leaving then
    expected = model.expected_purchases(x, t_x, age, t) / model.alive(x, t_x, age)
    assert float(expected) == pytest.approx(sum(pieces), rel=2e-5)


def test_published_predictions():
    # Fader and Hardie's spreadsheet for the paper: customer x = 2, t_x = 30.43, T = 38.86 in
    # the next 39 weeks, and the repeat purchases of a new customer after so many weeks.
    assert float(FITTED.expected_purchases(2, 30.43, 38.86, 39)) == pytest.approx(1.226, abs=5e-4)
    # (Its last row, 1.8576 at week 78, is what the first 150 terms of the hypergeometric series
    # give; the whole series gives 1.8580.)
    weeks = [0.1429, 1.0, 3.00, 31.8571, 32.00]
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437]
    assert_allclose(FITTED.expected_of_new(weeks), published, atol=6e-5)
    assert float(FITTED.expected_of_new(78)) == pytest.approx(1.8576, abs=5e-4)


def test_alive_and_buying_of_simulated_customers():
    # 200,000 lives by the model's own words. Among those whom the model gives similar chances,
    # so many are active; 4 standard errors. And they buy what is expected of them.
    rng = np.random.default_rng(20260304)
    size, age, horizon = 200_000, 30.0, 20.0
    lam = gamma.rvs(0.8, scale=1 / 6, size=size, random_state=rng)
    p = beta.rvs(0.9, 2.5, size=size, random_state=rng)
    x, t_x, later, now = (np.zeros(size) for _ in range(4))
    here, gone = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    while here.any():
        now[here] += rng.exponential(1 / lam[here])
        here &= now < age + horizon
        past = here & (now <= age)
        x[past] += 1
        t_x[past] = now[past]
        later[here & ~past] += 1
        leaves = here & (rng.random(size) < p)
        gone |= leaves & past
        here &= ~leaves
    model = BgNbd(0.8, 6.0, 0.9, 2.5)
    chance = model.alive(x, t_x, age)
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 0.999)):
        rows = (chance > low) & (chance <= high)
        error = np.sqrt((chance[rows] * (1 - chance[rows])).sum()) / rows.sum()
        assert abs((~gone[rows]).mean() - chance[rows].mean()) < 4 * error
    expected = model.expected_purchases(x, t_x, age, horizon)
    assert abs(later.mean() - expected.mean()) < 4 * later.std() / np.sqrt(size)
    # The fit finds the truth within what it claims to know.
    _, fit = fit_bg_nbd(x[:20_000], t_x[:20_000], age)
    assert (np.abs(fit.values - [0.8, 6.0, 0.9, 2.5]) < 4 * fit.standard_errors).all()
    assert (fit.standard_errors < 0.15 * fit.values).all()


@pytest.mark.parametrize(
    ("function", "at", "data"),
    [
        (
            bg_nbd_module._log_likelihood,
            [0.3, 4.0, 0.8, 2.0],
            ([0, 1, 7.0], [0, 9, 30.0], [30, 35, 38.0]),
        ),
        (gamma_gamma_module._log_likelihood, [6.0, 3.7, 15.0], ([1, 2, 9.0], [12, 35, 30.0])),
    ],
)
def test_gradients(function, at, data):
    arrays = [np.asarray(d) for d in data]
    for i in range(3):
        one = [a[i : i + 1] for a in arrays]
        slope = approx_fprime(np.array(at), lambda p, one=one: function(p, *one)[0][0], 1e-6)
        assert_allclose(function(np.array(at), *one)[1][:, 0], slope, rtol=1e-4, atol=1e-6)


# High End and Regular: Fader and Hardie (2007), % surviving years 0 … 7 of 1,000 customers.
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta_"), [(HIGH_END, 0.668, 3.806), (REGULAR, 0.704, 1.182)]
)
def test_published_retention_fits(survivors, alpha, beta_):
    model, fit = fit_shifted_beta_geometric(*lost_by_period(survivors))
    assert (model.alpha, model.beta) == (
        pytest.approx(alpha, abs=5e-4),
        pytest.approx(beta_, abs=5e-4),
    )
    # Errors of the parameters: the numeric Hessian in the parameters themselves.
    gone = -np.diff(survivors)

    def height(p):
        curve = ShiftedBetaGeometric(*p).survival(np.arange(8))
        return gone @ np.log(-np.diff(curve)) + survivors[-1] * np.log(curve[-1])

    errors = np.sqrt(np.diag(np.linalg.inv(-approx_hess(fit.values, height))))
    assert fit.log_likelihood == pytest.approx(height(fit.values))
    assert_allclose(fit.standard_errors, errors, rtol=1e-3)
    low, high = fit.intervals()
    assert ((low < fit.values) & (fit.values < high)).all()


# The same cohorts in the years 8 … 12, which the fits have not seen.
LATER = [([468, 445, 427, 409, 394], HIGH_END, 17), ([223, 207, 194, 183, 173], REGULAR, 4)]


@pytest.mark.parametrize(("later", "survivors", "off"), LATER)
def test_published_cohorts_are_projected(later, survivors, off):
    model, _ = fit_shifted_beta_geometric(*lost_by_period(survivors))
    years = np.arange(8, 13)
    assert (np.abs(1000 * model.survival(years) - later) < off).all()
    # One retention rate for all, by maximum likelihood, is 12 % of the customers too low.
    rate = 1 - (1000 - survivors[-1]) / sum(survivors[:-1])
    assert 1000 * rate**12 - later[-1] < -120


def test_cohorts_of_different_age_fit_together():
    old = lost_by_period(REGULAR)
    young = lost_by_period(REGULAR[:4])
    both = [np.concatenate(pair) for pair in zip(old, young, strict=True)]
    model, _ = fit_shifted_beta_geometric(*both)
    assert model.retention(1) == pytest.approx(0.631, abs=0.01)
    assert (np.diff(model.retention(np.arange(1, 20))) > 0).all()


@pytest.mark.parametrize("discount", [0.05, 0.1, 0.5])
def test_discounted_lifetimes_are_sums(discount):
    model = ShiftedBetaGeometric(0.704, 1.182)
    t = np.arange(1000)
    curve = model.survival(t)
    factor = np.exp(-t * np.log1p(discount))
    paid = curve * factor
    assert float(model.discounted_lifetime(discount)) == pytest.approx(paid.sum(), rel=1e-6)
    for n in (0, 3):
        left = (curve[n + 1 :] / curve[n] * factor[: -n - 1]).sum()
        found = model.discounted_residual_lifetime(n, discount)
        assert float(found) == pytest.approx(left, rel=1e-6)


def test_mean_lifetime():
    model = ShiftedBetaGeometric(3.0, 4.0)
    assert model.mean_lifetime == pytest.approx(model.survival(np.arange(20000)).sum(), rel=1e-4)
    assert ShiftedBetaGeometric(0.9, 4.0).mean_lifetime == np.inf


def test_delta_method_of_the_retention_rate():
    model, fit = fit_shifted_beta_geometric(*lost_by_period(REGULAR))
    value, low, high = fit.derived(lambda p: ShiftedBetaGeometric(*p).survival([1, 7]))
    assert_allclose(value, model.survival([1, 7]))
    # Near the binomial's own error √(S (1 − S)/n), a little narrower for the model's help.
    binomial = 1.96 * np.sqrt(value * (1 - value) / 1000)
    assert ((high - low) / 2 < binomial).all()
    assert ((high - low) / 2 > 0.6 * binomial).all()


def test_value_is_margin_times_spend_times_discounted_purchases():
    spend = GammaGamma(6.25, 3.74, 15.44)
    found = customer_value(
        FITTED, spend, [0, 2], [0, 30.43], 38.86, [np.nan, 22.35], horizon=39, discount=0, margin=1
    )
    assert found[1] == pytest.approx(1.226 * float(spend.expected_value(2, 22.35)), abs=0.02)
    assert found[0] == pytest.approx(float(FITTED.expected_purchases(0, 0, 38.86, 39)) * spend.mean)


def test_discounting_by_small_steps():
    ends = np.linspace(0, 39, 20001)
    per_step = np.diff(FITTED.expected_purchases(2, 30.43, 38.86, ends))
    middle = (ends[1:] + ends[:-1]) / 2
    found = FITTED.discounted_purchases(2, 30.43, 38.86, 39, 0.02)
    assert float(found) == pytest.approx((per_step * 1.02**-middle).sum(), rel=1e-6)


def test_no_mean_spend_exists_for_q_up_to_one():
    assert np.isnan(GammaGamma(6, 0.9, 15).expected_value(0, 0))
    assert np.isfinite(GammaGamma(6, 0.9, 15).expected_value(1, 20))


STEADY = [1000, 900, 810, 729, 656]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: fit_bg_nbd([0, 0], [0, 0], 5, [10, 10]), "needs repeat purchases"),
        (lambda: fit_bg_nbd([1, 1], [2, 3], 5, 10), "do not tell"),
        (lambda: fit_bg_nbd([3], [4], [5], [10]), "do not tell"),
        (lambda: fit_bg_nbd([1, 0], [6, 0], 5), "after the end"),
        (lambda: fit_bg_nbd([1, 0], [0, 0], 5), "time 0.*merge the purchases of one day"),
        (lambda: fit_bg_nbd([0.5, 0], [1, 0], 5), "no number of purchases"),
        (lambda: fit_bg_nbd([0, 1], [2, 1], 5), "without one"),
        (lambda: fit_bg_nbd([np.nan, 1], [1, 1], 5), "missing numbers"),
        (lambda: fit_gamma_gamma([1, 2, 3], [5, 5, 5]), "spend differently"),
        (lambda: fit_gamma_gamma([1, 2, 3], [5.0, 5.1, 5.2]), "do not tell"),
        (lambda: fit_gamma_gamma([1, 2], [5, 0]), "value of a purchase above 0.*leave these"),
        (lambda: fit_gamma_gamma([0, 2], [5, 1]), "purchases above 0"),
        (lambda: fit_shifted_beta_geometric(*lost_by_period(STEADY)), "no clear|do not tell"),
        (lambda: fit_shifted_beta_geometric(*lost_by_period([10, 5])), "two renewals"),
        (lambda: fit_shifted_beta_geometric(*lost_by_period([10, 10, 10])), "needs losses"),
        (lambda: fit_shifted_beta_geometric([0], [1], [1]), "number of a renewal"),
        (lambda: lost_by_period([10, 11]), "grows"),
        (lambda: lost_by_period([10]), "two numbers"),
        (lambda: ShiftedBetaGeometric(1, 1).retention(0), "number of a renewal"),
        (lambda: ShiftedBetaGeometric(-1, 1), "sBG"),
        (lambda: BgNbd(0, 1, 1, 1), "BG/NBD"),
        (lambda: GammaGamma(1, np.inf, 1), "gamma-gamma"),
        (lambda: FITTED.expected_purchases(1, 1, 2, -1), "horizon is negative"),
        (
            lambda: customer_value(
                FITTED, GammaGamma(6, 3, 15), 1, 1, 2, 9, horizon=9, discount=0, margin=30
            ),
            "margin",
        ),
    ],
)
def test_impossible_input_is_refused(call, what):
    with pytest.raises(InputError, match=what):
        call()


def test_customers_who_never_leave_are_no_case_for_the_model():
    rng = np.random.default_rng(20260305)
    x = rng.poisson(rng.gamma(0.5, 1 / 5, 3000) * 39)
    t_x = np.where(x > 0, 39 * rng.random(3000) ** (1 / np.maximum(x, 1)), 0)
    with pytest.raises(InputError, match=r"do not tell|no clear maximum"):
        fit_bg_nbd(x, t_x, 39)


@pytest.fixture(scope="module")
def cdnow(real_data):
    """The 1/10 sample up to 1997-09-30 in weeks, purchases of one day merged."""
    rows = pd.read_csv(
        real_data / "cdnow" / "cdnow_sample.csv.gz",
        dtype={"customer_id": str},
        parse_dates=["date"],
    )
    end = pd.Timestamp("1997-09-30")
    days = rows.groupby(["customer_id", "date"], as_index=False)["dollar_value"].sum()
    days = days[days["date"] <= end]
    first = days.groupby("customer_id")["date"].transform("min")
    repeat = days[days["date"] > first].groupby("customer_id")
    customers = pd.DataFrame({"first": days.groupby("customer_id")["date"].min()})
    customers["x"] = repeat.size()
    customers["mean"] = repeat["dollar_value"].mean()
    customers["t_x"] = (repeat["date"].max() - customers["first"]).dt.days / 7
    customers["age"] = (end - customers["first"]).dt.days / 7
    return customers.fillna({"x": 0, "t_x": 0})


@pytest.mark.real
def test_cdnow_as_published(cdnow):
    cells = cdnow.groupby(["x", "t_x", "age"], as_index=False).size()
    assert len(cdnow) == 2357
    model, fit = fit_bg_nbd(cells["x"], cells["t_x"], cells["age"], cells["size"])
    found = [model.r, model.alpha, model.a, model.b]
    assert_allclose(found, [0.2426, 4.4136, 0.7929, 2.4259], atol=6e-5)  # the data's README
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=5e-3)
    one_by_one, _ = fit_bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["age"])
    assert one_by_one.alpha == pytest.approx(model.alpha, rel=1e-7)
    # R's BTYD on the same customers: summary of P(alive).
    alive = model.alive(cdnow["x"], cdnow["t_x"], cdnow["age"])
    assert_allclose([np.quantile(alive, 0.25), alive.mean()], [0.6604, 0.8134], atol=6e-5)


@pytest.mark.real
def test_cdnow_in_days_is_cdnow_in_weeks(cdnow):
    weeks, fit = fit_bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["age"])
    days, fit_days = fit_bg_nbd(cdnow["x"], 7 * cdnow["t_x"], 7 * cdnow["age"])
    assert_allclose([days.r, days.alpha / 7, days.a, days.b], fit.values, rtol=1e-6)
    # A density per day is a seventh of that per week, once for each repeat purchase.
    fewer = cdnow["x"].sum() * np.log(7)
    assert fit_days.log_likelihood == pytest.approx(fit.log_likelihood - fewer, rel=1e-9)
    assert weeks.alpha < days.alpha


@pytest.mark.real
def test_cdnow_errors_by_a_numeric_hessian(cdnow):
    _, fit = fit_bg_nbd(cdnow["x"], cdnow["t_x"], cdnow["age"])
    data = [cdnow[c].to_numpy(float) for c in ("x", "t_x", "age")]
    hessian = approx_hess(fit.values, lambda p: bg_nbd_module._log_likelihood(p, *data)[0].sum())
    errors = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    assert_allclose(fit.standard_errors, errors, rtol=1e-2)


@pytest.mark.real
def test_cdnow_spend_as_published(cdnow):
    buyers = cdnow[cdnow["x"] > 0]
    assert len(buyers) == 946
    model, fit = fit_gamma_gamma(buyers["x"], buyers["mean"])
    assert_allclose(fit.values, [6.2496, 3.7442, 15.4435], atol=6e-5)  # the data's README
    # Fader and Hardie's note and the package `lifetimes`: customers 00004 and 00021,
    # and 00018 who has no repeat purchase.
    chosen = cdnow.loc[["00004", "00021", "00018"]]
    expected = model.expected_value(chosen["x"], chosen["mean"])
    assert_allclose(expected, [24.65, 18.91, 35.17], atol=6e-3)

    def cost(logs):
        p, q, g = np.exp(logs)
        value, _ = gamma_gamma_module._log_likelihood(
            np.array([p, q, g]), buyers["x"].to_numpy(float), buyers["mean"].to_numpy(float)
        )
        return -value.sum()

    other = minimize(cost, np.log([5, 4, 20]), method="Nelder-Mead", options={"xatol": 1e-7})
    assert_allclose(np.exp(other.x), fit.values, rtol=1e-3)
