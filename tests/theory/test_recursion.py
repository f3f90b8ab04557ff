"""The recursion on given draws: queues worked by hand, and long runs against the formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cxlab.errors import InputError
from cxlab.theory import erlang_a, kiefer_wolfowitz, m_g_1


def test_kiefer_wolfowitz_by_hand() -> None:
    """Two servers; 0 and 1 begin at once and are free at 5 and 3.

    2 (arrives 2) begins at 3, until 6. 3 (arrives 2, patience 2) would begin at 5: gives up
    at 4. 4 (arrives 2, patience 3) begins at 5 = 2 + 3, the very end of its patience.
    """
    w = kiefer_wolfowitz([0, 1, 2, 2, 2], [5, 2, 3, 9, 1], [math.inf, math.inf, 9, 2, 3], servers=2)
    assert w.served.tolist() == [True, True, True, False, True]
    np.testing.assert_array_equal(w.began, [0, 1, 3, math.nan, 5])
    assert w.left.tolist() == [5, 3, 6, 4, 6]
    assert w.wait.tolist() == [0, 0, 1, 2, 3]


def test_kiefer_wolfowitz_begins_before_time_zero_too() -> None:
    assert kiefer_wolfowitz([-5.0, -4.0], [2.0, 1.0], servers=1).began.tolist() == [-5.0, -3.0]
    assert len(kiefer_wolfowitz([], [], servers=1).wait) == 0


@pytest.mark.parametrize(
    ("arrivals", "handling", "patience", "servers"),
    [
        ([1, 0], [1, 1], None, 1),
        ([0, 1], [1], None, 1),
        ([0], [-1], None, 1),
        ([0], [1], [math.nan], 1),
        ([math.inf], [1], None, 1),
        ([0], [1], None, 0),
    ],
)
def test_kiefer_wolfowitz_refuses(
    arrivals: list[float], handling: list[float], patience: list[float] | None, servers: int
) -> None:
    with pytest.raises(InputError):
        kiefer_wolfowitz(arrivals, handling, patience, servers=servers)


BATCHES = 100
"""Long runs are cut into so many batches; their means are all but independent."""
Z = 4.0
"""Limit in standard errors: a false alarm once in 16,000 comparisons; seeds are fixed."""


def z_scores(values: np.ndarray, truth: float) -> float:
    """Return how many standard errors (of batch means) the mean is away from the truth."""
    batches = values.reshape(BATCHES, -1).mean(axis=1)
    return float((batches.mean() - truth) / (batches.std(ddof=1) / math.sqrt(BATCHES)))


def test_erlang_a_is_what_the_recursion_tends_to() -> None:
    """200,000 callers, load 1.05: waits, giving up and both service levels."""
    rng = np.random.default_rng(20260301)
    gaps, handling, patience = rng.exponential(size=(3, 200_000))
    arrivals = np.cumsum(gaps * 180 / 12.6)
    w = kiefer_wolfowitz(arrivals, handling * 180, patience * 240, servers=12)
    a = erlang_a(12.6 / 180 * 3600, 180, 12, 240)
    in_time = w.served & (w.wait <= 20)
    seen = {
        a.p_abandon: ~w.served,
        a.mean_wait_s: w.wait,
        a.p_served * a.mean_wait_served_s: np.where(w.served, w.wait, 0),
        a.p_abandon * a.mean_wait_abandoned_s: np.where(w.served, 0, w.wait),
        a.service_level(20): in_time,
        a.p_abandon_within(20): ~w.served & (w.wait <= 20),
        a.p_wait_longer(60): w.wait > 60,
    }
    assert len(seen) == 7
    for truth, values in seen.items():
        assert abs(z_scores(values.astype(float), truth)) < Z


def test_m_g_1_is_what_the_recursion_tends_to() -> None:
    """Gamma handling with deviation = mean/2 has skewness 1 (2/sqrt(shape), shape 4)."""
    rng = np.random.default_rng(20260302)
    arrivals = np.cumsum(rng.exponential(100, 200_000))
    wait = kiefer_wolfowitz(arrivals, rng.gamma(4, 15, 200_000), servers=1).wait
    q = m_g_1(36, handle_s=60, handle_sd_s=30, handle_skewness=1)
    assert abs(z_scores(wait, q.mean_wait_s)) < Z
    assert abs(z_scores(wait**2, q.wait_sd_s**2 + q.mean_wait_s**2)) < Z
