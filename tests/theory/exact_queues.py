"""Queues in exact or 50-digit arithmetic, by other routes than cxlab's; and the reference files.

Nothing here imports `cxlab.theory`.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from pathlib import Path

import pytest


def reference(name: str) -> list[dict[str, float]]:
    """Return the rows of a reference file (40-digit arithmetic, printed shorter)."""
    folder = os.environ.get("CXLAB_DATA")
    path = Path(folder or ".") / "queueing_reference" / name
    if not folder or not path.is_file():
        pytest.skip(f"set CXLAB_DATA to the folder that holds queueing_reference/{name}")
    with path.open(encoding="utf-8", newline="") as lines:
        return [{key: float(v) for key, v in row.items()} for row in csv.DictReader(lines)]


@contextmanager
def digits(n: int) -> Iterator[None]:
    """Calculate with so many digits, and numbers of any size."""
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = n, -(10**9), 10**9
        yield


def states(load: Decimal, agents: int, eta: Decimal, places: int) -> list[Decimal]:
    """Return the probabilities of 0 … agents + places callers, by plain products and one sum.

    `eta` is the number of arrivals during a mean patience; a caller who gives up counts
    load/eta times a mean handling time.
    """
    weights = [Decimal(1)]
    for k in range(1, agents + places + 1):
        weights.append(weights[-1] * load / (min(k, agents) + max(0, k - agents) * load / eta))
    total = sum(weights)
    return [w / total for w in weights]


def wait_law(c: Decimal, z: Decimal, places: int) -> tuple[list[Decimal], list[Decimal]]:
    """Return, for each place j of the line, P(V > z) and P(V ≤ z, served), V the offered wait.

    V is a sum of exponential times with the rates c, …, c + j − 1, whose density is
    Σ aᵢ rᵢ exp(−rᵢ v) with aᵢ = Π r_k/(r_k − rᵢ): textbook partial fractions. The signs
    alternate, hence the many digits. Served means that a patience of rate 1 outlasts V.
    """
    late = [(-(c + i) * z).exp() for i in range(places + 1)]
    later, served = [], []
    for j in range(1, places + 1):
        factor = Decimal(1)
        for k in range(1, j):
            factor *= (c + k) / k
        a = []
        for i in range(j):
            a.append(factor)
            factor *= -(c + i) / (c + i + 1) * (j - 1 - i) / (i + 1)
        later.append(sum(x * e for x, e in zip(a, late, strict=False)))
        rates = [(c + i) / (c + i + 1) * (1 - late[i + 1]) for i in range(j)]
        served.append(sum(x * r for x, r in zip(a, rates, strict=True)))
    return later, served
