"""The textbook forms of lifetime value: published numbers, and their own series."""

import numpy as np
import pytest

from cxlab.errors import InputError
from cxlab.theory import lifetime_value


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
