"""Values of stages: a published example by elimination, paths one by one, and the series."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxlab.errors import InputError
from cxlab.theory import lifetime_value, stage_values, stage_visits

# Pfeifer and Carraway (2000): recency 1 to 4; a purchase earns 40, a mailing costs 4, 20 %.
BUYS = [Fraction(30, 100), Fraction(20, 100), Fraction(15, 100), Fraction(5, 100)]


def recency(buys):
    """Return the chain of recencies: who buys is at 1 again, who never does is lost."""
    chain = np.zeros((len(buys), len(buys)))
    chain[:, 0] = buys
    chain[np.arange(len(buys) - 1), np.arange(1, len(buys))] = [1 - float(b) for b in buys[:-1]]
    return chain


def test_published_example_by_elimination() -> None:
    """From the last stage up each value is a + b · v₁, in fractions; then v₁ itself."""
    a, b = [Fraction(0)] * 5, [Fraction(0)] * 5
    for k in (3, 2, 1, 0):
        a[k] = (36 if k == 0 else -4) + (1 - BUYS[k]) / Fraction(6, 5) * a[k + 1]
        b[k] = BUYS[k] / Fraction(6, 5) + (1 - BUYS[k]) / Fraction(6, 5) * b[k + 1]
    first = a[0] / (1 - b[0])
    by_hand = [float(x + y * first) for x, y in zip(a[:4], b[:4], strict=True)]
    assert_allclose(by_hand, [52.320, 5.554, 1.251, -1.820], atol=5e-4)
    found = stage_values(recency(BUYS), [36, -4, -4, -4], discount=0.2)
    assert_allclose(found, by_hand, rtol=1e-12)
    # A mailing at recency 4 is worth less than nothing: without it every stage is worth more.
    better = stage_values(recency(BUYS[:3]), [36, -4, -4], discount=0.2)
    assert (better > found[:3]).all()


def test_one_stage_is_the_textbook_form() -> None:
    """m = 20, r = 0.9: 183.64 at 1 %, 200 undiscounted (Fader and Hardie, note 24)."""
    assert float(stage_values([[0.9]], [20], 0.01)[0]) == pytest.approx(183.64, abs=5e-3)
    assert_allclose(stage_values([[0.9]], [20]), [200])
    assert_allclose(stage_values([[0.9]], [20], 0.01), lifetime_value(20, 0.9, 0.01, "advance"))


def test_paths_one_by_one() -> None:
    """All ways through three stages and out in up to four moves, when nobody stays longer."""
    chain = np.array([[0, 0.8, 0.1], [0, 0, 0.6], [0, 0, 0]])
    margin, factor = [-50, 30, 100], 1 / 1.1
    total = 0.0
    for path in product([0, 1, 2, "out"], repeat=4):
        chance, stage, money = 1.0, 0, -50.0
        for t, following in enumerate(path, start=1):
            if stage == "out":
                chance *= following == "out"
                continue
            leaves = 1 - chain[stage].sum()
            chance *= leaves if following == "out" else chain[stage][following]
            stage = following
            money += 0 if stage == "out" else margin[stage] * factor**t
        total += chance * money
    assert float(stage_values(chain, margin, 0.1)[0]) == pytest.approx(total)


def test_visits_are_a_series() -> None:
    """I + P/(1+d) + P²/(1+d)² + …; and by hand: half stay, a quarter go on, of whom ¾ stay."""
    rng = np.random.default_rng(20260402)
    chain = rng.dirichlet(np.ones(6), size=5)[:, :5]
    term, total = np.eye(5), np.eye(5)
    for _ in range(500):
        term = term @ chain / 1.05
        total += term
    assert_allclose(stage_visits(chain, 0.05), total, rtol=1e-9)
    assert_allclose(stage_visits([[0.5, 0.25], [0, 0.75]]), [[2, 2], [0, 4]])


def test_a_stage_for_the_lost_changes_nothing_but_needs_a_discount() -> None:
    chain, margin = [[0.7, 0.1], [0.2, 0.5]], [10, -3]
    with_lost = [[0.7, 0.1, 0.2], [0.2, 0.5, 0.3], [0, 0, 1]]
    found = stage_values(with_lost, [*margin, 0], 0.1)
    assert_allclose(found[:2], stage_values(chain, margin, 0.1))
    with pytest.raises(InputError, match=r"without end.*leave out the stage"):
        stage_values(with_lost, [*margin, 0])


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: stage_visits([0.5]), "square"),
        (lambda: stage_visits([[0.5, 0.2]]), "square"),
        (lambda: stage_visits([]), "square"),
        (lambda: stage_visits([[1.1]]), "probabilities"),
        (lambda: stage_visits([[0.6, 0.6], [0, 0]]), "probabilities"),
        (lambda: stage_visits([[0.5, -0.1], [0, 0]]), "probabilities"),
        (lambda: stage_visits([[np.nan]]), "probabilities"),
        (lambda: stage_visits([[0.5]], -0.1), "discount"),
        (lambda: stage_visits([[0, 1], [1, 0]]), "without end"),
        (lambda: stage_values([[0.5]], [1, 2]), "margin"),
        (lambda: stage_values([[0.5]], [np.inf]), "margin"),
    ],
)
def test_impossible_input_is_refused(call, what) -> None:
    with pytest.raises(InputError, match=what):
        call()
