"""One agent with any handling, and Cobham's priorities: books, hand work, Markov chains."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from cxlab.errors import InputError
from cxlab.theory import cobham, cobham_single_server, erlang_c, m_g_1


def test_m_g_1_by_hand() -> None:
    """ρ = 1/2, s = 60 s: M/M/1 waits 60 s, M/D/1 half of it.

    Deviations: M/M/1 s·√(ρ(2 − ρ))/(1 − ρ) = 60√3; M/D/1 s·√(ρ/(3(1−ρ)) + ρ²/(4(1−ρ)²)).
    """
    exponential = m_g_1(30, handle_s=60, handle_sd_s=60, handle_skewness=2)
    assert exponential.mean_wait_s == pytest.approx(60)
    assert exponential.mean_queue_length == pytest.approx(0.5)
    assert exponential.wait_sd_s == pytest.approx(60 * math.sqrt(3))
    fixed = m_g_1(30, handle_s=60, handle_sd_s=0, handle_skewness=0)
    assert fixed.mean_wait_s == pytest.approx(30)
    assert fixed.wait_sd_s == pytest.approx(60 * math.sqrt(1 / 3 + 1 / 4))
    assert fixed.occupancy == pytest.approx(0.5)


def test_m_g_1_is_erlang_c_for_exponential_handling() -> None:
    q, c = m_g_1(57, 60, 60), erlang_c(57, 60, 1)
    assert q.mean_wait_s == pytest.approx(c.mean_wait_s, rel=1e-12, abs=0)
    assert q.occupancy == pytest.approx(c.p_wait, rel=1e-12, abs=0)


def test_m_g_1_of_two_points() -> None:
    """Handling 30 or 90 s, even odds: E[S²] = 4500, E[S³] = 378,000; ρ = 1/2, λ = 1/120 s."""
    q = m_g_1(30, handle_s=60, handle_sd_s=30, handle_skewness=0)
    assert q.mean_wait_s == pytest.approx(4500 / 120)
    assert q.wait_sd_s == pytest.approx(math.sqrt(37.5**2 + 378_000 / 120 / 1.5))


def test_moments_that_no_law_has_are_refused() -> None:
    with pytest.raises(InputError, match="steady state"):
        m_g_1(60, 60, 0)
    with pytest.raises(InputError, match="handle_sd_s"):
        m_g_1(30, 60, -1)
    with pytest.raises(InputError, match="handle_skewness"):
        m_g_1(30, 60, 60, -1)  # E[S³] = 2·60³ < E[S²]²/E[S] = 4·60³
    with pytest.raises(InputError, match="handle_skewness"):
        _ = m_g_1(30, 60, 60).wait_sd_s


def test_an_emergency_room() -> None:
    """The emergency room of Hillier and Lieberman's book: 0.2, 0.6 and 1.2 patients an hour,
    20 minutes each, in order of urgency. With two doctors they wait 0.029, 0.033 and 0.048 h;
    with one, the first two classes 0.238 and 0.325 h.
    """
    two = cobham([0.2, 0.6, 1.2], handle_s=1200, agents=2)
    assert (two.mean_wait_s / 3600).round(3).tolist() == [0.029, 0.033, 0.048]
    one = cobham([0.2, 0.6, 1.2], handle_s=1200, agents=1)
    assert (one.mean_wait_s / 3600).round(3).tolist()[:2] == [0.238, 0.325]


def test_order_moves_waits_and_keeps_their_sum() -> None:
    """Kleinrock's conservation law: with one law of handling the mean over all is Erlang C's."""
    p = cobham([100, 300, 40, 200], handle_s=180, agents=36)
    c = erlang_c(640, 180, 36)
    assert p.mean_wait_all_s == pytest.approx(c.mean_wait_s, rel=1e-12, abs=0)
    assert p.mean_queue_length.sum() == pytest.approx(c.mean_queue_length, rel=1e-12, abs=0)
    assert (np.diff(p.mean_wait_s) > 0).all()
    assert cobham([640], 180, 36).mean_wait_s == pytest.approx([c.mean_wait_s], rel=1e-12, abs=0)


def test_one_agent_by_hand_and_conserved() -> None:
    """15/h of 30 s and 15/h of 90 s, all fixed: R = 18.75 s, σ = 1/8 and 1/2.

    18.75/(7/8) = 21.43 and 18.75/(7/8 · 1/2) = 42.86; and Σ ρₖWₖ does not depend on the order.
    """
    p = cobham_single_server([15, 15], [30, 90], 0)
    assert p.mean_wait_s == pytest.approx([18.75 / 0.875, 18.75 / (0.875 * 0.5)])
    assert p.p_wait == pytest.approx(0.5)
    turned = cobham_single_server([15, 15], [90, 30], 0)
    work = [15 * 30 / 3600, 15 * 90 / 3600]
    assert work @ p.mean_wait_s == pytest.approx(work[::-1] @ turned.mean_wait_s)
    exponential = cobham_single_server([15, 15], 60, 60)
    assert exponential.mean_wait_s == pytest.approx(cobham([15, 15], 60, 1).mean_wait_s)


@pytest.mark.parametrize(("agents", "per_agent"), [(1, 0.6), (3, 0.75)])
def test_cobham_is_the_markov_chain(agents: int, per_agent: float) -> None:
    """Two classes in line, at most 80 of each, all transitions written down and solved.

    State: agents busy without a line (0 … n), or the lines (i, j) with all busy.
    """
    rates = np.array([0.3, 0.7]) * per_agent * agents  # in calls per mean handling time
    limit = 80
    index = {("idle", k, 0): k for k in range(agents)}
    for i in range(limit):
        for j in range(limit):
            index["busy", i, j] = len(index)
    moves = []
    for (kind, i, j), here in index.items():
        if kind == "idle":
            up = ("idle", i + 1, 0) if i + 1 < agents else ("busy", 0, 0)
            moves += [(here, index[up], rates.sum()), (here, index.get(("idle", i - 1, 0)), i)]
            continue
        moves += [(here, index.get(("busy", i + 1, j)), rates[0])]
        moves += [(here, index.get(("busy", i, j + 1)), rates[1])]
        down = ("busy", i - 1, j) if i else ("busy", i, j - 1) if j else ("idle", agents - 1, 0)
        moves += [(here, index[down], agents)]
    kept = [(a, b, r) for a, b, r in moves if b is not None and r > 0]
    a, b, r = (np.array(x) for x in zip(*kept, strict=True))
    size = len(index)
    generator = sparse.coo_matrix((r, (b, a)), (size, size)) - sparse.diags(
        np.bincount(a, r, minlength=size)
    )
    system = sparse.lil_matrix(generator)
    system[0] = np.ones(size)
    p = spsolve(system.tocsc(), np.eye(1, size)[0])
    lines = np.array([(i, j) if kind == "busy" else (0, 0) for kind, i, j in index])
    waits = p @ lines / rates  # Little, in mean handling times
    found = cobham(rates * 60, handle_s=60, agents=agents).mean_wait_s / 60
    np.testing.assert_allclose(found, waits, rtol=1e-7)


def test_impossible_priorities_are_refused() -> None:
    for ask, what in [
        (lambda: cobham([30, 30], 60, 1), "steady state"),
        (lambda: cobham([30, -1], 60, 1), "calls_per_hour"),
        (lambda: cobham([[30]], 60, 1), "calls_per_hour"),
        (lambda: cobham([], 60, 1), "calls_per_hour"),
        (lambda: cobham_single_server([30, 30], 60, 0), "steady state"),
        (lambda: cobham_single_server([1, 2], [1, 2, 3], 0), "one number per class"),
        (lambda: cobham_single_server([0, 0], 60, 0), "no work"),
    ]:
        with pytest.raises(InputError, match=what):
            ask()
