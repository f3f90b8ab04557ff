"""Closed forms and recursions against exact reference values and hand-worked queues."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest

from cxlab.errors import InputError
from cxlab.theory import erlang_c, kiefer_wolfowitz

TOLERANCE = 1e-9
"""Relative; the reference file prints ten significant digits (rounded by up to 5e-10)."""


def reference() -> list[dict[str, str]]:
    """Return the rows of the Erlang C reference (40-digit arithmetic, two routes)."""
    folder = os.environ.get("CXLAB_DATA")
    path = Path(folder or ".") / "queueing_reference" / "erlang_c.csv"
    if not folder or not path.is_file():
        pytest.skip("set CXLAB_DATA to the folder that holds queueing_reference/erlang_c.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.real
def test_erlang_c_equals_the_reference() -> None:
    rows = reference()
    assert len(rows) == 32
    for row in rows:
        r = {name: float(value) for name, value in row.items()}
        c = erlang_c(r["calls_per_hour"], r["aht_s"], int(r["agents"]))
        for name, value in {
            "offered_erlangs": c.offered_erlangs,
            "occupancy": c.occupancy,
            "p_wait": c.p_wait,
            "asa_all_s": c.mean_wait_s,
            "mean_wait_of_delayed_s": c.wait_of_delayed_s,
            "mean_queue_length": c.mean_queue_length,
            "service_level_20s": c.service_level(20),
            "service_level_60s": c.service_level(60),
        }.items():
            assert value == pytest.approx(r[name], rel=TOLERANCE), (row, name)


def test_erlang_c_by_hand() -> None:
    """M/M/1: P(wait) = ρ, mean wait = ρ·s/(1−ρ). M/M/2 at load 1: B = 1/5, C = 1/3."""
    one = erlang_c(calls_per_hour=30, handle_s=60, agents=1)  # load 0.5
    assert one.p_wait == pytest.approx(0.5)
    assert one.mean_wait_s == pytest.approx(60)
    assert one.service_level(120) == pytest.approx(1 - 0.5 * math.exp(-1))
    two = erlang_c(calls_per_hour=60, handle_s=60, agents=2)
    assert two.p_wait == pytest.approx(1 / 3)
    assert two.mean_queue_length == pytest.approx(1 / 3)


def test_erlang_c_of_a_very_large_team() -> None:
    """10,000 agents: sums of aⁿ/n! overflow, the recursion does not."""
    c = erlang_c(calls_per_hour=9900 * 20, handle_s=180, agents=10_000)
    assert 0 < c.p_wait < 1


@pytest.mark.parametrize(
    ("calls", "handle", "agents"),
    [(60, 60, 1), (61, 60, 1), (0, 60, 1), (1, math.nan, 1), (1, 1, 0)],
)
def test_erlang_c_refuses_what_has_no_steady_state(
    calls: float, handle: float, agents: int
) -> None:
    with pytest.raises(InputError):
        erlang_c(calls, handle, agents)


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
