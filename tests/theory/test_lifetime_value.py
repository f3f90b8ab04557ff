"""The textbook forms of lifetime value: published numbers, and their own series."""

import numpy as np
import pytest

from cxlab.errors import InputError
from cxlab.stats import ShiftedBetaGeometric
from cxlab.theory import lifetime_value, value_of_survival


@pytest.mark.parametrize(
    ("payments", "first", "second"),
    # Fader and Hardie, note 24: m = 100, r = 0.8, d = 0.1; and m = 20, r = 0.9, d = 0.01.
    [
        ("advance", 366.67, 183.64),
        ("renewals", 266.67, 163.64),
        ("arrears", 333.33, 181.82),
        ("undiscounted", 500.00, 200.00),
    ],
)
def test_published_values(payments, first, second):
    found = lifetime_value([100, 20], [0.8, 0.9], [0.1, 0.01], payments)
    assert found == pytest.approx([first, second], abs=5e-3)


def test_series():
    t = np.arange(2000)
    stays, factor = 0.85**t, 1.02 ** -t.astype(float)
    series = {
        "advance": (stays * factor).sum(),
        "renewals": (stays * factor)[1:].sum(),
        "arrears": (stays * factor).sum() / 1.02,
        "undiscounted": stays.sum(),
    }
    for payments, total in series.items():
        assert float(lifetime_value(7, 0.85, 0.02, payments)) == pytest.approx(7 * total)


def test_any_survival_by_hand():
    # 100 a period, half renew once, a fifth of all twice; 25 %: factors 0.8 and 0.64.
    curve = [1, 0.5, 0.2]
    assert value_of_survival(100, curve, 0.25, "advance") == pytest.approx(100 + 40 + 12.8)
    assert value_of_survival(100, curve, 0.25, "renewals") == pytest.approx(40 + 12.8)
    assert value_of_survival(100, curve, 0.25, "arrears") == pytest.approx(152.8 * 0.8)
    assert value_of_survival(100, curve, 0.25, "undiscounted") == pytest.approx(170)
    # A first period that costs 30, and more is earned the longer they stay.
    assert value_of_survival([-30, 100, 200], curve, 0, "advance") == pytest.approx(60)
    assert value_of_survival([-30, 100, 200], curve, 0, "renewals") == pytest.approx(90)


@pytest.mark.parametrize("payments", ["advance", "renewals", "arrears", "undiscounted"])
def test_a_long_geometric_curve_is_the_textbook_form(payments):
    found = value_of_survival(20, 0.9 ** np.arange(1000), 0.01, payments)
    assert found == pytest.approx(float(lifetime_value(20, 0.9, 0.01, payments)))


def test_customers_who_differ_by_the_closed_form():
    model = ShiftedBetaGeometric(0.668, 3.806)
    found = value_of_survival(20, model.survival(np.arange(500)), 0.1, "advance")
    assert found == pytest.approx(20 * float(model.discounted_lifetime(0.1)))
    # The mean of the first year understates the value: Fader and Hardie (2010).
    assert found > 1.2 * float(lifetime_value(20, model.retention(1), 0.1, "advance"))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((100, [1, 0.5], 0.1, "renewal"), "did you mean 'renewals'"),
        ((100, [1, 1.5], 0.1, "advance"), "never rises"),
        ((100, [0.8, 0.5], 0.1, "advance"), "shares after"),
        ((100, [1, 0.5], -0.1, "advance"), "discount"),
        (([100] * 3, [1, 0.5], 0.1, "advance"), "margin"),
        ((np.nan, [1, 0.5], 0.1, "advance"), "margin"),
    ],
)
def test_impossible_curves_are_refused(arguments, what):
    with pytest.raises(InputError, match=what):
        value_of_survival(*arguments)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((100, 0.8, 0.1, "advanced"), "did you mean 'advance'"),
        ((100, 80, 0.1, "advance"), "retention"),
        ((100, 0.8, -0.1, "advance"), "discount"),
        ((100, 1, 0, "advance"), "without end"),
        ((100, 1, 0.1, "undiscounted"), "without end"),
    ],
)
def test_impossible_input_is_refused(arguments, what):
    with pytest.raises(InputError, match=what):
        lifetime_value(*arguments)
