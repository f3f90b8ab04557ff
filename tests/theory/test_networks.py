"""Feedback, networks and tiers: hand work, the linear equations, and whole Markov chains."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from cxlab.errors import InputError
from cxlab.theory import contacts_per_issue, erlang_c, feedback, jackson, traffic, two_tiers


def stationary(moves: list[tuple[object, object, float]]) -> dict[object, float]:
    """Return the steady state of a Markov chain given as (from, to, rate)."""
    index = {state: k for k, state in enumerate(sorted({a for a, _, _ in moves}, key=repr))}
    kept = [(index[a], index[b], r) for a, b, r in moves if b in index and a != b and r > 0]
    a, b, r = (np.array(x) for x in zip(*kept, strict=True))
    size = len(index)
    out = sparse.diags(np.bincount(a, r, minlength=size))
    system = sparse.lil_matrix(sparse.coo_matrix((r, (b, a)), (size, size)) - out)
    system[0] = np.ones(size)
    p = spsolve(system.tocsc(), np.eye(1, size)[0])
    return {state: float(p[k]) for state, k in index.items()}


def test_contacts_by_hand() -> None:
    """p = 1/2: 1 + 1/2 + 1/4 … = 2, with a limit of three 1.75; never resolved: the limit."""
    assert contacts_per_issue(0.5) == 2
    assert contacts_per_issue(0.5, max_contacts=3) == 1.75
    assert contacts_per_issue(0.74, max_contacts=4) == pytest.approx(
        1 + 0.26 + 0.26**2 + 0.26**3, rel=1e-14, abs=0
    )
    assert contacts_per_issue(0, max_contacts=3) == 3
    assert contacts_per_issue(1) == contacts_per_issue(1, max_contacts=5) == 1


def test_traffic_by_hand() -> None:
    """1 gets 10 + ½ of 2's, 2 gets ½ of 1's: λ₁ = 10/(1 − ¼) = 13⅓, λ₂ = 6⅔."""
    found = traffic([10, 0], [[0, 0.5], [0.5, 0]])
    np.testing.assert_allclose(found, [40 / 3, 20 / 3], rtol=1e-14)


def test_traffic_is_a_sum_over_visits() -> None:
    """γ(I + P + P² + …) on a random network of six stations."""
    rng = np.random.default_rng(5)
    routing = rng.dirichlet(np.ones(7), size=6)[:, :6]
    outside = rng.uniform(0, 50, 6)
    term, total = outside.copy(), outside.copy()
    for _ in range(2000):
        term = term @ routing
        total += term
    np.testing.assert_allclose(traffic(outside, routing), total, rtol=1e-12)


def test_feedback_is_erlang_c_with_all_contacts() -> None:
    """Three of four issues resolve: 30 become 40 calls; 3 agents, 2 erlangs: C = 4/9, 80 s."""
    team = feedback(30, 180, 3, resolution_probability=0.75)
    assert team.stations[0].p_wait == pytest.approx(4 / 9)
    assert team.stations[0].mean_wait_s == pytest.approx(80)
    assert team.wait_per_issue_s == pytest.approx(80 * 4 / 3)
    assert team.time_per_issue_s == pytest.approx(260 * 4 / 3)
    alone = jackson([30], [[0.25]], 180, 3)
    assert alone.stations[0].mean_wait_s == pytest.approx(80)


def test_two_tiers_with_returns_are_the_markov_chain() -> None:
    """All transitions of two lines (at most 40 each) that feed each other, solved.

    Tier 1: 2 agents; tier 2: 1 agent, twice as slow. New 0.7, escalated 30 %, resolved 80 %.
    """
    new, up, back, limit = 0.7, 0.3, 0.2, 40
    moves = []
    for i, j in itertools.product(range(limit), repeat=2):
        first, second = min(i, 2), 0.5 * min(j, 1)
        moves += [
            ((i, j), (i + 1, j), new),
            ((i, j), (i - 1, j + 1), first * up),
            ((i, j), (i - 1, j), first * (1 - up) * (1 - back)),
            ((i, j), (i + 1, j - 1), second * back),
            ((i, j), (i, j - 1), second * (1 - back)),
        ]
    p = stationary(moves)
    lines = [sum(x * max(0, s[t] - n) for s, x in p.items()) for t, n in ((0, 2), (1, 1))]
    desk = two_tiers(0.7 * 60, (60, 120), (2, 1), escalation_share=0.3, resolution_probability=0.8)
    found = [tier.mean_queue_length for tier in desk.stations]
    np.testing.assert_allclose(found, lines, rtol=1e-6)
    same = jackson([42, 0], [[0.7 * 0.2, 0.3], [0.2, 0]], [60, 120], [2, 1])
    assert same.time_per_issue_s == pytest.approx(desk.time_per_issue_s, rel=1e-12, abs=0)


def test_a_limit_of_contacts_keeps_the_law() -> None:
    """One agent, two contacts at most: a chain of whole lines (who is on which contact).

    The state is the line in order, at most 11 people; half of the first contacts join it
    again at its end. It must be M/M/1 at load 0.2 · 1.5 = 0.3, P(n) = 0.7 · 0.3ⁿ.
    """
    new, back, limit = 0.2, 0.5, 11
    moves = []
    for n in range(limit + 1):
        for line in itertools.product((1, 2), repeat=n):
            moves.append((line, (*line, 1), new))
            if n and line[0] == 1:
                moves += [(line, (*line[1:], 2), back), (line, line[1:], 1 - back)]
            elif n:
                moves.append((line, line[1:], 1.0))
    p = stationary(moves)
    by_length = np.bincount([len(s) for s in p], weights=list(p.values()))
    np.testing.assert_allclose(by_length[:6], 0.7 * 0.3 ** np.arange(6), rtol=2e-3)
    team = feedback(0.2 * 60, 60, 1, resolution_probability=0.5, max_contacts=2)
    assert team.stations[0].occupancy == pytest.approx(0.3)
    assert 1 - by_length[0] == pytest.approx(team.stations[0].p_wait, rel=1e-4, abs=0)


def test_two_tiers_by_hand() -> None:
    """30 issues, p = ½ up to 3 contacts: 52.5 calls; 40 % of them, 21, go to tier 2."""
    desk = two_tiers(30, (60, 120), (2, 2), 0.4, resolution_probability=0.5, max_contacts=3)
    assert [t.calls_per_hour for t in desk.stations] == pytest.approx([52.5, 21])
    assert desk.contacts_per_issue == pytest.approx([1.75, 0.7])
    waits = [erlang_c(52.5, 60, 2).mean_wait_s, erlang_c(21, 120, 2).mean_wait_s]
    assert desk.wait_per_issue_s == pytest.approx(1.75 * waits[0] + 0.7 * waits[1])


def test_impossible_networks_are_refused() -> None:
    for ask, what in [
        (lambda: contacts_per_issue(80), "resolution_probability"),
        (lambda: contacts_per_issue(0), "max_contacts"),
        (lambda: contacts_per_issue(0.5, 0), "max_contacts"),
        (lambda: traffic([1, 1], [[0, 1], [1, 0]]), "way out"),
        (lambda: traffic([1, 1], [[0, 0.6], [0.6, 0.6]]), "adding up"),
        (lambda: traffic([1, 1], [[0.5]]), "2 by 2"),
        (lambda: traffic([1, -1], [[0, 0], [0, 0]]), "external_per_hour"),
        (lambda: jackson([1, 0], [[0, 0], [0, 0]], 60, 1), "station 2 gets no calls"),
        (lambda: jackson([1, 1], [[0, 0], [0, 0]], 60, [1, 1.5]), "agents"),
        (lambda: jackson([1, 1], [[0, 0], [0, 0]], [60, 60, 60], 1), "one number per"),
        (lambda: jackson([60], [[0.5]], 60, 1), "grows for ever"),
        (lambda: two_tiers(30, (60, 60), (1, 1), 20), "escalation_share"),
        (lambda: two_tiers(30, (60, 60), (1, 1), 0.0), "station 2 gets no calls"),
        (lambda: two_tiers(30, (60, 60, 60), (1, 1), 0.5), "one number per"),
        (lambda: feedback(40, 60, 1, 0.5), "grows for ever"),
    ]:
        with pytest.raises(InputError, match=what):
            ask()
