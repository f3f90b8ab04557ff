"""Agents busy while the rate changes, against the differential equation solved numerically."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cxlab.errors import InputError
from cxlab.theory import busy_by_hour


@pytest.mark.parametrize("handle_s", [60.0, 900.0, 7200.0, 40_000.0])
def test_the_equation_solved_numerically(handle_s):
    """The second unknown is the area under the first; 40 profiles forget any start."""
    rates = np.array([10.0, 0.0, 80.0, 30.0, 5.0])
    busy, means = 0.0, []
    for hour in range(40 * len(rates)):
        rate = rates[hour % len(rates)] / 3600
        solved = solve_ivp(lambda _, m, rate=rate: [rate - m[0] / handle_s, m[0]], (0, 3600),
                           [busy, 0.0], rtol=1e-10, atol=1e-12)  # fmt: skip
        busy = float(solved.y[0, -1])
        means.append(float(solved.y[1, -1]) / 3600)
    assert busy_by_hour(rates, handle_s) == pytest.approx(means[-len(rates) :], rel=1e-6)


def test_work_is_conserved_over_a_profile():
    rates = np.array([1.0, 20.0, 300.0, 4.0])
    assert busy_by_hour(rates, 5000).sum() == pytest.approx((rates * 5000 / 3600).sum())


def test_no_calls_and_bad_numbers():
    for bad in ([0.0, 0.0], [-1.0, 2.0]):
        with pytest.raises(InputError):
            busy_by_hour(bad, 60)
    with pytest.raises(InputError):
        busy_by_hour([1.0], 0)
