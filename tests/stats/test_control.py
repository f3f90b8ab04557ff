"""Control charts give the limits of published examples, and cry wolf as rarely as they say."""

from __future__ import annotations

import numpy as np
import pytest

from cxlab.errors import InputError
from cxlab.stats import p_limits, signal, xmr_limits

FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""Flowrates of the NIST/SEMATECH e-Handbook, section 6.3.2.2."""

VISCOSITY = [33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00,
             33.54, 33.12, 33.84]  # fmt: skip
"""Primer paint, Montgomery, Introduction to Statistical Quality Control, the example of the chart
of individuals."""

CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9,
        12, 7, 13, 9, 6]  # fmt: skip
"""Nonconforming cans of 50, Montgomery's first p-chart; NIST 6.3.3.2 has the same as wafers."""


def test_individuals_of_the_handbook() -> None:
    found = xmr_limits(FLOW)
    assert (found.centre, found.low, found.high) == pytest.approx(
        (50.81, 45.8159, 55.8041), abs=5e-5
    )
    assert found.spread == pytest.approx(1.8778, abs=5e-5)


def test_individuals_of_montgomery() -> None:
    found = xmr_limits(VISCOSITY)
    assert (found.centre, found.low, found.high) == pytest.approx((33.52, 32.24, 34.80), abs=6e-3)
    assert found.range_high == pytest.approx(1.57, abs=6e-3)
    assert not any(signal(v, found) for v in VISCOSITY)


def test_shares_of_montgomery() -> None:
    """347 of 1,500; the samples 15 and 23, with 22 and 24 cans, lie above."""
    found = p_limits(CANS, [50] * 30, 50, laney=False)
    assert (found.centre, found.low, found.high) == pytest.approx(
        (0.2313, 0.0524, 0.4102), abs=5e-5
    )
    out = [i + 1 for i, k in enumerate(CANS) if signal(k / 50, found) == "above"]
    assert out == [15, 23]


def test_laney_by_hand() -> None:
    # Shares .5 .6 .4 .6 .4 .5 of 100: sd 0.05, z = 0 2 −2 2 −2 0, moving ranges 2 4 4 4 2, mean
    # 3.2, σz = 3.2 ÷ 1.128 = 2.8369; of 400 cases sd 0.025, half = 3 × 2.8369 × 0.025 = 0.21277.
    found = p_limits([50, 60, 40, 60, 40, 50], [100] * 6, 400)
    assert found.spread == pytest.approx(2.8369, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((0.28723, 0.71277), abs=1e-5)


def test_limits_are_never_narrower_than_counts_can_be() -> None:
    even = p_limits([50] * 6, [100] * 6, 100)
    assert (even.spread, even.low, even.high) == pytest.approx((1.0, 0.35, 0.65))


def test_too_little_gives_no_limits() -> None:
    assert xmr_limits(FLOW[:5]) is None
    assert xmr_limits(FLOW[:6]) is not None
    assert xmr_limits([7.0] * 12) is None
    assert p_limits([1, 2, 3, 4, 5], [9] * 5, 9) is None
    assert p_limits([9] * 8, [9] * 8, 9) is None
    assert p_limits([1, 2, 1, 2, 1, 0], [9] * 5 + [0], 9) is None
    assert p_limits([1, 2] * 6, [9] * 12, 0) is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="takes numbers"):
        xmr_limits([1.0, float("nan")] * 4)
    with pytest.raises(InputError, match="outside its size"):
        p_limits([10] * 6, [9] * 6, 9)
    with pytest.raises(InputError, match="as many sizes"):
        p_limits([1] * 6, [9] * 7, 9)


def test_a_run_of_eight_is_a_signal() -> None:
    found = xmr_limits([10.0, 8.0] * 8)  # centre 9, limits 9 ± 5.32
    high = [9.5] * 7
    assert signal(9.5, found, [8.0, *high]) == "run above"
    assert signal(9.5, found, high[:6]) == ""
    assert signal(9.5, found, [*high[:3], 9.0, *high[:3]]) == ""
    assert signal(8.5, found, [8.5] * 7) == "run below"
    assert signal(9.5, found, high, runs=False) == ""
    assert signal(15.0, found, high) == "above"
    assert signal(found.high, found) == signal(found.low, found) == ""


def _alarms(rows: np.ndarray, every: int = 24) -> float:
    """The share of series whose last value lies beyond the limits of those before."""
    found = []
    for row in rows.tolist():
        limits = xmr_limits(row[:every])
        found.append(signal(row[every], limits, row[:every], runs=False) != "")
    return float(np.mean(found))


def test_false_alarms_are_as_rare_as_told() -> None:
    """One in 100 with 24 values, one in 50 with 12: within four standard errors of 4,000 series."""
    rows = np.random.default_rng(20260105).normal(size=(4000, 25))
    assert _alarms(rows) == pytest.approx(0.01, abs=0.0063)
    assert _alarms(rows, 12) == pytest.approx(0.02, abs=0.0089)


def test_large_weeks_do_not_cry_wolf() -> None:
    """Shares that differ by two points from week to week: noise for p', alarm for a plain chart."""
    draw = np.random.default_rng(20260105)
    cases = draw.binomial(5000, np.clip(0.8 + 0.02 * draw.normal(size=(1000, 25)), 0, 1))
    sizes = [5000] * 24

    def alarms(*, laney: bool) -> float:
        limits = [(row[-1] / 5000, p_limits(row[:-1], sizes, 5000, laney=laney))
                  for row in cases.tolist()]  # fmt: skip
        return float(np.mean([signal(value, found) != "" for value, found in limits]))

    assert alarms(laney=True) < 0.02
    assert alarms(laney=False) > 0.3
