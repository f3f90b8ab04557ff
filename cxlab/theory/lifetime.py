"""The textbook forms of customer lifetime value at a constant margin and retention rate."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError

__all__ = ["Payments", "lifetime_value"]

Floats = npt.NDArray[np.float64]

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
    then the mean rate understates the value: see `cxlab.stats.ShiftedBetaGeometric`.

    >>> for payments in ("advance", "renewals", "arrears"):
    ...     print(round(float(lifetime_value(100, 0.8, 0.1, payments)), 2))
    366.67
    266.67
    333.33
    """
    m, r, d = (np.asarray(v, dtype=np.float64) for v in (margin, retention, discount))
    if payments not in get_args(Payments):
        raise InputError("payments of a lifetime value", given=payments, known=get_args(Payments))
    if ((r < 0) | (r > 1)).any():
        raise InputError("retention", given=retention, expected="a share between 0 and 1")
    if (d < 0).any():
        raise InputError("discount", given=discount, expected="a rate of 0 or more")
    lost = 1 - r if payments == "undiscounted" else 1 + d - r
    if (lost <= 0).any():
        raise InputError("a lifetime value without end: nobody leaves, nothing is discounted")
    factor = {"advance": 1 + d, "renewals": r}.get(payments, np.ones_like(lost))
    return np.asarray(m * factor / lost, dtype=np.float64)
