"""Customer relationships as a Markov chain of stages, and what a customer in each is worth.

A customer is in one of several stages (onboarding, active, at risk, …) and moves every period;
those who leave for good leave the chain. Source of all of it: P. E. Pfeifer and R. L. Carraway,
Modeling customer relationships as Markov chains, Journal of Interactive Marketing 14 (2000),
43–55.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, amounts

__all__ = ["stage_values", "stage_visits"]


def stage_visits(transitions: npt.ArrayLike, discount: float = 0.0) -> Floats:
    """Return the expected periods in each stage: from row i, in column j, (stages, stages).

    `transitions[i, j]` is the probability of moving from stage i to j within a period; what a
    row lacks to 1 leaves for good. The present period counts; one that is t periods ahead
    counts (1 + discount)^−t. Solves (I − P ÷ (1 + discount))^−1, at discount 0 the fundamental
    matrix of an absorbing chain. Raises InputError for a matrix that is not square, for
    probabilities outside 0 … 1, rows above 1, a negative discount, and where the periods never
    end: customers who cannot leave, without discount.

    >>> stage_visits([[0.5, 0.25], [0.0, 0.75]]).tolist()
    [[2.0, 2.0], [0.0, 4.0]]
    """
    moves, (rate,) = np.asarray(transitions, dtype=np.float64), amounts(discount=discount)
    if moves.ndim != 2 or moves.shape[0] != moves.shape[1] or not moves.size:
        raise InputError("transitions", given=moves.shape, expected="a square matrix")
    if not ((moves >= 0).all() and (moves.sum(axis=1) <= 1 + 1e-12).all()):
        raise InputError(
            "transitions", given=moves.tolist(), expected="probabilities, rows adding up to ≤ 1"
        )
    discounted = moves / (1 + rate)
    if max(abs(np.linalg.eigvals(discounted))) > 1 - 1e-12:
        raise InputError(
            "periods without end: some customers can never leave, nothing is discounted",
            given=moves.tolist(),
            hint="leave out the stage of those who are lost: what a row lacks to 1 leaves",
        )
    return np.asarray(np.linalg.inv(np.eye(len(moves)) - discounted), dtype=np.float64)


def stage_values(
    transitions: npt.ArrayLike, margin: npt.ArrayLike, discount: float = 0.0
) -> Floats:
    """Return what a customer in each stage is worth, now and later, shape (stages,).

    `margin`: money earned in a period in each stage, (stages,), below 0 where it costs more; that
    of the present period is counted and not discounted. v = (I − P ÷ (1 + discount))^−1 · margin,
    with `transitions` and errors as for `stage_visits`; InputError too for margins that are not
    finite or not one per stage. A stage with a negative value is one to let go.

    >>> stage_values([[0.9]], [20], discount=0.01).round(2).tolist()  # as lifetime_value, advance
    [183.64]
    """
    visits, earned = stage_visits(transitions, discount), np.asarray(margin, dtype=np.float64)
    if earned.shape != (len(visits),) or not np.isfinite(earned).all():
        raise InputError(
            "margin", given=earned.tolist(), expected=f"{len(visits)} numbers, one per stage"
        )
    return np.asarray(visits @ earned, dtype=np.float64)
