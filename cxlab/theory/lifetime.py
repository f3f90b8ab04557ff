"""Customer lifetime value: the textbook forms at a constant rate, and any survival curve."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, amounts, survival_curve

__all__ = ["Payments", "lifetime_value", "value_of_survival"]

Payments = Literal["advance", "renewals", "arrears", "undiscounted"]
"""Which payments a lifetime value counts, and when: see `lifetime_value`."""


def lifetime_value(
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    payments: Payments,
) -> Floats:
    """Return a customer's lifetime value at a constant margin m and retention rate r per period.

    Textbooks differ in two things, whether the first payment is counted and whether a payment
    is made at the beginning or the end of its period; so `payments` has to be chosen:

    - "advance": the first one now, each renewal's at once: Σ m rᵗ/(1+d)ᵗ = m (1+d)/(1+d−r)
    - "renewals": without the first one, which is spent already: m r/(1+d−r)
    - "arrears": the first one too, each at the end of its period: m/(1+d−r)
    - "undiscounted": margin × mean lifetime 1/(1−r); `discount` is not used

    All arguments are per period and broadcast. The cost of acquisition is not taken off.
    Raises InputError for a retention outside 0 … 1, a negative discount, or where the sum has
    no end (r = 1 without discount). Source: P. S. Fader and B. G. S. Hardie, Reconciling and
    clarifying CLV formulas (2012), brucehardie.com/notes/024. Real customers differ in r, and
    then the mean rate understates the value: see `value_of_survival`.

    >>> for payments in ("advance", "renewals", "arrears"):
    ...     print(round(float(lifetime_value(100, 0.8, 0.1, payments)), 2))
    366.67
    266.67
    333.33
    """
    m, r, d = (np.asarray(v, dtype=np.float64) for v in (margin, retention, discount))
    _check_payments(payments)
    if ((r < 0) | (r > 1)).any():
        raise InputError("retention", given=retention, expected="a share between 0 and 1")
    if (d < 0).any():
        raise InputError("discount", given=discount, expected="a rate of 0 or more")
    lost = 1 - r if payments == "undiscounted" else 1 + d - r
    if (lost <= 0).any():
        raise InputError("a lifetime value without end: nobody leaves, nothing is discounted")
    factor = {"advance": 1 + d, "renewals": r}.get(payments, np.ones_like(lost))
    return np.asarray(m * factor / lost, dtype=np.float64)


def value_of_survival(
    margin: npt.ArrayLike, survival: npt.ArrayLike, discount: float, payments: Payments
) -> float:
    """Return a customer's value over the periods of a survival curve S(0), S(1), …, (periods,).

    `margin` m per period is one number, or one per period of the relationship; `payments` are
    those of `lifetime_value`: "advance" Σ m S(t)/(1+d)ᵗ, "renewals" the same from t = 1,
    "arrears" Σ m S(t)/(1+d)ᵗ⁺¹, "undiscounted" Σ m S(t). What comes after the curve's end is not
    counted: make it long, or call it the value within that horizon. Without end the sBG has
    closed forms: `cxlab.stats.ShiftedBetaGeometric.discounted_lifetime`. Raises InputError for
    what is no survival curve, margins of another length or not finite, or a negative discount.

    >>> value_of_survival(100, [1, 0.8, 0.64], 0.1, "undiscounted")
    244.0
    >>> round(value_of_survival(20, 0.9 ** np.arange(500), 0.01, "advance"), 2)
    183.64
    """
    _check_payments(payments)
    stays, (d,) = survival_curve("survival", survival), amounts(discount=discount)
    m = np.asarray(margin, dtype=np.float64)
    if m.shape not in ((), stays.shape) or not np.isfinite(m).all():
        raise InputError("margin", given=m.tolist(), expected=f"one number, or {len(stays)}")
    paid, t = m * stays, np.arange(len(stays))
    if payments == "undiscounted":
        return float(paid.sum())
    if payments == "arrears":
        t = t + 1
    first = 1 if payments == "renewals" else 0
    return float((paid * (1 + d) ** -t.astype(np.float64))[first:].sum())


def _check_payments(payments: str) -> None:
    if payments not in get_args(Payments):
        raise InputError("payments of a lifetime value", given=payments, known=get_args(Payments))
