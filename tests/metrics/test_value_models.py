"""Models of buying by measure, against a second program and the published numbers.

The second program is written from the papers alone: the likelihoods as Fader, Hardie and Lee lay
them out for a spreadsheet (notes 004 and 025), maximised without gradients; the value ahead day
by day from the conditional expectation (equation 10) instead of an integral.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

import cxlab as cx
from cxlab.metrics import Settings
from cxlab.metrics.examples import clock, example_tables
from cxlab.metrics.value.buyers import HISTORIES

EXAMPLE = cx.metric("clv_bgnbd")
X, LAST = (np.array(column, float) for column in zip(*HISTORIES, strict=True))
T_X, AGE = LAST / 7, 39.0


def highest(likelihood, start):
    """Nelder–Mead, begun again where it stopped."""
    at = np.log(start)
    for _ in range(4):
        at = minimize(
            lambda p: -likelihood(np.exp(p)), at, method="Nelder-Mead",
            options={"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-10, "fatol": 1e-13},
        ).x  # fmt: skip
    return np.exp(at)


def bg_nbd(p):
    r, alpha, a, b = p
    first = gammaln(r + X) - gammaln(r) + r * np.log(alpha)
    second = gammaln(a + b) + gammaln(b + X) - gammaln(b) - gammaln(a + b + X)
    third = -(r + X) * np.log(alpha + AGE)
    fourth = np.log(a) - np.log(b + np.maximum(X, 1) - 1) - (r + X) * np.log(alpha + T_X)
    inner = np.logaddexp(third, np.where(X > 0, fourth, -np.inf))
    return (first + second + inner).sum()


@pytest.fixture(scope="module")
def parameters():
    return highest(bg_nbd, [1, 5, 1, 1])


@pytest.fixture(scope="module")
def spend():
    lines = pd.DataFrame(EXAMPLE.example.rows["transactions"])
    repeats = lines[lines.groupby("customer_id").cumcount() > 0]
    by = repeats.groupby("customer_id")["amount"]
    n, mean = by.count().to_numpy(float), by.mean().to_numpy()

    def likelihood(p):
        p, q, g = p
        return (
            gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(g)
            + (p * n - 1) * np.log(mean) + p * n * np.log(n) - (p * n + q) * np.log(g + n * mean)
        ).sum()  # fmt: skip

    means = {int(k.removeprefix("c")): v for k, v in by.mean().items()}
    return highest(likelihood, [3, 3, 10]), np.array([means.get(i, 0.0) for i in range(len(X))])


def alive(p):
    r, alpha, a, b = p
    odds = a / (b + np.maximum(X, 1) - 1) * ((alpha + AGE) / (alpha + T_X)) ** (r + X)
    return 1 / (1 + np.where(X > 0, odds, 0))


def expected(p, t):
    r, alpha, a, b = p
    shape = hyp2f1(r + X, b + X, a + b + X - 1, t / (alpha + AGE + t))
    factor = ((alpha + AGE) / (alpha + AGE + t)) ** (r + X)
    return (a + b + X - 1) / (a - 1) * (1 - factor * shape) * alive(p)


def test_parameters_of_buying(parameters):
    for name, value in zip(("r", "alpha", "a", "b"), parameters, strict=True):
        assert cx.metric(f"bgnbd_{name}").example.value == pytest.approx(value, rel=1e-5)


def test_parameters_of_spending(spend):
    for name, value in zip(("p", "q", "gamma"), spend[0], strict=True):
        assert cx.metric(f"gg_{name}").example.value == pytest.approx(value, rel=1e-4)


def test_who_is_left(parameters):
    share = alive(parameters).mean()
    assert cx.metric("alive_bgnbd").example.value == pytest.approx(share, rel=1e-5)
    assert cx.metric("churn_bgnbd").example.value == pytest.approx(1 - share, rel=1e-5)


def test_the_value_ahead(parameters, spend):
    (p, q, g), mean = spend
    each = p * (g + mean * X) / (p * X + q - 1)
    weeks = 36 * 365.25 / 12 / 7
    times = np.linspace(0, weeks, 1097)  # a step is about a day, discounted from its middle
    bought = np.diff([expected(parameters, t) for t in times], axis=0)
    discount = 1.1 ** (-(times[1:] + times[:-1]) / 2 * 7 / 365.25)
    value = (0.75 * each * (discount @ bought)).mean()
    assert EXAMPLE.example.value == pytest.approx(value, rel=1e-5)


def test_the_settings_are_used_and_the_future_is_not():
    tables = example_tables(EXAMPLE)
    usual = cx.measure(tables, "clv_bgnbd").iloc[0]["value"]
    half = Settings.model_validate({"value": {"margin_share": 0.375}})
    assert cx.measure(tables, "clv_bgnbd", settings=half).iloc[0]["value"] == pytest.approx(
        usual / 2, rel=1e-9
    )
    soon = Settings.model_validate({"value": {"horizon_months": 1}})
    assert cx.measure(tables, "clv_bgnbd", settings=soon).iloc[0]["value"] < usual / 5
    back = cx.measure(tables, "bgnbd_r", as_of=clock("2025-06-01")).iloc[0]
    cut = {
        name: pd.DataFrame([r for r in rows if r.get("at", "") < "2025-06-01"])
        for name, rows in EXAMPLE.example.rows.items()
    }
    cut["transactions"]["at"] += "T00:00:00Z"
    then = cx.Tables.from_frames(cut, as_of=clock("2025-06-01"))
    assert back["value"] == cx.measure(then, "bgnbd_r").iloc[0]["value"]


def test_where_the_data_do_not_tell_there_is_a_reason_and_no_number():
    rows = {"transaction_id": ["1", "2"], "customer_id": ["A", "B"], "amount": [1.0, 2.0]}
    frame = pd.DataFrame({**rows, "at": "2026-01-05T00:00:00Z"})
    tables = cx.Tables.from_frames({"transactions": frame}, as_of=clock("2026-03-01"))
    row = cx.measure(tables, "bgnbd_r").iloc[0]
    assert (row["flag"], row["n"]) == ("undefined", 2)
    assert "needs repeat purchases" in row["note"]
